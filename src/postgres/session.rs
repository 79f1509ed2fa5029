//! Transactions: how each begins, and how statements are sent in it.
//!
//! Nothing that outlives a transaction is relied on or left behind, because a connection pooler may run the next
//! transaction on another connection of the server, which has served others and will serve them again: settings and
//! locks are those of the transaction, and statements have no name. `COPY` is the exception, since the driver prepares
//! it under a name that it counts up in each process: it is prepared in the transaction that uses it, so that a name
//! that others have taken is an error and never their statement.

use std::sync::LazyLock;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, CopyInSink, CopyOutStream, Error, IsolationLevel, Row, Statement};

use super::database::Connection;
use super::error::DatabaseError;
use super::sql::literal;

/// Settings for the rest of a transaction: names and values. Versions of PostgreSQL know different ones of them.
type Settings = [(&'static str, &'static str)];

/// No transaction is cut off for taking its time, whatever the role, the database or the address has set.
const PATIENCE: &Settings = &[
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("transaction_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
];

/// A client whose machine is gone does not keep what it has locked.
const KEEPALIVES: &Settings =
    &[("tcp_keepalives_idle", "60"), ("tcp_keepalives_interval", "10"), ("tcp_keepalives_count", "6")];

/// The catalog's types have the names that this crate knows, and it is an error that rows are hidden.
const PLAIN_ANSWERS: &Settings = &[("quote_all_identifiers", "off"), ("row_security", "off")];

/// Values that are read as text are written in one way, and floating-point numbers to the bit. Where rows are written
/// these stay as they are: triggers and defaults may depend on them.
const PLAIN_TEXT: &Settings = &[
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
];

/// What is reported as committed survives a crash of the server, whatever the role has set.
const SYNCHRONOUS: &str = "select pg_catalog.set_config('synchronous_commit', 'on', true) \
    where pg_catalog.current_setting('synchronous_commit') = 'off'";

/// A server on Linux looks every second whether the client is still there, also while it waits for a lock: a load that was
/// killed would keep its place in the queue, and others out of the table. Other systems refuse the setting.
const WATCHFUL: &str = "select pg_catalog.set_config('client_connection_check_interval', '1s', true) \
    where pg_catalog.current_setting('client_connection_check_interval', true) is not null \
    and pg_catalog.version() like '%linux%'";

/// The SQL that makes `settings` until the end of the transaction.
fn set(settings: impl IntoIterator<Item = &'static (&'static str, &'static str)>) -> String {
    let values: Vec<_> = settings.into_iter().map(|(name, value)| format!("('{name}', '{value}')")).collect();
    format!(
        "select pg_catalog.set_config(name, value, true) from (values {}) as wanted (name, value) \
         where pg_catalog.current_setting(name, true) is not null",
        values.join(", ")
    )
}

/// A Rust type whose values are parameters of a PostgreSQL type.
pub(super) trait Typed {
    const TYPE: Type;
}

impl Typed for u32 {
    const TYPE: Type = Type::OID;
}

impl Typed for i32 {
    const TYPE: Type = Type::INT4;
}

impl Typed for i64 {
    const TYPE: Type = Type::INT8;
}

impl Typed for &str {
    const TYPE: Type = Type::TEXT;
}

impl Typed for String {
    const TYPE: Type = Type::TEXT;
}

impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = T::TYPE;
}

/// A parameter that tells its type, so that its statement need not be prepared to find out.
pub(super) trait Parameter: ToSql {
    fn postgres_type(&self) -> Type;
}

impl<T: Typed + ToSql> Parameter for T {
    fn postgres_type(&self) -> Type {
        T::TYPE
    }
}

/// The parameters of a statement.
pub(super) type Parameters<'a> = &'a [&'a (dyn Parameter + Sync)];

fn typed<'a>(parameters: Parameters<'a>) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    let typed = |parameter: &&'a (dyn Parameter + Sync)| {
        (*parameter as &(dyn ToSql + Sync), parameter.postgres_type())
    };
    parameters.iter().map(typed).collect()
}

/// A connection in a transaction.
pub(super) trait Session {
    fn client(&self) -> &Client;

    async fn query(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        self.client().query_typed(sql, &typed(parameters)).await
    }

    async fn query_one(&self, sql: &str, parameters: Parameters<'_>) -> Result<Row, Error> {
        self.client().query_typed_one(sql, &typed(parameters)).await
    }

    async fn query_opt(&self, sql: &str, parameters: Parameters<'_>) -> Result<Option<Row>, Error> {
        self.client().query_typed_opt(sql, &typed(parameters)).await
    }

