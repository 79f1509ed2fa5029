//! Before the first row: the table and the ledger are made or found, and what is in them is compared with the load.

use std::collections::BTreeSet;

use super::database::{Connection, Database};
use super::error::{DatabaseError, Refusal, Unready};
use super::existing::{Decision, Existing, Past, Wanted, decide, permit, refuse_schema};
use super::ledger::{Description, Entered, Ledger, comment, stored};
use super::options::{LoadOptions, Method, TableAction};
use super::session::{Session, Transaction, begin};
use super::table::{Named, Table, TableColumn, TableName, lock_name, refuse};
use super::waits::{OtherSession, announcing};
use crate::keys;
use crate::remedy::Remedy;
use crate::rows::RowRange;
use crate::source::Source;

/// The oldest version of the server that has generated columns, as the ledger needs them.
const OLDEST_SERVER: i64 = 12_00_00;

/// Where a load goes, and how.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) database: &'a Database,
    pub(super) table_name: &'a TableName,
    pub(super) options: &'a LoadOptions,
}

impl Target<'_> {
    /// Why the load is refused.
    pub(super) fn refuse(&self, why: impl Into<Refusal>) -> DatabaseError {
        refuse(self.database, self.table_name, why)
    }
}

/// The table and the ledger, when both are ready.
pub(super) struct Ready {
    pub(super) table: Table,
    pub(super) ledger: Ledger,
    /// Names of the parts that are in the table.
    pub(super) loaded: BTreeSet<String>,
    /// Whether no earlier run has entered this load.
    pub(super) is_new: bool,
    /// Whether the table was made just now.
    pub(super) is_made: bool,
}

/// Makes the table, or sees that the one which exists fits, and finds out what is in it: one transaction. If the load is
/// refused, nothing of it stays.
pub(super) async fn make_ready(
    target: &Target<'_>,
    connection: &mut Connection,
    source: &Source,
    columns: &[TableColumn],
) -> Result<Ready, DatabaseError> {
    let ready = async {
        let transaction = begin(&mut connection.client).await?;
        let process_id = transaction.process_id().await?;
        let announce = |session: &OtherSession| {
            (target.options.on_wait)(&format!(
                "{}, table {}: waiting for {session}, which holds a lock",
                target.database, target.table_name
            ))
        };
        let preparing = prepare(target, &transaction, source, columns);
        let ready = announcing(target.database, process_id, announce, preparing).await?;
        transaction.commit().await?;
        Ok(ready)
    };
    ready.await.map_err(|unready| explain(target, connection, unready))
}

async fn prepare(
    target: &Target<'_>,
    transaction: &Transaction<'_>,
    source: &Source,
    columns: &[TableColumn],
) -> Result<Ready, Unready> {
    let (name, found) = find(target, transaction, columns).await?;
    let existing = match found {
        Some((table, _, Decision::Replace)) => {
            let ledger = Ledger::open(transaction, &table, &source.identity, &source.scope).await?;
            ledger.forget(transaction).await?;
            transaction.batch_execute(&format!("drop table {}", table.name)).await?;
            None
        }
        Some((table, facts, Decision::Use)) => Some((table, facts)),
        None => None,
    };
    begin_load(target, transaction, source, columns, &name, existing).await
}

/// What a load would do, found out in a transaction of which nothing stays.
pub(super) async fn survey(
    target: &Target<'_>,
    connection: &mut Connection,
    source: &Source,
    columns: &[TableColumn],
) -> Result<(TableAction, BTreeSet<String>), DatabaseError> {
    let surveyed = async {
        let transaction = begin(&mut connection.client).await?;
        let (name, found) = find(target, &transaction, columns).await?;
        let (action, existing) = match found {
            // Dropping it would lock others out of it.
            Some((table, _, Decision::Replace)) => {
                if !table.is_owned(&transaction).await? {
                    let what = "only the owner of the table can replace it";
                    return Err(Refusal::new(what, [Remedy::Append, Remedy::AnotherTable]).into());
                }
                return Ok((TableAction::Replace, BTreeSet::new()));
            }
            Some((table, facts, Decision::Use)) => (TableAction::Append, Some((table, facts))),
            None => (TableAction::Create, None),
        };
        // A transaction that is dropped is rolled back.
        let ready = begin_load(target, &transaction, source, columns, &name, existing).await?;
        Ok((action, ready.loaded))
    };
    surveyed.await.map_err(|unready| explain(target, connection, unready))
}

