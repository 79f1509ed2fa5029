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
    /// Whether it refers to a row of another table that there is not.
    pub(super) is_orphan: bool,
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

    /// Whether an example that would stand before the last one, as `is_before` says, may be among the smallest.
    pub(super) fn wants(&self, is_before: impl FnOnce(&T) -> bool) -> bool {
        self.smallest.len() < self.limit || self.smallest.last().is_some_and(is_before)
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
