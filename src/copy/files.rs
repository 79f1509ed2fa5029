//! The files of a copy: those that were named, and those that a folder means.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf, absolute};

use super::delta;
use super::file::{CopyFile, FindError, PathValue, unreadable};
use super::format::Format;
use crate::folder::DESCRIPTION_NAME;
use crate::part::read::{ENCRYPTED_MAGIC, MAGIC};

/// What a folder means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Its files, in the order of their paths.
    pub files: Vec<CopyFile>,
    /// What else it holds, in the order of names, without what is passed over.
    pub left_out: Vec<PathBuf>,
    /// What readers of whole folders pass over: what is called so, folders whole, and files that a table does not list.
    /// The description of a data set is not among it.
    pub passed_over: Vec<PathBuf>,
}

/// A folder to be searched.
struct Folder {
    path: PathBuf,
    /// The columns that its path gives its files.
    values: Vec<PathValue>,
    /// Whether it is of a table that lists its files.
    is_listed: bool,
}

/// Finds the files of `format` in the folder at `path` and in the folders within it. Without a format these are Parquet
/// files.
///
/// Names that begin with an underscore or a dot are passed over, as engines do. A file is known by the ending of its
/// name; one whose name has no ending is a Parquet file if it begins and ends as one, and with a format that was given,
/// one whose ending stands for no format is of that one. A folder `key=value` gives its files a column `key`, also where
/// `path` ends with such folders. Of a Delta table, the files of its latest version are taken.
///
/// # Errors
///
/// If a folder cannot be read, is a table in a format that says otherwise which files belong to it, or has links in it
/// that lead to folders or are called like files of the format, or pipes and devices that are: whoever filled the folder
/// decides where these lead.
pub fn find(path: &Path, format: Option<Format>) -> Result<Found, FindError> {
    let is_parquet = format.is_none_or(|format| format == Format::Parquet);
    if is_parquet {
        refuse_inside_of_table(path)?;
    }
    let mut found = Found::default();
    let mut listed = HashSet::new();
    let whole = absolute(path).map_err(unreadable(path))?;
    let (outer, values) = PathValue::of_folders(&whole)?;
    let mut folders = vec![Folder { path: path.to_owned(), values, is_listed: false }];
    while let Some(Folder { path: folder, values, mut is_listed }) = folders.pop() {
        match TableFormat::of(&folder).filter(|_| is_parquet && !is_listed) {
            Some(TableFormat::Delta) => {
                let files = delta::files(&folder, &values)?;
                listed.extend(files.iter().map(|file| file.path.clone()));
                found.files.extend(files);
                is_listed = true;
            }
            Some(other) => {
                let name = other.name();
                let reason = format!(
                    "folder is {name} table, whose metadata says which files belong to it, and gen does not read that: \
                     write its rows to a folder of plain Parquet files first"
                );
                return Err(FindError::refused(&folder, reason));
            }
            None => {}
        }
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let entry = entry.map_err(unreadable(&folder))?;
            let (of_entry, kind) = (entry.path(), entry.file_type().map_err(unreadable(&folder))?);
            let name = entry.file_name();
            let is_hidden = is_hidden(&name);
            if kind.is_dir() {
                let value = PathValue::of_folder(&of_entry)?;
                // Columns may be called so, folders of other things are not.
                if value.is_some() || !is_hidden {
                    let values = values.iter().cloned().chain(value).collect();
                    folders.push(Folder { path: of_entry, values, is_listed });
                } else {
                    found.passed_over.push(of_entry);
                }
                continue;
            }
            if is_hidden || is_listed {
                if !listed.contains(&of_entry) && name != DESCRIPTION_NAME {
                    found.passed_over.push(of_entry);
                }
                continue;
            }
            let by_name = format_by_name(&of_entry, format);
            if kind.is_file() {
                let is_unnamed = of_entry.extension().is_none() || format.is_some();
                let format = match by_name {
                    None if is_parquet && is_unnamed && Format::of_path(&of_entry).is_none() => {
                        let begins = begins_and_ends_as_parquet(&of_entry).map_err(unreadable(&of_entry))?;
                        begins.then_some(Format::Parquet)
                    }
                    by_name => by_name,
                };
                match format {
                    Some(format) => {
                        let (name, path_values) = (of_entry.clone(), values.clone());
                        found.files.push(CopyFile { path: of_entry, format, name, path_values });
                    }
                    None => found.left_out.push(of_entry),
                }
            } else if by_name.is_some() || (kind.is_symlink() && of_entry.is_dir()) {
                let what = if kind.is_symlink() { "a link" } else { "no plain file" };
                let name = name.to_string_lossy();
                let reason =
                    format!("{} in it is {what}: name it yourself to have it read", name.escape_debug());
                return Err(FindError::refused(path, reason));
            } else {
                found.left_out.push(of_entry);
            }
        }
    }
    for file in &mut found.files {
        file.name = outer.join(file.path.strip_prefix(path).unwrap_or(&file.path));
    }
    found.files.sort_by(|one, other| one.path.cmp(&other.path));
    found.left_out.sort();
    found.passed_over.sort();
    Ok(found)
}

