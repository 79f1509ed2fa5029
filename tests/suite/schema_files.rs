//! Schema files on the command line: what they describe is written, and what is wrong with them is said.

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::support::{names, parts, read, run, run_well};

/// What `--classes 2 --float 32` describes.
const CLASSIFIER: &str = "\
seed: 7
rows: 5k
columns:
  - {name: id_client, type: text, generator: uuid}
  - {name: class_0, type: float32, generator: uniform}
  - {name: class_1, type: float32, generator: uniform}
";

const TWO_TABLES: &str = "\
tables:
  - name: clients
    rows: 30
    columns: [{name: id, type: uuid, generator: uuid}]
  - name: orders
    rows: 100
    columns: [{name: id, type: int64, generator: sequence, start: 1}]
";

/// Runs the command in a folder with this schema, demands that it refuse the request, and returns what it says.
fn refused(schema: &str, arguments: &str) -> String {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("s.yaml"), schema).expect("a file");
    let (code, stdout, stderr) = run(folder.path(), arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "gen {arguments}: {stderr}");
    assert_eq!(names(folder.path()), ["s.yaml"], "gen {arguments} wrote something");
    stderr
}

fn folder_with(schema: &str) -> tempfile::TempDir {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("s.yaml"), schema).expect("a file");
    folder
}

#[test]
fn a_schema_that_says_what_flags_say_makes_the_same_bytes() {
    let folder = folder_with(CLASSIFIER);
    run_well(folder.path(), "--rows 5000 --classes 2 --float 32 --seed 7 --out flags");
    run_well(folder.path(), "--schema s.yaml --out schema");
    let (flags, schema) = (folder.path().join("flags"), folder.path().join("schema"));
    assert_eq!(parts(&flags), parts(&schema));
    let description = |folder: &Path| fs::read(folder.join("_dataset.json")).expect("a description");
    assert_eq!(description(&flags), description(&schema));
    // A description is a schema, with its layout.
    run_well(folder.path(), "--schema flags/_dataset.json --out again");
    assert_eq!(parts(&flags), parts(&folder.path().join("again")));
    assert!(run_well(folder.path(), "check again --schema s.yaml").contains("5,000"));
}

#[test]
fn rows_first_row_seed_and_layout_beside_a_schema_count() {
    let folder = folder_with(CLASSIFIER);
    let flags = "--rows 100 --from-row 50 --seed 9 --batch-size 40";
    run_well(folder.path(), &format!("--schema s.yaml {flags} --out schema"));
    run_well(folder.path(), &format!("--classes 2 --float 32 {flags} --out flags"));
    assert_eq!(parts(&folder.path().join("schema")), parts(&folder.path().join("flags")));
}

#[test]
fn each_named_table_has_its_own_folder() {
    let folder = folder_with(TWO_TABLES);
    run_well(folder.path(), "--schema s.yaml --out shop --dry-run");
    assert_eq!(names(folder.path()), ["s.yaml"]);
    run_well(folder.path(), "--schema s.yaml --out shop");
    assert_eq!(names(&folder.path().join("shop")), ["_dataset.json", "clients", "orders"]);
    assert_eq!(read(&folder.path().join("shop/clients")).num_rows(), 30);
    assert_eq!(read(&folder.path().join("shop/orders")).num_rows(), 100);
    assert!(run_well(folder.path(), "--schema s.yaml --out shop").contains("nothing to do"));
    let said = refused(TWO_TABLES, "--schema s.yaml --rows 10");
    assert!(said.contains("a schema of one table"), "{said}");
}

