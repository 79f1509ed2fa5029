//! What a run does with what it finds in its folder: it finishes, keeps, refuses or replaces, and never
//! touches a file that is not its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::support::{names, parts, read, run, run_well};

const COMMAND: &str = "--rows 1000 --batch-size 300 --classes 1 --out .";

fn finished_folder() -> TempDir {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), COMMAND);
    folder
}

/// Everything in the folder, with what is in it and when it was changed.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>, std::time::SystemTime)> {
    let look = |name: String| {
        let path = folder.join(&name);
        let changed = path.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        (name, fs::read(path).expect("a file"), changed)
    };
    names(folder).into_iter().map(look).collect()
}

#[track_caller]
fn refuses(folder: &Path, arguments: &str, reasons: &[&str]) {
    let before = snapshot(folder);
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for reason in reasons {
        assert!(stderr.contains(reason), "{stderr} does not say {reason:?}");
    }
    assert!(snapshot(folder) == before, "a refused run changed something");
}

#[test]
fn a_second_run_writes_nothing_and_says_so() {
    let folder = finished_folder();
    let before = snapshot(folder.path());
    let said = run_well(folder.path(), COMMAND);
    assert!(
        said.contains("already") && said.contains("nothing to do") && said.contains("1,000 rows"),
        "{said}"
    );
    assert!(snapshot(folder.path()) == before);
}

#[test]
fn an_unfinished_data_set_is_finished() {
    let folder = finished_folder();
    let whole = parts(folder.path());
    fs::remove_file(folder.path().join("part-00001-of-00004.parquet")).expect("a part");
    fs::write(folder.path().join(".part-00001-of-00004.parquet.tmp"), "cut off").expect("a file");
    let said = run_well(folder.path(), COMMAND);
    assert!(
        said.starts_with("300 rows in 1 file") && said.contains("3 files were complete already"),
        "{said}"
    );
    assert!(parts(folder.path()) == whole);
    assert_eq!(names(folder.path()).len(), 5, "the stale temporary file is gone");
}

#[test]
fn a_torn_part_is_said_and_written_anew() {
    let folder = finished_folder();
    let whole = parts(folder.path());
    for (torn, length) in [("part-00001-of-00004.parquet", 5_000), ("part-00003-of-00004.parquet", 0)] {
        let bytes = &whole[torn][..length];
        fs::write(folder.path().join(torn), bytes).expect("a part");
        let (code, stdout, stderr) = run(folder.path(), COMMAND);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains(torn) && stderr.contains("torn"), "{stderr}");
        assert!(stdout.contains("in 1 file,"), "{stdout}");
        assert!(parts(folder.path()) == whole);
    }
}

#[test]
fn another_data_set_is_refused_or_replaced() {
    let others = [
        (
            "--rows 1000 --batch-size 300 --classes 2 --out .",
            "another data set (1000 rows from row 0, 2 columns, seed 0)",
        ),
        ("--rows 1000 --batch-size 300 --classes 1 --seed 1 --out .", "another data set"),
        ("--rows 999 --batch-size 300 --classes 1 --out .", "another data set"),
        ("--rows 1000 --batch-size 300 --classes 1 --from-row 1 --out .", "another data set"),
        ("--rows 1000 --batch-size 300 --classes 1 --float 32 --out .", "another data set"),
        (
            "--rows 1000 --batch-size 400 --classes 1 --out .",
            "same data set in another layout (--batch-size 300",
        ),
        (
            "--rows 1000 --batch-size 300 --classes 1 --compression lz4 --out .",
            "same data set in another layout",
        ),
    ];
    for (other, reason) in others {
        let folder = finished_folder();
        refuses(folder.path(), other, &[reason, "--out", "--overwrite"]);
        // The parts alone tell it too.
        fs::remove_file(folder.path().join("_dataset.json")).expect("a description");
        refuses(folder.path(), other, &[reason, "--out", "--overwrite"]);

        run_well(folder.path(), &format!("{other} --overwrite"));
        let fresh = tempdir().expect("a folder");
        run_well(fresh.path(), other);
        assert!(parts(folder.path()) == parts(fresh.path()), "{other}");
    }
}

