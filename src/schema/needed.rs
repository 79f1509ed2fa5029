//! The part of a schema that a table's values follow from: the table, the tables that it takes values from, theirs, and
//! so on.

use super::column::{Column, Schema};
use super::generator::{Generator, ParentColumn};

impl Generator {
    /// The column whose values are taken, if they are another column's of any row.
    pub fn taken(&self) -> Option<ParentColumn> {
        match self {
            Self::References { of, .. } | Self::Children { of, .. } | Self::Lookup { of, .. } => Some(*of),
            _ => None,
        }
    }

    fn taken_mut(&mut self) -> Option<&mut ParentColumn> {
        match self {
            Self::References { of, .. } | Self::Children { of, .. } | Self::Lookup { of, .. } => Some(of),
            _ => None,
        }
    }
}

impl Schema {
    /// The schema of `table`, which comes first, and of all that its values follow from, in the order of this one.
    ///
    /// # Panics
    ///
    /// If there is no such table.
    pub fn needed_by(&self, table: usize) -> Self {
        let parents = |table: usize| {
            let columns = self.tables[table].columns.iter();
            columns.filter_map(|column: &Column| Some(column.generator.taken()?.table))
        };
        let mut needed = vec![table];
        let mut place = 0;
        while let Some(&table) = needed.get(place) {
            for parent in parents(table) {
                if !needed.contains(&parent) {
                    needed.push(parent);
                }
            }
            place += 1;
        }
        needed[1..].sort_unstable();
        let mut tables: Vec<_> = needed.iter().map(|table| self.tables[*table].clone()).collect();
        let columns = tables.iter_mut().flat_map(|table| &mut table.columns);
        for of in columns.filter_map(|column| column.generator.taken_mut()) {
            // All parents are among them.
            of.table = needed.iter().position(|table| *table == of.table).unwrap_or(0);
        }
        Self { seed: self.seed, first_row: self.first_row, tables }
    }
}
