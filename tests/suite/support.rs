//! What several themes need: data sets, folders read back, and the command.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::process::{Command, Output};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use samplegen::{
    Compression, DataSet, FloatWidth, GenerateOptions, Generated, IdForm, Layout, Plan, Progress, RowRange,
    Schema, generate,
};

pub fn rows(first: u64, count: u64) -> RowRange {
    RowRange::new(first, count).expect("rows within 64 bits")
}

pub fn classifier(classes: usize, id: IdForm, float: FloatWidth, rows: RowRange, seed: u64) -> DataSet {
    DataSet::new(Schema::classifier(classes, id, float).expect("few columns"), rows, seed)
        .expect("a data set")
}

pub fn layout(batch_rows: u64, row_group_rows: u64, compression: Compression) -> Layout {
    Layout {
        batch_rows: NonZeroU64::new(batch_rows).expect("some rows"),
        row_group_rows: NonZeroU64::new(row_group_rows).expect("some rows"),
        compression,
    }
}

pub fn options(threads: usize) -> GenerateOptions {
    GenerateOptions::on_threads(NonZeroUsize::new(threads).expect("some threads"))
}

/// Writes `data_set` into `folder`.
pub fn write(data_set: &DataSet, layout: Layout, options: GenerateOptions, folder: &Path) -> Generated {
    let plan = Plan::new(data_set.clone(), layout).expect("a layout that readers can follow");
    generate(&plan.into(), folder, options, &Progress::default()).expect("a folder that can be written to")
}

/// The rows of all parts in `folder`, in the order of their names.
pub fn read(folder: &Path) -> RecordBatch {
    let batches: Vec<_> = parts(folder).keys().map(|name| read_part(&folder.join(name))).collect();
    concat_batches(&batches[0].schema(), &batches).expect("parts of one schema")
}

/// The rows of one part.
pub fn read_part(path: &Path) -> RecordBatch {
    let file = File::open(path).expect("a file");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let schema = builder.schema().clone();
    let batches: Vec<_> =
        builder.build().expect("a reader").collect::<Result<_, _>>().expect("readable pages");
    // Neither the file's metadata nor the reader's batch size is part of the rows.
    let batch = concat_batches(&schema, &batches).expect("batches of one schema");
    let schema = arrow_schema::Schema::new(schema.fields().clone());
    RecordBatch::try_new(schema.into(), batch.columns().to_vec()).expect("the same columns")
}

/// The names and bytes of the Parquet files in `folder`.
pub fn parts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let parts: BTreeMap<_, _> = names(folder)
        .into_iter()
        .filter(|name| name.ends_with(".parquet"))
        .map(|name| (name.clone(), fs::read(folder.join(name)).expect("a file")))
        .collect();
    // What compares the parts of two folders would hold of nothing, too.
    assert!(!parts.is_empty(), "{}: no parts", folder.display());
    parts
}

/// The names of everything in `folder`, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().into_string().expect("a Unicode name")).collect();
    names.sort();
    names
}

/// The command with these arguments, separated by spaces.
pub fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.args(arguments.split_whitespace());
    command
}

/// Runs the command in `folder` and returns its exit code, standard output and standard error.
pub fn run(folder: &Path, arguments: &str) -> (i32, String, String) {
    finished(command(arguments).current_dir(folder).output().expect("the command starts"))
}

/// Exit code, standard output and standard error of a finished command.
pub fn finished(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
    (output.status.code().expect("no signal"), text(output.stdout), text(output.stderr))
}

/// Runs the command in `folder`, demands that it succeed, and returns its standard output.
pub fn run_well(folder: &Path, arguments: &str) -> String {
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!(code, 0, "gen {arguments}: {stderr}");
    stdout
}
