//! Tables: their names, their columns, and how they are made.

use std::str::FromStr;
use std::time::{Duration, Instant};

use arrow_schema::Schema;

use super::error::{DatabaseError, Refusal};
use super::options::LoadColumn;
use super::session::{Session, Transaction};
use super::sql::{literal, quoted};
use super::types::ColumnType;
use super::waits::OtherSession;
use crate::count::{counted, grouped};

/// PostgreSQL cuts longer names off.
const MAX_NAME_BYTES: usize = 63;
/// More columns do not fit into a row of PostgreSQL.
const MAX_COLUMNS: usize = 1_600;

/// How long to wait for the server to notice that a load was interrupted.
const RELEASE_PATIENCE: Duration = Duration::from_secs(5);
/// How often to look, and how long a load takes at most from one part to the next.
const RELEASE_INTERVAL: Duration = Duration::from_millis(100);

/// The name of a table, with or without its schema.
///
/// ```
/// use samplegen::postgres::TableName;
///
/// let table: TableName = "raw.predictions".parse()?;
/// assert_eq!(table.to_string(), r#""raw"."predictions""#);
/// let table: TableName = r#""one.name, and a ""quote""""#.parse()?;
/// assert_eq!(table.to_string(), r#""one.name, and a ""quote""""#);
/// # Ok::<_, samplegen::postgres::TableNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

/// Why a text is no name of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}: write it as table, schema.table, or with double quotes around names that have dots or quotes in them"
)]
pub struct TableNameError(&'static str);

impl FromStr for TableName {
    type Err = TableNameError;

    fn from_str(text: &str) -> Result<Self, TableNameError> {
        let (first, rest) = take_name(text)?;
        let (schema, name) = match rest.strip_prefix('.') {
            None if rest.is_empty() => (None, first),
            None => return Err(TableNameError("something stands behind the quotes")),
            Some(rest) => match take_name(rest)? {
                (second, "") => (Some(first), second),
                _ => return Err(TableNameError("more than a schema and a table are named")),
            },
        };
        schema.iter().chain([&name]).try_for_each(|part| check_name(part))?;
        Ok(Self { schema, name })
    }
}

impl TableName {
    /// The table that has this name in the first schema of `search_path`, whatever characters are in the name.
    ///
    /// # Errors
    ///
    /// If PostgreSQL has no such names.
    pub fn unqualified(name: &str) -> Result<Self, TableNameError> {
        check_name(name)?;
        Ok(Self { schema: None, name: name.to_owned() })
    }
}

fn check_name(name: &str) -> Result<(), TableNameError> {
    if name.is_empty() {
        return Err(TableNameError("a name is empty"));
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(TableNameError("a name is longer than 63 bytes, where PostgreSQL cuts it off"));
    }
    if name.contains('\0') {
        return Err(TableNameError("a name has a zero byte in it"));
    }
    Ok(())
}

/// The name that `text` begins with, and what follows it.
fn take_name(text: &str) -> Result<(String, &str), TableNameError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return Ok((name.to_owned(), rest));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let (part, behind) = rest.split_once('"').ok_or(TableNameError("a quote is not closed"))?;
        name.push_str(part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                name.push('"');
                rest = behind;
            }
            None => return Ok((name, behind)),
        }
    }
}

/// The name as SQL has it.
impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quoted(schema))?;
        }
        f.write_str(&quoted(&self.name))
    }
}

/// A column that a table has or is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) column_type: ColumnType,
    /// Whether the type of the rows has nulls.
    pub(super) is_nullable: bool,
    /// Whether some rows are null, as a data set says.
    pub(super) has_nulls: bool,
}

impl TableColumn {
    /// The column as a survey tells it.
    pub(super) fn planned(&self) -> LoadColumn {
        LoadColumn {
            name: self.name.clone(),
            sql_type: self.column_type.sql(),
            is_nullable: self.is_nullable,
        }
    }
}

