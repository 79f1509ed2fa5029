//! Parquet files of others: which columns and rows are read, in how much memory, and what is refused.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int32Array, ListArray, RecordBatch, StringArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Int32Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow_schema::{DataType, Field, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType as ParquetType, Int32Type as ParquetInt32Type, Int96, Int96Type,
};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use samplegen::copy::{RowGroupPiece, open_parquet};
use tempfile::{TempDir, tempdir};

/// A file with one row group, of the columns that `schema` describes; `write` writes the next one.
fn file_of(schema: &str, write: impl FnOnce(&mut SerializedFileWriter<File>)) -> (TempDir, PathBuf) {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let file = File::create(&path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).expect("a writer");
    write(&mut writer);
    writer.close().expect("a footer");
    (folder, path)
}

/// Writes one row group with `values`, where each is at its definition and repetition level, in each of its columns.
fn write_column<T: ParquetType>(
    writer: &mut SerializedFileWriter<File>,
    values: &[T::T],
    definition: Option<&[i16]>,
    repetition: Option<&[i16]>,
) {
    let mut group = writer.next_row_group().expect("a row group");
    while let Some(mut column) = group.next_column().expect("a column") {
        column.typed::<T>().write_batch(values, definition, repetition).expect("values");
        column.close().expect("a column");
    }
    group.close().expect("a row group");
}

/// All rows of a file, as batches of the columns with these names.
fn read(path: &Path, names: &[&str]) -> Result<Vec<RecordBatch>, ArrowError> {
    let pieces = open_parquet(path)?.row_groups;
    let mut batches = Vec::new();
    for piece in pieces.iter().map(RowGroupPiece::piece) {
        for batch in piece.batches(names)? {
            batches.push(batch?);
        }
    }
    Ok(batches)
}

fn type_of(path: &Path, name: &str) -> DataType {
    let schema = open_parquet(path).expect("a file").schema;
    schema.field_with_name(name).expect("a column").data_type().clone()
}

#[test]
fn annotations_decide_what_bytes_are() {
    for (annotation, expected) in [
        ("", DataType::Binary),
        ("(UTF8)", DataType::Utf8),
        ("(STRING)", DataType::Utf8),
        ("(ENUM)", DataType::Utf8),
        ("(JSON)", DataType::Utf8),
        ("(BSON)", DataType::Binary),
    ] {
        let schema = format!("message m {{ required binary c {annotation}; }}");
        let (_folder, path) = file_of(&schema, |writer| {
            write_column::<ByteArrayType>(writer, &[ByteArray::from("ä")], None, None);
        });
        assert_eq!(type_of(&path, "c"), expected, "{annotation}");
        let batches = read(&path, &["c"]).expect("a value");
        let text = arrow::compute::cast(batches[0].column(0), &DataType::Utf8).expect("text");
        assert_eq!(text.as_string::<i32>().value(0), "ä", "{annotation}");
    }
}

