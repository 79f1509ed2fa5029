//! Writing a data set: the plan's parts on all workers, each from pages to a published file.

use std::collections::BTreeSet;
use std::num::{NonZeroU64, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fmt, io};

use rayon::prelude::*;

use crate::compression::Compression;
use crate::folder::{Contents, DESCRIPTION_NAME, DataSetFolder, FolderError, free_bytes};
use crate::part::PartError;
use crate::part::sizes::PartSizes;
use crate::part::writer::PartWriter;
use crate::plan::{Part, Plan, Plans, Shard};
use crate::progress::{Progress, RowTotal, Stopped, Work};
use crate::reason::{panic_message, plain_reason};
use crate::remedy::{ErrorKind, Remedy};
use crate::workers::{self, ThreadsError};

/// Why a data set was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The folder cannot be written to.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The disk has less room than what is to be written takes.
    #[error("{}: no room: {shortage}", path.display())]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// How much is needed and free.
        shortage: Shortage,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file could not be encoded.
    #[error("{}: {}", path.display(), plain_reason(source))]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the parquet crate says.
        source: parquet::errors::ParquetError,
    },
    /// There are no threads to work on.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// A worker thread panicked: a bug.
    #[error("{}: writing it failed from within: {message} (a bug of gen: please report it)", path.display())]
    Panicked {
        /// The file it was working on.
        path: PathBuf,
        /// What the panic said.
        message: String,
    },
    /// The work was told to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl GenerateError {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Folder(error) => error.kind(),
            Self::NoRoom { .. } => ErrorKind::Request,
            Self::Io { .. } | Self::Parquet { .. } | Self::Threads(_) | Self::Panicked { .. } => {
                ErrorKind::Work
            }
            Self::Stopped(_) => ErrorKind::Stopped,
        }
    }

    /// The ways out, any one of which will do; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Folder(error) => error.remedies(),
            Self::NoRoom { .. } => vec![Remedy::FreeSpace, Remedy::AnotherFolder, Remedy::Force],
            Self::Threads(_) => vec![Remedy::FewerThreads],
            Self::Io { .. } | Self::Parquet { .. } | Self::Panicked { .. } | Self::Stopped(_) => Vec::new(),
        }
    }

    /// The request to stop, if that is why the work ended.
    pub fn stopped(&self) -> Option<Stopped> {
        match self {
            Self::Stopped(stopped) | Self::Folder(FolderError::Stopped(stopped)) => Some(*stopped),
            _ => None,
        }
    }
}

/// How a data set is written; nothing of it changes what is written.
#[derive(Clone, Copy, Debug)]
pub struct GenerateOptions {
    /// The parts to write.
    pub shard: Shard,
    /// Worker threads.
    pub threads: NonZeroUsize,
    /// Whether files of `gen` that are in the way are replaced.
    pub overwrite: bool,
    /// Whether the run waits until the disk has what it wrote: then a power loss takes nothing of a data set that was
    /// reported as written, and tears no part under its final name.
    pub durable: bool,
    /// Whether the run begins although the disk has less room than what is missing takes.
    pub force: bool,
    /// Called before the first byte is written, if the disk has less room than what is missing takes before compression,
    /// and the run begins all the same: it is forced, or may fit when it is compressed.
    pub on_shortage: fn(Shortage),
}

impl GenerateOptions {
    /// All parts on `threads` threads: nothing is replaced, waited for, or warned of.
    pub fn on_threads(threads: NonZeroUsize) -> Self {
        Self {
            shard: Shard::WHOLE,
            threads,
            overwrite: false,
            durable: false,
            force: false,
            on_shortage: |_| {},
        }
    }
}

/// A disk that has less room than what is missing takes before compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Bytes of what is missing, before compression.
    pub needed_bytes: u128,
    /// Bytes that the file system has for this user, those that the run frees included.
    pub free_bytes: u64,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} are needed and {} are free",
            ByteCount(self.needed_bytes),
            ByteCount(self.free_bytes.into())
        )
    }
}

/// A number of bytes, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteCount(pub u128);

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u64::try_from(self.0) {
            Ok(1) => f.write_str("1 byte"),
            Ok(count @ 0..1_000) => write!(f, "{count} bytes"),
            Ok(count) => {
                const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
                let power = count.ilog(1_000);
                write!(f, "{:.2} {}", count as f64 / 1e3_f64.powi(power as i32), UNITS[power as usize - 1])
            }
            Err(_) => write!(f, "{:.1e} bytes", self.0 as f64),
        }
    }
}

