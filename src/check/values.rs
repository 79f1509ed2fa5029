//! Comparing values as they came with those that their rows should have.
//!
//! Numbers are compared by their bits, at the declared width: so -0.0 is not 0.0, and NaN is nothing
//! but altered.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::error::CheckError;
use super::ids::FoundIds;
use super::text::FoundText;
use crate::columns::ValueColumn;
use crate::columns::uniform::{UniformColumn, uniform32, uniform64};
use crate::columns::uuid::UuidColumn;
use crate::instructions::{InstructionSet, Kernel};
use crate::schema::FloatWidth;

/// Whether numbers came with fewer bits than they were declared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Narrowing {
    None,
    To32Bits,
}

/// A column of values as it came, beside what it should hold.
pub(super) struct FoundValues<'a> {
    array: &'a ArrayRef,
    tolerance_ulps: u64,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// 64-bit numbers.
    F64(&'a UniformColumn, &'a [f64]),
    /// 32-bit numbers.
    F32(&'a UniformColumn, &'a [f32]),
    /// Numbers as text.
    Text(&'a UniformColumn, FoundText<'a>),
    /// Ids in a column that is not the one which tells the rows.
    Ids(&'a UuidColumn, FoundIds<'a>),
}

fn incomparable(name: &str, found: &DataType) -> CheckError {
    CheckError::Incomparable { column: name.to_owned(), expected: "numbers", found: found.clone() }
}

impl<'a> FoundValues<'a> {
    pub(super) fn new(
        name: &str,
        column: &'a ValueColumn,
        array: &'a ArrayRef,
        tolerance_ulps: u64,
    ) -> Result<Self, CheckError> {
        let kind = match (column.as_unit_floats(), column.as_uuids(), array.data_type()) {
            (Some(column), _, DataType::Float64) => {
                Kind::F64(column, array.as_primitive::<Float64Type>().values())
            }
            (Some(column), _, DataType::Float32) => {
                Kind::F32(column, array.as_primitive::<Float32Type>().values())
            }
            (Some(column), _, other) => match FoundText::new(array) {
                Some(text) => Kind::Text(column, text),
                None => return Err(incomparable(name, other)),
            },
            (_, Some(column), _) => Kind::Ids(column, FoundIds::new(name, array)?),
            (None, None, _) => {
                return Err(CheckError::Unsupported {
                    column: name.to_owned(),
                    column_type: column.column_type().clone(),
                });
            }
        };
        Ok(Self { array, tolerance_ulps, kind })
    }

    pub(super) fn narrowing(&self) -> Narrowing {
        match &self.kind {
            Kind::F32(column, _) if column.width() == FloatWidth::F64 => Narrowing::To32Bits,
            _ => Narrowing::None,
        }
    }

    /// Whether the values at `positions` are surely those of `rows`. It looks at rows that stand side by
    /// side, as they do unless strangers are among them, and leaves all else to [`equal`](Self::equal).
    pub(super) fn all_equal(&self, rows: &[u64], positions: &[usize]) -> bool {
        let (Some(&first), Some(&last)) = (positions.first(), positions.last()) else {
            return true;
        };
        if last - first + 1 != rows.len() || self.array.null_count() > 0 {
            return false;
        }
        let instructions = InstructionSet::best();
        match &self.kind {
            Kind::F64(column, values) => {
                let (column, values) = (*column, &values[first..=last]);
                match column.width() {
                    FloatWidth::F64 => instructions.run(AllEqual {
                        column,
                        rows,
                        values,
                        differ: |word, value: &f64| uniform64(word).to_bits() ^ value.to_bits(),
                    }),
                    FloatWidth::F32 => instructions.run(AllEqual {
                        column,
                        rows,
                        values,
                        differ: |word, value: &f64| f64::from(uniform32(word)).to_bits() ^ value.to_bits(),
                    }),
                }
            }
            Kind::F32(column, values) => {
                let (column, values) = (*column, &values[first..=last]);
                match column.width() {
                    FloatWidth::F64 => instructions.run(AllEqual {
                        column,
                        rows,
                        values,
                        differ: |word, value: &f32| {
                            u64::from((uniform64(word) as f32).to_bits() ^ value.to_bits())
                        },
                    }),
                    FloatWidth::F32 => instructions.run(AllEqual {
                        column,
                        rows,
                        values,
                        differ: |word, value: &f32| u64::from(uniform32(word).to_bits() ^ value.to_bits()),
                    }),
                }
            }
            Kind::Text(..) | Kind::Ids(..) => false,
        }
    }

