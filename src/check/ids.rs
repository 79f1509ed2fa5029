//! Reading ids, in whatever clothes they came, and turning them back into row numbers.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, LargeBinaryArray};
use arrow_schema::DataType;
use arrow_select::take::take;
use uuid::Uuid;

use super::error::CheckError;
use super::text::FoundText;
use crate::columns::uuid::{BINARY_BYTES, TEXT_BYTES, UuidColumn, id_of_text};
use crate::dataset::DataSet;
use crate::rows::RowRange;
use crate::schema::IdForm;

/// A column of ids as it came: text or bytes of any of Arrow's types.
pub(super) enum FoundIds<'a> {
    Text(FoundText<'a>),
    Fixed(&'a FixedSizeBinaryArray),
    Bytes(&'a BinaryArray),
    LargeBytes(&'a LargeBinaryArray),
    BytesView(&'a BinaryViewArray),
}

/// The order in which the 16 bytes of an id came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// As they are written.
    Network,
    /// The first three groups turned round, as .NET and SQL Server keep them.
    GroupsReversed,
}

/// What an id turned out to be.
pub(super) enum FoundRow {
    /// The id of this row, whether or not the data set has it, in bytes of this order.
    Row(u64, ByteOrder),
    /// Not an id of the data set, and why.
    Foreign(&'static str),
}

/// `array` with dictionaries resolved.
pub(super) fn plain(name: &str, array: &ArrayRef) -> Result<ArrayRef, CheckError> {
    match array.as_any_dictionary_opt() {
        Some(dictionary) => take(dictionary.values(), dictionary.keys(), None)
            .map_err(|_| incomparable(name, array.data_type())),
        None => Ok(ArrayRef::clone(array)),
    }
}

fn incomparable(name: &str, found: &DataType) -> CheckError {
    CheckError::Incomparable { column: name.to_owned(), expected: "ids", found: found.clone() }
}

/// The row that `id` stands for, as it is or with its first three groups turned round.
fn row_in_any_order(column: &UuidColumn, id: Uuid) -> Option<(u64, ByteOrder)> {
    let reversed = || column.row(Uuid::from_bytes_le(id.into_bytes()));
    let row = column.row(id).map(|row| (row, ByteOrder::Network));
    row.or_else(|| reversed().map(|row| (row, ByteOrder::GroupsReversed)))
}

/// The row of `data_set` whose id has this text, in any of the notations that a check recognises.
pub fn row_of_text(data_set: &DataSet, text: &str) -> Option<u64> {
    let id = id_of_text(text.as_bytes())?;
    let ids = data_set.values().iter().filter_map(|values| values.as_uuids());
    let mut rows = ids.filter_map(|column| row_in_any_order(column, id));
    rows.next().map(|(row, _)| row).filter(|row| data_set.rows().contains(*row))
}

impl<'a> FoundIds<'a> {
    pub(super) fn new(name: &str, array: &'a ArrayRef) -> Result<Self, CheckError> {
        if let Some(text) = FoundText::new(array) {
            return Ok(Self::Text(text));
        }
        Ok(match array.data_type() {
            DataType::FixedSizeBinary(_) => Self::Fixed(array.as_fixed_size_binary()),
            DataType::Binary => Self::Bytes(array.as_binary()),
            DataType::LargeBinary => Self::LargeBytes(array.as_binary()),
            DataType::BinaryView => Self::BytesView(array.as_binary_view()),
            other => return Err(incomparable(name, other)),
        })
    }

    /// The bytes at `position`, or `None` for a null.
    fn bytes(&self, position: usize) -> Option<&'a [u8]> {
        match self {
            Self::Text(text) => text.get(position).map(str::as_bytes),
            Self::Fixed(array) => array.is_valid(position).then(|| array.value(position)),
            Self::Bytes(array) => array.is_valid(position).then(|| array.value(position)),
            Self::LargeBytes(array) => array.is_valid(position).then(|| array.value(position)),
            Self::BytesView(array) => array.is_valid(position).then(|| array.value(position)),
        }
    }

    /// The id at `position`: 16 bytes, or text in any of the forms that UUIDs have.
    pub(super) fn id(&self, position: usize) -> Option<Uuid> {
        let bytes = self.bytes(position)?;
        match bytes.try_into() {
            Ok(bytes) if !self.is_text() => Some(Uuid::from_bytes(bytes)),
            _ => id_of_text(bytes),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// The row that the id at `position` stands for.
    pub(super) fn row(&self, column: &UuidColumn, position: usize) -> FoundRow {
        match self.id(position) {
            Some(id) => match row_in_any_order(column, id) {
                Some((row, order)) => FoundRow::Row(row, order),
                None => FoundRow::Foreign("its check bits are wrong"),
            },
            None if self.bytes(position).is_none() => FoundRow::Foreign("it is null"),
            None => FoundRow::Foreign("it is not a UUID"),
        }
    }

    /// The id at `position` as it came, for people.
    pub(super) fn text(&self, position: usize) -> String {
        const MAX_CHARACTERS: usize = 60;
        match self.bytes(position) {
            None => "null".to_owned(),
            Some(bytes) if !self.is_text() && bytes.len() == BINARY_BYTES => match self.id(position) {
                Some(id) => id.to_string(),
                None => "null".to_owned(),
            },
            Some(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let more = if text.chars().nth(MAX_CHARACTERS).is_some() { "…" } else { "" };
                text.chars().take(MAX_CHARACTERS).collect::<String>() + more
            }
        }
    }

    /// The first row of the `count` ids from `start` on, if they are those of consecutive rows in the
    /// form that `gen` writes: then making the ids anew and comparing all of them at once is much
    /// faster than reading each.
    pub(super) fn consecutive_rows(&self, column: &UuidColumn, start: usize, count: usize) -> Option<u64> {
        let FoundRow::Row(first_row, ByteOrder::Network) = self.row(column, start) else {
            return None;
        };
        let rows = RowRange::new(first_row, count as u64)?;
        let equal = match self {
            Self::Text(FoundText::Text(array)) => {
                let offsets = &array.value_offsets()[start..=start + count];
                let regular = offsets.windows(2).all(|pair| pair[1] - pair[0] == TEXT_BYTES as i32);
                regular && array.null_count() == 0 && {
                    let found = &array.value_data()[offsets[0] as usize..offsets[count] as usize];
                    let made = column.array(IdForm::Text, rows);
                    made.as_string::<i32>().value_data() == found
                }
            }
            Self::Fixed(array) => {
                array.value_length() as usize == BINARY_BYTES && array.null_count() == 0 && {
                    let found = &array.value_data()[start * BINARY_BYTES..(start + count) * BINARY_BYTES];
                    let made = column.array(IdForm::Binary, rows);
                    made.as_fixed_size_binary().value_data() == found
                }
            }
            _ => false,
        };
        equal.then_some(first_row)
    }
}
