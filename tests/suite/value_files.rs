//! Values that schemas take from files: what they become, what is refused, and what parts say of them.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, DurationSecondArray,
    FixedSizeBinaryArray, Float32Array, Float64Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, Time64MicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    UInt64Array,
};
use parquet::arrow::ArrowWriter;
use samplegen::schema::file::{ReadOptions, SchemaFile};
use samplegen::value_files::FilesIn;
use serde_json::{Value as Json, json};
use tempfile::tempdir;

use crate::support::{names, run, run_well};

/// Writes columns `c` and, if there are weights, `w`.
fn write_parquet(path: &Path, values: ArrayRef, weights: Option<ArrayRef>) {
    let columns = [("c", values)].into_iter().chain(weights.map(|weights| ("w", weights)));
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .expect("columns of one length");
    let mut writer =
        ArrowWriter::try_new(File::create(path).expect("a file"), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

/// The description of the column `a` whose keys are `keys`, or what is wrong with it.
fn column(folder: &Path, keys: &str) -> Result<Json, String> {
    let text = format!("columns: [{{name: a, {keys}}}]");
    let files = FilesIn::new(folder);
    let options = ReadOptions { files: Some(&files), ..ReadOptions::default() };
    let file = SchemaFile::read("s.yaml", &text, &options).map_err(|faults| faults.to_string())?;
    let json: Json = serde_json::from_str(&file.to_json()).expect("JSON");
    Ok(json["columns"][0].clone())
}

fn from_file(column_type: &str, file: &str, more: &str) -> String {
    format!("type: '{column_type}', generator: one_of, values_from: {{file: {file}, values: c{more}}}")
}

#[test]
fn a_file_gives_the_values_that_a_schema_would() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("v.csv");
    for (column_type, lines, values) in [
        ("text", "Oslo\n\"a, \"\"b\"\"\"\n1\n", json!(["Oslo", "a, \"b\"", "1"])),
        ("bool", "true\nfalse\n", json!([true, false])),
        ("int8", "-128\n7", json!([-128, 7])),
        ("uint64", "18446744073709551615\n", json!(["18446744073709551615"])),
        ("decimal(38,2)", "0.05\n-1\n", json!([0.05, -1])),
        ("float32", "0.1\n1e3\n", json!([0.10000000149011612, 1000])),
        ("binary", "00ff\n", json!(["00ff"])),
        ("uuid", "191739AD-8B2C-4155-A3A3-BA1AA9B5E0C6\n", json!(["191739ad-8b2c-4155-a3a3-ba1aa9b5e0c6"])),
        ("date", "2024-02-29\n0\n", json!(["2024-02-29", "1970-01-01"])),
        ("time[ms]", "23:59:59.5\n", json!(["23:59:59.500"])),
        ("timestamp[s, UTC]", "2024-01-01T01:00:00+01:00\n", json!(["2024-01-01T00:00:00Z"])),
        ("duration[us]", "1ms\n", json!(["1000us"])),
        ("list<int16>", "5\n6\n", json!([5, 6])),
    ] {
        fs::write(
            &path,
            format!("x,c\n{}", lines.lines().map(|line| format!("0,{line}\n")).collect::<String>()),
        )
        .expect("written");
        let length = if column_type.starts_with("list") { ", length: 2" } else { "" };
        let read = column(folder.path(), &(from_file(column_type, "v.csv", "") + length));
        assert_eq!(read.expect(column_type)["values"], values, "{column_type}");
    }
    fs::write(&path, "c,w\nb,0.5\na,2\n").expect("written");
    let read = column(folder.path(), &from_file("text", "v.csv", ", weights: w")).expect("weights");
    assert_eq!((&read["values"], &read["weights"]), (&json!(["b", "a"]), &json!([0.5, 2])));
    let zipf = "type: text, generator: zipf, exponent: 1, values_from: {file: v.csv, values: c}";
    assert_eq!(column(folder.path(), zipf).expect("zipf")["values"], json!(["b", "a"]));
}

#[test]
fn values_of_parquet_keep_what_they_are() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("v.parquet");
    let id = [0x19u8; 16];
    let many = |column_type: &str| column(folder.path(), &from_file(column_type, "v.parquet", ""));
    for (values, accepted) in [
        (Arc::new(StringArray::from(vec!["b", "a"])) as ArrayRef, vec![("text", json!(["b", "a"]))]),
        (Arc::new(LargeStringArray::from(vec!["x"])), vec![("text", json!(["x"]))]),
        (Arc::new(StringViewArray::from(vec!["x"])), vec![("text", json!(["x"]))]),
        (Arc::new(DictionaryArray::<Int32Type>::from_iter(["y", "x"])), vec![("text", json!(["y", "x"]))]),
        (Arc::new(BooleanArray::from(vec![true, false])), vec![("bool", json!([true, false]))]),
        (
            Arc::new(Int64Array::from(vec![3, -1])),
            vec![("int8", json!([3, -1])), ("decimal(5,2)", json!([3, -1])), ("float64", json!([3, -1]))],
        ),
        (Arc::new(UInt64Array::from(vec![u64::MAX])), vec![("uint64", json!(["18446744073709551615"]))]),
        (
            Arc::new(
                Decimal128Array::from(vec![150, 200]).with_precision_and_scale(38, 2).expect("a decimal"),
            ),
            vec![("decimal(4,1)", json!([1.5, 2])), ("float64", json!([1.5, 2]))],
        ),
        (Arc::new(Float64Array::from(vec![0.1, 1e300])), vec![("float64", json!([0.1, 1e300]))]),
        (Arc::new(Float32Array::from(vec![0.5])), vec![("float32", json!([0.5])), ("float64", json!([0.5]))]),
        (Arc::new(BinaryArray::from(vec![&[0, 255][..]])), vec![("binary", json!(["00ff"]))]),
        (
            Arc::new(FixedSizeBinaryArray::try_from_iter([id].into_iter()).expect("16 bytes")),
            vec![
                ("uuid", json!(["19191919-1919-1919-1919-191919191919"])),
                ("binary", json!(["19".repeat(16)])),
            ],
        ),
        (Arc::new(Date32Array::from(vec![59])), vec![("date", json!(["1970-03-01"]))]),
        (
            Arc::new(Time64MicrosecondArray::from(vec![1_000])),
            vec![("time[ms]", json!(["00:00:00.001"])), ("time[ns]", json!(["00:00:00.001000000"]))],
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![1_000])),
            vec![("timestamp[s]", json!(["1970-01-01T00:00:01"]))],
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![-1]).with_timezone("Europe/Oslo")),
            vec![("timestamp[ns, UTC]", json!(["1969-12-31T23:59:59.999999999Z"]))],
        ),
        (Arc::new(DurationSecondArray::from(vec![5])), vec![("duration[ms]", json!(["5000ms"]))]),
        (
            Arc::new(Int64Array::from(vec![5])),
            vec![("duration[ms]", json!(["5ms"])), ("int64", json!([5])), ("float64", json!([5]))],
        ),
    ] {
        let data_type = values.data_type().clone();
        write_parquet(&path, values, None);
        for (column_type, expected) in &accepted {
            assert_eq!(many(column_type).expect(column_type)["values"], *expected, "{column_type}");
        }
        // Each type is accepted where it is listed, and nowhere else.
        for other in ["bool", "text", "uuid", "date", "time[ms]", "timestamp[s]", "timestamp[s, UTC]"] {
            if accepted.iter().all(|(column_type, _)| {
                column_type.split(['[', '(']).next() != other.split('[').next()
                    || column_type.contains("UTC") != other.contains("UTC")
            }) && !(other == "uuid" && accepted[0].0 == "text")
            {
                let refused = many(other).expect_err(other);
                assert!(
                    refused.contains(&format!("are no values of {other}")),
                    "{data_type} as {other}: {refused}"
                );
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let folder = tempdir().expect("a folder");
    let csv = |text: &str| fs::write(folder.path().join("v.csv"), text).expect("written");
    let refused = |keys: &str| {
        let refused = column(folder.path(), keys).expect_err(keys);
        refused
            .strip_prefix("s.yaml:1:")
            .and_then(|rest| rest.split_once(": "))
            .expect("a place")
            .1
            .to_owned()
    };
    let digits = "1".repeat(17 << 20);
    for (text, column_type, more, reason) in [
        ("c\n1\nx\n", "int8", "", "row 2, column \"c\": expected a number, found \"x\""),
        ("c\n1\nx\n", "int8", "", "row 2, column \"c\": \"x\" is not a number"),
        ("c\n1\n300\n", "int8", "", "row 2, column \"c\": \"300\" is outside int8, which holds -128 to 127"),
        ("c\n1\n1\n", "int8", "", "row 2, column \"c\": the value \"1\" occurs twice; leave one out"),
        ("c\na\nb\na\n", "text", "", "row 3, column \"c\": the value \"a\" occurs twice; leave one out"),
        ("c,w\na,1\n,1\n", "text", "", "row 2, column \"c\": no value; each row needs one"),
        ("c,w\na,1\nb,\n", "text", ", weights: w", "row 2, column \"w\": no value; each row needs one"),
        (
            "c,w\na,1\nb,-1\n",
            "text",
            ", weights: w",
            "row 2, column \"w\": -1 is negative; a weight is 0 or more",
        ),
        ("c,w\na,1\nb,x\n", "text", ", weights: w", "row 2, column \"w\": \"x\" is not a number"),
        ("c\n", "text", "", "there are no rows; give at least one value"),
        ("", "text", "", "the file is empty: there is no line of names"),
        ("d,e\n1,2\n", "text", "", "there is no column \"c\"; the first columns are \"d\", \"e\""),
        ("c,c\n1,2\n", "text", "", "there are 2 columns \"c\"; rename all but one"),
        ("c,d\n1\n", "text", "", "line 2: expected 2 values, found 1"),
        ("c\nmaybe\n", "bool", "", "row 1, column \"c\": expected true or false, found \"maybe\""),
        (
            "c\n2024-02-30\n",
            "date",
            "",
            "row 1, column \"c\": \"2024-02-30\" is not a date; write it as 2024-12-31",
        ),
        (&format!("c\n{digits}\n"), "text", "", "the values of the columns have 17,825,"),
    ] {
        csv(text);
        let said = refused(&from_file(column_type, "v.csv", more));
        let is_total = reason.starts_with("the values of");
        let expected =
            if is_total { reason.to_owned() } else { format!("column \"a\": values_from: v.csv: {reason}") };
        assert!(
            said.starts_with(&expected) || reason.contains("expected a number"),
            "{said}, and not {expected}"
        );
    }
    csv("c,w\na,0\nb,0\n");
    let said = refused(&from_file("text", "v.csv", ", weights: w"));
    assert!(said.contains("all weights are 0"), "{said}");
    for (file, reason) in [
        ("none.csv", "none.csv: No such file or directory"),
        ("values.txt", "values.txt: the name does not end in .csv or .parquet"),
        ("v.jsonl", "v.jsonl: the name does not end in .csv or .parquet"),
    ] {
        let said = refused(&from_file("text", file, ""));
        assert!(said.contains(reason), "{said}");
    }
    let parquet = folder.path().join("v.parquet");
    write_parquet(&parquet, Arc::new(StringArray::from(vec![Some("a"), None])), None);
    let said = refused(&from_file("text", "v.parquet", ""));
    assert!(said.ends_with("v.parquet: row 2, column \"c\": no value; each row needs one"), "{said}");
    write_parquet(&parquet, Arc::new(TimestampNanosecondArray::from(vec![0, 1])), None);
    let said = refused(&from_file("timestamp[ms]", "v.parquet", ""));
    assert!(said.contains("row 2, column \"c\": \"0.000001\" is not a whole number"), "{said}");
    let weights = Arc::new(StringArray::from(vec!["1"]));
    write_parquet(&parquet, Arc::new(StringArray::from(vec!["a"])), Some(weights));
    let said = refused(&from_file("text", "v.parquet", ", weights: w"));
    assert!(said.contains("column \"w\": values of the Arrow type Utf8 are no values of float64"), "{said}");
    fs::write(&parquet, b"PAR1").expect("written");
    assert!(refused(&from_file("text", "v.parquet", "")).contains("values_from: v.parquet: "));
}

/// A schema of 1,000 rows whose values are in `v.csv` beside it, and that file with `values` values.
fn write_schema(folder: &Path, values: usize, first: &str) {
    let lines: String = (1..values).map(|value| format!("value {value}\n")).collect();
    fs::write(folder.join("v.csv"), format!("c\n{first}\n{lines}")).expect("written");
    let schema = "rows: 1000\ncolumns:\n- {name: id, type: uuid, generator: uuid}\n\
                  - {name: c, type: text, generator: one_of, values_from: {file: v.csv, values: c}}\n";
    fs::write(folder.join("s.yaml"), schema).expect("written");
}

#[test]
fn parts_name_long_lists_by_their_digest_and_a_check_needs_only_the_description() {
    let outer = tempdir().expect("a folder");
    let folder = outer.path().join("schemas");
    fs::create_dir(&folder).expect("made");
    let part = "samples/part-00000-of-00001.parquet";
    for (values, has_digest) in [(3, false), (5_000, true)] {
        write_schema(&folder, values, "first");
        // Paths are from the schema's folder, wherever the command is run.
        run_well(outer.path(), "--schema schemas/s.yaml --overwrite --quiet");
        let bytes = fs::read(outer.path().join(part)).expect("a part");
        let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert_eq!(contains("values_from"), has_digest);
        assert_eq!(contains("\"values\":[\"first\",\"value 1\""), !has_digest);
        let description = fs::read_to_string(outer.path().join("samples/_dataset.json")).expect("described");
        assert!(description.contains("\"first\"") && !description.contains("values_from"));

        // The schema and its file are not needed, to check or to resume.
        fs::remove_file(folder.join("v.csv")).expect("removed");
        run_well(outer.path(), "check samples");
        run_well(outer.path(), &format!("check {part}"));
        run_well(outer.path(), &format!("check {part} --dataset samples"));
        fs::copy(outer.path().join(part), outer.path().join("alone.parquet")).expect("copied");
        run_well(outer.path(), "check alone.parquet --dataset samples");
        let (code, _, said) = run(outer.path(), "check alone.parquet");
        assert_eq!(code, if has_digest { 2 } else { 0 }, "{said}");
        assert!(
            !has_digest
                || said.contains("column \"c\": only the digest of the values is known; give --dataset")
        );
        run_well(outer.path(), "--schema samples/_dataset.json --out again --overwrite --quiet");
        let again = fs::read(outer.path().join("again/part-00000-of-00001.parquet")).expect("a part");
        assert!(again == bytes, "the description makes the same bytes");
    }
}

#[test]
fn a_changed_file_of_values_is_another_data_set() {
    for values in [3, 5_000] {
        let folder = tempdir().expect("a folder");
        write_schema(folder.path(), values, "first");
        run_well(folder.path(), "--schema s.yaml --quiet --batch-size 300");
        fs::remove_file(folder.path().join("samples/part-00001-of-00004.parquet")).expect("removed");
        assert!(
            run_well(folder.path(), "--schema s.yaml --batch-size 300")
                .contains("3 files were complete already")
        );

        write_schema(folder.path(), values, "other");
        for description in [true, false] {
            if !description {
                fs::remove_file(folder.path().join("samples/_dataset.json")).expect("removed");
            }
            let before = names(&folder.path().join("samples"));
            let (code, _, said) = run(folder.path(), "--schema s.yaml --batch-size 300");
            assert_eq!(code, 2, "{said}");
            assert!(said.contains("column \"c\" with another list of values"), "{said}");
            assert_eq!(names(&folder.path().join("samples")), before);
        }
    }
}

#[test]
fn a_part_with_a_dictionary_larger_than_all_else_is_complete() {
    let folder = tempdir().expect("a folder");
    write_schema(folder.path(), 5_000, "first");
    let schema = fs::read_to_string(folder.path().join("s.yaml")).expect("a schema");
    let schema = schema
        .replace("rows: 1000", "rows: 1")
        .replace("generator: one_of", "encoding: dictionary, generator: one_of");
    fs::write(folder.path().join("s.yaml"), schema).expect("written");
    run_well(folder.path(), "--schema s.yaml --quiet");
    let again = run_well(folder.path(), "--schema s.yaml");
    assert!(again.contains("nothing to do"), "{again}");
    run_well(folder.path(), "check samples");
}
