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
    let plan = run_well(folder.path(), "--rows 1e15 --dry-run --force --threads 3");
    assert!(plan.contains("1,000,000,000,000,000 rows") && plan.contains("120.04 PB"), "{plan}");
    assert!(plan.contains("3 threads"), "{plan}");
    let plan = json(&run_well(folder.path(), "--rows 1M --shard 2/4 --dry-run --json"));
    assert_eq!((&plan["rows"], &plan["files"]), (&Value::from(250_000), &Value::from(4)));
    run_well(folder.path(), "--rows 18446744073709551615 --batch-size 1 --classes 19999 --dry-run --force");
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
    let description =
        json(&std::fs::read_to_string(folder.path().join("d/_dataset.json")).expect("a description"));
    assert!(text.contains(&format!("seed {},", description["dataset"]["seed"])), "{text}");
    let (_, _, said) = run(folder.path(), "--rows 50 --seed random --quiet --out e");
    let description =
        json(&std::fs::read_to_string(folder.path().join("e/_dataset.json")).expect("a description"));
    assert_eq!(said, format!("gen: seed {}\n", description["dataset"]["seed"]));
}

/// Readers of JSON keep whole numbers up to 2^53 as they are.
#[test]
fn a_random_seed_is_kept_by_readers_of_json() {
    let folder = tempdir().expect("a folder");
    for _ in 0..16 {
        let plan = json(&run_well(folder.path(), "--rows 1 --seed random --dry-run --json"));
        assert!(plan["dataset"]["seed"].as_u64().expect("a whole number") < 1 << 53);
    }
}

#[test]
fn a_colon_in_the_name_of_a_folder_is_allowed() {
    let folder = tempdir().expect("a folder");
    for out in ["a:b", "x:/y", "C:", "./s3:/x", "./s3://bucket/x", "2024-01-01T10:00"] {
        run_well(folder.path(), &format!("--rows 5 --out {out}"));
        let checked = run_well(folder.path(), &format!("check {out}"));
        assert!(checked.contains("OK"), "{checked}");
    }
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
    // A limit on the size of files stands in for a full disk: the last part is small and fits, the others do not.
    let arguments = "--rows 4500 --batch-size 2000 --threads 1 --out out";
    let blocks = "ulimit -f 200";
    let run_limited = |arguments: &str| {
        let limited = format!("{blocks} && exec {} {arguments}", env!("CARGO_BIN_EXE_gen"));
        finished(
            Command::new("bash").args(["-c", &limited]).current_dir(folder.path()).output().expect("a shell"),
        )
    };
    let (code, _, stderr) = run_limited(&format!("{arguments} --shard 3/3"));
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = run_limited(arguments);
    assert_eq!(code, 3, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("part-0000") && stderr.contains("large"), "{stderr}");
    assert_eq!(names(&folder.path().join("out")), ["_dataset.json", "part-00002-of-00003.parquet"]);
    // With room, the same command finishes.
    let said = run_well(folder.path(), arguments);
    assert!(said.contains("1 file was complete already"), "{said}");
    assert_eq!(read(&folder.path().join("out")).num_rows(), 4_500);
}

#[test]
fn a_shard_without_files_says_so() {
    let folder = tempdir().expect("a folder");
    for dry_run in ["", "--dry-run"] {
        let said = run_well(folder.path(), &format!("--rows 1 --shard 1/2 {dry_run}"));
        assert!(said.contains("has no files"), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_may_have_any_name() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempdir().expect("a folder");
    let out = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff with spaces"));
    let output = command("--rows 10 --json --out").arg(&out).output().expect("the command starts");
    let (code, stdout, stderr) = finished(output);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(json(&stdout)["rows"], 10);
    // A stranger whose name is not Unicode is a stranger like any other.
    std::fs::write(out.join(std::ffi::OsStr::from_bytes(b"\xff.parquet")), "theirs").expect("a file");
    let output = command("--rows 10 --out").arg(&out).output().expect("the command starts");
    let (code, _, stderr) = finished(output);
    assert!(code == 2 && stderr.contains("not written by gen"), "{stderr}");
}

#[test]
fn a_check_that_needs_much_memory_says_so_first() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 1000 --classes 0");
    let (code, stdout, stderr) = run(folder.path(), "check samples --rows 10B --classes 0 --partial");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("1.25 GB") && stderr.contains("--shard"), "{stderr}");
    assert!(stdout.contains("OK: 1,000 of 10,000,000,000 rows were seen, and they are right"), "{stdout}");
    let (code, _, stderr) = run(folder.path(), "check samples --rows 1e15 --classes 0");
    assert!(code == 2 && stderr.contains("--shard I/3639"), "{stderr}");
}

