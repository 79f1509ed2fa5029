//! Which columns of Parquet files have a type of ours, and how their values are stored.

use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use crate::schema::ColumnType;
use crate::schema::types::{MAX_DECIMAL_DIGITS, unit_digits};
use crate::schema::value::Value;

/// Why there is no such column in a schema.
pub(super) type Unsupported = String;

/// Whether a column of a schema can be called so.
pub(super) fn name(name: &str, is_known: bool) -> Result<(), Unsupported> {
    match name {
        "" => Err("it has no name".to_owned()),
        _ if is_known => Err("another column is called so".to_owned()),
        _ if name.contains('.') => Err("names of columns have no dots".to_owned()),
        _ if name.contains('\0') => Err("names of columns hold no byte of 0".to_owned()),
        _ => Ok(()),
    }
}

/// `field` in seconds if `hint` says so, which the writer had before Parquet: that has no seconds, and the parquet crate
/// leaves milliseconds as they are.
pub(super) fn with_seconds(field: &Field, hint: &Field) -> Field {
    let data_type = data_type_with_seconds(field.data_type(), hint.data_type());
    if field.name() == hint.name() { field.clone().with_data_type(data_type) } else { field.clone() }
}

fn data_type_with_seconds(data_type: &DataType, hint: &DataType) -> DataType {
    use TimeUnit::{Millisecond, Second};
    match (data_type, hint) {
        (DataType::Time32(Millisecond), DataType::Time32(Second)) => DataType::Time32(Second),
        (DataType::Timestamp(Millisecond, zone), DataType::Timestamp(Second, _)) => {
            DataType::Timestamp(Second, zone.clone())
        }
        (data_type, hint) => match (list(data_type), list(hint)) {
            (Some((item, length)), Some((hint, _))) => {
                let item_type = data_type_with_seconds(item.data_type(), hint.data_type());
                let item = Arc::new(item.clone().with_data_type(item_type));
                match length {
                    Some(length) => DataType::FixedSizeList(item, length),
                    None => DataType::List(item),
                }
            }
            _ => data_type.clone(),
        },
    }
}

/// The elements of a type of lists, and their number if all lists have the same.
fn list(data_type: &DataType) -> Option<(&Field, Option<i32>)> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => Some((item, None)),
        DataType::FixedSizeList(item, length) => Some((item, Some(*length))),
        _ => None,
    }
}

/// A column with a type of ours.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// The type.
    pub(super) column_type: ColumnType,
    /// What the file's type has beyond that.
    pub(super) note: Option<String>,
    /// The number of the leaf that holds the values.
    pub(super) leaf: usize,
    /// The length of all lists, if the type has one.
    pub(super) fixed_length: Option<u64>,
    /// Definition levels of lists: how many there are below that of an element.
    pub(super) below_elements: usize,
    /// Whether the first of these levels stands for a null.
    pub(super) is_nullable: bool,
    physical: PhysicalType,
    /// How many more digits of a second the file has than the type.
    surplus_digits: u32,
}

impl Stored {
    /// The column `field`, whose values are in the leaf number `leaf` of `descriptor`.
    pub(super) fn of(field: &Field, leaf: usize, descriptor: &SchemaDescriptor) -> Result<Self, Unsupported> {
        let column = descriptor.column(leaf);
        let (item, length) = list(field.data_type()).unwrap_or((field, None));
        let is_list = list(field.data_type()).is_some();
        let (column_type, note) = item_type(item.data_type(), &column).map_err(|what| {
            if is_list {
                format!("{what} in lists has no type in schemas")
            } else {
                format!("{what} has no type in schemas")
            }
        })?;
        // Parquet has no seconds.
        let surplus_digits = match column_type {
            ColumnType::Time(TimeUnit::Second) | ColumnType::Timestamp { unit: TimeUnit::Second, .. } => {
                unit_digits(TimeUnit::Millisecond)
            }
            _ => 0,
        };
        Ok(Self {
            column_type: if is_list { ColumnType::List(Box::new(column_type)) } else { column_type },
            note,
            leaf,
            fixed_length: length.and_then(|length| u64::try_from(length).ok()),
            below_elements: usize::from(field.is_nullable()) + 1,
            is_nullable: field.is_nullable(),
            physical: column.physical_type(),
            surplus_digits,
        })
    }

