//! The flags as they were given: recorded, and not acted upon.

use std::cmp::Reverse;
use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use crate::copy::Format;
use crate::count::{grouped, parse_count};
use crate::postgres::{IfExists, Method, TableName};
use crate::schema::fault::Faults;
use crate::schema::number::Number;
use crate::{Compression, Shard};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::place::masked;
use super::refusal;
use super::version::LONG_VERSION;

/// Writes a reproducible synthetic data set as Parquet, in parallel.
///
/// The data set looks like the output of a classifier: an id for each client (id_client, a version-4 UUID) and a uniform
/// score in [0, 1) for each class (class_0, class_1, ...). Every value is a pure function of the seed, the column's name
/// and the row number, so the rows are the same for any number of threads, files and shards.
#[derive(Debug, Parser)]
#[command(
    name = "gen",
    version,
    long_version = LONG_VERSION.as_str(),
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_flag = true,
    disable_version_flag = true,
    // A line of an example fits into 80 columns; a paragraph is one line, which is wrapped where the terminal ends.
    after_long_help = "\
Examples:
  gen --rows 1000000 --classes 10         a million rows into samples/
  gen -n 1B -o big --compression zstd     a billion rows, compressed
  gen -n 10M --shard 2/4 -o shared        the second of four shares of it
  gen -n 100 --from-row 1T -o slice       a hundred rows out of a trillion
  gen -n 1T --dry-run                     the files, bytes and memory of a run
  gen check samples                       whether all rows are there and right
  gen load samples postgresql://me@host/db --table predictions
                                          the rows into a table of PostgreSQL

To finish a run that was interrupted, give the same command again: complete files are kept. Files appear under their \
final names only when they are complete.

Exit codes: 0 done, 1 a check found a difference, 2 the request is wrong, 3 the work failed (a full disk, say), 130 \
interrupted. With --json, the error that ends a command is one JSON object on standard error."
)]
pub struct Flags {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub generate: GenerateFlags,

    /// Print the version; --version adds what was built
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = OUTPUT)]
    version: Option<bool>,
}

/// The headings under which help lists the options.
const DATA: &str = "Data";
const FILES: &str = "Files";
const POSTGRESQL: &str = "PostgreSQL";
const OUTPUT: &str = "Output";

/// How results are told.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct OutputFlags {
    /// Show no progress bar, summary or report, only errors
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,

    /// Print the summary or report as one JSON object, and so the error that ends the command
    #[arg(long)]
    pub json: bool,

    /// Print help; --help adds details and examples
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// What else the command does.
#[derive(Debug, Subcommand)]
pub enum Command {
    Load(LoadFlags),
    Check(CheckFlags),
    Schema(SchemaFlags),
    Completions(CompletionsFlags),
    Man(ManFlags),
}

/// Helps to write a schema file, which describes a data set of any shape.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  gen schema example > shop.yaml     a schema with every type and every generator, to begin with
  gen schema json-schema             the JSON Schema, for editors
  gen schema check shop.yaml         what is wrong with it, each with its line and column
  gen schema from old.parquet        a schema to begin with, from a file that exists
  gen --schema shop.yaml --out shop  the data set

Exit codes: 0 done, 2 the schema or a file is wrong, 3 a file could not be read.")]
#[command(disable_help_flag = true)]
pub struct SchemaFlags {
    #[command(subcommand)]
    pub command: SchemaCommand,

    /// Print help; --help adds examples
    #[arg(short, long, action = ArgAction::Help, help_heading = OUTPUT)]
    help: Option<bool>,
}