/// What a run would find and do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Each table of the run.
    pub tables: Vec<TableSurvey>,
    /// What is there and complete, and would be kept.
    pub kept: Totals,
    /// Files that would be written.
    pub missing_files: u64,
    /// Their rows.
    pub missing_rows: u64,
    /// Bytes that would be written before compression, the description included.
    pub missing_bytes: u128,
    /// Whether the disk has less room than that.
    pub shortage: Option<Shortage>,
    /// Whether a run would be refused because of that. It is not where it is forced, or where a codec makes of the
    /// values what is not known.
    pub is_refused: bool,
}

/// What a run would find of a table, and do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSurvey {
    /// What is there and complete, and would be kept.
    pub kept: Totals,
    /// Files that would be written.
    pub missing_files: u64,
    /// Their rows.
    pub missing_rows: u64,
    /// Bytes that would be written before compression.
    pub missing_bytes: u128,
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Each table of the run.
    pub tables: Vec<GeneratedTable>,
    /// What it wrote.
    pub written: Totals,
    /// What was there and complete already.
    pub kept: Totals,
    /// The paths, below the folder, of parts that were there but torn, and were written anew.
    pub rewritten: Vec<String>,
    /// The paths, below the folder, of Parquet files that `gen` did not write.
    pub foreign: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a run has done with a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GeneratedTable {
    /// What it wrote.
    pub written: Totals,
    /// What was there and complete already.
    pub kept: Totals,
}

/// Parts in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many.
    pub files: u64,
    /// Their rows.
    pub rows: u64,
    /// Their bytes on disk.
    pub bytes: u64,
}

impl Totals {
    fn plus(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            rows: self.rows + other.rows,
            bytes: self.bytes + other.bytes,
        }
    }

    fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), Self::plus)
    }
}

/// Writes the parts of the chosen tables of `plans` that are not in `folder` yet. Tables with names have folders of their
/// own in it.
///
/// # Errors
///
/// If the folder holds something else, or a file cannot be written, or `progress` is told to stop.
/// Whatever happens, every file under its final name is complete, and the same call again writes
/// what is missing.
///
/// ```
/// use std::num::NonZeroUsize;
/// use samplegen::{
///     DataSet, FloatWidth, GenerateOptions, IdForm, Layout, Compression, Plan, Progress, RowRange, Schema,
///     generate,
/// };
///
/// let schema = Schema::classifier(10, IdForm::Text, FloatWidth::F64)?;
/// let data_set = DataSet::new(schema, RowRange::new(0, 1_000).unwrap(), 0)?;
/// let layout = Layout {
///     batch_rows: Layout::default_batch_rows(&data_set),
///     row_group_rows: Layout::default_row_group_rows(&data_set),
///     compression: Compression::None,
/// };
/// let plan = Plan::new(data_set, layout)?;
/// let folder = tempfile::tempdir()?;
/// let options = GenerateOptions {
///     on_shortage: |shortage| eprintln!("only {} bytes are free", shortage.free_bytes),
///     ..GenerateOptions::on_threads(NonZeroUsize::MIN)
/// };
/// let generated = generate(&plan.into(), folder.path(), options, &Progress::default())?;
/// assert_eq!(generated.written.rows, 1_000);
/// assert!(folder.path().join("part-00000-of-00001.parquet").exists());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn generate(
    plans: &Plans,
    folder: &Path,
    options: GenerateOptions,
    progress: &Progress,
) -> Result<Generated, GenerateError> {
    let started = Instant::now();
    workers::work_on(options.threads, || {
        let path = folder;
        let folder = DataSetFolder::open(path, plans, options.shard)?;
        let mut contents = folder.contents(plans, options.shard, progress)?;
        folder.refuse_conflict(&mut contents, options.overwrite)?;
        let survey = Survey::of(plans, path, Some((&folder, &contents)), options)?;
        if let Some(shortage) = survey.shortage {
            if survey.is_refused {
                folder.abandon();
                return Err(GenerateError::NoRoom { path: path.to_owned(), shortage });
            }
            (options.on_shortage)(shortage);
        }
        folder.make_room(&mut contents, plans, options.overwrite)?;
        folder.describe(&contents, plans, options.durable)?;
        progress.begin(work(plans, &survey));

        let written = write_parts(plans, &folder, &contents, survey.missing_files, options, progress)?;
        if options.durable {
            // Those that were there may have been written without waiting.
            plans.chosen().zip(&contents.finished).try_for_each(|(plan, finished)| {
                finished.par_iter().try_for_each(|&index| {
                    progress.check()?;
                    folder.sync_file(&plan.part_path(index))
                })
            })?;
            folder.sync_file(DESCRIPTION_NAME)?;
            folder.sync()?;
        }
        let table = |(written, survey): (&Totals, &TableSurvey)| GeneratedTable {
            written: *written,
            kept: survey.kept,
        };
        Ok(Generated {
            tables: written.iter().zip(&survey.tables).map(table).collect(),
            written: Totals::sum(written),
            kept: survey.kept,
            rewritten: contents.torn,
            foreign: contents.foreign,
            elapsed: started.elapsed(),
        })
    })?
}