    /// Whether the value at `position` is that of `row`, within the tolerance.
    pub(super) fn equal(&self, row: u64, position: usize) -> bool {
        if self.array.is_null(position) {
            return false;
        }
        // Bits of numbers of one sign are ordered as the numbers are; no other number is near one of ours.
        let within = |expected: u64, found: u64, is_number: bool| {
            expected == found || is_number && expected.abs_diff(found) <= self.tolerance_ulps
        };
        let is_number64 = |found: f64| found.is_finite() && found.is_sign_positive();
        let is_number32 = |found: f32| found.is_finite() && found.is_sign_positive();
        match &self.kind {
            Kind::F64(column, values) => {
                let (word, found) = (column.keys().word(row), values[position]);
                match column.width() {
                    FloatWidth::F64 => within(uniform64(word).to_bits(), found.to_bits(), is_number64(found)),
                    // A 32-bit number that was widened is still one, unless it is only nearly so.
                    FloatWidth::F32 => {
                        let expected = uniform32(word);
                        f64::from(expected).to_bits() == found.to_bits()
                            || self.tolerance_ulps > 0
                                && within(
                                    expected.to_bits().into(),
                                    (found as f32).to_bits().into(),
                                    is_number32(found as f32),
                                )
                    }
                }
            }
            Kind::F32(column, values) => {
                let (word, found) = (column.keys().word(row), values[position]);
                let expected = match column.width() {
                    FloatWidth::F64 => uniform64(word) as f32,
                    FloatWidth::F32 => uniform32(word),
                };
                within(expected.to_bits().into(), found.to_bits().into(), is_number32(found))
            }
            Kind::Text(column, text) => {
                let (word, text) = (column.keys().word(row), text.get(position).unwrap_or_default());
                match column.width() {
                    FloatWidth::F64 => text.parse().is_ok_and(|found: f64| {
                        within(uniform64(word).to_bits(), found.to_bits(), is_number64(found))
                    }),
                    FloatWidth::F32 => text.parse().is_ok_and(|found: f32| {
                        within(uniform32(word).to_bits().into(), found.to_bits().into(), is_number32(found))
                    }),
                }
            }
            Kind::Ids(column, ids) => ids.id(position) == Some(column.id(row)),
        }
    }

    /// The value that `row` should have, for people.
    pub(super) fn expected_text(&self, row: u64) -> String {
        match &self.kind {
            Kind::F32(column, _) if column.width() == FloatWidth::F64 => {
                format!("{:?}", uniform64(column.keys().word(row)) as f32)
            }
            Kind::F64(column, _) | Kind::F32(column, _) | Kind::Text(column, _) => match column.width() {
                FloatWidth::F64 => format!("{:?}", uniform64(column.keys().word(row))),
                FloatWidth::F32 => format!("{:?}", uniform32(column.keys().word(row))),
            },
            Kind::Ids(column, _) => column.id(row).to_string(),
        }
    }

    /// The value at `position`, for people.
    pub(super) fn found_text(&self, position: usize) -> String {
        const MAX_CHARACTERS: usize = 60;
        if self.array.is_null(position) {
            return "null".to_owned();
        }
        match &self.kind {
            Kind::F64(_, values) => format!("{:?}", values[position]),
            Kind::F32(_, values) => format!("{:?}", values[position]),
            Kind::Text(_, text) => {
                let text = text.get(position).unwrap_or_default();
                format!("{:?}", text.chars().take(MAX_CHARACTERS).collect::<String>())
            }
            Kind::Ids(_, ids) => ids.text(position),
        }
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