/// What is done with schemas.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Prints a commented schema with every type and every generator
    Example,
    /// Prints the JSON Schema of schema files, by which editors complete them
    JsonSchema,
    /// Prints a schema to begin with, from Parquet files: names, types, ranges, shares of nulls, values that are few
    ///
    /// Only footers and dictionaries are read, so it takes no time, however large the files are. Comments say for each
    /// column what was found and what is assumed, and which columns are left out because schemas have no such type.
    From {
        /// Parquet files, or folders of them, of one table
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,

        /// Print one JSON object: the schema, and for each column what was found and what is assumed
        #[arg(long, help_heading = OUTPUT)]
        json: bool,
    },
    /// Says what is wrong with a schema file, or nothing
    Check {
        /// The schema file: YAML or JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Prints a script that has a shell complete the command
///
/// For bash: gen completions bash > ~/.local/share/bash-completion/completions/gen
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct CompletionsFlags {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,

    /// Print help; --help adds details
    #[arg(short, long, action = ArgAction::Help, help_heading = OUTPUT)]
    help: Option<bool>,
}

/// Prints the man page of the command
///
/// To read it: gen man > gen.1 && man ./gen.1
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct ManFlags {
    /// The page of this subcommand instead
    #[arg(value_name = "COMMAND")]
    pub subcommand: Option<String>,

    /// Print help; --help adds details
    #[arg(short, long, action = ArgAction::Help, help_heading = OUTPUT)]
    help: Option<bool>,
}

/// Flags that, with its rows and its seed, describe a data set.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = DATA)]
pub struct DataSetFlags {
    /// Score columns
    #[arg(long, value_name = "K", requires = "rows", default_value = "10", value_parser = parse_count, allow_hyphen_values = true)]
    pub classes: u64,

    /// The type of the scores: bits of a float
    #[arg(long, value_name = "BITS", requires = "rows", default_value = "64")]
    pub float: Float,

    /// The type of the ids: 36 characters, or 16 bytes with the logical type UUID [default: text, and binary into a
    /// database]
    #[arg(long, value_name = "FORM", requires = "rows")]
    pub id: Option<Id>,

    /// The number of the first row: rows A to A + N - 1 of the endless data set [default: 0, or as the schema says]
    #[arg(long, value_name = "A", value_parser = parse_count, allow_hyphen_values = true)]
    pub from_row: Option<u64>,

    /// A schema file instead of --classes, --float and --id: YAML or JSON that describes tables of any shape; see
    /// gen schema --help
    #[arg(long, value_name = "FILE", conflicts_with_all = ["classes", "float", "id"])]
    pub schema: Option<PathBuf>,
}

/// Flags of writing a data set.
#[derive(Debug, Args)]
pub struct GenerateFlags {
    /// Rows of the data set: 1000000, 1_000_000, 1e6, 10k, 10M, 2B, 1T [default with --schema: as it says]
    #[arg(short = 'n', long, help_heading = DATA, value_name = "N", required_unless_present = "schema", value_parser = parse_count, allow_hyphen_values = true)]
    pub rows: Option<u64>,

    #[command(flatten)]
    pub data_set: DataSetFlags,

    /// Multiply all row counts of the schema by a decimal, rounded half up: 10, 0.01; tables of children follow their
    /// parents
    #[arg(long, help_heading = DATA, value_name = "FACTOR", requires = "schema", conflicts_with = "rows", value_parser = parse_scale, allow_hyphen_values = true)]
    pub scale: Option<Number>,

    /// Write only these tables of the schema [default: all]
    #[arg(long, help_heading = DATA, value_name = "NAMES", requires = "schema", value_delimiter = ',')]
    pub tables: Vec<String>,

    /// The folder to write to, made if need be, with its parents; or a database, postgresql://user@host/database, for
    /// which gen load --help tells more
    #[arg(short = 'o', long, help_heading = FILES, value_name = "FOLDER", default_value = "samples")]
    pub out: PathBuf,

    #[command(flatten)]
    pub table: TableFlags,

    /// The seed of all values: a number from 0 to 2^64 - 1, or "random" to draw one [default: 0, or as the schema says]
    #[arg(long, help_heading = DATA, value_name = "SEED", value_parser = parse_seed, allow_hyphen_values = true)]
    pub seed: Option<Seed>,

    /// Rows of each file
    ///
    /// The default depends on row count and columns only, never on the machine: as many files as it takes for them
    /// to have at most 8 MB each before compression, rounded up to a power of two, but not more than 64; larger
    /// data sets have larger files, up to 256 MB each, and then more of them.
    #[arg(long, help_heading = FILES, value_name = "R", value_parser = parse_positive, allow_hyphen_values = true)]
    pub batch_size: Option<NonZeroU64>,

    /// Rows of each row group of a file
    ///
    /// The default depends on the columns only: the largest power of two whose rows take at most 128 MiB before
    /// compression, but at least 8,192 and at most 1,048,576. Very small row groups make large footers, which are
    /// held in memory; --dry-run tells.
    #[arg(long, help_heading = FILES, value_name = "R", value_parser = parse_positive, allow_hyphen_values = true)]
    pub row_group_rows: Option<NonZeroU64>,

    /// Worker threads [default: one for each core]
    #[arg(short = 'j', long, help_heading = FILES, value_name = "T", value_parser = parse_threads, allow_hyphen_values = true)]
    pub threads: Option<NonZeroUsize>,

    /// none, snappy, lz4, zstd or zstd:1 to zstd:22; uniform numbers hardly compress [default: none]
    #[arg(long, help_heading = FILES, value_name = "CODEC")]
    pub compression: Option<Compression>,

    /// Write only the I-th of N shares of the data set's files, counted from 1
    ///
    /// A share is consecutive files, and shares differ by at most one file. It means the same wherever --shard is
    /// given: the files of a share fit into one folder with those of the others, their rows into one table, and
    /// "gen check --shard" with the same I/N checks exactly these rows.
    #[arg(long, help_heading = FILES, value_name = "I/N", default_value = "1/1", allow_hyphen_values = true)]
    pub shard: Shard,

    /// Replace the files of gen that are in the folder; never touches any other file
    #[arg(long, help_heading = FILES)]
    pub overwrite: bool,

    /// Wait until the disk has each file before it gets its name, and the names before the run ends
    ///
    /// Then a power loss tears no file, and takes none of a data set that was reported as written. It costs the time
    /// that the disk takes for all bytes, where else they stay in memory at first: often several times as long. A file
    /// that is torn nonetheless is found by the same command, and written anew.
    #[arg(long, help_heading = FILES)]
    pub durable: bool,

    /// Begin although the disk has less room than the files need before compression
    #[arg(long, help_heading = FILES)]
    pub force: bool,

    /// Look at the target, say what would be written (files, rows, bytes, memory) or why not, and write nothing
    #[arg(long, help_heading = OUTPUT)]
    pub dry_run: bool,

    #[command(flatten)]
    pub output: OutputFlags,
}

/// Flags of loading rows into a table. Which of them are needed depends on where the rows go.
#[derive(Debug, Args)]
#[command(next_help_heading = POSTGRESQL)]
pub struct TableFlags {
    /// The table, with its schema or without: predictions, raw.predictions, "a name with. dots" [default: the name of
    /// the data set's table, if it has one]
    ///
    /// Names are taken as they are written: nothing is turned into lower case.
    #[arg(long, value_name = "TABLE")]
    pub table: Option<TableName>,

    /// copy: fast, and a load that was cut off is finished by the same command; pipeline: a statement and a commit for
    /// each row, many under way; insert: the same, one after the other [default: copy]
    #[arg(long, value_name = "METHOD")]
    pub method: Option<Method>,

    /// Connections at the same time [default: one for each core]
    #[arg(long, value_name = "C", value_parser = parse_connections, allow_hyphen_values = true)]
    pub connections: Option<NonZeroUsize>,

    /// Statements under way on each connection, with --method pipeline [default: 128]
    #[arg(long, value_name = "D", value_parser = parse_connections, allow_hyphen_values = true)]
    pub pipeline_depth: Option<NonZeroUsize>,

    /// What becomes of a table that is there: fail unless it was made by this load; append the rows to it, except for
    /// those that an earlier run has loaded; or replace it, whatever is in it [default: fail]
    #[arg(long, value_name = "WHAT")]
    pub if_exists: Option<Existing>,

    /// Make the table outside the server's log: faster, and a crash of the server empties it
    #[arg(long)]
    pub unlogged: bool,
}

/// Loads Parquet files into a table of PostgreSQL, each row once.
///
/// The files may be written by gen or by any other program. The table is made with fitting types, and says in its
/// comment which data set is in it, if it is one of gen: then "gen check" needs nothing else. Each row group is
/// loaded in a transaction together with its entry in the table samplegen_loads, so a load that was killed, or lost
/// its connection or its server, is finished by the same command, with every row there once.
///
/// With --method insert and pipeline each row is committed by itself, as many programs do: such a load cannot be
/// finished if it is cut off, and is refused a second time rather than doubling rows.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
Examples:
  gen load samples postgresql://me@host/db --table predictions
  gen load any.parquet postgresql://me@host/db --table t --if-exists append
  gen load samples postgresql://me@host/db --table t --method insert
  gen -n 1M -o postgresql://me@host/db --table t      no files in between
  gen check postgresql://me@host/db --table t         whether all rows are there

Address, environment (PGHOST, PGPORT, PGSSLMODE, PGOPTIONS, ...) and password file (~/.pgpass) mean what they mean to \
psql; what is not supported is refused by name. Passwords are never shown. A run uses one server: the first of the \
address that accepts a connection.

Exit codes: 0 done, 2 the request is wrong, 3 the work failed (the server stopped, say), 130 interrupted."
)]
pub struct LoadFlags {
    /// Folders or Parquet files
    #[arg(value_name = "SOURCE", required = true)]
    pub sources: Vec<PathBuf>,

