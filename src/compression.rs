//! The codecs that pages can be compressed with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
