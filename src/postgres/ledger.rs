//! The ledger: the table in the database in which finished parts are entered.
//!
//! It is the table `samplegen_loads` in the schema of the table that is loaded. It has an entry for each load (its
//! `part` is empty) and one for each part that is in the table, written in the transaction of the part's rows: either
//! both are there or neither is. Entries are bound to the table's object identifier, so that a table that was dropped
//! and made again is known to be another. The server itself keeps a row of a data set from being entered twice.
//!
//! Its keys are those of [`keys`], and each entry has their version. The ledger of release 0.1.0 has no versions: the
//! column is added, and entries of the table that is loaded get the keys of today where it is known what they stand for.
//! That release cannot write to a ledger that has been changed so, since its entries would have no version.

use std::num::NonZeroU64;

use tokio_postgres::error::SqlState;

use super::error::{Refusal, Unready};
use super::session::{Session, Transaction};
use super::sql::quoted;
use super::table::{Table, TableName, lock_name};
use crate::count::counted;
use crate::dataset::DataSet;
use crate::description;
use crate::keys;
use crate::remedy::Remedy;

/// What the ledger of loads is called.
pub const LEDGER_NAME: &str = "samplegen_loads";

/// What the ledger of loads into unlogged tables is called: it is unlogged too, so that a crash of the server empties
/// both.
pub const UNLOGGED_LEDGER_NAME: &str = "samplegen_loads_unlogged";

/// Whether `name` is that of a ledger.
pub(super) fn is_ledger(name: &TableName) -> bool {
    [LEDGER_NAME, UNLOGGED_LEDGER_NAME].contains(&name.name.as_str())
}

/// A number of rows as the ledger has it.
pub(super) fn stored(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The columns of a ledger, as SQL has them. `dataset` describes the data set that the table was made for, as JSON.
const COLUMNS: &str = "table_oid oid, load text, part text, version smallint not null, method text not null, cut text, \
                       rows bigint, dataset text, at timestamptz not null default now(), \
                       primary key (table_oid, load, part)";

/// The column that tells which rows of a data set a part is of: the server reads them from the part's key.
const ROW_NUMBERS: &str = "row_numbers numrange generated always as (case when part ~ '^rows:[0-9]+[+][0-9]+$' then \
                           numrange(split_part(substr(part, 6), '+', 1)::numeric, \
                           split_part(substr(part, 6), '+', 1)::numeric + split_part(part, '+', 2)::numeric) end) stored";

/// No two parts of a load that are in one table have rows in common, however two loads at the same time cut them: the
/// second waits for the transaction of the first. The index knows ranges only, so that a number is the range of itself.
const NO_ROW_TWICE: &str = "exclude using gist (int8range(table_oid::bigint, table_oid::bigint, '[]') with =, \
                            int8range(hashtextextended(load, 0), hashtextextended(load, 0), '[]') with =, \
                            row_numbers with &&)";

/// The columns of an entry.
const NAMES: &str = "table_oid, load, part, version, method, cut, rows, dataset, at";

/// What the comment of a table begins with that release 0.1.0 has made; the data set's JSON form follows.
const COMMENT_OF_VERSION_1: &str = "samplegen:dataset ";

/// What the comment of a table begins with that holds rows of a data set.
const COMMENT: &str = "samplegen: ";

/// The comment of a table that is made for `data_set`, for people.
pub(super) fn comment(data_set: &DataSet) -> String {
    let (rows, seed) = (data_set.rows().count(), data_set.seed());
    format!("{COMMENT}{}, seed {seed}", counted(rows, "row"))
}

/// The ledger of what has been loaded into a table.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// Its name, with its schema.
    name: TableName,
    table_oid: u32,
    load: String,
    /// What stands for the load in the entries of its parts.
    scope: String,
}

/// What the ledger says of a load.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// How its rows are sent.
    pub(super) method: String,
    /// How they are cut into parts.
    pub(super) cut: Option<String>,
}

/// What became of entering a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    /// It is entered, and its rows are to be loaded.
    Now,
    /// Another transaction has loaded and entered it.
    Before,
    /// Another transaction has loaded and entered some of its rows, in other parts.
    Overlaps,
}

impl Entered {
    /// Why a part that overlaps with others is refused.
    pub(super) fn overlaps() -> Refusal {
        let what = "another load has put some of these rows into the table at the same time, in other parts";
        Refusal::new(what, [Remedy::CutOfOtherLoad])
    }
}

