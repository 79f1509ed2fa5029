//! How many rows of a row group are read at a time, so that a batch has at most [`BATCH_BYTES`] bytes whatever its
//! values are.
//!
//! A page of a few bytes can stand for gigabytes: its values are numbers of a dictionary, or share a prefix. What the
//! footer says bounds most columns; of the others, the pages are looked at.

use std::ops::Range;

use parquet::basic::{Encoding, Type as PhysicalType};
use parquet::column::page::{Page, PageReader};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::ColumnChunkMetaData;

/// Bytes of a batch. Each thread has a few of them at a time.
pub(in crate::copy) const BATCH_BYTES: u64 = 16 << 20;
/// Bytes that a value takes beside its own: where it ends, or its levels.
const VALUE_BYTES: u64 = 4;

/// How many rows are read at a time, at most `most_rows`, of the column `chunks`, of which `pages` opens the pages.
pub(super) fn batch_rows<P: PageReader>(
    chunks: &[&ColumnChunkMetaData],
    most_rows: usize,
    pages: impl Fn(&ColumnChunkMetaData) -> ParquetResult<P>,
) -> usize {
    let fit = |widths: &[Width]| {
        let fits = |rows: usize| {
            let bytes = widths.iter().map(|width| width.bytes(rows as u64)).fold(0, u64::saturating_add);
            bytes <= BATCH_BYTES
        };
        std::iter::successors(Some(most_rows), |rows| Some(rows / 2)).find(|rows| *rows <= 1 || fits(*rows))
    };
    let promised: Vec<_> = chunks.iter().map(|chunk| Width::promised(chunk)).collect();
    let rows = fit(&promised).unwrap_or(1);
    if rows == most_rows {
        return rows;
    }
    // What cannot be read here cannot be read later, and is told then.
    let seen = chunks.iter().zip(promised).map(|(chunk, promised)| match promised {
        Width::Rows(_) => promised,
        Width::Pages(_) => pages(chunk).map_or(promised, |pages| Width::Pages(spans(chunk, pages))),
    });
    fit(&seen.collect::<Vec<_>>()).unwrap_or(1).max(1)
}

/// What the rows of a column chunk take in memory.
#[derive(Debug)]
enum Width {
    /// So many bytes each.
    Rows(u64),
    /// What their pages do.
    Pages(Vec<Span>),
}

/// Consecutive rows of a column chunk, those of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    /// Rows that begin before it.
    first_row: u64,
    /// Rows that begin in it.
    rows: u64,
    /// At most so many bytes in each of them.
    row_bytes: u64,
    /// At most so many in all of them.
    bytes: u64,
    /// At most so many in all pages before it.
    bytes_before: u64,
}

impl Span {
    /// At most so many bytes are in `rows` of its rows.
    fn bytes_of(&self, rows: u64) -> u64 {
        self.bytes.min(self.row_bytes.saturating_mul(rows))
    }

    fn end_row(&self) -> u64 {
        self.first_row + self.rows
    }

    fn end_bytes(&self) -> u64 {
        self.bytes_before.saturating_add(self.bytes)
    }
}

/// Adds a span behind those in `spans`.
fn push(spans: &mut Vec<Span>, rows: u64, row_bytes: u64, bytes: u64) {
    let (first_row, bytes_before) = spans.last().map_or((0, 0), |last| (last.end_row(), last.end_bytes()));
    spans.push(Span { first_row, rows, row_bytes, bytes, bytes_before });
}

impl Width {
    /// What the footer says.
    fn promised(chunk: &ColumnChunkMetaData) -> Self {
        let is_flat = chunk.column_descr().max_rep_level() == 0;
        let values = chunk.num_values().max(0) as u64;
        match value_bytes(chunk) {
            Some(bytes) if is_flat => Self::Rows(bytes + VALUE_BYTES),
            Some(bytes) => Self::anywhere(values, values.saturating_mul(bytes + VALUE_BYTES)),
            None => {
                // A plain chunk has no more than its bytes; of others, the longest value can be as long as all of it.
                let held = chunk.uncompressed_size().max(0) as u64;
                let is_plain = chunk.encodings().all(|encoding| {
                    matches!(
                        encoding,
                        Encoding::PLAIN | Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::RLE | LEGACY_LEVELS
                    )
                });
                let own = if is_plain { held } else { values.saturating_mul(held) };
                Self::anywhere(values, own.saturating_add(values.saturating_mul(VALUE_BYTES)))
            }
        }
    }

    /// At most `bytes` in all, of which any row may have all.
    fn anywhere(rows: u64, bytes: u64) -> Self {
        let mut spans = Vec::new();
        push(&mut spans, rows, bytes, bytes);
        Self::Pages(spans)
    }

    /// At most so many bytes are in `rows` consecutive rows.
    fn bytes(&self, rows: u64) -> u64 {
        match self {
            Self::Rows(bytes) => bytes.saturating_mul(rows),
            Self::Pages(spans) => {
                (0..spans.len()).map(|first| window(&spans[first..], rows)).max().unwrap_or(0)
            }
        }
    }
}

#[expect(deprecated, reason = "old writers say so of their levels")]
const LEGACY_LEVELS: Encoding = Encoding::BIT_PACKED;

