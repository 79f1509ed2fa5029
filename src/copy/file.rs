//! A file of a copy, with the values that its path has for all of its rows.

use std::io;
use std::path::{Path, PathBuf, absolute};

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
    /// Its path below the folder that was given, with the folders `key=value` that it was given in.
    pub name: PathBuf,
    /// The values that its path has for all of its rows.
    pub path_values: Vec<PathValue>,
}

impl CopyFile {
    /// The file at `path`, or standard input, that was given by itself. As in a folder that is given, folders `key=value`
    /// that it is in give it columns: those that end its path, wherever it is named from.
    ///
    /// # Errors
    ///
    /// If such a folder's name has no meaning.
    pub fn given(path: PathBuf, format: Format) -> Result<Self, FindError> {
        if path.as_os_str() == "-" {
            return Ok(Self { name: path.clone(), path, format, path_values: Vec::new() });
        }
        let whole = absolute(&path).map_err(unreadable(&path))?;
        let mut name = PathBuf::new();
        let mut path_values = Vec::new();
        if let Some(folder) = whole.parent() {
            (name, path_values) = PathValue::of_folders(folder)?;
        }
        name.push(path.file_name().unwrap_or(path.as_os_str()));
        Ok(Self { path, format, name, path_values })
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

    /// The folders `key=value` that end the path of `folder`, which begins at the root: their path, and their values.
    pub(super) fn of_folders(folder: &Path) -> Result<(PathBuf, Vec<Self>), FindError> {
        let mut values = Vec::new();
        for folder in folder.ancestors() {
            let Some(value) = Self::of_folder(folder)? else {
                break;
            };
            values.push(value);
        }
        values.reverse();
        let names = folder.components().count() - values.len();
        Ok((folder.components().skip(names).collect(), values))
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
