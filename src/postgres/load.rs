//! Loading: parts of a source into a table, each row once.
//!
//! With [`Method::Copy`], a part and its entry in the ledger are one transaction, so whatever is cut off is
//! found out and made up for by the next run. The entry comes first: it makes whoever loads the same part at the
//! same time, or has lost the answer to a commit and tries again, wait for the outcome. The transactions of parts
//! do not wait for the disk; the one that ends the load does, and with it all that came before.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use super::database::{Connection, Database};
use super::error::{DatabaseError, LoadError, Refusal};
use super::examine::examine;
use super::foresee::foresee;
use super::ledger::{is_ledger, stored};
use super::options::{LoadOptions, LoadSurvey, Loaded, Method};
use super::ready::{Target, make_ready, survey};
use super::runtime::{run, runtime};
use super::send::{Shared, copy, insert};
use super::session::{Session, begin};
use super::sql::quoted;
use super::table::{Table, TableColumn, TableName, columns_for, lock_name};
use super::types::ColumnType;
use crate::count::counted;
use crate::dataset::DataSet;
use crate::progress::{Progress, RowTotal, Work};
use crate::remedy::Remedy;
use crate::schema::{Column, Generator, IdForm};
use crate::source::{Source, SourcePart};

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
) -> Result<LoadSurvey, LoadError> {
    run(database, NonZeroUsize::MIN, progress, async {
        let begun = OnceLock::new();
        let loader =
            Loader { target: Target { database, table_name: table, options }, progress, begun: &begun };
        let columns = loader.columns(source)?;
        let mut connection = database.connect_and_ask().await?;
        loader.examine(source, &columns, std::slice::from_mut(&mut connection)).await?;
        let (action, loaded) = survey(&loader.target, &mut connection, source, &columns).await?;
        let is_kept = |part: &&SourcePart| loaded.contains(&part.name.key());
        let (kept, pending): (Vec<_>, Vec<_>) = source.parts.iter().partition(is_kept);
        let rows = |parts: &[&SourcePart]| parts.iter().map(|part| part.rows).sum();
        Ok(LoadSurvey {
            table: action,
            rows: rows(&pending),
            parts: pending.len() as u64,
            kept_rows: rows(&kept),
            kept_parts: kept.len() as u64,
            columns: columns.iter().map(TableColumn::planned).collect(),
        })
    })
}

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
) -> Result<Loaded, LoadError> {
    let begun = OnceLock::new();
    let loaded = run(database, options.connections, progress, async {
        let started = Instant::now();
        let loader =
            Loader { target: Target { database, table_name: table, options }, progress, begun: &begun };
        let loaded = loader.load(source).await?;
        Ok(Loaded { elapsed: started.elapsed(), ..loaded })
    });
    loaded.map_err(|error| match (begun.get(), error) {
        (Some(begun), error) => take_back(begun, error),
        (None, LoadError::Unreadable(error)) if error.is_final() => {
            LoadError::Unloadable { source: Box::new(error.into()), left: "nothing was loaded".to_owned() }
        }
        (None, error) => error,
    })
}

/// How long a load that has failed may take to remove what it made.
const TAKE_BACK_TIME: Duration = Duration::from_secs(5);

