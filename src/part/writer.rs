//! Writing the pages of a part, side by side, and the footer behind them.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::slice;

use parquet::errors::Result as ParquetResult;
use rayon::prelude::*;

use super::PartError;
use super::chunks::Chunks;
use super::footer::FooterTemplate;
use super::page::{Content, PageEncoder, PageHeaders, PartPage};
use super::read::MAGIC;
use crate::compression::Compression;
use crate::pages::{PAGE_BYTES, PageBuffer, PageSummary, Scratch};
use crate::plan::{PageKind, Part, Plan};
use crate::progress::Progress;

/// Without compression, pages whose places begin in the same stretch of this many bytes are written
/// by one thread, one behind the other.
const STRETCH_BYTES: u64 = 4 << 20;

/// Within a stretch, writes end at multiples of this many bytes of the file, and have at least twice as
/// many: the kernel then keeps the file in few large pieces of its cache.
const WRITE_ALIGNMENT: u64 = 256 << 10;

/// With compression, pages whose places (before compression) begin in the same stretch of this many
/// bytes are compressed and written together.
const RUN_BYTES: u64 = PAGE_BYTES as u64;

/// How many runs of one part wait, compressed, to be written, for each thread that works on it.
const RUNS_PER_THREAD: usize = 8;

/// With at least so many parts for each thread, a part is written by one thread. With fewer, threads
/// share parts, lest some have nothing to do while others write the last ones.
const PARTS_PER_THREAD: usize = 4;

/// Writes any part of a plan.
pub(crate) struct PartWriter<'a> {
    plan: &'a Plan,
    footers: FooterTemplate,
    progress: &'a Progress,
    waiting_runs: usize,
    shares_parts: bool,
}

impl<'a> PartWriter<'a> {
    /// A writer for `plan` on as many threads as the current rayon pool has, of which `parts` parts
    /// are going to be written.
    pub(crate) fn new(plan: &'a Plan, parts: u64, progress: &'a Progress) -> ParquetResult<Self> {
        let threads = rayon::current_num_threads();
        let threads_per_part = threads.div_ceil(usize::try_from(parts.max(1)).unwrap_or(usize::MAX));
        Ok(Self {
            plan,
            footers: FooterTemplate::new(plan)?,
            progress,
            waiting_runs: RUNS_PER_THREAD * threads_per_part,
            shares_parts: parts < (PARTS_PER_THREAD * threads) as u64,
        })
    }

    /// Writes `part` to `file`, which is empty, and returns the length of the file.
    pub(crate) fn write(&self, part: Part, file: &File) -> Result<u64, PartError> {
        let mut pages = self.plan_pages(part)?;
        let chunks = Chunks::new(self.plan, part)?;
        let in_place = self
            .plan
            .columns()
            .iter()
            .all(|column| column.has_known_sizes() && self.plan.compression(column) == Compression::None);
        if in_place && !pages.is_empty() {
            self.write_in_place(&mut pages, &chunks, file)?;
        } else {
            self.write_in_order(&mut pages, &chunks, file)?;
        }
        let end = end_of(&pages);
        let footer = self.footers.footer(self.plan, part, &pages, &chunks, end, self.progress)?;
        file.write_all_at(&footer, end)?;
        Ok(end + footer.len() as u64)
    }

    /// The length of the file of `part` without compression: exactly, if all values have a fixed width.
    pub(crate) fn plain_bytes(&self, part: Part) -> Result<u64, PartError> {
        let pages = self.plan_pages(part)?;
        let chunks = Chunks::new(self.plan, part)?;
        let end = end_of(&pages);
        let footer = self.footers.footer(self.plan, part, &pages, &chunks, end, self.progress)?;
        Ok(end + footer.len() as u64)
    }

    /// The pages of `part` where they lie without compression.
    fn plan_pages(&self, part: Part) -> ParquetResult<Vec<PartPage>> {
        let mut headers = PageHeaders::default();
        let mut scratch = Scratch::default();
        let mut offset = MAGIC.len() as u64;
        let mut pages = Vec::with_capacity(self.plan.page_count(part) as usize);
        for plan in self.plan.pages(part) {
            let column = &self.plan.columns()[plan.column as usize];
            let (summary, plain_bytes) = match (plan.kind, column.dictionary()) {
                (PageKind::Dictionary, Some(dictionary)) => (PageSummary::NONE, dictionary.plain.len()),
                _ => {
                    let measure = column.measure(plan.rows, &mut scratch);
                    (column.planned(measure), measure.bytes)
                }
            };
            let plain_bytes = plain_bytes as u32;
            let mut page =
                PartPage { plan, offset, header_bytes: 0, stored_bytes: plain_bytes, plain_bytes, summary };
            let content = Content::of(column, &page);
            page.header_bytes = headers.header(content, plain_bytes, plain_bytes)?.len() as u32;
            offset += page.file_bytes();
            pages.push(page);
        }
        Ok(pages)
    }

    /// Encodes all pages, of which there are some, each going to its place in the file as soon as it is
    /// ready.
    fn write_in_place(&self, pages: &mut [PartPage], chunks: &Chunks, file: &File) -> Result<(), PartError> {
        if let Some(last) = pages.last() {
            reserve(file, last.offset + last.file_bytes())?;
        }
        let write =
            |pages: &mut [PartPage]| with_worker(|worker| self.write_stretch(worker, pages, chunks, file));
        if self.shares_parts {
            pages
                .par_chunk_by_mut(|a, b| a.offset / STRETCH_BYTES == b.offset / STRETCH_BYTES)
                .try_for_each(write)
        } else {
            write(pages)
        }
    }

