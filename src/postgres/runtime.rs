//! What is asynchronous, within what is not: a runtime is made when something is asked for, and ends with it.

use std::any::Any;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::database::Database;
use super::error::LoadError;
use crate::progress::Progress;
use crate::reason::panic_message;
use crate::workers::ThreadsError;

/// How often it is looked whether the work is to be stopped.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// With no more threads than `connections` keep busy: others would take the cores from a server on the same machine.
pub(super) fn runtime(connections: NonZeroUsize) -> Result<Runtime, ThreadsError> {
    let threads = std::thread::available_parallelism().map_or(connections, |cores| connections.min(cores));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads.get());
    builder.enable_all().build().map_err(|source| ThreadsError::Waiting { source })
}

/// Does `work`, over so many connections to `database`, unless `progress` is told to stop before it is done. If it is not
/// done, the server has stopped its part too.
pub(super) fn run<T>(
    database: &Database,
    connections: NonZeroUsize,
    progress: &Arc<Progress>,
    work: impl Future<Output = Result<T, LoadError>>,
) -> Result<T, LoadError> {
    let runtime = runtime(connections)?;
    let stopped = async {
        loop {
            progress.check()?;
            tokio::time::sleep(STOP_INTERVAL).await;
        }
    };
    let result = runtime.block_on(async {
        let result = tokio::select! {
            result = work => result,
            stopped = stopped => stopped,
        };
        if result.is_err() {
            database.end_connections().await;
        }
        result
    });
    // Whoever makes rows that nobody takes any more ends by itself.
    runtime.shutdown_background();
    result
}

/// A task that did not end by itself.
pub(super) fn task_failed(error: tokio::task::JoinError) -> LoadError {
    let message = match error.try_into_panic() {
        Ok(panic) => panic_message(&*panic as &(dyn Any + Send)),
        Err(error) => error.to_string(),
    };
    LoadError::Panicked { message }
}
