//! Reading a table back, as pieces of a copy.
//!
//! All pieces see the table as it was at one moment: the first connection exports its snapshot, and the others import
//! it. A piece of a plain table is a range of its pages, found by row address; tables of other kinds are one piece.
//!
//! A piece is read over whichever connection is free first, one that has read another piece or a new one: where a
//! server or a pooler has no more connections to give, the first reads them all.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use futures_util::StreamExt;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Semaphore, mpsc};

use super::database::Database;
use super::decode::Decoder;
use super::error::{DatabaseError, Refusal};
use super::ledger::Description;
use super::runtime::runtime;
use super::session::{Session, Snapshot};
use super::sql::quoted;
use super::table::{Kind, Table, TableName, refuse};
use super::types::ColumnType;
use crate::copy::{self, BatchIterator, Piece, ServerError};
use crate::dataset::DataSet;
use crate::remedy::Remedy;

/// Pages of a plain table in each piece: 64 MiB, with pages of 8 KiB.
const PIECE_PAGES: i64 = 8_192;
/// Bytes of rows that are handed on together.
const CHUNK_BYTES: usize = 256 << 10;
/// How many times that waits to be decoded.
const WAITING_CHUNKS: usize = 4;

/// A table that is read, as it was when it was opened.
pub struct TableCopy {
    place: String,
    description: Description,
    reading: Arc<Reading>,
    ranges: Vec<Option<PageRange>>,
    rows: Option<u64>,
    /// What all its connections live in.
    _runtime: Runtime,
}

/// What all pieces of a table need.
struct Reading {
    database: Database,
    table: TableName,
    columns: Vec<Column>,
    snapshot_id: String,
    runtime: Handle,
    readers: Readers,
}

/// The connections that see the table as it was.
struct Readers {
    idle: Mutex<Vec<Snapshot>>,
    /// As many permits as are idle. It is closed when one has failed.
    idle_count: Semaphore,
    /// Why.
    failure: OnceLock<DatabaseError>,
}

impl Readers {
    fn new(first: Snapshot) -> Self {
        Self { idle: Mutex::new(vec![first]), idle_count: Semaphore::new(1), failure: OnceLock::new() }
    }

    /// Waits for one that is idle; `None` if one has failed.
    async fn take(&self) -> Option<Snapshot> {
        self.idle_count.acquire().await.ok()?.forget();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, reader: Snapshot) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        self.idle_count.add_permits(1);
    }

    /// Has nobody wait for one any more, since one has failed.
    fn fail(&self, error: &DatabaseError) {
        // The first failure tells most.
        let _ = self.failure.set(error.clone());
        self.idle_count.close();
    }
}

/// A column, and how its values are asked for.
struct Column {
    name: String,
    /// The type, if its values are sent in the binary format, and not as text.
    binary: Option<ColumnType>,
}

impl Column {
    /// The type of what is sent.
    fn sent(&self) -> &ColumnType {
        self.binary.as_ref().unwrap_or(&ColumnType::Text)
    }
}

/// Pages from the first to before the last; `None` for the end of the table.
#[derive(Clone, Copy, Debug)]
struct PageRange {
    first: i64,
    end: Option<i64>,
}

impl std::fmt::Debug for TableCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableCopy")
            .field("place", &self.place)
            .field("ranges", &self.ranges)
            .finish_non_exhaustive()
    }
}

/// What is found out about a table when it is opened.
struct Opened {
    reading: Reading,
    description: Description,
    ranges: Vec<Option<PageRange>>,
    rows: Option<u64>,
}

impl TableCopy {
    /// Opens the table called `name`, to be read over so many connections at the same time.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or there is no such table.
    pub fn open(
        database: &Database,
        name: &TableName,
        connections: NonZeroUsize,
    ) -> Result<Self, DatabaseError> {
        let runtime = runtime(connections).map_err(|error| {
            DatabaseError::work(database, Refusal::new(error.to_string(), [Remedy::FewerThreads]))
        })?;
        let Opened { reading, description, ranges, rows } =
            runtime.block_on(Self::open_in(runtime.handle(), database, name))?;
        let place = format!("{database}, table {name}");
        Ok(Self { place, description, reading: Arc::new(reading), ranges, rows, _runtime: runtime })
    }

