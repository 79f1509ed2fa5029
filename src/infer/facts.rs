//! What footers say of a column.

use std::fs::File;
use std::sync::Arc;

use parquet::basic::Type as PhysicalType;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::dictionary::Dictionary;
use super::types::Stored;
use crate::schema::ColumnType;
use crate::schema::value::Value;

/// What is known of the values of a column in some row groups.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// How many rows there are.
    pub(super) rows: u64,
    /// How many values, nulls included; empty lists and lists that are null count as one.
    pub(super) values: u64,
    /// How many of these are null or no elements.
    pub(super) nulls: Option<u64>,
    pub(super) bounds: Bounds,
    /// Bytes of all texts or binary values.
    pub(super) bytes: Option<u64>,
    /// How many values have each definition level.
    pub(super) levels: Option<Vec<u64>>,
    /// How many different values there are, as a footer with one row group says it.
    pub(super) distinct: Option<u64>,
    pub(super) groups: u64,
    /// Whether every row group says that it is sorted by the column, and begins where the one before it ends, or
    /// behind that.
    pub(super) is_sorted: bool,
    /// Whether each row group has as many values as there are whole numbers from its smallest to its largest, and
    /// begins one behind where the one before it ends.
    pub(super) is_gapless: bool,
    pub(super) dictionary: Dictionary,
}

/// The smallest and the largest value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bounds {
    /// There are no values but nulls.
    Empty,
    /// These. If they are not exact, they are texts that were cut off.
    Known { min: Value, max: Value, exact: bool },
    /// Some row group does not say them.
    Unknown,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            rows: 0,
            values: 0,
            nulls: Some(0),
            bounds: Bounds::Empty,
            bytes: Some(0),
            levels: Some(Vec::new()),
            distinct: None,
            groups: 0,
            is_sorted: true,
            is_gapless: true,
            dictionary: Dictionary::default(),
        }
    }
}

impl Facts {
    /// Adds a column chunk of a row group of `file`, which says whether it is sorted by the column.
    pub(super) fn add(
        &mut self,
        chunk: &ColumnChunkMetaData,
        rows: u64,
        ascending: bool,
        stored: &Stored,
        file: &Arc<File>,
    ) {
        if rows == 0 {
            return;
        }
        let statistics = chunk.statistics();
        let values = u64::try_from(chunk.num_values()).unwrap_or_default();
        let nulls = statistics.and_then(Statistics::null_count_opt);
        self.groups += 1;
        self.rows = self.rows.saturating_add(rows);
        self.values = self.values.saturating_add(values);
        add(&mut self.nulls, nulls);
        add(
            &mut self.bytes,
            chunk.unencoded_byte_array_data_bytes().and_then(|bytes| u64::try_from(bytes).ok()),
        );
        self.levels = self.levels.take().zip(chunk.definition_level_histogram()).map(|(mut levels, more)| {
            levels.resize(levels.len().max(more.len()), 0);
            for (level, more) in levels.iter_mut().zip(more.values()) {
                *level = level.saturating_add(u64::try_from(*more).unwrap_or_default());
            }
            levels
        });
        let distinct = statistics.and_then(Statistics::distinct_count_opt);
        self.distinct = distinct.filter(|_| self.groups == 1);
        if nulls == Some(values) {
            return;
        }
        let bounds = statistics.and_then(|statistics| bounds(statistics, stored));
        self.follow(bounds.as_ref(), values, ascending);
        self.bounds = match (std::mem::replace(&mut self.bounds, Bounds::Unknown), bounds) {
            (Bounds::Unknown, _) | (_, None) => Bounds::Unknown,
            (Bounds::Empty, Some((min, max, exact))) => Bounds::Known { min, max, exact },
            (Bounds::Known { min, max, exact }, Some((other_min, other_max, other_exact))) => Bounds::Known {
                min: if is_less(&other_min, &min) { other_min } else { min },
                max: if is_less(&max, &other_max) { other_max } else { max },
                exact: exact && other_exact,
            },
        };
        self.dictionary.add(chunk, stored, file);
    }

    /// Notes how the next row group, with its bounds, goes on behind those before it.
    fn follow(&mut self, bounds: Option<&(Value, Value, bool)>, values: u64, ascending: bool) {
        let (is_behind, is_next) = match (&self.bounds, bounds) {
            (Bounds::Empty, Some(_)) => (true, true),
            (Bounds::Known { max, .. }, Some((next, ..))) => (
                !is_less(next, max),
                matches!((max, next), (Value::Whole(max), Value::Whole(next)) if Some(*next) == max.checked_add(1)),
            ),
            _ => (false, false),
        };
        let has_no_gap = match bounds {
            Some((Value::Whole(min), Value::Whole(max), _)) => {
                max.abs_diff(*min).checked_add(1) == Some(values.into())
            }
            _ => false,
        };
        self.is_sorted &= ascending && is_behind;
        self.is_gapless &= is_next && has_no_gap;
    }
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    *sum = sum.zip(more).and_then(|(sum, more)| sum.checked_add(more));
}

/// The smallest and the largest value that `statistics` say, and whether they are values of the column.
fn bounds(statistics: &Statistics, stored: &Stored) -> Option<(Value, Value, bool)> {
    let item = stored.column_type.item();
    // The first fields of Parquet's statistics were compared as signed numbers, whatever the type.
    let is_signed =
        matches!(item, ColumnType::Bool) || item.is_float() || item.is_whole() && !is_unsigned(item);
    let has_bytes =
        matches!(statistics.physical_type(), PhysicalType::BYTE_ARRAY | PhysicalType::FIXED_LEN_BYTE_ARRAY);
    if statistics.is_min_max_deprecated() && (!is_signed || has_bytes) {
        return None;
    }
    let min = stored.value(statistics.min_bytes_opt()?)?;
    let max = stored.value(statistics.max_bytes_opt()?)?;
    if is_less(&max, &min) {
        return None;
    }
    Some((min, max, statistics.min_is_exact() && statistics.max_is_exact()))
}

fn is_unsigned(item: &ColumnType) -> bool {
    matches!(item, ColumnType::UInt8 | ColumnType::UInt16 | ColumnType::UInt32 | ColumnType::UInt64)
}

/// Whether a value is below another of its type.
pub(super) fn is_less(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Whole(one), Value::Whole(other)) => one < other,
        (Value::Float(one), Value::Float(other)) => one < other,
        (Value::Text(one), Value::Text(other)) => one < other,
        (Value::Binary(one), Value::Binary(other)) => one < other,
        (Value::Bool(one), Value::Bool(other)) => one < other,
        (Value::Uuid(one), Value::Uuid(other)) => one < other,
        _ => false,
    }
}
