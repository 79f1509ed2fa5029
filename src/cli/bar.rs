//! A progress bar on the terminal, if there is one.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Progress;
use crate::count::{grouped, rows};
use crate::progress::{RowTotal, Work};
use console::Term;
use indicatif::{DecimalBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::request::Output;

/// Work that takes less than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);
const REFRESH: Duration = Duration::from_millis(100);
/// The bar itself is a sixth of the line, and no longer than this.
const MAX_BAR_COLUMNS: usize = 20;
/// Between the fields of a line.
const GAP: &str = "  ";

/// A bar on standard error, which shows only on a terminal.
#[derive(Clone, Debug)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// The bar of a command whose results are told as `output`.
    pub fn new(output: Output) -> Self {
        let is_shown = output != Output::Quiet && stderr().is_terminal();
        Self(is_shown.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())))
    }

    /// Does `work` and shows meanwhile how far `progress` has come. The bar is gone when the work is done.
    pub fn watch<R>(&self, progress: &Progress, work: impl FnOnce() -> R) -> R {
        let Some(bar) = &self.0 else {
            return work();
        };
        let (done, is_done) = channel::<()>();
        let started = Instant::now();
        thread::scope(|scope| {
            scope.spawn(move || {
                let waits = |time| is_done.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
                if !waits(PATIENCE) {
                    return;
                }
                while waits(REFRESH) {
                    // A terminal can be resized.
                    let columns = usize::from(Term::stderr().size().1);
                    draw(bar, columns, progress.work(), progress.done_rows(), started.elapsed());
                }
                bar.finish_and_clear();
            });
            let result = work();
            drop(done);
            result
        })
    }

    /// Takes the bar from the terminal for good.
    pub fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn draw(bar: &ProgressBar, columns: usize, work: Work, done: u64, elapsed: Duration) {
    let bar_columns = (columns / 6).clamp(1, MAX_BAR_COLUMNS);
    let (template, left_columns) = match work.rows {
        RowTotal::Exactly(_) | RowTotal::About(_) => {
            (format!("{{bar:{bar_columns}}} {{msg}}"), columns.saturating_sub(bar_columns + 1))
        }
        RowTotal::Unknown => ("{spinner} {msg}".to_owned(), columns.saturating_sub(2)),
    };
    bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    if let RowTotal::Exactly(total) | RowTotal::About(total) = work.rows {
        bar.set_length(total.max(done));
        bar.set_position(done);
    }
    bar.set_message(fitting(fields(work, done, elapsed), left_columns));
    bar.tick();
}

/// What is said beside the bar, the most important first. The rate is that of all that this run has done.
fn fields(work: Work, done: u64, elapsed: Duration) -> Vec<String> {
    let rate = done as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let (total, about) = match work.rows {
        RowTotal::Exactly(total) => (Some(total), ""),
        RowTotal::About(total) => (Some(total), "about "),
        RowTotal::Unknown => (None, ""),
    };
    let mut fields = Vec::new();
    match total {
        Some(total) => {
            let percent = (u128::from(done) * 100).checked_div(u128::from(total)).unwrap_or(100).min(100);
            fields.push(format!("{percent:>3} %"));
            fields.push(format!("{} of {about}{}", grouped(done), rows(total)));
        }
        None => fields.push(rows(done)),
    }
    fields.push(format!("{}/s", rows(rate as u64)));
    if let Some(row_bits) = work.row_bits {
        fields.push(format!("{}/s", DecimalBytes((rate * row_bits.get() as f64 / 8.0) as u64)));
    }
    if let Some(total) = total.filter(|total| *total > done && done > 0) {
        let left = Duration::from_secs_f64(((total - done) as f64 / rate).min(1e9));
        fields.push(format!("{:#} left", HumanDuration(left)));
    }
    fields
}

/// As many of the `fields` as fit into so many columns of a terminal.
fn fitting(fields: Vec<String>, columns: usize) -> String {
    let mut line = String::new();
    for field in fields {
        let gap = if line.is_empty() { "" } else { GAP };
        if line.len() + gap.len() + field.len() > columns {
            break;
        }
        line.push_str(gap);
        line.push_str(&field);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    #[test]
    fn rows_are_rows_and_bytes_are_told_only_where_they_are_known() {
        let seconds = Duration::from_secs(2);
        let of_bytes = NonZeroU64::new(8 * 120);
        for (rows, row_bits, done, elapsed, said) in [
            (
                RowTotal::Exactly(2_000),
                of_bytes,
                1_000,
                seconds,
                " 50 %  1,000 of 2,000 rows  500 rows/s  60.00 kB/s  2s left",
            ),
            (
                RowTotal::Exactly(4_000),
                None,
                1_000,
                seconds,
                " 25 %  1,000 of 4,000 rows  500 rows/s  6s left",
            ),
            (
                RowTotal::About(4_000),
                None,
                1_000,
                seconds,
                " 25 %  1,000 of about 4,000 rows  500 rows/s  6s left",
            ),
            (RowTotal::About(4_000), None, 5_000, seconds, "100 %  5,000 of about 4,000 rows  2,500 rows/s"),
            (RowTotal::Exactly(0), None, 0, seconds, "100 %  0 of 0 rows  0 rows/s"),
            (RowTotal::Exactly(1), None, 1, seconds / 2, "100 %  1 of 1 row  1 row/s"),
            (RowTotal::Unknown, None, 5_000, seconds, "5,000 rows  2,500 rows/s"),
            (RowTotal::Unknown, None, 0, Duration::ZERO, "0 rows  0 rows/s"),
        ] {
            assert_eq!(fields(Work { rows, row_bits }, done, elapsed).join(GAP), said);
        }
    }

    #[test]
    fn a_line_is_cut_between_its_fields() {
        let fields = || [" 50 %", "1 of 2 rows", "1 rows/s"].map(str::to_owned).to_vec();
        for (columns, said) in [
            (4, ""),
            (5, " 50 %"),
            (17, " 50 %"),
            (18, " 50 %  1 of 2 rows"),
            (28, " 50 %  1 of 2 rows  1 rows/s"),
        ] {
            assert_eq!(fitting(fields(), columns), said, "{columns}");
        }
    }
}
