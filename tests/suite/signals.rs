//! A run that is told to stop stops, and leaves nothing torn.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::sleep;
use std::time::{Duration, Instant};

use samplegen::{Compression, FloatWidth, IdForm, Plan, Progress, generate};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;
use tempfile::tempdir;

use crate::support::{classifier, command, finished, layout, names, options, rows, run_well};

/// A minute of work, and few bytes a second.
const LONG: &str = "--rows 1M --batch-size 1k --compression zstd:19 --threads 2 --out . --quiet";

/// Waits until the run has finished so many parts more.
fn wait_for_parts(child: &mut Child, folder: &Path, more: usize) {
    let parts = || names(folder).iter().filter(|name| name.starts_with("part-")).count();
    let (enough, patience) = (parts() + more, Instant::now());
    while parts() < enough {
        assert_eq!(child.try_wait().expect("a child"), None, "the run has ended");
        assert!(patience.elapsed() < Duration::from_secs(60), "no part appears");
        sleep(Duration::from_millis(5));
    }
}

fn send(signal: i32, child: &Child) {
    let kill = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status();
    assert!(kill.expect("kill runs").success());
}

#[test]
fn a_signal_stops_the_run_and_leaves_no_temporary_file() {
    for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        let folder = tempdir().expect("a folder");
        // That shells have what they run in the background ignore a signal is inherited; that it is handled is not.
        register_conditional_shutdown(signal, code, Arc::new(AtomicBool::new(true))).expect("a signal");
        let mut child = command(LONG)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        wait_for_parts(&mut child, folder.path(), 2);
        send(signal, &child);
        let (exit, stdout, stderr) = finished(child.wait_with_output().expect("the command ends"));
        assert_eq!((exit, stdout.as_str()), (code, ""), "{stderr}");
        assert!(stderr.starts_with("gen: interrupted") && stderr.contains("same command"), "{stderr}");
        let left = names(folder.path());
        assert!(left.iter().all(|name| name == "_dataset.json" || name.starts_with("part-")), "{left:?}");
    }
}

#[test]
fn an_interrupted_data_set_is_finished_by_the_next_run() {
    let folder = tempdir().expect("a folder");
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(0, 10_000), 0);
    let plan = Plan::new(data_set, layout(1_000, 1_000, Compression::None)).expect("a small plan");
    let progress = Progress::default();
    progress.stop_flag().store(7, std::sync::atomic::Ordering::Relaxed);
    let error = generate(&plan.into(), folder.path(), options(2), &progress).expect_err("told to stop");
    assert_eq!(error.stopped().map(|stopped| stopped.reason), Some(7), "{error}");
    assert_eq!(names(folder.path()), ["_dataset.json"]);
    let said =
        run_well(folder.path(), "--rows 10000 --classes 1 --batch-size 1000 --row-group-rows 1000 --out .");
    assert!(said.starts_with("10,000 rows in 10 files"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let folder = tempdir().expect("a folder");
    let ignoring = format!("trap '' INT HUP; exec {} {LONG}", env!("CARGO_BIN_EXE_gen"));
    let mut child = Command::new("sh")
        .args(["-c", &ignoring])
        .current_dir(folder.path())
        .spawn()
        .expect("the command starts");
    wait_for_parts(&mut child, folder.path(), 1);
    send(SIGINT, &child);
    send(SIGHUP, &child);
    // More parts than the threads could have had under way.
    wait_for_parts(&mut child, folder.path(), 5);
    send(SIGTERM, &child);
    assert_eq!(child.wait().expect("it ends").code(), Some(143));
}
