//! Loading: parts of a source into a table, each row once.
//!
//! With [`Method::Copy`], a part and its entry in the ledger are one transaction, so whatever is cut off is
//! found out and made up for by the next run. The entry comes first: it makes whoever loads the same part at the
//! same time, or has lost the answer to a commit and tries again, wait for the outcome. The transactions of parts
//! do not wait for the disk; the one that ends the load does, and with it all that came before.
//!
//! The data flow: a blocking thread for each connection makes record batches of one part after the other and encodes
//! them; a bounded queue carries the rows to the connection's task, which sends them. The first rows of the next part
//! are made while the server is at the last rows of the one before.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::vec;

use arrow_schema::ArrowError;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::database::{Connection, Database};
use super::encode::{CHUNK_BYTES, COPY_HEADER, COPY_TRAILER, EncodeError, EncodedRows, Encoder, Fields};
use super::error::{DatabaseError, SentRow};
use super::examine::examine;
use super::ledger::{Entered, Ledger};
use super::ready::{make_ready, stored, survey};
use super::session::{Session, begin, execute_alone};
use super::table::{Table, TableColumn, TableName, columns_for, lock_name, quoted, refuse};
use super::types::ColumnType;
use crate::count::{counted, grouped};
use crate::error::Error;
use crate::progress::{Progress, RowTotal, Work};
use crate::schema::{Generator, IdForm};
use crate::source::{Source, SourcePart, decoding};

/// How rows are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `COPY` in the binary format, one part a transaction: a load that was cut off can be finished.
    Copy,
    /// One `INSERT` and commit a row, many of them under way on each connection.
    Pipeline,
    /// One `INSERT` and commit a row, one after the other on each connection.
    Insert,
}

impl Method {
    /// Its name, as the command line and the ledger have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Pipeline => "pipeline",
            Self::Insert => "insert",
        }
    }
}

/// A name that stands for no method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a method; choose copy, pipeline or insert")]
pub struct MethodError;

impl FromStr for Method {
    type Err = MethodError;

    fn from_str(text: &str) -> Result<Self, MethodError> {
        [Self::Copy, Self::Pipeline, Self::Insert]
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or(MethodError)
    }
}

/// What becomes of a table that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// It is refused, unless it was made by an earlier run of the same load: that is gone on with.
    Fail,
    /// The rows are added to it, except for those that were loaded by an earlier run.
    Append,
    /// It is dropped, whatever is in it.
    Replace,
}

/// How a source is loaded.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// How rows are sent.
    pub method: Method,
    /// Connections at the same time.
    pub connections: NonZeroUsize,
    /// Statements under way on each connection, with [`Method::Pipeline`].
    pub pipeline_depth: NonZeroUsize,
    /// What becomes of a table that is there.
    pub if_exists: IfExists,
    /// Called if the load waits for a lock of another session before its first row, with what to say.
    pub on_wait: fn(&str),
    /// Whether a table that is made keeps out of the write-ahead log: faster, and emptied if the server crashes.
    pub unlogged: bool,
    /// What ids of a data set become, text or `uuid`; if it is not said, they become `uuid`, and the source need not be
    /// of a data set.
    pub ids: Option<IdForm>,
}

/// What a load has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that it has brought into the table.
    pub rows: u64,
    /// The parts that they are of.
    pub parts: u64,
    /// Rows that were there from earlier runs.
    pub kept_rows: u64,
    /// The parts that they are of.
    pub kept_parts: u64,
    /// Connections that were opened.
    pub connections: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a load would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadSurvey {
    /// What it would do with the table.
    pub table: TableAction,
    /// Rows that it would bring into the table.
    pub rows: u64,
    /// The parts that they are of.
    pub parts: u64,
    /// Rows that are in the table from earlier runs.
    pub kept_rows: u64,
    /// The parts that they are of.
    pub kept_parts: u64,
}