/// Whether readers of whole folders pass over what is called so.
fn is_hidden(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b"_") || name.starts_with(b".")
}

/// The format of a file in a folder that is searched for `format`, as far as its name tells.
fn format_by_name(path: &Path, format: Option<Format>) -> Option<Format> {
    match (Format::of_path(path), format) {
        (Some(Format::Parquet), None) => Some(Format::Parquet),
        (Some(named), Some(wanted)) if named == wanted => Some(wanted),
        (None, Some(wanted)) if wanted != Format::Parquet => Some(wanted),
        _ => None,
    }
}

/// Whether the first and the last bytes of a file are those of a Parquet file.
///
/// # Errors
///
/// If the file cannot be read.
pub fn begins_and_ends_as_parquet(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let Some(end) = bytes.checked_sub(MAGIC.len() as u64).filter(|end| *end >= MAGIC.len() as u64) else {
        return Ok(false);
    };
    let mut ends = [[0; MAGIC.len()]; 2];
    file.read_exact_at(&mut ends[0], 0)?;
    file.read_exact_at(&mut ends[1], end)?;
    Ok([MAGIC, ENCRYPTED_MAGIC].iter().any(|magic| ends.iter().all(|bytes| bytes == magic)))
}

/// A format of tables whose folders hold more than the files of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TableFormat {
    Delta,
    Hudi,
    Iceberg,
}

impl TableFormat {
    fn of(folder: &Path) -> Option<Self> {
        if folder.join(delta::LOG_NAME).is_dir() {
            return Some(Self::Delta);
        }
        if folder.join(".hoodie").is_dir() {
            return Some(Self::Hudi);
        }
        let mut metadata = fs::read_dir(folder.join("metadata")).into_iter().flatten().flatten();
        let is_iceberg = |name: &[u8]| name.ends_with(b".metadata.json") || name == b"version-hint.text";
        metadata.any(|entry| is_iceberg(entry.file_name().as_encoded_bytes())).then_some(Self::Iceberg)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Delta => "a Delta",
            Self::Hudi => "a Hudi",
            Self::Iceberg => "an Iceberg",
        }
    }
}

/// A folder within a table says nothing of which of its files belong to it.
fn refuse_inside_of_table(folder: &Path) -> Result<(), FindError> {
    let whole = folder.canonicalize().map_err(unreadable(folder))?;
    for outer in whole.ancestors().skip(1) {
        if let Some(format) = TableFormat::of(outer) {
            let (name, outer) = (format.name(), outer.display());
            let reason = format!(
                "folder is within {name} table, whose metadata says which files belong to it: give the table, {outer}, \
                 or name its files"
            );
            return Err(FindError::refused(folder, reason));
        }
    }
    Ok(())
}