/// The columns that rows of `schema` are stored in; those that `ids` names, as `id_type`.
pub(super) fn columns_for(
    schema: &Schema,
    ids: &[&str],
    id_type: &ColumnType,
) -> Result<Vec<TableColumn>, String> {
    if schema.fields().len() > MAX_COLUMNS {
        let columns = schema.fields().len();
        return Err(format!(
            "a table of PostgreSQL has at most {}, and not {}",
            counted(MAX_COLUMNS, "column"),
            grouped(columns)
        ));
    }
    let mut columns: Vec<TableColumn> = Vec::new();
    for field in schema.fields() {
        let name = field.name();
        if name.len() > MAX_NAME_BYTES || name.is_empty() || name.contains('\0') {
            return Err(format!("a column of PostgreSQL cannot be called {name:?}"));
        }
        if columns.iter().any(|column| column.name == *name) {
            return Err(format!("there are two columns called {name:?}"));
        }
        let is_id = ids.contains(&name.as_str());
        let column_type = if is_id { Some(id_type.clone()) } else { ColumnType::of(field) };
        let column_type = column_type.ok_or_else(|| {
            format!("column {name:?} is of type {}, which is not supported", field.data_type())
        })?;
        columns.push(TableColumn {
            name: name.clone(),
            column_type,
            is_nullable: field.is_nullable(),
            has_nulls: false,
        });
    }
    Ok(columns)
}

/// What stands under a name where tables stand, by `pg_class.relkind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Partitioned,
    View,
    Materialized,
    Foreign,
    Sequence,
    Index,
    Type,
    Other,
}

impl Kind {
    fn of(relkind: i8) -> Self {
        match relkind as u8 {
            b'r' => Self::Plain,
            b'p' => Self::Partitioned,
            b'v' => Self::View,
            b'm' => Self::Materialized,
            b'f' => Self::Foreign,
            b'S' => Self::Sequence,
            b'i' | b'I' => Self::Index,
            b'c' => Self::Type,
            _ => Self::Other,
        }
    }

    /// Its name, with an article.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "a table",
            Self::Partitioned => "a partitioned table",
            Self::View => "a view",
            Self::Materialized => "a materialized view",
            Self::Foreign => "a foreign table",
            Self::Sequence => "a sequence",
            Self::Index => "an index",
            Self::Type => "a type",
            Self::Other => "an object of the server",
        }
    }

    /// Whether it has rows that a query can read.
    pub(super) fn has_rows(self) -> bool {
        matches!(self, Self::Plain | Self::Partitioned | Self::View | Self::Materialized | Self::Foreign)
    }
}

/// Whether the schema called `name` belongs to the server: the catalogs, and those of temporary tables.
pub(super) fn is_system_schema(name: &str) -> bool {
    name.starts_with("pg_") || name == "information_schema"
}

/// A table that exists, or something else that has its name.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) oid: u32,
    /// Its name, with its schema.
    pub(super) name: TableName,
    pub(super) kind: Kind,
    /// Whether it is a partition, or inherits from another table.
    pub(super) is_child: bool,
    /// Whether it is kept out of the server's log.
    pub(super) is_unlogged: bool,
}

/// A column of a table that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundColumn {
    pub(super) name: String,
    /// Its type, as SQL has it; of a domain, the type that it is over.
    pub(super) sql_type: String,
    /// Its type's object identifier.
    pub(super) type_oid: u32,
    /// What the type was given in parentheses, as `pg_attribute` has it.
    pub(super) type_modifier: i32,
    /// Whether the server computes its values from other columns.
    pub(super) is_generated: bool,
    /// Whether it takes no nulls.
    pub(super) is_not_null: bool,
    /// Whether the server gives it a value where a row has none: a default or an identity.
    pub(super) has_default: bool,
}

/// What stands under the name of a table in a schema.
#[derive(Clone, Debug)]
pub(super) enum Named {
    /// A table, or something else that is in `pg_class`.
    Table(Table),
    /// A type that is no table: a table has a type of its own name too.
    Type,
    /// Nothing: a table can be made under this name, with its schema.
    Nothing(TableName),
    /// Nothing, and no schema is there to make it in.
    NoSchema,
}

