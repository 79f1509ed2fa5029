//! All errors of the crate as one: each belongs to what it comes from, and is joined with the others here.

use crate::batch::BatchError;
use crate::check::CheckError;
use crate::dataset::DataSetError;
use crate::generate::GenerateError;
use crate::infer::InferError;
use crate::plan::PlanError;
#[cfg(feature = "postgres")]
use crate::postgres::{DatabaseError, LoadError};
use crate::progress::Stopped;
use crate::remedy::{ErrorKind, Remedy};
#[cfg(feature = "postgres")]
use crate::source::SourceError;
use crate::verify::VerifyError;
use crate::workers::ThreadsError;

/// Why a data set was not described, written, loaded or checked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum Error {
    /// The schema describes no data set.
    DataSet(#[from] DataSetError),
    /// The layout is invalid.
    Plan(#[from] PlanError),
    /// There is no such record batch.
    Batch(#[from] BatchError),
    /// The data set was not written.
    Generate(#[from] GenerateError),
    /// There is no such check.
    Check(#[from] CheckError),
    /// The copy was not checked.
    Verify(#[from] VerifyError),
    /// No schema can be made from the files.
    Infer(#[from] InferError),
    /// The files cannot be loaded.
    #[cfg(feature = "postgres")]
    Source(#[from] SourceError),
    /// The rows were not loaded.
    #[cfg(feature = "postgres")]
    Load(#[from] LoadError),
    /// The database cannot be used.
    #[cfg(feature = "postgres")]
    Database(#[from] DatabaseError),
    /// There are no threads to work on.
    Threads(#[from] ThreadsError),
}

impl Error {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::DataSet(_) | Self::Plan(_) | Self::Batch(_) | Self::Check(_) => ErrorKind::Request,
            Self::Generate(error) => error.kind(),
            Self::Verify(error) => error.kind(),
            Self::Infer(error) => error.kind(),
            #[cfg(feature = "postgres")]
            Self::Source(error) => error.kind(),
            #[cfg(feature = "postgres")]
            Self::Load(error) => error.kind(),
            #[cfg(feature = "postgres")]
            Self::Database(error) => error.kind(),
            Self::Threads(_) => ErrorKind::Work,
        }
    }

    /// The ways out, any one of which will do; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::DataSet(_) | Self::Batch(_) | Self::Infer(_) | Self::Threads(_) => Vec::new(),
            Self::Plan(error) => error.remedies(),
            Self::Check(error) => error.remedies(),
            Self::Generate(error) => error.remedies(),
            Self::Verify(error) => error.remedies(),
            #[cfg(feature = "postgres")]
            Self::Source(error) => error.remedies(),
            #[cfg(feature = "postgres")]
            Self::Load(error) => error.remedies(),
            #[cfg(feature = "postgres")]
            Self::Database(error) => error.remedies(),
        }
    }

    /// The request to stop, if that is why the work ended.
    pub fn stopped(&self) -> Option<Stopped> {
        match self {
            Self::Generate(error) => error.stopped(),
            Self::Verify(VerifyError::Stopped(stopped)) => Some(*stopped),
            #[cfg(feature = "postgres")]
            Self::Load(LoadError::Stopped(stopped)) => Some(*stopped),
            _ => None,
        }
    }
}
