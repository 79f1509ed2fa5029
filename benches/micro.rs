//! One cost each: filling a page with each instruction set, making a record batch, writing a part,
//! the whole way from a plan to files, and encoding rows for PostgreSQL. In bytes and rows a second.

use std::hint::black_box;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pgpq::ArrowToPostgresBinaryEncoder;
use samplegen::columns::Indices;
use samplegen::instructions::InstructionSet;
use samplegen::plan::PAGE_BYTES;
use samplegen::postgres::binary_copy;
use samplegen::{
    Batches, Compression, DataSet, FloatWidth, GenerateOptions, IdForm, Layout, Plan, Progress, RowRange,
    Schema, generate,
};
use tempfile::TempDir;

fn data_set(rows: u64, id: IdForm, float: FloatWidth) -> DataSet {
    let schema = Schema::classifier(10, id, float).expect("ten classes");
    DataSet::new(schema, RowRange::new(0, rows).expect("rows from 0"), 0).expect("a data set")
}

/// A page of each type, filled by each instruction set of this machine.
fn pages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fill a page");
    let types = [
        ("ids as text", IdForm::Text, FloatWidth::F64, 0),
        ("ids as 16 bytes", IdForm::Binary, FloatWidth::F64, 0),
        ("64-bit numbers", IdForm::Text, FloatWidth::F64, 1),
        ("32-bit numbers", IdForm::Text, FloatWidth::F32, 1),
    ];
    for (name, id, float, column) in types {
        let data_set = data_set(0, id, float);
        let values = &data_set.values()[column];
        let value_bytes = values.plain_bytes().expect("one width");
        let rows = PAGE_BYTES / value_bytes;
        let mut plain = vec![0; rows * value_bytes];
        group.throughput(Throughput::ElementsAndBytes { elements: rows as u64, bytes: plain.len() as u64 });
        for instructions in InstructionSet::available() {
            group.bench_function(format!("{name}, {rows} rows, {instructions}"), |bencher| {
                let rows = || Indices::Run { first: black_box(12_345), count: rows };
                bencher.iter(|| black_box(values.fill_plain(instructions, rows(), &mut plain)));
            });
        }
    }
    group.finish();
}

fn batch(criterion: &mut Criterion) {
    const ROWS: u64 = 8_192;
    let mut group = criterion.benchmark_group("make a record batch");
    for (name, id) in [("text", IdForm::Text), ("binary", IdForm::Binary)] {
        let data_set = data_set(ROWS, id, FloatWidth::F64);
        let batches = Batches::new(&data_set);
        let bytes = ROWS * data_set.plain_row_bytes();
        group.throughput(Throughput::ElementsAndBytes { elements: ROWS, bytes });
        group.bench_function(format!("10 classes, {id} ids, {ROWS} rows", id = name), |bencher| {
            bencher.iter(|| batches.batch(black_box(data_set.rows())).expect("its rows"));
        });
    }
    group.finish();
}

/// Writes `plan` below `folder` on `threads` threads.
fn write(plan: &Plan, folder: &Path, threads: usize) {
    let threads = NonZeroUsize::new(threads).expect("some threads");
    let options = GenerateOptions::on_threads(threads);
    generate(&plan.clone().into(), folder, options, &Progress::default()).expect("an empty folder");
}

fn files(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write files");
    group.sample_size(20);
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let cases = [
        ("one part", 100_000, Some(100_000), 1),
        ("a million rows, default layout", 1_000_000, None, 1),
        ("a million rows, default layout", 1_000_000, None, cores),
    ];
    for compression in ["none", "snappy", "lz4", "zstd:1"] {
        for (name, rows, batch_rows, threads) in cases {
            let data_set = data_set(rows, IdForm::Text, FloatWidth::F64);
            let layout = Layout {
                batch_rows: batch_rows
                    .and_then(NonZeroU64::new)
                    .unwrap_or_else(|| Layout::default_batch_rows(&data_set)),
                row_group_rows: Layout::default_row_group_rows(&data_set),
                compression: compression.parse::<Compression>().expect("a codec"),
            };
            let bytes = rows * data_set.plain_row_bytes();
            group.throughput(Throughput::ElementsAndBytes { elements: rows, bytes });
            let plan = Plan::new(data_set, layout).expect("few pages");
            group.bench_function(
                format!("{name}, {rows} rows, {compression}, threads: {threads}"),
                |bencher| {
                    // Making and removing the folder is not measured.
                    bencher.iter_batched_ref(
                        || TempDir::new().expect("a folder"),
                        |folder| write(&plan, folder.path(), threads),
                        BatchSize::PerIteration,
                    );
                },
            );
        }
    }
    group.finish();
}

/// Rows for PostgreSQL, as the loader encodes them and as pgpq does, which makes the ids `bytea` and not `uuid`.
fn rows_for_postgres(criterion: &mut Criterion) {
    const ROWS: u64 = 2_048;
    let mut group = criterion.benchmark_group("encode rows for PostgreSQL");
    let data_set = data_set(ROWS, IdForm::Binary, FloatWidth::F64);
    let batch = Batches::new(&data_set).batch(data_set.rows()).expect("its rows");
    let bytes = binary_copy(&batch).expect("types that are supported").len() as u64;
    group.throughput(Throughput::ElementsAndBytes { elements: ROWS, bytes });
    group.bench_function(format!("10 classes, {ROWS} rows"), |bencher| {
        bencher.iter(|| binary_copy(black_box(&batch)).expect("types that are supported"));
    });
    group.bench_function(format!("10 classes, {ROWS} rows, pgpq"), |bencher| {
        bencher.iter(|| {
            let mut encoder = ArrowToPostgresBinaryEncoder::try_new(&batch.schema()).expect("types it knows");
            let mut out = BytesMut::new();
            encoder.write_header(&mut out).expect("a header");
            encoder.write_batch(black_box(&batch), &mut out).expect("its batch");
            encoder.write_footer(&mut out).expect("an end");
            out
        });
    });
    group.finish();
}

criterion_group!(benches, pages, batch, files, rows_for_postgres);
criterion_main!(benches);
