//! What the flags mean together: a request that can be carried out.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use samplegen::{DataSet, FloatWidth, GenerateOptions, IdForm, Layout, Plan, RowRange, Schema};

use super::flags::{Answer, Flags, Float, Id, Seed};

/// A request to write, or only to plan, a data set.
#[derive(Debug)]
pub struct Request {
    pub plan: Plan,
    pub out: PathBuf,
    pub options: GenerateOptions,
    pub dry_run: bool,
    pub output: Output,
}

/// How results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Text,
    Json,
    Quiet,
}

impl TryFrom<Flags> for Request {
    type Error = Answer;

    fn try_from(flags: Flags) -> Result<Self, Answer> {
        let rows = RowRange::new(flags.from_row, flags.rows).ok_or_else(|| {
            wrong(format!(
                "--from-row {} and --rows {} go beyond row {}, the last there is: give fewer rows",
                flags.from_row,
                flags.rows,
                u64::MAX
            ))
        })?;
        let seed = match flags.seed {
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
        let data_set = DataSet::new(schema, rows, seed);
        let layout = Layout {
            batch_rows: flags.batch_size.unwrap_or_else(|| Layout::default_batch_rows(&data_set)),
            row_group_rows: flags.row_group_rows.unwrap_or_else(|| Layout::default_row_group_rows(&data_set)),
            compression: flags.compression,
        };
        let plan = Plan::new(data_set, layout).map_err(|error| wrong(error.to_string()))?;
        let threads = match flags.threads {
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_err(|error| {
                wrong(format!("cannot tell how many cores there are ({error}): give --threads"))
            })?,
        };
        let output = match (flags.json, flags.quiet) {
            (true, _) => Output::Json,
            (false, true) => Output::Quiet,
            (false, false) => Output::Text,
        };
        Ok(Self {
            plan,
            out: flags.out,
            options: GenerateOptions { shard: flags.shard, threads, overwrite: flags.overwrite },
            dry_run: flags.dry_run,
            output,
        })
    }
}

impl Request {
    /// How many threads it is going to run on.
    pub fn threads(&self) -> NonZeroUsize {
        self.options.threads
    }
}

fn wrong(what: String) -> Answer {
    Answer::Wrong(what)
}
