//! Columns of every kind in Parquet files: what the parquet crate reads, and what it would have said of the values.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use arrow::row::{RowConverter, SortField};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{BoundaryOrder, PageType};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use proptest::prelude::*;
use samplegen::compression::Compression;
use samplegen::pages::{MAX_BOUND_BYTES, StoredColumn};
use samplegen::schema::column::{Column, Encoding, Table};
use samplegen::schema::types::ColumnType;
use samplegen::{DataSet, Layout, Plan, Progress, RowRange, Schema, generate};
use serde_json::{Value as Json, json};
use tempfile::tempdir;

use crate::columns::{events, every_kind, needed};
use crate::described::{described, of_table, table};
use crate::support::{layout, options, parts, rows};

/// The plan of the rows of a table.
fn plan(table: &Table, rows: RowRange, seed: u64, layout: Layout) -> Plan {
    let schema = Schema { seed, first_row: 0, tables: vec![table.clone()] };
    let data_set = DataSet::new(schema, rows, seed).unwrap_or_else(|error| panic!("{error}"));
    Plan::new(data_set, layout).unwrap_or_else(|error| panic!("{error}"))
}

/// Columns of these kinds, called `v0` and so on, beside those that they may refer to, which are hidden.
fn table_of(kinds: &[Json], change: impl Fn(&mut Column)) -> Table {
    let mut columns = needed();
    columns.iter_mut().for_each(|column| column.hidden = true);
    for (number, kind) in kinds.iter().enumerate() {
        let mut kind = kind.clone();
        kind["name"] = format!("v{number}").into();
        let mut column = described(&kind, &columns);
        change(&mut column);
        columns.push(column);
    }
    table(Some("t"), columns)
}

/// Sequences leave small types soon.
fn is_short(kind: &Json) -> bool {
    kind["generator"] == "sequence"
        && matches!(kind["type"].as_str(), Some("int8" | "uint8" | "decimal(2,0)" | "time[s]"))
}

/// Writes the plan and returns the bytes of its parts; as many threads as there are make the same.
fn written(plan: &Plan, folder: &Path) -> Vec<Vec<u8>> {
    let bytes = [1, 4].map(|threads| {
        let folder = folder.join(threads.to_string());
        generate(&plan.clone().into(), &folder, options(threads), &Progress::default())
            .expect("a folder that can be written");
        // A table with a name has a folder of its own.
        let table = plan.data_set().table().name.clone().unwrap_or_default();
        parts(&folder.join(table)).into_values().collect::<Vec<_>>()
    });
    let [one, four] = bytes;
    assert!(one == four, "the bytes depend on the threads");
    one
}

/// An array as Parquet's types hold it: seconds as milliseconds, and durations, of which Parquet has none, as numbers.
fn stored(array: &ArrayRef) -> ArrayRef {
    let stored = match array.data_type() {
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        _ => return Arc::clone(array),
    };
    cast(array, &stored).expect("milliseconds")
}

/// What the parquet crate says of a column chunk that it writes of these values.
fn chunk_of(column: &StoredColumn, array: &ArrayRef) -> ColumnChunkMetaData {
    let field = column.field().with_data_type(array.data_type().clone());
    let schema = Arc::new(arrow_schema::Schema::new(vec![field]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(array)]).expect("its column");
    let properties = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(None)
        .set_dictionary_enabled(false)
        .build();
    let mut writer =
        ArrowWriter::try_new(Vec::new(), schema, Some(properties)).expect("a schema that it knows");
    writer.write(&batch).expect("values that it knows");
    writer.finish().expect("bytes").row_group(0).column(0).clone()
}

