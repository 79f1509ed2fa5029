//! A progress bar on the terminal, if there is one.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{DecimalBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use samplegen::Progress;

/// Work that takes less than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);
const REFRESH: Duration = Duration::from_millis(100);

/// Does `work` and shows meanwhile how far `progress` has come, in rows of `row_bytes` bytes. The bar
/// is on standard error, shows only on a terminal, and is gone when the work is done.
pub fn watched<R>(progress: &Progress, row_bytes: u64, work: impl FnOnce() -> R) -> R {
    if !stderr().is_terminal() {
        return work();
    }
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let waits = |time| is_done.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if !waits(PATIENCE) {
                return;
            }
            let bar = new_bar(row_bytes);
            while waits(REFRESH) {
                bar.set_length(progress.total_bytes());
                bar.set_position(progress.done_bytes());
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

fn new_bar(row_bytes: u64) -> ProgressBar {
    let row_bytes = row_bytes.max(1);
    let style = ProgressStyle::with_template(
        "{bar:30} {percent:>3} %  {rows} of {all_rows} rows  {row_rate}  {byte_rate}  {left} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .with_key("rows", move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{}", HumanCount(state.pos() / row_bytes));
    })
    .with_key("all_rows", move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{}", HumanCount(state.len().unwrap_or(0) / row_bytes));
    })
    .with_key("row_rate", move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{} rows/s", HumanCount((state.per_sec() / row_bytes as f64) as u64));
    })
    .with_key("byte_rate", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{}/s", DecimalBytes(state.per_sec() as u64));
    })
    .with_key("left", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{:#}", HumanDuration(state.eta()));
    });
    ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style)
}
