//! What a check comes to, as data.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::rows::RowRange;

/// What a check comes to. Counts are exact; examples are the first few, by row number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Whether there is no difference at all.
    pub whole: bool,
    /// Whether rows were allowed to be missing.
    pub partial: bool,
    /// How many rows there should be.
    pub expected: u64,
    /// How many rows came, whatever they were.
    pub seen: u64,
    /// How many more came that belong to the data set, but not to the rows that were to be checked.
    pub elsewhere: u64,
    /// Rows that never came.
    pub lost: Lost,
    /// Rows that came more than once.
    pub duplicated: Duplicated,
    /// Rows that came with another value in some column.
    pub altered: Altered,
    /// Rows that the data set does not contain.
    pub foreign: Foreign,
    /// Columns of 64-bit numbers that came as 32-bit numbers, and were compared as such.
    pub narrowed_columns: Vec<String>,
    /// Columns that came and that the data set does not have.
    pub ignored_columns: Vec<String>,
}

/// Rows that never came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lost {
    /// How many.
    pub count: u64,
    /// The first ranges of them.
    #[serde(serialize_with = "ranges")]
    pub examples: Vec<RowRange>,
}

/// Rows that came more than once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duplicated {
    /// How many rows.
    pub count: u64,
    /// How often they came beside their first times.
    pub surplus: u64,
    /// The first of them, and how often each came.
    #[serde(serialize_with = "times")]
    pub examples: Vec<(u64, u64)>,
}

/// Rows that came with another value in some column. A row that came twice can be altered twice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Altered {
    /// How many rows.
    pub count: u64,
    /// How many values of each column that has any.
    pub by_column: BTreeMap<String, u64>,
    /// The first altered values.
    pub examples: Vec<AlteredExample>,
}

/// A value that is not what its row should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlteredExample {
    /// Its row.
    pub row: u64,
    /// Its column.
    pub column: String,
    /// What it should be.
    pub expected: String,
    /// What it was.
    pub found: String,
}

/// Rows that the data set does not contain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Foreign {
    /// How many.
    pub count: u64,
    /// Some of them.
    pub examples: Vec<ForeignRow>,
}

/// A row that the data set does not contain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ForeignRow {
    /// Its id, as it came.
    pub id: String,
    /// Why it does not belong.
    pub reason: String,
}

impl Report {
    /// How many rows differ, of all kinds together.
    pub fn differences(&self) -> u64 {
        self.lost.count + self.duplicated.count + self.altered.count + self.foreign.count
    }
}

#[derive(Serialize)]
struct FirstAndLast {
    first: u64,
    last: u64,
}

fn ranges<S: Serializer>(ranges: &[RowRange], serializer: S) -> Result<S::Ok, S::Error> {
    let last = |range: &RowRange| range.first() + (range.count() - 1);
    serializer
        .collect_seq(ranges.iter().map(|range| FirstAndLast { first: range.first(), last: last(range) }))
}

#[derive(Serialize)]
struct RowAndTimes {
    row: u64,
    times: u64,
}

fn times<S: Serializer>(rows: &[(u64, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(|&(row, times)| RowAndTimes { row, times }))
}
