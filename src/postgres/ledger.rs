//! The ledger: the table in the database in which finished parts are entered.
//!
//! It is the table `samplegen_loads` in the schema of the table that is loaded. It has an entry for each load (its
//! `part` is empty) and one for each part that is in the table, written in the transaction of the part's rows: either
//! both are there or neither is. Entries are bound to the table's object identifier, so that a table that was dropped
//! and made again is known to be another.

use super::session::{Session, Transaction};
use super::table::{Table, TableName, lock_name};

/// What the ledger of loads is called.
pub const LEDGER_NAME: &str = "samplegen_loads";

/// What the ledger of loads into unlogged tables is called: it is unlogged too, so that a crash of the server empties
/// both.
pub const UNLOGGED_LEDGER_NAME: &str = "samplegen_loads_unlogged";

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

impl Ledger {
    /// The ledger for loading what `load` identifies into `table`, with parts whose names are unique in `scope`; made
    /// if there is none yet.
    pub(super) async fn open(
        transaction: &Transaction<'_>,
        table: &Table,
        load: &str,
        scope: &str,
    ) -> Result<Self, tokio_postgres::Error> {
        let ledger_name = if table.is_unlogged { UNLOGGED_LEDGER_NAME } else { LEDGER_NAME };
        let name = TableName { schema: table.name.schema.clone(), name: ledger_name.to_owned() };
        if Table::find(transaction, &name).await?.is_none() {
            // Loads into other tables may be about to make it.
            lock_name(transaction, &name).await?;
            let persistence = if table.is_unlogged { "unlogged " } else { "" };
            let sql = format!(
                "create {persistence}table if not exists {name} (table_oid oid, load text, part text, \
                 method text not null, cut text, rows bigint, at timestamptz not null default now(), \
                 primary key (table_oid, load, part))"
            );
            transaction.batch_execute(&sql).await?;
        }
        // The table may have been altered to be logged, or unlogged, since rows were loaded into it.
        let other_name = if table.is_unlogged { LEDGER_NAME } else { UNLOGGED_LEDGER_NAME };
        let other = TableName { schema: table.name.schema.clone(), name: other_name.to_owned() };
        let is_ours = "select coalesce(has_table_privilege(to_regclass($1::text)::oid, 'delete'), false)";
        if transaction.query_one(is_ours, &[&other.to_string()]).await?.get(0) {
            let columns = "table_oid, load, part, method, cut, rows, at";
            let sql = format!(
                "with moved as (delete from {other} where table_oid = $1 returning {columns}) \
                 insert into {name} ({columns}) select {columns} from moved on conflict do nothing"
            );
            transaction.execute(&sql, &[&table.oid]).await?;
        }
        Ok(Self { name, table_oid: table.oid, load: load.to_owned(), scope: scope.to_owned() })
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

    /// The method of a load that commits each row by itself, may have brought some of the parts, and did not come to
    /// its end.
    pub(super) async fn unfinished_method(
        &self,
        client: &impl Session,
    ) -> Result<Option<String>, tokio_postgres::Error> {
        let sql = format!(
            "select method from {} where table_oid = $1 and (load = $2 or starts_with(load, $2 || ' ')) \
             and part = '' and method <> 'copy' and rows is null limit 1",
            self.name
        );
        let row = client.query_opt(&sql, &[&self.table_oid, &self.scope]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Enters the load, or that it goes on.
    pub(super) async fn enter_load(
        &self,
        transaction: &Transaction<'_>,
        method: &str,
        cut: Option<&str>,
    ) -> Result<(), tokio_postgres::Error> {
        let sql = format!(
            "insert into {} (table_oid, load, part, method, cut) values ($1, $2, '', $3, $4) \
             on conflict (table_oid, load, part) do update set method = excluded.method, rows = null, at = now()",
            self.name
        );
        transaction.execute(&sql, &[&self.table_oid, &self.load, &method, &cut]).await.map(drop)
    }

    /// The names of the parts that are loaded.
    pub(super) async fn parts(&self, client: &impl Session) -> Result<Vec<String>, tokio_postgres::Error> {
        let sql = format!("select part from {} where table_oid = $1 and load = $2 and part <> ''", self.name);
        let rows = client.query(&sql, &[&self.table_oid, &self.scope]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Enters a part, in the transaction of its rows. `false` says that it is loaded already. If another
    /// transaction is about to enter it, this waits for its end.
    pub(super) async fn enter_part(
        &self,
        transaction: &Transaction<'_>,
        method: &str,
        part: &str,
        rows: i64,
    ) -> Result<bool, tokio_postgres::Error> {
        let sql = format!(
            "insert into {} (table_oid, load, part, method, rows) values ($1, $2, $3, $4, $5) on conflict do nothing",
            self.name
        );
        let entered =
            transaction.execute(&sql, &[&self.table_oid, &self.scope, &part, &method, &rows]).await?;
        Ok(entered == 1)
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
