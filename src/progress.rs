//! How far a piece of work has come, and the wish that it stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Shared between those who work and those who watch.
///
/// The signal handler of a command, or another thread, stops the work by storing a number other
/// than 0 in the flag that [`stop_flag`](Self::stop_flag) returns; the work looks at it every few
/// hundred microseconds.
#[derive(Debug, Default)]
pub struct Progress {
    total_bytes: AtomicU64,
    done_bytes: AtomicU64,
    stop: Arc<AtomicUsize>,
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

    /// Bytes of values that the work consists of, before compression; 0 until that is known.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes.load(Ordering::Relaxed)
    }

    /// Bytes of values that are done, before compression.
    pub fn done_bytes(&self) -> u64 {
        self.done_bytes.load(Ordering::Relaxed)
    }

    /// Begins a piece of work of so many bytes.
    pub(crate) fn begin(&self, bytes: u64) {
        self.done_bytes.store(0, Ordering::Relaxed);
        self.total_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, bytes: u64) {
        self.done_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn check(&self) -> Result<(), Stopped> {
        match self.stop.load(Ordering::Relaxed) {
            0 => Ok(()),
            reason => Err(Stopped { reason }),
        }
    }
}
