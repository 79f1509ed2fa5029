//! The end of a Parquet file: what its readers are told of pages, column chunks and row groups.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, encode_arrow_schema};
use parquet::basic::{BoundaryOrder, ColumnOrder, Encoding, PageType, Type};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, FileMetaData, KeyValue, OffsetIndexBuilder, PageEncodingStats,
    ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::TrackedWrite;
use parquet::schema::types::{ColumnDescriptor, SchemaDescPtr};

use super::PartError;
use super::codec::parquet_compression;
use super::origin::{Origin, WRITER_NAME};
use super::page::PartPage;
use crate::columns::{PageBounds, ValueBounds};
use crate::plan::{Part, Plan};
use crate::progress::Progress;

/// What all footers of a plan have in common.
pub(crate) struct FooterTemplate {
    schema: SchemaDescPtr,
    plan_key_values: [KeyValue; 2],
    arrow_schema: KeyValue,
}

impl FooterTemplate {
    pub(crate) fn new(plan: &Plan) -> ParquetResult<Self> {
        let arrow_schema = plan.data_set().arrow_schema();
        Ok(Self {
            schema: Arc::new(ArrowSchemaConverter::new().convert(&arrow_schema)?),
            plan_key_values: Origin::plan_key_values(plan).map_err(external)?,
            arrow_schema: KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(&arrow_schema)),
        })
    }

    /// The bytes behind the last page of `part`: column indexes, offset indexes, metadata, its
    /// length and the magic number. `pages` are the part's, encoded, in file order; `offset` is
    /// where the footer begins.
    pub(crate) fn footer(
        &self,
        plan: &Plan,
        part: Part,
        pages: &[PartPage],
        offset: u64,
        progress: &Progress,
    ) -> Result<Vec<u8>, PartError> {
        let mut row_groups = Vec::new();
        let mut column_indexes = Vec::new();
        let mut offset_indexes = Vec::new();
        for group_pages in pages.chunk_by(|a, b| a.plan.row_group == b.plan.row_group) {
            // With many row groups of many columns, this takes seconds.
            progress.check()?;
            let chunks = group_pages
                .chunk_by(|a, b| a.plan.column == b.plan.column)
                .map(|pages| self.chunk(plan, pages))
                .collect::<ParquetResult<Vec<_>>>()?;
            let mut column_index = Vec::with_capacity(chunks.len());
            let mut offset_index = Vec::with_capacity(chunks.len());
            let mut metadata = Vec::with_capacity(chunks.len());
            for chunk in chunks {
                column_index.push(chunk.column_index);
                offset_index.push(chunk.offset_index);
                metadata.push(chunk.metadata);
            }
            row_groups.push(self.row_group(group_pages, metadata)?);
            column_indexes.push(column_index);
            offset_indexes.push(offset_index);
        }

        let mut key_values = self.plan_key_values.to_vec();
        key_values.push(Origin::part_key_value(plan, part).map_err(external)?);
        key_values.push(self.arrow_schema.clone());
        let column_orders = self.schema.columns().iter().map(|column| {
            ColumnOrder::TYPE_DEFINED_ORDER(ColumnOrder::sort_order_for_type(
                column.logical_type_ref(),
                column.converted_type(),
                column.physical_type(),
            ))
        });
        let metadata = FileMetaData::new(
            FORMAT_VERSION,
            part.rows.count() as i64,
            // In the form that readers parse: name, "version", number.
            Some(format!("{WRITER_NAME}{}", env!("CARGO_PKG_VERSION"))),
            Some(key_values),
            Arc::clone(&self.schema),
            Some(column_orders.collect()),
        );
        let metadata = ParquetMetaDataBuilder::new(metadata)
            .set_row_groups(row_groups)
            .set_column_index(Some(column_indexes))
            .set_offset_index(Some(offset_indexes))
            .build();

        let mut bytes = Vec::new();
        let mut sink = TrackedWrite::new(Tail { skip: offset, bytes: &mut bytes });
        skip_to(&mut sink, offset)?;
        ParquetMetaDataWriter::new_with_tracked(sink, &metadata).finish()?;
        Ok(bytes)
    }

    fn row_group(
        &self,
        pages: &[PartPage],
        chunks: Vec<ColumnChunkMetaData>,
    ) -> ParquetResult<RowGroupMetaData> {
        let first = &pages[0];
        let rows: u64 = pages
            .iter()
            .take_while(|page| page.plan.column == first.plan.column)
            .map(|page| page.plan.rows.count())
            .sum();
        RowGroupMetaData::builder(Arc::clone(&self.schema))
            .set_num_rows(rows as i64)
            .set_total_byte_size(chunks.iter().map(ColumnChunkMetaData::uncompressed_size).sum())
            .set_ordinal(first.plan.row_group as i16)
            .set_file_offset(first.offset as i64)
            .set_column_metadata(chunks)
            .build()
    }

    /// The column chunk that consists of `pages`.
    fn chunk(&self, plan: &Plan, pages: &[PartPage]) -> ParquetResult<Chunk> {
        let index = pages[0].plan.column as usize;
        let column = &plan.data_set().values()[index];
        let descriptor = self.schema.column(index);
        let is_text = descriptor.physical_type() == Type::BYTE_ARRAY;
        // Texts of one width; what is before each is its length.
        let width = column.plain_bytes().unwrap_or(0).saturating_sub(4) as u64;
        let text_bytes = |rows: u64| (rows * width) as i64;

        let mut column_index = ColumnIndexBuilder::new(descriptor.physical_type());
        column_index.set_boundary_order(BoundaryOrder::UNORDERED);
        let mut offset_index = OffsetIndexBuilder::new();
        let mut all = PageBounds::NONE;
        let (mut rows, mut file_bytes, mut plain_bytes) = (0, 0, 0);
        for page in pages {
            let page_rows = page.plan.rows.count();
            let bounds = column.value_bounds(&page.bounds).ok_or_else(|| no_bounds(&descriptor))?;
            column_index.append(false, bounds.min, bounds.max, 0);
            offset_index.append_row_count(page_rows as i64);
            offset_index.append_offset_and_size(page.offset as i64, page.file_bytes() as i32);
            if is_text {
                offset_index.append_unencoded_byte_array_data_bytes(Some(text_bytes(page_rows)));
            }
            all = all.union(&page.bounds);
            rows += page_rows;
            file_bytes += page.file_bytes();
            plain_bytes += u64::from(page.header_bytes) + u64::from(page.plain_bytes);
        }

        let metadata = ColumnChunkMetaData::builder(Arc::clone(&descriptor))
            .set_encodings(vec![Encoding::PLAIN])
            .set_page_encoding_stats(vec![PageEncodingStats {
                page_type: PageType::DATA_PAGE,
                encoding: Encoding::PLAIN,
                count: pages.len() as i32,
            }])
            .set_compression(parquet_compression(plan.layout().compression))
            .set_num_values(rows as i64)
            .set_total_compressed_size(file_bytes as i64)
            .set_total_uncompressed_size(plain_bytes as i64)
            .set_data_page_offset(pages[0].offset as i64)
            .set_statistics(statistics(
                &descriptor,
                column.value_bounds(&all).ok_or_else(|| no_bounds(&descriptor))?,
            )?)
            .set_unencoded_byte_array_data_bytes(is_text.then(|| text_bytes(rows)))
            .build()?;
        Ok(Chunk { metadata, column_index: column_index.build()?, offset_index: offset_index.build() })
    }
}