impl Ledger {
    /// The ledger for loading what `load` identifies into `table`, with parts whose names are unique in `scope`; made
    /// if there is none yet. The error says why it cannot be made or changed.
    pub(super) async fn open(
        transaction: &Transaction<'_>,
        table: &Table,
        load: &str,
        scope: &str,
    ) -> Result<Self, Unready> {
        let ledger_name = if table.is_unlogged { UNLOGGED_LEDGER_NAME } else { LEDGER_NAME };
        let name = TableName { schema: table.name.schema.clone(), name: ledger_name.to_owned() };
        if Table::find(transaction, &name).await?.is_none() {
            let may_make = "select has_schema_privilege(coalesce($1, current_schema()::text), 'create')";
            if !transaction.query_one(may_make, &[&name.schema]).await?.get::<_, bool>(0) {
                let schema = quoted(name.schema.as_deref().unwrap_or_default());
                let what = format!("the ledger {name} does not exist, and this role may not make it");
                return Err(Refusal::new(what, [Remedy::MakeLedger { schema }]).into());
            }
            // Loads into other tables may be about to make it.
            lock_name(transaction, &name).await?;
            let persistence = if table.is_unlogged { "unlogged " } else { "" };
            let sql = format!(
                "create {persistence}table if not exists {name} ({COLUMNS}, {ROW_NUMBERS}, {NO_ROW_TWICE})"
            );
            transaction.batch_execute(&sql).await?;
        }
        add_versions(transaction, &name).await?;
        // The table may have been altered to be logged, or unlogged, since rows were loaded into it.
        let other_name = if table.is_unlogged { LEDGER_NAME } else { UNLOGGED_LEDGER_NAME };
        let other = TableName { schema: table.name.schema.clone(), name: other_name.to_owned() };
        let is_ours = "select coalesce(has_table_privilege(to_regclass($1::text)::oid, 'delete'), false)";
        if transaction.query_one(is_ours, &[&other.to_string()]).await?.get(0) {
            add_versions(transaction, &other).await?;
            let sql = format!(
                "with moved as (delete from {other} where table_oid = $1 returning {NAMES}) \
                 insert into {name} ({NAMES}) select {NAMES} from moved on conflict do nothing"
            );
            transaction.execute(&sql, &[&table.oid]).await?;
        }
        Ok(Self { name, table_oid: table.oid, load: load.to_owned(), scope: scope.to_owned() })
    }

    /// Whether rows are known by their numbers in a data set, and not by the files that they are in.
    pub(super) fn is_of_data_set(&self) -> bool {
        self.scope != keys::FILES_SCOPE
    }

    /// Strikes out all that was said of the table.
    pub(super) async fn forget(&self, transaction: &Transaction<'_>) -> Result<(), tokio_postgres::Error> {
        let sql = format!("delete from {} where table_oid = $1", self.name);
        transaction.execute(&sql, &[&self.table_oid]).await.map(drop)
    }

    /// What is entered of the load.
    pub(super) async fn entry(&self, client: &impl Session) -> Result<Option<Entry>, tokio_postgres::Error> {
        let sql =
            format!("select method, cut from {} where table_oid = $1 and load = $2 and part = ''", self.name);
        let row = client.query_opt(&sql, &[&self.table_oid, &self.load]).await?;
        Ok(row.map(|row| Entry { method: row.get(0), cut: row.get(1) }))
    }

