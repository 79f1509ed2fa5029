//! How many rows tables have: as many as is said, or as many as there are children of the rows of another table.

use super::column::{Column, Schema};
use super::fault::{Fault, Faults};
use super::generator::Generator;
use crate::random::Stream;
use crate::random::groups::Groups;

/// Where the number of a table's rows comes from.
#[derive(Clone, Copy)]
pub(super) enum RowSource {
    /// It is said, or not known.
    Said(Option<u64>),
    /// The rows are the children of those of the table `of`.
    Children { of: usize, groups: Groups },
}

/// Why row counts mean nothing.
pub(super) enum RowFault {
    /// These tables need each other's, from one of them back to it.
    Circle(Vec<usize>),
    /// This table would have 2^64 rows or more.
    TooMany(usize),
}

impl RowSource {
    /// Where the row count of a table of these columns comes from, whose name and row count are said.
    pub(super) fn new<'a>(
        seed: u64,
        table: Option<&str>,
        said: Option<u64>,
        columns: impl IntoIterator<Item = &'a Column>,
    ) -> Self {
        let of_column = |column: &Column| match &column.generator {
            Generator::Children { of, .. } => {
                Some(Self::Children { of: of.table, groups: groups(seed, table, column)? })
            }
            _ => None,
        };
        columns.into_iter().find_map(of_column).unwrap_or(Self::Said(said))
    }
}

/// The groups in which the rows of a table belong to its parents, if `column` is a `children` column.
fn groups(seed: u64, table: Option<&str>, column: &Column) -> Option<Groups> {
    let Generator::Children { min, max, .. } = column.generator else { return None };
    Groups::new(Stream::of_column(table, &column.name).keys(seed), min, max)
}

/// How many rows each table has, as far as it is known.
pub(super) fn row_counts(sources: &[RowSource]) -> Result<Vec<Option<u64>>, RowFault> {
    let count = |table: usize| {
        // From the table to its parent and on, to one whose rows are said.
        let mut path = vec![table];
        let said = loop {
            match sources[path[path.len() - 1]] {
                RowSource::Said(said) => break said,
                RowSource::Children { of, .. } => match path.iter().position(|table| *table == of) {
                    Some(start) => {
                        path.push(of);
                        return Err(RowFault::Circle(path.split_off(start)));
                    }
                    None => path.push(of),
                },
            }
        };
        path.iter().rev().try_fold(said, |rows, &table| match (rows, sources[table]) {
            (Some(parents), RowSource::Children { groups, .. }) => {
                groups.rows(parents).map(Some).ok_or(RowFault::TooMany(table))
            }
            (rows, _) => Ok(rows),
        })
    };
    (0..sources.len()).map(count).collect()
}

impl Schema {
    /// How many rows each table has, as far as it is known.
    ///
    /// # Errors
    ///
    /// If tables get their row counts from each other in a circle, or one has too many rows.
    pub fn row_counts(&self) -> Result<Vec<Option<u64>>, Faults> {
        let source = |table: &super::column::Table| {
            RowSource::new(self.seed, table.name.as_deref(), table.rows, &table.columns)
        };
        let sources: Vec<_> = self.tables.iter().map(source).collect();
        let name = |table: usize| self.tables[table].name.clone();
        row_counts(&sources).map_err(|fault| {
            let table = name(fault.table());
            let message = fault.message(|table| name(table).unwrap_or_default());
            Faults::new("", vec![Fault { at: None, table, column: None, message }])
        })
    }

    /// The groups in which the rows of a table belong to its parents, if `column` of it is a `children` column.
    pub(crate) fn groups(&self, table: usize, column: usize) -> Option<Groups> {
        let table = &self.tables[table];
        groups(self.seed, table.name.as_deref(), &table.columns[column])
    }
}

impl RowFault {
    /// The table that it is a fault of.
    pub(super) fn table(&self) -> usize {
        match self {
            Self::Circle(circle) => circle[0],
            Self::TooMany(table) => *table,
        }
    }

    /// What is wrong, where `name` gives the names of tables.
    pub(super) fn message(&self, name: impl Fn(usize) -> String) -> String {
        match self {
            Self::Circle(circle) => {
                let names: Vec<_> = circle.iter().map(|table| format!("{:?}", name(*table))).collect();
                format!(
                    "the row counts depend on themselves: {}; give one of the tables rows instead of a children column",
                    names.join(" has the children of ")
                )
            }
            Self::TooMany(_) => {
                "the table has more rows than 64 bits number; choose fewer parents or children".to_owned()
            }
        }
    }
}
