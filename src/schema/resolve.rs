//! From nodes to a schema: tables, columns and their options.

use std::collections::HashMap;
use std::num::NonZeroU64;

use super::column::{Column, Encoding, Lengths, Schema, Storage, Table};
use super::described::values_bytes;
use super::fault::{Fault, listed, nearest};
use super::file::{LayoutKeys, ReadOptions, SchemaFile};
use super::kinds::{COLUMN_KEYS, KINDS, Kind, LIST_KEYS, Role};
use super::literal::{self, Refused, shown};
use super::node::{Content, Node};
use super::number::Number;
use super::outline::{Head, Outline, Taken, find};
use super::parameters::Scope;
use super::relations;
use super::scope::{Fields, Notes, Read};
use super::types::ColumnType;
use super::values_from::MAX_VALUES_BYTES;
use super::{CONTRACT_VERSION, MAX_COLUMNS};
use crate::compression::Compression;
use crate::count::{counted, grouped, parse_count};
use crate::rows::RowRange;

/// The most elements of a list: Arrow counts them in 32 bits.
const MAX_LENGTH: u64 = i32::MAX as u64;

/// What a schema's text says.
pub(super) fn resolve(root: &Node, options: &ReadOptions<'_>) -> Result<SchemaFile, Vec<Fault>> {
    let mut notes = Notes::default();
    let file = file(root, options, &mut notes);
    match file {
        Ok(file) if notes.faults.is_empty() => Ok(file),
        _ => Err(notes.faults),
    }
}

/// A data set, or a data set and its layout.
fn file(root: &Node, options: &ReadOptions<'_>, notes: &mut Notes) -> Read<SchemaFile> {
    let fields = notes.read(root.at, "schema", Fields::new(root))?;
    let Some(data_set) = fields.get("dataset") else {
        return Ok(SchemaFile { schema: schema(fields, options, notes)?, layout: None, layouts: Vec::new() });
    };
    fields.only(notes, "a schema with a dataset", &["dataset", "layout", "layouts"], &[]);
    let own_layout = fields.get("layout").map(|node| layout(node, notes)).transpose();
    let layouts_node = fields.get("layouts");
    let layouts = layouts_node.map(|node| layouts(node, notes)).transpose();
    let fields = notes.read(data_set.at, "dataset", Fields::new(data_set))?;
    let schema = schema(fields, options, notes)?;
    let layouts = layouts?.unwrap_or_default();
    let is_table = |name: &str| schema.tables.iter().any(|table| table.name.as_deref() == Some(name));
    if let Some((name, _)) = layouts.iter().find(|(name, _)| !is_table(name)) {
        let at = layouts_node.and_then(|node| node.at);
        return Err(notes.fault(at, format!("layouts: there is no table {name:?}")));
    }
    Ok(SchemaFile { schema, layout: own_layout?, layouts })
}

/// The layouts of tables by their names.
fn layouts(node: &Node, notes: &mut Notes) -> Read<Vec<(String, LayoutKeys)>> {
    let Content::Map(entries) = &node.content else {
        return Err(notes.fault(node.at, format!("layouts: expected names of tables, found {}", shown(node))));
    };
    entries.iter().map(|entry| Ok((entry.name.clone(), layout(&entry.value, notes)?))).collect()
}

fn layout(node: &Node, notes: &mut Notes) -> Read<LayoutKeys> {
    let fields = notes.read(node.at, "layout", Fields::new(node))?;
    fields.only(notes, "layout", &["batch_rows", "row_group_rows", "compression"], &[]);
    let rows = |node: &Node| {
        NonZeroU64::new(row_count(node)?).ok_or_else(|| format!("{} is not above 0", shown(node)))
    };
    let batch_rows = fields.optional(notes, "batch_rows", rows);
    let row_group_rows = fields.optional(notes, "row_group_rows", rows);
    let compression = fields.optional(notes, "compression", compression);
    Ok(LayoutKeys { batch_rows: batch_rows?, row_group_rows: row_group_rows?, compression: compression? })
}

