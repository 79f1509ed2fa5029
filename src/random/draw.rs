//! What one word gives: a number below a limit, a fraction, an event.

/// A number below `limit` (which is 1 to 2^64), each about as often: the high half of `word * limit`.
#[inline(always)]
pub fn below(word: u64, limit: u128) -> u64 {
    Below::new(limit).of(word)
}

/// Draws numbers below a limit.
///
/// The limit says which arithmetic is the cheapest; the results are those of [`below`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// A limit below 2^32. Vector units multiply 32 bits by 32, and two such products make the high half.
    Narrow(u32),
    /// A power of two: the high bits of the word, shifted down by this many (at least one).
    PowerOfTwo(u32),
    /// Any other limit below 2^64.
    Wide(u64),
    /// 2^64: the word itself.
    Whole,
}

impl Below {
    /// Numbers below `limit`.
    ///
    /// # Panics
    ///
    /// If `limit` is 0 or more than 2^64.
    pub fn new(limit: u128) -> Self {
        assert!((1..=1 << 64).contains(&limit), "a limit is 1 to 2^64, not {limit}");
        match (u32::try_from(limit), u64::try_from(limit)) {
            (Ok(limit), _) => Self::Narrow(limit),
            (_, Ok(limit)) if limit.is_power_of_two() => Self::PowerOfTwo(64 - limit.trailing_zeros()),
            (_, Ok(limit)) => Self::Wide(limit),
            (_, Err(_)) => Self::Whole,
        }
    }

    /// The limit.
    pub fn limit(self) -> u128 {
        match self {
            Self::Narrow(limit) => limit.into(),
            Self::PowerOfTwo(shift) => 1 << (64 - shift),
            Self::Wide(limit) => limit.into(),
            Self::Whole => 1 << 64,
        }
    }

    /// The number that `word` gives.
    #[inline(always)]
    pub fn of(self, word: u64) -> u64 {
        match self {
            Self::Narrow(limit) => below_narrow(word, limit),
            Self::PowerOfTwo(shift) => word >> shift,
            Self::Wide(limit) => below_wide(word, limit),
            Self::Whole => word,
        }
    }

    /// Turns each word into its number.
    #[inline(always)]
    pub(crate) fn of_all(self, words: &mut [u64]) {
        // The kind is matched once, so that each loop is bare.
        match self {
            Self::Narrow(limit) => words.iter_mut().for_each(|word| *word = below_narrow(*word, limit)),
            Self::PowerOfTwo(shift) => words.iter_mut().for_each(|word| *word >>= shift),
            Self::Wide(limit) => words.iter_mut().for_each(|word| *word = below_wide(*word, limit)),
            Self::Whole => {}
        }
    }
}

#[inline(always)]
fn below_narrow(word: u64, limit: u32) -> u64 {
    let limit = u64::from(limit);
    let low = (word & 0xFFFF_FFFF) * limit;
    ((word >> 32) * limit + (low >> 32)) >> 32
}

#[inline(always)]
fn below_wide(word: u64, limit: u64) -> u64 {
    ((u128::from(word) * u128::from(limit)) >> 64) as u64
}

/// The fraction in [0, 1) that the high 53 bits of `word` make.
#[inline(always)]
pub fn unit64(word: u64) -> f64 {
    const ULP: f64 = 1.0 / (1u64 << 53) as f64;
    (word >> 11) as f64 * ULP
}

/// The fraction in [0, 1) that the high 24 bits of `word` make.
#[inline(always)]
pub fn unit32(word: u64) -> f32 {
    const ULP: f32 = 1.0 / (1u32 << 24) as f32;
    // Both conversions are exact; the one from 32 bits is the one that vector units have.
    (word >> 40) as u32 as f32 * ULP
}

/// Floats of 64 bits from a number to below another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval64 {
    min: f64,
    length: f64,
    max: f64,
    last: f64,
}

impl Interval64 {
    /// The numbers from `min` to below `max`.
    pub fn new(min: f64, max: f64) -> Self {
        Self { min, length: max - min, max, last: max.next_down() }
    }