/// Where a count is not spelled as people do: one of several things, or digits in no groups. Row numbers and seeds are
/// names, and flags are repeated as they are given.
fn misspelled(text: &str) -> Option<String> {
    let words: Vec<_> =
        text.split_whitespace().map(|word| word.trim_matches([',', ';', ':', '.', '(', ')'])).collect();
    words.windows(2).find_map(|pair| {
        let [count, what] = pair else { return None };
        let is_plural = what.ends_with('s') && what.len() > 2 && !what.ends_with("/s") && *what != "was";
        let is_glued = what.len() > 3 && what.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = ["row", "seed"].contains(count) || count.starts_with("--");
        (*count == "1" && is_plural || is_glued && !is_name).then(|| pair.join(" "))
    })
}

#[test]
fn counts_are_spelled_as_people_do() {
    assert_eq!(misspelled("in 1 files"), Some("1 files".to_owned()));
    assert_eq!(misspelled("of 1234 rows"), Some("of 1234".to_owned()));
    assert_eq!(misspelled("row 1234, seed 5678: 1 file was complete"), None);
    let folder = tempdir().expect("a folder");
    let one = "--rows 1 --classes 0 --threads 1";
    let many = "--rows 12345 --classes 1000 --batch-size 5 --row-group-rows 4 --threads 2";
    for (arguments, said) in [
        (format!("{one} --out one --dry-run"), "1 row from row 0, 1 column, seed 0"),
        (format!("{one} --out one --dry-run"), "1 file of at most 1 row, in 1 row group, compression"),
        (format!("{one} --out one --dry-run"), "on 1 thread"),
        (format!("{one} --out one"), "1 row in 1 file"),
        (format!("{one} --out one"), "1 row in 1 file"),
        (format!("{one} --out one --dry-run"), "1 file with 1 row is complete already"),
        ("check one".to_owned(), "1 row expected, 1 seen"),
        ("check one --partial".to_owned(), "1 of 1 row was seen, and it is right"),
        ("check one one".to_owned(), "row 0 (2 times"),
        (format!("{many} --out many --dry-run"), "12,345 rows from row 0, 1,001 columns, seed 0"),
        (format!("{many} --out many --dry-run"), "2,469 files of at most 5 rows, in 2 row groups each"),
        ("--rows 1 --classes 20000".to_owned(), "20,001 columns are more than the 20,000"),
        ("--rows 1 --threads 1025".to_owned(), "at most 1,024"),
        ("--rows 1M --batch-size 1M --row-group-rows 1".to_owned(), "1,000,000 row groups"),
        ("check one --rows 1e15".to_owned(), "1,000,000,000,000,000 rows"),
        ("check one --batch-size 3 --shard 1/2".to_owned(), "have 1 row each"),
    ] {
        let (_, stdout, stderr) = run(folder.path(), &arguments);
        let text = format!("{stdout}{stderr}");
        assert!(text.contains(said), "gen {arguments}: {text}");
        assert_eq!(misspelled(&text), None, "gen {arguments}: {text}");
    }
}

/// What the command prints with these variables in its environment, and no others that say how to print.
fn printed(arguments: &str, environment: &[(&str, &str)]) -> String {
    let mut command = command(arguments);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS"] {
        command.env_remove(name);
    }
    let output = command.envs(environment.iter().copied()).output().expect("the command starts");
    let (code, stdout, stderr) = finished(output);
    assert_eq!((code, stderr.as_str()), (0, ""), "gen {arguments}");
    stdout
}

#[test]
fn help_has_headings_and_fits_the_terminal() {
    for (command, headings) in [
        ("", vec!["Commands:", "Data:", "Files:", "PostgreSQL:", "Output:"]),
        ("load", vec!["Arguments:", "PostgreSQL:", "Output:"]),
        ("check", vec!["Arguments:", "Data:", "Files:", "PostgreSQL:", "Output:"]),
        ("completions", vec!["Arguments:", "Output:"]),
        ("man", vec!["Arguments:", "Output:"]),
    ] {
        for (flag, more) in [("--help", vec!["Examples:"]), ("-h", vec![])] {
            for columns in ["80", "100", "200"] {
                let help = printed(&format!("{command} {flag}"), &[("COLUMNS", columns)]);
                let width = columns.parse::<usize>().expect("a number").min(100);
                let too_long = help.lines().find(|line| line.chars().count() > width);
                assert_eq!(too_long, None, "gen {command} {flag}, {columns} columns");
                let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ');
                let found: Vec<_> = help.lines().filter(is_heading).collect();
                let examples = if ["", "load", "check"].contains(&command) { more.as_slice() } else { &[] };
                assert_eq!(found, [headings.as_slice(), examples].concat(), "gen {command} {flag}");
                // An example that is wrapped has lost its indentation.
                let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1);
                let torn = examples.take_while(|line| !line.is_empty()).find(|line| !line.starts_with("  "));
                assert_eq!(torn, None, "gen {command} {flag}, {columns} columns");
            }
        }
        assert_eq!(printed(&format!("help {command}"), &[]), printed(&format!("{command} --help"), &[]));
    }
}