fn no_bounds(descriptor: &ColumnDescriptor) -> ParquetError {
    ParquetError::General(format!("a page of {} has no values", descriptor.name()))
}

fn external(error: serde_json::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

struct Chunk {
    metadata: ColumnChunkMetaData,
    column_index: ColumnIndexMetaData,
    offset_index: OffsetIndexMetaData,
}

/// The version of the file format; 1 stands for all features but data pages of the second kind.
const FORMAT_VERSION: i32 = 1;

fn statistics(descriptor: &ColumnDescriptor, bounds: ValueBounds) -> ParquetResult<Statistics> {
    let ValueBounds { min, max } = bounds;
    let wrong_length =
        || ParquetError::General(format!("statistics of {} have a wrong length", descriptor.name()));
    let null_count = Some(0);
    Ok(match descriptor.physical_type() {
        Type::DOUBLE => {
            let value = |bytes: Vec<u8>| bytes.try_into().map(f64::from_le_bytes).map_err(|_| wrong_length());
            Statistics::double(Some(value(min)?), Some(value(max)?), None, null_count, false)
        }
        Type::FLOAT => {
            let value = |bytes: Vec<u8>| bytes.try_into().map(f32::from_le_bytes).map_err(|_| wrong_length());
            Statistics::float(Some(value(min)?), Some(value(max)?), None, null_count, false)
        }
        Type::INT32 => {
            let value = |bytes: Vec<u8>| bytes.try_into().map(i32::from_le_bytes).map_err(|_| wrong_length());
            Statistics::int32(Some(value(min)?), Some(value(max)?), None, null_count, false)
        }
        Type::INT64 => {
            let value = |bytes: Vec<u8>| bytes.try_into().map(i64::from_le_bytes).map_err(|_| wrong_length());
            Statistics::int64(Some(value(min)?), Some(value(max)?), None, null_count, false)
        }
        Type::FIXED_LEN_BYTE_ARRAY => {
            let value = |bytes: Vec<u8>| FixedLenByteArray::from(bytes);
            Statistics::fixed_len_byte_array(Some(value(min)), Some(value(max)), None, null_count, false)
        }
        Type::BYTE_ARRAY => {
            let value = |bytes: Vec<u8>| ByteArray::from(bytes);
            Statistics::byte_array(Some(value(min)), Some(value(max)), None, null_count, false)
        }
        other => return Err(ParquetError::General(format!("no column is of type {other}"))),
    })
}

/// Makes `sink` count the `offset` bytes that are in the file already: the parquet crate takes the
/// places of the indexes from its sink's count, and there is no other way to set it.
fn skip_to(sink: &mut TrackedWrite<Tail>, offset: u64) -> io::Result<()> {
    static ZEROS: [u8; 1 << 20] = [0; 1 << 20];
    let mut left = offset;
    while left > 0 {
        let step = left.min(ZEROS.len() as u64);
        sink.write_all(&ZEROS[..step as usize])?;
        left -= step;
    }
    sink.flush()
}

/// Drops the first `skip` bytes that are written to it, and keeps the rest.
struct Tail<'a> {
    skip: u64,
    bytes: &'a mut Vec<u8>,
}

impl Write for Tail<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        self.bytes.extend_from_slice(&bytes[skipped as usize..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
