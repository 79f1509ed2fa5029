//! Encoding pages: a header, and behind it what a column's page holds.

use std::io::{self, Write};

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};

use super::codec::Codec;
use crate::compression::Compression;
use crate::instructions::InstructionSet;
use crate::pages::{ChunkValues, PAGE_BYTES, PageBuffer, PageSummary, Scratch, StoredColumn};
use crate::plan::{PageKind, PagePlan};

/// A page of a part: what is planned, and what its encoding has found out.
#[derive(Clone, Debug)]
pub(crate) struct PartPage {
    pub(crate) plan: PagePlan,
    /// Where its header begins in the file; before pages of other sizes than are planned are spliced, where it would
    /// begin by plan.
    pub(crate) offset: u64,
    /// Bytes of its header.
    pub(crate) header_bytes: u32,
    /// Bytes behind its header in the file.
    pub(crate) stored_bytes: u32,
    /// The same before compression.
    pub(crate) plain_bytes: u32,
    /// What its values are; of a dictionary page, of no values.
    pub(crate) summary: PageSummary,
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
    codecs: Vec<Codec>,
    scratch: Scratch,
    plain: PageBuffer,
    headers: PageHeaders,
}

impl PageEncoder {
    pub(crate) fn new() -> Self {
        Self {
            instructions: InstructionSet::best(),
            codecs: Vec::new(),
            scratch: Scratch::default(),
            plain: PageBuffer::default(),
            headers: PageHeaders::default(),
        }
    }

    /// Appends `page` of `column`, whose size is the planned one, to `out`, and notes in it what its values are.
    pub(crate) fn encode_in_place(
        &mut self,
        column: &StoredColumn,
        chunk: &ChunkValues,
        page: &mut PartPage,
        out: &mut PageBuffer,
    ) -> ParquetResult<()> {
        let header = self.headers.header(Content::of(column, page), page.plain_bytes, page.plain_bytes)?;
        out.extend(header);
        let start = out.bytes().len();
        append_content(self.instructions, column, chunk, page, &mut self.scratch, out)?;
        if out.bytes().len() - start != page.plain_bytes as usize {
            return Err(ParquetError::General(format!(
                "a page of {:?} is not as long as planned",
                column.name()
            )));
        }
        Ok(())
    }

    /// Appends `page` of `column` to `out`, compressed, and notes in it its size and what its values are.
    pub(crate) fn encode(
        &mut self,
        column: &StoredColumn,
        compression: Compression,
        chunk: &ChunkValues,
        page: &mut PartPage,
        out: &mut PageBuffer,
    ) -> ParquetResult<()> {
        self.plain.clear();
        append_content(self.instructions, column, chunk, page, &mut self.scratch, &mut self.plain)?;
        let plain = self.plain.bytes();
        page.plain_bytes = plain.len() as u32;
        let Some(codec) = codec(&mut self.codecs, compression)? else {
            page.stored_bytes = page.plain_bytes;
            let header =
                self.headers.header(Content::of(column, page), page.plain_bytes, page.stored_bytes)?;
            page.header_bytes = header.len() as u32;
            out.extend(header);
            out.extend(plain);
            return Ok(());
        };
        // The header holds the compressed length, so it is made last; the values are compressed to where they would
        // stand behind the longest header, and moved up.
        let start = out.bytes().len();
        let room = MAX_HEADER_BYTES + codec.max_compressed_bytes(plain.len());
        let slot = out.append(room);
        let stored_bytes = codec.compress(plain, &mut slot[MAX_HEADER_BYTES..])?;
        page.stored_bytes = stored_bytes as u32;
        let header = self.headers.header(Content::of(column, page), page.plain_bytes, page.stored_bytes)?;
        page.header_bytes = header.len() as u32;
        slot[..header.len()].copy_from_slice(header);
        slot.copy_within(MAX_HEADER_BYTES..MAX_HEADER_BYTES + stored_bytes, header.len());
        out.truncate(start + header.len() + stored_bytes);
        Ok(())
    }
}

