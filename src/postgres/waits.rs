//! Other sessions that a load waits for before its first row, and how they are named.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio_postgres::Row;

use super::database::{Connection, Database};
use super::error::DatabaseError;
use super::session::{Session, begin};

/// How long is waited before it is said for whom, and until it is looked at again.
const SILENCE: Duration = Duration::from_secs(2);

/// Another session of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OtherSession {
    process_id: i32,
    role: String,
    application: String,
}

impl OtherSession {
    /// What of a row of `pg_stat_activity`, here called `a`, any role may see of a session.
    pub(super) const COLUMNS: &str = "a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, '')";

    /// The session that a row of these columns tells of.
    pub(super) fn of(row: &Row) -> Self {
        Self { process_id: row.get(0), role: row.get(1), application: row.get(2) }
    }
}

impl std::fmt::Display for OtherSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "session {} of role {:?}", self.process_id, self.role)?;
        if !self.application.is_empty() {
            write!(f, " ({})", self.application)?;
        }
        Ok(())
    }
}

/// Does `work` in the session with this process of the server; if it waits for a lock of another session, `announce` is
/// told of which.
pub(super) async fn announcing<T>(
    database: &Database,
    process_id: i32,
    announce: impl Fn(&OtherSession),
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        // Where there is no connection to look with, nothing is said.
        _ = watch(database, process_id, announce) => {}
    }
    work.await
}

async fn watch(
    database: &Database,
    process_id: i32,
    announce: impl Fn(&OtherSession),
) -> Result<(), DatabaseError> {
    tokio::time::sleep(SILENCE).await;
    let mut connection = database.connect().await?;
    let mut announced = None;
    loop {
        let found = holder(&mut connection, process_id).await;
        let found = found.map_err(|error| connection.explain(&error))?;
        if let Some(session) = found.filter(|session| announced.as_ref() != Some(session)) {
            announce(&session);
            announced = Some(session);
        }
        tokio::time::sleep(SILENCE).await;
    }
}

/// A session that keeps the one with this process waiting.
async fn holder(
    connection: &mut Connection,
    process_id: i32,
) -> Result<Option<OtherSession>, tokio_postgres::Error> {
    let transaction = begin(&mut connection.client).await?;
    let sql = format!(
        "select {} from pg_catalog.pg_stat_activity a where a.pid = any (pg_catalog.pg_blocking_pids($1)) \
         order by a.pid limit 1",
        OtherSession::COLUMNS
    );
    Ok(transaction.query_opt(&sql, &[&process_id]).await?.as_ref().map(OtherSession::of))
}
