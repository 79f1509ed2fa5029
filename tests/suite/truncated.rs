//! Parts that do not end as they should are recognised by their length and their footer, named, and written again.
//! What is whole is not read: that is for a check.

use std::fs;

use tempfile::tempdir;

use crate::support::{names, parts, run, run_well};

const CODECS: [&str; 2] = ["none", "snappy"];

fn arguments(codec: &str) -> String {
    format!("--rows 900 --batch-size 300 --row-group-rows 100 --classes 2 --out . --compression {codec}")
}

const PARTS: [&str; 3] =
    ["part-00000-of-00003.parquet", "part-00001-of-00003.parquet", "part-00002-of-00003.parquet"];

fn footer_start(part: &[u8]) -> usize {
    let (rest, _) = part.split_last_chunk::<4>().expect("the magic bytes");
    let (rest, length) = rest.split_last_chunk().expect("the footer's length");
    rest.len() - u32::from_le_bytes(*length) as usize
}

/// Every way in which the bytes of a part stop short, shift or run on, with what it is.
fn damages(part: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (length, footer) = (part.len(), footer_start(part));
    let mut damages = Vec::new();
    for kept in (length - 100..length).chain([0, 1, 4, 8, 12, footer / 2, footer, length / 2]) {
        damages.push((format!("cut to {kept}"), part[..kept].to_vec()));
    }
    for start in [0, 4, 100, footer / 2, footer - 1] {
        for count in [1, 8, 4096] {
            if start + count <= footer {
                let bytes = [&part[..start], &part[start + count..]].concat();
                damages.push((format!("{count} bytes cut out at {start}"), bytes));
            }
        }
    }
    for count in [1, 8, 4096] {
        let bytes = [&part[..4], &vec![0; count], &part[4..]].concat();
        damages.push((format!("{count} bytes put in"), bytes));
    }
    for more in [&b"\0"[..], b"PAR1", &[0; 4096], part] {
        damages.push((format!("{} bytes appended", more.len()), [part, more].concat()));
    }
    damages.push(("zeros".to_owned(), vec![0; length]));
    damages.push(("zeros at its end".to_owned(), [&part[..length - 4096], &[0; 4096]].concat()));
    damages
}

#[test]
fn a_truncated_part_is_named_and_written_again() {
    for codec in CODECS {
        let folder = tempdir().expect("a folder");
        run_well(folder.path(), &arguments(codec));
        let whole = parts(folder.path());
        let damages = damages(&whole[PARTS[1]]);
        assert!(damages.len() > 120);
        // Two parts at a time.
        for pair in damages.chunks(2) {
            let damaged: Vec<_> = pair.iter().zip(&PARTS[1..]).collect();
            for ((_, bytes), name) in &damaged {
                fs::write(folder.path().join(name), bytes).expect("a part");
            }
            let (code, _, stderr) = run(folder.path(), &format!("{} --threads 1", arguments(codec)));
            assert_eq!((code, stderr.lines().count()), (0, damaged.len()), "{codec}: {stderr}");
            for (line, ((what, _), name)) in stderr.lines().zip(&damaged) {
                assert!(line.contains(*name), "{codec}, {what}: {line}");
            }
            assert!(parts(folder.path()) == whole, "{codec}: {stderr}");
        }
    }
}

/// Whoever renamed it may want it.
#[test]
fn a_part_under_the_name_of_another_is_refused() {
    for codec in CODECS {
        let folder = tempdir().expect("a folder");
        run_well(folder.path(), &arguments(codec));
        let whole = parts(folder.path());
        fs::write(folder.path().join(PARTS[1]), &whole[PARTS[0]]).expect("a part");
        let (code, _, stderr) = run(folder.path(), &arguments(codec));
        assert!(code == 2 && stderr.contains("under another name"), "{stderr}");
        run_well(folder.path(), &format!("{} --overwrite", arguments(codec)));
        assert!(parts(folder.path()) == whole);
    }
}

#[test]
fn an_altered_value_is_for_the_check() {
    for codec in CODECS {
        let folder = tempdir().expect("a folder");
        run_well(folder.path(), &arguments(codec));
        let whole = parts(folder.path());
        let mut altered = whole[PARTS[1]].clone();
        let place = footer_start(&altered) / 3;
        altered[place] ^= 1;
        let path = folder.path().join(PARTS[1]);
        fs::write(&path, &altered).expect("a part");
        let (code, stdout, stderr) = run(folder.path(), &arguments(codec));
        assert!(code == 0 && stdout.contains("nothing to do") && stderr.is_empty(), "{stdout}{stderr}");
        assert!(fs::read(&path).expect("a part") == altered);
        let (code, stdout, _) = run(folder.path(), "check .");
        assert!(code == 1 && stdout.contains("FAILED"), "{stdout}");
        fs::remove_file(&path).expect("a part");
        run_well(folder.path(), &arguments(codec));
        assert!(parts(folder.path()) == whole);
        assert_eq!(run(folder.path(), "check .").0, 0);
        assert_eq!(names(folder.path()).len(), PARTS.len() + 1);
    }
}
