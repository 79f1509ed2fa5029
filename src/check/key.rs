//! The key: the column by which rows are identified, in any type and notation.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};
use uuid::Uuid;

use super::column::CheckedColumn;
use super::same::surely_same;
use super::shape::Shape;
use super::values::{Value, Values};
use crate::columns::KeyValue;
use crate::dataset::DataSet;
use crate::rows::RowRange;
use crate::schema::identify::Key as TableKey;

/// The order in which the 16 bytes of an id came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// As they are written.
    Network,
    /// The first three groups reversed, as .NET and SQL Server keep them.
    GroupsReversed,
}

/// What a key turned out to be.
pub(super) enum FoundRow {
    /// The key of this row, whether or not the data set has it.
    Row(u64, ByteOrder),
    /// Not a key of the data set, and why.
    Foreign(String),
}

/// The column that identifies the rows of `data_set`: the first that is marked as key, or else the first that
/// identifies rows. `None` if there is none.
pub(super) fn key_of(data_set: &DataSet) -> Option<CheckedColumn> {
    let TableKey::Column(number) = data_set.table().key()? else {
        return None;
    };
    let name = &data_set.table().columns[number].name;
    let mut columns = data_set.columns().zip(data_set.values()).enumerate();
    let (index, (_, values)) = columns.find(|(_, (column, _))| column.name == *name)?;
    let column = CheckedColumn::new(index, name, values);
    values.is_identifying().then_some(CheckedColumn { is_key: true, ..column })
}

/// The row that the key at `position` stands for.
pub(super) fn row(key: &CheckedColumn, found: &Values, position: usize) -> FoundRow {
    let network = |row: Option<u64>| row.map(|row| (row, ByteOrder::Network));
    let row = match found.get(position) {
        Value::Null => return FoundRow::Foreign("it is null".to_owned()),
        Value::Id(id) => {
            let row = |id: Uuid| key.values.row(KeyValue::Uuid(id.as_u128()));
            let reversed = || row(Uuid::from_bytes_le(id.into_bytes()));
            network(row(id)).or_else(|| reversed().map(|row| (row, ByteOrder::GroupsReversed)))
        }
        Value::Whole(units) => network(key.values.row(KeyValue::Whole(units))),
        Value::Bytes(bytes) => {
            network(std::str::from_utf8(&bytes).ok().and_then(|text| key.values.row(KeyValue::Text(text))))
        }
        _ => {
            return FoundRow::Foreign(match key.shape {
                Shape::Id => "it is not a UUID".to_owned(),
                _ => format!("it is not a value of {}", key.shape),
            });
        }
    };
    match (row, &key.shape) {
        (Some((row, order)), _) => FoundRow::Row(row, order),
        (None, Shape::Id) => FoundRow::Foreign("its check bits are wrong".to_owned()),
        (None, _) => FoundRow::Foreign("no row has this value".to_owned()),
    }
}

/// Whether the value at `position` refers to a row of another table, and that table has no such row.
pub(super) fn is_orphan(column: &CheckedColumn, found: &Values, position: usize) -> bool {
    let Some((parent, parents)) = column.values.parent_key() else { return false };
    if matches!(found.get(position), Value::Null) {
        return false;
    }
    let parent = CheckedColumn::new(column.index, &column.name, parent);
    !matches!(row(&parent, found, position), FoundRow::Row(row, _) if row < parents)
}

/// The rows of all keys in `found`, if they are consecutive: making their keys and comparing all of them at once is
/// much faster than reading each.
pub(super) fn consecutive_rows(key: &CheckedColumn, found: &Values) -> Option<RowRange> {
    let count = found.array().len();
    let FoundRow::Row(first_row, ByteOrder::Network) = (count > 0).then(|| row(key, found, 0))? else {
        return None;
    };
    let rows = RowRange::new(first_row, count as u64)?;
    let last_follows = match row(key, found, count - 1) {
        FoundRow::Row(last_row, ByteOrder::Network) => last_row == first_row + (count as u64 - 1),
        _ => false,
    };
    let expected = last_follows.then(|| key.values.array(rows))?;
    if surely_same(&expected, found.array()) {
        return Some(rows);
    }
    let expected = Values::new(&key.shape, &expected)?;
    (0..count).all(|position| expected.get(position) == found.get(position)).then_some(rows)
}

/// The row of `data_set` whose key has this text, in any of the notations that a check recognises.
pub fn row_of_text(data_set: &DataSet, text: &str) -> Option<u64> {
    let key = key_of(data_set)?;
    let texts: ArrayRef = Arc::new(StringArray::from(vec![text]));
    match row(&key, &Values::new(&key.shape, &texts)?, 0) {
        FoundRow::Row(row, _) if data_set.rows().contains(row) => Some(row),
        _ => None,
    }
}
