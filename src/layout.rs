//! How the rows of a data set lie in files: rows a file, rows a row group, compression.
//!
//! The layout never changes a value. It does not depend on the machine either, so the same
//! description gives the same files everywhere.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
        let row_bytes = data_set.schema().plain_row_bytes();
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
        let fitting = (ROW_GROUP_BYTES / data_set.schema().plain_row_bytes()).max(1);
        let rows = (1 << fitting.ilog2()).clamp(FEW_ROW_GROUP_ROWS, MANY_ROW_GROUP_ROWS);
        NonZeroU64::new(rows).unwrap_or(NonZeroU64::MIN)
    }
}

/// How pages are compressed.
///
/// Its text form, on the command line and in descriptions, is `none`, `snappy`, `lz4`, or `zstd:` and
/// a level; `zstd` alone means level 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Compression {
    /// Not at all: uniform numbers do not compress.
    None,
    /// Snappy.
    Snappy,
    /// LZ4 blocks, Parquet's `LZ4_RAW`.
    Lz4,
    /// Zstandard.
    Zstd(ZstdLevel),
}

/// A level of Zstandard: 1 (fast) to 22 (small).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZstdLevel(i32);

impl ZstdLevel {
    /// The level, if there is one of this number.
    pub fn new(level: i32) -> Option<Self> {
        (1..=22).contains(&level).then_some(Self(level))
    }

    /// Its number.
    pub fn get(self) -> i32 {
        self.0
    }
}

/// What is wrong with the name of a compression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompressionError {
    /// No such codec.
    #[error("there is no codec {0:?}; choose none, snappy, lz4 or zstd, or zstd:1 to zstd:22")]
    UnknownCodec(String),
    /// A level that zstd does not have.
    #[error("zstd has no level {0:?}; choose zstd:1 to zstd:22")]
    UnknownLevel(String),
    /// A level for a codec without levels.
    #[error("{0} has no levels; leave out the colon and what follows it, or choose zstd")]
    NoLevels(String),
}

impl FromStr for Compression {
    type Err = CompressionError;

    fn from_str(text: &str) -> Result<Self, CompressionError> {
        let (codec, level) = match text.split_once(':') {
            Some((codec, level)) => (codec, Some(level)),
            None => (text, None),
        };
        match (codec, level) {
            ("none", None) => Ok(Self::None),
            ("snappy", None) => Ok(Self::Snappy),
            ("lz4", None) => Ok(Self::Lz4),
            ("zstd", None) => Ok(Self::Zstd(ZstdLevel(1))),
            ("zstd", Some(level)) => Some(level)
                .filter(|level| level.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|level| level.parse().ok())
                .and_then(ZstdLevel::new)
                .map(Self::Zstd)
                .ok_or_else(|| CompressionError::UnknownLevel(level.to_owned())),
            ("none" | "snappy" | "lz4", Some(_)) => Err(CompressionError::NoLevels(codec.to_owned())),
            _ => Err(CompressionError::UnknownCodec(codec.to_owned())),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Snappy => f.write_str("snappy"),
            Self::Lz4 => f.write_str("lz4"),
            Self::Zstd(level) => write!(f, "zstd:{}", level.get()),
        }
    }
}

impl TryFrom<String> for Compression {
    type Error = CompressionError;

    fn try_from(text: String) -> Result<Self, CompressionError> {
        text.parse()
    }
}

impl From<Compression> for String {
    fn from(compression: Compression) -> Self {
        compression.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::RowRange;
    use crate::schema::{FloatWidth, IdForm, Schema};

    fn classifier(rows: u64, classes: usize) -> DataSet {
        let schema = Schema::classifier(classes, IdForm::Text, FloatWidth::F64).expect("few columns");
        DataSet::new(schema, RowRange::new(0, rows).expect("few rows"), 0)
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

    #[test]
    fn a_compression_survives_its_text_and_a_wrong_one_is_refused() {
        for text in ["none", "snappy", "lz4", "zstd:1", "zstd:22"] {
            assert_eq!(text.parse::<Compression>().expect(text).to_string(), text);
        }
        assert_eq!("zstd".parse(), "zstd:1".parse::<Compression>());
        for text in [
            "", "gzip", "SNAPPY", "zstd:", "zstd:0", "zstd:23", "zstd:x", "zstd:-1", "zstd:+5", "snappy:1",
            "none:",
        ] {
            assert!(text.parse::<Compression>().is_err(), "{text}");
        }
    }
}