/// Removes the table that a failed load has made if it is empty, or if the rows can never be loaded; says what stays.
fn take_back(begun: &Begun, error: LoadError) -> LoadError {
    let is_final = error.is_final();
    let is_removed = begun.is_made && {
        let removed = async {
            tokio::time::timeout(TAKE_BACK_TIME, begun.remove_table(is_final)).await.unwrap_or(Ok(false))
        };
        // That it cannot be removed is told, and the first error is the one that counts.
        runtime(NonZeroUsize::MIN).is_ok_and(|runtime| runtime.block_on(removed).unwrap_or(false))
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
    LoadError::Unloadable { source: Box::new(error), left }
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
    async fn remove_table(&self, with_rows: bool) -> Result<bool, LoadError> {
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

/// A load, and who watches it.
struct Loader<'a> {
    target: Target<'a>,
    progress: &'a Arc<Progress>,
    /// Set when the table and the ledger are ready.
    begun: &'a OnceLock<Begun>,
}

impl Loader<'_> {
    /// The columns that the rows of `source` are stored in.
    fn columns(&self, source: &Source) -> Result<Vec<TableColumn>, LoadError> {
        if self.target.options.ids.is_some() && source.data_set.is_none() {
            let what = "which columns are ids is known of a data set of gen only";
            return Err(self.target.refuse(Refusal::new(what, [Remedy::AnyIds])).into());
        }
        if is_ledger(self.target.table_name) {
            let what = "this is where it is noted what was loaded";
            return Err(self.target.refuse(Refusal::new(what, [Remedy::AnotherTable])).into());
        }
        if let Some(data_set) = &source.data_set {
            foresee(data_set).map_err(|why| self.target.refuse(why))?;
        }
        let id_type =
            if self.target.options.ids == Some(IdForm::Text) { ColumnType::Text } else { ColumnType::Uuid };
        let mut columns = columns_for(&source.schema, &id_columns(source), &id_type)
            .map_err(|what| DatabaseError::request(format!("table {}", self.target.table_name), what))?;
        // Of other files, only their values say whether there are nulls.
        let is_known = source.data_set.is_some();
        columns.iter_mut().for_each(|column| column.has_nulls = is_known && column.is_nullable);
        Ok(columns)
    }

    /// Sees whether all values of `source` can be stored. That may take long for `connections` that wait.
    async fn examine(
        &self,
        source: &Source,
        columns: &[TableColumn],
        connections: &mut [Connection],
    ) -> Result<(), LoadError> {
        tokio::task::block_in_place(|| {
            examine(source, columns, self.target.options.connections, self.progress)
        })?;
        for connection in connections {
            self.target.database.reopen_if_idle(connection).await?;
        }
        Ok(())
    }

    async fn load(&self, source: Source) -> Result<Loaded, LoadError> {
        let columns = self.columns(&source)?;
        let each_row = self.target.options.method != Method::Copy;
        let mut connections = vec![self.target.database.connect_and_ask().await?];
        if each_row {
            // Rows that are committed by themselves cannot be taken back: before the first, all connections are there.
            self.connect_more(&mut connections, self.target.options.connections.get()).await?;
        }
        self.examine(&source, &columns, &mut connections).await?;
        let ready = make_ready(&self.target, &mut connections[0], &source, &columns).await?;
        let is_loaded = |part: &SourcePart| ready.loaded.contains(&part.name.key());
        let (kept, pending): (Vec<_>, Vec<_>) = source.parts.into_iter().partition(is_loaded);
        let pending_rows = pending.iter().map(|part| part.rows).sum();
        self.progress.begin(Work { rows: RowTotal::Exactly(pending_rows), row_bits: None });
        let pending_names: Vec<_> = pending.iter().map(|part| part.name.key()).collect();
        let pending_parts = pending.len() as u64;
        let shared = Arc::new(Shared {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            types: columns.iter().map(|column| column.column_type.clone()).collect(),
            parameter_types: columns.iter().map(|column| column.column_type.parameter()).collect(),
            statement: self.statement(&ready.table, &columns),
            database: self.target.database.clone(),
            method: self.target.options.method,
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
            under_way_rows: (self.target.options.connections.get() as u64)
                .saturating_mul(self.target.options.pipeline_depth.get() as u64),
        });
        let is_pending = !pending.is_empty();
        if is_pending {
            if each_row {
                connections = insert(pending, connections, self.depth(), &shared).await?;
                shared.parts.store(pending_parts, Ordering::Relaxed);
            } else {
                let wanted = self.target.options.connections.get().min(pending.len());
                self.connect_more(&mut connections, wanted).await?;
                connections = copy(pending, connections, &shared).await?;
            }
        }
        // The last was at work last: others may have been silent for long.
        if let Some(connection) = connections.last_mut().filter(|_| is_pending || ready.is_new) {
            self.target.database.reopen_if_idle(connection).await?;
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
        connections.extend(try_join_all(missing.map(|_| self.target.database.connect())).await?);
        Ok(())
    }

    /// How many rows are under way on each connection at the same time.
    fn depth(&self) -> usize {
        match self.target.options.method {
            Method::Pipeline => self.target.options.pipeline_depth.get(),
            Method::Copy | Method::Insert => 1,
        }
    }

    fn statement(&self, table: &Table, columns: &[TableColumn]) -> String {
        let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
        let names = names.join(", ");
        match self.target.options.method {
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
}

/// The names of the columns of ids, if the source is of a data set. Lists of ids are none.
fn id_columns(source: &Source) -> Vec<&str> {
    let columns = source.data_set.iter().flat_map(DataSet::columns);
    let is_id = |column: &&Column| matches!(column.generator, Generator::Uuid | Generator::Uuid7 { .. });
    let ids = columns.filter(|column| is_id(column) && !column.column_type.is_list());
    ids.map(|column| column.name.as_str()).collect()
}
