//! What a run does with what it finds in its folder: it finishes, keeps, refuses or replaces, and never
//! touches a file that is not its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use samplegen::source::Source;
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
        ("--rows 1000 --batch-size 300 --classes 2 --out .", "another data set (--classes 1 instead of 2)"),
        (
            "--rows 1000 --batch-size 300 --classes 1 --seed 1 --out .",
            "another data set (--seed 0 instead of 1)",
        ),
        ("--rows 999 --batch-size 300 --classes 1 --out .", "another data set (--rows 1000 instead of 999)"),
        (
            "--rows 1000 --batch-size 300 --classes 1 --from-row 1 --out .",
            "another data set (--from-row 0 instead of 1)",
        ),
        (
            "--rows 1000 --batch-size 300 --classes 1 --float 32 --out .",
            "another data set (--float 64 instead of 32)",
        ),
        (
            "--rows 1000 --batch-size 300 --classes 1 --id binary --seed 3 --out .",
            "another data set (--seed 0 instead of 3, --id text instead of binary)",
        ),
        (
            "--rows 1000 --batch-size 400 --classes 1 --out .",
            "same data set in another layout (--batch-size 300 instead of 400)",
        ),
        (
            "--rows 1000 --batch-size 300 --row-group-rows 100 --classes 1 --out .",
            "same data set in another layout (--row-group-rows 1048576 instead of 100)",
        ),
        (
            "--rows 1000 --batch-size 300 --classes 1 --compression lz4 --out .",
            "same data set in another layout (--compression none instead of lz4)",
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
    for text in [" ", "{}", "[]", "\u{0}", r#"{"dataset":{"contract":2}}"#] {
        let folder = tempdir().expect("a folder");
        fs::write(folder.path().join("_dataset.json"), text).expect("a file");
        for arguments in [COMMAND.to_owned(), format!("{COMMAND} --overwrite")] {
            refuses(folder.path(), &arguments, &["_dataset.json", "move it away"]);
        }
    }
}

#[test]
fn a_link_to_a_folder_is_that_folder() {
    let (folder, whole) = (tempdir().expect("a folder"), finished_folder());
    fs::create_dir(folder.path().join("data")).expect("a folder");
    symlink("data", folder.path().join("link")).expect("a link");
    for more in ["", " --overwrite"] {
        run_well(folder.path(), &format!("{COMMAND}{more}").replace("--out .", "--out link"));
        assert!(parts(&folder.path().join("data")) == parts(whole.path()));
        assert!(folder.path().join("link").is_symlink());
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

#[test]
fn an_empty_description_is_what_a_power_loss_left() {
    let folder = finished_folder();
    let whole = snapshot(folder.path()).len();
    fs::write(folder.path().join("_dataset.json"), "").expect("a description");
    let said = run_well(folder.path(), COMMAND);
    assert!(said.contains("nothing to do"), "{said}");
    assert_eq!(snapshot(folder.path()).len(), whole);
    assert!(
        fs::read_to_string(folder.path().join("_dataset.json")).expect("a description").contains("contract")
    );
}

#[test]
fn a_torn_part_of_another_data_set_is_replaced_with_it() {
    for other in
        ["--rows 1000 --batch-size 300 --classes 1 --seed 1", "--rows 1000 --batch-size 400 --classes 1"]
    {
        let folder = finished_folder();
        fs::write(folder.path().join("part-00002-of-00004.parquet"), "PAR1").expect("a part");
        refuses(folder.path(), &format!("{other} --out ."), &["--overwrite to replace"]);
        let (code, _, stderr) = run(folder.path(), &format!("{other} --out . --overwrite"));
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert_eq!(read(folder.path()).num_rows(), 1_000);
    }
}

#[test]
fn a_shard_that_overwrites_another_data_set_leaves_none_of_it() {
    let folder = finished_folder();
    let other = "--rows 1000 --batch-size 300 --classes 1 --seed 1 --out .";
    run_well(folder.path(), &format!("{other} --shard 1/2 --overwrite"));
    assert_eq!(parts(folder.path()).len(), 2, "the old parts of the other shard are gone");
    run_well(folder.path(), &format!("{other} --shard 2/2"));
    let fresh = tempdir().expect("a folder");
    run_well(fresh.path(), other);
    assert!(parts(folder.path()) == parts(fresh.path()));
}

#[test]
fn only_names_that_gen_makes_are_cleared_away() {
    let folder = tempdir().expect("a folder");
    let theirs =
        ["._dataset.json.mine.tmp", ".part-my-of-notes.parquet.tmp", ".part-1-of-2.parquet.tmp", "x.tmp"];
    let ours = [".part-00000-of-00009.parquet.tmp", "._dataset.json.0123456789abcdef.tmp"];
    for name in theirs.iter().chain(&ours) {
        fs::write(folder.path().join(name), "text").expect("a file");
    }
    run_well(folder.path(), COMMAND);
    let left = names(folder.path());
    assert!(theirs.iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
    assert!(!ours.iter().any(|name| left.contains(&(*name).to_owned())), "{left:?}");
}

/// A file that another program wrote with our keys copied into it.
#[test]
fn keys_alone_do_not_make_a_part() {
    use parquet::arrow::ArrowWriter;
    use parquet::file::metadata::{KeyValue, ParquetMetaDataReader};
    use parquet::file::properties::WriterProperties;

    let folder = finished_folder();
    let part = folder.path().join("part-00001-of-00004.parquet");
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&fs::File::open(&part).expect("a part"));
    let metadata = metadata.expect("metadata");
    let keys: Vec<KeyValue> = metadata.file_metadata().key_value_metadata().expect("keys").clone();
    let rows = crate::support::read_part(&part).slice(0, 3);
    let properties = WriterProperties::builder().set_key_value_metadata(Some(keys)).build();
    let file = fs::File::create(&part).expect("a file");
    let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties)).expect("a writer");
    writer.write(&rows).expect("written");
    writer.close().expect("closed");
    for arguments in [COMMAND.to_owned(), format!("{COMMAND} --overwrite")] {
        refuses(folder.path(), &arguments, &["part-00001-of-00004.parquet", "not written by gen"]);
    }
}

