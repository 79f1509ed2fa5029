//! The flags as they were given: recorded, and not acted upon.

use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use samplegen::{Compression, Shard};

use super::count::parse_count;

/// Writes a reproducible synthetic data set as Parquet, in parallel.
///
/// The data set looks like the output of a classifier: an id for each client (id_client, a version-4 UUID) and
/// a uniform score in [0, 1) for each class (class_0, class_1, ...). Every value is a pure function of the seed,
/// the column's name and the row number, so the rows are the same for any number of threads, files and shards.
#[derive(Debug, Parser)]
#[command(
    name = "gen",
    version,
    max_term_width = 100,
    after_long_help = "\
Examples:
  gen --rows 1000000 --classes 10              a million rows into samples/
  gen --rows 1B --out big --compression zstd   a billion rows, compressed
  gen --rows 10M --shard 2/4 --out shared      the second of four machines' share of one data set
  gen --rows 100 --from-row 1T --out slice     a hundred rows out of a trillion
  gen --rows 1T --dry-run                      how many files, bytes and how much memory that would take

A run that was interrupted is finished by giving the same command again: complete files are kept.
Files appear under their final names only when they are complete.

Exit codes: 0 done, 2 the request is wrong, 3 the work failed (disk, memory), 130 interrupted."
)]
pub struct Flags {
    /// Rows of the data set: 1000000, 1_000_000, 1e6, 10k, 10M, 2B, 1T
    #[arg(long, value_name = "N", value_parser = parse_count, allow_hyphen_values = true)]
    pub rows: u64,

    /// Score columns
    #[arg(long, value_name = "K", default_value = "10", value_parser = parse_count, allow_hyphen_values = true)]
    pub classes: u64,

    /// The folder to write to; made if need be, with its parents
    #[arg(long, value_name = "FOLDER", default_value = "samples")]
    pub out: PathBuf,

    /// The seed of all values: a number from 0 to 2^64 - 1, or "random" to draw one
    #[arg(long, value_name = "SEED", default_value = "0", value_parser = parse_seed, allow_hyphen_values = true)]
    pub seed: Seed,

    /// Rows of each file
    ///
    /// The default depends on row count and columns only, never on the machine: as many files as it takes for them
    /// to have at most 8 MB each before compression, rounded up to a power of two, but not more than 64; larger
    /// data sets have larger files, up to 256 MB each, and then more of them.
    #[arg(long, value_name = "R", value_parser = parse_positive, allow_hyphen_values = true)]
    pub batch_size: Option<NonZeroU64>,

    /// Rows of each row group of a file
    ///
    /// The default depends on the columns only: the largest power of two whose rows take at most 128 MiB before
    /// compression, but at least 8,192 and at most 1,048,576. Memory does not depend on it.
    #[arg(long, value_name = "R", value_parser = parse_positive, allow_hyphen_values = true)]
    pub row_group_rows: Option<NonZeroU64>,

    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "T", value_parser = parse_threads, allow_hyphen_values = true)]
    pub threads: Option<NonZeroUsize>,

    /// none, snappy, lz4, zstd or zstd:1 to zstd:22; uniform numbers hardly compress
    #[arg(long, value_name = "CODEC", default_value = "none")]
    pub compression: Compression,

    /// The type of the scores: bits of a float
    #[arg(long, value_name = "BITS", default_value = "64")]
    pub float: Float,

    /// The type of the ids: 36 characters, or 16 bytes with Parquet's logical type UUID
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub id: Id,

    /// The number of the first row: rows A to A + N - 1 of the endless data set
    #[arg(long, value_name = "A", default_value = "0", value_parser = parse_count, allow_hyphen_values = true)]
    pub from_row: u64,

    /// Write only the I-th of N shares of the files, counted from 1; all shares fit into one folder
    #[arg(long, value_name = "I/N", default_value = "1/1", allow_hyphen_values = true)]
    pub shard: Shard,

    /// Replace the files of gen that are in the folder; never touches any other file
    #[arg(long)]
    pub overwrite: bool,

    /// Say what would be written (files, rows, bytes, memory), and write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// No progress bar and no summary; errors are still said
    #[arg(long, conflicts_with = "json")]
    pub quiet: bool,

    /// The summary as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Where the seed comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// It is this number.
    Given(u64),
    /// It is to be drawn.
    Random,
}

/// The widths of floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Float {
    #[value(name = "64")]
    F64,
    #[value(name = "32")]
    F32,
}

/// The forms of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Id {
    Text,
    Binary,
}

/// An answer instead of a request.
#[derive(Debug)]
pub enum Answer {
    /// The user asked for it: help or version.
    Wanted(String),
    /// What is wrong with the flags, in one line.
    Wrong(String),
}

/// Reads the flags.
///
/// # Errors
///
/// If they ask for help, or are wrong.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Flags, Answer> {
    Flags::try_parse_from(arguments).map_err(|error| {
        if error.use_stderr() {
            Answer::Wrong(one_line(&error.render().to_string()))
        } else {
            Answer::Wanted(error.render().to_string())
        }
    })
}

/// What clap says in several lines, in one.
fn one_line(message: &str) -> String {
    let said = message.strip_prefix("error: ").unwrap_or(message).lines().map(str::trim);
    let said =
        said.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let said: Vec<_> = said.filter(|line| !line.is_empty()).collect();
    format!("{} (gen --help tells more)", said.join(" "))
}

fn parse_seed(text: &str) -> Result<Seed, String> {
    if text == "random" {
        return Ok(Seed::Random);
    }
    let decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = decimal.then(|| text.parse().ok()).flatten();
    number.map(Seed::Given).ok_or_else(|| format!("give a number from 0 to {}, or \"random\"", u64::MAX))
}

fn parse_positive(text: &str) -> Result<NonZeroU64, String> {
    NonZeroU64::new(parse_count(text)?).ok_or_else(|| "must be at least 1".to_owned())
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    const MAX_THREADS: usize = 4_096;
    let threads = usize::try_from(parse_positive(text)?.get()).ok().filter(|threads| *threads <= MAX_THREADS);
    threads.and_then(NonZeroUsize::new).ok_or_else(|| format!("must be at most {MAX_THREADS}"))
}
