//! A connection that is open.

use std::sync::{Arc, OnceLock};

use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};

use super::Database;
use crate::postgres::error::DatabaseError;

/// What PgBouncer says to a client when it closes the connection because nothing was asked over it for long.
const POOLER_IDLE: &str = "client_idle_timeout";

/// An open connection.
pub(in crate::postgres) struct Connection {
    pub(in crate::postgres) client: Client,
    place: String,
    /// Why the connection was lost, if it was.
    loss: Arc<OnceLock<tokio_postgres::Error>>,
}

impl Connection {
    /// Opens the one connection that `config` describes, to what errors call `place`.
    pub(super) async fn open<T>(config: &Config, tls: T, place: &str) -> Result<Self, tokio_postgres::Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = config.connect(tls).await?;
        let loss = Arc::new(OnceLock::new());
        let noted = Arc::clone(&loss);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                let _ = noted.set(error);
            }
        });
        Ok(Self { client, place: place.to_owned(), loss })
    }

    /// Opens it again if the server, or a pooler, has closed it for being idle between transactions. If it was lost for
    /// another reason, what was committed over it may be lost too.
    pub(in crate::postgres) async fn reopen_if_idle(
        &mut self,
        database: &Database,
    ) -> Result<(), DatabaseError> {
        let is_idle = |error: &tokio_postgres::Error| {
            error.code() == Some(&SqlState::IDLE_SESSION_TIMEOUT)
                || error.as_db_error().is_some_and(|said| said.message() == POOLER_IDLE)
        };
        if self.client.is_closed() && self.loss.get().is_some_and(is_idle) {
            *self = database.connect().await?;
        }
        Ok(())
    }

    /// What `error` means here. That a connection is closed says less than why.
    pub(in crate::postgres) fn explain(&self, error: &tokio_postgres::Error) -> DatabaseError {
        let reason = if error.is_closed() { self.loss.get() } else { None };
        DatabaseError::of(&self.place, reason.unwrap_or(error))
    }
}
