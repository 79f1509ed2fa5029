//! What can go wrong, where, and whose turn it is to mend it.

use std::any::Any;
use std::io;
use std::path::PathBuf;

use arrow_schema::ArrowError;

use crate::batch::BatchError;
use crate::check::CheckError;
use crate::count::counted;
use crate::generate::Shortage;
use crate::plan::PlanError;
use crate::postgres::DatabaseError;
use crate::progress::Stopped;
use crate::schema::SchemaError;
use crate::source::SourceError;

/// Why a data set was not written or loaded, or a copy not checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The schema cannot be.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The layout cannot be.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A record batch cannot be.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The folder holds something that a run must not mix with or destroy.
    #[error("{}: {what}: {way_out}", path.display())]
    Occupied {
        /// The folder or the file.
        path: PathBuf,
        /// What it holds.
        what: String,
        /// What the user can do.
        way_out: &'static str,
    },
    /// Another run is at work in the folder.
    #[error("{}: another gen is writing to this folder: wait for it, or choose another --out", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The disk has less room than what is to be written takes.
    #[error(
        "{}: no room: {shortage}; free some, choose another --out, or give --force to write until the disk is full",
        path.display()
    )]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// How much is needed and free.
        shortage: Shortage,
    },
    /// The folder cannot be used at all.
    #[error("{}: {source}: choose an --out that is, or can become, a folder you may write to", path.display())]
    UnusableFolder {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file could not be encoded.
    #[error("{}: {}", path.display(), plain_reason(source))]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the parquet crate says.
        source: parquet::errors::ParquetError,
    },
    /// A copy cannot be checked.
    #[error("{}: {source}", path.display())]
    Check {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: CheckError,
    },
    /// Files cannot be loaded.
    #[error("{}: {source}", path.display())]
    Source {
        /// The file or the folder.
        path: PathBuf,
        /// Why not.
        source: SourceError,
    },
    /// Rows that are loaded could not be read.
    #[error("{}: {}", path.display(), plain_reason(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ArrowError,
    },
    /// Something that involves a database did not come about.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Rows that can never be loaded as they are.
    #[error("{source}; {left}")]
    Unloadable {
        /// Why not.
        source: Box<Error>,
        /// What the load has left behind.
        left: String,
    },
    /// The system has no thread or descriptor to wait for a database or for signals.
    #[error("threads that wait for events cannot be started: {source}")]
    Runtime {
        /// Why not.
        source: io::Error,
    },
    /// The worker threads could not be started.
    #[error("{} cannot be started: {source}: give fewer --threads", counted(.threads, "thread"))]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
    /// A worker thread panicked: a bug.
    #[error("{}: writing it failed from within: {message} (a bug of gen: please report it)", path.display())]
    Panicked {
        /// The file it was working on.
        path: PathBuf,
        /// What the panic said.
        message: String,
    },
    /// The work was told to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be carried out as it stands.
    Request,
    /// The work failed: disk, memory, machine.
    Work,
    /// The work was stopped from outside.
    Stopped,
}

impl Error {
    /// Whose turn it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Schema(_)
            | Self::Plan(_)
            | Self::Batch(_)
            | Self::Occupied { .. }
            | Self::Busy { .. }
            | Self::NoRoom { .. }
            | Self::Check { .. }
            | Self::UnusableFolder { .. } => ErrorKind::Request,
            Self::Io { .. }
            | Self::Parquet { .. }
            | Self::Unreadable { .. }
            | Self::Threads { .. }
            | Self::Runtime { .. }
            | Self::Panicked { .. } => ErrorKind::Work,
            Self::Source { source: SourceError::Unreadable(ArrowError::IoError(_, error)), .. }
                if error.raw_os_error().is_some() =>
            {
                ErrorKind::Work
            }
            Self::Source { .. } => ErrorKind::Request,
            Self::Database(error) => error.kind(),
            Self::Unloadable { source, .. } => source.kind(),
            Self::Stopped(_) => ErrorKind::Stopped,
        }
    }
}

/// What an error of the readers and writers that this crate uses says, without the names of their kinds of errors that
/// they put before it, one for each library that it came through.
pub(crate) fn plain_reason(error: &impl std::fmt::Display) -> String {
    const PREFIXES: [&str; 18] = [
        "Arrow: ",
        "Cast error: ",
        "Compute error: ",
        "Csv error: ",
        "EOF: ",
        "External error: ",
        "External: ",
        "Invalid argument error: ",
        "Io error: ",
        "Ipc error: ",
        "Json error: ",
        "Memory error: ",
        "NYI: ",
        "Not yet implemented: ",
        "Parquet argument error: ",
        "Parquet error: ",
        "Parser error: ",
        "Schema error: ",
    ];
    let message = error.to_string();
    let mut reason = message.as_str();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| reason.strip_prefix(prefix)) {
        reason = rest;
    }
    reason.to_owned()
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_library_before_it() {
        let parquet = |error: parquet::errors::ParquetError| ArrowError::from(error);
        let end = io::Error::from(io::ErrorKind::UnexpectedEof);
        for (error, reason) in [
            (ArrowError::CsvError("line 3 has 4 fields".into()), "line 3 has 4 fields"),
            (ArrowError::JsonError("line 3: a bracket".into()), "line 3: a bracket"),
            (parquet(parquet::errors::ParquetError::General("a page".into())), "a page"),
            (parquet(parquet::errors::ParquetError::External(Box::new(end))), "unexpected end of file"),
            (ArrowError::ExternalError(Box::new(ArrowError::CsvError("quotes".into()))), "quotes"),
            (ArrowError::DivideByZero, "Divide by zero error"),
        ] {
            assert_eq!(plain_reason(&error), reason);
        }
    }
}
