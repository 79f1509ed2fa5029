//! What the flags mean together: a request that can be carried out.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use samplegen::check::CheckOptions;
use samplegen::copy::{self, Format};
use samplegen::folder::{DESCRIPTION_NAME, FolderDescription};
use samplegen::part::origin::{Inspected, Origin};
use samplegen::{DataSet, FloatWidth, GenerateOptions, IdForm, Layout, Plan, RowRange, Schema};

use super::flags::{Answer, CheckFlags, Command, DataSetFlags, Flags, Float, GenerateFlags, Id, Seed};

/// What the command is asked to do.
#[derive(Debug)]
pub enum Request {
    Generate(GenerateRequest),
    Check(CheckRequest),
}

/// A request to write, or only to plan, a data set.
#[derive(Debug)]
pub struct GenerateRequest {
    pub plan: Plan,
    pub out: PathBuf,
    pub options: GenerateOptions,
    pub seed_was_drawn: bool,
    pub dry_run: bool,
    pub output: Output,
}

/// A request to check copies of a data set.
#[derive(Debug)]
pub struct CheckRequest {
    pub data_set: DataSet,
    pub options: CheckOptions,
    pub files: Vec<(PathBuf, Format)>,
    pub threads: NonZeroUsize,
    pub output: Output,
}

/// How results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Text,
    Json,
    Quiet,
}

impl Output {
    fn of(json: bool, quiet: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (false, true) => Self::Quiet,
            (false, false) => Self::Text,
        }
    }
}

impl TryFrom<Flags> for Request {
    type Error = Answer;

    fn try_from(flags: Flags) -> Result<Self, Answer> {
        match flags.command {
            Some(Command::Check(flags)) => check(flags).map(Self::Check),
            None => generate(flags.generate).map(Self::Generate),
        }
    }
}

fn wrong(what: String) -> Answer {
    Answer::Wrong(what)
}

fn generate(flags: GenerateFlags) -> Result<GenerateRequest, Answer> {
    let rows = flags.rows.ok_or_else(|| wrong("--rows is needed".to_owned()))?;
    let data_set = described(rows, &flags.data_set, flags.seed)?;
    let layout = Layout {
        batch_rows: flags.batch_size.unwrap_or_else(|| Layout::default_batch_rows(&data_set)),
        row_group_rows: flags.row_group_rows.unwrap_or_else(|| Layout::default_row_group_rows(&data_set)),
        compression: flags.compression,
    };
    let plan = Plan::new(data_set, layout).map_err(|error| wrong(error.to_string()))?;
    let threads = threads(flags.threads)?;
    Ok(GenerateRequest {
        plan,
        out: flags.out,
        options: GenerateOptions { shard: flags.shard, threads, overwrite: flags.overwrite },
        seed_was_drawn: flags.seed == Seed::Random,
        dry_run: flags.dry_run,
        output: Output::of(flags.json, flags.quiet),
    })
}

fn described(rows: u64, flags: &DataSetFlags, seed: Seed) -> Result<DataSet, Answer> {
    let rows = RowRange::new(flags.from_row, rows).ok_or_else(|| {
        wrong(format!(
            "--from-row {} and --rows {rows} go beyond row {}, the last there is: give fewer rows",
            flags.from_row,
            u64::MAX
        ))
    })?;
    let seed = match seed {
        Seed::Given(seed) => seed,
        Seed::Random => rand::random(),
    };
    let id = match flags.id {
        Id::Text => IdForm::Text,
        Id::Binary => IdForm::Binary,
    };
    let float = match flags.float {
        Float::F64 => FloatWidth::F64,
        Float::F32 => FloatWidth::F32,
    };
    let classes = usize::try_from(flags.classes).unwrap_or(usize::MAX);
    let schema = Schema::classifier(classes, id, float)
        .map_err(|error| wrong(format!("--classes {}: {error}: give fewer classes", flags.classes)))?;
    Ok(DataSet::new(schema, rows, seed))
}

fn threads(given: Option<NonZeroUsize>) -> Result<NonZeroUsize, Answer> {
    match given {
        Some(threads) => Ok(threads),
        None => std::thread::available_parallelism().map_err(|error| {
            wrong(format!("cannot tell how many cores there are ({error}): give --threads"))
        }),
    }
}

