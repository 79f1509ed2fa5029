//! Parquet files: a piece for each row group.

mod columns;
mod int96;
mod widths;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::{BATCH_ROWS, BatchIterator, Piece, RowGroupPiece};
use crate::part::read::{Footer, read_footer};

/// Opens the Parquet file at `path`: its columns, and a piece for each row group.
pub(super) fn open(path: &Path) -> Result<(SchemaRef, Vec<RowGroupPiece>), ArrowError> {
    let file = File::open(path)?;
    let footer = match read_footer(&file)? {
        Footer::Metadata(footer) => footer,
        Footer::Encrypted => {
            return Err(ArrowError::NotYetImplemented(
                "file is encrypted, which gen does not read: decrypt it first".to_owned(),
            ));
        }
        Footer::Damaged => {
            return Err(ArrowError::ParquetError(
                "file does not end as a Parquet file does, or its footer is damaged".to_owned(),
            ));
        }
    };
    let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
    validate(&metadata, file.metadata()?.len())?;
    let metadata = columns::resolve(metadata)?;
    let schema = metadata.schema().clone();
    let mut first_row = 0;
    let pieces = (0..metadata.metadata().num_row_groups())
        .map(|index| {
            let group = metadata.metadata().row_group(index);
            let rows = group.num_rows() as u64;
            let row_group =
                RowGroup { path: path.to_owned(), metadata: metadata.clone(), index, first_row, rows };
            first_row += rows;
            let piece = Piece {
                path: path.to_owned(),
                rows: Some(rows),
                schema: Some(schema.clone()),
                open: Box::new(move |names| row_group.read(names)),
            };
            (piece, extent(group))
        })
        .collect();
    Ok((schema, pieces))
}

/// A row group that [`validate`] has found within its file.
struct RowGroup {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    index: usize,
    /// The number of its first row in the file.
    first_row: u64,
    rows: u64,
}

impl RowGroup {
    fn read(self, names: &[&str]) -> Result<BatchIterator, ArrowError> {
        let file = Arc::new(Checked(File::open(&self.path)?));
        let names: HashSet<&str> = names.iter().copied().collect();
        // By name: a group without leaves is a root of Parquet's schema, and not of Arrow's.
        let schema = self.metadata.parquet_schema();
        let roots = schema.root_schema().get_fields().iter().enumerate();
        let mask = ProjectionMask::roots(
            schema,
            roots.filter(|(_, root)| names.contains(root.name())).map(|(i, _)| i),
        );
        let group = self.metadata.metadata().row_group(self.index);
        let chunks = group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
        let chunks: Vec<_> = chunks.map(|(_, chunk)| chunk).collect();
        let pages = |chunk: &ColumnChunkMetaData| {
            SerializedPageReader::new(Arc::clone(&file), chunk, group.num_rows() as usize, None)
        };
        for chunk in chunks.iter().filter(|chunk| columns::is_int96(chunk.column_descr())) {
            int96::validate(&chunk.column_descr_ptr(), Box::new(pages(chunk)?), self.first_row)?;
        }
        let batch_rows = widths::batch_rows(&chunks, BATCH_ROWS, pages);
        let (index, rows) = (self.index, self.rows);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
            Checked(File::open(&self.path)?),
            self.metadata.clone(),
        )
        .with_row_groups(vec![index])
        .with_projection(mask)
        .with_batch_size(batch_rows)
        .build()?;
        Ok(Box::new(Counted { reader, expected: rows, read: 0, index }))
    }
}

/// The bytes of the file from the first to the last of a row group, which [`validate`] has found within the file.
fn extent(group: &RowGroupMetaData) -> Range<u64> {
    let ranges = || group.columns().iter().map(ColumnChunkMetaData::byte_range);
    let start = ranges().map(|(start, _)| start).min().unwrap_or(0);
    start..ranges().map(|(start, bytes)| start + bytes).max().unwrap_or(start)
}

/// Whether the footer agrees with itself and with the length of the file. A damaged one may promise
/// more rows than there can be, and readers set memory aside for them.
fn validate(metadata: &ParquetMetaData, file_bytes: u64) -> Result<(), ArrowError> {
    let contradiction =
        |what: &str| Err(ArrowError::ParquetError(format!("footer contradicts itself: {what}")));
    let mut rows: i64 = 0;
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            if chunk.column_descr().max_rep_level() == 0 && chunk.num_values() != group.num_rows() {
                return contradiction("a column has another number of values than its row group has rows");
            }
            let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
            let end = start.checked_add(chunk.compressed_size());
            let fits =
                start >= 0 && chunk.compressed_size() >= 0 && end.is_some_and(|end| end as u64 <= file_bytes);
            if !fits {
                return contradiction("a column is not within the file");
            }
        }
        match rows.checked_add(group.num_rows()) {
            Some(sum) if group.num_rows() >= 0 => rows = sum,
            _ => return contradiction("a row group has an impossible number of rows"),
        }
    }
    if rows != metadata.file_metadata().num_rows() {
        return contradiction("the row groups have another number of rows than the file");
    }
    Ok(())
}

/// Reads a row group, and sees to it that it has as many rows as the footer says.
struct Counted {
    reader: ParquetRecordBatchReader,
    index: usize,
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
                let (index, expected, read) = (self.index, self.expected, self.read);
                self.expected = read;
                Some(Err(ArrowError::ParquetError(format!(
                    "row group {index} has {read} rows instead of {expected}"
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
