//! Files hold the rows of the naive implementation, however these are cut into files, row groups,
//! shards and threads, and their metadata is exact.

use std::collections::BTreeMap;
use std::fs::File;

use arrow::array::RecordBatch;
use parquet::basic::{BoundaryOrder, ColumnOrder, Encoding, SortOrder};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::statistics::Statistics;
use proptest::prelude::*;
use samplegen::compression::ZstdLevel;
use samplegen::part::origin::Origin;
use samplegen::plan::PAGE_BYTES;
use samplegen::{Compression, FloatWidth, GenerateOptions, IdForm, Shard};
use tempfile::tempdir;

use crate::batches::{first_row, float_width, id_form};
use crate::naive;
use crate::support::{classifier, layout, options, parts, read, rows, write};

fn compression() -> impl Strategy<Value = Compression> {
    let zstd = Compression::Zstd(ZstdLevel::new(3).expect("a level of zstd"));
    prop_oneof![Just(Compression::None), Just(Compression::Snappy), Just(Compression::Lz4), Just(zstd)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cut_of_the_rows_holds_the_same_rows(
        first in first_row(),
        count in 0u64..1_000,
        batch_rows in 1u64..1_100,
        row_group_rows in 1u64..1_100,
        (shards, threads) in (1u64..5, 1usize..4),
        (classes, id, float) in (0usize..4, id_form(), float_width()),
        compression in compression(),
        seed: u64,
    ) {
        // Hundreds of files or row groups cost time and prove nothing more.
        prop_assume!(count / batch_rows < 50 && count.min(batch_rows) / row_group_rows < 50);
        let data_set = classifier(classes, id, float, rows(first, count), seed);
        let folder = tempdir().expect("a folder");
        for number in 1..=shards {
            let shard = Shard::new(number, shards).expect("within the count");
            let options = GenerateOptions { shard, ..options(threads) };
            write(&data_set, layout(batch_rows, row_group_rows, compression), options, folder.path());
        }
        prop_assert_eq!(read(folder.path()), naive::batch(&data_set, data_set.rows()));
    }
}

/// Page boundaries of all types: 65,536 32-bit and 32,768 64-bit numbers, 16,384 binary and 6,553
/// text ids.
#[test]
fn rows_cross_the_boundaries_of_pages_row_groups_and_files() {
    let cases: [(u64, u64, u64); 9] = [
        (32_767, 1 << 40, 1 << 40),
        (32_768, 1 << 40, 1 << 40),
        (32_769, 1 << 40, 1 << 40),
        (65_537, 1 << 40, 1 << 40),
        (6_554, 6_553, 1 << 40),
        (16_385, 1 << 40, 16_384),
        (40_000, 32_769, 32_768),
        (40_000, 39_999, 39_998),
        (70_000, 35_001, 17_000),
    ];
    for (count, batch_rows, row_group_rows) in cases {
        for (id, float) in [(IdForm::Text, FloatWidth::F64), (IdForm::Binary, FloatWidth::F32)] {
            for compression in [Compression::None, Compression::Snappy] {
                let data_set = classifier(1, id, float, rows((1 << 32) - 20_000, count), 5);
                let folder = tempdir().expect("a folder");
                write(&data_set, layout(batch_rows, row_group_rows, compression), options(2), folder.path());
                let expected = naive::batch(&data_set, data_set.rows());
                assert!(
                    read(folder.path()) == expected,
                    "{count} {batch_rows} {row_group_rows} {id:?} {compression}"
                );
            }
        }
    }
}

#[test]
fn files_are_the_same_to_the_byte_on_any_number_of_threads() {
    for compression in ["none", "snappy", "lz4", "zstd:1"] {
        let compression = compression.parse().expect("a codec");
        for (batch_rows, row_group_rows) in [(200_000, 90_000), (30_000, 1 << 20)] {
            let bytes_on = |threads| {
                let data_set = classifier(3, IdForm::Text, FloatWidth::F64, rows(0, 200_000), 0);
                let folder = tempdir().expect("a folder");
                write(
                    &data_set,
                    layout(batch_rows, row_group_rows, compression),
                    options(threads),
                    folder.path(),
                );
                parts(folder.path())
            };
            let alone = bytes_on(1);
            for threads in [2, 5] {
                assert!(
                    bytes_on(threads) == alone,
                    "{threads} threads, {compression}, {batch_rows} rows a file"
                );
            }
        }
    }
}

#[test]
fn shards_write_the_bytes_of_the_whole() {
    let data_set = classifier(2, IdForm::Text, FloatWidth::F64, rows(3, 50_000), 1);
    let layout = layout(7_000, 3_000, Compression::Lz4);
    let (whole, shared) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    write(&data_set, layout, options(2), whole.path());
    let mut written = 0;
    for number in [3, 1, 2] {
        let shard = Shard::new(number, 3).expect("within the count");
        written +=
            write(&data_set, layout, GenerateOptions { shard, ..options(2) }, shared.path()).written.files;
    }
    assert_eq!(written, 8, "no part is written twice");
    assert!(parts(shared.path()) == parts(whole.path()));
}

#[test]
fn more_classes_leave_the_first_ones_as_they_are() {
    let read_with = |classes| {
        let data_set = classifier(classes, IdForm::Text, FloatWidth::F64, rows(0, 1_000), 0);
        let folder = tempdir().expect("a folder");
        write(&data_set, layout(400, 100, Compression::None), options(2), folder.path());
        read(folder.path())
    };
    let few: RecordBatch = read_with(10);
    let many = read_with(20).project(&(0..11).collect::<Vec<_>>()).expect("its first columns");
    assert_eq!(few, many);
}

#[test]
fn what_readers_are_told_of_a_file_is_exact() {
    for compression in [Compression::None, Compression::Snappy] {
        for (id, float) in [(IdForm::Text, FloatWidth::F64), (IdForm::Binary, FloatWidth::F32)] {
            let data_set = classifier(2, id, float, rows(0, 150_000), 9);
            let layout = layout(100_000, 70_000, compression);
            let folder = tempdir().expect("a folder");
            write(&data_set, layout, options(2), folder.path());
            let files = parts(folder.path());
            assert_eq!(files.len(), 2);
            let mut first_row = 0;
            for (name, bytes) in files {
                let file = File::open(folder.path().join(name)).expect("a part");
                let metadata = ParquetMetaDataReader::new()
                    .with_page_index_policy(PageIndexPolicy::Required)
                    .parse_and_finish(&file)
                    .expect("metadata");
                let origin = Origin::from_metadata(&metadata)
                    .expect("known fields")
                    .expect("a part says where it comes from");
                assert_eq!((&origin.schema, origin.layout), (data_set.named(), layout));
                assert_eq!(origin.part.rows.first(), first_row);
                first_row = check_metadata(&metadata, bytes.len() as u64, &data_set, first_row);
            }
            assert_eq!(first_row, 150_000);
        }
    }
}

/// Compares everything that `metadata` says with the naive implementation's rows from `first_row` on,
/// and returns the row behind them.
fn check_metadata(
    metadata: &ParquetMetaData,
    file_bytes: u64,
    data_set: &samplegen::DataSet,
    first_row: u64,
) -> u64 {
    let orders =
        metadata.file_metadata().column_orders().expect("column orders, or readers ignore statistics");
    assert!(
        orders
            .iter()
            .all(|order| *order != ColumnOrder::UNDEFINED && order.sort_order() != SortOrder::UNDEFINED)
    );
    let keys: BTreeMap<_, _> = metadata
        .file_metadata()
        .key_value_metadata()
        .expect("metadata")
        .iter()
        .map(|pair| (pair.key.as_str(), pair.value.as_deref().expect("a value")))
        .collect();
    let names: Vec<_> = keys.keys().copied().collect();
    assert_eq!(names, ["ARROW:schema", "samplegen:dataset", "samplegen:layout", "samplegen:part"]);

    let mut row = first_row;
    let mut offset = 4;
    for (group_index, group) in metadata.row_groups().iter().enumerate() {
        let group_rows = group.num_rows() as u64;
        let batch = naive::batch(data_set, rows(row, group_rows));
        assert_eq!(group.file_offset(), Some(offset));
        assert_eq!(group.ordinal(), Some(group_index as i16));
        assert_eq!(
            group.total_byte_size(),
            group.columns().iter().map(|chunk| chunk.uncompressed_size()).sum::<i64>()
        );
        for (index, chunk) in group.columns().iter().enumerate() {
            let values = sortable(&batch, index);
            assert_eq!(chunk.data_page_offset(), offset, "chunks lie one behind the other");
            assert_eq!(chunk.num_values() as u64, group_rows);
            assert_eq!(chunk.encodings().collect::<Vec<_>>(), [Encoding::PLAIN]);
            assert_eq!(chunk.dictionary_page_offset(), None);
            let statistics = chunk.statistics().expect("statistics");
            assert_eq!(statistics.null_count_opt(), Some(0));
            assert!(statistics.min_is_exact() && statistics.max_is_exact());
            assert_eq!(bounds(statistics), extremes(&values));

            let pages = metadata.offset_index().expect("offset index")[group_index][index].page_locations();
            let column_index = &metadata.column_index().expect("column index")[group_index][index];
            assert_eq!(column_index.get_boundary_order(), Some(BoundaryOrder::UNORDERED));
            let plain_bytes = data_set.values()[index].plain_bytes().expect("one width");
            assert_eq!(pages.len(), values.len().div_ceil(PAGE_BYTES / plain_bytes));
            for (page_index, page) in pages.iter().enumerate() {
                assert_eq!(page.offset, offset, "pages lie one behind the other");
                offset += i64::from(page.compressed_page_size);
                let start = page.first_row_index as usize;
                let end =
                    pages.get(page_index + 1).map_or(values.len(), |next| next.first_row_index as usize);
                assert_eq!(column_index.null_count(page_index), Some(0));
                assert_eq!(page_bounds(column_index, page_index), extremes(&values[start..end]));
            }
            assert_eq!(chunk.data_page_offset() + chunk.compressed_size(), offset);
        }
        row += group_rows;
    }
    assert!((offset as u64) < file_bytes);
    row
}

/// The values of a column as byte strings that sort as the values do. All numbers are at least 0, and
/// the big-endian bytes of such floats do.
fn sortable(batch: &RecordBatch, column: usize) -> Vec<Vec<u8>> {
    use arrow::array::AsArray;
    use arrow::datatypes::{DataType, Float32Type, Float64Type};
    let array = batch.column(column);
    let row = 0..batch.num_rows();
    match array.data_type() {
        DataType::Utf8 => row.map(|row| array.as_string::<i32>().value(row).into()).collect(),
        DataType::Float32 => {
            row.map(|row| array.as_primitive::<Float32Type>().value(row).to_be_bytes().into()).collect()
        }
        DataType::Float64 => {
            row.map(|row| array.as_primitive::<Float64Type>().value(row).to_be_bytes().into()).collect()
        }
        _ => row.map(|row| array.as_fixed_size_binary().value(row).into()).collect(),
    }
}

fn extremes(values: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
    (values.iter().min().expect("some rows").clone(), values.iter().max().expect("some rows").clone())
}

fn bounds(statistics: &Statistics) -> (Vec<u8>, Vec<u8>) {
    let flipped = |bytes: Option<&[u8]>| bytes.expect("a bound").iter().rev().copied().collect::<Vec<u8>>();
    let plain = |bytes: Option<&[u8]>| bytes.expect("a bound").to_vec();
    let (min, max) = (statistics.min_bytes_opt(), statistics.max_bytes_opt());
    match statistics {
        Statistics::Double(_) | Statistics::Float(_) => (flipped(min), flipped(max)),
        _ => (plain(min), plain(max)),
    }
}

fn page_bounds(
    index: &parquet::file::page_index::column_index::ColumnIndexMetaData,
    page: usize,
) -> (Vec<u8>, Vec<u8>) {
    use parquet::file::page_index::column_index::ColumnIndexMetaData as Index;
    match index {
        Index::DOUBLE(index) => (
            index.min_value(page).expect("a bound").to_be_bytes().into(),
            index.max_value(page).expect("a bound").to_be_bytes().into(),
        ),
        Index::FLOAT(index) => (
            index.min_value(page).expect("a bound").to_be_bytes().into(),
            index.max_value(page).expect("a bound").to_be_bytes().into(),
        ),
        Index::BYTE_ARRAY(index) | Index::FIXED_LEN_BYTE_ARRAY(index) => (
            index.min_value(page).expect("a bound").to_vec(),
            index.max_value(page).expect("a bound").to_vec(),
        ),
        other => panic!("no column of ours has {other:?}"),
    }
}

/// The smallest row of the stream `class_0` of seed 0 whose 32-bit value is 0: one in 2^24 is.
const ZERO_ROW: u64 = 8_400_919;

/// A smallest zero is written as -0.0: the format asks for it, since some readers take the two for
/// different numbers.
#[test]
fn a_smallest_zero_is_written_as_minus_zero() {
    assert_eq!(naive::float32("class_0", 0, ZERO_ROW), 0.0);
    let data_set = classifier(1, IdForm::Binary, FloatWidth::F32, rows(ZERO_ROW, 1), 0);
    let folder = tempdir().expect("a folder");
    write(&data_set, layout(1, 1, Compression::None), options(1), folder.path());
    let file = File::open(folder.path().join("part-00000-of-00001.parquet")).expect("a part");
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).expect("metadata");
    let statistics = metadata.row_group(0).column(1).statistics().expect("statistics");
    assert_eq!(statistics.min_bytes_opt(), Some(&(-0.0f32).to_le_bytes()[..]));
    assert_eq!(statistics.max_bytes_opt(), Some(&0.0f32.to_le_bytes()[..]));
}