fn explain(target: &Target<'_>, connection: &Connection, unready: Unready) -> DatabaseError {
    match unready {
        Unready::Server(error) => connection.explain(&error),
        Unready::Refused(why) => target.refuse(why),
    }
}

/// The full name of the table, and what is done with it if it exists.
async fn find(
    target: &Target<'_>,
    transaction: &Transaction<'_>,
    columns: &[TableColumn],
) -> Result<(TableName, Option<(Table, Existing, Decision)>), Unready> {
    transaction.plain_answers().await?;
    let version = "select current_setting('server_version'), current_setting('server_version_num')::bigint";
    let version = transaction.query_one(version, &[]).await?;
    if version.get::<_, i64>(1) < OLDEST_SERVER {
        let version: String = version.get(0);
        let what = format!("this is PostgreSQL {version}, and version 12 or later is needed");
        return Err(Refusal::from(what).into());
    }
    let (name, found) = locked(transaction, target.table_name).await?;
    let Some(table) = found else {
        return Ok((name, None));
    };
    let facts = Existing {
        schema: table.name.schema.clone().unwrap_or_default(),
        kind: table.kind,
        is_child: table.is_child,
        is_unlogged: table.is_unlogged,
        is_secured: table.is_secured(transaction).await?,
        columns: table.columns(transaction).await?,
    };
    let decision = decide(&facts, &wanted(target, columns))?;
    if decision == Decision::Replace
        && let Some(session) = table.loading_session(transaction).await?
    {
        let what = format!("another gen, {session}, is loading rows into the table: wait for it, or stop it");
        return Err(Refusal::from(what).into());
    }
    Ok((name, Some((table, facts, decision))))
}

fn wanted<'a>(target: &Target<'_>, columns: &'a [TableColumn]) -> Wanted<'a> {
    let options = target.options;
    Wanted { method: options.method, if_exists: options.if_exists, unlogged: options.unlogged, columns }
}

/// Makes the table called `name` unless it is `existing`, and enters the load into the ledger.
async fn begin_load(
    target: &Target<'_>,
    transaction: &Transaction<'_>,
    source: &Source,
    columns: &[TableColumn],
    name: &TableName,
    existing: Option<(Table, Existing)>,
) -> Result<Ready, Unready> {
    let options = target.options;
    let (table, existing) = match existing {
        Some((table, facts)) => (table, Some(facts)),
        None => {
            let comment = source.data_set.as_ref().map(comment);
            let made = Table::create(transaction, name, columns, comment.as_deref(), options.unlogged);
            (made.await?, None)
        }
    };
    table.hold(transaction).await?;
    let ledger = Ledger::open(transaction, &table, &source.identity, &source.scope).await?;
    if existing.is_none() {
        // The server gives an object identifier again some day.
        ledger.forget(transaction).await?;
    }
    let described = match Description::of(transaction, &table).await? {
        Description::Known(data_set, _) => Some(data_set),
        Description::None | Description::Unknown(_) => None,
    };
    ledger.migrate(transaction, source.data_set.iter().chain(described.as_deref())).await?;
    let known = ledger.entry(transaction).await?;
    let entered = ledger.parts(transaction).await?;
    let mut loaded = loaded_parts(source, &entered)?;
    if let Some(existing) = &existing {
        let may_be_emptied = !entered.is_empty() || (known.is_none() && table.is_unlogged);
        let past = Past {
            is_known: known.is_some(),
            has_parts: !entered.is_empty(),
            is_empty: if may_be_emptied { table.is_empty(transaction).await? } else { None },
            unfinished_method: unfinished_method(source, ledger.unfinished(transaction).await?),
        };
        permit(existing, &past, &wanted(target, columns))?;
    }
    let is_pending = source.parts.iter().any(|part| !loaded.contains(&part.name.key()));
    let each_row = options.method != Method::Copy;
    if let Some(known) = known.as_ref().filter(|_| is_pending) {
        if let (Some(known), true) = (&known.cut, known.cut != source.cut) {
            let (batch, group) = known.split_once('/').unwrap_or((known, known));
            let same_cut = Remedy::SameCut { batch_rows: batch.to_owned(), row_group_rows: group.to_owned() };
            let what = "a load of these rows in other parts has begun";
            return Err(Refusal::new(what, [same_cut, Remedy::Replace]).into());
        }
        if each_row && known.method == Method::Copy.name() {
            let what = "some of these rows were loaded by copy";
            return Err(Refusal::new(what, [Remedy::SameMethod, Remedy::Replace]).into());
        }
    }
    if known.is_none() || (each_row && is_pending) {
        let made_for = source.data_set.as_ref().filter(|_| existing.is_none());
        ledger.enter_load(transaction, options.method.name(), source.cut.as_deref(), made_for).await?;
    }
    if each_row {
        // Entered before the rows come, so that nobody else loads the parts meanwhile; as long as the load is not
        // finished, that counts for more.
        for part in source.parts.iter().filter(|_| is_pending) {
            let name = part.name.key();
            let method = options.method.name();
            if loaded.contains(&name) {
                continue;
            }
            match ledger.enter_part(transaction, method, &name, stored(part.rows)).await? {
                Entered::Now => {}
                Entered::Before => {
                    loaded.insert(name);
                }
                Entered::Overlaps => {
                    let Refusal { what, remedies } = Entered::overlaps();
                    return Err(Refusal::new(format!("{name}: {what}"), remedies).into());
                }
            }
        }
    }
    if !is_pending {
        ledger.lock(transaction).await?;
    }
    Ok(Ready { table, ledger, loaded, is_new: known.is_none(), is_made: existing.is_none() })
}

