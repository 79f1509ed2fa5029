//! The types that columns have in Parquet files.

use std::sync::Arc;

use arrow_schema::extension::Uuid as UuidExtension;
use arrow_schema::{DataType, Field, TimeUnit};
use parquet::basic::Type;

use crate::columns::ValueColumn;
use crate::schema::types::ColumnType;

/// The field from which the Parquet type is made. Parquet has no seconds, which become milliseconds, and calls the
/// elements of lists by their own name. Durations are plain integers.
pub(super) fn stored_field(name: &str, column: &ValueColumn) -> Field {
    let data_type = match column.data_type() {
        DataType::List(item) | DataType::FixedSizeList(item, _) => {
            let item = Field::new("element", stored(item.data_type()), item.is_nullable());
            DataType::List(Arc::new(with_extension(item, column.column_type().item())))
        }
        other => stored(&other),
    };
    with_extension(Field::new(name, data_type, column.is_nullable()), column.column_type())
}

fn stored(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        other => other.clone(),
    }
}

fn with_extension(field: Field, column_type: &ColumnType) -> Field {
    if *column_type == ColumnType::Uuid { field.with_extension_type(UuidExtension) } else { field }
}

/// How Parquet holds values of `column_type`, which is not a list.
pub(super) fn physical_type(column_type: &ColumnType, plain_bytes: Option<usize>) -> Type {
    match column_type {
        ColumnType::Bool => Type::BOOLEAN,
        ColumnType::Float32 => Type::FLOAT,
        ColumnType::Float64 => Type::DOUBLE,
        ColumnType::Text | ColumnType::Binary => Type::BYTE_ARRAY,
        ColumnType::Uuid => Type::FIXED_LEN_BYTE_ARRAY,
        ColumnType::Decimal { precision: 19.., .. } => Type::FIXED_LEN_BYTE_ARRAY,
        _ if plain_bytes == Some(4) => Type::INT32,
        _ => Type::INT64,
    }
}