fn compression(node: &Node) -> Result<Compression, Refused> {
    literal::text(node)?.parse().map_err(|error: crate::compression::CompressionError| error.to_string())
}

/// A count of rows as people write them.
fn row_count(node: &Node) -> Result<u64, Refused> {
    match &node.content {
        Content::Number(text) | Content::Text(text) => {
            parse_count(text).map_err(|refused| format!("{}: {refused}", shown(node)))
        }
        _ => Err(format!("expected a count, found {}", shown(node))),
    }
}

fn schema(fields: Fields<'_>, options: &ReadOptions<'_>, notes: &mut Notes) -> Read<Schema> {
    let contract = fields.optional(notes, "contract", |node| match literal::number(node)?.units(0) {
        Some(version) if version == i128::from(CONTRACT_VERSION) => Ok(()),
        _ => Err(format!("{} is a version of the value contract that this release does not know; it knows {CONTRACT_VERSION}", shown(node))),
    });
    let seed = fields.optional(notes, "seed", |node| literal::count(node, 0, u64::MAX));
    let seed = seed.map(|seed| options.seed.or(seed).unwrap_or(0));
    let first_row = fields.optional(notes, "first_row", row_count);
    let first_row = first_row.map(|first| options.first_row.or(first).unwrap_or(0));
    let whole =
        Whole { options, seed: *seed.as_ref().unwrap_or(&0), first_row: *first_row.as_ref().unwrap_or(&0) };
    let tables = match (fields.get("columns"), fields.get("tables")) {
        (Some(_), Some(tables)) => {
            return Err(notes.fault(
                tables.at,
                "columns and tables exclude each other; give the columns of each table in tables",
            ));
        }
        (Some(_), None) => {
            fields.only(
                notes,
                "a table without a name",
                &["contract", "seed", "first_row", "rows", "columns"],
                &[],
            );
            let head = head(fields, None, &whole, notes);
            tables_of(vec![head], &whole, notes)
        }
        (None, Some(list)) => {
            if let Some(rows) = fields.get("rows") {
                notes.fault(rows.at, "rows belongs to a table; give each table its rows");
            } else {
                fields.only(notes, "a schema of tables", &["contract", "seed", "first_row", "tables"], &[]);
            }
            tables(list, &whole, notes)
        }
        (None, None) => {
            fields.only(
                notes,
                "a schema",
                &["contract", "seed", "first_row", "rows", "columns", "tables", "dataset"],
                &[],
            );
            Err(notes.fault(fields.at(""), "a schema needs the key \"columns\" or \"tables\""))
        }
    };
    let (_, seed, first_row, tables) = (contract?, seed?, first_row?, tables?);
    if first_row > 0 && tables.len() > 1 {
        return Err(notes
            .fault(fields.at("first_row"), "first_row: only a schema of one table can begin behind row 0"));
    }
    Ok(Schema { seed, first_row, tables })
}

/// What the tables of a schema need to know of it.
struct Whole<'a> {
    options: &'a ReadOptions<'a>,
    seed: u64,
    first_row: u64,
}

fn tables(node: &Node, whole: &Whole<'_>, notes: &mut Notes) -> Read<Vec<Table>> {
    let Content::List(nodes) = &node.content else {
        return Err(notes.fault(node.at, format!("tables: expected a list, found {}", shown(node))));
    };
    if nodes.is_empty() {
        return Err(notes.fault(node.at, "tables: the list is empty; give at least one table"));
    }
    if whole.options.rows.is_some() && nodes.len() > 1 {
        return Err(notes.fault(
            node.at,
            "a count of rows given beside the schema needs a schema of one table; give each table its rows, or scale them all",
        ));
    }
    let mut seen = HashMap::new();
    let heads = nodes
        .iter()
        .map(|node| {
            let fields = notes.read(node.at, "tables", Fields::new(node))?;
            let named = fields.required(notes, "a table", "name", name)?;
            if seen.insert(named, ()).is_some() {
                return Err(notes
                    .fault(fields.at("name"), format!("there are two tables called {named:?}; rename one")));
            }
            notes.table = Some(named.to_owned());
            fields.only(notes, "a table", &["name", "rows", "columns"], &[]);
            let read = head(fields, Some(named.to_owned()), whole, notes);
            notes.table = None;
            read
        })
        .collect();
    tables_of(heads, whole, notes)
}

