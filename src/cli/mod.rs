//! The command: flags become a request, a request is run, and what came of it is reported.

mod bar;
mod checked;
mod escape;
mod flags;
mod manual;
mod outcome;
mod place;
mod refusal;
mod report;
mod request;
mod run;
mod signals;
mod version;
mod words;

use std::ffi::OsString;

use self::request::Request;

/// Runs the command `gen` with `arguments`, of which the first is the name of the program, and returns its exit code: 0
/// for success, 1 for a copy that is not whole, 2 for a request that is wrong, 3 for work that failed, 130 or 143 for an
/// interruption.
///
/// Results go to standard output, errors and progress to standard error. The command handles signals and, while it reads
/// files of others, panics of the whole process: it is what a program does, not a part of one.
///
/// ```
/// assert_eq!(samplegen::cli::run(["gen", "--version"].map(Into::into)), 0);
/// assert_eq!(samplegen::cli::run(["gen", "--rows", "a few"].map(Into::into)), 2);
/// ```
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let request = match flags::parse(&arguments).and_then(Request::try_from) {
        Ok(request) => request,
        Err(answer) => return report::answer(&answer, flags::want_json(&arguments)),
    };
    match run::run(&request) {
        Ok(finished) => report::finished(&finished),
        Err(error) => report::error(&request, &error),
    }
}
