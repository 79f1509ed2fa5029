//! Parts on their way: encoded by threads, sent over connections.
//!
//! A blocking thread for each connection makes record batches of one part after the other and encodes them; a bounded
//! queue carries the rows to the connection's task, which sends them. The first rows of the next part are made while the
//! server is at the last rows of the one before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec;

use arrow_schema::ArrowError;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::database::{Connection, Database};
use super::encode::{CHUNK_BYTES, COPY_HEADER, COPY_TRAILER, EncodeError, EncodedRows, Encoder, RowFields};
use super::error::{DatabaseError, LoadError, Refusal, SentRow};
use super::ledger::{Entered, Ledger, stored};
use super::options::Method;
use super::runtime::task_failed;
use super::session::{Session, begin, execute_alone};
use super::table::Table;
use super::types::ColumnType;
use crate::count::{counted, grouped};
use crate::progress::Progress;
use crate::remedy::Remedy;
use crate::source::{SourcePart, Unreadable, decoding};

/// Rows to copy are sent in messages of so many bytes, as psql does: the server takes each whole, reads it by as many
/// bytes, and finds those of a small one in its nearest cache when it comes to the rows.
const MESSAGE_BYTES: usize = 8 << 10;
/// Rows of a piece that is inserted: few, so that no connection is without one at the end.
const INSERT_CHUNK_ROWS: usize = 64;
/// With statements under way, a piece has this many times as many rows as there are: between pieces they all end.
const ROWS_UNDER_WAY: usize = 16;
/// Pieces that wait to be sent, on each connection.
const WAITING_CHUNKS: usize = 4;

/// What the tasks of connections share.
pub(super) struct Shared {
    /// The columns' names.
    pub(super) names: Vec<String>,
    pub(super) types: Vec<ColumnType>,
    /// The types of the parameters that a row is inserted with.
    pub(super) parameter_types: Vec<Type>,
    /// The SQL that takes the rows.
    pub(super) statement: String,
    pub(super) database: Database,
    pub(super) method: Method,
    pub(super) table: Table,
    pub(super) ledger: Ledger,
    pub(super) progress: Arc<Progress>,
    /// Rows that were inserted, whether the server took them or not.
    pub(super) sent_rows: AtomicU64,
    pub(super) rows: AtomicU64,
    pub(super) parts: AtomicU64,
    pub(super) kept_rows: AtomicU64,
    pub(super) kept_parts: AtomicU64,
}

/// Copies parts, each connection one after the other.
pub(super) async fn copy(
    pending: Vec<SourcePart>,
    connections: Vec<Connection>,
    shared: &Arc<Shared>,
) -> Result<Vec<Connection>, LoadError> {
    let queue = Arc::new(Mutex::new(pending.into_iter()));
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (shared, maker, queue) = (Arc::clone(shared), Arc::clone(shared), Arc::clone(&queue));
        tasks.spawn(async move {
            let (sender, mut parts) = mpsc::channel(1);
            let made = tokio::task::spawn_blocking(move || maker.encode_parts(&queue, &sender));
            while let Some(part) = parts.recv().await {
                shared.database.reopen_if_idle(&mut connection).await?;
                shared.copy_part(&mut connection, part).await?;
            }
            made.await.map_err(task_failed)?;
            Ok(connection)
        });
    }
    all_done(tasks).await
}

/// Inserts all rows of all parts, whichever connection is free taking the next ones; on each, at most `depth` of them
/// are under way at the same time.
pub(super) async fn insert(
    pending: Vec<SourcePart>,
    connections: Vec<Connection>,
    depth: usize,
    shared: &Arc<Shared>,
) -> Result<Vec<Connection>, LoadError> {
    let (sender, receiver) = mpsc::channel(WAITING_CHUNKS);
    let receiver = Arc::new(Mutex::new(receiver));
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (shared, receiver) = (Arc::clone(shared), Arc::clone(&receiver));
        tasks.spawn(async move {
            loop {
                let received = receiver.lock().await.recv().await;
                let Some(rows) = received else {
                    return Ok(connection);
                };
                shared.database.reopen_if_idle(&mut connection).await?;
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
    made.await.map_err(task_failed)?;
    Ok(connections)
}

/// Waits for all tasks, which give their connections back; the first that fails ends the others.
async fn all_done(mut tasks: JoinSet<Result<Connection, LoadError>>) -> Result<Vec<Connection>, LoadError> {
    let mut connections = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        connections.push(ended.unwrap_or_else(|error| Err(task_failed(error)))?);
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

type Encoded = Result<Piece, LoadError>;

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
    fn replaced(&self) -> LoadError {
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
    ) -> LoadError {
        match DatabaseError::of_row(place, &row, error) {
            Some(refused) => refused.into(),
            None => self.explain(connection, error),
        }
    }

    /// What `error` means when the table is loaded.
    fn explain(&self, connection: &Connection, error: &tokio_postgres::Error) -> LoadError {
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
        let encode = || -> Result<bool, LoadError> {
            let unreadable = |source: ArrowError| Unreadable { path: place.clone(), source };
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
    ) -> Result<(), LoadError> {
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
    async fn explain_missing(&self, connection: &mut Connection) -> LoadError {
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
    async fn copy_part(&self, connection: &mut Connection, part: EncodedPart) -> Result<(), LoadError> {
        let EncodedPart { name, place, first_row, rows, mut pieces } = part;
        let mut failed: Option<LoadError> = None;
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
                    failed = Some(DatabaseError::rows(&place, Entered::overlaps()).into());
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
    fields: RowFields<'_>,
) -> Result<u64, tokio_postgres::Error> {
    let fields: Vec<_> = fields.map(Field).collect();
    let fields = fields.iter().map(|field| field as &(dyn ToSql + Sync));
    let parameters: Vec<_> = fields.zip(types.iter().cloned()).collect();
    execute_alone(client, statement, &parameters).await
}

/// Why the server took fewer rows than it was sent.
fn rows_kept_out(taken: u64, sent: u64) -> Refusal {
    Refusal::new(
        format!(
            "the server took {taken} of {sent} rows: a trigger or a rule of the table keeps the others out"
        ),
        [Remedy::DisableAndReplace, Remedy::AnotherTable],
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
