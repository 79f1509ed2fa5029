//! The first few of many findings, in an order of their own: the same whatever order they came in.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// A value that is not what its row should have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AlteredValue {
    pub(super) row: u64,
    pub(super) column: usize,
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) file: Option<PathBuf>,
}

/// The smallest of all findings offered, at most as many as the limit.
#[derive(Debug)]
pub(super) struct Examples<T> {
    smallest: BTreeSet<T>,
    limit: usize,
}

impl<T: Ord> Examples<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { smallest: BTreeSet::new(), limit }
    }

    pub(super) fn offer(&mut self, make: impl FnOnce() -> T) {
        if self.limit > 0 {
            self.smallest.insert(make());
            if self.smallest.len() > self.limit {
                self.smallest.pop_last();
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for example in other.smallest {
            self.offer(|| example);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.smallest.iter()
    }
}