impl Table {
    /// What `name` stands for: without a schema, the first match in `search_path`, as in every statement; if there is
    /// none, the current schema is where a table would be made.
    pub(super) async fn look_up(
        client: &impl Session,
        name: &TableName,
    ) -> Result<Named, tokio_postgres::Error> {
        if let Some(table) = Self::find(client, name).await? {
            return Ok(Named::Table(table));
        }
        let sql = "select coalesce($1, current_schema()::text)";
        let Some(schema) = client.query_one(sql, &[&name.schema]).await?.get(0) else {
            return Ok(Named::NoSchema);
        };
        let full = TableName { schema: Some(schema), name: name.name.clone() };
        // The types of arrays give way, and a table that someone has made since is found when its name is locked.
        let sql = "select exists (select from pg_catalog.pg_type t join pg_catalog.pg_namespace n \
                   on n.oid = t.typnamespace where t.typname = $2 and n.nspname = $1 and t.typcategory <> 'A' and t.typrelid = 0)";
        let is_type = client.query_one(sql, &[&full.schema, &full.name]).await?.get(0);
        Ok(if is_type { Named::Type } else { Named::Nothing(full) })
    }

    /// What is called `name` in its schema, or, if it names none, first in `search_path`.
    pub(super) async fn find(
        client: &impl Session,
        name: &TableName,
    ) -> Result<Option<Self>, tokio_postgres::Error> {
        let sql = "select c.oid, n.nspname::text, c.relkind, c.relpersistence = 'u', \
                   exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid) \
                   from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
                   where c.relname = $2 \
                   and case when $1::text is null then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = $1 end";
        let row = client.query_opt(sql, &[&name.schema, &name.name]).await?;
        Ok(row.map(|row| Self {
            oid: row.get(0),
            name: TableName { schema: Some(row.get(1)), name: name.name.clone() },
            kind: Kind::of(row.get(2)),
            is_unlogged: row.get(3),
            is_child: row.get(4),
        }))
    }

    /// Its columns in order.
    pub(super) async fn columns(
        &self,
        client: &impl Session,
    ) -> Result<Vec<FoundColumn>, tokio_postgres::Error> {
        // A domain may be over another. It has the values of its base type, and a default and a refusal of nulls of its own.
        let sql = "with recursive typed (attnum, oid, modifier) as ( \
                   select attnum, atttypid, atttypmod from pg_catalog.pg_attribute \
                   where attrelid = $1 and attnum > 0 and not attisdropped \
                   union all select typed.attnum, t.typbasetype, t.typtypmod \
                   from typed join pg_catalog.pg_type t on t.oid = typed.oid and t.typtype = 'd') \
                   select a.attname::text, format_type(base.oid, base.modifier), base.oid, base.modifier, \
                   a.attgenerated <> '', a.attnotnull or t.typtype = 'd' and t.typnotnull, \
                   a.atthasdef or a.attidentity <> '' or t.typdefault is not null \
                   from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid \
                   join typed base on base.attnum = a.attnum \
                   join pg_catalog.pg_type b on b.oid = base.oid and b.typtype <> 'd' \
                   where a.attrelid = $1 order by a.attnum";
        let rows = client.query(sql, &[&self.oid]).await?;
        let column = |row: &tokio_postgres::Row| FoundColumn {
            name: row.get(0),
            sql_type: row.get(1),
            type_oid: row.get(2),
            type_modifier: row.get(3),
            is_generated: row.get(4),
            is_not_null: row.get(5),
            has_default: row.get(6),
        };
        Ok(rows.iter().map(column).collect())
    }

    /// What its comment says.
    pub(super) async fn comment(
        &self,
        client: &impl Session,
    ) -> Result<Option<String>, tokio_postgres::Error> {
        let sql = "select obj_description($1, 'pg_class')";
        Ok(client.query_one(sql, &[&self.oid]).await?.get(0))
    }

    /// Whether it has no rows; `None` if that cannot be told, since rows may be hidden from this role.
    pub(super) async fn is_empty(
        &self,
        client: &impl Session,
    ) -> Result<Option<bool>, tokio_postgres::Error> {
        let sql = "select has_any_column_privilege($1::oid, 'select') and not row_security_active($1::oid)";
        if !client.query_one(sql, &[&self.oid]).await?.get::<_, bool>(0) {
            return Ok(None);
        }
        let sql = format!("select not exists (select from {})", self.name);
        client.query_one(&sql, &[]).await.map(|row| Some(row.get(0)))
    }

