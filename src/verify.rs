//! Checking a copy: its pieces on all workers, each read and fed to the check.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::check::{Check, CheckError, Report};
use crate::copy::{self, Format, Piece};
use crate::error::{Error, panic_message, plain_reason};
use crate::postgres::{DatabaseError, TableCopy};
use crate::progress::{Progress, Stopped};

/// What came of checking a copy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verified {
    /// What the rows that could be read come to; not whole if there is anything that could not.
    #[serde(flatten)]
    pub report: Report,
    /// Files that could not be read, wholly or from some place on.
    pub unreadable: Vec<Unreadable>,
}

/// A file or a table that could not be read, wholly or from some place on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unreadable {
    /// The file.
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

/// Why a piece of a copy was not checked to its end.
enum PieceError {
    Check(CheckError),
    Unreadable { reason: String, system: bool },
    Stopped(Stopped),
}

impl From<ArrowError> for PieceError {
    fn from(error: ArrowError) -> Self {
        let (reason, system) = match &error {
            ArrowError::IoError(_, source) => (source.to_string(), is_system(source)),
            ArrowError::ExternalError(source) => {
                if let Some(source) = source.downcast_ref::<io::Error>() {
                    (source.to_string(), is_system(source))
                } else if let Some(source) = source.downcast_ref::<DatabaseError>() {
                    (source.what().to_owned(), true)
                } else {
                    (plain_reason(source), false)
                }
            }
            other => (plain_reason(other), false),
        };
        Self::Unreadable { reason, system }
    }
}

/// Whether an error of reading comes from the operating system. Decoders use the others, and cause an
/// invalid argument themselves when they look for what a damaged file promises.
fn is_system(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && error.kind() != io::ErrorKind::InvalidInput
}

/// Feeds all `files` and `tables` to `check`, on `threads` threads. One that cannot be read is named in the
/// result, and the others are still checked.
///
/// # Errors
///
/// If a file lacks a column that is checked, or `progress` is told to stop.
pub fn verify(
    check: &Check,
    files: &[(PathBuf, Format)],
    tables: &[TableCopy],
    threads: NonZeroUsize,
    progress: &Progress,
) -> Result<Verified, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build()
        .map_err(|source| Error::Threads { threads: threads.get(), source })?;
    pool.install(|| {
        let mut unreadable = Vec::new();
        let mut pieces = Vec::new();
        let opened: Vec<_> =
            files.par_iter().map(|(path, format)| caught(|| Ok(copy::open(path, *format)?))).collect();
        for ((path, _), opened) in files.iter().zip(opened) {
            match opened {
                Ok(of_file) => {
                    inspect(check, &of_file)?;
                    pieces.extend(of_file);
                }
                Err(PieceError::Unreadable { reason, system }) => {
                    unreadable.push(Unreadable { path: path.clone(), reason, system });
                }
                Err(PieceError::Check(source)) => return Err(Error::Check { path: path.clone(), source }),
                Err(PieceError::Stopped(stopped)) => return Err(stopped.into()),
            }
        }
        for table in tables {
            let of_table = table.pieces();
            inspect(check, &of_table)?;
            pieces.extend(of_table);
        }
        let known_rows: Option<u64> = pieces.iter().map(|piece| piece.rows).sum();
        progress.begin(known_rows.unwrap_or(0));
        let failed: Vec<_> = pieces
            .into_par_iter()
            .with_max_len(1)
            .map(|piece| {
                let path = piece.path.clone();
                match caught(|| feed(check, piece, progress)) {
                    Ok(()) => Ok(None),
                    Err(PieceError::Unreadable { reason, system }) => {
                        Ok(Some(Unreadable { path, reason, system }))
                    }
                    Err(PieceError::Check(source)) => Err(Error::Check { path, source }),
                    Err(PieceError::Stopped(stopped)) => Err(stopped.into()),
                }
            })
            .collect::<Result<_, Error>>()?;
        unreadable.extend(failed.into_iter().flatten());
        unreadable.sort();
        unreadable.dedup();
        let mut report = check.report();
        report.whole &= unreadable.is_empty();
        Ok(Verified { report, unreadable })
    })
}

/// Whether the columns of `pieces` are those that are checked.
fn inspect(check: &Check, pieces: &[Piece]) -> Result<(), Error> {
    for piece in pieces {
        if let Some(schema) = piece.schema() {
            let fits = check.inspect_schema(schema);
            fits.map_err(|source| Error::Check { path: piece.path.clone(), source })?;
        }
    }
    Ok(())
}

fn feed(check: &Check, piece: Piece, progress: &Progress) -> Result<(), PieceError> {
    let names: Vec<_> = check.column_names().collect();
    for batch in piece.batches(&names)? {
        progress.check().map_err(PieceError::Stopped)?;
        let batch = batch?;
        check.feed(&batch).map_err(PieceError::Check)?;
        progress.add(batch.num_rows() as u64);
    }
    Ok(())
}

/// Runs `work` on what somebody else wrote: a decoder that panics has met something unreadable.
fn caught<T>(work: impl FnOnce() -> Result<T, PieceError>) -> Result<T, PieceError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(PieceError::Unreadable {
            reason: format!("its decoder failed: {}", panic_message(&*panic)),
            system: false,
        })
    })
}
