//! Copies of a data set: any place its rows went, as record batches.
//!
//! A copy is opened as [`Piece`]s, which can be read side by side and in any order: the row groups of
//! Parquet files, and other files whole. Another kind of place becomes a copy by becoming pieces.

mod csv_file;
mod delta;
mod files;
mod ipc;
mod json_lines;
mod parquet;
pub(crate) mod partition;
mod text;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use self::parquet::ParquetFile;
pub use files::{CopyFile, FindError, Found, begins_and_ends_as_parquet, find, passed_over};
use partition::Constants;
pub use partition::PathValue;

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Parquet.
    Parquet,
    /// Comma-separated values with a line of names.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Arrow's interprocess format, as a file or a stream; which one it is, it says itself.
    Arrow,
}

impl Format {
    /// The format of the file called so, by its ending. Files of lines may be compressed.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "gz" => Self::of_ending(Path::new(path.file_stem()?)).filter(|format| format.has_lines()),
            _ => Self::of_ending(path),
        }
    }

    fn of_ending(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "parquet" | "parq" | "pq" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "arrow" | "arrows" | "feather" | "ipc" => Some(Self::Arrow),
            _ => None,
        }
    }

    fn has_lines(self) -> bool {
        matches!(self, Self::Csv | Self::JsonLines)
    }
}

/// A name that stands for no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a format; choose parquet, csv, jsonl or arrow")]
pub struct FormatError;

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        match text {
            "parquet" => Ok(Self::Parquet),
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            "arrow" => Ok(Self::Arrow),
            _ => Err(FormatError),
        }
    }
}

/// The record batches of a piece, one after the other.
pub type BatchIterator = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// A piece of a copy that is read by one thread.
pub struct Piece {
    /// The file it is in, or `-` for standard input, or what is said of a table.
    pub path: PathBuf,
    /// How many rows it has, if that can be told without reading it; of a table, as the server estimates.
    pub rows: Option<u64>,
    schema: Option<SchemaRef>,
    open: OpenPiece,
}

/// Reads the columns of a piece that have the given names.
pub(crate) type OpenPiece = Box<dyn FnOnce(&[&str]) -> Result<BatchIterator, ArrowError> + Send>;

impl Piece {
    /// A piece of a place that is no file.
    pub(crate) fn new(path: PathBuf, rows: Option<u64>, schema: Option<SchemaRef>, open: OpenPiece) -> Self {
        Self { path, rows, schema, open }
    }

    /// The columns that it has, if that can be told without reading it.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_deref()
    }

    /// Its rows, with the columns that have the given names at least.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn batches(self, names: &[&str]) -> Result<BatchIterator, ArrowError> {
        (self.open)(names)
    }
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Piece").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

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

/// A row group of a Parquet file, which may be read more than once.
pub struct RowGroupPiece {
    file: Arc<ParquetFile>,
    index: usize,
    /// How many rows it has.
    pub rows: u64,
    /// The bytes of the file that it takes.
    pub extent: Range<u64>,
}

impl RowGroupPiece {
    /// The row group, to be read once.
    pub fn piece(&self) -> Piece {
        self.file.piece(self.index..self.index + 1)
    }
}

impl std::fmt::Debug for RowGroupPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowGroupPiece")
            .field("index", &self.index)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Opens the Parquet file at `path`: its columns and its row groups.
///
/// # Errors
///
/// If it cannot be read, or is no Parquet file.
pub fn open_parquet(path: &Path) -> Result<(SchemaRef, Vec<RowGroupPiece>), ArrowError> {
    let file = ParquetFile::open(path)?;
    Ok((file.schema(), file.row_group_pieces().collect()))
}

/// Rows of the batches that pieces are read in, where that can be chosen.
const BATCH_ROWS: usize = 8_192;

/// The bytes of a file or of standard input.
fn open_bytes(path: &Path, is_stdin: bool) -> io::Result<impl BufRead + Send + use<>> {
    const BUFFER_BYTES: usize = 1 << 20;
    let source: Box<dyn Read + Send> = if is_stdin { Box::new(stdin()) } else { Box::new(File::open(path)?) };
    Ok(BufReader::with_capacity(BUFFER_BYTES, source))
}

/// Columns of text.
fn text_schema(names: impl IntoIterator<Item = String>) -> SchemaRef {
    let fields: Vec<_> = names.into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    Arc::new(Schema::new(fields))
}
