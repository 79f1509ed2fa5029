//! The threads that work is shared out to.

use std::io;
use std::num::NonZeroUsize;

use crate::count::counted;

/// Why there are no threads to work on.
#[derive(Debug, thiserror::Error)]
pub enum ThreadsError {
    /// The worker threads could not be started.
    #[error("{} cannot be started: {source}", counted(.threads, "thread"))]
    Workers {
        /// How many were asked for.
        threads: NonZeroUsize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
    /// The threads that wait for a database or for signals could not be started.
    #[error("threads that wait for events cannot be started: {source}")]
    Waiting {
        /// Why not.
        source: io::Error,
    },
}

/// Does `work` on `threads` threads, which end with it.
pub(crate) fn work_on<T: Send>(
    threads: NonZeroUsize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, ThreadsError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build();
    Ok(pool.map_err(|source| ThreadsError::Workers { threads, source })?.install(work))
}