    /// The database: postgresql://user@host:port/database
    #[arg(value_name = "DATABASE", required = true)]
    pub database: String,

    #[command(flatten)]
    pub table: TableFlags,

    /// What ids of a data set of gen become [default: uuid]
    #[arg(long, help_heading = POSTGRESQL, value_name = "TYPE")]
    pub id: Option<LoadedId>,

    /// Say what would be done with the table and which rows are missing in it, and change nothing
    #[arg(long, help_heading = OUTPUT)]
    pub dry_run: bool,

    #[command(flatten)]
    pub output: OutputFlags,
}

/// What ids become in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LoadedId {
    Uuid,
    Text,
}

/// What becomes of a table that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Existing {
    Fail,
    Append,
    Replace,
}

impl From<Existing> for IfExists {
    fn from(existing: Existing) -> Self {
        match existing {
            Existing::Fail => Self::Fail,
            Existing::Append => Self::Append,
            Existing::Replace => Self::Replace,
        }
    }
}

/// Checks whether copies of a data set's rows are whole: nothing lost, duplicated, altered or foreign.
///
/// The rows may be in any order, in any number of files, written by any program. The key of a row, a column that
/// identifies it, gives the row number, and its values are generated again and compared. Columns are matched by name;
/// columns that the data set does not have are named and passed over. Of a data set without a key, a checksum tells
/// whether all rows are there and right, and no more.
#[derive(Clone, Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
Examples:
  gen check samples                         a folder that gen has written
  gen check copy.parquet --dataset samples  any file that should hold its rows
  gen check -n 1M --classes 10 x.csv        a data set that flags describe
  some-export | gen check --dataset samples --format csv -
  gen check postgresql://me@host/db --table predictions