/// What a load does with its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableAction {
    /// It does not exist, and is made.
    Create,
    /// It exists, and rows are added.
    Append,
    /// It exists, and is dropped and made again.
    Replace,
}

/// Finds out what loading `source` into the table called `table` would do, and changes nothing.
///
/// # Errors
///
/// If the load would be refused, the database cannot be reached, or `progress` is told to stop.
pub fn survey_load(
    source: &Source,
    database: &Database,
    table: &TableName,
    options: &LoadOptions,
    progress: &Arc<Progress>,
) -> Result<LoadSurvey, Error> {
    super::run(database, NonZeroUsize::MIN, progress, async {
        let begun = OnceLock::new();
        let loader = Loader { database, table_name: table, options, progress, begun: &begun };
        let columns = loader.columns(source)?;
        let mut connection = database.connect_and_ask().await?;
        loader.examine(source, &columns, std::slice::from_mut(&mut connection)).await?;
        let (action, loaded) = survey(&loader, &mut connection, source, &columns).await?;
        let is_kept = |part: &&SourcePart| loaded.contains(&part.name.key());
        let (kept, pending): (Vec<_>, Vec<_>) = source.parts.iter().partition(is_kept);
        let rows = |parts: &[&SourcePart]| parts.iter().map(|part| part.rows).sum();
        Ok(LoadSurvey {
            table: action,
            rows: rows(&pending),
            parts: pending.len() as u64,
            kept_rows: rows(&kept),
            kept_parts: kept.len() as u64,
        })
    })
}

/// Rows to copy are sent in messages of so many bytes, as psql does: the server takes each whole, reads it by as many
/// bytes, and finds those of a small one in its nearest cache when it comes to the rows.
const MESSAGE_BYTES: usize = 8 << 10;
/// Rows of a piece that is inserted: few, so that no connection is without one at the end.
const INSERT_CHUNK_ROWS: usize = 64;
/// With statements under way, a piece has this many times as many rows as there are: between pieces they all end.
const ROWS_UNDER_WAY: usize = 16;
/// Pieces that wait to be sent, on each connection.
const WAITING_CHUNKS: usize = 4;

/// Loads `source` into the table called `table`, which is made unless it is there.
///
/// # Errors
///
/// If the database cannot be reached, the table does not fit, a part cannot be read, or a connection is lost, or
/// `progress` is told to stop. With [`Method::Copy`], the same call again loads what is missing.
pub fn load(
    source: Source,
    database: &Database,
    table: &TableName,
    options: &LoadOptions,
    progress: &Arc<Progress>,
) -> Result<Loaded, Error> {
    let begun = OnceLock::new();
    let loaded = super::run(database, options.connections, progress, async {
        let started = Instant::now();
        let loader = Loader { database, table_name: table, options, progress, begun: &begun };
        let loaded = loader.load(source).await?;
        Ok(Loaded { elapsed: started.elapsed(), ..loaded })
    });
    loaded.map_err(|error| match begun.get() {
        Some(begun) => take_back(begun, error),
        None if is_undecodable(&error) => {
            Error::Unloadable { source: Box::new(error), left: "nothing was loaded".to_owned() }
        }
        None => error,
    })
}

/// Whether what is in a file cannot be read, however often.
fn is_undecodable(error: &Error) -> bool {
    matches!(error, Error::Unreadable { source: ArrowError::ParquetError(_), .. })
}

/// How long a load that has failed may take to remove what it made.
const TAKE_BACK_TIME: Duration = Duration::from_secs(5);