/// The name of a table or a column.
fn name(node: &Node) -> Result<&str, Refused> {
    let name = literal::text(node)?;
    match name {
        "" => Err("a name is not empty".to_owned()),
        _ if name.contains('\0') => Err(format!("{name:?} holds a byte of 0, which names cannot have")),
        _ if name.contains('.') => {
            Err(format!("{name:?} holds a dot, which names cannot have; use _ instead"))
        }
        _ => Ok(name),
    }
}

/// A table whose columns have names, and are not read yet.
fn head<'a>(
    fields: Fields<'a>,
    named: Option<String>,
    whole: &Whole<'_>,
    notes: &mut Notes,
) -> Read<Head<'a>> {
    let rows = fields.optional(notes, "rows", |node| scaled(row_count(node)?, whole.options.scale));
    let list = fields.required(notes, "a table", "columns", |node| match &node.content {
        Content::List(nodes) if nodes.is_empty() => Err("a table needs at least one column".to_owned()),
        Content::List(nodes) if nodes.len() > MAX_COLUMNS => {
            let found = counted(nodes.len(), "column");
            Err(format!("{found} are more than the {} a table may have", grouped(MAX_COLUMNS)))
        }
        Content::List(nodes) => Ok(nodes),
        _ => Err(format!("expected a list, found {}", shown(node))),
    })?;
    let rows = rows.map(|rows| whole.options.rows.or(rows));
    if let Ok(Some(rows)) = rows
        && RowRange::new(whole.first_row, rows).is_none()
    {
        notes.fault(fields.at("rows"), "rows: the rows go beyond row 2^64 - 1");
    }

    let mut numbers = HashMap::new();
    let mut columns = Vec::with_capacity(list.len());
    for (number, node) in list.iter().enumerate() {
        let Ok(fields) = notes.read(node.at, "columns", Fields::new(node)) else { continue };
        let Ok(named) = fields.required(notes, "a column", "name", name) else { continue };
        if numbers.insert(named.to_owned(), number).is_some() {
            notes.fault(fields.at("name"), format!("there are two columns called {named:?}; rename one"));
        }
        columns.push((named, fields));
    }
    if columns.len() < list.len() {
        return Err(super::scope::Noted);
    }
    Ok(Head { name: named, fields, rows: rows?, columns, numbers })
}

/// The rows that a schema scaled by this factor has instead of `rows`.
fn scaled(rows: u64, factor: Option<&Number>) -> Result<u64, Refused> {
    let Some(factor) = factor else { return Ok(rows) };
    let too_many = || format!("{} times {factor} are more than 64 bits count", grouped(rows));
    factor.times(rows).rounded_half_up().ok_or_else(too_many)
}

/// The tables that begin with these heads.
fn tables_of(heads: Vec<Read<Head<'_>>>, whole: &Whole<'_>, notes: &mut Notes) -> Read<Vec<Table>> {
    let outline = Outline::new(heads);
    let columns: Vec<Vec<Read<Column>>> = (0..outline.heads.len())
        .map(|table| {
            let head = &outline.heads[table];
            notes.table.clone_from(&head.name);
            let columns = head.columns.iter().map(|(named, fields)| {
                notes.column = Some((*named).to_owned());
                let read = column(named, *fields, table, &outline, whole.options, notes);
                notes.column = None;
                read
            });
            let columns = columns.collect();
            notes.table = None;
            columns
        })
        .collect();
    relations::check(&outline, &columns, whole.seed, whole.first_row, notes);
    let tables: Vec<_> = outline
        .heads
        .into_iter()
        .zip(columns)
        .map(|(head, columns)| {
            let columns = columns.into_iter().collect::<Read<_>>()?;
            let table = Table { name: head.name, rows: head.rows, columns };
            notes.table.clone_from(&table.name);
            let bytes = values_bytes(&table);
            let checked = match bytes > MAX_VALUES_BYTES {
                true => Err(notes.fault(
                    head.fields.at("columns"),
                    format!(
                        "the values of the columns have {}, more than the {} that a description may hold; give fewer values",
                        counted(bytes, "byte"),
                        grouped(MAX_VALUES_BYTES)
                    ),
                )),
                false => Ok(table),
            };
            notes.table = None;
            checked
        })
        .collect();
    tables.into_iter().collect()
}

