//! Lists of values in descriptions: how large they are, and digests in the place of those that are long.
//!
//! `_dataset.json` holds all values. Parts name long lists by their digests, so that footers stay small.

use std::slice;

use xxhash_rust::xxh3::xxh3_128;

use super::column::{Column, Schema, Table};
use super::generator::{Generator, Items};
use super::number::Number;
use super::types::ColumnType;
use super::value::Value;
use super::values_from::ValuesDigest;
use super::write::values_json;

/// Lists of more bytes than this, in JSON and with their weights, are named by their digest.
///
/// Shorter ones stay as they are: a part with them describes its data set by itself.
const MAX_LISTED_BYTES: usize = 4 << 10;

impl Schema {
    /// The schema with digests in the place of long lists of values; `None` if it has none.
    pub(crate) fn with_digests(&self) -> Option<Self> {
        let mut named = None;
        for (table_number, table) in self.tables.iter().enumerate() {
            for (number, column) in table.columns.iter().enumerate() {
                if let Some(generator) = digested(column) {
                    let Self { tables, .. } = named.get_or_insert_with(|| self.clone());
                    let Table { columns, .. } = &mut tables[table_number];
                    columns[number].generator = generator;
                }
            }
        }
        named
    }
}

/// Bytes of the values that the columns of `table` choose from, in JSON and with their weights.
pub(super) fn values_bytes(table: &Table) -> usize {
    let of_column = |column: &Column| {
        let item = column.column_type.item();
        match &column.generator {
            Generator::OneOf { values, weights } => values_json(values, weights.as_deref(), item).len(),
            Generator::Zipf { items: Items::Values(values), .. } => values_json(values, None, item).len(),
            Generator::Mapping(mapping) => {
                let entry = |(key, value): &(String, Value)| {
                    key.len() + values_json(slice::from_ref(value), None, item).len()
                };
                mapping.entries.iter().map(entry).sum()
            }
            _ => 0,
        }
    };
    table.columns.iter().map(of_column).sum()
}

impl Table {
    /// The most memory that the values which the columns choose from take, while the schema is read and afterwards.
    ///
    /// What a value takes by itself, and for each of its bytes: measured with the most values that a schema may have,
    /// when it is read as text, as a tree, as values, and as arrays.
    pub(crate) fn values_memory_bytes(&self) -> u64 {
        const MEMORY_VALUE_BYTES: u64 = 200;
        const MEMORY_TEXT_BYTES: u64 = 32;
        let of_value = |value: &Value| MEMORY_VALUE_BYTES + MEMORY_TEXT_BYTES * json_bytes(value);
        let of_column = |column: &Column| -> u64 {
            match &column.generator {
                Generator::OneOf { values, .. } | Generator::Zipf { items: Items::Values(values), .. } => {
                    values.iter().map(of_value).sum()
                }
                Generator::Mapping(mapping) => {
                    let entry = |(key, value): &(String, Value)| {
                        of_value(value) + MEMORY_VALUE_BYTES + MEMORY_TEXT_BYTES * key.len() as u64
                    };
                    mapping.entries.iter().map(entry).sum()
                }
                _ => 0,
            }
        };
        self.columns.iter().map(of_column).sum()
    }
}

/// About how many bytes a value has in JSON.
fn json_bytes(value: &Value) -> u64 {
    match value {
        Value::Text(text) => text.len() as u64 + 3,
        Value::Binary(bytes) => 2 * bytes.len() as u64 + 3,
        Value::Whole(units) => u64::from(units.unsigned_abs().checked_ilog10().unwrap_or(0)) + 3,
        Value::Float(_) => 18,
        Value::Uuid(_) => 39,
        Value::Bool(_) => 6,
    }
}

/// The generator of `column` with a digest in the place of its list, if that is long.
fn digested(column: &Column) -> Option<Generator> {
    let item = column.column_type.item();
    match &column.generator {
        Generator::OneOf { values, weights } => {
            let values = digest(values, weights.as_deref(), item)?;
            Some(Generator::Digested { exponent: None, values })
        }
        Generator::Zipf { exponent, items: Items::Values(values) } => {
            Some(Generator::Digested { exponent: Some(*exponent), values: digest(values, None, item)? })
        }
        _ => None,
    }
}

fn digest(values: &[Value], weights: Option<&[Number]>, item: &ColumnType) -> Option<ValuesDigest> {
    let json = values_json(values, weights, item);
    let digest = || ValuesDigest { digest: xxh3_128(json.as_bytes()), count: values.len() as u64 };
    (json.len() > MAX_LISTED_BYTES).then(digest)
}
