//! Parquet files: a piece for each row group, or for several small ones.

mod columns;
pub(super) mod int96;
mod widths;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::piece::{BATCH_ROWS, BatchIterator, Piece};
use crate::count::{counted, grouped};
use crate::part::origin::{Inspected, Origin};
use crate::part::read::{FileEnd, Footer, SPAN_BYTES};

/// Rows of small row groups that are read together, and lost together where one of them is damaged.
const PIECE_ROWS: u64 = 1_024;

/// A row group of a Parquet file, which may be read more than once.
pub struct RowGroupPiece {
    file: Arc<ParquetFile>,
    index: usize,
    /// How many rows it has.
    pub rows: u64,
    /// The bytes of the file that it takes.
    pub extent: Range<u64>,
}

impl RowGroupPiece {
    /// The row group, to be read once.
    pub fn piece(&self) -> Piece {
        self.file.piece(self.index..self.index + 1)
    }
}

impl std::fmt::Debug for RowGroupPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowGroupPiece")
            .field("index", &self.index)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// A Parquet file whose footer was read, and agrees with itself and with the length of the file.
pub(super) struct ParquetFile {
    path: PathBuf,
    schema: SchemaRef,
    footer: Footer,
    file_bytes: u64,
    row_groups: Vec<RowGroup>,
}

struct RowGroup {
    rows: u64,
    /// The bytes of the file from its first to its last.
    extent: Range<u64>,
}

impl ParquetFile {
    /// Opens the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>, ArrowError> {
        let file = File::open(path)?;
        let footer = match Footer::read(&file)? {
            FileEnd::Footer(footer) => footer,
            FileEnd::Encrypted => {
                return Err(ArrowError::NotYetImplemented(
                    "file is encrypted, which gen does not read: decrypt it first".to_owned(),
                ));
            }
            FileEnd::Damaged => {
                return Err(ArrowError::ParquetError(
                    "file does not end as a Parquet file does, or its footer is damaged".to_owned(),
                ));
            }
        };
        let file_bytes = file.metadata()?.len();
        let row_groups = validate(&footer, file_bytes)?;
        let schema = columns::resolve(footer.metadata(0..0)?)?.schema().clone();
        Ok(Arc::new(Self { path: path.to_owned(), schema, footer, file_bytes, row_groups }))
    }

    /// Its columns.
    pub(super) fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// Where it comes from, as it says itself.
    pub(super) fn origin(&self) -> Result<Inspected, ArrowError> {
        Ok(Origin::inspect_footer(&self.footer, self.file_bytes)?)
    }

    /// Its row groups.
    pub(super) fn row_group_pieces(self: &Arc<Self>) -> impl Iterator<Item = RowGroupPiece> {
        self.row_groups.iter().enumerate().map(|(index, group)| RowGroupPiece {
            file: Arc::clone(self),
            index,
            rows: group.rows,
            extent: group.extent.clone(),
        })
    }

    /// Pieces that can be read side by side: row groups, of which small ones are together.
    pub(super) fn pieces(self: &Arc<Self>) -> impl Iterator<Item = Piece> {
        let mut spans = self.footer.spans(SPAN_BYTES);
        let mut groups = 0..0;
        std::iter::from_fn(move || {
            if groups.is_empty() {
                groups = spans.next()?;
            }
            let mut rows = 0;
            let few = |group: &usize| {
                rows += self.row_groups[*group].rows;
                rows <= PIECE_ROWS
            };
            let count = groups.clone().take_while(few).count().max(1);
            let piece = groups.start..groups.start + count;
            groups.start = piece.end;
            Some(self.piece(piece))
        })
    }

    pub(super) fn piece(self: &Arc<Self>, groups: Range<usize>) -> Piece {
        let file = Arc::clone(self);
        Piece {
            path: self.path.clone(),
            rows: Some(self.rows(&groups)),
            schema: Some(self.schema()),
            open: Box::new(move |names| file.read(groups, names)),
        }
    }

    fn rows(&self, groups: &Range<usize>) -> u64 {
        self.row_groups[groups.clone()].iter().map(|group| group.rows).sum()
    }

    fn read(&self, groups: Range<usize>, names: &[&str]) -> Result<BatchIterator, ArrowError> {
        let file = Arc::new(Checked(File::open(&self.path)?));
        let metadata = columns::resolve(self.footer.metadata(groups.clone())?)?;
        let names: HashSet<&str> = names.iter().copied().collect();
        // By name: a group without leaves is a root of Parquet's schema, and not of Arrow's.
        let schema = metadata.parquet_schema();
        let roots = schema.root_schema().get_fields().iter().enumerate();
        let mask = ProjectionMask::roots(
            schema,
            roots.filter(|(_, root)| names.contains(root.name())).map(|(i, _)| i),
        );
        let mut batch_rows = BATCH_ROWS;
        let mut first_row = self.rows(&(0..groups.start));
        for group in metadata.metadata().row_groups() {
            let chunks = group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
            let chunks: Vec<_> = chunks.map(|(_, chunk)| chunk).collect();
            let pages = |chunk: &ColumnChunkMetaData| {
                SerializedPageReader::new(Arc::clone(&file), chunk, group.num_rows() as usize, None)
            };
            for chunk in chunks.iter().filter(|chunk| columns::is_int96(chunk.column_descr())) {
                int96::validate(&chunk.column_descr_ptr(), Box::new(pages(chunk)?), first_row)?;
            }
            batch_rows = batch_rows.min(widths::batch_rows(&chunks, BATCH_ROWS, pages));
            first_row += group.num_rows() as u64;
        }
        let expected = self.rows(&groups);
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(Checked(File::open(&self.path)?), metadata)
                .with_projection(mask)
                .with_batch_size(batch_rows)
                .build()?;
        Ok(Box::new(Counted { reader, expected, read: 0, groups }))
    }
}