#[test]
fn columns_are_found_by_name_behind_a_group_without_leaves() {
    let schema = "message m { optional group nothing { } required int32 a; required int32 b; }";
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let file = File::create(&path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    for value in [1, 2] {
        let mut column = group.next_column().expect("a column").expect("a column");
        column.typed::<ParquetInt32Type>().write_batch(&[value], None, None).expect("a value");
        column.close().expect("a column");
    }
    group.close().expect("a row group");
    writer.close().expect("a footer");
    for (names, expected) in [(&["a", "b"][..], &[1, 2][..]), (&["b"], &[2]), (&["a"], &[1])] {
        let batches = read(&path, names).expect("rows");
        let values: Vec<_> =
            batches[0].columns().iter().map(|column| column.as_primitive::<Int32Type>().value(0)).collect();
        assert_eq!(values, expected, "{names:?}");
    }
}

fn int96(julian_day: u32, nanoseconds: u64) -> Int96 {
    let mut value = Int96::new();
    value.set_data(nanoseconds as u32, (nanoseconds >> 32) as u32, julian_day);
    value
}

#[test]
fn int96_is_read_as_microseconds_and_never_wraps() {
    const DAY_MICROSECONDS: i64 = 86_400_000_000;
    const EPOCH: u32 = 2_440_588;
    for (value, expected) in [
        (int96(EPOCH, 0), Ok(0)),
        (int96(0, 0), Ok(-i64::from(EPOCH) * DAY_MICROSECONDS)),
        // The last moment of 9999, and the last that 64 bits hold.
        (int96(5_373_484, 86_399_999_999_000), Ok((5_373_485 - i64::from(EPOCH)) * DAY_MICROSECONDS - 1)),
        (int96(EPOCH + 106_751_991, 14_454_775_807_000), Ok(i64::MAX)),
        (int96(EPOCH + 106_751_991, 14_454_775_808_000), Err("beyond 64-bit microseconds")),
        (int96(EPOCH, 1), Err("would round")),
        (int96(i32::MAX as u32, 0), Err("beyond 64-bit microseconds")),
        (int96(i32::MIN as u32, 0), Err("beyond 64-bit microseconds")),
    ] {
        let plain = file_of("message m { optional int96 t; }", |writer| {
            let values = [int96(EPOCH, 0), value];
            for _ in 0..2 {
                write_column::<Int96Type>(writer, &values, Some(&[1, 0, 1]), None);
            }
        });
        let in_list =
            "message m { required group t (LIST) { repeated group list { optional int96 element; } } }";
        let in_list = file_of(in_list, |writer| {
            let values = [int96(EPOCH, 0), value];
            for _ in 0..2 {
                write_column::<Int96Type>(writer, &values, Some(&[2, 0, 1, 2]), Some(&[0, 0, 0, 1]));
            }
        });
        for (_folder, path) in [plain, in_list] {
            let microseconds = DataType::Timestamp(TimeUnit::Microsecond, None);
            match type_of(&path, "t") {
                DataType::List(element) => assert_eq!(element.data_type(), &microseconds),
                other => assert_eq!(other, microseconds),
            }
            match (read(&path, &["t"]), expected) {
                (Ok(batches), Ok(expected)) => {
                    for batch in batches {
                        let column = match batch.column(0).as_list_opt::<i32>() {
                            Some(lists) => lists.values().clone(),
                            None => batch.column(0).clone(),
                        };
                        let values = column.as_primitive::<TimestampMicrosecondType>();
                        assert_eq!(values.value(values.len() - 1), expected);
                    }
                }
                (Err(error), Err(reason)) => {
                    let said = error.to_string();
                    assert!(said.contains(reason) && said.contains("row 2 "), "{said}");
                }
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }
}

/// Rows of the widths in `bytes`, so many of each, as a dictionary: what is written takes hardly any room.
fn texts(bytes: &[(usize, usize)]) -> ArrayRef {
    let words: StringArray = bytes.iter().map(|(_, width)| Some("x".repeat(*width))).collect();
    let keys = bytes.iter().zip(0..).flat_map(|((rows, _), key)| std::iter::repeat_n(key, *rows));
    Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from_iter_values(keys), Arc::new(words)))
}

#[test]
fn a_batch_has_few_bytes_whatever_its_values_are() {
    const MOST_BYTES: usize = 48 << 20;
    let lists = |elements: ArrayRef, each: usize| -> ArrayRef {
        let field = Arc::new(Field::new("item", elements.data_type().clone(), true));
        let lengths = std::iter::repeat_n(each, elements.len() / each);
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), elements, None))
    };
    let plain = || WriterProperties::builder().set_dictionary_enabled(false);
    let delta = || plain().set_encoding(Encoding::DELTA_BYTE_ARRAY);
    let second =
        |properties: WriterPropertiesBuilder| properties.set_writer_version(WriterVersion::PARQUET_2_0);
    for (what, column, properties) in [
        ("one wide word", texts(&[(600, 100_000)]), WriterProperties::builder()),
        (
            "a wide word behind narrow ones",
            texts(&[(20_000, 1), (600, 100_000)]),
            WriterProperties::builder(),
        ),
        ("plain", texts(&[(20_000, 1), (600, 100_000)]), plain()),
        ("sharing prefixes", texts(&[(20_000, 1), (600, 100_000)]), delta()),
        ("lists of words", lists(texts(&[(600, 100_000)]), 4), WriterProperties::builder()),
        ("lists, second version", lists(texts(&[(600, 100_000)]), 4), second(WriterProperties::builder())),
        ("plain lists", lists(texts(&[(20_000, 1), (600, 100_000)]), 4), plain()),
        ("lists sharing prefixes", lists(texts(&[(600, 100_000)]), 2), second(delta())),
    ] {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("x.parquet");
        let rows = column.len();
        let batch = RecordBatch::try_from_iter([("c", column)]).expect("a batch");
        let properties = properties.set_compression(Compression::SNAPPY).build();
        let file = File::create(&path).expect("a file");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
        writer.write(&batch).expect("rows");
        writer.close().expect("a footer");
        let pieces = open_parquet(&path).expect("a file").row_groups;
        let mut seen = 0;
        for piece in pieces.iter().map(RowGroupPiece::piece) {
            for batch in piece.batches(&["c"]).expect("a row group") {
                let batch = batch.expect("rows");
                seen += batch.num_rows();
                let bytes = batch.get_array_memory_size();
                assert!(bytes <= MOST_BYTES, "{what}: {bytes} bytes in {} rows", batch.num_rows());
            }
        }
        assert_eq!(seen, rows, "{what}");
    }
}

#[test]
fn rows_of_usual_width_are_read_many_at_a_time() {
    let column: ArrayRef =
        Arc::new((0..20_000).map(|row| Some(format!("word {}", row % 1_000))).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter([("c", column)]).expect("a batch");
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let mut writer =
        ArrowWriter::try_new(File::create(&path).expect("a file"), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.close().expect("a footer");
    let rows: Vec<_> = read(&path, &["c"]).expect("rows").iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows, [8_192, 8_192, 3_616]);
}

#[test]
fn encrypted_files_are_called_so() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    // An encrypted footer.
    fs::write(&path, b"PAREsomething\x09\0\0\0PARE").expect("a file");
    let error = open_parquet(&path).expect_err("encrypted").to_string();
    assert!(error.contains("encrypted"), "{error}");
    // A plain footer whose field 8 names the algorithm.
    let footer = [0x15, 0x02, 0x7c, 0x1c, 0x00, 0x00, 0x00];
    let mut bytes = b"PAR1".to_vec();
    bytes.extend_from_slice(&footer);
    bytes.extend_from_slice(&(footer.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"PAR1");
    fs::write(&path, bytes).expect("a file");
    let error = open_parquet(&path).expect_err("encrypted").to_string();
    assert!(error.contains("encrypted"), "{error}");
}
