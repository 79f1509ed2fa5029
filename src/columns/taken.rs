//! Values that are those of another column, in rows of its table.

use std::sync::Arc;

use arrow_buffer::NullBuffer;

use super::indices::Indices;
use super::parents::ParentRows;
use super::value_column::{Numbers, ValueColumn};

/// Whose values a column has, and in which rows.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) rows: Arc<ParentRows>,
    pub(super) of: Arc<ValueColumn>,
    /// How many rows the other column's table has, if that is known.
    pub(super) parents: Option<u64>,
    /// The column that says the rows, if it is not the column itself. Where it is null, the value is, too.
    pub(super) reference: Option<Arc<ValueColumn>>,
}

impl Taken {
    /// The numbers that the values of the parent's rows are drawn with.
    pub(super) fn drawn_with(&self, rows: Indices<'_>) -> Numbers<'static> {
        let parents = self.rows.of(rows);
        match self.of.draws_with_rows() {
            true => Numbers::Owned(parents),
            false => {
                Numbers::Owned(self.of.drawn_with(Indices::Listed(&parents)).as_indices().iter().collect())
            }
        }
    }

    /// Which rows are not null.
    pub(super) fn nulls(&self, rows: Indices<'_>) -> Option<NullBuffer> {
        let of_reference = self.reference.as_ref().and_then(|reference| reference.nulls(rows));
        let of_parent = match self.of.is_nullable() {
            true => self.of.nulls(Indices::Listed(&self.rows.of(rows))),
            false => None,
        };
        NullBuffer::union(of_reference.as_ref(), of_parent.as_ref())
    }

    pub(super) fn is_nullable(&self) -> bool {
        self.of.is_nullable() || self.reference.as_ref().is_some_and(|reference| reference.is_nullable())
    }

    /// What columns that depend on this one draw with: the parent's row, or what they would draw with beside the value
    /// that is looked up.
    pub(super) fn ordinals(&self, rows: Indices<'_>) -> Vec<u64> {
        let parents = self.rows.of(rows);
        match &self.reference {
            None => parents,
            Some(_) => self.of.ordinals(Indices::Listed(&parents)),
        }
    }
}
