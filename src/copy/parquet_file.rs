//! Parquet files: a piece for each row group.

use std::fs::File;
use std::path::Path;

use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::{BATCH_ROWS, Piece};

pub(super) fn open(path: &Path) -> Result<Vec<Piece>, ArrowError> {
    let file = File::open(path)?;
    // What a writer says of Arrow types adds dictionaries and views to what Parquet says itself.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options)?;
    let row_groups = metadata.metadata().row_groups().iter().map(|group| group.num_rows());
    Ok(row_groups
        .enumerate()
        .map(|(index, rows)| {
            let (file_path, metadata) = (path.to_owned(), metadata.clone());
            Piece {
                path: path.to_owned(),
                rows: u64::try_from(rows).ok(),
                schema: Some(metadata.schema().clone()),
                open: Box::new(move |names| {
                    let mask = ProjectionMask::roots(
                        metadata.parquet_schema(),
                        metadata
                            .schema()
                            .fields()
                            .iter()
                            .enumerate()
                            .filter(|(_, field)| names.contains(&field.name().as_str()))
                            .map(|(index, _)| index)
                            .collect::<Vec<_>>(),
                    );
                    let reader =
                        ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(file_path)?, metadata)
                            .with_row_groups(vec![index])
                            .with_projection(mask)
                            .with_batch_size(BATCH_ROWS)
                            .build()?;
                    Ok(Box::new(reader))
                }),
            }
        })
        .collect())
}
