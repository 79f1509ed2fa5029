//! Why rows cannot be checked.

use arrow_schema::DataType;

use super::seen::MAX_ROWS;
use crate::count::{counted, grouped};
use crate::remedy::Remedy;
use crate::schema::ColumnType;

/// Why rows cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Rows may be missing, and no column identifies rows.
    #[error("data set has no key: missing rows cannot be told from altered ones")]
    KeylessPartial,
    /// Values may differ, and no column identifies rows.
    #[error("data set has no key: values are compared to the bit, by a checksum")]
    KeylessTolerance,
    /// 64-bit floats came with 32 bits, and no column identifies rows.
    #[error(
        "column {0:?} of the copy has 32-bit floats instead of 64-bit ones, and the data set has no key: values are \
         compared to the bit, by a checksum"
    )]
    KeylessNarrow(String),
    /// More rows than memory can note.
    #[error(
        "checking {} at once takes {} GB of memory for their numbers, and at most {} are checked at once",
        counted(.rows, "row"),
        grouped(rows / 8_000_000_000),
        counted(MAX_ROWS, "row")
    )]
    TooManyRows {
        /// The rows to check.
        rows: u64,
    },
    /// A column to check is not one of the data set's.
    #[error("the data set has no column {0:?}")]
    NoSuchColumn(String),
    /// The copy lacks a column.
    #[error("the copy has no column {0:?}")]
    MissingColumn(String),
    /// The copy lacks a column, and has names in which another delimiter stands.
    #[error("the copy has no column {column:?}, since its line of names is delimited by {delimiter:?}")]
    OtherDelimiter {
        /// The column.
        column: String,
        /// What stands between the names.
        delimiter: char,
    },
    /// The copy has a column more than once.
    #[error("the copy has more than one column {0:?}")]
    AmbiguousColumn(String),
    /// A column of the copy has a type that does not hold values of the column exactly.
    #[error("column {column:?} of the copy is of type {found}, which cannot be compared with {expected}")]
    Incomparable {
        /// The column.
        column: String,
        /// Its type in the data set.
        expected: ColumnType,
        /// The type that it has.
        found: DataType,
        /// Whether it is the key.
        is_key: bool,
    },
    /// Two checks that are to be merged check different things.
    #[error("checks of different data sets, rows, columns or tolerances cannot be merged")]
    Unlike,
}

impl CheckError {
    /// The ways out; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::TooManyRows { .. } => vec![Remedy::Shard],
            Self::MissingColumn(_) => vec![Remedy::NameColumns],
            Self::KeylessNarrow(_) | Self::Incomparable { is_key: false, .. } => vec![Remedy::OtherColumns],
            Self::KeylessPartial => vec![Remedy::AllRows],
            Self::KeylessTolerance => vec![Remedy::NoTolerance],
            Self::OtherDelimiter { delimiter, .. } => vec![Remedy::Delimiter(*delimiter)],
            Self::NoSuchColumn(_) | Self::AmbiguousColumn(_) | Self::Incomparable { .. } | Self::Unlike => {
                Vec::new()
            }
        }
    }
}
