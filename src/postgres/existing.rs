//! What a load does about a table that exists: a pure decision over facts that the server has told.

use super::error::Refusal;
use super::options::{IfExists, Method};
use super::table::{FoundColumn, Kind, TableColumn, is_system_schema};
use crate::remedy::Remedy;

/// What is known of a table that has the name of the one to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Existing {
    pub(super) schema: String,
    pub(super) kind: Kind,
    /// Whether it is a partition, or inherits from another table.
    pub(super) is_child: bool,
    pub(super) is_unlogged: bool,
    /// Whether row-level security applies to this role.
    pub(super) is_secured: bool,
    pub(super) columns: Vec<FoundColumn>,
}

/// What its ledger and its rows tell, where it is not replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// Whether this load has been begun by an earlier run.
    pub(super) is_known: bool,
    /// Whether rows of this load are entered.
    pub(super) has_parts: bool,
    /// Whether the table is empty; `None` if that is not known, or was not needed.
    pub(super) is_empty: Option<bool>,
    /// The method of a load of these rows that commits each row by itself and did not come to its end.
    pub(super) unfinished_method: Option<String>,
}

/// What a load wants of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) method: Method,
    pub(super) if_exists: IfExists,
    pub(super) unlogged: bool,
    pub(super) columns: &'a [TableColumn],
}

/// Whether a table that exists is loaded into or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Rows are added to it.
    Use,
    /// It is dropped and made again.
    Replace,
}

/// Why a table called so cannot be made or used, whatever exists.
pub(super) fn refuse_schema(schema: &str) -> Result<(), Refusal> {
    if is_system_schema(schema) {
        let what = format!("schema {schema:?} belongs to the server");
        return Err(Refusal::new(what, [Remedy::NameSchema]));
    }
    Ok(())
}

/// What is done with a table that exists; the error says why nothing can be.
pub(super) fn decide(existing: &Existing, wanted: &Wanted<'_>) -> Result<Decision, Refusal> {
    refuse_schema(&existing.schema)?;
    if !matches!(existing.kind, Kind::Plain | Kind::Partitioned) {
        let what = format!("this is {}, not a table", existing.kind.name());
        return Err(Refusal::new(what, [Remedy::AnotherTable]));
    }
    if wanted.if_exists != IfExists::Replace {
        return Ok(Decision::Use);
    }
    if existing.is_child {
        let what = "a partition or a table that inherits from another cannot be replaced: dropping it takes it out \
                    of its parent";
        return Err(Refusal::new(what, [Remedy::Append, Remedy::AnotherTable]));
    }
    Ok(Decision::Replace)
}

/// Whether the rows can be added to a table that exists; the error says why not.
pub(super) fn permit(existing: &Existing, past: &Past, wanted: &Wanted<'_>) -> Result<(), Refusal> {
    if !past.is_known && wanted.if_exists == IfExists::Fail {
        return Err(if existing.is_unlogged && past.is_empty == Some(true) {
            let what = "the table exists already, unlogged and empty, as a crash of the server leaves it";
            Refusal::new(what, [Remedy::Replace])
        } else {
            let what = "the table exists already, and was not made by this load";
            Refusal::new(what, [Remedy::Append, Remedy::Replace, Remedy::AnotherTable])
        });
    }
    if wanted.unlogged && !existing.is_unlogged {
        let what = "the table exists already, and is in the server's log";
        return Err(Refusal::new(what, [Remedy::Logged]));
    }
    if existing.is_secured && wanted.method == Method::Copy {
        let what = "row-level security of the table applies to this role, and PostgreSQL refuses COPY into such a table";
        return Err(Refusal::new(what, [Remedy::Insert, Remedy::RoleThatBypasses]));
    }
    accept_columns(&existing.columns, wanted.columns)?;
    if past.has_parts && past.is_empty == Some(true) {
        let what = "these rows were loaded into the table, and the table is empty: someone has emptied it, or the \
                    server has, after a crash, if it is unlogged";
        return Err(Refusal::new(what, [Remedy::Replace]));
    }
    if let Some(method) = &past.unfinished_method {
        let what = format!(
            "a load of these rows by {method} did not come to its end, and which rows are there is not known, since each \
             is committed by itself"
        );
        return Err(Refusal::new(what, [Remedy::Replace]));
    }
    Ok(())
}

