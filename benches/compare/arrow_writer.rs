//! The same data set through the parquet crate's own `ArrowWriter`, as its users would write it in
//! parallel: record batches, dictionaries off, statistics of column chunks, one file a task.

use std::error::Error;
use std::fs::{self, File};
use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Parser;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as ParquetCompression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use rayon::prelude::*;
use samplegen::{Batches, Compression, DataSet, FloatWidth, IdForm, RowRange, Schema};

/// Rows of a record batch: about a megabyte of ten classes.
const BATCH_ROWS: u64 = 8_192;

/// Writes what `gen` writes with the parquet crate's ArrowWriter.
#[derive(Parser)]
struct Flags {
    #[arg(long)]
    rows: u64,
    #[arg(long)]
    classes: usize,
    #[arg(long)]
    compression: Compression,
    #[arg(long)]
    threads: usize,
    #[arg(long)]
    files: NonZeroU64,
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let flags = Flags::parse();
    fs::create_dir_all(&flags.out)?;
    let schema = Schema::classifier(flags.classes, IdForm::Text, FloatWidth::F64)?;
    let rows = RowRange::new(0, flags.rows).ok_or("more rows than there are")?;
    let batches = Batches::new(&DataSet::new(schema, rows, 0)?);
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_compression(match flags.compression {
            Compression::None => ParquetCompression::UNCOMPRESSED,
            Compression::Snappy => ParquetCompression::SNAPPY,
            Compression::Lz4 => ParquetCompression::LZ4_RAW,
            Compression::Zstd(level) => ParquetCompression::ZSTD(ZstdLevel::try_new(level.get())?),
        })
        .build();
    let files: Vec<_> = rows.chunks(flags.rows.div_ceil(flags.files.get()).max(1)).enumerate().collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(flags.threads).build()?;
    let written: Result<(), String> = pool.install(|| {
        files.into_par_iter().with_max_len(1).try_for_each(|(index, rows)| {
            let path = flags.out.join(format!("{index:05}.parquet"));
            write_file(&batches, rows, &path, properties.clone())
                .map_err(|error| format!("{}: {error}", path.display()))
        })
    });
    Ok(written?)
}

fn write_file(
    batches: &Batches,
    rows: RowRange,
    path: &std::path::Path,
    properties: WriterProperties,
) -> Result<(), Box<dyn Error>> {
    let mut writer = ArrowWriter::try_new(File::create(path)?, batches.schema(), Some(properties))?;
    for batch in batches.reader(rows, BATCH_ROWS)? {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}