Memory is one bit for each row of the data set, the footers of Parquet files, 16 MB, and 8 MB for each thread (more \
where values are large). With --shard I/N, only the rows in the I-th of N shares of the data set's files are checked, \
with proportionally fewer bits.

A file whose contents are truncated or damaged is named, and its rows count as lost: exit code 1. If the system cannot \
read a copy (permission, disk, connection), nothing is said of its rows: exit code 3.

Exit codes: 0 whole, 1 not whole, 2 the request is wrong, 3 the system could not read a copy, 130 interrupted."
)]
pub struct CheckFlags {
    /// Folders or files: Parquet, CSV (with a line of names), JSON Lines, Arrow; - for standard input; or a database,
    /// postgresql://user@host/database, with --table
    #[arg(value_name = "COPY", required = true)]
    pub copies: Vec<PathBuf>,

    /// What the copies should hold: a folder or a file written by gen, or a _dataset.json [default: the copies say it
    /// themselves]
    #[arg(long, help_heading = DATA, value_name = "PATH", conflicts_with_all = ["rows", "classes", "seed", "from_row", "float", "id", "schema"])]
    pub dataset: Option<PathBuf>,

    /// Describe the data set by flags instead: its rows, and the flags that it was generated with
    #[arg(short = 'n', long, help_heading = DATA, value_name = "N", value_parser = parse_count, allow_hyphen_values = true)]
    pub rows: Option<u64>,

    #[command(flatten)]
    pub data_set: DataSetFlags,

    /// The seed of all values [default: 0, or as the schema says]
    #[arg(long, help_heading = DATA, value_name = "SEED", value_parser = parse_seed, allow_hyphen_values = true)]
    pub seed: Option<Seed>,

    /// The format of the copies: parquet, csv, jsonl or arrow [default: by the endings of their names]
    #[arg(long, help_heading = FILES, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// What is between the values of CSV files: one ASCII character, or \t for a tab [default: ,]
    #[arg(long, help_heading = FILES, value_name = "C", value_parser = parse_delimiter, allow_hyphen_values = true)]
    pub delimiter: Option<u8>,