    /// Keeps other loads from replacing it until the end of the transaction.
    pub(super) async fn hold(&self, client: &impl Session) -> Result<(), tokio_postgres::Error> {
        let sql = "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))";
        client.execute(sql, &[&self.load_lock()]).await.map(drop)
    }

    /// Whether it still is the table that has its name.
    pub(super) async fn has_its_name(&self, client: &impl Session) -> Result<bool, tokio_postgres::Error> {
        let sql = "select to_regclass($1)::oid is not distinct from $2";
        Ok(client.query_one(sql, &[&self.name.to_string(), &self.oid]).await?.get(0))
    }

    /// Whether the role may do with it what its owner may.
    pub(super) async fn is_owned(&self, client: &impl Session) -> Result<bool, tokio_postgres::Error> {
        let sql = "select pg_catalog.pg_has_role(relowner, 'USAGE') from pg_catalog.pg_class where oid = $1";
        Ok(client.query_one(sql, &[&self.oid]).await?.get(0))
    }

    /// Whether row-level security applies to the role.
    pub(super) async fn is_secured(&self, client: &impl Session) -> Result<bool, tokio_postgres::Error> {
        let sql = "select pg_catalog.row_security_active($1::oid)";
        Ok(client.query_one(sql, &[&self.oid]).await?.get(0))
    }

    /// A session that loads rows into it; if there is none, there cannot be until the end of the transaction.
    ///
    /// A load that was interrupted holds it until the server has noticed: that is waited for. A load that goes on holds
    /// it during each part or row, and in between is seen waiting for the next.
    pub(super) async fn loading_session(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<Option<OtherSession>, tokio_postgres::Error> {
        let lock = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))";
        let others = format!(
            "select {} from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid \
             where l.locktype = 'advisory' and l.objsubid = 1 and l.pid <> pg_backend_pid() and l.database = \
             (select oid from pg_catalog.pg_database where datname = current_database()) \
             and l.classid::bigint << 32 | l.objid::bigint = hashtextextended($1, 0) order by l.pid limit 1",
            OtherSession::COLUMNS
        );
        let started = Instant::now();
        loop {
            let is_locked = transaction.query_one(lock, &[&self.load_lock()]).await?.get(0);
            tokio::time::sleep(RELEASE_INTERVAL).await;
            if is_locked || started.elapsed() > RELEASE_PATIENCE {
                let session = transaction.query_opt(&others, &[&self.load_lock()]).await?;
                if is_locked || session.is_some() {
                    return Ok(session.as_ref().map(OtherSession::of));
                }
            }
        }
    }

    /// The SQL condition under which a row may be inserted: its name still is that of the table, and nobody is replacing
    /// the table.
    pub(super) fn insert_condition(&self) -> String {
        format!(
            "{}::regclass = {}::oid and pg_advisory_xact_lock_shared(hashtextextended({}, 0)) is not null",
            literal(&self.name.to_string()),
            self.oid,
            literal(&self.load_lock())
        )
    }

    fn load_lock(&self) -> String {
        format!("samplegen loads into {}", self.oid)
    }

    /// Makes the table called `name`, which has its schema.
    pub(super) async fn create(
        transaction: &Transaction<'_>,
        name: &TableName,
        columns: &[TableColumn],
        comment: Option<&str>,
        unlogged: bool,
    ) -> Result<Self, tokio_postgres::Error> {
        let definitions: Vec<_> = columns
            .iter()
            .map(|column| {
                let not_null = if column.is_nullable { "" } else { " not null" };
                format!("{} {}{not_null}", quoted(&column.name), column.column_type.sql())
            })
            .collect();
        let persistence = if unlogged { "unlogged " } else { "" };
        let sql = format!("create {persistence}table {name} ({})", definitions.join(", "));
        transaction.batch_execute(&sql).await?;
        if let Some(comment) = comment {
            // A comment takes no parameters; the server quotes it.
            let literal: String =
                transaction.query_one("select quote_literal($1::text)", &[&comment]).await?.get(0);
            transaction.batch_execute(&format!("comment on table {name} is {literal}")).await?;
        }
        let sql = "select $1::text::regclass::oid";
        let row = transaction.query_one(sql, &[&name.to_string()]).await?;
        Ok(Self {
            oid: row.get(0),
            name: name.clone(),
            kind: Kind::Plain,
            is_child: false,
            is_unlogged: unlogged,
        })
    }
}

