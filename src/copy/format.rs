//! Formats of files, and the endings of names that tell them.

use std::path::Path;
use std::str::FromStr;

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