    /// Returns the number of rows that the server says it has changed.
    async fn execute(&self, sql: &str, parameters: Parameters<'_>) -> Result<u64, Error> {
        self.client().execute_typed(sql, &typed(parameters)).await
    }

    async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.client().batch_execute(sql).await
    }

    /// Prepares a `COPY`, under the first name that is free on this connection of the server.
    async fn prepare_copy(&self, sql: &str) -> Result<Statement, Error> {
        let client = self.client();
        client.batch_execute("savepoint samplegen").await?;
        loop {
            match client.prepare(sql).await {
                Err(error) if error.code() == Some(&SqlState::DUPLICATE_PSTATEMENT) => {
                    // Another client has left it there. The next attempt has the next name.
                    client.batch_execute("rollback to savepoint samplegen").await?;
                }
                Err(error) => return Err(error),
                Ok(statement) => {
                    client.batch_execute("release savepoint samplegen").await?;
                    return Ok(statement);
                }
            }
        }
    }

    async fn copy_in(&self, sql: &str) -> Result<CopyInSink<bytes::Bytes>, Error> {
        let statement = self.prepare_copy(sql).await?;
        self.client().copy_in(&statement).await
    }

    async fn copy_out(&self, sql: &str) -> Result<CopyOutStream, Error> {
        let statement = self.prepare_copy(sql).await?;
        self.client().copy_out(&statement).await
    }
}

/// A transaction that sees what others have committed, whatever the server's default is. It is rolled back unless it
/// is committed.
pub(super) struct Transaction<'a>(tokio_postgres::Transaction<'a>);

impl Session for Transaction<'_> {
    fn client(&self) -> &Client {
        self.0.client()
    }
}

impl Transaction<'_> {
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.0.commit().await
    }

    /// The process of the server that has it.
    pub(super) async fn process_id(&self) -> Result<i32, Error> {
        Ok(self.query_one("select pg_catalog.pg_backend_pid()", &[]).await?.get(0))
    }

    /// Has the server answer plainly, until the end of the transaction.
    pub(super) async fn plain_answers(&self) -> Result<(), Error> {
        self.batch_execute(&set(PLAIN_ANSWERS)).await
    }
}

/// Begins a transaction. Whether it may write is up to the server and the role.
pub(super) async fn begin(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    let transaction = Transaction(transaction);
    transaction
        .batch_execute(&format!("{}; {SYNCHRONOUS}; {WATCHFUL}", set(PATIENCE.iter().chain(KEEPALIVES))))
        .await?;
    Ok(transaction)
}

/// Executes `sql` as a transaction of its own, and returns the number of rows that the server says it has changed. The
/// statement has no name and is sent together with its parameters: behind a pooler, the next one may go to another
/// connection of the server.
///
/// A transaction that the server would begin by itself has the time limits of the session. All is sent at once and
/// answered in order, so this takes no longer on the way, and nothing comes between that others send over `client`.
pub(super) async fn execute_alone(
    client: &Client,
    sql: &str,
    parameters: &[(&(dyn ToSql + Sync), Type)],
) -> Result<u64, Error> {
    static BEGIN: LazyLock<String> =
        LazyLock::new(|| format!("begin isolation level read committed; {}", set(PATIENCE)));
    let (begun, executed, committed) = tokio::join!(
        client.batch_execute(&BEGIN),
        client.execute_typed(sql, parameters),
        client.batch_execute("commit"),
    );
    begun?;
    let count = executed?;
    committed?;
    Ok(count)
}

/// A transaction that sees all tables as they were at one moment. It ends with its connection.
pub(super) struct Snapshot(Connection);

impl Session for Snapshot {
    fn client(&self) -> &Client {
        &self.0.client
    }
}

impl Snapshot {
    /// Begins a transaction that sees what is there now, or what another saw that has exported it as `id`.
    pub(super) async fn begin(connection: Connection, id: Option<&str>) -> Result<Self, DatabaseError> {
        // Once anything has been asked in a transaction, it has a moment of its own.
        let import = id.map(|id| format!("set transaction snapshot {}; ", literal(id)));
        let begin = format!(
            "begin isolation level repeatable read read only; {}{}",
            import.unwrap_or_default(),
            set(PATIENCE.iter().chain(KEEPALIVES).chain(PLAIN_ANSWERS).chain(PLAIN_TEXT))
        );
        let begun = connection.client.batch_execute(&begin).await;
        begun.map_err(|error| connection.explain(&error))?;
        Ok(Self(connection))
    }

    /// What `error` means here.
    pub(super) fn explain(&self, error: &Error) -> DatabaseError {
        self.0.explain(error)
    }
}