fn column(
    named: &str,
    fields: Fields<'_>,
    table: usize,
    outline: &Outline<'_>,
    options: &ReadOptions<'_>,
    notes: &mut Notes,
) -> Read<Column> {
    let numbers = &outline.heads[table].numbers;
    let column_type = fields.optional(notes, "type", column_type);
    let kind = fields.required(notes, "a column", "generator", |node| {
        let name = literal::text(node)?;
        Kind::named(name).ok_or_else(|| unknown_generator(name))
    });
    let (column_type, kind) = (column_type?, kind?);
    let before = notes.faults.len();
    let taken = kind.relation().map(|relation| {
        fields.required(notes, kind.name, "of", Ok)?;
        outline.taken(table, fields, relation, notes)
    });
    let (column_type, taken) = match taken {
        None => (column_type, None),
        Some(Err(noted)) => {
            fields.only(notes, kind.name, kind.keys, &COLUMN_KEYS);
            return Err(noted);
        }
        Some(Ok(taken)) => (Some(type_of_taken(column_type, taken, fields, outline, notes)?), Some(taken)),
    };
    let Some(column_type) = column_type else {
        fields.only(notes, kind.name, kind.keys, &[&COLUMN_KEYS[..], &LIST_KEYS].concat());
        return Err(notes.fault(fields.at("generator"), "a column needs the key \"type\""));
    };
    let column_type = kind.released_type(column_type);

    let is_list = matches!(column_type, ColumnType::List(_)) && taken.is_none();
    let common = [&COLUMN_KEYS[..], if is_list { &LIST_KEYS } else { &[] }].concat();
    fields.only(notes, kind.name, kind.keys, &common);
    if !kind.makes.includes(column_type.item()) {
        let words = kind.makes.words();
        return Err(notes.fault(
            fields.at("type"),
            format!("{} does not make {}; it makes {words}", kind.name, column_type.item()),
        ));
    }
    if is_list && kind.role == Role::Column {
        return Err(notes.fault(
            fields.at("generator"),
            format!("{} does not make lists; their elements may be {}", kind.name, element_kinds()),
        ));
    }
    let lengths = if is_list { lengths(fields, notes).map(Some) } else { Ok(None) };
    let nulls = fields.optional(notes, "nulls", literal::probability);
    let depends_on = fields.optional(notes, "depends_on", |node| {
        if kind.role != Role::Drawn {
            return Err(format!(
                "{} draws nothing that could follow another column; leave depends_on out",
                kind.name
            ));
        }
        find(numbers, literal::text(node)?)
    });
    let key = fields.optional(notes, "key", literal::boolean);
    let hidden = fields.optional(notes, "hidden", literal::boolean);
    let storage = storage(fields, column_type.item(), notes);
    let item = column_type.item();
    let generator =
        Scope { kind, fields, item, numbers, taken, files: options.files, notes: &mut *notes }.generator();
    let (lengths, nulls, depends_on) = (lengths?, nulls?, depends_on?);
    let (key, hidden, storage, generator) = (key?, hidden?, storage?, generator?);
    if notes.faults.len() > before {
        return Err(super::scope::Noted);
    }
    Ok(Column {
        name: named.to_owned(),
        column_type,
        generator,
        nulls: nulls.filter(|nulls| !nulls.is_zero()),
        depends_on,
        lengths,
        key: key.unwrap_or(false),
        hidden: hidden.unwrap_or(false),
        storage,
    })
}

