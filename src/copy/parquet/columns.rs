//! Which columns a Parquet file has, as Arrow types.
//!
//! What a writer says of Arrow types is left aside: it adds dictionaries and views to what Parquet says. What
//! Parquet says is read as the parquet crate does, but for two physical types: INT96 timestamps become microseconds,
//! since 64-bit nanoseconds hold the years 1677 to 2262 only, and ENUM is text.

use std::sync::Arc;

use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

/// `metadata` with the Arrow types that the columns are read as.
pub(super) fn resolve(metadata: ParquetMetaData) -> Result<ArrowReaderMetadata, ArrowError> {
    let metadata = Arc::new(metadata);
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&metadata), options)?;
    let leaves = metadata.file_metadata().schema_descr().columns();
    if !leaves.iter().any(|leaf| is_int96(leaf) || is_enum(leaf)) {
        return Ok(plain);
    }
    let fields = Leaves(leaves.iter()).fields(plain.schema().fields());
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    Ok(ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new().with_schema(schema))?)
}

/// The leaves of a Parquet schema beside those of the Arrow schema made of it: both have them in the same order.
struct Leaves<'a>(std::slice::Iter<'a, ColumnDescPtr>);

impl Leaves<'_> {
    fn fields(&mut self, fields: &Fields) -> Fields {
        fields.iter().map(|field| self.field(field)).collect()
    }

    fn field(&mut self, field: &Field) -> Arc<Field> {
        Arc::new(field.clone().with_data_type(self.data_type(field.data_type())))
    }

    fn data_type(&mut self, of: &DataType) -> DataType {
        match of {
            DataType::Struct(fields) => DataType::Struct(self.fields(fields)),
            DataType::List(element) => DataType::List(self.field(element)),
            DataType::Map(entries, is_sorted) => DataType::Map(self.field(entries), *is_sorted),
            _ => match (self.0.next(), of) {
                (Some(leaf), DataType::Timestamp(TimeUnit::Nanosecond, None)) if is_int96(leaf) => {
                    DataType::Timestamp(TimeUnit::Microsecond, None)
                }
                (Some(leaf), DataType::Binary) if is_enum(leaf) => DataType::Utf8,
                _ => of.clone(),
            },
        }
    }
}

pub(super) fn is_int96(leaf: &ColumnDescriptor) -> bool {
    leaf.physical_type() == PhysicalType::INT96
}

fn is_enum(leaf: &ColumnDescriptor) -> bool {
    leaf.logical_type_ref() == Some(&LogicalType::Enum) || leaf.converted_type() == ConvertedType::ENUM
}