/// Removes the table that a failed load has made if it is empty, or if the rows can never be loaded; says what stays.
fn take_back(begun: &Begun, error: Error) -> Error {
    let is_final = match &error {
        Error::Database(error) => error.is_final(),
        error => is_undecodable(error),
    };
    let is_removed = begun.is_made && {
        let removed = async {
            tokio::time::timeout(TAKE_BACK_TIME, begun.remove_table(is_final)).await.unwrap_or(Ok(false))
        };
        // That it cannot be removed is told, and the first error is the one that counts.
        super::runtime(NonZeroUsize::MIN).is_ok_and(|runtime| runtime.block_on(removed).unwrap_or(false))
    };
    if !is_final {
        return error;
    }
    let shared = &begun.shared;
    let rows = shared.rows.load(Ordering::Relaxed);
    let left = if is_removed {
        "the table that this load made is removed".to_owned()
    } else if rows == 0 {
        "no row of this load is in the table".to_owned()
    } else if shared.ledger.is_of_data_set() {
        format!("{}, and no load of this data set doubles them", rows_that_stay(rows))
    } else {
        format!(
            "{}: files that hold them again, with other bytes or names, would double them",
            rows_that_stay(rows)
        )
    };
    Error::Unloadable { source: Box::new(error), left }
}

fn rows_that_stay(rows: u64) -> String {
    let (are, stay) = if rows == 1 { ("is", "stays") } else { ("are", "stay") };
    format!("{} of this load {are} in the table and {stay} there", counted(rows, "row"))
}

/// A load whose table and ledger are ready.
struct Begun {
    shared: Arc<Shared>,
    /// Whether it has made the table.
    is_made: bool,
    /// The parts that it was to load.
    pending_parts: u64,
    /// The most rows that may be there, and whose answers were not waited for, if each row is committed by itself.
    under_way_rows: u64,
}

impl Begun {
    /// Removes the table with its entries if it is empty, or, if `with_rows`, has rows of this run only.
    async fn remove_table(&self, with_rows: bool) -> Result<bool, Error> {
        let Shared { database, table, ledger, .. } = &*self.shared;
        let mut connection = database.connect().await?;
        let removed = async {
            let transaction = begin(&mut connection.client).await?;
            lock_name(&transaction, &table.name).await?;
            if !table.has_its_name(&transaction).await? {
                return Ok(false);
            }
            transaction.batch_execute(&format!("lock table {} in access exclusive mode", table.name)).await?;
            let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
            let (own_rows, own_parts) = match self.shared.method {
                Method::Copy => (count(&self.shared.rows), count(&self.shared.parts)),
                Method::Pipeline | Method::Insert => {
                    (count(&self.shared.rows) + self.under_way_rows, self.pending_parts)
                }
            };
            let own_rows = if with_rows { own_rows } else { 0 };
            let sql = format!("select count(*) from {}", table.name);
            let rows: i64 = transaction.query_one(&sql, &[]).await?.get(0);
            if rows > stored(own_rows) || ledger.has_others(&transaction, stored(own_parts)).await? {
                return Ok(false);
            }
            ledger.forget(&transaction).await?;
            transaction.batch_execute(&format!("drop table {}", table.name)).await?;
            transaction.commit().await?;
            Ok::<_, tokio_postgres::Error>(true)
        };
        let removed = removed.await;
        removed.map_err(|error| connection.explain(&error).into())
    }
}

pub(super) struct Loader<'a> {
    pub(super) database: &'a Database,
    pub(super) table_name: &'a TableName,
    pub(super) options: &'a LoadOptions,
    progress: &'a Arc<Progress>,
    /// Set when the table and the ledger are ready.
    begun: &'a OnceLock<Begun>,
}

/// What the tasks of connections share.
struct Shared {
    /// The columns' names.
    names: Vec<String>,
    types: Vec<ColumnType>,
    /// The types of the parameters that a row is inserted with.
    parameter_types: Vec<Type>,
    /// The SQL that takes the rows.
    statement: String,
    database: Database,
    method: Method,
    table: Table,
    ledger: Ledger,
    progress: Arc<Progress>,
    /// Rows that were inserted, whether the server took them or not.
    sent_rows: AtomicU64,
    rows: AtomicU64,
    parts: AtomicU64,
    kept_rows: AtomicU64,
    kept_parts: AtomicU64,
}

