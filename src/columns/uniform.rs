//! Uniform numbers in [0, 1).

use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array};
use arrow_buffer::{Buffer, MutableBuffer, ScalarBuffer};

use super::{ValueBounds, WordBounds};
use crate::instructions::{InstructionSet, Kernel};
use crate::random::Keys;
use crate::rows::RowRange;
use crate::schema::FloatWidth;

pub use crate::random::draw::{unit32 as uniform32, unit64 as uniform64};

/// A column of uniform numbers.
#[derive(Clone, Copy, Debug)]
pub struct UniformColumn {
    keys: Keys,
    width: FloatWidth,
}

impl UniformColumn {
    /// The column called `name` under `seed`.
    pub fn new(name: &str, seed: u64, width: FloatWidth) -> Self {
        Self { keys: Keys::of_stream(name.as_bytes(), seed), width }
    }

    /// The keys of its words.
    pub fn keys(&self) -> Keys {
        self.keys
    }

    /// The declared width of its numbers.
    pub fn width(&self) -> FloatWidth {
        self.width
    }

    pub(super) fn array(&self, rows: RowRange) -> ArrayRef {
        let count = rows.count() as usize;
        let mut values = MutableBuffer::from_len_zeroed(count * self.width.bytes());
        self.fill_plain(InstructionSet::best(), rows.first(), values.as_slice_mut());
        let values = Buffer::from(values);
        match self.width {
            FloatWidth::F64 => Arc::new(Float64Array::new(ScalarBuffer::new(values, 0, count), None)),
            FloatWidth::F32 => Arc::new(Float32Array::new(ScalarBuffer::new(values, 0, count), None)),
        }
    }

    pub(super) fn fill_plain(
        &self,
        instructions: InstructionSet,
        first_row: u64,
        plain: &mut [u8],
    ) -> WordBounds {
        let keys = self.keys;
        match self.width {
            FloatWidth::F64 => {
                let slots = plain.as_chunks_mut().0;
                instructions.run(Fill { keys, first_row, slots, value: |word| uniform64(word).to_le_bytes() })
            }
            FloatWidth::F32 => {
                let slots = plain.as_chunks_mut().0;
                instructions.run(Fill { keys, first_row, slots, value: |word| uniform32(word).to_le_bytes() })
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
    first_row: u64,
    slots: &'a mut [[u8; BYTES]],
    value: V,
}

impl<const BYTES: usize, V: Fn(u64) -> [u8; BYTES]> Kernel for Fill<'_, BYTES, V> {
    type Output = WordBounds;

    #[inline(always)]
    fn run(self) -> WordBounds {
        let mut bounds = WordBounds::NONE;
        let slots = self.slots;
        self.keys.for_each_word(self.first_row, slots.len(), |index, word| {
            bounds.include(word);
            slots[index] = (self.value)(word);
        });
        bounds
    }
}
