//! `gen`: reproducible synthetic data sets as Parquet, in parallel.

mod cli;

use std::process::ExitCode;

use cli::request::Request;
use cli::{flags, report, run};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let request = match flags::parse(&arguments).and_then(Request::try_from) {
        Ok(request) => request,
        Err(answer) => return report::answer(&answer, flags::want_json(&arguments)),
    };
    match run::run(&request) {
        Ok(finished) => report::finished(&finished),
        Err(error) => report::error(&request, &error),
    }
}