impl Loader<'_> {
    /// The columns that the rows of `source` are stored in.
    fn columns(&self, source: &Source) -> Result<Vec<TableColumn>, Error> {
        if self.options.ids.is_some() && source.data_set.is_none() {
            let what = "which columns are ids is known of a data set of gen only: leave --id out";
            return Err(refuse(self.database, self.table_name, what).into());
        }
        if self.table_name.is_ledger() {
            let what = "this is where it is noted what was loaded: give another --table";
            return Err(refuse(self.database, self.table_name, what).into());
        }
        let id_type =
            if self.options.ids == Some(IdForm::Text) { ColumnType::Text } else { ColumnType::Uuid };
        let columns = columns_for(&source.schema, &id_columns(source), &id_type);
        columns.map_err(|what| DatabaseError::request(format!("table {}", self.table_name), what).into())
    }

    /// Sees whether all values of `source` can be stored. That may take long for `connections` that wait.
    async fn examine(
        &self,
        source: &Source,
        columns: &[TableColumn],
        connections: &mut [Connection],
    ) -> Result<(), Error> {
        tokio::task::block_in_place(|| examine(source, columns, self.options.connections, self.progress))?;
        for connection in connections {
            connection.reopen_if_idle(self.database).await?;
        }
        Ok(())
    }

    async fn load(&self, source: Source) -> Result<Loaded, Error> {
        let columns = self.columns(&source)?;
        let each_row = self.options.method != Method::Copy;
        let mut connections = vec![self.database.connect_and_ask().await?];
        if each_row {
            // Rows that are committed by themselves cannot be taken back: before the first, all connections are there.
            self.connect_more(&mut connections, self.options.connections.get()).await?;
        }
        self.examine(&source, &columns, &mut connections).await?;
        let ready = make_ready(self, &mut connections[0], &source, &columns).await?;
        let is_loaded = |part: &SourcePart| ready.loaded.contains(&part.name.key());
        let (kept, pending): (Vec<_>, Vec<_>) = source.parts.into_iter().partition(is_loaded);
        let pending_rows = pending.iter().map(|part| part.rows).sum();
        self.progress.begin(Work { rows: RowTotal::Exactly(pending_rows), row_bytes: None });
        let pending_names: Vec<_> = pending.iter().map(|part| part.name.key()).collect();
        let pending_parts = pending.len() as u64;
        let shared = Arc::new(Shared {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            types: columns.iter().map(|column| column.column_type.clone()).collect(),
            parameter_types: columns.iter().map(|column| column.column_type.parameter()).collect(),
            statement: self.statement(&ready.table, &columns),
            database: self.database.clone(),
            method: self.options.method,
            table: ready.table.clone(),
            ledger: ready.ledger.clone(),
            progress: Arc::clone(self.progress),
            sent_rows: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            parts: AtomicU64::new(0),
            kept_rows: AtomicU64::new(kept.iter().map(|part| part.rows).sum()),
            kept_parts: AtomicU64::new(kept.len() as u64),
        });
        // This is the only one that sets it.
        let _ = self.begun.set(Begun {
            shared: Arc::clone(&shared),
            is_made: ready.is_made,
            pending_parts,
            under_way_rows: (self.options.connections.get() as u64)
                .saturating_mul(self.options.pipeline_depth.get() as u64),
        });
        let is_pending = !pending.is_empty();
        if is_pending {
            if each_row {
                connections = self.insert(pending, connections, &shared).await?;
                shared.parts.store(pending_parts, Ordering::Relaxed);
            } else {
                let wanted = self.options.connections.get().min(pending.len());
                self.connect_more(&mut connections, wanted).await?;
                connections = copy(pending, connections, &shared).await?;
            }
        }
        // The last was at work last: others may have been silent for long.
        if let Some(connection) = connections.last_mut().filter(|_| is_pending || ready.is_new) {
            connection.reopen_if_idle(self.database).await?;
            let finished = async {
                let transaction = begin(&mut connection.client).await?;
                let entered: BTreeSet<_> = ready.ledger.parts(&transaction).await?.into_iter().collect();
                if !pending_names.iter().all(|name| entered.contains(name)) {
                    return Ok(false);
                }
                ready.ledger.finish(&transaction, each_row.then_some(stored(pending_rows))).await?;
                transaction.commit().await?;
                Ok::<_, tokio_postgres::Error>(true)
            };
            let finished = finished.await;
            if !finished.map_err(|error| connection.explain(&error))? {
                // A crash that no connection has noticed, behind a pooler; or the table was replaced in the meantime.
                let what = "parts that were loaded are gone: the server has crashed, or someone has replaced the table";
                return Err(DatabaseError::work(format!("table {}", ready.table.name), what).into());
            }
        }
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Ok(Loaded {
            rows: count(&shared.rows),
            parts: count(&shared.parts),
            kept_rows: count(&shared.kept_rows),
            kept_parts: count(&shared.kept_parts),
            connections: connections.len(),
            elapsed: Duration::ZERO,
        })
    }

    /// Opens connections until there are `wanted`.
    async fn connect_more(
        &self,
        connections: &mut Vec<Connection>,
        wanted: usize,
    ) -> Result<(), DatabaseError> {
        let missing = connections.len()..wanted;
        connections.extend(try_join_all(missing.map(|_| self.database.connect())).await?);
        Ok(())
    }

    fn statement(&self, table: &Table, columns: &[TableColumn]) -> String {
        let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
        let names = names.join(", ");
        match self.options.method {
            Method::Copy => format!("copy {} ({names}) from stdin (format binary)", table.name),
            Method::Pipeline | Method::Insert => {
                let parameters: Vec<_> = (1..=columns.len()).map(|number| format!("${number}")).collect();
                // As COPY does: what is given counts, also for a column that is always an identity. Each row by itself makes
                // sure that the name still is that of the table, which it has locked by then.
                format!(
                    "insert into {} ({names}) overriding system value select {} where {}",
                    table.name,
                    parameters.join(", "),
                    table.insert_condition()
                )
            }
        }
    }

    /// Inserts all rows of all parts, whichever connection is free taking the next ones.
    async fn insert(
        &self,
        pending: Vec<SourcePart>,
        connections: Vec<Connection>,
        shared: &Arc<Shared>,
    ) -> Result<Vec<Connection>, Error> {
        let (sender, receiver) = mpsc::channel(WAITING_CHUNKS);
        let receiver = Arc::new(Mutex::new(receiver));
        let depth = match self.options.method {
            Method::Pipeline => self.options.pipeline_depth.get(),
            Method::Copy | Method::Insert => 1,
        };
        let mut tasks = JoinSet::new();
        for mut connection in connections {
            let (shared, receiver) = (Arc::clone(shared), Arc::clone(&receiver));
            tasks.spawn(async move {
                loop {
                    let received = receiver.lock().await.recv().await;
                    let Some(rows) = received else {
                        return Ok(connection);
                    };
                    connection.reopen_if_idle(&shared.database).await?;
                    shared.insert_rows(&mut connection, rows?, depth).await?;
                }
            });
        }
        let maker = Arc::clone(shared);
        let chunk_rows = if depth > 1 { depth.saturating_mul(ROWS_UNDER_WAY) } else { INSERT_CHUNK_ROWS };
        let made = tokio::task::spawn_blocking(move || {
            for part in pending {
                if !maker.encode_part(part, chunk_rows, &sender) {
                    return;
                }
            }
        });
        let connections = all_done(tasks).await?;
        made.await.map_err(super::task_failed)?;
        Ok(connections)
    }
}