#[test]
fn overwriting_the_same_data_set_writes_it_again() {
    let folder = finished_folder();
    let whole = parts(folder.path());
    let said = run_well(folder.path(), &format!("{COMMAND} --overwrite"));
    assert!(said.starts_with("1,000 rows in 4 files"), "{said}");
    assert!(parts(folder.path()) == whole);
}

#[test]
fn overwriting_a_shard_leaves_the_other_shards() {
    let folder = tempdir().expect("a folder");
    for shard in ["1/2", "2/2"] {
        run_well(folder.path(), &format!("{COMMAND} --shard {shard}"));
    }
    let whole = parts(folder.path());
    let said = run_well(folder.path(), &format!("{COMMAND} --shard 2/2 --overwrite"));
    assert!(said.starts_with("400 rows in 2 files"), "{said}");
    assert!(parts(folder.path()) == whole);
}

#[test]
fn files_of_unknown_origin_are_never_touched() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("theirs.parquet"), "PAR1 but not Parquet").expect("a file");
    fs::write(folder.path().join("notes.txt"), "notes").expect("a file");
    refuses(folder.path(), COMMAND, &["theirs.parquet", "not written by gen", "--overwrite"]);

    let (code, _, stderr) = run(folder.path(), &format!("{COMMAND} --overwrite"));
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("theirs.parquet") && stderr.contains("left alone"), "{stderr}");
    assert_eq!(
        fs::read_to_string(folder.path().join("theirs.parquet")).expect("a file"),
        "PAR1 but not Parquet"
    );
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).expect("a file"), "notes");
}

#[test]
fn a_foreign_file_under_the_name_of_a_part_stops_even_overwrite() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("part-00001-of-00004.parquet"), "theirs").expect("a file");
    for arguments in [COMMAND.to_owned(), format!("{COMMAND} --overwrite")] {
        refuses(
            folder.path(),
            &arguments,
            &["part-00001-of-00004.parquet", "not written by gen", "move it away"],
        );
    }
}

#[test]
fn a_description_that_means_nothing_stops_even_overwrite() {
    for text in ["", "{}", "[]", "\u{0}", r#"{"dataset":{"contract":2}}"#] {
        let folder = tempdir().expect("a folder");
        fs::write(folder.path().join("_dataset.json"), text).expect("a file");
        for arguments in [COMMAND.to_owned(), format!("{COMMAND} --overwrite")] {
            refuses(folder.path(), &arguments, &["_dataset.json", "move it away"]);
        }
    }
}

#[test]
fn what_is_behind_a_link_is_not_replaced() {
    let (folder, elsewhere) = (tempdir().expect("a folder"), finished_folder());
    let part = elsewhere.path().join("part-00000-of-00004.parquet");
    symlink(&part, folder.path().join("part-00000-of-00004.parquet")).expect("a link");
    let before = snapshot(elsewhere.path());
    for arguments in [COMMAND.to_owned(), format!("{COMMAND} --overwrite")] {
        refuses(folder.path(), &arguments, &["part-00000-of-00004.parquet", "not written by gen"]);
    }
    assert!(snapshot(elsewhere.path()) == before);
}

#[test]
fn folders_and_other_files_do_not_matter() {
    let folder = tempdir().expect("a folder");
    fs::create_dir(folder.path().join("tiny")).expect("a folder");
    fs::write(folder.path().join("README.md"), "text").expect("a file");
    run_well(folder.path(), COMMAND);
    assert_eq!(read(folder.path()).num_rows(), 1_000);
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let folder = tempdir().expect("a folder");
    let holder = fs::File::open(folder.path()).expect("a folder");
    holder.lock().expect("a lock");
    refuses(folder.path(), COMMAND, &["another gen", "wait"]);
    refuses(folder.path(), &format!("{COMMAND} --shard 1/2"), &["another gen", "wait"]);
    drop(holder);
    let holder = fs::File::open(folder.path()).expect("a folder");
    holder.lock_shared().expect("a lock");
    refuses(folder.path(), COMMAND, &["another gen", "wait"]);
    run_well(folder.path(), &format!("{COMMAND} --shard 1/2"));
}
