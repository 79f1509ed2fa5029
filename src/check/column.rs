//! A column of the data set compared with a column of a copy: many rows at once, and value by value where they differ.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use uuid::Uuid;

use super::block::Block;
use super::error::CheckError;
use super::same::surely_same;
use super::shape::Shape;
use super::unit_floats;
use super::values::{Value, Values};
use crate::columns::ValueColumn;
use crate::schema::FloatWidth;

/// A column that is checked.
#[derive(Clone, Debug)]
pub(super) struct CheckedColumn {
    /// Its place in the schema.
    pub(super) index: usize,
    pub(super) name: String,
    /// Whether rows are identified by it.
    pub(super) is_key: bool,
    pub(super) values: Arc<ValueColumn>,
    pub(super) shape: Shape,
}

/// Where a block of rows has other values than it should have.
pub(super) struct Differences<'a> {
    shape: &'a Shape,
    expected: Values,
    found: Values,
    /// Places in the block's list of rows.
    pub(super) altered: Vec<usize>,
    /// How many ids came with their first three groups of bytes reversed.
    pub(super) reversed_ids: u64,
}

impl CheckedColumn {
    pub(super) fn new(index: usize, name: &str, values: &Arc<ValueColumn>) -> Self {
        let (shape, values) = (Shape::of(values), Arc::clone(values));
        Self { index, name: name.to_owned(), is_key: false, values, shape }
    }

    /// `array` as values of the column.
    ///
    /// # Errors
    ///
    /// If its type does not hold them exactly.
    pub(super) fn read(&self, array: &ArrayRef) -> Result<Values, CheckError> {
        Values::new(&self.shape, array).ok_or_else(|| self.incomparable(array.data_type()))
    }

    /// Whether arrays of this type can be read as values of the column, and whether they are 64-bit floats that came
    /// with 32 bits.
    pub(super) fn is_narrowed_by(&self, data_type: &DataType) -> Result<bool, CheckError> {
        let values = Values::of_type(&self.shape, data_type).ok_or_else(|| self.incomparable(data_type))?;
        Ok(is_narrow(&self.shape, &values))
    }

    fn incomparable(&self, found: &DataType) -> CheckError {
        CheckError::Incomparable {
            column: self.name.clone(),
            expected: self.values.column_type().clone(),
            found: found.clone(),
            is_key: self.is_key,
        }
    }

    /// The differences between the values of the block's rows and `found`, the column of all rows of the block; `None` if
    /// all values are equal to the bit.
    pub(super) fn differences(
        &self,
        found: &ArrayRef,
        block: &Block,
        tolerance_ulps: u64,
    ) -> Result<Option<Differences<'_>>, CheckError> {
        let rows = block.rows();
        if rows.is_empty() {
            return Ok(None);
        }
        // Rows stand side by side unless foreign ones are among them.
        let neighbours = |array: &ArrayRef| match block.span()? {
            span if span.len() == array.len() => Some(ArrayRef::clone(array)),
            span => Some(array.slice(span.start, span.len())),
        };
        if let Some(unit_floats) = self.values.as_unit_floats()
            && let Some(found) = neighbours(found)
            && unit_floats::surely_same(unit_floats, rows, &found)
        {
            return Ok(None);
        }
        let expected = match block.run() {
            Some(run) => self.values.array(run),
            None => self.values.take(rows),
        };
        let found = self.read(found)?;
        if neighbours(found.array()).is_some_and(|found| surely_same(&expected, &found)) {
            return Ok(None);
        }
        let mut differences = Differences {
            shape: &self.shape,
            expected: self.read(&expected)?,
            found,
            altered: Vec::new(),
            reversed_ids: 0,
        };
        differences.compare(block, tolerance_ulps);
        Ok(Some(differences))
    }
}

