//! Columns whose values give the row back.

use super::column::{Column, Table};
use super::generator::Generator;
use super::template::{Field, Part};
use super::types::ColumnType;

/// What rows of a table are known again by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A column of its own.
    Column(usize),
    /// A `children` column of an identifying parent column together with its `position` column.
    Pair {
        /// The `children` column.
        children: usize,
        /// The `position` column.
        position: usize,
    },
}

impl Table {
    /// The columns that each identify rows by themselves, in order.
    pub fn identifying(&self) -> Vec<usize> {
        let column = |number: usize| self.columns.get(number);
        (0..self.columns.len())
            .filter(|number| column(*number).is_some_and(|own| identifies(own, column)))
            .collect()
    }

    /// The column that a check knows rows again by: the one marked as key, or else the first written
    /// one that identifies rows.
    pub fn key(&self) -> Option<Key> {
        let identifying = self.identifying();
        let written = || identifying.iter().filter(|number| !self.columns[**number].hidden);
        let marked = written().find(|number| self.columns[**number].key);
        marked.or_else(|| written().next()).map(|number| Key::Column(*number))
    }
}

/// Whether the values of `column` give the row back, where `other` are the columns of its table,
/// which do not depend on themselves.
pub(super) fn identifies<'a>(column: &'a Column, other: impl Fn(usize) -> Option<&'a Column>) -> bool {
    let mut column = column;
    loop {
        if matches!(column.column_type, ColumnType::List(_)) {
            return false;
        }
        let template = match &column.generator {
            Generator::Uuid | Generator::Uuid7 { .. } | Generator::Unique { .. } => return true,
            Generator::Sequence { step, .. } => return *step != 0,
            Generator::Template(template) => template,
            _ => return false,
        };
        let mut fields = template.parts.iter().filter_map(|part| match part {
            Part::Field { field, .. } => Some(field),
            Part::Literal(_) => None,
        });
        column = match (fields.next(), fields.next()) {
            (Some(Field::Row), None) => return true,
            (Some(Field::Column(number)), None) => match other(*number) {
                Some(other) => other,
                None => return false,
            },
            _ => return false,
        };
    }
}
