//! Carrying a request out: watched by a progress bar, stopped by signals.

use std::sync::Arc;

use samplegen::verify::{Verified, verify};
use samplegen::{Check, Error, Generated, Progress, generate};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

use super::bar;
use super::request::{CheckRequest, GenerateRequest, Output, Request};

/// What came of a request.
#[derive(Debug)]
pub enum Finished<'a> {
    /// It asked for the plan only.
    Planned(&'a GenerateRequest),
    /// The data set is written.
    Generated(&'a GenerateRequest, Generated),
    /// The copies are checked.
    Checked(&'a CheckRequest, Verified),
}

/// Runs `request`.
///
/// # Errors
///
/// If it cannot be carried out, fails, or is stopped by a signal.
pub fn run(request: &Request) -> Result<Finished<'_>, Error> {
    Ok(match request {
        Request::Generate(request) if request.dry_run => Finished::Planned(request),
        Request::Generate(request) => Finished::Generated(request, run_generate(request)?),
        Request::Check(request) => Finished::Checked(request, run_check(request)?),
    })
}

fn run_generate(request: &GenerateRequest) -> Result<Generated, Error> {
    let row_bytes = request.plan.data_set().schema().plain_row_bytes();
    watched(request.output, row_bytes, |progress| {
        generate(&request.plan, &request.out, request.options, progress)
    })
}

fn run_check(request: &CheckRequest) -> Result<Verified, Error> {
    let check = Check::new(&request.data_set, request.options.clone())
        .map_err(|source| Error::Check { path: request.files[0].0.clone(), source })?;
    // A copy may be damaged in ways that its decoder does not expect; the report says so, once.
    std::panic::set_hook(Box::new(|_| {}));
    let verified =
        watched(request.output, 1, |progress| verify(&check, &request.files, request.threads, progress));
    drop(std::panic::take_hook());
    verified
}

/// Does `work`, which signals stop, behind a progress bar unless nothing is to be shown.
fn watched<R>(output: Output, row_bytes: u64, work: impl FnOnce(&Progress) -> R) -> R {
    let progress = Progress::default();
    for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)) {
        // Fails for signals that a program may not handle, and these are none of them.
        let registered = signal_hook::flag::register_usize(signal, progress.stop_flag(), signal as usize);
        debug_assert!(registered.is_ok());
    }
    // A file that grows too large is an error of writing it, and no reason to die.
    let registered = signal_hook::flag::register(SIGXFSZ, Arc::default());
    debug_assert!(registered.is_ok());
    match output {
        Output::Quiet => work(&progress),
        Output::Text | Output::Json => bar::watched(&progress, row_bytes, || work(&progress)),
    }
}

/// Whether whoever started this process made it ignore `signal`, as `nohup` does. It stays so.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}
