//! What a check comes to, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::rows::RowRange;

/// What a check comes to. Counts are exact; examples are the first few, by row number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Whether there is no difference at all, and something to tell it by.
    pub whole: bool,
    /// Whether rows were allowed to be missing.
    pub partial: bool,
    /// What was checked: nothing is known of any other row or column.
    pub scope: Scope,
    /// How many rows there should be.
    pub expected: u64,
    /// How many different ones of them came; 0 if no key tells.
    pub distinct: u64,
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
    /// Of a data set without a key, all that is known of the rows: then nothing is known of those that are lost,
    /// duplicated, altered or foreign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// How many ids came with their first three groups of bytes turned round, as .NET and SQL Server keep them.
    pub reversed_ids: u64,
    /// Columns of 64-bit numbers that came as 32-bit numbers, and were compared as such.
    pub narrowed_columns: Vec<String>,
    /// Columns that came and that the data set does not have.
    pub ignored_columns: Vec<String>,
    /// Columns that came with their names in upper or lower case.
    pub renamed_columns: Vec<RenamedColumn>,
}

/// What a check looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// The rows that were to be checked.
    #[serde(serialize_with = "first_and_count")]
    pub rows: RowRange,
    /// All rows of the data set.
    #[serde(serialize_with = "first_and_count")]
    pub of_rows: RowRange,
    /// The column that identifies rows, if there is one.
    pub key: Option<String>,
    /// The columns that were compared, the key first.
    pub columns: Vec<String>,
    /// Whether these are all columns of the data set.
    pub all_columns: bool,
    /// By how many units in the last place numbers were allowed to differ.
    pub tolerance_ulps: u64,
}

/// The checksums of all rows, which do not depend on their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Checksum {
    /// Of the rows that should have come.
    #[serde(serialize_with = "hexadecimal")]
    pub expected: u128,
    /// Of those that came.
    #[serde(serialize_with = "hexadecimal")]
    pub found: u128,
}

fn hexadecimal<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{sum:032x}"))
}

/// A column that came with its name in upper or lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RenamedColumn {
    /// Its name in the data set.
    pub column: String,
    /// Its name in the copy.
    pub found: String,
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
    /// The first of them.
    pub examples: Vec<DuplicatedExample>,
}

/// A row that came more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicatedExample {
    /// The row.
    pub row: u64,
    /// How often it came.
    pub times: u64,
    /// A file in which it came again, if that is known.
    #[serde(serialize_with = "displayed", skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
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
    /// The table that it refers to, if that has no such row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orphan_of: Option<String>,
    /// The file in which it was found, if that is known.
    #[serde(serialize_with = "displayed", skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
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
    /// The file in which it was found, if that is known.
    #[serde(serialize_with = "displayed", skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

impl Report {
    /// How many rows differ, of all kinds together.
    pub fn differences(&self) -> u64 {
        self.lost.count + self.duplicated.count + self.altered.count + self.foreign.count
    }

    /// Whether rows came, and not one of them belongs to the data set.
    pub fn is_all_foreign(&self) -> bool {
        self.seen > 0 && self.foreign.count == self.seen
    }

    /// Whether there are rows to check, and none of them came: then nothing is known to be right.
    pub fn saw_nothing(&self) -> bool {
        let came = if self.checksum.is_some() { self.seen } else { self.distinct };
        self.expected > 0 && came == 0
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
struct FirstAndCount {
    first: u64,
    count: u64,
}

fn first_and_count<S: Serializer>(rows: &RowRange, serializer: S) -> Result<S::Ok, S::Error> {
    FirstAndCount { first: rows.first(), count: rows.count() }.serialize(serializer)
}

/// Names of files need not be UTF-8, and JSON has to be.
fn displayed<S: Serializer>(file: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    file.as_deref().map(|file| file.display().to_string()).serialize(serializer)
}
