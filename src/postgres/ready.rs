//! Before the first row: the table and the ledger are made or found, and what is in them is compared with the load.

use std::collections::BTreeSet;

use super::database::Connection;
use super::ledger::{LEDGER_NAME, Ledger};
use super::load::{IfExists, Loader, Method};
use super::table::{PARTITIONED, PLAIN, PLAIN_TYPE_NAMES, Table, TableColumn, begin, lock_name, refuse};
use crate::error::Error;
use crate::source::Source;

/// The table and the ledger, when both are ready.
pub(super) struct Ready {
    pub(super) table: Table,
    pub(super) ledger: Ledger,
    /// Names of the parts that are in the table.
    pub(super) loaded: BTreeSet<String>,
    /// Whether no earlier run has entered this load.
    pub(super) is_new: bool,
}

/// Makes the table, or sees that the one which is there fits, and finds out what is in it: one transaction.
pub(super) async fn make_ready(
    loader: &Loader<'_>,
    connection: &mut Connection,
    source: &Source,
    columns: &[TableColumn],
) -> Result<Ready, Error> {
    let (name, options) = (loader.table_name, loader.options);
    let refused = |what: &str| Error::from(refuse(loader.database, name, what));
    let prepared = async {
        let transaction = begin(&mut connection.client).await?;
        transaction.batch_execute(PLAIN_TYPE_NAMES).await?;
        lock_name(&transaction, name).await?;
        let mut found = Table::find(&transaction, name).await?;
        if let Some(table) = &found {
            if ![PLAIN, PARTITIONED].contains(&table.kind) {
                return Ok(Err(refused("it is no table that rows can be loaded into: give another --table")));
            }
            if options.if_exists == IfExists::Replace {
                if !table.is_free(&transaction).await? {
                    return Ok(Err(refused("another gen is loading rows into it: wait for it, or stop it")));
                }
                let ledger = Ledger::open(&transaction, table, &source.identity, &source.scope).await?;
                ledger.forget(&transaction).await?;
                transaction.batch_execute(&format!("drop table {}", table.name)).await?;
                found = None;
            }
        }
        let is_new = found.is_none();
        let table = match found {
            Some(table) => table,
            None => {
                let data_set = source.data_set.as_ref();
                Table::create(&transaction, name, columns, data_set, options.unlogged).await?
            }
        };
        table.hold(&transaction).await?;
        // If it is refused below, all this is rolled back.
        let ledger = Ledger::open(&transaction, &table, &source.identity, &source.scope).await?;
        let known = ledger.entry(&transaction).await?;
        if !is_new {
            if known.is_none() && options.if_exists == IfExists::Fail {
                if table.is_unlogged && table.is_empty(&transaction).await? {
                    return Ok(Err(refused(
                        "it is there already, unlogged and empty, as a crash of the server leaves it: give \
                         --if-exists replace",
                    )));
                }
                return Ok(Err(refused(
                    "it is there already, and this load did not make it: give --if-exists append or replace, \
                     or another --table",
                )));
            }
            if options.unlogged && !table.is_unlogged {
                return Ok(Err(refused(
                    "it is there already, and is in the server's log: leave --unlogged out",
                )));
            }
            if let Err(what) = table.accepts(&transaction, columns).await? {
                return Ok(Err(refused(&what)));
            }
        }
        let mut loaded: BTreeSet<String> = ledger.parts(&transaction).await?.into_iter().collect();
        if !loaded.is_empty() && table.is_empty(&transaction).await? {
            return Ok(Err(refused(&format!(
                "these rows were loaded into it, and it is empty: someone has emptied it, or the server has, after \
                 a crash, if it is unlogged: give --if-exists replace (the ledger of loads is the table {LEDGER_NAME})"
            ))));
        }
        if let Some(method) = ledger.unfinished_method(&transaction).await? {
            return Ok(Err(refused(&format!(
                "a load of these rows with --method {method} did not come to its end, and which rows are there is \
                 not known, since it commits each by itself: give --if-exists replace"
            ))));
        }
        let is_pending = source.parts.iter().any(|part| !loaded.contains(&part.name.to_string()));
        let each_row = options.method != Method::Copy;
        if let Some(known) = known.as_ref().filter(|_| is_pending) {
            if let (Some(known), true) = (&known.cut, known.cut != source.cut) {
                return Ok(Err(refused(&format!(
                    "these rows are loaded in the parts of {known}, and other parts have rows in common with them: \
                     give the same"
                ))));
            }
            if each_row && known.method == Method::Copy.name() {
                return Ok(Err(refused(
                    "these rows are loaded with --method copy in part: give the same method, or --if-exists replace",
                )));
            }
        }
        if known.is_none() || (each_row && is_pending) {
            ledger.enter_load(&transaction, options.method.name(), source.cut.as_deref()).await?;
        }
        if each_row {
            // Entered before the rows come, so that nobody else loads the parts meanwhile; as long as the load is not
            // finished, that counts for more.
            let entry = ledger.prepare_part(&transaction).await?;
            for part in source.parts.iter().filter(|_| is_pending) {
                let name = part.name.to_string();
                let method = options.method.name();
                if !loaded.contains(&name)
                    && !ledger.enter_part(&transaction, &entry, method, &name, stored(part.rows)).await?
                {
                    loaded.insert(name);
                }
            }
        }
        if !is_pending {
            ledger.lock(&transaction).await?;
        }
        transaction.commit().await?;
        Ok::<_, tokio_postgres::Error>(Ok(Ready { table, ledger, loaded, is_new: known.is_none() }))
    };
    let prepared = prepared.await;
    prepared.map_err(|error| connection.explain(&error))?
}

/// A number of rows as the ledger has it.
pub(super) fn stored(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
