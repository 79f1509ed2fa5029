//! A connection that is open.

use std::sync::{Arc, OnceLock};

use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};

use crate::postgres::error::DatabaseError;

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

    /// What `error` means here. That a connection is closed says less than why.
    pub(in crate::postgres) fn explain(&self, error: &tokio_postgres::Error) -> DatabaseError {
        let reason = if error.is_closed() { self.loss.get() } else { None };
        DatabaseError::of(&self.place, reason.unwrap_or(error))
    }
}
