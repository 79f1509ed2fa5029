//! What was made of a column.

use crate::schema::Column;

/// What was made of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum InferredColumn {
    /// A column that makes values like those in the files.
    Described {
        /// The column.
        column: Box<Column>,
        /// What the files say.
        found: Vec<String>,
        /// What they do not say.
        assumed: Vec<String>,
    },
    /// Nothing, for this reason.
    LeftOut {
        /// The name of the column.
        name: String,
        /// Why there is no such column in a schema.
        reason: String,
    },
}