fn check(flags: CheckFlags) -> Result<CheckRequest, Answer> {
    if flags.copies.iter().filter(|copy| copy.as_os_str() == "-").count() > 1 {
        return Err(wrong("-: standard input can be read only once".to_owned()));
    }
    let mut files = Vec::new();
    for copy in &flags.copies {
        files.extend(copy_files(copy, flags.format)?);
    }
    let data_set = match (&flags.dataset, flags.rows) {
        (Some(path), _) => description_at(path)?,
        (None, Some(rows)) => {
            if flags.seed == Seed::Random {
                return Err(wrong(
                    "--seed random describes no data set: give the number that was drawn".to_owned(),
                ));
            }
            described(rows, &flags.data_set, flags.seed)?
        }
        (None, None) => description_of_copies(&flags.copies, &files)?,
    };
    let slice = flags.shard.parts(data_set.rows().count());
    let options = CheckOptions {
        rows: data_set.rows().slice(slice.start, slice.end - slice.start),
        columns: flags.columns,
        tolerance_ulps: flags.tolerance,
        partial: flags.partial,
        example_limit: usize::try_from(flags.limit).unwrap_or(usize::MAX),
    };
    let threads = threads(flags.threads)?;
    Ok(CheckRequest { data_set, options, files, threads, output: Output::of(flags.json, flags.quiet) })
}

/// The files that make up a copy, each with its format.
fn copy_files(copy: &Path, format: Option<Format>) -> Result<Vec<(PathBuf, Format)>, Answer> {
    const GIVE_FORMAT: &str = "give --format parquet, csv, jsonl or arrow";
    let name = copy.display();
    if copy.is_dir() {
        let format = format.unwrap_or(Format::Parquet);
        let files = copy::files(copy, format).map_err(|error| wrong(format!("{name}: {error}")))?;
        if files.is_empty() {
            return Err(wrong(format!("{name}: there are no files of that format in it: {GIVE_FORMAT}")));
        }
        return Ok(files.into_iter().map(|path| (path, format)).collect());
    }
    if copy.as_os_str() != "-" && !copy.exists() {
        return Err(wrong(format!("{name}: there is no such file or folder")));
    }
    match format.or_else(|| Format::of_path(copy)) {
        Some(Format::Parquet) if copy.as_os_str() == "-" => {
            Err(wrong("-: Parquet cannot be read from a stream: save it to a file first".to_owned()))
        }
        Some(format) => Ok(vec![(copy.to_owned(), format)]),
        None => Err(wrong(format!("{name}: its name does not tell its format: {GIVE_FORMAT}"))),
    }
}

/// The data set that is described by the folder, the description or the part at `path`.
fn description_at(path: &Path) -> Result<DataSet, Answer> {
    let found = if path.is_dir() {
        match description_in(path)? {
            Some(data_set) => Some(data_set),
            None => described_by_parts(path)?,
        }
    } else if Format::of_path(path) == Some(Format::Parquet) {
        described_by_part(path)?
    } else {
        Some(read_description(path)?)
    };
    found.ok_or_else(|| wrong(format!("{}: it does not describe a data set of gen", path.display())))
}

fn description_in(folder: &Path) -> Result<Option<DataSet>, Answer> {
    let path = folder.join(DESCRIPTION_NAME);
    if path.exists() { read_description(&path).map(Some) } else { Ok(None) }
}

fn read_description(path: &Path) -> Result<DataSet, Answer> {
    let description = FolderDescription::read(path).map_err(|error| {
        wrong(format!("{}: it does not describe a data set of gen: {error}", path.display()))
    })?;
    Ok(description.data_set)
}

fn described_by_parts(folder: &Path) -> Result<Option<DataSet>, Answer> {
    let files = copy::files(folder, Format::Parquet)
        .map_err(|error| wrong(format!("{}: {error}", folder.display())))?;
    for file in files {
        if let Some(data_set) = described_by_part(&file)? {
            return Ok(Some(data_set));
        }
    }
    Ok(None)
}

fn described_by_part(path: &Path) -> Result<Option<DataSet>, Answer> {
    match Origin::inspect(path) {
        Ok(Inspected::Part(origin)) => Ok(Some(origin.data_set)),
        Ok(Inspected::Foreign | Inspected::Unreadable) => Ok(None),
        Err(error) => Err(wrong(format!("{}: {error}", path.display()))),
    }
}

/// The data set that the copies themselves say they are of.
fn description_of_copies(copies: &[PathBuf], files: &[(PathBuf, Format)]) -> Result<DataSet, Answer> {
    let mut found: Option<(PathBuf, DataSet)> = None;
    let mut agree = |path: &Path, data_set: DataSet| match &found {
        Some((other, known)) if *known != data_set => Err(wrong(format!(
            "{} and {} are of different data sets: give --dataset or check them one by one",
            other.display(),
            path.display()
        ))),
        Some(_) => Ok(()),
        None => {
            found = Some((path.to_owned(), data_set));
            Ok(())
        }
    };
    for copy in copies.iter().filter(|copy| copy.is_dir()) {
        if let Some(data_set) = description_in(copy)? {
            agree(copy, data_set)?;
        }
    }
    for (path, format) in files {
        if *format == Format::Parquet
            && let Some(data_set) = described_by_part(path)?
        {
            agree(path, data_set)?;
        }
    }
    let (_, data_set) = found.ok_or_else(|| {
        wrong("the copies do not say which data set they are of: give --dataset PATH, or --rows and the other flags \
               that it was generated with"
            .to_owned())
    })?;
    Ok(data_set)
}
