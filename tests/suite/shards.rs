//! `--shard I/N` is one thing: what it writes is what it checks.

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{parts, run, run_well};

/// Rows, rows of each file, shards: shards of unequal size, of one file, of none, and a last file that is short.
const CASES: [(u64, u64, u64); 6] =
    [(1000, 300, 2), (1000, 300, 3), (1001, 77, 4), (7, 1, 3), (5, 2, 4), (10, 100, 2)];

#[test]
fn what_a_shard_writes_checks_whole_as_that_shard() {
    for (rows, batch_rows, shards) in CASES {
        let folder = tempdir().expect("a folder");
        let description =
            format!("--rows {rows} --classes 1 --batch-size {batch_rows} --row-group-rows 9000");
        let mut rows_of_shards = 0;
        for number in 1..=shards {
            let shard = format!("--shard {number}/{shards}");
            let written: Value =
                json(&run_well(folder.path(), &format!("{description} {shard} --out {number} --json")));
            if written["files"] == 0 {
                continue;
            }
            rows_of_shards += written["rows"].as_u64().expect("a count");
            let by_flags = format!("--rows {rows} --classes 1 --batch-size {batch_rows}");
            // By its own description, by that of another folder, by flags.
            for by in ["", "--dataset 1", &by_flags] {
                let report = json(&run_well(folder.path(), &format!("check {number} {by} {shard} --json")));
                assert_eq!(
                    (&report["whole"], &report["elsewhere"]),
                    (&Value::Bool(true), &0.into()),
                    "{by} {shard}"
                );
                assert_eq!(
                    (&report["expected"], &report["seen"]),
                    (&written["rows"], &written["rows"]),
                    "{by} {shard}"
                );
            }
            if written["rows"] != rows {
                let (code, report, _) = run(folder.path(), &format!("check {number} --json"));
                assert_eq!((code, &json(&report)["whole"]), (1, &Value::Bool(false)), "{rows} {shard}");
            }
        }
        assert_eq!(rows_of_shards, rows);
    }
}

#[test]
fn a_shard_of_the_default_layout_is_that_of_the_same_flags() {
    let folder = tempdir().expect("a folder");
    let flags = "--rows 100001 --classes 9 --id binary";
    run_well(folder.path(), &format!("{flags} --shard 2/3 --out a --quiet"));
    assert_eq!(parts(&folder.path().join("a")).len(), 1, "of two parts");
    run_well(folder.path(), &format!("check a {flags} --shard 2/3 --quiet"));
    run_well(folder.path(), "check a --shard 2/3 --quiet");
}

#[test]
fn a_layout_that_is_not_known_is_asked_for() {
    let folder = tempdir().expect("a folder");
    for rows in [300, 400] {
        run_well(folder.path(), &format!("--rows 1000 --batch-size {rows} --out {rows} --quiet"));
    }
    let refused = |arguments: &str, reasons: &[&str]| {
        let (code, _, stderr) = run(folder.path(), arguments);
        assert_eq!(code, 2, "{arguments}: {stderr}");
        assert!(reasons.iter().all(|reason| stderr.contains(reason)), "{arguments}: {stderr}");
    };
    refused("check 300 400 --shard 1/2", &["--shard 1/2", "give --batch-size"]);
    refused("check 300 --batch-size 300", &["--batch-size", "--shard"]);
    refused("check 300 --shard 1/2 --batch-size 400", &["--batch-size 400", "300"]);
    run_well(folder.path(), "check 300 --shard 1/2 --batch-size 300 --quiet");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON object")
}
