//! Column types and single values in Arrow.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, Float32Array, Float64Array, StringArray,
    make_array,
};
use arrow_buffer::{MutableBuffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::extension::Uuid as UuidExtension;
use arrow_schema::{DataType, Field};

use super::slots::{Slot, fill_wide};
use crate::schema::column::Lengths;
use crate::schema::types::{ColumnType, TimeUnit};
use crate::schema::value::Value;

/// The Arrow type of columns of this type; lists of one length have a fixed size.
pub fn data_type(column_type: &ColumnType, lengths: Option<Lengths>) -> DataType {
    match column_type {
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Int8 => DataType::Int8,
        ColumnType::Int16 => DataType::Int16,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::UInt8 => DataType::UInt8,
        ColumnType::UInt16 => DataType::UInt16,
        ColumnType::UInt32 => DataType::UInt32,
        ColumnType::UInt64 => DataType::UInt64,
        ColumnType::Float32 => DataType::Float32,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale as i8),
        ColumnType::Text => DataType::Utf8,
        ColumnType::Binary => DataType::Binary,
        ColumnType::Uuid => DataType::FixedSizeBinary(16),
        ColumnType::Date => DataType::Date32,
        ColumnType::Time(unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => DataType::Time32(*unit),
        ColumnType::Time(unit) => DataType::Time64(*unit),
        ColumnType::Timestamp { unit, utc } => DataType::Timestamp(*unit, utc.then(|| "UTC".into())),
        ColumnType::Duration(unit) => DataType::Duration(*unit),
        ColumnType::List(item) => {
            let field = Arc::new(item_field(item));
            match lengths.and_then(fixed_length) {
                Some(length) => DataType::FixedSizeList(field, length),
                None => DataType::List(field),
            }
        }
    }
}

/// The field of the elements of a list of values of `item`.
pub(super) fn item_field(item: &ColumnType) -> Field {
    let field = Field::new_list_field(data_type(item, None), false);
    if *item == ColumnType::Uuid { field.with_extension_type(UuidExtension) } else { field }
}

/// The length that all lists have, if it is one and not 0.
pub(super) fn fixed_length(lengths: Lengths) -> Option<i32> {
    i32::try_from(lengths.min).ok().filter(|length| *length > 0 && lengths.min == lengths.max)
}

/// An array of `count` values of `width` bytes each, which `fill` puts into memory that is aligned for any type.
pub(super) fn fixed_width_array(
    data_type: DataType,
    count: usize,
    width: usize,
    fill: impl FnOnce(&mut [u8]),
) -> ArrayRef {
    let mut values = MutableBuffer::from_len_zeroed(count * width);
    fill(values.as_slice_mut());
    let data = ArrayData::builder(data_type).len(count).add_buffer(values.into());
    make_array(data.build().expect("as many bytes as the values have"))
}

/// The same array with these nulls.
pub(super) fn with_nulls(array: ArrayRef, nulls: Option<NullBuffer>) -> ArrayRef {
    match nulls {
        Some(nulls) => {
            let data = array.to_data().into_builder().nulls(Some(nulls));
            make_array(data.build().expect("as many nulls as values"))
        }
        None => array,
    }
}

/// An array of single values of `column_type`, which is not a list; `None` if one is of another type.
pub(super) fn array_of(values: &[Value], column_type: &ColumnType) -> Option<ArrayRef> {
    /// What `each` takes from the values.
    fn all<'a, T>(values: &'a [Value], each: impl Fn(&'a Value) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(each).collect()
    }

    let float = |value: &Value| if let Value::Float(value) = value { Some(*value) } else { None };
    Some(match column_type {
        ColumnType::Bool => {
            let value = |value: &Value| if let Value::Bool(value) = value { Some(*value) } else { None };
            Arc::new(BooleanArray::from(all(values, value)?))
        }
        ColumnType::Float32 => Arc::new(Float32Array::from_iter_values(
            all(values, float)?.into_iter().map(|value| value as f32),
        )),
        ColumnType::Float64 => Arc::new(Float64Array::from(all(values, float)?)),
        ColumnType::Text => {
            let texts =
                all(values, |value| if let Value::Text(text) = value { Some(text.as_str()) } else { None });
            Arc::new(StringArray::from(texts?))
        }
        ColumnType::Binary => {
            let bytes =
                all(
                    values,
                    |value| if let Value::Binary(bytes) = value { Some(bytes.as_slice()) } else { None },
                );
            Arc::new(BinaryArray::from(bytes?))
        }
        ColumnType::Uuid => {
            let id = |value: &Value| if let Value::Uuid(id) = value { Some(id.to_be_bytes()) } else { None };
            Arc::new(FixedSizeBinaryArray::new(16, all(values, id)?.concat().into(), None))
        }
        ColumnType::List(_) => return None,
        whole => {
            let units = |value: &Value| if let Value::Whole(units) = value { Some(*units) } else { None };
            let units = all(values, units)?;
            let slot = Slot::in_arrow(whole);
            fixed_width_array(data_type(whole, None), values.len(), slot.bytes(), |slots| {
                fill_wide(units.into_iter(), slot, slots);
            })
        }
    })
}
