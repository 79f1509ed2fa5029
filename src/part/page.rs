//! Encoding pages: a header, and behind it the values straight from the generator.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::errors::Result as ParquetResult;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};

use super::codec::Codec;
use crate::columns::{Indices, PageBounds, ValueColumn};
use crate::compression::Compression;
use crate::instructions::InstructionSet;
use crate::plan::{PAGE_BYTES, PagePlan};

/// A page of a part: what is planned, and what its encoding has found out.
#[derive(Clone, Debug)]
pub(crate) struct PartPage {
    pub(crate) plan: PagePlan,
    /// Where its header begins in the file; before compressed pages are spliced, where it would
    /// begin without compression.
    pub(crate) offset: u64,
    /// Bytes of its header.
    pub(crate) header_bytes: u32,
    /// Bytes of its values in the file.
    pub(crate) stored_bytes: u32,
    /// Bytes of its values before compression.
    pub(crate) plain_bytes: u32,
    /// The bounds of its values.
    pub(crate) bounds: PageBounds,
}

impl PartPage {
    /// Bytes of header and values in the file.
    pub(crate) fn file_bytes(&self) -> u64 {
        u64::from(self.header_bytes) + u64::from(self.stored_bytes)
    }
}

/// Encodes pages one behind the other into a buffer that keeps its memory.
pub(crate) struct PageEncoder {
    instructions: InstructionSet,
    codec: Option<Codec>,
    plain: Vec<u8>,
    headers: PageHeaders,
}

/// Encoded pages: a vector that is not cleared between uses, so that its memory is initialised once.
#[derive(Default)]
pub(crate) struct PageBuffer {
    memory: Vec<u8>,
    len: usize,
}

impl PageBuffer {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[..self.len]
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.append(bytes.len()).copy_from_slice(bytes);
    }

    /// The next `len` bytes, for the caller to fill; what they hold is left from earlier uses.
    fn append(&mut self, len: usize) -> &mut [u8] {
        let start = self.len;
        self.len += len;
        if self.memory.len() < self.len {
            self.memory.resize(self.len, 0);
        }
        &mut self.memory[start..self.len]
    }

    /// Drops the first `count` bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.memory.copy_within(count..self.len, 0);
        self.len -= count;
    }

    fn truncate(&mut self, len: usize) {
        self.len = len;
    }
}

impl PageEncoder {
    pub(crate) fn new(compression: Compression) -> io::Result<Self> {
        Ok(Self {
            instructions: InstructionSet::best(),
            codec: Codec::new(compression)?,
            plain: Vec::new(),
            headers: PageHeaders::default(),
        })
    }

    /// Whether it encodes with this compression.
    pub(crate) fn encodes(&self, compression: Compression) -> bool {
        match &self.codec {
            None => compression == Compression::None,
            Some(codec) => codec.is(compression),
        }
    }

    /// Appends `page` to `out` and notes in it what came of it.
    pub(crate) fn encode(
        &mut self,
        columns: &[Arc<ValueColumn>],
        page: &mut PartPage,
        out: &mut PageBuffer,
    ) -> ParquetResult<()> {
        let column = &columns[page.plan.column as usize];
        let (indices, rows) = (Indices::from(page.plan.rows), page.plan.rows.count() as u32);
        let plain_bytes = page.plain_bytes as usize;
        match &mut self.codec {
            None => {
                let header = self.headers.header(rows, page.plain_bytes, page.plain_bytes)?;
                out.extend(header);
                page.bounds = column.fill_plain(self.instructions, indices, out.append(plain_bytes));
            }
            Some(codec) => {
                if self.plain.len() < plain_bytes {
                    self.plain.resize(plain_bytes, 0);
                }
                let plain = &mut self.plain[..plain_bytes];
                page.bounds = column.fill_plain(self.instructions, indices, plain);
                // The header holds the compressed length, so it is made last; the values are
                // compressed to where they would stand behind the longest header, and moved up.
                let start = out.len;
                let room = MAX_HEADER_BYTES + codec.max_compressed_bytes(plain_bytes);
                let slot = out.append(room);
                let stored_bytes = codec.compress(plain, &mut slot[MAX_HEADER_BYTES..])?;
                page.stored_bytes = stored_bytes as u32;
                let header = self.headers.header(rows, page.plain_bytes, page.stored_bytes)?;
                page.header_bytes = header.len() as u32;
                slot[..header.len()].copy_from_slice(header);
                slot.copy_within(MAX_HEADER_BYTES..MAX_HEADER_BYTES + stored_bytes, header.len());
                out.truncate(start + header.len() + stored_bytes);
            }
        }
        Ok(())
    }
}

/// More bytes than any header of ours has: it consists of a dozen small numbers.
const MAX_HEADER_BYTES: usize = 128;

/// The page headers made so far. Those of uncompressed pages are few: full pages have one for each
/// width, and so do last pages.
#[derive(Default)]
pub(crate) struct PageHeaders {
    made: Vec<(u32, u32, Vec<u8>)>,
    latest: Vec<u8>,
}

impl PageHeaders {
    /// The header of a page of `rows` values that take `plain_bytes` and are stored in
    /// `stored_bytes`.
    pub(crate) fn header(&mut self, rows: u32, plain_bytes: u32, stored_bytes: u32) -> ParquetResult<&[u8]> {
        if plain_bytes != stored_bytes {
            self.latest = serialize_header(rows, plain_bytes, stored_bytes)?;
            return Ok(&self.latest);
        }
        let known = self.made.iter().position(|(r, bytes, _)| (*r, *bytes) == (rows, plain_bytes));
        let index = match known {
            Some(index) => index,
            None => {
                self.made.push((rows, plain_bytes, serialize_header(rows, plain_bytes, stored_bytes)?));
                self.made.len() - 1
            }
        };
        Ok(&self.made[index].2)
    }
}

/// Has the parquet crate write a page of `stored_bytes` zeros, and keeps its header.
fn serialize_header(rows: u32, plain_bytes: u32, stored_bytes: u32) -> ParquetResult<Vec<u8>> {
    static ZEROS: [u8; 2 * PAGE_BYTES] = [0; 2 * PAGE_BYTES];
    let page = Page::DataPage {
        buf: Bytes::from_static(&ZEROS[..stored_bytes as usize]),
        num_values: rows,
        encoding: Encoding::PLAIN,
        // Columns that are not nullable have no levels; these are the encodings they would have.
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let mut sink = TrackedWrite::new(Head { bytes: Vec::new() });
    SerializedPageWriter::new(&mut sink).write_page(CompressedPage::new(page, plain_bytes as usize))?;
    let header_bytes = sink.bytes_written() - stored_bytes as usize;
    let mut head = sink.into_inner()?.bytes;
    head.truncate(header_bytes);
    Ok(head)
}

/// Keeps the first bytes that are written to it.
struct Head {
    bytes: Vec<u8>,
}

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_HEADER_BYTES - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
