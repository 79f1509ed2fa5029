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
//! | `bounds` | the smallest and the largest of it |
//! | `parents`, `taken` | which rows of another table rows point to, and the values there |
//! | `value_column` | nulls, lists, dependence and other tables around any generator |
//! | `of_schema` | from a schema's columns to these |
//!
//! Bounds are taken while a page is filled. Those of uniform floats and of ids are words at first: their values are
//! ordered as their words are, and [`WordBounds`] is all that has to be followed.

mod arrow;
mod boolean;
mod bounds;
mod draws;
mod float;
mod ids;
mod indices;
mod listed;
mod of_schema;
mod parents;
mod pattern;
mod slots;
mod taken;
mod template;
mod texts;
pub mod uniform;
pub mod uuid;
mod uuid7;
mod value_column;
mod whole;

pub use self::arrow::data_type;
pub use self::bounds::{ValueBounds, WordBounds};
pub use self::indices::Indices;
pub use self::of_schema::ColumnError;
pub use self::slots::Range;
pub use self::value_column::{KeyValue, Numbers, PageBounds, ValueColumn};
