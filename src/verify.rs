//! Checking a copy: its pieces on all workers, each read and fed to the check.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::check::{Check, CheckError, Report};
use crate::copy::{self, CopyFile, Piece, ServerError, Table};
use crate::progress::{Progress, RowTotal, Stopped, Work};
use crate::reason::{self, plain_reason};
use crate::remedy::{ErrorKind, Remedy};
use crate::workers::{self, ThreadsError};

/// What is checked: any number of files and tables.
#[derive(Clone, Copy, Debug)]
pub struct Copies<'a> {
    /// The files.
    pub files: &'a [CopyFile],
    /// What is between the values of CSV files.
    pub delimiter: u8,
    /// The tables.
    pub tables: &'a [&'a dyn Table],
}

/// The outcome of checking a copy.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// What the rows that could be read come to; not whole if there is anything that could not.
    pub report: Report,
    /// Files and tables that could not be read, wholly or from some place on.
    pub unreadable: Vec<Unreadable>,
    /// How many files and tables there are.
    pub places: usize,
    /// Files that were given twice, under one name or two.
    pub same_files: Vec<(PathBuf, PathBuf)>,
}

/// What is known of all rows that were to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are there, and right.
    Whole,
    /// They are not: there are differences, or files whose contents cannot be decoded.
    Different,
    /// Nothing: the system could not read a file or a table, and the rows in it may be right or wrong.
    Unknown,
}

impl Verified {
    /// What is known of all rows that were to be checked.
    pub fn verdict(&self) -> Verdict {
        if self.unreadable.iter().any(|place| place.system) {
            Verdict::Unknown
        } else if self.report.whole {
            Verdict::Whole
        } else {
            Verdict::Different
        }
    }
}

/// A file or a table that could not be read, wholly or from some place on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unreadable {
    /// The file, or what is said of the table.
    #[serde(serialize_with = "displayed")]
    pub path: PathBuf,
    /// Why not.
    pub reason: String,
    /// Whether it was the system that could not read it; else it is what is in the file.
    pub system: bool,
}

/// Names need not be UTF-8, and JSON has to be.
fn displayed<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Why a copy was not checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A file or a table cannot be checked.
    #[error("{}: {source}", path.display())]
    Check {
        /// The file, or what is said of the table.
        path: PathBuf,
        /// Why not.
        source: CheckError,
    },
    /// There are no threads to work on.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The work was told to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl VerifyError {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Check { .. } => ErrorKind::Request,
            Self::Threads(_) => ErrorKind::Work,
            Self::Stopped(_) => ErrorKind::Stopped,
        }
    }

    /// The ways out; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Check { source, .. } => source.remedies(),
            Self::Threads(_) => vec![Remedy::FewerThreads],
            Self::Stopped(_) => Vec::new(),
        }
    }
}

/// Why a piece of a copy was not checked to its end.
enum PieceError {
    Check(CheckError),
    Unreadable { reason: String, system: bool },
    Stopped(Stopped),
}

impl From<ArrowError> for PieceError {
    fn from(error: ArrowError) -> Self {
        match system_reason(&error) {
            Some(reason) => Self::Unreadable { reason, system: true },
            None => Self::Unreadable { reason: plain_reason(&error), system: false },
        }
    }
}

/// What the system or a server says, if an error comes from it, however readers have wrapped it.
fn system_reason(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.get_ref() {
            Some(inner) => system_reason(inner),
            None => is_system(error).then(|| error.to_string()),
        };
    }
    if let Some(ServerError(reason)) = error.downcast_ref::<ServerError>() {
        return Some(reason.clone());
    }
    match error.downcast_ref::<ArrowError>() {
        Some(ArrowError::IoError(_, inner)) => return system_reason(inner),
        // The parquet crate makes a text of what it meets, in which the number of the system's error is left.
        Some(ArrowError::ParquetError(text)) => return system_reason_in(text),
        _ => {}
    }
    if let Some(ParquetError::External(inner)) = error.downcast_ref::<ParquetError>() {
        return system_reason(&**inner);
    }
    error.source().and_then(system_reason)
}

fn system_reason_in(text: &str) -> Option<String> {
    let (_, behind) = text.rsplit_once("(os error ")?;
    let (number, _) = behind.split_once(')')?;
    let error = io::Error::from_raw_os_error(number.parse().ok()?);
    is_system(&error).then(|| error.to_string())
}

/// Whether an error of reading comes from the operating system. Decoders use the others, and cause an
/// invalid argument themselves when they look for what a damaged file promises.
fn is_system(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && error.kind() != io::ErrorKind::InvalidInput
}

