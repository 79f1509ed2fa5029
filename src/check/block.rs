//! Rows that are looked at together.

use std::ops::Range;

use crate::rows::RowRange;

/// Rows that came side by side: those that belong, and where they stand among all of them.
#[derive(Default)]
pub(super) struct Block {
    rows: Vec<u64>,
    positions: Vec<usize>,
    /// The rows as a range, as long as each follows the one before.
    run: Option<RowRange>,
}

impl Block {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.positions.clear();
        self.run = None;
    }

    /// Adds a row that stands at `position`, behind all that were added.
    pub(super) fn push(&mut self, row: u64, position: usize) {
        let count = self.rows.len() as u64;
        self.run = match self.run {
            None if count == 0 => RowRange::new(row, 1),
            Some(run) if run.first().checked_add(count) == Some(row) => RowRange::new(run.first(), count + 1),
            _ => None,
        };
        self.rows.push(row);
        self.positions.push(position);
    }

    /// Fills an empty block with rows that stand one behind the other from the first position on.
    pub(super) fn fill(&mut self, rows: RowRange) {
        self.run = Some(rows);
        self.rows.extend((0..rows.count()).map(|offset| rows.first() + offset));
        self.positions.extend(0..rows.count() as usize);
    }

    /// The numbers of the rows.
    pub(super) fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Where each of them stands.
    pub(super) fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// The positions of all rows, if nothing stands between them.
    pub(super) fn span(&self) -> Option<Range<usize>> {
        let (first, last) = (*self.positions.first()?, *self.positions.last()?);
        (last - first + 1 == self.positions.len()).then_some(first..last + 1)
    }

    /// The rows as a range, if they are consecutive.
    pub(super) fn run(&self) -> Option<RowRange> {
        self.run
    }
}
