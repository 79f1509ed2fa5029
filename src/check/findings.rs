//! What has been found so far, beside which rows were seen.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::checksum::RowSum;
use super::examples::{AlteredValue, Examples};
use super::report::{ForeignRow, RenamedColumn};

/// What has been found.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) rows: u64,
    pub(super) rows_elsewhere: u64,
    pub(super) altered_rows: u64,
    /// Altered values of each column, by its place in the schema.
    pub(super) altered_values: BTreeMap<usize, u64>,
    pub(super) foreign_rows: u64,
    pub(super) surplus_rows: u64,
    pub(super) altered: Examples<AlteredValue>,
    pub(super) foreign: Examples<ForeignRow>,
    /// Rows that came more than once.
    pub(super) duplicated: BTreeMap<u64, Repeats>,
    /// Ids whose first three groups of bytes were reversed.
    pub(super) reversed_ids: u64,
    pub(super) narrowed: BTreeSet<usize>,
    pub(super) ignored_columns: BTreeSet<String>,
    pub(super) renamed_columns: BTreeSet<RenamedColumn>,
    /// Of rows that nothing identifies.
    pub(super) sum: RowSum,
}

/// How often a row came beside the first time, and the first by its name of the files in which it came again.
#[derive(Clone, Debug)]
pub(super) struct Repeats {
    pub(super) times: u64,
    pub(super) file: Option<PathBuf>,
}

impl Findings {
    pub(super) fn with_limit(limit: usize) -> Self {
        Self {
            rows: 0,
            rows_elsewhere: 0,
            altered_rows: 0,
            altered_values: BTreeMap::new(),
            foreign_rows: 0,
            surplus_rows: 0,
            altered: Examples::new(limit),
            foreign: Examples::new(limit),
            duplicated: BTreeMap::new(),
            reversed_ids: 0,
            narrowed: BTreeSet::new(),
            ignored_columns: BTreeSet::new(),
            renamed_columns: BTreeSet::new(),
            sum: RowSum::default(),
        }
    }

    /// The smallest rows are kept. A row that is dropped can never be among the smallest again, so the
    /// counts of those that are kept are exact.
    pub(super) fn duplicate(&mut self, row: u64, repeats: Repeats, limit: usize) {
        match self.duplicated.entry(row) {
            Entry::Vacant(entry) => drop(entry.insert(repeats)),
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.times += repeats.times;
                known.file = [known.file.take(), repeats.file].into_iter().flatten().min();
            }
        }
        if self.duplicated.len() > limit {
            self.duplicated.pop_last();
        }
    }

    pub(super) fn merge(&mut self, other: Self, limit: usize) {
        self.rows += other.rows;
        self.rows_elsewhere += other.rows_elsewhere;
        self.altered_rows += other.altered_rows;
        for (column, count) in other.altered_values {
            *self.altered_values.entry(column).or_insert(0) += count;
        }
        self.foreign_rows += other.foreign_rows;
        self.surplus_rows += other.surplus_rows;
        self.altered.merge(other.altered);
        self.foreign.merge(other.foreign);
        for (row, repeats) in other.duplicated {
            self.duplicate(row, repeats, limit);
        }
        self.reversed_ids += other.reversed_ids;
        self.narrowed.extend(other.narrowed);
        self.ignored_columns.extend(other.ignored_columns);
        self.renamed_columns.extend(other.renamed_columns);
        self.sum = self.sum.plus(other.sum);
    }
}