    /// Gives entries of version 1 the keys of today. The error says which of them are not known to be of `data_sets`.
    pub(super) async fn migrate<'a>(
        &self,
        transaction: &Transaction<'_>,
        data_sets: impl IntoIterator<Item = &'a DataSet>,
    ) -> Result<(), Unready> {
        let sql = format!(
            "select load, part, cut from {} where table_oid = $1 and version <> {} order by load, part",
            self.name,
            keys::VERSION
        );
        let entries = transaction.query(&sql, &[&self.table_oid]).await?;
        if entries.is_empty() {
            return Ok(());
        }
        let known: Vec<_> = data_sets
            .into_iter()
            .map(|data_set| (keys::version_1::loads(data_set), keys::data_set_scope(data_set), data_set))
            .collect();
        for entry in &entries {
            let (load, part, cut): (String, String, Option<String>) =
                (entry.get(0), entry.get(1), entry.get(2));
            let of_load = known.iter().find(|(loads, _, _)| loads.contains(&load));
            let (new_load, new_part) = match of_load {
                Some((_, scope, data_set)) if part.is_empty() => {
                    (Some(keys::rows_load(scope, data_set.rows())), Some(part.clone()))
                }
                Some((_, scope, _)) => (Some(scope.clone()), keys::version_1::part(&part)),
                None => (None, None),
            };
            let (Some(new_load), Some(new_part)) = (new_load, new_part) else {
                let what = format!(
                    "the ledger {} has entries of this table by another release of gen (load {load:?}), and it is not \
                     known which rows they stand for",
                    self.name
                );
                return Err(Refusal::new(what, [Remedy::Replace, Remedy::AnotherTable]).into());
            };
            let cut = cut.as_deref().and_then(keys::version_1::cut);
            let sql = format!(
                "update {} set load = $4, part = $5, cut = $6, version = {} where table_oid = $1 and load = $2 and part = $3 \
                 and not exists (select from {} where table_oid = $1 and load = $4 and part = $5)",
                self.name,
                keys::VERSION,
                self.name
            );
            let updated =
                transaction.execute(&sql, &[&self.table_oid, &load, &part, &new_load, &new_part, &cut]).await;
            let is_twice = match updated {
                Err(error) if error.code() == Some(&SqlState::EXCLUSION_VIOLATION) => true,
                updated => updated? == 0,
            };
            if is_twice {
                let what = format!(
                    "the ledger {} says that rows of this table were loaded twice, with ids as text and as bytes, by another \
                     release of gen",
                    self.name
                );
                return Err(Refusal::new(what, [Remedy::Replace, Remedy::AnotherTable]).into());
            }
        }
        Ok(())
    }

    /// The loads that commit each row by themselves, may have brought some of the parts, and did not come to their end:
    /// key and method.
    pub(super) async fn unfinished(
        &self,
        client: &impl Session,
    ) -> Result<Vec<(String, String)>, tokio_postgres::Error> {
        let sql = format!(
            "select load, method from {} where table_oid = $1 and starts_with(load, $2 || ':') \
             and part = '' and method <> 'copy' and rows is null",
            self.name
        );
        let rows = client.query(&sql, &[&self.table_oid, &self.scope]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Enters the load, or that it goes on.
    pub(super) async fn enter_load(
        &self,
        transaction: &Transaction<'_>,
        method: &str,
        cut: Option<&str>,
        made_for: Option<&DataSet>,
    ) -> Result<(), tokio_postgres::Error> {
        let sql = format!(
            "insert into {} (table_oid, load, part, version, method, cut, dataset) values ($1, $2, '', {}, $3, $4, $5) \
             on conflict (table_oid, load, part) do update set method = excluded.method, cut = excluded.cut, rows = null, at = now()",
            self.name,
            keys::VERSION
        );
        let json = made_for.map(serde_json::to_string).and_then(Result::ok);
        transaction.execute(&sql, &[&self.table_oid, &self.load, &method, &cut, &json]).await.map(drop)
    }

    /// Whether other loads are entered for the table, or more than `own_parts` parts.
    pub(super) async fn has_others(
        &self,
        client: &impl Session,
        own_parts: i64,
    ) -> Result<bool, tokio_postgres::Error> {
        let sql = format!(
            "select count(*) filter (where part = '' and load <> $2) > 0 or count(*) filter (where part <> '') > $3 \
             from {} where table_oid = $1",
            self.name
        );
        Ok(client.query_one(&sql, &[&self.table_oid, &self.load, &own_parts]).await?.get(0))
    }

    /// The names of the parts that are loaded.
    pub(super) async fn parts(&self, client: &impl Session) -> Result<Vec<String>, tokio_postgres::Error> {
        let sql = format!("select part from {} where table_oid = $1 and load = $2 and part <> ''", self.name);
        let rows = client.query(&sql, &[&self.table_oid, &self.scope]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Enters a part, in the transaction of its rows. If another transaction is about to enter it, or another part that
    /// has rows in common with it, this waits for its end.
    pub(super) async fn enter_part(
        &self,
        transaction: &Transaction<'_>,
        method: &str,
        part: &str,
        rows: i64,
    ) -> Result<Entered, tokio_postgres::Error> {
        let sql = format!(
            "insert into {} (table_oid, load, part, version, method, rows) values ($1, $2, $3, {}, $4, $5) \
             on conflict do nothing",
            self.name,
            keys::VERSION
        );
        let entered =
            transaction.execute(&sql, &[&self.table_oid, &self.scope, &part, &method, &rows]).await?;
        if entered == 1 {
            return Ok(Entered::Now);
        }
        let sql = format!(
            "select exists (select from {} where table_oid = $1 and load = $2 and part = $3)",
            self.name
        );
        let is_there = transaction.query_one(&sql, &[&self.table_oid, &self.scope, &part]).await?.get(0);
        Ok(if is_there { Entered::Before } else { Entered::Overlaps })
    }

    /// Notes that the load is at its end; `rows` says how many rows a load has that commits each.
    pub(super) async fn finish(
        &self,
        transaction: &Transaction<'_>,
        rows: Option<i64>,
    ) -> Result<(), tokio_postgres::Error> {
        let sql = format!(
            "update {} set at = now(), rows = coalesce($3, rows) where table_oid = $1 and load = $2 and part = ''",
            self.name
        );
        transaction.execute(&sql, &[&self.table_oid, &self.load, &rows]).await.map(drop)
    }

    /// Locks the entry of the load, so that the end of the transaction waits for the disk, and for all that was committed
    /// before: the lock is noted in the server's log, and nothing is changed.
    pub(super) async fn lock(&self, transaction: &Transaction<'_>) -> Result<(), tokio_postgres::Error> {
        let sql =
            format!("select from {} where table_oid = $1 and load = $2 and part = '' for update", self.name);
        transaction.execute(&sql, &[&self.table_oid, &self.load]).await.map(drop)
    }
}

/// Adds to a ledger of release 0.1.0 what it lacks. The error says why this role cannot.
async fn add_versions(transaction: &Transaction<'_>, name: &TableName) -> Result<(), Unready> {
    let sql = "select exists (select from pg_catalog.pg_attribute where attrelid = c.oid and attname = 'row_numbers' \
               and not attisdropped), pg_has_role(c.relowner, 'usage') \
               from pg_catalog.pg_class c where c.oid = to_regclass($1::text)";
    let row = transaction.query_one(sql, &[&name.to_string()]).await?;
    let (is_of_today, is_own): (bool, bool) = (row.get(0), row.get(1));
    if is_of_today {
        return Ok(());
    }
    if !is_own {
        let what =
            format!("the ledger {name} is of an older release of gen, and this role may not change it");
        return Err(Refusal::new(what, [Remedy::UpdateLedger]).into());
    }
    // Others may be about to do so, and are waited for.
    transaction.batch_execute(&format!("lock table {name} in access exclusive mode")).await?;
    if transaction.query_one(sql, &[&name.to_string()]).await?.get(0) {
        return Ok(());
    }
    let sql = format!(
        "alter table {name} add column if not exists version smallint not null default 1, \
         add column if not exists dataset text, add column {ROW_NUMBERS}, add {NO_ROW_TWICE}; \
         alter table {name} alter column version drop default"
    );
    Ok(transaction.batch_execute(&sql).await?)
}

/// What is known of the data set that a table was made for.
#[derive(Clone, Debug)]
pub(super) enum Description {
    /// It is this one, in files of so many rows if that is known.
    Known(Box<DataSet>, Option<NonZeroU64>),
    /// Nobody has said.
    None,
    /// It cannot be told, for this reason.
    Unknown(String),
}

impl Description {
    fn of_json(json: &str, cut: Option<&str>) -> Self {
        match description::parse(json) {
            Ok(data_set) => Self::Known(data_set, cut.and_then(keys::batch_rows_of_cut)),
            Err(error) => Self::Unknown(format!("it describes no data set that this gen knows ({error})")),
        }
    }

    /// The description of `table` in its ledger, or in its comment if release 0.1.0 has made it.
    pub(super) async fn of(client: &impl Session, table: &Table) -> Result<Self, tokio_postgres::Error> {
        let comment = table.comment(client).await?.unwrap_or_default();
        if let Some(json) = comment.strip_prefix(COMMENT_OF_VERSION_1) {
            return Ok(Self::of_json(json, None));
        }
        for ledger in [LEDGER_NAME, UNLOGGED_LEDGER_NAME] {
            let name = TableName { schema: table.name.schema.clone(), name: ledger.to_owned() };
            let sql = "select has_table_privilege(attrelid, 'select') from pg_catalog.pg_attribute \
                       where attrelid = to_regclass($1::text) and attname = 'dataset' and not attisdropped";
            let Some(row) = client.query_opt(sql, &[&name.to_string()]).await? else {
                continue;
            };
            if !row.get::<_, bool>(0) {
                return Ok(Self::Unknown(format!(
                    "what it holds stands in {name}, which this role may not read: grant select on it"
                )));
            }
            let sql = format!("select dataset, cut from {name} where table_oid = $1 and dataset is not null");
            if let Some(row) = client.query(&sql, &[&table.oid]).await?.first() {
                return Ok(Self::of_json(row.get(0), row.get(1)));
            }
        }
        if comment.starts_with(COMMENT) {
            return Ok(Self::Unknown(
                "the ledger has no entry of it: it was restored from a dump, or the ledger was emptied"
                    .to_owned(),
            ));
        }
        Ok(Self::None)
    }
}