/// Keeps others from making the table called `name`, which has its schema, until the end of the transaction.
pub(super) async fn lock_name(
    transaction: &Transaction<'_>,
    name: &TableName,
) -> Result<(), tokio_postgres::Error> {
    let sql =
        "select pg_advisory_xact_lock(hashtextextended(format('samplegen %L.%L', $1::text, $2::text), 0))";
    transaction.execute(sql, &[&name.schema, &name.name]).await.map(drop)
}

/// An error about the table called `name`.
pub(super) fn refuse(
    place: impl std::fmt::Display,
    name: &TableName,
    why: impl Into<Refusal>,
) -> DatabaseError {
    DatabaseError::request(format!("{place}, table {name}"), why)
}

#[cfg(test)]
mod tests {
    use arrow_schema::{DataType, Field, IntervalUnit};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_is_written_so_that_it_is_read_again(text in "[a.\" ;é]{0,12}") {
            if let Ok(table) = text.parse::<TableName>() {
                prop_assert_eq!(table.to_string().parse(), Ok(table));
            }
        }
    }

    #[test]
    fn names_are_taken_as_they_are_written() {
        let long = "x".repeat(63);
        for (text, sql) in [
            ("t", r#""t""#),
            ("Raw.Predictions", r#""Raw"."Predictions""#),
            (r#""a.b".c"#, r#""a.b"."c""#),
            (r#"a."b.c""#, r#""a"."b.c""#),
            (r#""with ""quotes""""#, r#""with ""quotes""""#),
            ("t; drop table t", r#""t; drop table t""#),
            (r#"t"x"#, r#""t""x""#),
            ("größe", r#""größe""#),
            (&long, &format!("\"{long}\"")),
        ] {
            let table: TableName = text.parse().expect(text);
            assert_eq!(table.to_string(), sql, "{text}");
            assert_eq!(table.to_string().parse(), Ok(table), "{text}");
        }
        let too_long = "x".repeat(64);
        for text in
            ["", ".", "a.", ".b", "a.b.c", r#""a"#, r#""a"b"#, r#""a"."b"c"#, r#""""#, "a\0b", &too_long]
        {
            assert!(text.parse::<TableName>().is_err(), "{text}");
        }
    }

    #[test]
    fn columns_that_postgresql_cannot_have_are_refused() {
        let columns = |fields: Vec<Field>| columns_for(&Schema::new(fields), &[], &ColumnType::Uuid);
        let named = |name: &str| Field::new(name, DataType::Int32, true);
        let typed = |data_type: DataType| Field::new("the \"column\"", data_type, true);
        let list = |item: DataType| DataType::new_list(item, true);
        let structure = DataType::Struct(vec![named("a")].into());
        let entries = Field::new_struct(
            "entries",
            vec![Field::new("key", DataType::Utf8, false), named("value")],
            false,
        );
        for (fields, reason) in [
            ((0..=MAX_COLUMNS).map(|number| named(&format!("c{number}"))).collect(), "at most 1,600 columns"),
            (vec![named("a"), named("b"), named("a")], "two columns called \"a\""),
            (vec![named(&"x".repeat(64))], "xxx"),
            (vec![named(&"é".repeat(32))], "ééé"),
            (vec![named("")], "\"\""),
            (vec![named("a\0b")], "\"a\\0b\""),
            (vec![named("fine"), typed(structure.clone())], "\"the \\\"column\\\"\" is of type Struct"),
            (vec![typed(list(structure))], "not supported"),
            (vec![typed(list(list(DataType::Int32)))], "not supported"),
            (vec![typed(DataType::Map(entries.into(), false))], "not supported"),
            (vec![typed(DataType::Interval(IntervalUnit::MonthDayNano))], "not supported"),
        ] {
            let refusal = columns(fields).expect_err(reason);
            assert!(refusal.contains(reason), "{refusal} does not say {reason:?}");
        }
        let fine = vec![named("a"), named("A"), named(&"x".repeat(63)), typed(list(DataType::Utf8))];
        assert_eq!(columns(fine).map(|columns| columns.len()), Ok(4));
    }
}
