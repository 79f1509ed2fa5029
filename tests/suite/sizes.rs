//! What a dry run says is what the run then does: bytes, refusals, and what is there already.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{names, run, run_well};

fn planned(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&run_well(folder, &format!("{arguments} --dry-run --json")))
        .expect("one JSON object")
}

fn bytes_in(folder: &Path) -> u64 {
    names(folder).iter().map(|name| fs::metadata(folder.join(name)).expect("a file").len()).sum()
}

#[test]
fn the_bytes_of_a_dry_run_are_those_of_the_run() {
    for flags in [
        "--rows 0",
        "--rows 1 --classes 0",
        "--rows 20k --classes 2 --row-group-rows 100",
        "--rows 1001 --classes 3 --batch-size 9 --float 32",
        "--rows 12345 --classes 1 --batch-size 100 --row-group-rows 7 --id binary",
        "--rows 2500 --classes 4 --batch-size 20 --from-row 995",
        "--rows 100k --classes 1 --from-row 18446744073709451616 --batch-size 30k",
        "--rows 300 --classes 400 --row-group-rows 90",
        "--rows 1100 --batch-size 10 --shard 2/3 --seed 18446744073709551615",
        "--rows 200k --classes 6 --float 32 --id binary --batch-size 150k",
    ] {
        let folder = tempdir().expect("a folder");
        let plan = planned(folder.path(), &format!("{flags} --out data"));
        assert!(names(folder.path()).is_empty(), "{flags}: something is written");
        run_well(folder.path(), &format!("{flags} --out data --quiet"));
        assert_eq!(plan["bytes"], bytes_in(&folder.path().join("data")), "{flags}");
        assert_eq!(plan["bytes_are_upper_bound"], false);
        // What is there is not written again.
        let again = planned(folder.path(), &format!("{flags} --out data"));
        assert_eq!((&again["bytes"], &again["files"]), (&0.into(), &0.into()), "{flags}");
    }
}

#[test]
fn with_a_codec_the_bytes_are_an_upper_bound() {
    for codec in ["snappy", "lz4", "zstd:3"] {
        let folder = tempdir().expect("a folder");
        let flags = format!("--rows 30k --classes 3 --compression {codec} --out data");
        let plan = planned(folder.path(), &flags);
        assert_eq!(plan["bytes_are_upper_bound"], true);
        let text = run_well(folder.path(), &format!("{flags} --dry-run"));
        assert!(text.contains("before compression, an upper bound"), "{text}");
        run_well(folder.path(), &format!("{flags} --quiet"));
        assert!(
            bytes_in(&folder.path().join("data")) <= plan["bytes"].as_u64().expect("a number"),
            "{codec}"
        );
    }
}

#[test]
fn a_dry_run_is_refused_where_the_run_is() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    run_well(at, "--rows 10 --classes 1 --out data --quiet");
    fs::create_dir(at.join("theirs")).expect("a folder");
    fs::write(at.join("theirs/x.parquet"), "theirs").expect("a file");
    fs::write(at.join("file"), "a file").expect("a file");
    for flags in [
        "--rows 10 --classes 1 --seed 3 --out data",
        "--rows 11 --classes 1 --out data",
        "--rows 10 --classes 1 --batch-size 5 --out data",
        "--rows 10 --out theirs",
        "--rows 10 --out file",
        "--rows 10 --out file/below",
    ] {
        let (code, _, dry) = run(at, &format!("{flags} --dry-run"));
        let (run_code, _, said) = run(at, flags);
        assert_eq!((code, run_code), (2, 2), "{flags}: {dry}{said}");
        assert_eq!(dry, said, "{flags}");
    }
    // What the run may replace, it may plan to replace.
    run_well(at, "--rows 10 --classes 1 --seed 3 --out data --overwrite --dry-run");
    assert_eq!(names(&at.join("data")).len(), 2);
}

#[test]
fn a_dry_run_says_what_is_missing() {
    let folder = tempdir().expect("a folder");
    let flags = "--rows 1000 --classes 1 --batch-size 300 --out data";
    run_well(folder.path(), &format!("{flags} --shard 1/4 --quiet"));
    let said = run_well(folder.path(), &format!("{flags} --dry-run"));
    assert!(said.contains("1 file with 300 rows is complete already, and would be kept"), "{said}");
    assert!(said.contains("3 files with 700 rows: "), "{said}");
    let plan = planned(folder.path(), flags);
    let before = bytes_in(&folder.path().join("data"));
    run_well(folder.path(), &format!("{flags} --quiet"));
    assert_eq!(plan["bytes"], bytes_in(&folder.path().join("data")) - before);
    let said = run_well(folder.path(), &format!("{flags} --dry-run"));
    assert!(said.contains("nothing to do in data"), "{said}");
}