    /// Check only these columns, separated by commas; the key is always needed
    #[arg(long, help_heading = DATA, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,

    /// How far numbers may be off, in units in the last place of the type they are compared in
    #[arg(long, help_heading = DATA, value_name = "ULPS", default_value = "0", value_parser = parse_count, allow_hyphen_values = true)]
    pub tolerance: u64,

    /// Rows may be missing: only judge what is there
    #[arg(long, help_heading = DATA)]
    pub partial: bool,

    /// The table of the database, with its schema or without [default: the name of the table in --schema or --dataset]
    #[arg(long, help_heading = POSTGRESQL, value_name = "TABLE")]
    pub table: Option<TableName>,

    /// How many examples to give of each kind of difference
    #[arg(long, help_heading = OUTPUT, value_name = "K", default_value = "5", value_parser = parse_count, allow_hyphen_values = true)]
    pub limit: u64,

    /// Check only the rows in the I-th of N shares of the data set's files, counted from 1: the rows that "gen --shard"
    /// writes or loads
    #[arg(long, help_heading = DATA, value_name = "I/N", default_value = "1/1", allow_hyphen_values = true)]
    pub shard: Shard,

    /// Rows of each file of the data set, for --shard, where flags describe the data set or the copies do not say it
    /// [default with --rows: by size, as when it is generated]
    #[arg(long, help_heading = DATA, value_name = "R", conflicts_with = "dataset", value_parser = parse_positive, allow_hyphen_values = true)]
    pub batch_size: Option<NonZeroU64>,

    /// Worker threads [default: one for each core]
    #[arg(short = 'j', long, help_heading = FILES, value_name = "T", value_parser = parse_threads, allow_hyphen_values = true)]
    pub threads: Option<NonZeroUsize>,

    #[command(flatten)]
    pub output: OutputFlags,
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
    /// The request is wrong.
    Wrong {
        /// What is wrong with it.
        what: String,
        /// What the user can do, unless that is said already.
        remedy: Option<String>,
    },
    /// The schema is wrong.
    Faulty(Faults),
    /// What went wrong in finding out what they mean.
    Failed(crate::Error),
}

/// Reads the flags.
///
/// # Errors
///
/// If they ask for help, or are wrong.
pub fn parse(arguments: &[OsString]) -> Result<Flags, Answer> {
    Flags::try_parse_from(arguments).map_err(|error| {
        if error.use_stderr() {
            let given = arguments.get(1).and_then(|argument| argument.to_str());
            let gen_command = Flags::command();
            let command = match given.filter(|given| gen_command.find_subcommand(given).is_some()) {
                Some(given) => format!("gen {given}"),
                None => "gen".to_owned(),
            };
            let (what, remedy) = refusal::in_words(&error, &gen_command, &command);
            Answer::Wrong {
                what: without_secrets(what, arguments),
                remedy: remedy.map(|remedy| without_secrets(remedy, arguments)),
            }
        } else {
            let text = error.render();
            // As NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM say, and whether standard output is a terminal.
            Answer::Wanted(if console::colors_enabled() { text.ansi().to_string() } else { text.to_string() })
        }
    })
}

/// Whether the arguments ask for JSON. They may be wrong in any other way.
pub fn want_json(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json")
}

/// `message` without what may be a password in the arguments that it repeats.
fn without_secrets(mut message: String, arguments: &[OsString]) -> String {
    let arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    let mut secrets: Vec<_> = arguments
        .flat_map(|argument| {
            let value = argument.split_once('=').map(|(_, value)| value.to_owned());
            [Some(argument.into_owned()), value]
        })
        .flatten()
        .filter_map(|value| masked(&value).map(|shown| (value, shown)))
        .collect();
    // One may be a part of another.
    secrets.sort_by_key(|(value, _)| Reverse(value.len()));
    for (value, shown) in secrets {
        message = message.replace(&value, &shown);
    }
    message
}

/// A number that is not negative.
fn parse_scale(text: &str) -> Result<Number, String> {
    match text.parse::<Number>() {
        Ok(number) if number.is_negative() => Err("negative; give a decimal from 0 on".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}; give a decimal, such as 10 or 0.01")),
    }
}