/// The work that is left to a run.
fn work(plans: &Plans, survey: &Survey) -> Work {
    let bits = plans.chosen().zip(&survey.tables);
    let bits: u128 =
        bits.map(|(plan, table)| u128::from(table.missing_rows) * u128::from(plan.row_bits())).sum();
    // Of an average row: rounded up, so that never more rows are done than there are.
    let row_bits = bits.div_ceil(u128::from(survey.missing_rows.max(1))) as u64;
    Work { rows: RowTotal::Exactly(survey.missing_rows), row_bits: NonZeroU64::new(row_bits) }
}

/// Writes the parts of all tables that are not finished, of which there are `missing`: what is left of one table and what
/// is to be done of the next is one list of work.
fn write_parts(
    plans: &Plans,
    folder: &DataSetFolder,
    contents: &Contents,
    missing: u64,
    options: GenerateOptions,
    progress: &Progress,
) -> Result<Vec<Totals>, GenerateError> {
    let mut tables = Vec::new();
    let mut start = 0;
    for (plan, finished) in plans.chosen().zip(&contents.finished) {
        let writer = PartWriter::new(plan, missing, progress).map_err(|source| GenerateError::Parquet {
            path: folder.file_path(&plan.part_path(0)),
            source,
        })?;
        let parts = options.shard.parts(plan.part_count());
        let count = (parts.end - parts.start) as usize;
        tables.push((start, parts.start, plan, writer, finished));
        start += count;
    }
    let none = || vec![Totals::default(); tables.len()];
    let plus = |mut all: Vec<Totals>, more: Vec<Totals>| {
        all.iter_mut().zip(more).for_each(|(all, more)| *all = all.plus(more));
        all
    };
    (0..start)
        .into_par_iter()
        // Whole parts are shared out as long as there are any; only then do threads share one.
        .with_max_len(1)
        .filter_map(|place| {
            let table = tables.partition_point(|(start, ..)| *start <= place) - 1;
            let (start, first_part, plan, writer, finished) = &tables[table];
            let index = first_part + (place - start) as u64;
            if finished.contains(&index) {
                return None;
            }
            Some(
                write_part(writer, folder, plan, plan.part(index), options.durable)
                    .map(|totals| (table, totals)),
            )
        })
        .try_fold(none, |mut all, written| {
            let (table, totals) = written?;
            all[table] = all[table].plus(totals);
            Ok(all)
        })
        .try_reduce(none, |all, more| Ok(plus(all, more)))
}

/// Looks at what [`generate`] would find, and writes nothing.
///
/// # Errors
///
/// If [`generate`] would refuse to begin for another reason than a shortage, which is part of the answer, or the folder
/// cannot be read.
pub fn survey(
    plans: &Plans,
    folder: &Path,
    options: GenerateOptions,
    progress: &Progress,
) -> Result<Survey, GenerateError> {
    let found = match DataSetFolder::look_at(folder, plans, options.shard)? {
        Some(found) => {
            let mut contents = found.contents(plans, options.shard, progress)?;
            found.refuse_conflict(&mut contents, options.overwrite)?;
            Some((found, contents))
        }
        None => None,
    };
    let found = found.as_ref().map(|(found, contents)| (found, contents));
    Survey::of(plans, folder, found, options)
}