/// The row groups that `footer` describes, if it agrees with itself and with the length of the file. A damaged one may
/// promise more rows than there can be, and readers set memory aside for them.
fn validate(footer: &Footer, file_bytes: u64) -> Result<Vec<RowGroup>, ArrowError> {
    let contradiction =
        |what: &str| Err(ArrowError::ParquetError(format!("footer contradicts itself: {what}")));
    let mut row_groups = Vec::with_capacity(footer.row_groups());
    let mut rows: i64 = 0;
    for groups in footer.spans(SPAN_BYTES) {
        for group in footer.metadata(groups)?.row_groups() {
            let mut extent: Option<Range<u64>> = None;
            for chunk in group.columns() {
                if chunk.column_descr().max_rep_level() == 0 && chunk.num_values() != group.num_rows() {
                    return contradiction(
                        "a column has another number of values than its row group has rows",
                    );
                }
                let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
                let bounds = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
                let end = bounds.and_then(|(start, bytes)| start.checked_add(bytes));
                let (Some((start, _)), Some(end)) = (bounds, end.filter(|end| *end <= file_bytes)) else {
                    return contradiction("a column is not within the file");
                };
                extent = Some(extent.map_or(start..end, |known| known.start.min(start)..known.end.max(end)));
            }
            match rows.checked_add(group.num_rows()) {
                Some(sum) if group.num_rows() >= 0 => rows = sum,
                _ => return contradiction("a row group has an impossible number of rows"),
            }
            let extent = extent.unwrap_or(0..0);
            row_groups.push(RowGroup { rows: group.num_rows() as u64, extent });
        }
    }
    if rows != footer.metadata(0..0)?.file_metadata().num_rows() {
        return contradiction("the row groups have another number of rows than the file");
    }
    Ok(row_groups)
}

/// Reads row groups, and sees to it that they have as many rows as the footer says.
struct Counted {
    reader: ParquetRecordBatchReader,
    groups: Range<usize>,
    expected: u64,
    read: u64,
}

impl Iterator for Counted {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.next() {
            Some(Ok(batch)) => {
                self.read += batch.num_rows() as u64;
                Some(Ok(batch))
            }
            None if self.read != self.expected => {
                let (expected, read) = (self.expected, self.read);
                self.expected = read;
                let place = match self.groups.len() {
                    1 => format!("row group {} has", self.groups.start),
                    _ => format!("row groups {} to {} have", self.groups.start, self.groups.end - 1),
                };
                Some(Err(ArrowError::ParquetError(format!(
                    "{place} {} instead of {}",
                    counted(read, "row"),
                    grouped(expected)
                ))))
            }
            end => end,
        }
    }
}

/// A file whose end is an error to read at: a damaged page header can promise billions of values that the
/// parquet crate would go on looking for behind the end.
struct Checked(File);

impl Length for Checked {
    fn len(&self) -> u64 {
        Length::len(&self.0)
    }
}

impl ChunkReader for Checked {
    type T = EndIsError<BufReader<File>>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        self.0.get_read(start).map(EndIsError)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.0.get_bytes(start, length)
    }
}

struct EndIsError<R>(R);

impl<R: Read> Read for EndIsError<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.0.read(bytes)? {
            0 if !bytes.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}
