//! Schema files: what they hold, and what stands beside them.

use std::num::NonZeroU64;

use super::column::Schema;
use super::fault::{Fault, Faults};
use super::number::Number;
use super::relations;
use super::values_from::ValueFiles;
use crate::compression::Compression;
use crate::rows::RowRange;

/// What a schema file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaFile {
    /// The data set.
    pub schema: Schema,
    /// How its rows lie in files, if the file says it of all tables alike.
    pub layout: Option<LayoutKeys>,
    /// How the rows of tables lie in files, by the names of the tables.
    pub layouts: Vec<(String, LayoutKeys)>,
}

impl SchemaFile {
    /// What the file says of the layout of the table called `name`, or of the only one.
    pub fn layout_of(&self, name: Option<&str>) -> LayoutKeys {
        let mut named = self.layouts.iter().filter(|(table, _)| Some(table.as_str()) == name);
        named.next().map(|(_, layout)| *layout).or(self.layout).unwrap_or_default()
    }
}

/// What a schema file says of the layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayoutKeys {
    /// Rows of each part.
    pub batch_rows: Option<NonZeroU64>,
    /// Rows of each row group.
    pub row_group_rows: Option<NonZeroU64>,
    /// How pages are compressed.
    pub compression: Option<Compression>,
}

/// What stands beside a schema's text.
#[derive(Clone, Copy, Default)]
pub struct ReadOptions<'a> {
    /// Row count of the schema's only table, instead of the one that the text gives.
    pub rows: Option<u64>,
    /// The first row of the schema's only table, instead of the one that the text gives.
    pub first_row: Option<u64>,
    /// The seed, instead of the one that the text gives.
    pub seed: Option<u64>,
    /// What the row counts that the text gives are multiplied by, rounded half up. It is not negative.
    pub scale: Option<&'a Number>,
    /// How files that the text takes values from are read; they are refused without it.
    pub files: Option<&'a dyn ValueFiles>,
}

impl Schema {
    /// The same data set with other rows, if it has one table.
    ///
    /// # Errors
    ///
    /// If there are several tables, or the table's columns do not have values for these rows.
    pub fn with_rows(mut self, rows: RowRange) -> Result<Self, Faults> {
        let fault = |message: &str| {
            let message = message.to_owned();
            Faults::new("", vec![Fault { at: None, table: None, column: None, message }])
        };
        let [table] = &mut self.tables[..] else {
            return Err(fault("rows: only a schema of one table can be given other rows"));
        };
        table.rows = Some(rows.count());
        self.first_row = rows.first();
        let faults = relations::row_faults(&self)?;
        if faults.is_empty() { Ok(self) } else { Err(Faults::new("", faults)) }
    }
}

/// A schema with every type and every generator, with comments.
pub const EXAMPLE: &str = include_str!("example.yaml");
