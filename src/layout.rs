//! How the rows of a data set lie in files: rows a file, rows a row group, compression.
//!
//! The layout never changes a value. It does not depend on the machine either, so the same
//! description gives the same files everywhere.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::compression::Compression;
use crate::dataset::DataSet;

/// How the rows of a data set lie in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Rows of each part; the last may have fewer.
    pub batch_rows: NonZeroU64,
    /// Rows of each row group of a part; the last may have fewer.
    pub row_group_rows: NonZeroU64,
    /// How pages are compressed.
    pub compression: Compression,
}

/// The default layout makes more parts, for parallelism, until they have this many bytes...
const SMALL_PART_BYTES: u64 = 8_000_000;
/// ...or there are this many; from there on the parts grow...
const MANY_PARTS: u64 = 64;
/// ...until they have this many bytes.
const LARGE_PART_BYTES: u64 = 256_000_000;
/// The default row groups hold at most this many bytes, and a power of two of rows...
const ROW_GROUP_BYTES: u64 = 128 << 20;
/// ...which is at least this many...
const FEW_ROW_GROUP_ROWS: u64 = 1 << 13;
/// ...and at most this many.
const MANY_ROW_GROUP_ROWS: u64 = 1 << 20;

impl Layout {
    /// The rows of a part unless the user says otherwise: a function of row count and schema.
    ///
    /// The number of parts is a power of two until there are 64, so that parts have at most 8 MB
    /// (before compression); then parts grow to 256 MB; then there are more of them.
    pub fn default_batch_rows(data_set: &DataSet) -> NonZeroU64 {
        let row_bytes = data_set.plain_row_bytes();
        let rows = data_set.rows().count();
        let bytes = u128::from(rows) * u128::from(row_bytes);
        let parts_of = |part_bytes: u64| bytes.div_ceil(u128::from(part_bytes));
        let parts = parts_of(SMALL_PART_BYTES).next_power_of_two().min(u128::from(MANY_PARTS));
        let batch_rows = u128::from(rows).div_ceil(parts) as u64;
        let largest = (LARGE_PART_BYTES / row_bytes).max(1);
        NonZeroU64::new(batch_rows.min(largest)).unwrap_or(NonZeroU64::MIN)
    }

    /// The rows of a row group unless the user says otherwise: a function of the schema.
    ///
    /// The largest power of two whose rows take at most 128 MiB, between 8,192 and 1,048,576.
    pub fn default_row_group_rows(data_set: &DataSet) -> NonZeroU64 {
        let fitting = (ROW_GROUP_BYTES / data_set.plain_row_bytes()).max(1);
        let rows = (1 << fitting.ilog2()).clamp(FEW_ROW_GROUP_ROWS, MANY_ROW_GROUP_ROWS);
        NonZeroU64::new(rows).unwrap_or(NonZeroU64::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::RowRange;
    use crate::schema::{FloatWidth, IdForm, Schema};

    fn classifier(rows: u64, classes: usize) -> DataSet {
        let schema = Schema::classifier(classes, IdForm::Text, FloatWidth::F64).expect("few columns");
        DataSet::new(schema, RowRange::new(0, rows).expect("few rows"), 0).expect("a data set")
    }

    #[test]
    fn the_default_parts_are_many_while_not_tiny_and_at_most_256_mb() {
        let parts =
            |rows: u64, classes| rows.div_ceil(Layout::default_batch_rows(&classifier(rows, classes)).get());
        assert_eq!(parts(1_000, 10), 1);
        assert_eq!(parts(66_666, 10), 1);
        assert_eq!(parts(66_667, 10), 2);
        assert_eq!(parts(1_000_000, 10), 16);
        assert_eq!(parts(10_000_000, 10), 64);
        assert_eq!(parts(1_000_000, 1_000), 64);
        assert_eq!(parts(1_000_000_000, 10), 469);
        for rows in [0, 1, 2, 1 << 40, u64::MAX] {
            let batch_rows = Layout::default_batch_rows(&classifier(rows, 10)).get();
            assert!(batch_rows * 120 <= 256_000_000, "{rows} rows: {batch_rows} rows a part");
        }
    }

    #[test]
    fn the_default_row_groups_fit_memory() {
        let rows = |classes| Layout::default_row_group_rows(&classifier(1, classes)).get();
        assert_eq!(rows(10), 1 << 20);
        assert_eq!(rows(1_000), 1 << 14);
        assert_eq!(rows(19_000), 1 << 13);
    }
}
