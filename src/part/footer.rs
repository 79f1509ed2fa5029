//! The end of a Parquet file: what its readers are told of pages, column chunks and row groups.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_schema::{Field, Schema};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, encode_arrow_schema};
use parquet::basic::{BoundaryOrder, ColumnOrder, Encoding, PageType, Type};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, FileMetaData, KeyValue, LevelHistogram, OffsetIndexBuilder,
    PageEncodingStats, ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData, SortingColumn,
};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::TrackedWrite;
use parquet::schema::types::{ColumnDescriptor, SchemaDescPtr};

use super::PartError;
use super::chunks::Chunks;
use super::codec::parquet_compression;
use super::origin::{Origin, WRITER_NAME};
use super::page::PartPage;
use crate::pages::{Bound, Bounds, Order, PageSummary, StoredColumn};
use crate::plan::{PageKind, Part, Plan};
use crate::progress::Progress;

/// What all footers of a plan have in common.
pub(crate) struct FooterTemplate {
    schema: SchemaDescPtr,
    plan_key_values: [KeyValue; 2],
    arrow_schema: KeyValue,
}

impl FooterTemplate {
    pub(crate) fn new(plan: &Plan) -> ParquetResult<Self> {
        let schema = |field: fn(&StoredColumn) -> Field| {
            Schema::new(plan.columns().iter().map(field).collect::<Vec<_>>())
        };
        let arrow_schema = schema(StoredColumn::field);
        Ok(Self {
            schema: Arc::new(ArrowSchemaConverter::new().convert(&schema(StoredColumn::stored_field))?),
            plan_key_values: Origin::plan_key_values(plan).map_err(external)?,
            arrow_schema: KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(&arrow_schema)),
        })
    }

    /// The bytes behind the last page of `part`: Bloom filters, column indexes, offset indexes, metadata, its
    /// length and the magic number. `pages` are the part's, encoded, in file order; `chunks` is what was collected of
    /// its column chunks; `offset` is where the last page ends.
    pub(crate) fn footer(
        &self,
        plan: &Plan,
        part: Part,
        pages: &[PartPage],
        chunks: &Chunks,
        offset: u64,
        progress: &Progress,
    ) -> Result<Vec<u8>, PartError> {
        let mut filters = Vec::new();
        let mut row_groups = Vec::new();
        let mut column_indexes = Vec::new();
        let mut offset_indexes = Vec::new();
        for group_pages in pages.chunk_by(|a, b| a.plan.row_group == b.plan.row_group) {
            // With many row groups of many columns, this takes seconds.
            progress.check()?;
            let chunk_pages = group_pages.chunk_by(|a, b| a.plan.column == b.plan.column);
            let group_chunks = chunk_pages
                .map(|pages| self.chunk(plan, pages, chunks, offset, &mut filters))
                .collect::<ParquetResult<Vec<_>>>()?;
            let mut column_index = Vec::with_capacity(group_chunks.len());
            let mut offset_index = Vec::with_capacity(group_chunks.len());
            let mut metadata = Vec::with_capacity(group_chunks.len());
            for chunk in group_chunks {
                column_index.push(chunk.column_index);
                offset_index.push(chunk.offset_index);
                metadata.push(chunk.metadata);
            }
            row_groups.push(self.row_group(plan, group_pages, metadata)?);
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

        let mut bytes = filters;
        let offset = offset + bytes.len() as u64;
        let mut sink = TrackedWrite::new(Tail { skip: offset, bytes: &mut bytes });
        skip_to(&mut sink, offset)?;
        ParquetMetaDataWriter::new_with_tracked(sink, &metadata).finish()?;
        Ok(bytes)
    }

    fn row_group(
        &self,
        plan: &Plan,
        pages: &[PartPage],
        chunks: Vec<ColumnChunkMetaData>,
    ) -> ParquetResult<RowGroupMetaData> {
        let first = &pages[0];
        let rows: u64 = pages
            .iter()
            .take_while(|page| page.plan.column == first.plan.column)
            .map(|page| page.plan.rows.count())
            .sum();
        let sorted = plan.columns().iter().enumerate().filter_map(|(column, stored)| {
            let descending = stored.order()? == Order::Descending;
            Some(SortingColumn { column_idx: column as i32, descending, nulls_first: false })
        });
        let sorted: Vec<SortingColumn> = sorted.collect();
        RowGroupMetaData::builder(Arc::clone(&self.schema))
            .set_num_rows(rows as i64)
            .set_total_byte_size(chunks.iter().map(ColumnChunkMetaData::uncompressed_size).sum())
            .set_ordinal(first.plan.row_group as i16)
            .set_file_offset(first.offset as i64)
            .set_sorting_columns((!sorted.is_empty()).then_some(sorted))
            .set_column_metadata(chunks)
            .build()
    }

    /// The column chunk that consists of `pages`. Its Bloom filter is appended to `filters`, which begin at
    /// `filters_offset`.
    fn chunk(
        &self,
        plan: &Plan,
        pages: &[PartPage],
        chunks: &Chunks,
        filters_offset: u64,
        filters: &mut Vec<u8>,
    ) -> ParquetResult<Chunk> {
        let first = pages[0].plan;
        let index = first.column as usize;
        let column = &plan.columns()[index];
        let chunk_values = chunks.of(first);
        let descriptor = self.schema.column(index);
        let (dictionary, data) = match pages {
            [dictionary, data @ ..] if dictionary.plan.kind == PageKind::Dictionary => {
                (Some(dictionary), data)
            }
            data => (None, data),
        };

        let mut column_index = ColumnIndexBuilder::new(descriptor.physical_type());
        column_index.set_boundary_order(match column.order() {
            Some(Order::Ascending) => BoundaryOrder::ASCENDING,
            Some(Order::Descending) => BoundaryOrder::DESCENDING,
            None => BoundaryOrder::UNORDERED,
        });
        let mut offset_index = OffsetIndexBuilder::new();
        let mut summary = PageSummary::NONE;
        for page in data {
            let shape = page.summary.shape;
            let (min, max) = edges(column.value_bounds(&page.summary.bounds));
            column_index.append(shape.values == 0, min.bytes, max.bytes, shape.nulls() as i64);
            let (repetition, definition) = histograms(column, &page.summary);
            column_index.append_histograms(&repetition, &definition);
            offset_index.append_row_count(page.plan.rows.count() as i64);
            offset_index.append_offset_and_size(page.offset as i64, page.file_bytes() as i32);
            if column.is_byte_array() {
                let text_bytes = page.summary.text_bytes as i64;
                offset_index.append_unencoded_byte_array_data_bytes(Some(text_bytes));
            }
            summary = summary.plus(&page.summary);
        }
        let file_bytes: u64 = pages.iter().map(PartPage::file_bytes).sum();
        let plain_bytes: u64 =
            pages.iter().map(|page| u64::from(page.header_bytes) + u64::from(page.plain_bytes)).sum();

        let encoding = column.encoding();
        let mut encodings = vec![Encoding::PLAIN];
        if column.levels().max_definition() > 0 {
            encodings.push(Encoding::RLE);
        }
        if encoding != Encoding::PLAIN {
            encodings.push(encoding);
            if dictionary.is_none() {
                encodings.swap_remove(0);
            }
        }
        let page_stats = |page_type, encoding, count: usize| PageEncodingStats {
            page_type,
            encoding,
            count: count as i32,
        };
        let dictionary_stats = dictionary.map(|_| page_stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        let data_stats = page_stats(PageType::DATA_PAGE, encoding, data.len());
        let filter = column.bloom_filter(chunk_values)?;
        let filter_place = filter.map(|filter| {
            let place = (filters_offset + filters.len() as u64, filter.len());
            filters.extend(filter);
            place
        });
        let (repetition, definition) = histograms(column, &summary);
        let distinct = column.distinct(chunk_values, &summary);
        let metadata = ColumnChunkMetaData::builder(Arc::clone(&descriptor))
            .set_encodings(encodings)
            .set_page_encoding_stats(dictionary_stats.into_iter().chain([data_stats]).collect())
            .set_compression(parquet_compression(plan.compression(column)))
            .set_num_values(summary.shape.entries() as i64)
            .set_total_compressed_size(file_bytes as i64)
            .set_total_uncompressed_size(plain_bytes as i64)
            .set_data_page_offset(data[0].offset as i64)
            .set_dictionary_page_offset(dictionary.map(|page| page.offset as i64))
            .set_statistics(statistics(
                &descriptor,
                column.value_bounds(&summary.bounds),
                &summary,
                distinct,
            )?)
            .set_unencoded_byte_array_data_bytes(column.is_byte_array().then_some(summary.text_bytes as i64))
            .set_repetition_level_histogram(repetition)
            .set_definition_level_histogram(definition)
            .set_bloom_filter_offset(filter_place.map(|(offset, _)| offset as i64))
            .set_bloom_filter_length(filter_place.map(|(_, length)| length as i32))
            .build()?;
        Ok(Chunk { metadata, column_index: column_index.build()?, offset_index: offset_index.build() })
    }
}

/// How many entries of each level a page or column chunk has, if the column has such levels.
fn histograms(
    column: &StoredColumn,
    summary: &PageSummary,
) -> (Option<LevelHistogram>, Option<LevelHistogram>) {
    let histogram = |counts: Vec<i64>| (!counts.is_empty()).then(|| LevelHistogram::from(counts));
    let levels = column.levels();
    (
        histogram(levels.repetition_histogram(summary.shape)),
        histogram(levels.definition_histogram(summary.shape)),
    )
}

/// The smallest and the largest value in the bytes of statistics; empty if there are no values.
fn edges(bounds: Option<Bounds>) -> (Bound, Bound) {
    match bounds {
        Some(Bounds::Texts { min, max }) => (min, max),
        _ => (Bound { bytes: Vec::new(), is_exact: true }, Bound { bytes: Vec::new(), is_exact: true }),
    }
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

/// The statistics of a column chunk with these bounds, if it has values.
fn statistics(
    descriptor: &ColumnDescriptor,
    bounds: Option<Bounds>,
    summary: &PageSummary,
    distinct: Option<u64>,
) -> ParquetResult<Statistics> {
    let nulls = Some(summary.shape.nulls() as u64);
    let has_values = bounds.is_some();
    let (min, max) = edges(bounds);
    let (min_is_exact, max_is_exact) = (min.is_exact, max.is_exact);
    let mut ends = [has_values.then_some(min.bytes), has_values.then_some(max.bytes)];
    macro_rules! statistics {
        ($kind:ident, $value:expr) => {{
            let wrong_length =
                || ParquetError::General(format!("statistics of {} have a wrong length", descriptor.name()));
            let mut end = |end: usize| {
                let bytes: Option<Vec<u8>> = ends[end].take();
                bytes.map(|bytes| $value(bytes).ok_or_else(wrong_length)).transpose()
            };
            let values = ValueStatistics::new(end(0)?, end(1)?, distinct, nulls, false);
            Statistics::$kind(values.with_min_is_exact(min_is_exact).with_max_is_exact(max_is_exact))
        }};
    }
    Ok(match descriptor.physical_type() {
        Type::BOOLEAN => statistics!(Boolean, |bytes: Vec<u8>| bytes.first().map(|byte| *byte != 0)),
        Type::INT32 => {
            statistics!(Int32, |bytes: Vec<u8>| bytes.try_into().ok().map(i32::from_le_bytes))
        }
        Type::INT64 => {
            statistics!(Int64, |bytes: Vec<u8>| bytes.try_into().ok().map(i64::from_le_bytes))
        }
        Type::FLOAT => {
            statistics!(Float, |bytes: Vec<u8>| bytes.try_into().ok().map(f32::from_le_bytes))
        }
        Type::DOUBLE => {
            statistics!(Double, |bytes: Vec<u8>| bytes.try_into().ok().map(f64::from_le_bytes))
        }
        Type::FIXED_LEN_BYTE_ARRAY => {
            statistics!(FixedLenByteArray, |bytes: Vec<u8>| Some(FixedLenByteArray::from(bytes)))
        }
        Type::BYTE_ARRAY => statistics!(ByteArray, |bytes: Vec<u8>| Some(ByteArray::from(bytes))),
        Type::INT96 => return Err(ParquetError::General("no column is of type INT96".to_owned())),
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
