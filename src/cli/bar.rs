//! A progress bar on the terminal, if there is one.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use samplegen::Progress;

/// Work that takes less than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);
const REFRESH: Duration = Duration::from_millis(100);

/// Does `work` and shows meanwhile how far `progress` has come, which counts bytes of rows that have `row_bytes` each, or
/// rows if that is not known. The bar is on standard error, shows only on a terminal, and is gone when the work is done.
pub fn watched<R>(progress: &Progress, row_bytes: Option<u64>, work: impl FnOnce() -> R) -> R {
    if !stderr().is_terminal() {
        return work();
    }
    let (done, is_done) = channel::<()>();
    let started = Instant::now();
    thread::scope(|scope| {
        scope.spawn(move || {
            let waits = |time| is_done.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if !waits(PATIENCE) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            while waits(REFRESH) {
                let (done, total) = (progress.done_bytes(), progress.total_bytes());
                // What is cut off at the edge of the terminal comes last.
                let template = if total > 0 { "{bar:20} {wide_msg}" } else { "{spinner} {wide_msg}" };
                bar.set_style(
                    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
                );
                bar.set_length(total.max(done));
                bar.set_position(done);
                bar.set_message(message(done, total, row_bytes, started.elapsed()));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

/// What stands beside the bar. The rate is that of all that this run has done; `total` is 0 if it is not known.
fn message(done: u64, total: u64, row_bytes: Option<u64>, elapsed: Duration) -> String {
    let rows = |count: u64| HumanCount(count / row_bytes.unwrap_or(1).max(1));
    let rate = done as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let mut text = String::new();
    if total > 0 {
        let percent = (u128::from(done) * 100 / u128::from(total)).min(100);
        text.push_str(&format!("{percent:>3} %  {} of {} rows", rows(done), rows(total)));
    } else {
        text.push_str(&format!("{} rows", rows(done)));
    }
    text.push_str(&format!("  {} rows/s", rows(rate as u64)));
    if row_bytes.is_some() {
        text.push_str(&format!("  {}/s", DecimalBytes(rate as u64)));
    }
    if total > done && done > 0 {
        let left = Duration::from_secs_f64(((total - done) as f64 / rate).min(1e9));
        text.push_str(&format!("  {:#} left", HumanDuration(left)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_rows_and_bytes_are_told_only_where_they_are_known() {
        let second = Duration::from_secs(2);
        assert_eq!(
            message(120_000, 240_000, Some(120), second),
            " 50 %  1,000 of 2,000 rows  500 rows/s  60.00 kB/s  2s left"
        );
        assert_eq!(message(1_000, 4_000, None, second), " 25 %  1,000 of 4,000 rows  500 rows/s  6s left");
        assert_eq!(message(5_000, 0, None, second), "5,000 rows  2,500 rows/s");
        assert_eq!(message(5_000, 4_000, None, second), "100 %  5,000 of 4,000 rows  2,500 rows/s");
        assert_eq!(message(0, 0, None, Duration::ZERO), "0 rows  0 rows/s");
    }
}