/// Reads the only part of a plan and compares everything with the columns' own arrays.
fn compare(plan: &Plan, bytes: Vec<u8>) -> ParquetMetaData {
    let options = ArrowReaderOptions::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .with_encoding_stats_as_mask(false);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes::Bytes::from(bytes), options)
        .expect("a Parquet file with indexes");
    let metadata = ParquetMetaData::clone(builder.metadata());
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let group_rows = plan.layout().row_group_rows.get();
    let mut read: Vec<RecordBatch> = builder
        .with_batch_size(1 << 20)
        .build()
        .expect("a reader")
        .map(|batch| batch.expect("rows"))
        .collect();
    let all = plan.data_set().rows();
    let batch = match read.len() {
        0 => None,
        _ => Some(arrow::compute::concat_batches(&read[0].schema(), &read).expect("one schema")),
    };
    read.clear();
    assert_eq!(names, plan.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>());
    assert_eq!(batch.as_ref().map_or(0, RecordBatch::num_rows) as u64, all.count());
    for (index, column) in plan.columns().iter().enumerate() {
        if let Some(batch) = &batch {
            let expected = stored(&column.values().array(all));
            let found = batch.column(index);
            let found = if found.data_type() == expected.data_type() {
                Arc::clone(found)
            } else {
                cast(found, expected.data_type()).expect("the same kind of values")
            };
            assert_eq!(&found, &expected, "{}", column.name());
        }
        for (group, group_range) in all.chunks(group_rows).enumerate() {
            compare_chunk(column, &metadata, group, index, group_range);
        }
    }
    metadata
}

fn compare_chunk(
    column: &StoredColumn,
    metadata: &ParquetMetaData,
    group: usize,
    index: usize,
    group_rows: RowRange,
) {
    let name = column.name();
    let chunk = metadata.row_group(group).column(index);
    let array = stored(&column.values().array(group_rows));
    let expected = chunk_of(column, &array);
    assert_eq!(chunk.column_descr().logical_type_ref(), expected.column_descr().logical_type_ref(), "{name}");
    assert_eq!(chunk.column_type(), expected.column_type(), "{name}");
    assert_eq!(chunk.num_values(), expected.num_values(), "{name}");
    assert_eq!(chunk.definition_level_histogram(), expected.definition_level_histogram(), "{name}");
    assert_eq!(chunk.repetition_level_histogram(), expected.repetition_level_histogram(), "{name}");
    assert_eq!(chunk.unencoded_byte_array_data_bytes(), expected.unencoded_byte_array_data_bytes(), "{name}");
    let (found, statistics) = (chunk.statistics().expect("some"), expected.statistics().expect("some"));
    assert_eq!(found.null_count_opt(), statistics.null_count_opt(), "{name}");
    assert_eq!(found.min_bytes_opt(), statistics.min_bytes_opt(), "{name}: the smallest value");
    assert_eq!(found.max_bytes_opt(), statistics.max_bytes_opt(), "{name}: the largest value");
    assert!(found.min_bytes_opt().is_none() || (found.min_is_exact() && found.max_is_exact()), "{name}");
    if let Some(distinct) = found.distinct_count_opt() {
        assert_eq!(distinct, distinct_values(&array), "{name}");
    }

    let column_index = &metadata.column_index().expect("some")[group][index];
    let offset_index = &metadata.offset_index().expect("some")[group][index];
    let page_rows = group_rows.chunks(column.page_rows());
    assert_eq!(offset_index.page_locations().len(), page_rows.count(), "{name}");
    for (page, page_rows) in group_rows.chunks(column.page_rows()).enumerate() {
        let first = offset_index.page_locations()[page].first_row_index as u64;
        assert_eq!(first, page_rows.first() - group_rows.first(), "{name}");
        let expected = chunk_of(column, &stored(&column.values().array(page_rows)));
        let statistics = expected.statistics().expect("some");
        assert_eq!(column_index.is_null_page(page), statistics.min_bytes_opt().is_none(), "{name}");
        assert_eq!(
            column_index.null_count(page),
            statistics.null_count_opt().map(|nulls| nulls as i64),
            "{name}"
        );
        let edges = edges(column_index, page);
        assert_eq!(
            edges.as_ref().map(|edges| &edges.0[..]),
            statistics.min_bytes_opt(),
            "{name}, page {page}"
        );
        assert_eq!(
            edges.as_ref().map(|edges| &edges.1[..]),
            statistics.max_bytes_opt(),
            "{name}, page {page}"
        );
    }
}

