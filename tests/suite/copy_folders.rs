//! What a folder of files means to load and check.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use samplegen::copy::{Format, find};
use samplegen::source::Source;
use samplegen::{FloatWidth, IdForm};
use tempfile::{TempDir, tempdir};

use crate::support::{classifier, rows, run, run_well};

/// Writes a Parquet file, in folders that are made.
fn write(path: &Path, columns: &[(&str, ArrayRef)]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    let batch = RecordBatch::try_from_iter(columns.iter().cloned()).expect("columns of one length");
    let mut writer =
        ArrowWriter::try_new(File::create(path).expect("a file"), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.close().expect("a footer");
}

fn numbers(numbers: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(numbers.to_vec()))
}

/// A folder with one Parquet file, of one row, under each of the `paths`.
fn folder_of(paths: &[&str]) -> TempDir {
    let folder = tempdir().expect("a folder");
    for path in paths {
        write(&folder.path().join(path), &[("n", numbers(&[1]))]);
    }
    folder
}

/// Columns of a load, and the values of the last one in each part.
type Loaded = (Vec<(String, DataType)>, Vec<ArrayRef>);

fn loaded(paths: &[PathBuf]) -> Result<Loaded, String> {
    let source = Source::of_files(paths).map_err(|error| error.to_string())?;
    let fields = source.schema.fields();
    let columns = fields.iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
    let names: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
    let mut last = Vec::new();
    for part in &source.parts {
        for batch in part.batches(&names).map_err(|error| error.to_string())? {
            let batch = batch.map_err(|error| error.to_string())?;
            last.push(batch.columns().last().expect("a column").clone());
        }
    }
    Ok((columns, last))
}

#[test]
fn parquet_files_are_taken_by_their_endings_or_their_bytes_and_others_are_named() {
    let folder = folder_of(&[
        "a.parquet",
        "b.parq",
        "c.PQ",
        "000000_0",
        "d.parquet.tmp",
        "_hidden.parquet",
        ".hidden.parquet",
        "_temporary/e.parquet",
        "_p=1/f.parquet",
        "more/g.parquet",
    ]);
    fs::write(folder.path().join("notes"), "PAR1 are the first bytes").expect("a file");
    fs::write(folder.path().join("h.csv"), "n\n1\n").expect("a file");
    fs::write(folder.path().join("damaged.parquet"), "").expect("a file");
    symlink("notes", folder.path().join("link")).expect("a link");
    let found = find(folder.path(), None).expect("a folder");
    let names: Vec<_> = found.files.iter().map(|file| file.name.display().to_string()).collect();
    assert_eq!(
        names,
        ["000000_0", "_p=1/f.parquet", "a.parquet", "b.parq", "c.PQ", "damaged.parquet", "more/g.parquet"]
    );
    let left_out: Vec<_> = found.left_out.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(left_out, ["d.parquet.tmp", "h.csv", "link", "notes"]);
    let passed_over: Vec<_> =
        found.passed_over.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(passed_over, [".hidden.parquet", "_hidden.parquet", "_temporary"]);
    let names = |format| -> Vec<String> {
        let found = find(folder.path(), Some(format)).expect("a folder");
        found.files.iter().map(|file| file.name.display().to_string()).collect()
    };
    assert!(names(Format::Parquet).contains(&"d.parquet.tmp".to_owned()));
    // With a format, anything of no known ending is of that format, and nobody reads through a link.
    let refused = find(folder.path(), Some(Format::JsonLines)).expect_err("a link").to_string();
    assert!(refused.contains("link in it is a link"), "{refused}");
    fs::remove_file(folder.path().join("link")).expect("a link");
    let taken = names(Format::JsonLines);
    assert!(taken.contains(&"notes".to_owned()) && !taken.contains(&"h.csv".to_owned()), "{taken:?}");
}

#[test]
fn folders_give_columns() {
    let folder =
        folder_of(&["year=2023/b=x%20y/a.parquet", "year=2024/b=__HIVE_DEFAULT_PARTITION__/a.parquet"]);
    let (columns, last) = loaded(&[folder.path().to_owned()]).expect("files");
    let names: Vec<_> = columns.iter().map(|(name, of)| (name.as_str(), of.clone())).collect();
    assert_eq!(names, [("n", DataType::Int64), ("year", DataType::Int64), ("b", DataType::Utf8)]);
    assert_eq!(last[0].as_string::<i32>().value(0), "x y");
    assert!(last[1].is_null(0));
    // A path within such folders gives the same columns, and its parts the same names.
    let whole = Source::of_files(&[folder.path().to_owned()]).expect("files");
    let files = ["year=2023/b=x%20y/a.parquet", "year=2024/b=__HIVE_DEFAULT_PARTITION__/a.parquet"];
    let files: Vec<_> = files.iter().map(|file| folder.path().join(file)).collect();
    for given in [files.clone(), vec![folder.path().join("year=2023"), folder.path().join("year=2024")]] {
        let source = Source::of_files(&given).expect("files");
        assert_eq!((source.schema, &source.identity), (whole.schema.clone(), &whole.identity), "{given:?}");
    }
    let twice = loaded(&[files[0].clone(), files[0].clone()]).expect_err("one file");
    assert!(twice.contains("give each file once"), "{twice}");
}