/// The type of a column whose values are taken from another one: the other's, whether it is given or not.
fn type_of_taken(
    given: Option<ColumnType>,
    taken: Taken,
    fields: Fields<'_>,
    outline: &Outline<'_>,
    notes: &mut Notes,
) -> Read<ColumnType> {
    let column_type = outline.type_of(taken.of).map_err(|unknown| unknown.note(fields, notes))?;
    match given {
        Some(given) if given != column_type => Err(notes.fault(
            fields.at("type"),
            format!(
                "type: {given} is not {column_type}, the type of {}; leave type out",
                outline.column_name(taken.of, true)
            ),
        )),
        _ => Ok(column_type),
    }
}

fn column_type(node: &Node) -> Result<ColumnType, Refused> {
    let name = literal::text(node)?;
    name.parse().map_err(|error: super::types::TypeError| {
        // Within braces a comma ends a text without quotes.
        let quote = if name.starts_with("decimal(") && !name.contains(',') {
            "; quote it: \"decimal(p,s)\""
        } else {
            ""
        };
        format!("{error}{quote}")
    })
}

fn unknown_generator(name: &str) -> Refused {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("unknown generator {name:?}; did you mean {near:?}?"),
        None => format!("unknown generator {name:?}; generators are {}", listed(&names, "and")),
    }
}

fn element_kinds() -> String {
    let names: Vec<&str> =
        KINDS.iter().filter(|kind| kind.role != Role::Column).map(|kind| kind.name).collect();
    listed(&names, "and")
}

fn lengths(fields: Fields<'_>, notes: &mut Notes) -> Read<Lengths> {
    let count = |node: &Node| literal::count(node, 0, MAX_LENGTH);
    let length = fields.optional(notes, "length", count);
    let min = fields.optional(notes, "min_length", count);
    let max = fields.optional(notes, "max_length", count);
    match (length?, min?, max?) {
        (Some(length), None, None) => Ok(Lengths { min: length, max: length }),
        (None, Some(min), Some(max)) if min <= max => Ok(Lengths { min, max }),
        (None, Some(min), Some(max)) => Err(notes.fault(
            fields.at("min_length"),
            format!("the range is empty: min_length {min} is above max_length {max}"),
        )),
        _ => Err(notes.fault(
            fields.at("type"),
            "a list needs the key \"length\", or both \"min_length\" and \"max_length\"",
        )),
    }
}

fn storage(fields: Fields<'_>, item: &ColumnType, notes: &mut Notes) -> Read<Storage> {
    let encoding = fields.optional(notes, "encoding", |node| {
        let name = literal::text(node)?;
        let names = Encoding::ALL.map(|(name, _)| name);
        let found = Encoding::ALL.iter().find(|(known, _)| *known == name).map(|(_, encoding)| *encoding);
        let encoding =
            found.ok_or_else(|| format!("unknown encoding {name:?}; choose {}", listed(&names, "or")))?;
        if encoding.encodes(item) {
            return Ok(encoding);
        }
        let possible: Vec<_> = Encoding::ALL.iter().filter(|(_, encoding)| encoding.encodes(item)).collect();
        let names: Vec<&str> = possible.iter().map(|(name, _)| *name).collect();
        Err(format!("{name} does not encode {item}; choose {}", listed(&names, "or")))
    });
    let compression = fields.optional(notes, "compression", compression);
    let bloom_filter = fields.optional(notes, "bloom_filter", |node| bloom_filter(node, item));
    Ok(Storage { encoding: encoding?, compression: compression?, bloom_filter: bloom_filter?.flatten() })
}

/// The rate of false positives; true stands for 1%.
fn bloom_filter(node: &Node, item: &ColumnType) -> Result<Option<Number>, Refused> {
    let rate = match node.content {
        Content::Bool(false) => return Ok(None),
        Content::Bool(true) => Number::from_units(1, 2),
        _ => literal::number(node)?,
    };
    if *item == ColumnType::Bool {
        return Err("bool has no Bloom filters; leave bloom_filter out".to_owned());
    }
    let one = Number::from_units(1, 0);
    if rate.is_negative() || rate.is_zero() || rate.is_above(&one) || rate == one {
        return Err(format!(
            "{} is not above 0 and below 1; give the rate of false positives, such as 1%",
            shown(node)
        ));
    }
    Ok(Some(rate))
}