/// Appends what stands behind the header of `page`, not compressed.
fn append_content(
    instructions: InstructionSet,
    column: &StoredColumn,
    chunk: &ChunkValues,
    page: &mut PartPage,
    scratch: &mut Scratch,
    out: &mut PageBuffer,
) -> ParquetResult<()> {
    match (page.plan.kind, column.dictionary()) {
        (PageKind::Dictionary, Some(dictionary)) => out.extend(dictionary.plain),
        _ => page.summary = column.encode(instructions, page.plan.rows, chunk, scratch, out)?,
    }
    Ok(())
}

/// The codec of `compression`, if it is one that compresses; codecs are made when they are first needed.
fn codec(codecs: &mut Vec<Codec>, compression: Compression) -> io::Result<Option<&mut Codec>> {
    let known = codecs.iter().position(|codec| codec.is(compression));
    Ok(match known {
        Some(known) => Some(&mut codecs[known]),
        None => match Codec::new(compression)? {
            Some(codec) => {
                codecs.push(codec);
                codecs.last_mut()
            }
            None => None,
        },
    })
}

/// More bytes than any header of ours has: it consists of a dozen small numbers.
const MAX_HEADER_BYTES: usize = 128;

/// What a page header says beside lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    kind: PageKind,
    encoding: Encoding,
    /// Entries of the dictionary, or of data: values, nulls and empty lists.
    entries: u32,
}

impl Content {
    pub(crate) fn of(column: &StoredColumn, page: &PartPage) -> Self {
        match (page.plan.kind, column.dictionary()) {
            (kind @ PageKind::Dictionary, Some(dictionary)) => {
                Self { kind, encoding: Encoding::PLAIN, entries: dictionary.entries as u32 }
            }
            _ => Self {
                kind: PageKind::Data,
                encoding: column.encoding(),
                entries: page.summary.shape.entries() as u32,
            },
        }
    }
}

/// Page headers made lately. Those of pages of fixed sizes are few: full pages have one for each width, and so do last
/// pages.
#[derive(Default)]
pub(crate) struct PageHeaders {
    made: Vec<(Content, u32, Vec<u8>)>,
    latest: Vec<u8>,
}

/// So many headers are found faster than they are made.
const MAX_HEADERS: usize = 32;

impl PageHeaders {
    /// The header of a page of `content` that takes `plain_bytes` and is stored in `stored_bytes`.
    pub(crate) fn header(
        &mut self,
        content: Content,
        plain_bytes: u32,
        stored_bytes: u32,
    ) -> ParquetResult<&[u8]> {
        if plain_bytes != stored_bytes {
            self.latest = serialize_header(content, plain_bytes, stored_bytes)?;
            return Ok(&self.latest);
        }
        let known = self.made.iter().position(|(made, bytes, _)| (*made, *bytes) == (content, plain_bytes));
        let index = match known {
            Some(index) => index,
            None => {
                if self.made.len() == MAX_HEADERS {
                    self.made.clear();
                }
                self.made.push((content, plain_bytes, serialize_header(content, plain_bytes, stored_bytes)?));
                self.made.len() - 1
            }
        };
        Ok(&self.made[index].2)
    }
}

/// Has the parquet crate write a page of `stored_bytes` zeros, and keeps its header.
fn serialize_header(content: Content, plain_bytes: u32, stored_bytes: u32) -> ParquetResult<Vec<u8>> {
    static ZEROS: [u8; 2 * PAGE_BYTES] = [0; 2 * PAGE_BYTES];
    let buf = match ZEROS.get(..stored_bytes as usize) {
        Some(zeros) => Bytes::from_static(zeros),
        None => Bytes::from(vec![0; stored_bytes as usize]),
    };
    let Content { kind, encoding, entries } = content;
    let page = match kind {
        PageKind::Data => Page::DataPage {
            buf,
            num_values: entries,
            encoding,
            // Columns that have no levels have these encodings all the same.
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        },
        PageKind::Dictionary => Page::DictionaryPage { buf, num_values: entries, encoding, is_sorted: false },
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