#[test]
fn files_that_have_a_column_of_their_path_agree_with_it() {
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; 2])) };
    for (path, column, expected) in [
        ("p=2/a.parquet", numbers(&[2, 2]), Ok(())),
        ("p=2/a.parquet", numbers(&[2, 3]), Err("has the value \"3\", and the path says \"2\"")),
        ("p=x/a.parquet", numbers(&[2, 2]), Err("the path says \"x\"")),
        ("p=x/a.parquet", text("x"), Ok(())),
        ("p=__HIVE_DEFAULT_PARTITION__/a.parquet", text("x"), Err("the path says null")),
        ("p=0.50/a.parquet", Arc::new(Float64Array::from(vec![0.5; 2])), Ok(())),
    ] {
        let folder = tempdir().expect("a folder");
        write(&folder.path().join(path), &[("p", Arc::clone(&column))]);
        match (loaded(&[folder.path().to_owned()]), expected) {
            (Ok((columns, last)), Ok(())) => {
                assert_eq!(columns, [("p".to_owned(), column.data_type().clone())]);
                assert_eq!(last[0].as_ref(), column.as_ref());
            }
            (Err(error), Err(reason)) => assert!(error.contains(reason), "{error}"),
            (found, expected) => panic!("{path}: {found:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn folders_of_tables_are_refused_where_their_metadata_is_not_read() {
    for (marker, name) in [
        (".hoodie/hoodie.properties", "a Hudi table"),
        ("metadata/v1.metadata.json", "an Iceberg table"),
        ("metadata/version-hint.text", "an Iceberg table"),
        ("_delta_log/00000000000000000010.checkpoint.parquet", "the Delta table"),
    ] {
        let folder = folder_of(&["table/data/a.parquet", "b.parquet"]);
        let marker = folder.path().join("table").join(marker);
        fs::create_dir_all(marker.parent().expect("a folder")).expect("a folder");
        fs::write(&marker, "").expect("a file");
        for given in ["", "table", "table/data"] {
            let given = folder.path().join(given);
            let error = find(&given, None).expect_err("a table").to_string();
            let is_within = given.ends_with("data") && error.contains("within a");
            assert!(error.contains(name) || is_within, "{}: {error}", given.display());
        }
    }
}

#[test]
fn a_folder_with_a_delta_log_means_what_the_log_says() {
    let folder = folder_of(&["x/t/d=1/a.parquet", "x/t/d=1/stale.parquet"]);
    let log = folder.path().join("x/t/_delta_log");
    fs::create_dir(&log).expect("a folder");
    let commits = [
        vec![
            r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#,
            r#"{"metaData":{"schemaString":"{\"fields\":[{\"name\":\"d\",\"type\":\"long\"}]}","partitionColumns":["d"]}}"#,
            r#"{"add":{"path":"d=1/stale.parquet","partitionValues":{"d":"1"}}}"#,
        ],
        vec![
            r#"{"remove":{"path":"d=1/stale.parquet"}}"#,
            r#"{"add":{"path":"d=1/a.parquet","partitionValues":{"d":"1"}}}"#,
        ],
    ];
    for (version, actions) in commits.iter().enumerate() {
        fs::write(log.join(format!("{version:020}.json")), actions.join("\n")).expect("a file");
    }
    for given in ["", "x", "x/t"] {
        let (columns, last) = loaded(&[folder.path().join(given)]).expect("a table");
        assert_eq!(columns[1], ("d".to_owned(), DataType::Int64), "{given}");
        assert_eq!(
            last.iter().map(|column| column.as_primitive::<Int64Type>().value(0)).collect::<Vec<_>>(),
            [1]
        );
    }
}

#[test]
fn copies_that_are_partitioned_by_a_column_are_checked() {
    let folder = tempdir().expect("a folder");
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(0, 3), 0);
    let batch = samplegen::Batches::new(&data_set).batch(data_set.rows()).expect("rows");
    let scores = batch.column(1).as_primitive::<arrow::datatypes::Float64Type>();
    for row in 0..batch.num_rows() {
        let path = folder.path().join(format!("by_score/class_0={}/a.parquet", scores.value(row)));
        write(&path, &[("id_client", batch.column(0).slice(row, 1))]);
        let id = batch.column(0).as_string::<i32>().value(row).to_owned();
        write(
            &folder.path().join(format!("by_id/id_client={id}/a.parquet")),
            &[("class_0", batch.column(1).slice(row, 1))],
        );
    }
    for copy in ["by_score", "by_id"] {
        let said = run_well(folder.path(), &format!("check {copy} --rows 3 --classes 1"));
        assert!(said.contains("OK"), "{said}");
    }
    let (first, other) = (scores.value(0), folder.path().join("by_score/class_0=0.5"));
    fs::rename(folder.path().join(format!("by_score/class_0={first}")), other).expect("a folder");
    let (code, said, _) = run(folder.path(), "check by_score --rows 3 --classes 1");
    assert!(code == 1 && said.contains("altered"), "{said}");
}
