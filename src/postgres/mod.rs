//! PostgreSQL, both ways: loading rows into a table, and reading them back to be checked.
//!
//! | module | what it knows |
//! |---|---|
//! | `database` | addresses, passwords, TLS, connections |
//! | `session` | how transactions begin, and how statements are sent in them |
//! | `types` | which type holds the values of which Arrow type |
//! | `encode`, `decode` | record batches to rows in the binary copy format, and back |
//! | `table` | tables: their names, their columns, how they are made |
//! | `ledger` | what has been loaded into them |
//! | `examine` | whether all values can be stored |
//! | `existing` | what is done about a table that exists |
//! | `ready` | what happens before the first row |
//! | `waits` | for whom that waits |
//! | `load` | parts of a source into a table |
//! | `read` | a table as pieces of a copy |
//!
//! This is the one place that is asynchronous: a runtime is made when something is asked for, and ends with it.

mod database;
mod decode;
mod encode;
mod error;
mod examine;
mod existing;
mod ledger;
mod load;
mod read;
mod ready;
mod session;
mod table;
mod types;
mod waits;

use std::any::Any;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

pub use database::{AddressError, Database};
pub use encode::{EncodeError, binary_copy};
pub use error::DatabaseError;
pub use ledger::{LEDGER_NAME, UNLOGGED_LEDGER_NAME};
pub use load::{
    IfExists, LoadOptions, LoadSurvey, Loaded, Method, MethodError, TableAction, load, survey_load,
};
pub use read::TableCopy;
pub use table::{TableName, TableNameError};

use crate::error::{Error, panic_message};
use crate::progress::Progress;

/// How often it is looked whether the work is to be stopped.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// With no more threads than `connections` keep busy: others would take the cores from a server on the same machine.
fn runtime(connections: NonZeroUsize) -> Result<Runtime, Error> {
    let threads = std::thread::available_parallelism().map_or(connections, |cores| connections.min(cores));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads.get());
    builder.enable_all().build().map_err(|source| Error::Runtime { source })
}

/// Does `work`, over so many connections to `database`, unless `progress` is told to stop before it is done. If it is not
/// done, the server has stopped its part too.
fn run<T>(
    database: &Database,
    connections: NonZeroUsize,
    progress: &Arc<Progress>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
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
fn task_failed(error: tokio::task::JoinError) -> Error {
    let message = match error.try_into_panic() {
        Ok(panic) => panic_message(&*panic as &(dyn Any + Send)),
        Err(error) => error.to_string(),
    };
    Error::Panicked { path: "the load".into(), message }
}