impl Differences<'_> {
    fn compare(&mut self, block: &Block, tolerance_ulps: u64) {
        let is_narrow = is_narrow(self.shape, &self.found);
        let is_single = is_narrow || self.shape.float_width() == Some(FloatWidth::F32);
        let comparison = Comparison { tolerance_ulps, is_narrow, is_single };
        for (place, position) in block.positions().iter().enumerate() {
            match comparison.compare((&self.expected, place), (&self.found, *position)) {
                Sameness::Same => {}
                Sameness::Reversed => self.reversed_ids += 1,
                Sameness::Different => self.altered.push(place),
            }
        }
    }

    /// The value that the row at this place in the block should have, for people.
    pub(super) fn expected_text(&self, place: usize) -> String {
        self.expected.shown(self.shape, self.float_width(), place)
    }

    /// The value that it has, for people.
    pub(super) fn found_text(&self, block: &Block, place: usize) -> String {
        self.found.shown(self.shape, self.float_width(), block.positions()[place])
    }

    /// What the column of the block's rows came as, and where in it the row at this place in the block is.
    pub(super) fn found_at(&self, block: &Block, place: usize) -> (&Values, usize) {
        (&self.found, block.positions()[place])
    }

    /// The width in which floats came: in it, two that differ look different.
    fn float_width(&self) -> Option<FloatWidth> {
        self.found.float_width().or(self.shape.float_width())
    }
}

/// Whether 64-bit floats came with 32 bits.
fn is_narrow(shape: &Shape, found: &Values) -> bool {
    shape.float_width() == Some(FloatWidth::F64) && found.float_width() == Some(FloatWidth::F32)
}

/// How a value compares with the one that should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sameness {
    Same,
    /// An id in reverse byte order.
    Reversed,
    Different,
}

impl Sameness {
    fn of(is_same: bool) -> Self {
        if is_same { Self::Same } else { Self::Different }
    }
}

/// Compares values one by one.
struct Comparison {
    /// By how many units in the last place floats may differ.
    tolerance_ulps: u64,
    /// Whether 64-bit floats came with 32 bits.
    is_narrow: bool,
    /// Whether floats are compared as 32-bit ones.
    is_single: bool,
}

impl Comparison {
    fn compare(&self, (expected, place): (&Values, usize), (found, position): (&Values, usize)) -> Sameness {
        match (expected.get(place), found.get(position)) {
            (Value::Float(expected), Value::Float(found)) => {
                Sameness::of(self.are_same_floats(expected, found))
            }
            (Value::Id(expected), Value::Id(found)) if expected != found => {
                let is_reversed = Uuid::from_bytes_le(found.into_bytes()) == expected;
                if is_reversed { Sameness::Reversed } else { Sameness::Different }
            }
            (Value::List(own), Value::List(others)) => match (expected.items(), found.items()) {
                (Some(items), Some(other_items)) if own.len() == others.len() => {
                    let elements = own.zip(others);
                    let compared =
                        elements.map(|(own, other)| self.compare((items, own), (other_items, other)));
                    compared.max_by_key(|sameness| *sameness as u8).unwrap_or(Sameness::Same)
                }
                _ => Sameness::Different,
            },
            (_, Value::Invalid) => Sameness::Different,
            (expected, found) => Sameness::of(expected == found),
        }
    }

    /// Bits of floats of one sign are ordered as the floats are: so -0.0 is not 0.0, and NaN is near nothing.
    fn are_same_floats(&self, expected: f64, found: f64) -> bool {
        let expected = if self.is_narrow { f64::from(expected as f32) } else { expected };
        if expected.to_bits() == found.to_bits() {
            return true;
        }
        if self.tolerance_ulps == 0 || expected.is_sign_positive() != found.is_sign_positive() {
            return false;
        }
        let (is_finite, distance) = if self.is_single {
            let (expected, found) = (expected as f32, found as f32);
            (found.is_finite(), u64::from(expected.to_bits().abs_diff(found.to_bits())))
        } else {
            (found.is_finite(), expected.to_bits().abs_diff(found.to_bits()))
        };
        is_finite && distance <= self.tolerance_ulps
    }
}
