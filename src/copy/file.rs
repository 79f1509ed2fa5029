//! A file of a copy, with the values that its path has for all of its rows.

use std::io;
use std::path::{Path, PathBuf};

use arrow_schema::DataType;
use percent_encoding::percent_decode_str;

use super::format::Format;

/// A file of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyFile {
    /// Where it is; `-` stands for standard input.
    pub path: PathBuf,
    /// How its rows are written.
    pub format: Format,
    /// Its path below the folder that was given, or its name.
    pub name: PathBuf,
    /// The values that its path has for all of its rows.
    pub path_values: Vec<PathValue>,
}

impl CopyFile {
    /// The file at `path`, named by itself.
    pub fn new(path: PathBuf, format: Format) -> Self {
        let name = path.file_name().map_or_else(|| path.clone(), PathBuf::from);
        Self { path, format, name, path_values: Vec::new() }
    }
}

/// The value of a null.
const NULL_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// A value that the path of a file has for all of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathValue {
    /// The name of the column.
    pub name: String,
    /// The value as text; `None` is a null.
    pub value: Option<String>,
    /// The type of the column, if a table says it.
    pub(super) declared: Option<DataType>,
}

impl PathValue {
    /// That of a folder `name=value`; `None` if it is not called so.
    pub(super) fn of_folder(folder: &Path) -> Result<Option<Self>, FindError> {
        let name = folder.file_name().unwrap_or_default();
        let Some((key, value)) = name.to_str().and_then(|name| name.split_once('=')) else {
            return Ok(None);
        };
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            let reason = "value of a column in the folder's name is not UTF-8: rename the folder";
            decoded.map(String::from).map_err(|_| FindError::refused(folder, reason))
        };
        if key.is_empty() {
            return Ok(None);
        }
        let value = decoded(value)?;
        Ok(Some(Self { name: decoded(key)?, value: (value != NULL_VALUE).then_some(value), declared: None }))
    }
}

/// Why a folder has no meaning.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The folder or the file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Its files are not to be read as they stand.
    #[error("{}: {reason}", path.display())]
    Refused {
        /// The folder or the file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl FindError {
    pub(super) fn refused(path: &Path, reason: impl Into<String>) -> Self {
        Self::Refused { path: path.to_owned(), reason: reason.into() }
    }
}

pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> FindError {
    let path = path.to_owned();
    move |source| FindError::Unreadable { path, source }
}