impl Survey {
    /// What a run is going to do that finds the folder at `path` with these contents, or none.
    fn of(
        plans: &Plans,
        path: &Path,
        found: Option<(&DataSetFolder, &Contents)>,
        options: GenerateOptions,
    ) -> Result<Self, GenerateError> {
        let finished = |number: usize| {
            found.filter(|_| !options.overwrite).map(|(_, contents)| &contents.finished[number])
        };
        let tables: Vec<_> = plans
            .chosen()
            .enumerate()
            .map(|(number, plan)| TableSurvey::of(plan, path, finished(number), options.shard))
            .collect::<Result<_, _>>()?;
        let nothing = Contents::default();
        let contents = found.map_or(&nothing, |(_, contents)| contents);
        let description_bytes = contents
            .missing_description_bytes(plans)
            .map_err(|source| GenerateError::Io { path: path.to_owned(), source })?;
        let missing_bytes =
            tables.iter().map(|table| table.missing_bytes).sum::<u128>() + u128::from(description_bytes);
        let removable_bytes =
            found.map_or(0, |(folder, contents)| folder.removable_bytes(contents, plans, options.overwrite));
        let free_bytes = free_bytes(path).map(|free_bytes| free_bytes.saturating_add(removable_bytes));
        let shortage = free_bytes
            .filter(|free_bytes| u128::from(*free_bytes) < missing_bytes)
            .map(|free_bytes| Shortage { needed_bytes: missing_bytes, free_bytes });
        let is_plain = plans.chosen().all(|plan| plan.layout().compression == Compression::None);
        Ok(Self {
            kept: Totals::sum(tables.iter().map(|table| table.kept)),
            missing_files: tables.iter().map(|table| table.missing_files).sum(),
            missing_rows: tables.iter().map(|table| table.missing_rows).sum(),
            missing_bytes,
            is_refused: shortage.is_some() && is_plain && !options.force,
            shortage,
            tables,
        })
    }
}

impl TableSurvey {
    /// What a run is going to do with a table of which these parts are finished, in the folder at `path`.
    fn of(
        plan: &Plan,
        path: &Path,
        finished: Option<&BTreeSet<u64>>,
        shard: Shard,
    ) -> Result<Self, GenerateError> {
        let sizing = |error| match error {
            PartError::Io(source) => GenerateError::Io { path: path.to_owned(), source },
            PartError::Parquet(source) => GenerateError::Parquet { path: path.to_owned(), source },
            PartError::Stopped(stopped) => GenerateError::Stopped(stopped),
        };
        let parts = shard.parts(plan.part_count());
        let sizes = PartSizes::new(plan).map_err(sizing)?;
        let mut kept = Totals::default();
        let mut missing_bytes = sizes.parts(parts.clone()).map_err(sizing)?;
        for &index in finished.into_iter().flatten() {
            let path = path.join(plan.part_path(index));
            let bytes = path.metadata().map_err(|source| GenerateError::Io { path, source })?.len();
            kept = kept.plus(Totals { files: 1, rows: plan.part(index).rows.count(), bytes });
            missing_bytes -= u128::from(sizes.part(index).map_err(sizing)?);
        }
        Ok(Self {
            kept,
            missing_files: (parts.end - parts.start) - kept.files,
            missing_rows: plan.parts_rows(&parts) - kept.rows,
            missing_bytes,
        })
    }
}

fn write_part(
    writer: &PartWriter,
    folder: &DataSetFolder,
    plan: &Plan,
    part: Part,
    durable: bool,
) -> Result<Totals, GenerateError> {
    let name = plan.part_path(part.index);
    let path = || folder.file_path(&name);
    let pending = folder.create_part(&name)?;
    let write = || -> Result<u64, PartError> {
        let bytes = writer.write(part, &pending.file)?;
        if durable {
            pending.file.sync_all()?;
        }
        pending.publish()?;
        Ok(bytes)
    };
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(bytes)) => Ok(Totals { files: 1, rows: part.rows.count(), bytes }),
        Ok(Err(PartError::Io(source))) => Err(GenerateError::Io { path: path(), source }),
        Ok(Err(PartError::Parquet(source))) => Err(GenerateError::Parquet { path: path(), source }),
        Ok(Err(PartError::Stopped(stopped))) => Err(GenerateError::Stopped(stopped)),
        Err(panic) => Err(GenerateError::Panicked { path: path(), message: panic_message(&*panic) }),
    }
}