    /// The value that `bytes` are in statistics; `None` if they are none of the type.
    pub(super) fn value(&self, bytes: &[u8]) -> Option<Value> {
        let item = self.column_type.item();
        let value = match item {
            ColumnType::Bool => Value::Bool(*bytes.first()? != 0),
            ColumnType::Float32 => Value::Float(f32::from_le_bytes(bytes.try_into().ok()?).into()),
            ColumnType::Float64 => Value::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
            ColumnType::Text => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
            ColumnType::Binary => Value::Binary(bytes.to_vec()),
            ColumnType::Uuid => Value::Uuid(u128::from_be_bytes(bytes.try_into().ok()?)),
            _ => Value::Whole(self.units(bytes)?),
        };
        match (&value, item.limits()) {
            (Value::Float(number), _) => number.is_finite().then_some(value),
            (Value::Whole(units), Some((least, most))) => (least..=most).contains(units).then_some(value),
            _ => Some(value),
        }
    }

    fn units(&self, bytes: &[u8]) -> Option<i128> {
        let item = self.column_type.item();
        let is_unsigned =
            matches!(item, ColumnType::UInt8 | ColumnType::UInt16 | ColumnType::UInt32 | ColumnType::UInt64);
        let units: i128 = match (self.physical, is_unsigned) {
            (PhysicalType::INT32, false) => i32::from_le_bytes(bytes.try_into().ok()?).into(),
            (PhysicalType::INT32, true) => u32::from_le_bytes(bytes.try_into().ok()?).into(),
            (PhysicalType::INT64, false) => i64::from_le_bytes(bytes.try_into().ok()?).into(),
            (PhysicalType::INT64, true) => u64::from_le_bytes(bytes.try_into().ok()?).into(),
            (PhysicalType::BYTE_ARRAY | PhysicalType::FIXED_LEN_BYTE_ARRAY, _) => big_endian(bytes)?,
            _ => return None,
        };
        let surplus = 10i128.pow(self.surplus_digits);
        (units % surplus == 0).then_some(units / surplus)
    }

    /// The values of a dictionary, whose encoding is PLAIN, up to `limit`; `None` if some are none of the type.
    pub(super) fn plain_values(
        &self,
        mut bytes: &[u8],
        count: usize,
        type_length: i32,
    ) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        for _ in 0..count {
            let length = match self.physical {
                PhysicalType::INT32 | PhysicalType::FLOAT => 4,
                PhysicalType::INT64 | PhysicalType::DOUBLE => 8,
                PhysicalType::FIXED_LEN_BYTE_ARRAY => usize::try_from(type_length).ok()?,
                PhysicalType::BYTE_ARRAY => {
                    let (length, rest) = bytes.split_first_chunk::<4>()?;
                    bytes = rest;
                    usize::try_from(u32::from_le_bytes(*length)).ok()?
                }
                PhysicalType::BOOLEAN | PhysicalType::INT96 => return None,
            };
            let (value, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            values.push(self.value(value)?);
        }
        Some(values)
    }
}

/// A decimal's number of up to 16 bytes, or more if they only carry the sign.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    const BYTES: usize = size_of::<i128>();
    let sign = if *bytes.first()? >= 0x80 { 0xff } else { 0 };
    let (surplus, digits) = bytes.split_at(bytes.len().saturating_sub(BYTES));
    let mut number = [sign; BYTES];
    number[BYTES - digits.len()..].copy_from_slice(digits);
    let is_same_sign = surplus.is_empty() || (number[0] >= 0x80) == (sign != 0);
    (surplus.iter().all(|byte| *byte == sign) && is_same_sign).then(|| i128::from_be_bytes(number))
}

