//! The data set that is tracked under `samples/_tiny`: its values stand for ever, its bytes for this
//! release.

use std::path::Path;

use tempfile::tempdir;

use crate::support::{parts, read, rows, run_well};
use crate::{naive, support::classifier};
use samplegen::{FloatWidth, IdForm};

/// As `samples/_tiny/_README.md` says.
const COMMAND: &str = "--rows 20 --classes 2 --batch-size 10";

fn tracked() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/_tiny")
}

#[test]
fn its_values_stand_for_ever() {
    let data_set = classifier(2, IdForm::Text, FloatWidth::F64, rows(0, 20), 0);
    assert_eq!(read(&tracked()), naive::batch(&data_set, rows(0, 20)));
}

#[test]
fn its_bytes_stand_for_this_release() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), &format!("{COMMAND} --out ."));
    assert!(
        parts(folder.path()) == parts(&tracked()),
        "the bytes of files have changed: say so in CHANGELOG.md"
    );
    let description =
        |folder: &Path| std::fs::read_to_string(folder.join("_dataset.json")).expect("a description");
    assert_eq!(description(folder.path()), description(&tracked()));
    let readme = std::fs::read_to_string(tracked().join("_README.md")).expect("its README");
    assert!(readme.contains(COMMAND), "samples/_tiny/_README.md names another command");
}
