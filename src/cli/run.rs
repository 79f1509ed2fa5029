//! Carrying a request out: watched by a progress bar, stopped by signals.

use samplegen::{Error, Generated, Progress, generate};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::bar;
use super::request::{Output, Request};

/// What came of a request.
#[derive(Debug)]
pub enum RunResult {
    /// It asked for the plan only.
    Planned,
    /// The data set is written.
    Generated(Generated),
}

/// Runs `request`.
///
/// # Errors
///
/// If it cannot be carried out, fails, or is stopped by a signal.
pub fn run(request: &Request) -> Result<RunResult, Error> {
    if request.dry_run {
        return Ok(RunResult::Planned);
    }
    let progress = Progress::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // Fails for signals that a program may not handle, and these are none of them.
        let registered = signal_hook::flag::register_usize(signal, progress.stop_flag(), signal as usize);
        debug_assert!(registered.is_ok());
    }
    let write = || generate(&request.plan, &request.out, request.options, &progress);
    let generated = match request.output {
        Output::Quiet => write(),
        Output::Text | Output::Json => bar::watched(&progress, row_bytes(request), write),
    };
    generated.map(RunResult::Generated)
}

fn row_bytes(request: &Request) -> u64 {
    request.plan.data_set().schema().plain_row_bytes()
}
