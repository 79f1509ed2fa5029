//! Parquet files: a piece for each row group.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::{ChunkReader, Length};

use super::{BATCH_ROWS, Piece, RowGroupPiece};
use crate::part::read::read_footer;

pub(super) fn open(path: &Path) -> Result<(SchemaRef, Vec<RowGroupPiece>), ArrowError> {
    let file = File::open(path)?;
    // What a writer says of Arrow types adds dictionaries and views to what Parquet says itself.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let footer = read_footer(&file)?.ok_or_else(|| {
        ArrowError::ParquetError(
            "it does not end as a Parquet file does, or its footer is damaged".to_owned(),
        )
    })?;
    let metadata =
        ArrowReaderMetadata::try_new(Arc::new(ParquetMetaDataReader::decode_metadata(&footer)?), options)?;
    validate(metadata.metadata(), file.metadata()?.len())?;
    let row_groups = metadata.metadata().row_groups().iter().map(|group| (group.num_rows(), extent(group)));
    let schema = metadata.schema().clone();
    let pieces = row_groups
        .enumerate()
        .map(|(index, (rows, extent))| {
            let (file_path, metadata) = (path.to_owned(), metadata.clone());
            let piece = Piece {
                path: path.to_owned(),
                rows: u64::try_from(rows).ok(),
                schema: Some(metadata.schema().clone()),
                open: Box::new(move |names| {
                    let names: HashSet<&str> = names.iter().copied().collect();
                    let mask = ProjectionMask::roots(
                        metadata.parquet_schema(),
                        metadata
                            .schema()
                            .fields()
                            .iter()
                            .enumerate()
                            .filter(|(_, field)| names.contains(field.name().as_str()))
                            .map(|(index, _)| index)
                            .collect::<Vec<_>>(),
                    );
                    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
                        Checked(File::open(file_path)?),
                        metadata,
                    )
                    .with_row_groups(vec![index])
                    .with_projection(mask)
                    .with_batch_size(BATCH_ROWS)
                    .build()?;
                    Ok(Box::new(Counted { reader, expected: rows as u64, read: 0, index }))
                }),
            };
            (piece, extent)
        })
        .collect();
    Ok((schema, pieces))
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
        |what: &str| Err(ArrowError::ParquetError(format!("its footer contradicts itself: {what}")));
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