/// The keys of those parts of `source` whose rows are in the table, since the parts `entered` are. The error names a part
/// of which only some are.
fn loaded_parts(source: &Source, entered: &[String]) -> Result<BTreeSet<String>, Refusal> {
    let mut ranges: Vec<_> = entered.iter().filter_map(|part| keys::rows_of_part(part)).collect();
    ranges.sort_by_key(|rows| rows.first());
    let entered: BTreeSet<&str> = entered.iter().map(String::as_str).collect();
    let mut loaded = BTreeSet::new();
    for part in &source.parts {
        let key = part.name.key();
        if entered.contains(key.as_str()) {
            loaded.insert(key);
            continue;
        }
        let Some(rows) = keys::rows_of_part(&key) else {
            continue;
        };
        // No two ranges have rows in common, and only neighbours of the part's first row may have rows in common with it.
        let end = |rows: RowRange| u128::from(rows.first()) + u128::from(rows.count());
        let next = ranges.partition_point(|loaded| end(*loaded) <= u128::from(rows.first()));
        let common: Vec<_> =
            ranges[next..].iter().take_while(|loaded| u128::from(loaded.first()) < end(rows)).collect();
        let count: u128 = common
            .iter()
            .map(|loaded| end(**loaded).min(end(rows)) - u128::from(loaded.first().max(rows.first())))
            .sum();
        match common.first() {
            None => {}
            Some(_) if count == u128::from(rows.count()) => {
                loaded.insert(key);
            }
            Some(first) => {
                let what = format!(
                    "{first} of this data set are in the table, and this load has them in one part with others, {rows}"
                );
                return Err(Refusal::new(what, [Remedy::CutAtLoadedRows, Remedy::Replace]));
            }
        }
    }
    Ok(loaded)
}

/// The method of a load of some of the rows of `source` that is one of those `unfinished`.
fn unfinished_method(source: &Source, unfinished: Vec<(String, String)>) -> Option<String> {
    let wanted = keys::rows_of_load(&source.identity);
    let may_share = |load: &str| match (wanted, keys::rows_of_load(load)) {
        (Some(wanted), Some(other)) => wanted.contains(other.first()) || other.contains(wanted.first()),
        _ => true,
    };
    unfinished.into_iter().find(|(load, _)| may_share(load)).map(|(_, method)| method)
}

/// The full name of the table called `name`, and the table if it exists. Nobody else makes one of that name until the end
/// of the transaction.
async fn locked(
    transaction: &Transaction<'_>,
    name: &TableName,
) -> Result<(TableName, Option<Table>), Unready> {
    if let Some(schema) = &name.schema {
        refuse_schema(schema)?;
    }
    let name = match Table::look_up(transaction, name).await? {
        Named::Table(table) => table.name,
        Named::Nothing(name) => name,
        Named::Type => {
            let what = "a type has this name, and each table has a type of its name too";
            return Err(Refusal::new(what, [Remedy::AnotherTable]).into());
        }
        Named::NoSchema => {
            let what = "no schema of search_path exists, so there is none to make the table in";
            return Err(Refusal::new(what, [Remedy::NameSchema]).into());
        }
    };
    refuse_schema(name.schema.as_deref().unwrap_or_default())?;
    lock_name(transaction, &name).await?;
    let found = Table::find(transaction, &name).await?;
    Ok((name, found))
}