#[test]
fn help_is_coloured_only_where_the_environment_says_so() {
    let is_coloured = |environment: &[_]| printed("--help", environment).contains('\x1b');
    assert!(is_coloured(&[("CLICOLOR_FORCE", "1"), ("TERM", "xterm")]));
    for environment in [
        vec![],
        vec![("TERM", "xterm")],
        vec![("TERM", "xterm"), ("CLICOLOR", "1")],
        vec![("TERM", "xterm"), ("CLICOLOR", "0")],
        vec![("TERM", "xterm"), ("NO_COLOR", "1")],
        vec![("TERM", "dumb")],
    ] {
        assert!(!is_coloured(&environment), "{environment:?}");
    }
}

#[test]
fn completions_and_man_pages_know_every_option() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&format!("completions {shell}"), &[]);
        for word in ["row-group-rows", "pipeline-depth", "tolerance", "completions", "load"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    for (command, title, words) in [
        ("", ".TH gen 1", ["row\\-group\\-rows", "Exit codes"]),
        ("check", ".TH gen-check 1", ["tolerance", "Exit codes"]),
        ("load", ".TH gen-load 1", ["pipeline\\-depth", "Exit codes"]),
    ] {
        let page = printed(&format!("man {command}"), &[]);
        assert!(page.contains(title), "{page}");
        for word in words {
            assert!(page.contains(word), "gen man {command}: no {word}");
        }
    }
}

#[test]
fn short_options_mean_what_the_long_ones_do() {
    let folder = tempdir().expect("a folder");
    assert_eq!(run_well(folder.path(), "-n 50 --classes 1 -o short -j 2 -q"), "");
    assert_eq!(run_well(folder.path(), "--rows 50 --classes 1 --out long --threads 2 --quiet"), "");
    assert_eq!(read(&folder.path().join("short")), read(&folder.path().join("long")));
    assert_eq!(run_well(folder.path(), "check short -n 50 --classes 1 -j 2 -q"), "");
}

#[test]
fn the_long_version_tells_what_was_built() {
    let (short, long) = (printed("-V", &[]), printed("--version", &[]));
    assert_eq!(short, format!("gen {}\n", env!("CARGO_PKG_VERSION")));
    let lines: Vec<_> = long.lines().collect();
    assert_eq!((lines[0], lines[1]), (short.trim_end(), "value contract 1"));
    assert!(lines[2].starts_with("target ") && lines[2].contains(std::env::consts::OS), "{long}");
}

#[test]
fn with_json_the_error_is_one_object_too() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 5 --classes 1 --quiet");
    for (arguments, kind, exit_code, message, remedy) in [
        ("--rows x --json", "request", 2, "--rows \"x\": not a number", Some("1_000_000")),
        ("--json --rows 1 --row 2", "request", 2, "no such option", Some("did you mean --rows?")),
        ("--rows 6 --classes 1 --json", "request", 2, "another data set", None),
        ("check missing --json", "request", 2, "missing: there is no such file", None),
        ("check --json x --rows 1 --tolerance", "request", 2, "--tolerance", Some("add one")),
        (
            "load samples postgresql://u:s3cret@127.0.0.1:1/d --table t --json",
            "work",
            3,
            "127.0.0.1",
            Some("same command"),
        ),
    ] {
        let (code, stdout, stderr) = run(folder.path(), arguments);
        assert_eq!(
            (code, stdout.as_str(), stderr.lines().count()),
            (exit_code, "", 1),
            "gen {arguments}: {stderr}"
        );
        let error = &json(&stderr)["error"];
        assert_eq!((&error["kind"], &error["exit_code"]), (&Value::from(kind), &Value::from(exit_code)));
        assert!(error["message"].as_str().expect("a message").contains(message), "gen {arguments}: {stderr}");
        if let Some(remedy) = remedy {
            assert!(
                error["remedy"].as_str().expect("a remedy").contains(remedy),
                "gen {arguments}: {stderr}"
            );
        }
        assert!(!stderr.contains("s3cret"), "{stderr}");
        let (code, _, stderr) = run(folder.path(), &arguments.replace("--json", ""));
        assert!(code == exit_code && stderr.starts_with("gen: ") && stderr.lines().count() == 1, "{stderr}");
    }
}