#[test]
fn a_dry_run_tells_columns_and_whether_sizes_are_exact() {
    let values: Vec<String> = (0..1000).map(|number| format!("value {number}")).collect();
    let folder = folder_with(&format!(
        "rows: 5000\ncolumns:\n- {{name: id, type: uuid, generator: uuid}}\n\
         - {{name: word, type: text, generator: one_of, values: [{}]}}\n\
         - {{name: ref, type: int64, generator: uniform, nulls: 10%}}\n\
         - {{name: at, type: date, generator: uniform, min: 0, max: 9, encoding: delta_binary_packed}}\n",
        values.join(", ")
    ));
    let said = run_well(folder.path(), "--schema s.yaml --dry-run -j 1");
    for line in [
        "  id    uuid             plain                       16 B a row",
        "  word  text             dictionary of 1,000 values  about 1.2 B a row",
        "  ref   int64, 10% null  plain                       about 8.1 B a row",
        "  at    date             delta_binary_packed         about 4 B a row",
    ] {
        assert!(said.lines().any(|other| other == line), "{line:?} is not in\n{said}");
    }
    assert!(said.contains("5,000 rows: about ") && said.contains(" of it for lists of values"), "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&run_well(folder.path(), "--schema s.yaml --dry-run --json")).expect("JSON");
    assert_eq!(json["columns"][1]["encoding"], "dictionary of 1,000 values");
    assert_eq!(
        (&json["bytes_are_exact"], &json["columns"][0]["bytes_are_exact"]),
        (&false.into(), &true.into())
    );
    let value_bytes = json["value_bytes"].as_u64().expect("a number");
    assert!((200_000..2_000_000).contains(&value_bytes), "{value_bytes}");

    // What is said to be exact, is.
    let fixed = "rows: 70000\ncolumns:\n- {name: a, type: uuid, generator: uuid}\n\
                 - {name: b, type: \"list<int16>\", length: 3, generator: uniform}\n\
                 - {name: c, type: bool, generator: bernoulli, probability: 0.5}\n\
                 - {name: d, type: \"decimal(30,2)\", generator: uniform, min: -1000000000, max: 1000000000}\n\
                 - {name: e, type: float32, generator: normal, mean: 0, sd: 1, encoding: byte_stream_split}\n";
    let folder = folder_with(fixed);
    let planned: serde_json::Value = serde_json::from_str(&run_well(
        folder.path(),
        "--schema s.yaml --dry-run --json --batch-size 33000 --row-group-rows 10000",
    ))
    .expect("JSON");
    assert_eq!(planned["bytes_are_exact"], true);
    run_well(folder.path(), "--schema s.yaml --quiet --batch-size 33000 --row-group-rows 10000");
    let entries = fs::read_dir(folder.path().join("samples")).expect("a folder");
    let bytes: u64 = entries.map(|entry| entry.expect("a file").metadata().expect("a size").len()).sum();
    assert_eq!(planned["bytes"], bytes);
}

#[test]
fn parts_of_tables_that_refer_to_each_other_are_known_again() {
    let folder = folder_with(
        "tables:\n- name: clients\n  rows: 30\n  columns: [{name: id, type: uuid, generator: uuid}]\n\
         - name: orders\n  columns: [{name: client, generator: children, of: clients.id, min: 1, max: 3}]\n",
    );
    run_well(folder.path(), "--schema s.yaml --out shop --batch-size 20 --quiet");
    let missing = "part-00001-of-00003.parquet";
    let before = parts(&folder.path().join("shop/orders"));
    fs::remove_file(folder.path().join("shop/orders").join(missing)).expect("removed");
    let said = run_well(folder.path(), "--schema s.yaml --out shop --batch-size 20");
    // Those of both tables.
    assert!(said.contains("4 files were complete already, and kept"), "{said}");
    assert!(parts(&folder.path().join("shop/orders")) == before);
    run_well(folder.path(), "check shop/clients");
}

#[test]
fn what_is_wrong_with_a_schema_is_said_with_its_place() {
    let wrong = "rows: 10\ncolumns:\n- {name: a, type: int9, generator: uniform}\n- {name: b, type: int8, generator: unifrom}\n";
    for arguments in ["--schema s.yaml", "schema check s.yaml", "check s.yaml --format csv --schema s.yaml"] {
        let said = refused(wrong, arguments);
        let lines: Vec<_> = said.lines().collect();
        assert!(
            lines[0].starts_with("gen: s.yaml:3:19: column \"a\": type: unknown type \"int9\""),
            "{said}"
        );
        assert!(lines[1].contains("s.yaml:4:") && lines[1].contains("did you mean \"uniform\"?"), "{said}");
        assert_eq!(lines.len(), 2, "{said}");
    }
    let open = "columns: [{name: a, type: int8, generator: uniform}]";
    assert!(refused(open, "--schema s.yaml").contains("give --rows, or the key rows"));
    assert!(refused(open, "--schema missing.yaml").contains("there is no such file"));
    assert!(refused(open, "--schema s.yaml --rows 1 --classes 2").contains("--classes"));
    assert!(
        refused(
            "tables: [{name: a/b, rows: 1, columns: [{name: a, type: int8, generator: uniform}]}]",
            "--schema s.yaml"
        )
        .contains("\"a/b\"")
    );
}

#[test]
fn the_example_is_a_schema() {
    let folder = tempdir().expect("a folder");
    let example = run_well(folder.path(), "schema example");
    fs::write(folder.path().join("example.yaml"), &example).expect("a file");
    assert!(run_well(folder.path(), "schema check example.yaml").starts_with("example.yaml: "));
}

#[test]
fn the_json_schema_in_the_repository_is_the_one_that_is_printed() {
    let folder = tempdir().expect("a folder");
    let printed = run_well(folder.path(), "schema json-schema");
    assert!(printed == include_str!("../../docs/schema.json"), "gen schema json-schema > docs/schema.json");
}

#[test]
fn the_example_can_be_written() {
    let folder = tempdir().expect("a folder");
    let (code, example, stderr) = run(folder.path(), "schema example");
    assert_eq!((code, stderr.as_str()), (0, ""));
    fs::write(folder.path().join("s.yaml"), example).expect("a file");
    run_well(folder.path(), "--schema s.yaml --rows 1000 --out example");
    assert_eq!(parts(&folder.path().join("example")).len(), 1);
}

#[test]
fn what_only_writing_refuses_is_wrong_with_a_schema_too() {
    let schema = "columns:\n- {name: a, type: text, generator: pattern, pattern: \"[a-z]{9}\", encoding: dictionary}\n";
    for arguments in ["schema check s.yaml", "--schema s.yaml --rows 1"] {
        let stderr = refused(schema, arguments);
        assert!(
            stderr.contains("column \"a\": a dictionary needs") && stderr.contains("16,777,216 values"),
            "{stderr}"
        );
    }
}

#[test]
fn the_name_of_a_file_makes_no_lines() {
    let folder = tempdir().expect("a folder");
    let name = "a\nb.yaml";
    fs::write(folder.path().join(name), "columns: []\n").expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(["schema", "check", name])
        .current_dir(folder.path())
        .output()
        .expect("the command runs");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
    assert!(stderr.starts_with("gen: a\\nb.yaml:1:10: "), "{stderr}");
}