    /// The number that `word` gives.
    #[inline(always)]
    pub fn of(self, word: u64) -> f64 {
        let value = self.min + self.length * unit64(word);
        // The sum may be rounded up to the end.
        if value >= self.max { self.last } else { value }
    }
}

/// Floats of 32 bits from a number to below another, computed in double.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval32 {
    min: f64,
    length: f64,
    max: f32,
    last: f32,
}

impl Interval32 {
    /// The numbers from `min` to below `max`.
    pub fn new(min: f32, max: f32) -> Self {
        Self { min: min.into(), length: f64::from(max) - f64::from(min), max, last: max.next_down() }
    }

    /// The number that `word` gives.
    #[inline(always)]
    pub fn of(self, word: u64) -> f32 {
        let value = (self.min + self.length * f64::from(unit32(word))) as f32;
        if value >= self.max { self.last } else { value }
    }
}

/// How many places the grid of [`centre`] has.
pub const PLACES: u64 = 1 << 52;

/// The middle of place `k` of 2^52 equal ones in (0, 1), symmetric about a half: `(2k + 1) / 2^53`.
#[inline(always)]
pub fn centre(k: u64) -> f64 {
    const ONE: u64 = 1.0f64.to_bits();
    const HALF_A_PLACE: f64 = 1.0 / (1u64 << 53) as f64;
    // `k` as the mantissa of a number in [1, 2) needs no conversion, and both terms are exact.
    f64::from_bits(ONE | k) - (1.0 - HALF_A_PLACE)
}

/// `Z` of a fraction in double: how many of the 2^64 words lie below it, rounded down.
pub(crate) fn threshold_of(fraction: f64) -> u128 {
    const WORDS: f64 = (1u128 << 64) as f64;
    (fraction * WORDS) as u128
}

/// Something that happens with a probability: whenever the word is below a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The largest word with which it happens; none if it never does.
    last: Option<u64>,
}

impl Event {
    /// What happens with the `threshold` lowest words, which are at most 2^64.
    pub fn new(threshold: u128) -> Self {
        assert!(threshold <= 1 << 64, "there are 2^64 words, not {threshold}");
        Self { last: threshold.checked_sub(1).map(|last| last as u64) }
    }

    /// Whether it happens with `word`.
    #[inline(always)]
    pub fn happens(self, word: u64) -> bool {
        self.last.is_some_and(|last| word <= last)
    }

    /// Whether it happens with each word, one bit a word from the lowest on.
    #[inline(always)]
    pub(crate) fn bits(self, words: &[u64; 64]) -> u64 {
        let Some(last) = self.last else { return 0 };
        words.iter().enumerate().fold(0, |bits, (index, word)| bits | u64::from(*word <= last) << index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_event_may_be_impossible_or_certain() {
        assert!(!Event::new(0).happens(0));
        assert!(Event::new(1 << 64).happens(u64::MAX));
        let half = Event::new(1 << 63);
        assert!(half.happens((1 << 63) - 1) && !half.happens(1 << 63));
        let mut words = [1 << 63; 64];
        words[3] = 0;
        words[63] = 5;
        assert_eq!(half.bits(&words), 1 << 63 | 1 << 3);
    }

    proptest! {
        #[test]
        fn every_arithmetic_gives_the_high_half_of_the_product(
            word: u64,
            limit in prop_oneof![1u128..1 << 33, any::<u64>().prop_map(|n| u128::from(n) + 1), Just(1 << 32), Just(1 << 64)],
        ) {
            let expected = (u128::from(word) * limit) >> 64;
            prop_assert_eq!(u128::from(below(word, limit)), expected);
            prop_assert_eq!(Below::new(limit).limit(), limit);
            let mut words = [word; 3];
            Below::new(limit).of_all(&mut words);
            prop_assert_eq!(words, [below(word, limit); 3]);
        }

        #[test]
        fn places_have_exact_middles(k in 0..PLACES) {
            prop_assert_eq!(centre(k), (2 * k + 1) as f64 / (1u64 << 53) as f64);
        }
    }
}
