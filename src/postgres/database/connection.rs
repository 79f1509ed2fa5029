//! Connections that are open, and how they end.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::postgres::error::DatabaseError;

/// What PgBouncer says to a client when it closes the connection because nothing was asked over it for long.
const POOLER_IDLE: &str = "client_idle_timeout";

/// How long the server may take to stop what it does for connections that nobody needs any more.
const END_TIME: Duration = Duration::from_secs(2);
/// How often it is asked to.
const CANCEL_INTERVAL: Duration = Duration::from_millis(25);

/// An open connection.
pub(in crate::postgres) struct Connection {
    pub(in crate::postgres) client: Client,
    place: String,
    /// Why the connection was lost, if it was.
    loss: Arc<OnceLock<tokio_postgres::Error>>,
}

impl Connection {
    /// Opens the one connection that `config` describes, to what errors call `place`; over TLS if `tls` says how.
    pub(super) async fn open(
        config: &Config,
        tls: Option<&MakeRustlsConnect>,
        place: &str,
        others: &OpenConnections,
    ) -> Result<Self, tokio_postgres::Error> {
        let (client, loss, driver) = match tls {
            Some(tls) => connect(config, tls.clone()).await?,
            None => connect(config, NoTls).await?,
        };
        others.add(Serving { token: client.cancel_token(), tls: tls.cloned(), driver });
        Ok(Self { client, place: place.to_owned(), loss })
    }

    /// Whether the server, or a pooler, has closed it for being idle between transactions. If it was lost for another
    /// reason, what was committed over it may be lost too.
    pub(super) fn was_idle(&self) -> bool {
        let is_idle = |error: &tokio_postgres::Error| {
            error.code() == Some(&SqlState::IDLE_SESSION_TIMEOUT)
                || error.as_db_error().is_some_and(|said| said.message() == POOLER_IDLE)
        };
        self.client.is_closed() && self.loss.get().is_some_and(is_idle)
    }

    /// What `error` means here. That a connection is closed says less than why.
    pub(in crate::postgres) fn explain(&self, error: &tokio_postgres::Error) -> DatabaseError {
        let reason = if error.is_closed() { self.loss.get() } else { None };
        DatabaseError::of(&self.place, reason.unwrap_or(error))
    }
}

/// Connects, and has a task exchange messages with the server until the client is gone and all are answered.
async fn connect<T>(
    config: &Config,
    tls: T,
) -> Result<(Client, Arc<OnceLock<tokio_postgres::Error>>, JoinHandle<()>), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    let loss = Arc::new(OnceLock::new());
    let noted = Arc::clone(&loss);
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            let _ = noted.set(error);
        }
    });
    Ok((client, loss, driver))
}

/// What the server does for a connection.
struct Serving {
    token: CancelToken,
    /// None if the connection is not over TLS.
    tls: Option<MakeRustlsConnect>,
    /// Ends with the connection.
    driver: JoinHandle<()>,
}

impl Serving {
    /// Cancels one statement after the other until the connection, whose client is gone, has ended: a request that comes
    /// between two statements cancels neither.
    async fn end(mut self) {
        loop {
            let cancel = async {
                // If it cannot be asked, it may be gone, and the connection with it.
                let _ = match &self.tls {
                    Some(tls) => self.token.cancel_query(tls.clone()).await,
                    None => self.token.cancel_query(NoTls).await,
                };
                tokio::time::sleep(CANCEL_INTERVAL).await;
            };
            tokio::select! {
                biased;
                _ = &mut self.driver => return,
                () = cancel => {}
            }
        }
    }
}

/// What the server does for all connections to a database.
#[derive(Clone, Default)]
pub(super) struct OpenConnections(Arc<Mutex<Vec<Serving>>>);

impl OpenConnections {
    fn add(&self, serving: Serving) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|serving| !serving.driver.is_finished());
        open.push(serving);
    }

    /// Has the server stop what it does for connections whose clients are gone, and waits a moment for that: whoever comes
    /// next does not find their locks.
    pub(super) async fn end(&self) {
        let open = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // Otherwise the sockets are closed, and the server notices that when it reads from them.
        let _ = tokio::time::timeout(END_TIME, join_all(open.into_iter().map(Serving::end))).await;
    }
}