#[test]
fn a_part_that_another_run_is_writing_is_left_to_it() {
    let folder = tempdir().expect("a folder");
    let temporary = folder.path().join(".part-00001-of-00004.parquet.tmp");
    fs::write(&temporary, "being written").expect("a file");
    let holder = fs::File::open(&temporary).expect("a file");
    holder.lock().expect("a lock");
    refuses(folder.path(), &format!("{COMMAND} --shard 1/2"), &["another gen", "wait"]);
    assert_eq!(fs::read_to_string(&temporary).expect("a file"), "being written");
    drop(holder);
    run_well(folder.path(), &format!("{COMMAND} --shard 1/2"));
    assert!(!temporary.exists());
}

#[test]
fn the_same_shard_twice_at_once_ends_in_the_same_bytes() {
    let arguments = "--rows 100k --batch-size 25k --classes 3 --threads 1 --compression zstd:9 --out .";
    let fresh = tempdir().expect("a folder");
    run_well(fresh.path(), arguments);
    for _ in 0..5 {
        let folder = tempdir().expect("a folder");
        let start = || {
            let mut command = crate::support::command(&format!("{arguments} --shard 1/1"));
            command.args(["--quiet"]).current_dir(folder.path()).spawn().expect("the command starts")
        };
        let shard = || {
            let mut command = crate::support::command(&format!("{arguments} --shard 1/2"));
            command.args(["--quiet"]).current_dir(folder.path()).spawn().expect("the command starts")
        };
        let runs = [shard(), shard(), start()];
        let codes = runs.map(|mut run| run.wait().expect("it ends").code().expect("no signal"));
        assert!(codes.iter().all(|code| matches!(code, 0 | 2)), "{codes:?}");
        run_well(folder.path(), arguments);
        assert!(parts(folder.path()) == parts(fresh.path()));
        assert_eq!(names(folder.path()), names(fresh.path()));
    }
}

/// Writes a part whose metadata says `to` where this release says `from`, and nothing about it in `_dataset.json`.
fn folder_of_newer(from: &str, to: &str) -> TempDir {
    assert_eq!(from.len(), to.len(), "the footer keeps its length");
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 10 --classes 1 --out .");
    let path = folder.path().join("part-00000-of-00001.parquet");
    let mut bytes = fs::read(&path).expect("a part");
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("in the metadata");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    fs::write(&path, bytes).expect("a part");
    fs::remove_file(folder.path().join("_dataset.json")).expect("a description");
    folder
}

#[test]
fn a_part_with_fields_of_a_newer_release_is_refused_by_all_verbs() {
    for (from, to, field) in [
        (r#""seed":0"#, r#""sold":0"#, "sold"),
        (r#""type":"text""#, r#""tale":"text""#, "tale"),
        (r#""type":"float64""#, r#""rate":"float64""#, "rate"),
        (r#""batch_rows""#, r#""patch_rows""#, "patch_rows"),
        (r#""part":0"#, r#""port":0"#, "port"),
    ] {
        let folder = folder_of_newer(from, to);
        let reasons = ["unknown", field, "written by a newer gen"];
        refuses(folder.path(), "--rows 10 --classes 1 --out .", &reasons);
        refuses(folder.path(), "--rows 10 --classes 1 --out . --overwrite", &reasons);
        refuses(folder.path(), "check .", &reasons);
        let error = Source::of_files(&[folder.path().to_owned()]).expect_err("refused").to_string();
        assert!(reasons.iter().all(|reason| error.contains(*reason)), "{error}");
    }
}

#[test]
fn a_description_with_fields_of_a_newer_release_is_refused() {
    for (from, to) in [
        (r#""generator": "uniform","#, r#""generator": "uniform", "stream": "x","#),
        (r#""layout": {"#, r#""layout": {"stream": 1,"#),
        (r#""dataset": {"#, r#""stream": [], "dataset": {"#),
    ] {
        let folder = finished_folder();
        let path = folder.path().join("_dataset.json");
        let json = fs::read_to_string(&path).expect("a description");
        assert!(json.contains(from), "{json}");
        fs::write(&path, json.replacen(from, to, 1)).expect("a description");
        let reasons = ["unknown", "stream", "written by a newer gen"];
        refuses(folder.path(), COMMAND, &reasons);
        refuses(folder.path(), "check .", &reasons);
        refuses(folder.path(), "check --dataset _dataset.json part-00000-of-00004.parquet", &reasons);
    }
}
