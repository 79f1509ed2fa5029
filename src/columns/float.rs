//! Floats of 32 and 64 bits, but for uniform ones in [0, 1).

use super::draws::Draws;
use super::indices::Indices;
use super::slots::Range;
use crate::instructions::{InstructionSet, Kernel};
use crate::random::distribution::Floats;
use crate::random::draw::{Interval32, Interval64};
use crate::random::{BLOCK, Keys};

/// A column of floats.
#[derive(Clone, Debug)]
pub(super) enum FloatColumn {
    Double { keys: Keys, draw: Double },
    Single { keys: Keys, draw: Single },
}

/// How 64-bit floats are drawn.
#[derive(Clone, Debug)]
pub(super) enum Double {
    Interval(Interval64),
    Distribution(Floats),
}

/// How 32-bit floats are drawn.
#[derive(Clone, Debug)]
pub(super) enum Single {
    Interval(Interval32),
    Distribution(Floats),
}

/// Draws with the words of a stream.
struct Keyed<'a, D> {
    keys: Keys,
    draw: &'a D,
}

impl Draws for Keyed<'_, Double> {
    type Value = f64;

    #[inline(always)]
    fn draw(&self, indices: Indices<'_>, values: &mut [f64]) {
        let mut words = [0; BLOCK];
        let words = &mut words[..values.len()];
        indices.words(self.keys, words);
        match self.draw {
            Double::Interval(interval) => {
                values.iter_mut().zip(words).for_each(|(value, word)| *value = interval.of(*word));
            }
            Double::Distribution(floats) => floats.values(words, values),
        }
    }
}

impl Draws for Keyed<'_, Single> {
    type Value = f32;

    #[inline(always)]
    fn draw(&self, indices: Indices<'_>, values: &mut [f32]) {
        let mut words = [0; BLOCK];
        let words = &mut words[..values.len()];
        indices.words(self.keys, words);
        match self.draw {
            Single::Interval(interval) => {
                values.iter_mut().zip(words).for_each(|(value, word)| *value = interval.of(*word));
            }
            Single::Distribution(floats) => {
                let mut doubles = [0.0; BLOCK];
                let doubles = &mut doubles[..values.len()];
                floats.values(words, doubles);
                values.iter_mut().zip(doubles).for_each(|(value, double)| *value = *double as f32);
            }
        }
    }
}

impl FloatColumn {
    /// The width of a value.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Double { .. } => 8,
            Self::Single { .. } => 4,
        }
    }

    /// Fills the slots with the values of `indices`, little-endian, and returns the range of their
    /// [order](order) numbers.
    pub(super) fn fill(&self, instructions: InstructionSet, indices: Indices<'_>, slots: &mut [u8]) -> Range {
        let mut range = Range::NONE;
        match self {
            Self::Double { keys, draw } => {
                Keyed { keys: *keys, draw }.draw_blocks(instructions, indices, |place, values| {
                    let slots = &mut slots.as_chunks_mut().0[place..][..values.len()];
                    let ends = instructions.run(Put {
                        values,
                        slots,
                        bytes: f64::to_le_bytes,
                        widen: |value| value,
                    });
                    range = range.union(ends);
                });
            }
            Self::Single { keys, draw } => {
                Keyed { keys: *keys, draw }.draw_blocks(instructions, indices, |place, values| {
                    let slots = &mut slots.as_chunks_mut().0[place..][..values.len()];
                    let ends =
                        instructions.run(Put { values, slots, bytes: f32::to_le_bytes, widen: f64::from });
                    range = range.union(ends);
                });
            }
        }
        range
    }
}

/// A number for each float, ordered as floats are, with -0.0 before 0.0.
#[inline(always)]
pub(super) fn order(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The float that has this [order](order) number.
pub(super) fn float_of_order(order: i64) -> f64 {
    f64::from_bits((order ^ ((order >> 63) as u64 >> 1) as i64) as u64)
}

struct Put<'a, T, const BYTES: usize, B, W> {
    values: &'a [T],
    slots: &'a mut [[u8; BYTES]],
    bytes: B,
    widen: W,
}

impl<T: Copy, const BYTES: usize, B: Fn(T) -> [u8; BYTES], W: Fn(T) -> f64> Kernel
    for Put<'_, T, BYTES, B, W>
{
    type Output = Range;

    #[inline(always)]
    fn run(self) -> Range {
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        for (slot, &value) in self.slots.iter_mut().zip(self.values) {
            *slot = (self.bytes)(value);
            let order = order((self.widen)(value));
            min = min.min(order);
            max = max.max(order);
        }
        Range { min: min.into(), max: max.into() }
    }
}
