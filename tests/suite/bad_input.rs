//! A wrong request gets one line that says what is wrong and the way out, exit code 2, and nothing is
//! written.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::tempdir;

use crate::support::{names, run, run_well};

#[track_caller]
fn refused(arguments: &str, reasons: &[&str]) {
    let folder = tempdir().expect("a folder");
    let (code, stdout, stderr) = run(folder.path(), arguments);
    assert_eq!(code, 2, "gen {arguments}: {stdout}{stderr}");
    assert_eq!(stdout, "", "gen {arguments}");
    assert!(stderr.starts_with("gen: ") && stderr.ends_with('\n'), "gen {arguments}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "gen {arguments}: {stderr}");
    for reason in reasons {
        assert!(stderr.contains(reason), "gen {arguments}: {stderr} does not say {reason:?}");
    }
    assert!(names(folder.path()).is_empty(), "gen {arguments} wrote something");
}

#[test]
fn rows_are_needed() {
    refused("", &["--rows <N>", "not provided", "gen --help"]);
    refused("--classes 10", &["--rows <N>", "not provided"]);
    refused("--rows", &["--rows <N>", "value is required"]);
}

#[test]
fn counts_are_whole_numbers_that_64_bits_hold() {
    for flag in [
        "--rows",
        "--rows 1 --classes",
        "--rows 1 --batch-size",
        "--rows 1 --row-group-rows",
        "--rows 1 --from-row",
    ] {
        let named = flag.rsplit(' ').next().expect("a flag");
        refused(&format!("{flag} -1"), &[named, "negative", "10M"]);
        refused(&format!("{flag} 1.5"), &[named, "fraction"]);
        refused(&format!("{flag} x"), &[named, "not a number"]);
        refused(&format!("{flag} 18446744073709551616"), &[named, "64 bits"]);
        refused(&format!("{flag} 1e30"), &[named, "64 bits"]);
    }
}

#[test]
fn what_must_be_positive_is_not_zero() {
    refused("--rows 1 --batch-size 0", &["--batch-size", "at least 1"]);
    refused("--rows 1 --row-group-rows 0", &["--row-group-rows", "at least 1"]);
    refused("--rows 1 --threads 0", &["--threads", "at least 1"]);
    refused("--rows 1 --threads 5000", &["--threads", "at most 1,024"]);
    refused("--rows 1 --threads -2", &["--threads", "negative"]);
}

#[test]
fn shards_are_counted_from_1() {
    for shard in ["0/4", "5/4", "x", "1", "-1/4", "1/0"] {
        refused(&format!("--rows 1 --shard {shard}"), &["--shard", "as in 1/4"]);
    }
}

#[test]
fn rows_end_with_64_bits() {
    refused("--rows 2 --from-row 18446744073709551615", &["--from-row", "beyond row 18446744073709551615"]);
}

#[test]
fn codecs_and_types_are_those_there_are() {
    refused("--rows 1 --compression gzip", &["--compression", "gzip", "snappy"]);
    refused("--rows 1 --compression zstd:99", &["--compression", "99", "zstd:22"]);
    refused("--rows 1 --compression snappy:1", &["--compression", "no levels"]);
    refused("--rows 1 --float 16", &["--float", "64, 32"]);
    refused("--rows 1 --id uuid", &["--id", "text, binary"]);
    refused("--rows 1 --seed -1", &["--seed", "random"]);
    refused("--rows 1 --seed 18446744073709551616", &["--seed", "18446744073709551615"]);
}

#[test]
fn a_file_that_readers_could_not_read_is_not_written() {
    refused(
        "--rows 1M --batch-size 1M --row-group-rows 30",
        &["33,334 row groups", "32,767", "--row-group-rows"],
    );
    refused("--rows 18446744073709551615 --batch-size 18446744073709551615", &["row groups"]);
    refused("--rows 1T --batch-size 1T --row-group-rows 1T", &["pages", "--batch-size"]);
    refused("--rows 1 --classes 20000", &["--classes", "20,001", "20,000"]);
    refused("--rows 1 --classes 18446744073709551615", &["--classes 18446744073709551615", "20,000"]);
}

#[test]
fn flags_are_those_there_are() {
    refused("--rows 1 --row 2", &["--row", "did you mean --rows?"]);
    refused("--rows 1 extra", &["extra"]);
    refused("--rows 1 --rows 2", &["--rows", "multiple times"]);
    let folder = tempdir().expect("a folder");
    let (code, stdout, stderr) = run(folder.path(), "--rows 1 --quiet --json");
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    let error: serde_json::Value = serde_json::from_str(&stderr).expect("an error as JSON");
    assert_eq!(error["error"]["message"], "--quiet: cannot be combined with --json");
}

#[test]
fn the_folder_must_be_one() {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "theirs").expect("a file");
    symlink("nowhere", folder.path().join("link")).expect("a link");
    let long = "x".repeat(300);
    for (out, reason) in [
        ("file", "exists"),
        ("file/below", "Not a directory"),
        ("file/a/b", "Not a directory"),
        ("new/../file/a", "exists"),
        ("link", "exists"),
        ("link/a", "exists"),
        ("link/a/b", "exists"),
        ("/proc/no/such", "No such file"),
        (&long, "File name too long"),
        // The parents that were made are gone.
        (&format!("a/b/c/{long}"), "File name too long"),
        (&format!("a/b/{}", "y/".repeat(3000)), "File name too long"),
    ] {
        let (code, stdout, stderr) = run(folder.path(), &format!("--rows 1 --out {out}"));
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.contains(reason) && stderr.contains("choose an --out"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert_eq!(names(folder.path()), ["file", "link"], "{out}");
    }
    assert_eq!(fs::read(folder.path().join("file")).expect("a file"), b"theirs");
}

/// A folder can be made whose files could not be named.
#[test]
fn the_names_of_parts_must_fit_behind_the_folder() {
    let folder = tempdir().expect("a folder");
    let mut out = folder.path().to_str().expect("a Unicode name").to_owned();
    while out.len() < 4_000 {
        out += "/";
        out += &"d".repeat(80);
    }
    out += "/";
    out += &"e".repeat(4_090 - out.len());
    let (code, stdout, stderr) = run(folder.path(), &format!("--rows 1 --out {out}"));
    assert!([2, 3].contains(&code) && stdout.is_empty(), "{stderr}");
    assert!(stderr.contains("File name too long") && stderr.lines().count() == 1, "{stderr}");
}

/// No address becomes a folder, and no password is repeated, wherever it stands.
#[test]
fn addresses_are_no_folders() {
    const SECRET: &str = "s3cret";
    let folder = tempdir().expect("a folder");
    for (address, reason) in [
        ("s3://bucket/x", "object stores are not supported yet"),
        ("gs://bucket/x", "object stores are not supported yet"),
        ("az://s3cret@container/x", "object stores are not supported yet"),
        ("hdfs://host:8020/x", "object stores are not supported yet"),
        ("file:///tmp/x", "give the path alone"),
        ("https://u:s3cret@host/x.parquet", "local folder"),
        ("ftp://host/x", "local folder"),
        ("any://s3cret", "not a supported scheme"),
        ("postgresq://u:s3cret@h/d", "did you mean postgresql://"),
        ("postgres:/u:s3cret@h/d", "did you mean postgresql://"),
        ("postgresql//u:s3cret@h/d", "did you mean postgresql://"),
        ("u:s3cret@h/d", "user:password@host"),
    ] {
        for arguments in [
            format!("--rows 1 --out {address}"),
            format!("--rows 1 --dry-run --json --out={address}"),
            format!("check {address}"),
            format!("check --json --dataset {address} x.csv"),
            format!("load {address} postgresql://h/d --table t"),
            format!("load . {address} --table t"),
        ] {
            let (code, stdout, stderr) = run(folder.path(), &arguments);
            assert_eq!((code, stdout.as_str()), (2, ""), "gen {arguments}: {stderr}");
            assert!(stderr.contains(reason), "gen {arguments}: {stderr}");
            assert!(stderr.lines().count() == 1 && !stderr.contains(SECRET), "gen {arguments}: {stderr}");
        }
        // And where no place is expected at all.
        for arguments in [
            address.to_owned(),
            format!("--rows {address}"),
            format!("--rows=1 --table={address}"),
            format!("--rows 1 --seed={address}"),
            format!("--rows 1 --nonsense={address}"),
            format!("check x --format {address}"),
            format!("check x --columns a,{address} --limit {address}"),
            format!("load x postgresql://h/d --method {address}"),
            format!("load {address}"),
        ] {
            let (code, stdout, stderr) = run(folder.path(), &arguments);
            assert_eq!((code, stdout.as_str()), (2, ""), "gen {arguments}: {stderr}");
            assert!(!stderr.contains(SECRET), "gen {arguments}: {stderr}");
        }
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn standard_output_is_no_folder() {
    refused("--rows 1 --out -", &["--out -", "standard output is not supported yet"]);
    refused("load - postgresql://h/d --table t", &["standard input"]);
    refused("check x.csv --dataset -", &["--dataset"]);
    refused("check - -", &["only once"]);
}

/// What libraries put before their errors, and what the parser of flags says behind its own.
const NOT_OURS: [&str; 20] = [
    "Arrow:",
    "Cast error:",
    "Compute error:",
    "Csv error:",
    "EOF:",
    "External:",
    "External error:",
    "Invalid argument error:",
    "Io error:",
    "Ipc error:",
    "Json error:",
    "NYI:",
    "Not yet implemented:",
    "Parquet argument error:",
    "Parquet error:",
    "Parser error:",
    "error:",
    "Usage:",
    "tip:",
    "[possible values",
];

#[test]
fn damaged_copies_are_told_of_in_words_of_our_own() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 9 --classes 1 --out whole --quiet");
    let part = fs::read(folder.path().join("whole/part-00000-of-00001.parquet")).expect("a part");
    let mut flipped = part.clone();
    flipped[60..200].fill(0xa5);
    let arrow = [b"ARROW1\0\0".as_slice(), &[0xff; 64]].concat();
    for (name, bytes, reason) in [
        ("empty.parquet", b"".as_slice(), "does not end as a Parquet file does"),
        ("text.parquet", b"this is no Parquet file at all", ""),
        ("truncated.parquet", &part[..part.len() / 2], ""),
        ("flipped.parquet", &flipped, ""),
        ("fields.csv", b"id_client,class_0\n1,2,3\n", "line 2"),
        ("utf8.csv", b"id_client,class_0\n\xff\xfe,2\n", ""),
        ("numbers.csv", b"id_client,class_0\nx,many\n", ""),
        ("open.jsonl", b"{\"id_client\": \"x\", \n", ""),
        ("text.jsonl", b"no object\n", ""),
        ("nested.jsonl", b"{\"id_client\": [1], \"class_0\": {}}\n", ""),
        ("damaged.arrow", &arrow, ""),
        ("text.arrow", b"no Arrow file", ""),
        ("damaged.csv.gz", b"\x1f\x8b\x08\x00damaged", ""),
    ] {
        fs::write(folder.path().join(name), bytes).expect("a file");
        let mut commands = vec![
            format!("check {name} --rows 9 --classes 1"),
            format!("check {name} --rows 9 --classes 1 --json"),
            format!("check {name} --dataset {name}"),
        ];
        if name.ends_with(".parquet") {
            commands.push(format!("load {name} postgresql://localhost:1/d --table t"));
        }
        for arguments in commands {
            let (code, stdout, stderr) = run(folder.path(), &arguments);
            assert_ne!(code, 0, "gen {arguments}: {stdout}{stderr}");
            let said = format!("{stdout}{stderr}");
            assert!(!said.is_empty(), "gen {arguments}");
            for text in NOT_OURS {
                assert!(!said.contains(text), "gen {arguments}: {said}");
            }
            assert!(
                arguments.contains("--dataset") || arguments.starts_with("load") || said.contains(reason),
                "gen {arguments}: {said}"
            );
        }
    }
}

#[test]
fn wrong_flags_are_told_of_in_one_line_of_our_own() {
    for arguments in [
        "--rows",
        "--rows x",
        "--rows 1 --float 16",
        "--rows 1 --float",
        "--rows 1 --compression",
        "--rows 1 --compression=zstd:0",
        "--rows 1 --quiet=1",
        "--rows 1 --row 2",
        "--rows 1 --nonsense",
        "--rows 1 -Z",
        "--rows 1 a b",
        "chek x",
        "check",
        "check x --format tar",
        "check x --delimiter ab",
        "check x --rows 1 --dataset y",
        "check --help=x",
        "load",
        "load x",
        "load x postgresql://h/d --method fast",
        "load x postgresql://h/d --if-exists drop",
        "--rows 1 load x",
    ] {
        let folder = tempdir().expect("a folder");
        let (code, stdout, stderr) = run(folder.path(), arguments);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (2, "", 1), "gen {arguments}: {stderr}");
        for text in NOT_OURS {
            assert!(!stderr.contains(text), "gen {arguments}: {stderr}");
        }
    }
}