/// Copies parts, each connection one after the other.
async fn copy(
    pending: Vec<SourcePart>,
    connections: Vec<Connection>,
    shared: &Arc<Shared>,
) -> Result<Vec<Connection>, Error> {
    let queue = Arc::new(Mutex::new(pending.into_iter()));
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (shared, maker, queue) = (Arc::clone(shared), Arc::clone(shared), Arc::clone(&queue));
        tasks.spawn(async move {
            let (sender, mut parts) = mpsc::channel(1);
            let made = tokio::task::spawn_blocking(move || maker.encode_parts(&queue, &sender));
            while let Some(part) = parts.recv().await {
                connection.reopen_if_idle(&shared.database).await?;
                shared.copy_part(&mut connection, part).await?;
            }
            made.await.map_err(super::task_failed)?;
            Ok(connection)
        });
    }
    all_done(tasks).await
}

/// The names of the columns of ids, if the source is of a data set.
fn id_columns(source: &Source) -> Vec<&str> {
    let columns = source.data_set.iter().flat_map(|data_set| data_set.schema().columns());
    let ids = columns.filter(|column| matches!(column.generator, Generator::Uuid { .. }));
    ids.map(|column| column.name.as_str()).collect()
}

/// Waits for all tasks, which give their connections back; the first that fails ends the others.
async fn all_done(mut tasks: JoinSet<Result<Connection, Error>>) -> Result<Vec<Connection>, Error> {
    let mut connections = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        connections.push(ended.unwrap_or_else(|error| Err(super::task_failed(error)))?);
    }
    Ok(connections)
}

