//! A piece of a copy: rows that one thread reads as record batches.

use std::path::PathBuf;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

/// Rows that can be read in pieces, and are in no file: those of a table in a database.
pub trait Table: std::fmt::Debug + Sync {
    /// Its rows, in pieces that can be read side by side.
    fn pieces(&self) -> Vec<Piece>;
}

/// A server that could not give the rows of a piece, and why. Errors of batches have it as an
/// [`ExternalError`](ArrowError::ExternalError).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ServerError(pub String);

/// Rows of the batches that pieces are read in, where that can be chosen.
pub(super) const BATCH_ROWS: usize = 8_192;

/// The record batches of a piece, one after the other.
pub type BatchIterator = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// A piece of a copy that is read by one thread.
pub struct Piece {
    /// The file it is in, or `-` for standard input, or what is said of a table.
    pub path: PathBuf,
    /// How many rows it has, if that can be told without reading it; of a table, as the server estimates.
    pub rows: Option<u64>,
    pub(super) schema: Option<SchemaRef>,
    pub(super) open: OpenPiece,
}

/// Reads the columns of a piece that have the given names.
pub type OpenPiece = Box<dyn FnOnce(&[&str]) -> Result<BatchIterator, ArrowError> + Send>;

impl Piece {
    /// A piece of a place that is no file. `rows` and `schema` are what can be told without reading it; `open` is
    /// called once, on the thread that reads the piece.
    pub fn new(path: PathBuf, rows: Option<u64>, schema: Option<SchemaRef>, open: OpenPiece) -> Self {
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