/// At most so many bytes are in `rows` rows of which the first is in the first of `spans`, and the others behind it.
fn window(spans: &[Span], rows: u64) -> u64 {
    let Some((first, others)) = spans.split_first() else {
        return 0;
    };
    let end_row = first.end_row().saturating_add(rows - 1);
    let whole = others.partition_point(|span| span.end_row() <= end_row);
    let whole_bytes = others[..whole].last().map_or(0, |last| last.end_bytes() - first.end_bytes());
    let cut = others.get(whole).map_or(0, |span| match end_row.saturating_sub(span.first_row) {
        // The last row may go on in it.
        0 if span.row_bytes == span.bytes => span.bytes,
        rows => span.bytes_of(rows),
    });
    first.bytes_of(rows).saturating_add(whole_bytes).saturating_add(cut)
}

/// The bytes of a value, if all have as many.
fn value_bytes(chunk: &ColumnChunkMetaData) -> Option<u64> {
    Some(match chunk.column_type() {
        PhysicalType::BOOLEAN => 1,
        PhysicalType::INT32 | PhysicalType::FLOAT => 4,
        PhysicalType::INT64 | PhysicalType::DOUBLE => 8,
        PhysicalType::INT96 => 12,
        // Decimals become 16 or 32 bytes.
        PhysicalType::FIXED_LEN_BYTE_ARRAY => chunk.column_descr().type_length().max(32) as u64,
        PhysicalType::BYTE_ARRAY => return None,
    })
}

/// What the pages of a chunk hold, up to the first that cannot be read.
fn spans(chunk: &ColumnChunkMetaData, mut pages: impl PageReader) -> Vec<Span> {
    let (fixed, is_flat) = (value_bytes(chunk), chunk.column_descr().max_rep_level() == 0);
    let mut longest_word = 0;
    let mut spans = Vec::new();
    while let Ok(Some(page)) = pages.get_next_page() {
        let values = u64::from(page.num_values());
        let (held, rows) = match &page {
            Page::DictionaryPage { buf, .. } => {
                longest_word = longest_plain_value(buf);
                continue;
            }
            Page::DataPage { buf, .. } if is_flat => (buf.len() as u64, values),
            Page::DataPage { buf, .. } => (
                buf.len() as u64,
                levels_of_first_page(buf).map_or(0, |levels| records(chunk, levels, values)),
            ),
            Page::DataPageV2 { buf, num_rows, .. } => (buf.len() as u64, u64::from(*num_rows)),
        };
        let (value_bytes, own) = match (fixed, page.encoding()) {
            (Some(bytes), _) => (bytes, values.saturating_mul(bytes)),
            (None, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) => {
                (longest_word, values.saturating_mul(longest_word))
            }
            // Each can begin with all that came before it.
            (None, Encoding::DELTA_BYTE_ARRAY) => (held, values.saturating_mul(held)),
            (None, _) => (held, held),
        };
        let bytes = own.saturating_add(values.saturating_mul(VALUE_BYTES));
        push(&mut spans, rows, if is_flat { value_bytes + VALUE_BYTES } else { bytes }, bytes);
    }
    spans
}

/// The length of the longest value among plain ones.
fn longest_plain_value(mut values: &[u8]) -> u64 {
    let mut longest = 0;
    while let Some((length, rest)) = values.split_first_chunk() {
        let length = u32::from_le_bytes(*length);
        longest = longest.max(length);
        values = rest.get(length as usize..).unwrap_or_default();
    }
    longest.into()
}

/// The repetition levels that a page of the first version begins with.
fn levels_of_first_page(page: &[u8]) -> Option<&[u8]> {
    let (length, rest) = page.split_first_chunk()?;
    rest.get(..u32::from_le_bytes(*length) as usize)
}

/// How many of `count` repetition levels are 0, where a row begins: runs of one level, or of levels packed into as
/// few bits as the highest needs.
fn records(chunk: &ColumnChunkMetaData, mut levels: &[u8], count: u64) -> u64 {
    let bits = u16::BITS - (chunk.column_descr().max_rep_level() as u16).leading_zeros();
    let mut left = count;
    let mut records = 0;
    while left > 0 {
        let Some(header) = number(&mut levels) else { break };
        let (run, is_packed) = (header >> 1, header & 1 == 1);
        if is_packed {
            let packed = run.saturating_mul(8).min(left);
            let bytes = (run.saturating_mul(bits.into())).min(levels.len() as u64) as usize;
            let (of_run, rest) = levels.split_at(bytes);
            let level = |index: u64| -> bool {
                let mut bits = bit_range(index, bits);
                bits.all(|bit| of_run.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 0))
            };
            records += (0..packed).filter(|index| level(*index)).count() as u64;
            levels = rest;
            left -= packed;
        } else {
            let Some((level, rest)) = levels.split_first() else { break };
            let run = run.min(left);
            records += if *level == 0 { run } else { 0 };
            levels = rest.get(bits.div_ceil(8) as usize - 1..).unwrap_or_default();
            left -= run;
        }
        if run == 0 {
            break;
        }
    }
    records
}

fn bit_range(index: u64, bits: u32) -> Range<usize> {
    let start = index as usize * bits as usize;
    start..start + bits as usize
}

/// The number that `bytes` begin with, in groups of seven bits.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
