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
//! | `whole`, `uniform`, `float`, `boolean`, `listed`, `uuid`, `uuid7`, `pattern`, `template` | what is drawn |
//! | `slots`, `ids`, `texts`, `arrow` | how it lies in memory |
//! | `value_column` | nulls, lists and dependence around any generator |
//! | `of_table` | from a schema's columns to these |
//!
//! Bounds are taken while a page is filled. Those of uniform floats and of ids are words at first: their values are
//! ordered as their words are, and [`WordBounds`] is all that has to be followed.

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

pub use self::arrow::data_type;
pub use self::indices::Indices;
pub use self::of_table::ColumnError;
pub use self::slots::Range;
pub use self::value_column::{KeyValue, Numbers, PageBounds, ValueColumn};

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