/// Encoded rows of a part.
struct Piece {
    /// Where they come from, for people.
    place: Arc<str>,
    /// The number of the first one, in the data set or in its file.
    first_row: u64,
    rows: EncodedRows,
}

type Encoded = Result<Piece, Error>;

/// A part whose rows are being encoded.
struct EncodedPart {
    name: String,
    /// Where its rows come from, for people.
    place: String,
    /// The number of its first row, in the data set or in its file.
    first_row: u64,
    rows: u64,
    pieces: mpsc::Receiver<Encoded>,
}

impl Shared {
    fn replaced(&self) -> Error {
        let place = format!("table {}", self.table.name);
        DatabaseError::work(place, "someone has dropped or renamed it while it was loaded").into()
    }

    /// What `error` means when `row` of `place` is sent.
    fn explain_rows(
        &self,
        connection: &Connection,
        place: &str,
        row: SentRow<'_>,
        error: &tokio_postgres::Error,
    ) -> Error {
        match DatabaseError::of_row(place, &row, error) {
            Some(refused) => refused.into(),
            None => self.explain(connection, error),
        }
    }

    /// What `error` means when the table is loaded.
    fn explain(&self, connection: &Connection, error: &tokio_postgres::Error) -> Error {
        let explained = connection.explain(error);
        match error.code() {
            Some(&SqlState::UNDEFINED_TABLE) => {
                let what = format!(
                    "someone has dropped or renamed a table while it was loaded: {}",
                    explained.what()
                );
                DatabaseError::work(format!("table {}", self.table.name), what).into()
            }
            _ => explained.into(),
        }
    }

