//! How fast copies are checked, beside how fast `gen` writes them: the ratios of medians, in one run.
//!
//! A million rows of ten classes, on all cores: written by [`generate`], checked as they were written,
//! and checked from a copy that holds the rows in a random order.

use std::error::Error;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use arrow::array::UInt64Array;
use arrow::compute::take_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use samplegen::copy;
use samplegen::verify::{Copies, verify};
use samplegen::{
    Batches, Check, CheckOptions, Compression, DataSet, FloatWidth, GenerateOptions, IdForm, Layout, Plan,
    Progress, RowRange, Schema, generate,
};

const ROWS: u64 = 1_000_000;
const CLASSES: usize = 10;
const ROUNDS: usize = 11;
/// Rows of the shuffled copy's files: one for each of 16 files, as `gen` writes them.
const FILE_ROWS: usize = ROWS as usize / 16;

fn main() -> Result<(), Box<dyn Error>> {
    let schema = Schema::classifier(CLASSES, IdForm::Text, FloatWidth::F64)?;
    let data_set = DataSet::new(schema, RowRange::new(0, ROWS).ok_or("rows from 0")?, 0)?;
    let threads = std::thread::available_parallelism()?;
    let folder = tempfile::tempdir()?;
    let shuffled = folder.path().join("shuffled");
    write_shuffled(&data_set, &shuffled)?;

    let (mut writing, mut in_order, mut in_disorder) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let written = folder.path().join(round.to_string());
        writing.push(timed(|| write(&data_set, &written, threads))?);
        in_order.push(timed(|| check(&data_set, &written, threads))?);
        in_disorder.push(timed(|| check(&data_set, &shuffled, threads))?);
    }

    let (writing, in_order, in_disorder) = (median(writing), median(in_order), median(in_disorder));
    let row = |what: &str, time: Duration| {
        let speed = writing.as_secs_f64() / time.as_secs_f64();
        println!("{what:<32} {:>8.1} ms  {speed:>5.2} of the speed of writing", time.as_secs_f64() * 1e3);
    };
    println!("{ROWS} rows, {CLASSES} classes, {threads} threads, medians of {ROUNDS} rounds");
    row("write", writing);
    row("check, in the order of writing", in_order);
    row("check, in random order", in_disorder);
    Ok(())
}

fn write(data_set: &DataSet, folder: &Path, threads: NonZeroUsize) -> Result<(), Box<dyn Error>> {
    let layout = Layout {
        batch_rows: Layout::default_batch_rows(data_set),
        row_group_rows: Layout::default_row_group_rows(data_set),
        compression: Compression::None,
    };
    let options = GenerateOptions::on_threads(threads);
    generate(&Plan::new(data_set.clone(), layout)?.into(), folder, options, &Progress::default())?;
    Ok(())
}

fn check(data_set: &DataSet, folder: &Path, threads: NonZeroUsize) -> Result<(), Box<dyn Error>> {
    let files = copy::find(folder, None)?.files;
    let check = Check::new(data_set, CheckOptions::whole(data_set))?;
    let verified = verify(
        &check,
        Copies { files: &files, delimiter: b',', tables: &[] },
        threads,
        &Progress::default(),
    )?;
    if verified.report.whole { Ok(()) } else { Err(format!("not whole: {:?}", verified.report).into()) }
}

fn write_shuffled(data_set: &DataSet, folder: &Path) -> Result<(), Box<dyn Error>> {
    let batch = Batches::new(data_set).batch(data_set.rows())?;
    let mut order: Vec<u64> = (0..ROWS).collect();
    order.shuffle(&mut StdRng::seed_from_u64(0));
    std::fs::create_dir(folder)?;
    for (index, rows) in order.chunks(FILE_ROWS).enumerate() {
        let rows = take_record_batch(&batch, &UInt64Array::from(rows.to_vec()))?;
        let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
        let file = File::create(folder.join(format!("{index:02}.parquet")))?;
        let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties))?;
        writer.write(&rows)?;
        writer.close()?;
    }
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
