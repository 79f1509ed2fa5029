//! How far a piece of work has come, and the request to stop it.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Shared between those who work and those who watch.
///
/// The signal handler of a command, or another thread, stops the work by storing a number other
/// than 0 in the flag that [`stop_flag`](Self::stop_flag) returns; the work looks at it every few
/// hundred microseconds.
#[derive(Debug, Default)]
pub struct Progress {
    work: Mutex<Work>,
    /// Bits of values where rows are counted by columns, else rows.
    done: AtomicU64,
    stop: Arc<AtomicUsize>,
}

/// What a piece of work consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// How many rows there are to do.
    pub rows: RowTotal,
    /// About how many bits the values of a row have before compression, if columns are done one after the other.
    pub row_bits: Option<NonZeroU64>,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowTotal {
    /// So many.
    Exactly(u64),
    /// So many, by the estimate of a server.
    About(u64),
    /// Nothing is known yet, or ever.
    #[default]
    Unknown,
}

/// The work was told to stop before it was finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped {
    /// The number that was stored in the flag.
    pub reason: usize,
}

impl Progress {
    /// The flag that stops the work.
    pub fn stop_flag(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.stop)
    }

    /// What the work consists of, as far as that is known by now.
    pub fn work(&self) -> Work {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows that are done. Columns are made one after the other: rows of which some are done count in proportion.
    pub fn done_rows(&self) -> u64 {
        let done = self.done.load(Ordering::Relaxed);
        self.work().row_bits.map_or(done, |row_bits| done / row_bits)
    }

    /// Begins a piece of work.
    pub(crate) fn begin(&self, work: Work) {
        self.done.store(0, Ordering::Relaxed);
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }

    /// Adds rows that are done, of work that does all columns of a row at once.
    pub(crate) fn add_rows(&self, rows: u64) {
        self.done.fetch_add(rows, Ordering::Relaxed);
    }

    /// Adds bits of values that are done, of work that does one column after the other.
    pub(crate) fn add_bits(&self, bits: u64) {
        self.done.fetch_add(bits, Ordering::Relaxed);
    }

    pub(crate) fn check(&self) -> Result<(), Stopped> {
        match self.stop.load(Ordering::Relaxed) {
            0 => Ok(()),
            reason => Err(Stopped { reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_are_rows_whatever_is_counted() {
        let progress = Progress::default();
        assert_eq!((progress.work(), progress.done_rows()), (Work::default(), 0));
        let of_bits = Work { rows: RowTotal::Exactly(u64::MAX), row_bits: NonZeroU64::new(120) };
        progress.begin(of_bits);
        progress.add_bits(359);
        assert_eq!((progress.work(), progress.done_rows()), (of_bits, 2));
        progress.begin(Work { rows: RowTotal::About(10), row_bits: None });
        progress.add_rows(3);
        assert_eq!(progress.done_rows(), 3);
    }
}