    /// Sends the rows of `part`, in pieces of at most `chunk_rows` rows; `false` says that nobody takes them any more.
    fn encode_part(&self, part: SourcePart, chunk_rows: usize, sender: &mpsc::Sender<Encoded>) -> bool {
        let place = part.place();
        let shown_place: Arc<str> = place.display().to_string().into();
        let encode = || -> Result<bool, Error> {
            let unreadable = |source: ArrowError| Error::Unreadable { path: place.clone(), source };
            let unstorable = |first_row: u64| {
                let place = place.display();
                move |error: EncodeError| DatabaseError::rows(place, error.of_batch_at(first_row).to_string())
            };
            let (expected, first_row) = (part.rows, part.first_row);
            let mut rows_made = 0;
            let names: Vec<_> = self.names.iter().map(String::as_str).collect();
            for batch in part.batches(&names).map_err(unreadable)? {
                let batch = batch.map_err(unreadable)?;
                let first_row = first_row.wrapping_add(rows_made);
                rows_made += batch.num_rows() as u64;
                let encoder = Encoder::new(&batch, &self.types).map_err(unstorable(first_row))?;
                let mut start = 0;
                while start < batch.num_rows() {
                    let end = start.saturating_add(chunk_rows).min(batch.num_rows());
                    let rows = encoder.encode(start..end, CHUNK_BYTES).map_err(unstorable(first_row))?;
                    let piece = Piece {
                        place: Arc::clone(&shown_place),
                        first_row: first_row.wrapping_add(start as u64),
                        rows,
                    };
                    start += piece.rows.count();
                    if sender.blocking_send(Ok(piece)).is_err() {
                        return Ok(false);
                    }
                }
            }
            if rows_made != expected {
                let what = format!("it has {} instead of {}", counted(rows_made, "row"), grouped(expected));
                return Err(DatabaseError::work(place.display(), what).into());
            }
            Ok(true)
        };
        // Nobody may take what came before an error for all there is.
        decoding(&place, encode).unwrap_or_else(|error| {
            // If nobody takes it, somebody else has failed, and that is told.
            let _ = sender.blocking_send(Err(error));
            false
        })
    }

    /// Takes parts from the queue and sends the rows of each.
    fn encode_parts(&self, queue: &Mutex<vec::IntoIter<SourcePart>>, sender: &mpsc::Sender<EncodedPart>) {
        // A part is taken when it is the next: until then another connection may take it.
        while let Ok(next) = Handle::current().block_on(sender.reserve()) {
            let Some(part) = queue.blocking_lock().next() else {
                return;
            };
            let (pieces_sender, pieces) = mpsc::channel(WAITING_CHUNKS);
            let place = part.place().display().to_string();
            next.send(EncodedPart {
                name: part.name.key(),
                place,
                first_row: part.first_row,
                rows: part.rows,
                pieces,
            });
            // Whether it is of no use or cannot be read is known to who takes it.
            self.encode_part(part, usize::MAX, &pieces_sender);
        }
    }

    /// Inserts `rows`, at most `depth` of them under way at the same time.
    async fn insert_rows(
        &self,
        connection: &mut Connection,
        piece: Piece,
        depth: usize,
    ) -> Result<(), Error> {
        let client = &connection.client;
        let mut rows = piece
            .rows
            .rows()
            .enumerate()
            .map(|(index, row)| (piece.first_row.wrapping_add(index as u64), row));
        let mut under_way = FuturesUnordered::new();
        let mut is_short = false;
        loop {
            let free = depth - under_way.len();
            let next = rows.by_ref().take(free);
            under_way.extend(next.map(|(number, row)| async move {
                (number, insert_row(client, &self.statement, &self.parameter_types, row).await)
            }));
            let Some((number, inserted)) = under_way.next().await else {
                break;
            };
            let taken = inserted.map_err(|error| {
                self.explain_rows(connection, &piece.place, SentRow::Number(number), &error)
            })?;
            self.rows.fetch_add(taken, Ordering::Relaxed);
            self.sent_rows.fetch_add(1, Ordering::Relaxed);
            self.progress.add_rows(1);
            is_short |= taken != 1;
        }
        drop(under_way);
        if is_short {
            return Err(self.explain_missing(connection).await);
        }
        Ok(())
    }

    /// Why the server took fewer rows than it was sent.
    async fn explain_missing(&self, connection: &mut Connection) -> Error {
        let is_named = async {
            let transaction = begin(&mut connection.client).await?;
            self.table.has_its_name(&transaction).await
        };
        match is_named.await {
            Ok(false) => self.replaced(),
            Ok(true) => {
                let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
                let what = rows_kept_out(count(&self.rows), count(&self.sent_rows));
                DatabaseError::rows(format!("table {}", self.table.name), what).into()
            }
            Err(error) => self.explain(connection, &error),
        }
    }

