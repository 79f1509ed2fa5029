//! Which columns a Parquet file has, as Arrow types.
//!
//! What Parquet says is read as the parquet crate does, but for two physical types: INT96 timestamps become
//! microseconds, since 64-bit nanoseconds hold the years 1677 to 2262 only, and ENUM is text. What a writer says of
//! Arrow types is left aside: it adds dictionaries and views to what Parquet says. But Parquet has no durations, and
//! only the writer says of an INT64 that it is one, and in which unit.

use std::sync::Arc;

use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

/// `metadata` with the Arrow types that the columns are read as.
pub(super) fn resolve(metadata: ParquetMetaData) -> Result<ArrowReaderMetadata, ArrowError> {
    let metadata = Arc::new(metadata);
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&metadata), options)?;
    let file = metadata.file_metadata();
    // A writer's word that cannot be read says nothing.
    let said = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()).ok();
    let said = said.as_ref().map(Schema::fields);
    let fields = Leaves(file.schema_descr().columns().iter()).fields(plain.schema().fields(), said);
    if fields == *plain.schema().fields() {
        return Ok(plain);
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    Ok(ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new().with_schema(schema))?)
}

/// The leaves of a Parquet schema beside those of the Arrow schema made of it: both have them in the same order. What
/// the writer says has the same form.
struct Leaves<'a>(std::slice::Iter<'a, ColumnDescPtr>);

impl Leaves<'_> {
    fn fields(&mut self, fields: &Fields, said: Option<&Fields>) -> Fields {
        let said = |index: usize| said.and_then(|said| said.get(index)).map(|field| field.data_type());
        fields.iter().enumerate().map(|(index, field)| self.field(field, said(index))).collect()
    }

    fn field(&mut self, field: &Field, said: Option<&DataType>) -> Arc<Field> {
        Arc::new(field.clone().with_data_type(self.data_type(field.data_type(), said)))
    }

    fn data_type(&mut self, of: &DataType, said: Option<&DataType>) -> DataType {
        match of {
            DataType::Struct(fields) => DataType::Struct(self.fields(fields, said.and_then(struct_fields))),
            DataType::List(element) => DataType::List(self.field(element, said.and_then(element_type))),
            DataType::Map(entries, is_sorted) => {
                DataType::Map(self.field(entries, said.and_then(element_type)), *is_sorted)
            }
            _ => match (self.0.next(), of, said) {
                (Some(leaf), DataType::Timestamp(TimeUnit::Nanosecond, None), _) if is_int96(leaf) => {
                    DataType::Timestamp(TimeUnit::Microsecond, None)
                }
                (Some(leaf), DataType::Binary, _) if is_enum(leaf) => DataType::Utf8,
                (_, DataType::Int64, Some(DataType::Duration(unit))) => DataType::Duration(*unit),
                _ => of.clone(),
            },
        }
    }
}

fn struct_fields(data_type: &DataType) -> Option<&Fields> {
    if let DataType::Struct(fields) = data_type { Some(fields) } else { None }
}

/// The type of what lists of any kind, or maps, hold.
fn element_type(data_type: &DataType) -> Option<&DataType> {
    use DataType::{FixedSizeList, LargeList, LargeListView, List, ListView, Map};
    match data_type {
        List(element) | LargeList(element) | ListView(element) | LargeListView(element) => {
            Some(element.data_type())
        }
        FixedSizeList(element, _) | Map(element, _) => Some(element.data_type()),
        _ => None,
    }
}

pub(super) fn is_int96(leaf: &ColumnDescriptor) -> bool {
    leaf.physical_type() == PhysicalType::INT96
}

fn is_enum(leaf: &ColumnDescriptor) -> bool {
    leaf.logical_type_ref() == Some(&LogicalType::Enum) || leaf.converted_type() == ConvertedType::ENUM
}