    fn write_stretch(
        &self,
        worker: &mut Worker,
        stretch: &mut [PartPage],
        chunks: &Chunks,
        file: &File,
    ) -> Result<(), PartError> {
        let Worker { encoder, buffer } = worker;
        buffer.clear();
        let mut position = stretch[0].offset;
        if position == MAGIC.len() as u64 {
            // The first page takes the beginning of the file along.
            buffer.extend(MAGIC);
            position = 0;
        }
        for page in stretch {
            self.progress.check()?;
            let column = &self.plan.columns()[page.plan.column as usize];
            encoder.encode_in_place(column, chunks.of(page.plan), page, buffer)?;
            self.count(page);
            let buffered = buffer.bytes().len() as u64;
            if buffered >= 2 * WRITE_ALIGNMENT {
                let aligned = (position + buffered) / WRITE_ALIGNMENT * WRITE_ALIGNMENT;
                let count = (aligned - position) as usize;
                file.write_all_at(&buffer.bytes()[..count], position)?;
                buffer.consume(count);
                position = aligned;
            }
        }
        Ok(file.write_all_at(buffer.bytes(), position)?)
    }

    /// Encodes all pages, and appends each run to the file when those before it are there. While
    /// some runs are written, the next ones are encoded.
    fn write_in_order(&self, pages: &mut [PartPage], chunks: &Chunks, file: &File) -> Result<(), PartError> {
        file.write_all_at(MAGIC, 0)?;
        let mut end = MAGIC.len() as u64;
        let mut splice = |runs: &mut [&mut [PartPage]], buffers: &[PageBuffer]| {
            for (run, buffer) in runs.iter_mut().zip(buffers) {
                file.write_all_at(buffer.bytes(), end)?;
                for page in run.iter_mut() {
                    page.offset = end;
                    end += page.file_bytes();
                }
            }
            Ok::<_, PartError>(())
        };
        let in_one_run = |a: &PartPage, b: &PartPage| a.offset / RUN_BYTES == b.offset / RUN_BYTES;
        let mut runs: Vec<_> = pages.chunk_by_mut(in_one_run).collect();
        let encode = |encoder: &mut PageEncoder, run: &mut [PartPage], buffer: &mut PageBuffer| {
            buffer.clear();
            run.iter_mut().try_for_each(|page| {
                self.progress.check()?;
                let column = &self.plan.columns()[page.plan.column as usize];
                encoder.encode(column, self.plan.compression(column), chunks.of(page.plan), page, buffer)?;
                self.count(page);
                Ok(())
            })
        };
        if !self.shares_parts {
            return runs.iter_mut().try_for_each(|run| {
                with_worker(|Worker { encoder, buffer }| {
                    encode(encoder, run, buffer)?;
                    splice(slice::from_mut(run), slice::from_ref(buffer))
                })
            });
        }
        let buffers = || (0..self.waiting_runs).map(|_| PageBuffer::default()).collect::<Vec<_>>();
        let (mut filling, mut full) = (buffers(), buffers());
        let mut encoded: &mut [&mut [PartPage]] = &mut [];
        for wave in runs.chunks_mut(self.waiting_runs) {
            let (spliced, filled) = rayon::join(
                || splice(encoded, &full),
                || {
                    wave.par_iter_mut().zip(&mut filling).try_for_each(|(run, buffer)| {
                        with_worker(|worker| encode(&mut worker.encoder, run, buffer))
                    })
                },
            );
            spliced?;
            filled?;
            std::mem::swap(&mut filling, &mut full);
            encoded = wave;
        }
        splice(encoded, &full)
    }

    /// Counts `page`, which is encoded, as progress.
    fn count(&self, page: &PartPage) {
        let column = &self.plan.columns()[page.plan.column as usize];
        self.progress.add_bits(page.plan.rows.count() * column.row_bits());
    }
}

/// Where the last of `pages` ends in the file.
fn end_of(pages: &[PartPage]) -> u64 {
    pages.last().map_or(MAGIC.len() as u64, |page| page.offset + page.file_bytes())
}

/// Has the file system set `bytes` bytes aside for `file`: writing to them is cheaper than making room
/// with each write, and a disk without room says so at once. In memory it is no cheaper: `tmpfs` fills what it sets
/// aside with zeros, which takes as long as writing.
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate, fstatfs};
        use rustix::io::Errno;
        /// `TMPFS_MAGIC` of Linux's `magic.h`.
        const TMPFS: u64 = 0x0102_1994;
        if fstatfs(file).is_ok_and(|system| system.f_type as u64 == TMPFS) {
            return Ok(());
        }
        match fallocate(file, FallocateFlags::empty(), 0, bytes) {
            // File systems that cannot do this make room as usual.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, bytes);
        Ok(())
    }
}

/// What a thread keeps from page to page.
struct Worker {
    encoder: PageEncoder,
    buffer: PageBuffer,
}

/// Calls `work` with this thread's worker, which is made when it is first needed.
fn with_worker<R>(work: impl FnOnce(&mut Worker) -> Result<R, PartError>) -> Result<R, PartError> {
    thread_local! {
        static WORKER: RefCell<Worker> =
            RefCell::new(Worker { encoder: PageEncoder::new(), buffer: PageBuffer::default() });
    }
    WORKER.with_borrow_mut(work)
}
