//! The command as its users meet it.

use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{command, finished, names, read, run, run_well};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON object")
}

#[test]
fn the_summary_says_what_was_written_and_where() {
    let folder = tempdir().expect("a folder");
    let summary = run_well(folder.path(), "--rows 100_000 --batch-size 40k --classes 2");
    assert!(summary.starts_with("100,000 rows in 3 files, 5.6"), "{summary}");
    assert!(
        summary.contains("samples/part-00000-of-00003.parquet to part-00002-of-00003.parquet"),
        "{summary}"
    );
    assert!(summary.contains("rows/s") && summary.contains("seed 0"), "{summary}");
    let samples = folder.path().join("samples");
    assert_eq!(
        names(&samples),
        [
            "_dataset.json",
            "part-00000-of-00003.parquet",
            "part-00001-of-00003.parquet",
            "part-00002-of-00003.parquet"
        ]
    );
    let description = json(&std::fs::read_to_string(samples.join("_dataset.json")).expect("a description"));
    assert_eq!(description["dataset"]["contract"], 1);
    assert_eq!(description["dataset"]["rows"], 100_000);
    assert_eq!(description["dataset"]["columns"][2]["name"], "class_1");
    assert_eq!(description["layout"]["batch_rows"], 40_000);
    assert_eq!(read(&samples).num_rows(), 100_000);
}

#[test]
fn json_is_one_object_and_quiet_is_nothing() {
    let folder = tempdir().expect("a folder");
    let summary = json(&run_well(folder.path(), "--rows 10 --json --out a --seed 18446744073709551615"));
    assert_eq!((&summary["rows"], &summary["files"]), (&Value::from(10), &Value::from(1)));
    assert_eq!(summary["dataset"]["seed"], u64::MAX);
    assert!(summary["seconds"].as_f64().expect("a number") > 0.0);
    assert_eq!(run_well(folder.path(), "--rows 10 --quiet --out b"), "");
    let again = json(&run_well(folder.path(), "--rows 10 --json --out b"));
    assert_eq!((&again["rows"], &again["kept"]["rows"]), (&Value::from(0), &Value::from(10)));
}

#[test]
fn a_dry_run_tells_the_plan_and_writes_nothing() {
    let folder = tempdir().expect("a folder");
    let plan = run_well(folder.path(), "--rows 1e15 --dry-run --threads 3");
    assert!(plan.contains("1,000,000,000,000,000 rows") && plan.contains("120.00 PB"), "{plan}");
    assert!(plan.contains("3 threads"), "{plan}");
    let plan = json(&run_well(folder.path(), "--rows 1M --shard 2/4 --dry-run --json"));
    assert_eq!((&plan["rows"], &plan["files"]), (&Value::from(250_000), &Value::from(4)));
    run_well(folder.path(), "--rows 18446744073709551615 --batch-size 1 --classes 19999 --dry-run");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_data_set_without_rows_or_classes_can_be_read() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 0 --out no-rows");
    let empty = read(&folder.path().join("no-rows"));
    assert_eq!((empty.num_rows(), empty.num_columns()), (0, 11));
    run_well(folder.path(), "--rows 5 --classes 0 --out no-classes");
    let ids = read(&folder.path().join("no-classes"));
    assert_eq!((ids.num_rows(), ids.num_columns()), (5, 1));
    run_well(folder.path(), "--rows 1 --from-row 18446744073709551615 --out last");
    assert_eq!(read(&folder.path().join("last")).num_rows(), 1);
    run_well(folder.path(), "--rows 1 --shard 1/2 --out shard");
    assert_eq!(names(&folder.path().join("shard")), ["_dataset.json"]);
}

#[test]
fn a_random_seed_is_told_and_makes_the_same_rows_again() {
    let folder = tempdir().expect("a folder");
    let drawn =
        json(&run_well(folder.path(), "--rows 50 --seed random --json --out a"))["dataset"]["seed"].clone();
    run_well(folder.path(), &format!("--rows 50 --seed {drawn} --out b"));
    assert_eq!(read(&folder.path().join("a")), read(&folder.path().join("b")));
    let other =
        json(&run_well(folder.path(), "--rows 50 --seed random --json --out c"))["dataset"]["seed"].clone();
    assert_ne!(drawn, other);
    let text = run_well(folder.path(), "--rows 50 --seed random --out d");
    assert!(text.contains("seed "), "{text}");
}

#[test]
fn missing_parents_are_made() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 1 --out a/b/c");
    assert_eq!(names(&folder.path().join("a/b/c")).len(), 2);
}

/// 360 MB in one file and one row group, with no more than 256 MB of address space.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_file() {
    for compression in ["none", "snappy"] {
        let folder = tempdir().expect("a folder");
        let limited = format!(
            "ulimit -v 262144 && exec {} --rows 3M --batch-size 3M --row-group-rows 3M --threads 2 --json \
             --compression {compression}",
            env!("CARGO_BIN_EXE_gen")
        );
        let output =
            Command::new("sh").args(["-c", &limited]).current_dir(folder.path()).output().expect("a shell");
        let (code, stdout, stderr) = finished(output);
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(json(&stdout)["files"], 1);
    }
}

#[test]
fn help_has_examples_and_every_flag_a_word() {
    let folder = tempdir().expect("a folder");
    let help = run_well(folder.path(), "--help");
    for word in
        ["Examples:", "--rows 1000000 --classes 10", "Exit codes", "--dry-run", "power of two", "complete"]
    {
        assert!(help.contains(word), "{help}");
    }
    assert!(run_well(folder.path(), "--version").starts_with("gen "));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempdir().expect("a folder");
    let mut child = command("--rows 1000")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let (code, _, stderr) = finished(child.wait_with_output().expect("the command ends"));
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_leaves_nothing_torn() {
    let folder = tempdir().expect("a folder");
    // A limit on the size of files stands in for a full disk: the first part fits, and the second does not.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 400 && exec {} --rows 3500 --batch-size 2000 --row-group-rows 1000 --threads 1 \
         --shard 1/1 --out out",
        env!("CARGO_BIN_EXE_gen")
    );
    let small = run(folder.path(), "--rows 2000 --batch-size 1000 --out small");
    assert_eq!(small.0, 0);
    let output =
        Command::new("sh").args(["-c", &limited]).current_dir(folder.path()).output().expect("a shell");
    let (code, _, stderr) = finished(output);
    assert_eq!(code, 3, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("part-0000") && stderr.contains("large"), "{stderr}");
    let left = names(&folder.path().join("out"));
    assert!(left.iter().all(|name| !name.ends_with(".tmp")), "{left:?}");
    // With room, the same command finishes.
    run_well(folder.path(), "--rows 3500 --batch-size 2000 --row-group-rows 1000 --out out");
    assert_eq!(read(&folder.path().join("out")).num_rows(), 3_500);
}