/// Whether rows with the columns `given` can be stored in a table with the columns `found`; the error says why not.
fn accept_columns(found: &[FoundColumn], given: &[TableColumn]) -> Result<(), Refusal> {
    for column in given {
        let name = &column.name;
        let Some(found) = found.iter().find(|found| found.name == *name) else {
            let what = format!("the table has no column {name:?}");
            return Err(Refusal::new(what, [Remedy::AnotherTable]));
        };
        if found.is_generated {
            let what = format!("the server computes column {name:?} of the table, and the rows have one too");
            return Err(Refusal::new(what, [Remedy::LeaveColumnOut, Remedy::AnotherTable]));
        }
        let (has, expected) = (&found.sql_type, column.column_type.sql());
        if *has != expected {
            let remedy = match (has.as_str(), expected.as_str()) {
                ("text", "uuid") => Remedy::TextIds,
                ("uuid", "text") => Remedy::UuidIds,
                _ => Remedy::AnotherTable,
            };
            let what = format!("column {name:?} of the table is {has}, and the rows have {expected}");
            return Err(Refusal::new(what, [remedy]));
        }
        if found.is_not_null && column.has_nulls {
            let what =
                format!("column {name:?} of the table must not be null, and the rows have nulls there");
            return Err(Refusal::new(what, [Remedy::AnotherTable]));
        }
    }
    let missing = found.iter().find(|found| {
        let is_required = found.is_not_null && !found.has_default && !found.is_generated;
        is_required && !given.iter().any(|column| column.name == found.name)
    });
    if let Some(FoundColumn { name, .. }) = missing {
        let what = format!(
            "column {name:?} of the table must not be null and has no default, and the rows have no such column"
        );
        return Err(Refusal::new(what, [Remedy::Default, Remedy::AnotherTable]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrow_schema::{DataType, Field, Schema};

    use super::super::table::columns_for;
    use super::super::types::ColumnType;
    use super::*;

    fn found(name: &str, sql_type: &str) -> FoundColumn {
        FoundColumn {
            name: name.to_owned(),
            sql_type: sql_type.to_owned(),
            type_oid: 0,
            type_modifier: -1,
            is_generated: false,
            is_not_null: false,
            has_default: false,
        }
    }

    fn plain() -> Existing {
        Existing {
            schema: "public".to_owned(),
            kind: Kind::Plain,
            is_child: false,
            is_unlogged: false,
            is_secured: false,
            columns: vec![found("n", "bigint")],
        }
    }

    fn given() -> Vec<TableColumn> {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true)]);
        columns_for(&schema, &[], &ColumnType::Uuid).expect("a column")
    }

    fn wanted(if_exists: IfExists, columns: &[TableColumn]) -> Wanted<'_> {
        Wanted { method: Method::Copy, if_exists, unlogged: false, columns }
    }

    const WAYS: [IfExists; 3] = [IfExists::Fail, IfExists::Append, IfExists::Replace];

    #[test]
    fn only_tables_of_users_are_loaded_into() {
        let columns = given();
        for way in WAYS {
            for kind in [
                Kind::View,
                Kind::Materialized,
                Kind::Foreign,
                Kind::Sequence,
                Kind::Index,
                Kind::Type,
                Kind::Other,
            ] {
                let said =
                    decide(&Existing { kind, ..plain() }, &wanted(way, &columns)).expect_err("no table");
                assert!(said.what.contains(kind.name()), "{said:?}");
            }
            for schema in ["pg_catalog", "information_schema", "pg_toast", "pg_temp_3", "pg_temp"] {
                let existing = Existing { schema: schema.to_owned(), ..plain() };
                let said = decide(&existing, &wanted(way, &columns)).expect_err("a system schema");
                assert!(said.what.contains(schema), "{said:?}");
            }
            for kind in [Kind::Plain, Kind::Partitioned] {
                let expected = if way == IfExists::Replace { Decision::Replace } else { Decision::Use };
                let existing = Existing { kind, ..plain() };
                assert_eq!(decide(&existing, &wanted(way, &columns)), Ok(expected));
            }
        }
        let child = Existing { is_child: true, ..plain() };
        assert_eq!(decide(&child, &wanted(IfExists::Append, &columns)), Ok(Decision::Use));
        assert!(decide(&child, &wanted(IfExists::Replace, &columns)).is_err());
    }

    #[test]
    fn the_past_of_a_table_decides_whether_rows_are_added() {
        let columns = given();
        let new = Past::default();
        let known = Past { is_known: true, ..Past::default() };
        let loaded = Past { has_parts: true, is_empty: Some(false), ..known.clone() };
        let unlogged = Existing { is_unlogged: true, ..plain() };
        let cases = [
            (plain(), new.clone(), IfExists::Fail, Some("was not made by this load")),
            (plain(), new.clone(), IfExists::Append, None),
            (plain(), known.clone(), IfExists::Fail, None),
            (plain(), loaded.clone(), IfExists::Fail, None),
            (plain(), Past { is_empty: Some(true), ..loaded.clone() }, IfExists::Fail, Some("is empty")),
            (plain(), Past { is_empty: Some(true), ..loaded.clone() }, IfExists::Append, Some("is empty")),
            // What is hidden from the role is not empty.
            (plain(), Past { is_empty: None, ..loaded.clone() }, IfExists::Append, None),
            (unlogged.clone(), Past { is_empty: Some(true), ..new.clone() }, IfExists::Fail, Some("crash")),
            (unlogged, Past { is_empty: Some(false), ..new.clone() }, IfExists::Fail, Some("not made by")),
            (
                plain(),
                Past { unfinished_method: Some("insert".to_owned()), ..loaded },
                IfExists::Append,
                Some("by insert"),
            ),
        ];
        for (existing, past, way, told) in cases {
            let said = permit(&existing, &past, &wanted(way, &columns));
            match told {
                None => assert_eq!(said, Ok(()), "{past:?} {way:?}"),
                Some(told) => {
                    assert!(said.clone().is_err_and(|said| said.what.contains(told)), "{said:?} {told}")
                }
            }
        }
        let unlogged = Wanted { unlogged: true, ..wanted(IfExists::Append, &columns) };
        assert!(permit(&plain(), &new, &unlogged).is_err_and(|said| said.remedies == [Remedy::Logged]));
    }

    #[test]
    fn copy_is_refused_where_row_level_security_applies() {
        let columns = given();
        let secured = Existing { is_secured: true, ..plain() };
        for (method, is_refused) in [(Method::Copy, true), (Method::Pipeline, false), (Method::Insert, false)]
        {
            let wanted = Wanted { method, ..wanted(IfExists::Append, &columns) };
            let said = permit(&secured, &Past::default(), &wanted);
            let is_told = said.is_err_and(|said| said.remedies.contains(&Remedy::Insert));
            assert_eq!(is_told, is_refused, "{method:?}");
        }
    }

    #[test]
    fn columns_are_compared_before_the_first_row() {
        let columns = given();
        let generated = FoundColumn { is_generated: true, is_not_null: true, ..found("n", "bigint") };
        let other = FoundColumn { name: "more".to_owned(), ..generated.clone() };
        let required = FoundColumn { is_not_null: true, ..found("more", "integer") };
        let filled = FoundColumn { has_default: true, ..required.clone() };
        let strict = FoundColumn { is_not_null: true, ..found("n", "bigint") };
        let cases = [
            (vec![found("n", "bigint")], None),
            (vec![found("x", "text"), found("n", "bigint")], None),
            (vec![found("N", "bigint")], Some("no column \"n\"")),
            (vec![found("n", "integer")], Some("is integer, and the rows have bigint")),
            (vec![generated], Some("computes column \"n\"")),
            (vec![found("n", "bigint"), other], None),
            (vec![found("n", "bigint"), filled], None),
            (vec![strict.clone()], None),
            (vec![found("n", "bigint"), required], Some("column \"more\" of the table must not be null")),
        ];
        for (found, told) in cases {
            let said = accept_columns(&found, &columns);
            match told {
                None => assert_eq!(said, Ok(()), "{found:?}"),
                Some(told) => {
                    assert!(said.clone().is_err_and(|said| said.what.contains(told)), "{said:?} {told}")
                }
            }
        }
        let with_nulls: Vec<_> =
            columns.into_iter().map(|column| TableColumn { has_nulls: true, ..column }).collect();
        assert_eq!(accept_columns(&[found("n", "bigint")], &with_nulls), Ok(()));
        let said = accept_columns(&[strict], &with_nulls).expect_err("nulls that the table does not take");
        assert!(
            said.what.contains("\"n\" of the table must not be null, and the rows have nulls"),
            "{said:?}"
        );
    }
}