    /// Loads `part` and enters it into the ledger, or finds it there.
    async fn copy_part(&self, connection: &mut Connection, part: EncodedPart) -> Result<(), Error> {
        let EncodedPart { name, place, first_row, rows, mut pieces } = part;
        let mut failed: Option<Error> = None;
        let copied = async {
            let transaction = begin(&mut connection.client).await?;
            // Asked at once, answered in order.
            let (unhurried, held, is_named, entered) = tokio::join!(
                transaction.batch_execute("set local synchronous_commit = off"),
                self.table.hold(&transaction),
                self.table.has_its_name(&transaction),
                self.ledger.enter_part(&transaction, self.method.name(), &name, stored(rows))
            );
            unhurried?;
            held?;
            if !is_named? {
                failed = Some(self.replaced());
                return Ok(false);
            }
            match entered? {
                Entered::Now => {}
                Entered::Before => return Ok(false),
                Entered::Overlaps => {
                    failed = Some(DatabaseError::rows(&place, Entered::OVERLAPS).into());
                    return Ok(false);
                }
            }
            let sink = transaction.copy_in(&self.statement).await?;
            let mut sink = std::pin::pin!(sink);
            sink.feed(Bytes::from_static(COPY_HEADER)).await?;
            while let Some(encoded) = pieces.recv().await {
                let encoded = match encoded {
                    Ok(piece) => piece.rows,
                    Err(error) => {
                        failed = Some(error);
                        return Ok(false);
                    }
                };
                let count = encoded.count();
                let mut bytes = Bytes::from(encoded.into_bytes());
                while !bytes.is_empty() {
                    sink.feed(bytes.split_to(bytes.len().min(MESSAGE_BYTES))).await?;
                }
                self.progress.add_rows(count as u64);
            }
            sink.feed(Bytes::from_static(COPY_TRAILER)).await?;
            let (taken, is_named) = tokio::join!(sink.finish(), self.table.has_its_name(&transaction));
            let taken = taken?;
            if taken != rows {
                failed = Some(DatabaseError::rows(&place, rows_kept_out(taken, rows)).into());
                return Ok(false);
            }
            if !is_named? {
                failed = Some(self.replaced());
                return Ok(false);
            }
            transaction.commit().await?;
            Ok::<_, tokio_postgres::Error>(true)
        };
        let copied = copied.await.map_err(|error| {
            let row = SentRow::Copied { first_row, table: &self.table.name.name };
            self.explain_rows(connection, &place, row, &error)
        })?;
        match (copied, failed) {
            (_, Some(error)) => return Err(error),
            (true, None) => {
                self.rows.fetch_add(rows, Ordering::Relaxed);
                self.parts.fetch_add(1, Ordering::Relaxed);
            }
            (false, None) => {
                self.kept_rows.fetch_add(rows, Ordering::Relaxed);
                self.kept_parts.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// Inserts a row in a transaction of its own, and returns how many the server took. The statement has no name and is
/// sent together with the row: behind a pooler, the next one may go to another connection of the server.
async fn insert_row(
    client: &Client,
    statement: &str,
    types: &[Type],
    fields: Fields<'_>,
) -> Result<u64, tokio_postgres::Error> {
    let fields: Vec<_> = fields.map(Field).collect();
    let fields = fields.iter().map(|field| field as &(dyn ToSql + Sync));
    let parameters: Vec<_> = fields.zip(types.iter().cloned()).collect();
    execute_alone(client, statement, &parameters).await
}

/// What is said when the server took fewer rows than it was sent.
fn rows_kept_out(taken: u64, sent: u64) -> String {
    format!(
        "the server took {} of {}: a trigger or a rule of the table keeps the others out; disable it and give \
         --if-exists replace, or give another --table",
        grouped(taken),
        counted(sent, "row")
    )
}

/// A field that is encoded already; `None` is a null.
#[derive(Debug)]
struct Field<'a>(Option<&'a [u8]>);

impl ToSql for Field<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Some(bytes) => {
                out.put_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    /// What the table's columns are was compared before.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