    async fn open_in(
        runtime: &Handle,
        database: &Database,
        name: &TableName,
    ) -> Result<Opened, DatabaseError> {
        let reader = Snapshot::begin(database.connect_and_ask().await?, None).await?;
        let opened = async {
            let client = &reader;
            let Some(table) = Table::find(client, name).await?.filter(|table| table.kind.has_rows()) else {
                return Ok(None);
            };
            // Until the end of the transaction, nobody may move its rows or replace it.
            client.batch_execute(&format!("select from {} limit 0", table.name)).await?;
            let description = Description::of(client, &table).await?;
            let columns = table.columns(client).await?;
            let is_plain = matches!(table.kind, Kind::Plain | Kind::Materialized);
            let mut pages = 0;
            if is_plain {
                let sql = "select pg_relation_size($1) / current_setting('block_size')::bigint";
                pages = client.query_one(sql, &[&table.oid]).await?.get(0);
            }
            let estimate = "select reltuples::float8 from pg_catalog.pg_class where oid = $1";
            let estimate: f64 = client.query_one(estimate, &[&table.oid]).await?.get(0);
            let snapshot_id: String = client.query_one("select pg_export_snapshot()", &[]).await?.get(0);
            Ok::<_, tokio_postgres::Error>(Some((
                table,
                description,
                columns,
                is_plain.then_some(pages),
                estimate,
                snapshot_id,
            )))
        };
        let opened = opened.await.map_err(|error| reader.explain(&error))?;
        let Some((table, description, columns, pages, estimate, snapshot_id)) = opened else {
            let why = Refusal::new("there is no such table", [Remedy::AnotherTable]);
            return Err(refuse(database, name, why));
        };
        let ranges = match pages {
            None => vec![None],
            Some(pages) => {
                let starts = (0..pages.max(1)).step_by(PIECE_PAGES as usize);
                let range =
                    |first| PageRange { first, end: Some(first + PIECE_PAGES).filter(|end| *end < pages) };
                starts.map(|first| Some(range(first))).collect()
            }
        };
        Ok(Opened {
            description,
            ranges,
            // Of a table that was never analysed, nothing is known.
            rows: (estimate >= 1.0).then_some(estimate as u64),
            reading: Reading {
                database: database.clone(),
                table: table.name,
                columns: columns
                    .into_iter()
                    .map(|column| Column {
                        binary: ColumnType::of_server(column.type_oid, column.type_modifier),
                        name: column.name,
                    })
                    .collect(),
                snapshot_id,
                runtime: runtime.clone(),
                readers: Readers::new(reader),
            },
        })
    }

    /// The data set that the table was made for, as its ledger says.
    ///
    /// # Errors
    ///
    /// If that cannot be told.
    pub fn data_set(&self) -> Result<Option<&DataSet>, DatabaseError> {
        match &self.description {
            Description::None => Ok(None),
            Description::Known(data_set, _) => Ok(Some(data_set)),
            Description::Unknown(why) => {
                Err(DatabaseError::request(&self.place, Refusal::new(why, [Remedy::NameDataSet])))
            }
        }
    }

    /// The rows of a file of that data set, if the table was loaded in such parts.
    pub fn batch_rows(&self) -> Option<NonZeroU64> {
        match &self.description {
            Description::Known(_, batch_rows) => *batch_rows,
            Description::None | Description::Unknown(_) => None,
        }
    }

    /// What it is, for people.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl copy::Table for TableCopy {
    /// Its rows, as long as the copy is there.
    fn pieces(&self) -> Vec<Piece> {
        let pieces = self.ranges.len() as u64;
        let schema = self.reading.schema(None);
        let piece = |range: &Option<PageRange>| {
            let (reading, range) = (Arc::clone(&self.reading), *range);
            Piece::new(
                PathBuf::from(&self.place),
                self.rows.map(|rows| rows / pieces),
                Some(Arc::clone(&schema)),
                Box::new(move |names| reading.read(range, names)),
            )
        };
        self.ranges.iter().map(piece).collect()
    }
}

impl Reading {
    /// The columns that have the given names, or all, as they come.
    fn chosen(&self, names: Option<&[&str]>) -> impl Iterator<Item = &Column> {
        let is_chosen =
            move |column: &&Column| names.is_none_or(|names| names.contains(&column.name.as_str()));
        self.columns.iter().filter(is_chosen)
    }

