//! Compressing the values of a page.

use std::io;

use parquet::basic;

use crate::compression::{Compression, ZstdLevel};

/// A codec with its working memory, reused from page to page. One for each thread.
pub(crate) enum Codec {
    Snappy(Box<snap::raw::Encoder>),
    Lz4,
    Zstd { level: ZstdLevel, compressor: zstd::bulk::Compressor<'static> },
}

impl Codec {
    /// The codec of `compression`, if it is one that compresses.
    pub(crate) fn new(compression: Compression) -> io::Result<Option<Self>> {
        Ok(match compression {
            Compression::None => None,
            Compression::Snappy => Some(Self::Snappy(Box::new(snap::raw::Encoder::new()))),
            Compression::Lz4 => Some(Self::Lz4),
            Compression::Zstd(level) => {
                Some(Self::Zstd { level, compressor: zstd::bulk::Compressor::new(level.get())? })
            }
        })
    }

    /// Whether this is the codec of `compression`.
    pub(crate) fn is(&self, compression: Compression) -> bool {
        match (self, compression) {
            (Self::Snappy(_), Compression::Snappy) | (Self::Lz4, Compression::Lz4) => true,
            (Self::Zstd { level, .. }, Compression::Zstd(asked)) => *level == asked,
            _ => false,
        }
    }

    /// The most bytes that `plain_bytes` bytes can become.
    pub(crate) fn max_compressed_bytes(&self, plain_bytes: usize) -> usize {
        match self {
            Self::Snappy(_) => snap::raw::max_compress_len(plain_bytes),
            Self::Lz4 => lz4_flex::block::get_maximum_output_size(plain_bytes),
            Self::Zstd { .. } => zstd::zstd_safe::compress_bound(plain_bytes),
        }
    }

    /// Compresses `plain` to the beginning of `out`, which has room for
    /// [`max_compressed_bytes`](Self::max_compressed_bytes), and returns the compressed length.
    pub(crate) fn compress(&mut self, plain: &[u8], out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Snappy(encoder) => encoder.compress(plain, out).map_err(io::Error::other),
            Self::Lz4 => lz4_flex::block::compress_into(plain, out).map_err(io::Error::other),
            Self::Zstd { compressor, .. } => compressor.compress_to_buffer(plain, out),
        }
    }
}

/// What Parquet calls `compression`.
pub(crate) fn parquet_compression(compression: Compression) -> basic::Compression {
    match compression {
        Compression::None => basic::Compression::UNCOMPRESSED,
        Compression::Snappy => basic::Compression::SNAPPY,
        Compression::Lz4 => basic::Compression::LZ4_RAW,
        // The format does not record the level.
        Compression::Zstd(_) => basic::Compression::ZSTD(Default::default()),
    }
}