/// Feeds all `copies` to `check`, on `threads` threads. One that cannot be read is named in the result, and the
/// others are still checked.
///
/// # Errors
///
/// If a file lacks a column that is checked, or `progress` is told to stop.
pub fn verify(
    check: &Check,
    copies: Copies,
    threads: NonZeroUsize,
    progress: &Progress,
) -> Result<Verified, VerifyError> {
    let Copies { files, delimiter, tables } = copies;
    workers::work_on(threads, || {
        let mut unreadable = Vec::new();
        let mut pieces = Vec::new();
        let opened: Vec<_> =
            files.par_iter().map(|file| decoding(|| Ok(copy::open(file, delimiter)?))).collect();
        for (file, opened) in files.iter().zip(opened) {
            match opened {
                Ok(of_file) => {
                    inspect(check, &of_file)?;
                    pieces.extend(of_file);
                }
                Err(error) => unreadable.push(unread(file.path.clone(), error)?),
            }
        }
        for table in tables {
            let of_table = table.pieces();
            inspect(check, &of_table)?;
            pieces.extend(of_table);
        }
        let rows: Option<u64> = pieces.iter().map(|piece| piece.rows).sum();
        let rows = rows.and_then(|rows| rows.checked_add(check.rows_to_sum()));
        let total = if tables.is_empty() { RowTotal::Exactly } else { RowTotal::About };
        progress.begin(Work { rows: rows.map_or(RowTotal::Unknown, total), row_bits: None });
        let failed: Vec<_> = pieces
            .into_par_iter()
            .with_max_len(1)
            .map(|piece| {
                let path = piece.path.clone();
                decoding(|| feed(check, piece, progress)).err().map(|error| unread(path, error)).transpose()
            })
            .collect::<Result<_, _>>()?;
        unreadable.extend(failed.into_iter().flatten());
        check.sum_expected(|rows| {
            progress.add_rows(rows);
            progress.check()
        })?;
        unreadable.sort();
        unreadable.dedup();
        let mut report = check.report();
        report.whole &= unreadable.is_empty();
        let places = files.len() + tables.len();
        Ok(Verified { report, unreadable, places, same_files: same_files(files) })
    })?
}

/// What becomes of the work on `path` that ended with `error`: all of it ends, unless only this cannot be read.
fn unread(path: PathBuf, error: PieceError) -> Result<Unreadable, VerifyError> {
    match error {
        PieceError::Unreadable { reason, system } => Ok(Unreadable { path, reason, system }),
        PieceError::Check(source) => Err(VerifyError::Check { path, source }),
        PieceError::Stopped(stopped) => Err(stopped.into()),
    }
}

/// The files that are the same as one before them.
fn same_files(files: &[CopyFile]) -> Vec<(PathBuf, PathBuf)> {
    let mut known = HashMap::new();
    let mut same = Vec::new();
    for CopyFile { path, .. } in files {
        let Ok(metadata) = path.metadata() else { continue };
        match known.entry((metadata.dev(), metadata.ino())) {
            Entry::Vacant(entry) => drop(entry.insert(path)),
            Entry::Occupied(entry) => same.push((entry.get().to_path_buf(), path.clone())),
        }
    }
    same
}

/// Whether the columns of `pieces` are those that are checked. The pieces of one file share them.
fn inspect(check: &Check, pieces: &[Piece]) -> Result<(), VerifyError> {
    let mut inspected = None;
    for piece in pieces {
        if let Some(schema) = piece.schema()
            && !inspected.is_some_and(|inspected| std::ptr::eq(inspected, schema))
        {
            let fits = check.inspect_schema(schema);
            fits.map_err(|source| VerifyError::Check { path: piece.path.clone(), source })?;
            inspected = Some(schema);
        }
    }
    Ok(())
}

fn feed(check: &Check, piece: Piece, progress: &Progress) -> Result<(), PieceError> {
    let path = piece.path.clone();
    let names: Vec<String> = match piece.schema() {
        Some(schema) => {
            let names = check.names_in(schema).map_err(PieceError::Check)?;
            names.into_iter().map(str::to_owned).collect()
        }
        None => check.column_names().map(str::to_owned).collect(),
    };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for batch in piece.batches(&names)? {
        progress.check().map_err(PieceError::Stopped)?;
        let batch = batch?;
        check.feed_from(&batch, Some(&path)).map_err(PieceError::Check)?;
        progress.add_rows(batch.num_rows() as u64);
    }
    Ok(())
}

/// Does `work` on what somebody else wrote: a decoder that panics has met something unreadable.
fn decoding<T>(work: impl FnOnce() -> Result<T, PieceError>) -> Result<T, PieceError> {
    reason::decoding(work, |reason| PieceError::Unreadable { reason, system: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_known_however_it_is_wrapped() {
        const EIO: i32 = 5;
        const EINVAL: i32 = 22;
        let raw = || io::Error::from_raw_os_error(EIO);
        let parquet = || ParquetError::External(Box::new(raw()));
        for error in [
            ArrowError::from(raw()),
            ArrowError::from(io::Error::other(raw())),
            ArrowError::from(io::Error::other(io::Error::other(raw()))),
            ArrowError::ExternalError(Box::new(raw())),
            ArrowError::ExternalError(Box::new(io::Error::other(raw()))),
            ArrowError::ExternalError(Box::new(ArrowError::from(raw()))),
            ArrowError::ExternalError(Box::new(parquet())),
            ArrowError::ExternalError(Box::new(ParquetError::External(Box::new(ArrowError::from(raw()))))),
            ArrowError::from(io::Error::other(parquet())),
            ArrowError::from(parquet()),
        ] {
            assert_eq!(system_reason(&error), Some(raw().to_string()), "{error:?}");
        }
        for error in [
            ArrowError::from(io::Error::from(io::ErrorKind::UnexpectedEof)),
            ArrowError::from(io::Error::from_raw_os_error(EINVAL)),
            ArrowError::from(ParquetError::External(Box::new(io::Error::from_raw_os_error(EINVAL)))),
            ArrowError::from(ParquetError::EOF("truncated".to_owned())),
            ArrowError::ExternalError("a decoder's own".into()),
        ] {
            assert_eq!(system_reason(&error), None, "{error:?}");
        }
    }
}
