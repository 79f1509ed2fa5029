//! Uniform numbers in [0, 1).

use super::bounds::{ValueBounds, WordBounds};
use super::indices::Indices;
use crate::instructions::{InstructionSet, Kernel};
use crate::random::Keys;
use crate::schema::FloatWidth;

pub use crate::random::draw::{unit32 as uniform32, unit64 as uniform64};

/// A column of uniform numbers.
#[derive(Clone, Copy, Debug)]
pub struct UniformColumn {
    keys: Keys,
    width: FloatWidth,
}

impl UniformColumn {
    /// The column whose words have these keys.
    pub(super) fn new(keys: Keys, width: FloatWidth) -> Self {
        Self { keys, width }
    }

    /// The keys of its words.
    pub fn keys(&self) -> Keys {
        self.keys
    }

    /// The declared width of its numbers.
    pub fn width(&self) -> FloatWidth {
        self.width
    }

    /// Fills the slots with the values of `indices`, little-endian, and returns the bounds of their words.
    pub(super) fn fill(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        slots: &mut [u8],
    ) -> WordBounds {
        let keys = self.keys;
        match self.width {
            FloatWidth::F64 => {
                let slots = slots.as_chunks_mut().0;
                instructions.run(Fill { keys, indices, slots, value: |word| uniform64(word).to_le_bytes() })
            }
            FloatWidth::F32 => {
                let slots = slots.as_chunks_mut().0;
                instructions.run(Fill { keys, indices, slots, value: |word| uniform32(word).to_le_bytes() })
            }
        }
    }

    /// Statistics write a smallest zero as -0.0, since readers may not tell the two zeros apart
    /// (parquet.thrift, `ColumnOrder`). No maximum is -0.0.
    pub(super) fn value_bounds(&self, bounds: WordBounds) -> ValueBounds {
        match self.width {
            FloatWidth::F64 => {
                let min = uniform64(bounds.min);
                let min = if min == 0.0 { -0.0 } else { min };
                ValueBounds {
                    min: min.to_le_bytes().to_vec(),
                    max: uniform64(bounds.max).to_le_bytes().to_vec(),
                }
            }
            FloatWidth::F32 => {
                let min = uniform32(bounds.min);
                let min = if min == 0.0 { -0.0 } else { min };
                ValueBounds {
                    min: min.to_le_bytes().to_vec(),
                    max: uniform32(bounds.max).to_le_bytes().to_vec(),
                }
            }
        }
    }
}

struct Fill<'a, const BYTES: usize, V> {
    keys: Keys,
    indices: Indices<'a>,
    slots: &'a mut [[u8; BYTES]],
    value: V,
}

impl<const BYTES: usize, V: Fn(u64) -> [u8; BYTES]> Kernel for Fill<'_, BYTES, V> {
    type Output = WordBounds;

    #[inline(always)]
    fn run(self) -> WordBounds {
        let mut bounds = WordBounds::NONE;
        let slots = self.slots;
        match self.indices {
            Indices::Run { first, .. } => self.keys.for_each_word(first, slots.len(), |index, word| {
                bounds.include(word);
                slots[index] = (self.value)(word);
            }),
            Indices::Listed(numbers) => {
                for (slot, number) in slots.iter_mut().zip(numbers) {
                    let word = self.keys.word(*number);
                    bounds.include(word);
                    *slot = (self.value)(word);
                }
            }
        }
        bounds
    }
}
