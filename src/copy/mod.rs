//! Copies of a data set: any place its rows went, as record batches.
//!
//! A copy is opened as [`Piece`]s, which can be read side by side and in any order: the row groups of
//! Parquet files, and other files whole. Another kind of place becomes a copy by becoming pieces.

mod bytes;
mod csv_file;
mod delta;
mod file;
mod files;
mod format;
mod ipc;
mod json_lines;
mod parquet;
pub(crate) mod partition;
#[cfg(feature = "postgres")]
pub(crate) mod path_columns;
mod piece;
mod text;

use std::path::Path;

use arrow_schema::{ArrowError, SchemaRef};

pub use file::{CopyFile, FindError, PathValue};
pub use files::{Found, begins_and_ends_as_parquet, find};
pub use format::{Format, FormatError};
pub use parquet::RowGroupPiece;
#[cfg(feature = "postgres")]
pub(crate) use parquet::int96::Unrepresentable;
pub use piece::{BatchIterator, OpenPiece, Piece, ServerError, Table};

use self::parquet::ParquetFile;
use self::partition::Constants;
use crate::part::origin::Inspected;

/// Opens `file` as pieces, with the values that its path has as text. In CSV, `delimiter` is between the values.
///
/// # Errors
///
/// If it cannot be read, or is not what its format says.
pub fn open(file: &CopyFile, delimiter: u8) -> Result<Vec<Piece>, ArrowError> {
    let path = file.path.as_path();
    let is_stdin = path.as_os_str() == "-";
    let pieces = match file.format {
        Format::Parquet if is_stdin => {
            return Err(ArrowError::InvalidArgumentError(
                "Parquet cannot be read from a stream: its description is at its end".to_owned(),
            ));
        }
        Format::Parquet => ParquetFile::open(path)?.pieces().collect(),
        Format::Csv => vec![csv_file::open(path, is_stdin, delimiter)?],
        Format::JsonLines => vec![json_lines::open(path, is_stdin)?],
        Format::Arrow => vec![ipc::open(path, is_stdin)?],
    };
    let constants = Constants::as_text(file)?;
    Ok(pieces.into_iter().map(|piece| constants.add_to(piece)).collect())
}

/// A Parquet file whose footer was read.
#[derive(Debug)]
pub struct OpenedParquet {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its row groups.
    pub row_groups: Vec<RowGroupPiece>,
    /// Where it comes from, as it says itself.
    pub origin: Inspected,
}

/// Opens the Parquet file at `path`.
///
/// # Errors
///
/// If it cannot be read, or is no Parquet file.
pub fn open_parquet(path: &Path) -> Result<OpenedParquet, ArrowError> {
    let file = ParquetFile::open(path)?;
    Ok(OpenedParquet {
        schema: file.schema(),
        row_groups: file.row_group_pieces().collect(),
        origin: file.origin()?,
    })
}