    fn schema(&self, names: Option<&[&str]>) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, column.sent().data_type(), true);
        Arc::new(Schema::new(self.chosen(names).map(field).collect::<Vec<_>>()))
    }

    /// The SQL that sends the rows of `range` with the columns that have the given names.
    fn statement(&self, range: Option<PageRange>, names: &[&str]) -> String {
        let column = |column: &Column| match column.binary {
            Some(_) => quoted(&column.name),
            // Of any other type, the text tells the value.
            None => format!("{}::text", quoted(&column.name)),
        };
        let columns: Vec<_> = self.chosen(Some(names)).map(column).collect();
        let condition = match range {
            None | Some(PageRange { first: 0, end: None }) => String::new(),
            Some(PageRange { first, end: None }) => format!(" where ctid >= '({first},0)'"),
            Some(PageRange { first, end: Some(end) }) => {
                format!(" where ctid >= '({first},0)' and ctid < '({end},0)'")
            }
        };
        format!(
            "copy (select {} from {}{condition}) to stdout (format binary)",
            columns.join(", "),
            self.table
        )
    }

    fn read(self: Arc<Self>, range: Option<PageRange>, names: &[&str]) -> Result<BatchIterator, ArrowError> {
        let schema = self.schema(Some(names));
        let types: Vec<_> = self.chosen(Some(names)).map(|column| column.sent().clone()).collect();
        let statement = self.statement(range, names);
        let (sender, receiver) = mpsc::channel(WAITING_CHUNKS);
        self.runtime.clone().spawn(async move {
            if let Err(error) = self.send_rows(&statement, &sender).await {
                // If nobody takes it, nobody needs it.
                let _ = sender.send(Err(error)).await;
            }
        });
        Ok(Box::new(Batches { decoder: Decoder::new(schema, &types), receiver: Some(receiver) }))
    }

    /// A connection that is free, or a new one, whichever comes first.
    async fn reader(&self) -> Result<Snapshot, DatabaseError> {
        let opened = async { Snapshot::begin(self.database.connect().await?, Some(&self.snapshot_id)).await };
        tokio::select! {
            biased;
            idle = self.readers.take() => match (idle, self.readers.failure.get()) {
                (Some(reader), _) => Ok(reader),
                (None, Some(error)) => Err(error.clone()),
                (None, None) => Err(DatabaseError::work(&self.database, "its connections are gone")),
            },
            opened = opened => match opened {
                Ok(opened) => Ok(opened),
                // There may be no more than those that are there.
                Err(error) => self.readers.take().await.ok_or(error),
            },
        }
    }

    /// Sends what the server answers to `statement`, in chunks.
    async fn send_rows(&self, statement: &str, sender: &mpsc::Sender<Chunk>) -> Result<(), DatabaseError> {
        let reader = self.reader().await?;
        match Self::send_rows_of(&reader, statement, sender).await {
            Ok(()) => {
                self.readers.put_back(reader);
                Ok(())
            }
            Err(error) => {
                let error = reader.explain(&error);
                self.readers.fail(&error);
                Err(error)
            }
        }
    }

    async fn send_rows_of(
        reader: &Snapshot,
        statement: &str,
        sender: &mpsc::Sender<Chunk>,
    ) -> Result<(), tokio_postgres::Error> {
        let mut rows = std::pin::pin!(reader.copy_out(statement).await?);
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        while let Some(bytes) = rows.next().await {
            let bytes = bytes?;
            if !chunk.is_empty() && chunk.len() + bytes.len() > CHUNK_BYTES {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_BYTES));
                if sender.send(Ok(full)).await.is_err() {
                    return Ok(());
                }
            }
            chunk.extend_from_slice(&bytes);
        }
        // That nobody takes the last one is the same as above.
        let _ = sender.send(Ok(chunk)).await;
        Ok(())
    }
}

type Chunk = Result<Vec<u8>, DatabaseError>;

/// The record batches of a piece.
struct Batches {
    decoder: Decoder,
    /// `None` behind the end.
    receiver: Option<mpsc::Receiver<Chunk>>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.receiver.as_mut()?.blocking_recv() {
            Some(Ok(chunk)) => Some(self.decoder.decode(&chunk)),
            Some(Err(error)) => {
                self.receiver = None;
                Some(Err(ArrowError::ExternalError(Box::new(ServerError(error.what().to_owned())))))
            }
            None => {
                self.receiver = None;
                self.decoder.finish().err().map(Err)
            }
        }
    }
}
