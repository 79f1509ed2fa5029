//! Carrying a request out: watched by a progress bar, stopped by signals.

use std::sync::Arc;

use crate::copy::Table;
use crate::infer::infer;
use crate::postgres::{LoadSurvey, Loaded, load, survey_load};
use crate::source::{Source, SourceError};
use crate::verify::{Copies, VerifyError, verify};
use crate::{Check, Error, Generated, Progress, generate, survey};
use signal_hook::consts::SIGXFSZ;

use super::bar::Bar;
use super::outcome::{Checked, Finished};
use super::request::{CheckRequest, GenerateRequest, LoadRequest, LoadedRows, Output, Request};
use super::{report, signals};

/// Runs `request`.
///
/// # Errors
///
/// If it cannot be carried out, fails, or is stopped by a signal.
pub fn run<'a>(request: &'a Request) -> Result<Finished<'a>, Error> {
    Ok(match request {
        Request::Generate(request) if request.dry_run => {
            let found = survey(&request.plans, &request.out, request.options, &Progress::default())?;
            Finished::Planned(request, found)
        }
        Request::Generate(request) => Finished::Generated(request, run_generate(request)?),
        Request::SchemaExample => Finished::SchemaExample,
        Request::SchemaFrom(files, output) => {
            Finished::SchemaInferred(quiet_panics(|| infer(files))?, *output)
        }
        Request::SchemaCheck(path, schema) => Finished::SchemaChecked(path, schema),
        Request::Load(request) if request.dry_run => Finished::PlannedLoad(request, survey_of_load(request)?),
        Request::Load(request) => Finished::Loaded(request, run_load(request)?),
        Request::Check(checks) => {
            let check = |request: &'a CheckRequest| Ok((request, run_check(request)?));
            let tables = checks.tables.iter().map(check).collect::<Result<_, Error>>()?;
            Finished::Checked(tables, &checks.not_read)
        }
    })
}

fn run_generate(request: &GenerateRequest) -> Result<Generated, Error> {
    let (progress, bar) = (Progress::default(), Bar::new(request.output));
    signals::stop_in_order(&progress, &bar)?;
    // A file that grows too large is an error of writing it, and no reason to die.
    let registered = signal_hook::flag::register(SIGXFSZ, Arc::default());
    debug_assert!(registered.is_ok());
    let mut options = request.options;
    if request.output != Output::Quiet {
        options.on_shortage = report::announce_shortage;
    }
    Ok(bar.watch(&progress, || generate(&request.plans, &request.out, options, &progress))?)
}

fn run_load(request: &LoadRequest) -> Result<Loaded, Error> {
    let source = source(request)?;
    let (progress, bar) = (Arc::new(Progress::default()), Bar::new(request.output));
    signals::stop_in_order(&progress, &bar)?;
    let mut options = request.options;
    if request.output != Output::Quiet {
        options.on_wait = report::announce_wait;
    }
    Ok(quiet_panics(|| {
        bar.watch(&progress, || load(source, &request.database, &request.table, &options, &progress))
    })?)
}

fn survey_of_load(request: &LoadRequest) -> Result<LoadSurvey, Error> {
    let progress = Arc::new(Progress::default());
    signals::stop_in_order(&progress, &Bar::new(Output::Quiet))?;
    Ok(survey_load(&source(request)?, &request.database, &request.table, &request.options, &progress)?)
}

fn source(request: &LoadRequest) -> Result<Source, Error> {
    match &request.rows {
        LoadedRows::Generated(plan, shard) => Source::of_plan(plan, *shard)
            .map_err(|fault| SourceError { path: request.database.to_string().into(), fault }.into()),
        LoadedRows::Files(paths) => {
            let source = Source::of_files(paths)?;
            if request.output != Output::Quiet {
                report::announce_left_out(&source.left_out);
            }
            Ok(source)
        }
    }
}

fn run_check(request: &CheckRequest) -> Result<Checked, Error> {
    let check = Check::new(&request.data_set, request.options.clone())
        .map_err(|source| VerifyError::Check { path: request.first_place(), source })?;
    if request.output == Output::Text {
        report::announce_memory(check.memory_bytes());
    }
    let (progress, bar) = (Progress::default(), Bar::new(request.output));
    signals::end_at_once(&bar)?;
    let tables: Vec<&dyn Table> = request.tables.iter().map(|table| table as _).collect();
    let copies = Copies { files: &request.files, delimiter: request.delimiter, tables: &tables };
    let verified =
        quiet_panics(|| bar.watch(&progress, || verify(&check, copies, request.threads, &progress)))?;
    let is_all_foreign = verified.report.is_all_foreign();
    Ok(Checked {
        described: if is_all_foreign { request.other_descriptions() } else { Vec::new() },
        being_written: if verified.report.whole { Vec::new() } else { request.being_written() },
        verified,
    })
}

/// Does `work`, which reads what others wrote. It may be damaged in ways that its decoder does not expect; what comes
/// of the work says so, once.
fn quiet_panics<R>(work: impl FnOnce() -> R) -> R {
    std::panic::set_hook(Box::new(|_| {}));
    let done = work();
    drop(std::panic::take_hook());
    done
}
