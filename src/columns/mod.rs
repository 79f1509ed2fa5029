//! The generators: one file each, from rows to values, and back where that is possible.
//!
//! A [`ValueColumn`] is a column of any type and generator. It hands out its values as Arrow arrays of consecutive
//! rows or of any rows, and as the bytes of PLAIN-encoded Parquet pages with the bounds of what they hold; both come
//! from the same loops. Generators draw by the block, so that all that is set aside for one stays in the first-level
//! cache:
//!
//! | module | what it holds |
//! |---|---|
//! | `indices` | the numbers that stand for the rows when their values are drawn |
//! | `draws` | drawing by the block with the widest instructions |
//! | `whole`, `float`, `boolean`, `listed`, `uuid`, `uuid7`, `pattern`, `template` | what is drawn |
//! | `slots`, `ids`, `texts`, `arrow` | how it lies in memory |
//! | `value_column` | nulls, lists and dependence around any generator |
//! | `of_table` | from a schema's columns to these |
//!
//! [`KeyedColumn`] is the same for the classifier's two generators, which are *monotone*: their values are ordered
//! as their words are. So the smallest and the largest word of a page say its exact minimum and maximum, and
//! [`WordBounds`] is all that has to be followed while a page is filled.

mod arrow;
mod boolean;
mod draws;
mod float;
mod ids;
mod indices;
mod listed;
mod of_table;
mod pattern;
mod slots;
mod template;
mod texts;
pub mod uniform;
pub mod uuid;
mod uuid7;
mod value_column;
mod whole;

use arrow_array::ArrayRef;

pub use self::arrow::data_type;
pub use self::indices::Indices;
pub use self::of_table::ColumnError;
pub use self::slots::Range;
pub use self::value_column::{KeyValue, Numbers, PageBounds, ValueColumn};
use crate::instructions::InstructionSet;
use crate::rows::RowRange;
use crate::schema::{Column, Generator};
use uniform::UniformColumn;
use uuid::UuidColumn;

/// The smallest and the largest word of some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordBounds {
    /// The smallest word.
    pub min: u64,
    /// The largest word.
    pub max: u64,
}

impl WordBounds {
    /// The bounds of no rows: the neutral element of [`include`](Self::include).
    pub const NONE: Self = Self { min: u64::MAX, max: 0 };

    /// Widens the bounds so that they hold `word`.
    #[inline(always)]
    pub fn include(&mut self, word: u64) {
        self.min = self.min.min(word);
        self.max = self.max.max(word);
    }

    /// The bounds of the rows of both.
    pub fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// A smallest and a largest value, in the bytes that Parquet's statistics hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueBounds {
    /// The smallest value.
    pub min: Vec<u8>,
    /// The largest value.
    pub max: Vec<u8>,
}

/// A column's generator together with its keys: ready to make values.
#[derive(Clone, Debug)]
pub enum KeyedColumn {
    /// Uniform numbers.
    Uniform(UniformColumn),
    /// Ids.
    Uuid(UuidColumn),
}

impl KeyedColumn {
    /// The generator of `column` with its keys under `seed`.
    pub fn new(column: &Column, seed: u64) -> Self {
        match column.generator {
            Generator::Uniform(width) => Self::Uniform(UniformColumn::new(&column.name, seed, width)),
            Generator::Uuid(form) => Self::Uuid(UuidColumn::new(&column.name, seed, form)),
        }
    }

    /// The values of `rows` as an Arrow array of the column's type.
    pub fn array(&self, rows: RowRange) -> ArrayRef {
        match self {
            Self::Uniform(column) => column.array(rows),
            Self::Uuid(column) => column.array(rows),
        }
    }

    /// Fills `plain` with the values of the rows from `first_row` on, PLAIN-encoded, and returns
    /// the bounds of their words. The number of rows is `plain`'s length divided by
    /// [`Generator::plain_bytes`].
    pub fn fill_plain(&self, instructions: InstructionSet, first_row: u64, plain: &mut [u8]) -> WordBounds {
        match self {
            Self::Uniform(column) => column.fill_plain(instructions, first_row, plain),
            Self::Uuid(column) => column.fill_plain(instructions, first_row, plain),
        }
    }

    /// The values that have the words `bounds`, as statistics hold them.
    pub fn value_bounds(&self, bounds: WordBounds) -> ValueBounds {
        match self {
            Self::Uniform(column) => column.value_bounds(bounds),
            Self::Uuid(column) => column.value_bounds(bounds),
        }
    }
}
