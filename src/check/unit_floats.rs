//! Comparing uniform floats in [0, 1) without making them: the words of the rows become numbers where they are
//! compared.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::columns::uniform::{UniformColumn, uniform32, uniform64};
use crate::instructions::{InstructionSet, Kernel};
use crate::schema::FloatWidth;

/// Whether `found` surely holds the numbers of `rows`, or 64-bit ones as 32-bit ones.
pub(super) fn surely_same(column: &UniformColumn, rows: &[u64], found: &ArrayRef) -> bool {
    if found.null_count() > 0 || rows.len() != found.len() {
        return false;
    }
    let instructions = InstructionSet::best();
    match (found.data_type(), column.width()) {
        (DataType::Float64, FloatWidth::F64) => instructions.run(AllEqual {
            column,
            rows,
            values: found.as_primitive::<Float64Type>().values(),
            differ: |word, value: &f64| uniform64(word).to_bits() ^ value.to_bits(),
        }),
        (DataType::Float64, FloatWidth::F32) => instructions.run(AllEqual {
            column,
            rows,
            values: found.as_primitive::<Float64Type>().values(),
            differ: |word, value: &f64| f64::from(uniform32(word)).to_bits() ^ value.to_bits(),
        }),
        (DataType::Float32, FloatWidth::F64) => instructions.run(AllEqual {
            column,
            rows,
            values: found.as_primitive::<Float32Type>().values(),
            differ: |word, value: &f32| u64::from((uniform64(word) as f32).to_bits() ^ value.to_bits()),
        }),
        (DataType::Float32, FloatWidth::F32) => instructions.run(AllEqual {
            column,
            rows,
            values: found.as_primitive::<Float32Type>().values(),
            differ: |word, value: &f32| u64::from(uniform32(word).to_bits() ^ value.to_bits()),
        }),
        _ => false,
    }
}

/// Whether no value differs in any bit from what its row's word stands for.
struct AllEqual<'a, T, D> {
    column: &'a UniformColumn,
    rows: &'a [u64],
    values: &'a [T],
    /// The bits in which a value differs from that of a word.
    differ: D,
}

impl<T, D: Fn(u64, &T) -> u64> Kernel for AllEqual<'_, T, D> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let keys = self.column.keys();
        let mut differences = 0;
        for (row, value) in self.rows.iter().zip(self.values) {
            differences |= (self.differ)(keys.word(*row), value);
        }
        differences == 0
    }
}