/// The type of a column or an element, and what the file's type has beyond it; or what the type is called.
fn item_type(
    data_type: &DataType,
    column: &ColumnDescriptor,
) -> Result<(ColumnType, Option<String>), String> {
    let logical = column.logical_type_ref();
    let plain = |column_type| Ok((column_type, None));
    let noted = |column_type, note: &str| Ok((column_type, Some(note.to_owned())));
    match logical {
        Some(LogicalType::Geometry { .. }) => return Err("the type GEOMETRY".to_owned()),
        Some(LogicalType::Geography { .. }) => return Err("the type GEOGRAPHY".to_owned()),
        _ => {}
    }
    match data_type {
        DataType::Boolean => plain(ColumnType::Bool),
        DataType::Int8 => plain(ColumnType::Int8),
        DataType::Int16 => plain(ColumnType::Int16),
        DataType::Int32 => plain(ColumnType::Int32),
        DataType::Int64 => plain(ColumnType::Int64),
        DataType::UInt8 => plain(ColumnType::UInt8),
        DataType::UInt16 => plain(ColumnType::UInt16),
        DataType::UInt32 => plain(ColumnType::UInt32),
        DataType::UInt64 => plain(ColumnType::UInt64),
        DataType::Float32 => plain(ColumnType::Float32),
        DataType::Float64 => plain(ColumnType::Float64),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => match u8::try_from(*scale) {
            Ok(scale) if *precision <= MAX_DECIMAL_DIGITS && scale <= *precision => {
                plain(ColumnType::Decimal { precision: *precision, scale })
            }
            _ => Err(format!("the type DECIMAL({precision},{scale})")),
        },
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => match logical {
            Some(LogicalType::Json) => noted(ColumnType::Text, "the text is JSON"),
            _ => plain(ColumnType::Text),
        },
        DataType::Dictionary(_, values) => item_type(values, column),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => match logical {
            Some(LogicalType::Enum) => plain(ColumnType::Text),
            _ if column.converted_type() == ConvertedType::ENUM => plain(ColumnType::Text),
            Some(LogicalType::Bson) => noted(ColumnType::Binary, "the bytes are BSON"),
            _ => plain(ColumnType::Binary),
        },
        DataType::FixedSizeBinary(_) if matches!(logical, Some(LogicalType::Uuid)) => plain(ColumnType::Uuid),
        DataType::FixedSizeBinary(bytes) => noted(
            ColumnType::Binary,
            &format!("all values have {bytes} bytes, which no type in schemas says"),
        ),
        DataType::Date32 | DataType::Date64 => plain(ColumnType::Date),
        DataType::Time32(unit) | DataType::Time64(unit) => plain(ColumnType::Time(*unit)),
        DataType::Timestamp(unit, _) if column.physical_type() == PhysicalType::INT96 => {
            noted(ColumnType::Timestamp { unit: *unit, utc: false }, "the file has the old type INT96")
        }
        DataType::Timestamp(unit, None) => plain(ColumnType::Timestamp { unit: *unit, utc: false }),
        DataType::Timestamp(unit, Some(zone)) => {
            let utc = ColumnType::Timestamp { unit: *unit, utc: true };
            match zone.as_ref() {
                "UTC" | "+00:00" | "Z" => plain(utc),
                zone => noted(utc, &format!("the zone is {zone:?}; schemas have UTC, for the same instants")),
            }
        }
        DataType::Duration(unit) => plain(ColumnType::Duration(*unit)),
        DataType::Float16 => Err("the type FLOAT16".to_owned()),
        DataType::Interval(_) => Err("the type INTERVAL".to_owned()),
        DataType::Null => Err("the type NULL".to_owned()),
        DataType::Struct(_) => Err("a structure".to_owned()),
        DataType::Map(..) => Err("a map".to_owned()),
        other if other.is_nested() => Err("a list of lists".to_owned()),
        other => Err(format!("the type {other}")),
    }
}