fn parse_seed(text: &str) -> Result<Seed, String> {
    if text == "random" {
        return Ok(Seed::Random);
    }
    let decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = decimal.then(|| text.parse().ok()).flatten();
    number
        .map(Seed::Given)
        .ok_or_else(|| format!("not a seed; give a number from 0 to {}, or \"random\"", u64::MAX))
}

fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [b'"' | b'\r' | b'\n'] => Err("quotes and line breaks have a meaning of their own".to_owned()),
        [character] if character.is_ascii() => Ok(*character),
        _ => Err("give one ASCII character, or \\t for a tab".to_owned()),
    }
}

fn parse_positive(text: &str) -> Result<NonZeroU64, String> {
    NonZeroU64::new(parse_count(text)?).ok_or_else(|| "too few; give at least 1".to_owned())
}

fn parse_connections(text: &str) -> Result<NonZeroUsize, String> {
    const MAX_CONNECTIONS: usize = 10_000;
    let count = usize::try_from(parse_positive(text)?.get()).ok().filter(|count| *count <= MAX_CONNECTIONS);
    count
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| format!("too many; give at most {}", grouped(MAX_CONNECTIONS)))
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    const MAX_THREADS: usize = 1_024;
    let threads = usize::try_from(parse_positive(text)?.get()).ok().filter(|threads| *threads <= MAX_THREADS);
    threads
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| format!("too many; give at most {}", grouped(MAX_THREADS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_one_line_with_subject_fact_and_remedy() {
        const COUNT: &str = "not a number; write it as 1000000, 1_000_000, 1e6, 10k, 10M, 2B or 1T";
        for (arguments, expected) in [
            ("", "--rows <N>: not provided; add it"),
            ("--rows", "--rows <N>: a value is required; add one"),
            ("--float", "--float <BITS>: a value is required; choose one of 64, 32"),
            ("--rows 1 --float 16", r#"--float "16": not one of its values; choose one of 64, 32"#),
            ("--rows x", &format!(r#"--rows "x": {COUNT}"#)),
            ("--rows=", &format!(r#"--rows "": {COUNT}"#)),
            ("--rows 1 --threads 0", r#"--threads "0": too few; give at least 1"#),
            ("--rows 1 --shard 3", r#"--shard "3": not a shard; give I/N with I from 1 to N, as in 1/4"#),
            ("--rows=1 --dry-run=yes", r#"--dry-run "yes": this option takes no value; leave the value out"#),
            ("--row 3", "--row: there is no such option; did you mean --rows?"),
            ("--rows 1 -x", "-x: there is no such option; leave it out"),
            ("-n", "--rows <N>: a value is required; add one"),
            ("-n 1 -j 0", r#"--threads "0": too few; give at least 1"#),
            ("-n 1 -q --json", "--quiet: cannot be combined with --json; leave one of them out"),
            ("help chekc", "chekc: there is no such command; did you mean check?"),
            ("man -x", "-x: there is no such option; leave it out"),
            ("--rows 1 --rows 2", "--rows <N>: given multiple times; give it once"),
            ("--rows 1 --quiet --json", "--quiet: cannot be combined with --json; leave one of them out"),
            ("--rows 1 check x", "check: cannot be combined with --rows <N>; leave one of them out"),
            ("--rows 1 extra", "extra: an unexpected argument, and no command; leave it out"),
            ("extra", "extra: an unexpected argument, and no command; leave it out"),
            ("chekc x", "chekc: there is no such command; did you mean check?"),
            ("check", "<COPY>...: not provided; add it"),
            ("load", "<SOURCE>... <DATABASE>: not provided; add them"),
            ("check --classes 3 x", "--rows <N>: not provided; add it"),
            (
                "check --dataset a --rows 1 --classes 3 x",
                "--dataset <PATH>: cannot be combined with --rows <N> --classes <K>; leave one of them out",
            ),
        ] {
            let error = Flags::try_parse_from(std::iter::once("gen").chain(arguments.split_whitespace()));
            let error = error.expect_err(arguments);
            let (what, remedy) = refusal::in_words(&error, &Flags::command(), "gen check");
            let said = format!("{what}; {}", remedy.expect("a remedy"));
            assert_eq!(said, format!("{expected} (see gen check --help)"), "gen {arguments}");
        }
    }
}
