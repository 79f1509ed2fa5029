//! What is collected of column chunks while their pages are encoded.

use std::collections::HashMap;

use parquet::errors::Result as ParquetResult;

use crate::pages::ChunkValues;
use crate::plan::{PagePlan, Part, Plan};

/// What is collected of the column chunks of a part while their pages are encoded.
pub(crate) struct Chunks {
    /// By row group and column; of columns of which something is collected.
    collected: HashMap<(u16, u32), ChunkValues>,
    nothing: ChunkValues,
}

impl Chunks {
    pub(super) fn new(plan: &Plan, part: Part) -> ParquetResult<Self> {
        let mut collected = HashMap::new();
        let columns = (0..).zip(plan.columns()).filter(|(_, column)| column.collects());
        for (index, column) in columns {
            for (row_group, rows) in (0..).zip(part.rows.chunks(plan.layout().row_group_rows.get())) {
                collected.insert((row_group, index), column.chunk_values(rows.count())?);
            }
        }
        Ok(Self { collected, nothing: ChunkValues::default() })
    }

    /// What is collected of the column chunk of `page`.
    pub(crate) fn of(&self, page: PagePlan) -> &ChunkValues {
        self.collected.get(&(page.row_group, page.column)).unwrap_or(&self.nothing)
    }
}
