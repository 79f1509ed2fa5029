//! What a footer says of a page or a column chunk.

use std::sync::Mutex;

use parquet::bloom_filter::Sbbf;

use super::levels::Shape;
use crate::columns::{PageBounds, Range, ValueBounds};

/// The most bytes of a text that statistics hold. Longer ones are cut to a bound that no value lies beyond, and
/// marked as inexact: statistics stay small beside the pages.
pub const MAX_BOUND_BYTES: usize = 256;

/// What the values of a page are.
#[derive(Clone, Debug, PartialEq)]
pub struct PageSummary {
    /// How many entries of each kind there are.
    pub shape: Shape,
    /// The smallest and the largest value.
    pub bounds: Bounds,
    /// Bytes of texts and bytes before they are encoded, without their lengths.
    pub text_bytes: u64,
}

impl PageSummary {
    /// The summary of no entries: the neutral element of [`plus`](Self::plus).
    pub const NONE: Self = Self {
        shape: Shape { rows: 0, null_rows: 0, empty_lists: 0, values: 0 },
        bounds: Bounds::Numbers(Range::NONE),
        text_bytes: 0,
    };

    /// The summary of the entries of both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            shape: self.shape.plus(other.shape),
            bounds: self.bounds.union(&other.bounds),
            text_bytes: self.text_bytes + other.text_bytes,
        }
    }
}

/// The smallest and the largest of some values.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// As numbers that are ordered as the values are.
    Numbers(Range),
    /// As texts.
    Texts {
        /// The smallest.
        min: Bound,
        /// The largest.
        max: Bound,
    },
}

/// A text that no value lies beyond.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// The text.
    pub bytes: Vec<u8>,
    /// Whether a value is equal to it.
    pub is_exact: bool,
}

impl Bounds {
    /// Bounds that are fit for statistics.
    pub(super) fn new(bounds: PageBounds, is_text: bool) -> Self {
        match bounds {
            PageBounds::Numbers(range) => Self::Numbers(range),
            PageBounds::Texts(None) => Self::Numbers(Range::NONE),
            PageBounds::Texts(Some((min, max))) => Self::of(ValueBounds { min, max }, is_text),
        }
    }

    /// The bounds of values that are given as statistics hold them.
    pub(super) fn of(bounds: ValueBounds, is_text: bool) -> Self {
        Self::Texts { min: cut_down(bounds.min, is_text), max: cut_up(bounds.max, is_text) }
    }

    fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Numbers(a), Self::Numbers(b)) => Self::Numbers(a.union(*b)),
            (Self::Texts { min, max }, Self::Texts { min: other_min, max: other_max }) => {
                Self::Texts { min: min.min(other_min).clone(), max: max.max(other_max).clone() }
            }
            // A page without values has no texts.
            (Self::Numbers(_), texts) | (texts, Self::Numbers(_)) => texts.clone(),
        }
    }
}

/// How many bytes of `bytes`, which are more than [`MAX_BOUND_BYTES`], are kept: whole characters of a text.
fn kept_bytes(bytes: &[u8], is_text: bool) -> usize {
    let is_start = |byte: u8| byte & 0b1100_0000 != 0b1000_0000;
    let kept = (0..=MAX_BOUND_BYTES).rev().find(|kept| !is_text || is_start(bytes[*kept]));
    kept.unwrap_or(MAX_BOUND_BYTES)
}

/// `bytes`, or a shorter text that is not larger.
fn cut_down(mut bytes: Vec<u8>, is_text: bool) -> Bound {
    if bytes.len() <= MAX_BOUND_BYTES {
        return Bound { bytes, is_exact: true };
    }
    bytes.truncate(kept_bytes(&bytes, is_text));
    Bound { bytes, is_exact: false }
}

/// `bytes`, or a shorter text that is larger. A text that begins with nothing but the largest character stays whole.
fn cut_up(bytes: Vec<u8>, is_text: bool) -> Bound {
    if bytes.len() <= MAX_BOUND_BYTES {
        return Bound { bytes, is_exact: true };
    }
    let kept = &bytes[..kept_bytes(&bytes, is_text)];
    let larger = match std::str::from_utf8(kept) {
        Ok(text) if is_text => text.char_indices().rev().find_map(|(start, character)| {
            let next = (character..=char::MAX).nth(1)?;
            Some(format!("{}{next}", &text[..start]).into_bytes())
        }),
        _ => kept.iter().rposition(|byte| *byte < u8::MAX).map(|last| {
            let mut larger = kept[..=last].to_vec();
            larger[last] += 1;
            larger
        }),
    };
    match larger {
        Some(bytes) => Bound { bytes, is_exact: false },
        None => Bound { bytes, is_exact: true },
    }
}

/// What is collected of the values of a column chunk while its pages are encoded, in any order.
#[derive(Debug, Default)]
pub struct ChunkValues {
    /// A bit for each entry of the dictionary: whether it occurs.
    pub(super) seen: Option<Mutex<Vec<u64>>>,
    /// The Bloom filter.
    pub(super) filter: Option<Mutex<Sbbf>>,
}

/// What a lock holds: nothing that its holders do can panic half-way.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl ChunkValues {
    /// How many entries of the dictionary occur; none if there is no dictionary.
    pub fn distinct(&self) -> Option<u64> {
        let seen = locked(self.seen.as_ref()?);
        Some(seen.iter().map(|bits| u64::from(bits.count_ones())).sum())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn long_texts_are_cut_to_bounds_that_they_do_not_lie_beyond(
            text in prop_oneof![".{0,40}", "[a\u{10FFFF}]{0,300}", "\u{D7FF}{80,120}", ".{200,400}"],
            is_text: bool,
        ) {
            let bytes = text.into_bytes();
            let (min, max) = (cut_down(bytes.clone(), is_text), cut_up(bytes.clone(), is_text));
            prop_assert!(min.bytes <= bytes && max.bytes >= bytes);
            for bound in [min, max] {
                prop_assert_eq!(bound.is_exact, bound.bytes == bytes);
                prop_assert!(bound.is_exact || bound.bytes.len() <= MAX_BOUND_BYTES + 4);
                prop_assert!(!is_text || std::str::from_utf8(&bound.bytes).is_ok());
            }
        }
    }
}