/// The bounds of a page in the column index.
fn edges(index: &ColumnIndexMetaData, page: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    macro_rules! of {
        ($index:expr, $bytes:expr) => {
            Some(($bytes($index.min_value(page)?), $bytes($index.max_value(page)?)))
        };
    }
    match index {
        ColumnIndexMetaData::BOOLEAN(index) => of!(index, |value: &bool| vec![u8::from(*value)]),
        ColumnIndexMetaData::INT32(index) => of!(index, |value: &i32| value.to_le_bytes().to_vec()),
        ColumnIndexMetaData::INT64(index) => of!(index, |value: &i64| value.to_le_bytes().to_vec()),
        ColumnIndexMetaData::FLOAT(index) => of!(index, |value: &f32| value.to_le_bytes().to_vec()),
        ColumnIndexMetaData::DOUBLE(index) => of!(index, |value: &f64| value.to_le_bytes().to_vec()),
        ColumnIndexMetaData::BYTE_ARRAY(index) | ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(index) => {
            of!(index, |value: &[u8]| value.to_vec())
        }
        other => panic!("{other:?}"),
    }
}

/// How many different values an array has; elements, if it is one of lists.
fn distinct_values(array: &ArrayRef) -> u64 {
    let items = match array.data_type() {
        DataType::List(_) => Arc::clone(arrow::array::AsArray::as_list::<i32>(array).values()),
        DataType::FixedSizeList(..) => {
            // What is beneath a null does not count.
            let lists = arrow::array::AsArray::as_fixed_size_list(array);
            let valid: Vec<ArrayRef> = lists.iter().flatten().collect();
            let valid: Vec<&dyn Array> = valid.iter().map(|array| &**array).collect();
            if valid.is_empty() {
                return 0;
            }
            arrow::compute::concat(&valid).expect("one type")
        }
        _ => Arc::clone(array),
    };
    let fields = vec![SortField::new(items.data_type().clone())];
    let rows =
        RowConverter::new(fields).expect("a type").convert_columns(&[Arc::clone(&items)]).expect("rows");
    let valid = rows.iter().enumerate().filter(|(row, _)| items.is_valid(*row));
    valid.map(|(_, row)| row).collect::<HashSet<_>>().len() as u64
}

fn compressions() -> impl Strategy<Value = Compression> {
    prop_oneof![Just("none"), Just("snappy"), Just("lz4"), Just("zstd:3")]
        .prop_map(|name| name.parse().expect("a codec"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn every_kind_of_column_is_read_back_with_exact_statistics(
        seed: u64,
        first in 0u64..20_000,
        count in prop_oneof![0u64..3, 3u64..700],
        group_rows in 90u64..800,
        compression in compressions(),
        nulls in prop_oneof![Just(None), Just(Some("0.3")), Just(Some("1"))],
    ) {
        let folder = tempdir().expect("a folder");
        let kinds: Vec<Json> = every_kind().into_iter().filter(|kind| !is_short(kind)).collect();
        let is_identifying = |column: &Column| {
            use samplegen::schema::generator::Generator::{Sequence, Template, Unique, Uuid, Uuid7};
            matches!(column.generator, Sequence { .. } | Template(_) | Unique { .. } | Uuid | Uuid7 { .. })
        };
        let table = table_of(&kinds, |column| {
            if let Some(nulls) = nulls && !is_identifying(column) {
                column.nulls = Some(nulls.parse().expect("a probability"));
            }
        });
        let plan = plan(&table, rows(first, count), seed, layout(count.max(1), group_rows, compression));
        let mut parts = written(&plan, folder.path());
        prop_assert_eq!(parts.len(), 1);
        compare(&plan, parts.remove(0));
    }

    #[test]
    fn every_encoding_that_a_type_can_have_is_read_back(
        seed: u64,
        count in 0u64..400,
        nulls in prop_oneof![Just(None), Just(Some("0.3")), Just(Some("1"))],
    ) {
        let folder = tempdir().expect("a folder");
        let layout = layout(count.max(1), 150, Compression::None);
        for (name, encoding) in Encoding::ALL {
            let kinds: Vec<Json> = every_kind()
                .into_iter()
                .filter(|kind| {
                    let column_type: ColumnType =
                        kind["type"].as_str().expect("text").parse().expect("a type");
                    let table = table_of(std::slice::from_ref(kind), |_| {});
                    let values = of_table(&table, 0).expect("values").pop().expect("a column");
                    let chosen = values.choices().is_some_and(|choices| choices <= 1 << 16);
                    !is_short(kind)
                        && encoding.encodes(column_type.item())
                        && (encoding != Encoding::Dictionary || chosen)
                })
                .collect();
            prop_assert!(kinds.len() > 20, "{} of {}", kinds.len(), name);
            let table = table_of(&kinds, |column| {
                column.storage.encoding = Some(encoding);
                if let Some(nulls) = nulls && column.lengths.is_some() {
                    column.nulls = Some(nulls.parse().expect("a probability"));
                }
            });
            let plan = plan(&table, rows(7, count), seed, layout);
            let mut parts = written(&plan, &folder.path().join(name));
            let metadata = compare(&plan, parts.remove(0));
            for group in metadata.row_groups() {
                for chunk in group.columns() {
                    let data: Vec<_> = chunk
                        .page_encoding_stats()
                        .expect("some")
                        .iter()
                        .filter(|stats| stats.page_type == PageType::DATA_PAGE)
                        .map(|stats| stats.encoding.to_string().to_lowercase())
                        .collect();
                    let expected = if encoding == Encoding::Dictionary { "rle_dictionary" } else { name };
                    prop_assert_eq!(data, [expected]);
                }
            }
        }
    }
}

#[test]
fn pages_and_row_groups_of_the_benchmarks_table_have_exact_statistics() {
    let folder = tempdir().expect("a folder");
    let columns = events().iter().map(|json| described(json, &[])).collect();
    let plan =
        plan(&table(None, columns), rows(1_000, 150_000), 0, layout(150_000, 140_000, Compression::None));
    let bytes = written(&plan, folder.path()).remove(0);
    let metadata = compare(&plan, bytes);
    let group = metadata.row_group(0);
    let encodings: Vec<String> = group
        .columns()
        .iter()
        .map(|chunk| chunk.page_encoding_stats().expect("some").last().expect("data").encoding.to_string())
        .collect();
    let dictionaries = ["country", "device", "quantity"];
    for (column, encoding) in plan.columns().iter().zip(encodings) {
        let expected = if dictionaries.contains(&column.name()) { "RLE_DICTIONARY" } else { "PLAIN" };
        assert_eq!(encoding, expected, "{}", column.name());
    }
    let sorted: Vec<i32> =
        group.sorting_columns().expect("some").iter().map(|column| column.column_idx).collect();
    assert_eq!(sorted, [1, 3]);
    for (index, order) in [(1, BoundaryOrder::ASCENDING), (2, BoundaryOrder::UNORDERED)] {
        assert_eq!(metadata.column_index().expect("some")[0][index].get_boundary_order(), Some(order));
    }
    let distinct: Vec<Option<u64>> =
        group.columns().iter().map(|chunk| chunk.statistics().expect("some").distinct_count_opt()).collect();
    assert_eq!(distinct[1], Some(140_000));
    assert_eq!((distinct[4], distinct[5], distinct[7]), (Some(20), Some(5), Some(20)));
    assert_eq!(distinct[0], None, "what the classifier's files do not say");
}

#[test]
fn bloom_filters_hold_every_value_and_few_others() {
    let folder = tempdir().expect("a folder");
    let rate = 0.01;
    let kinds = [
        json!({"generator": "uuid", "type": "text"}),
        json!({"generator": "uuid", "type": "uuid"}),
        json!({"generator": "uniform", "type": "int64", "nulls": "0.2"}),
        json!({"generator": "uniform", "type": "int32"}),
        json!({"generator": "uniform", "type": "float64"}),
        json!({"generator": "uniform", "type": "decimal(30,2)", "min": 0, "max": 1_000_000_000}),
        json!({"generator": "template", "type": "text", "template": "{row}!"}),
        json!({"generator": "one_of", "type": "text", "values": ["a", "b", "c"], "weights": [1, 1, 0]}),
        json!({"generator": "uniform", "type": "list<int64>", "min_length": 0, "max_length": 3}),
    ];
    let table = table_of(&kinds, |column| {
        column.storage.bloom_filter = Some(rate.to_string().parse().expect("a rate"));
    });
    let plan = plan(&table, rows(0, 30_000), 5, layout(30_000, 20_000, Compression::None));
    written(&plan, folder.path());
    let path = folder.path().join("1/t/part-00000-of-00001.parquet");
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file")).expect("a Parquet file");
    let all = rows(0, 30_000);
    for (index, column) in plan.columns().iter().enumerate() {
        for (group, group_rows) in all.chunks(20_000).enumerate() {
            let filter =
                builder.get_row_group_column_bloom_filter(group, index).expect("readable").expect("a filter");
            let values = byte_values(column, group_rows);
            assert!(values.iter().all(|value| filter.check(&value[..])), "{}", column.name());
            // The rows of a billion later are other ones.
            let values: HashSet<Vec<u8>> = values.into_iter().collect();
            let others = byte_values(column, rows(1_000_000_000, 20_000));
            let others: Vec<_> = others.into_iter().filter(|value| !values.contains(value)).collect();
            let wrong = others.iter().filter(|value| filter.check(&value[..])).count();
            assert!(wrong as f64 <= 1.3 * rate * others.len() as f64, "{}: {wrong}", column.name());
        }
    }
    let filter = builder.get_row_group_column_bloom_filter(0, 7).expect("readable").expect("a filter");
    assert!(filter.check("a") && filter.check("b") && !filter.check("c"), "only what occurs");
}

/// The values of some rows in the bytes that Bloom filters hold.
fn byte_values(column: &StoredColumn, rows: RowRange) -> Vec<Vec<u8>> {
    use arrow::array::AsArray;
    use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
    let array = column.values().array(rows);
    let array = match array.data_type() {
        DataType::List(_) => Arc::clone(array.as_list::<i32>().values()),
        _ => array,
    };
    let valid = arrow::compute::is_not_null(&array).expect("any array");
    let array = arrow::compute::filter(&array, &valid).expect("as many flags");
    match array.data_type() {
        DataType::Utf8 => {
            array.as_string::<i32>().iter().flatten().map(|text| text.as_bytes().to_vec()).collect()
        }
        DataType::FixedSizeBinary(_) => {
            array.as_fixed_size_binary().iter().flatten().map(<[u8]>::to_vec).collect()
        }
        DataType::Int64 => {
            array.as_primitive::<Int64Type>().values().iter().map(|v| v.to_le_bytes().to_vec()).collect()
        }
        DataType::Int32 => {
            array.as_primitive::<Int32Type>().values().iter().map(|v| v.to_le_bytes().to_vec()).collect()
        }
        DataType::Float64 => {
            array.as_primitive::<Float64Type>().values().iter().map(|v| v.to_le_bytes().to_vec()).collect()
        }
        DataType::Decimal128(..) => {
            // 30 digits take 13 bytes.
            let values = array.as_primitive::<Decimal128Type>().values();
            values.iter().map(|value| value.to_be_bytes()[3..].to_vec()).collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn texts_beyond_a_page_and_long_bounds_are_read_back() {
    let folder = tempdir().expect("a folder");
    let long = "é".repeat(150_000);
    let kinds = [
        json!({"generator": "one_of", "type": "text", "values": [format!("{long}a"), format!("{long}b"), "short"]}),
        json!({"generator": "pattern", "type": "text", "pattern": "[a-z]{200}[αb]{200}"}),
        json!({"generator": "pattern", "type": "text", "pattern": "[a-z]{300000}"}),
    ];
    let columns = table_of(&kinds, |column| column.storage.encoding = Some(Encoding::Plain));
    let plan = plan(&columns, rows(0, 5), 0, layout(5, 3, Compression::None));
    let bytes = written(&plan, folder.path()).remove(0);
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).expect("a Parquet file");
    let metadata = Arc::clone(builder.metadata());
    let batches: Vec<_> = builder.build().expect("a reader").map(|batch| batch.expect("rows")).collect();
    let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).expect("one schema");
    for (index, column) in plan.columns().iter().enumerate() {
        assert_eq!(batch.column(index), &column.values().array(rows(0, 5)), "{}", column.name());
        let statistics = metadata.row_group(0).column(index).statistics().expect("some");
        let (min, max) = (statistics.min_bytes_opt().expect("one"), statistics.max_bytes_opt().expect("one"));
        assert!(min.len() <= MAX_BOUND_BYTES && max.len() <= MAX_BOUND_BYTES + 4);
        assert!(!statistics.max_is_exact(), "{}", column.name());
        let texts = arrow::array::AsArray::as_string::<i32>(batch.column(index));
        assert!((0..3).all(|row| min <= texts.value(row).as_bytes() && texts.value(row).as_bytes() <= max));
    }
}
