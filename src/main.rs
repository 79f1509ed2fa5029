//! `gen`: reproducible synthetic data sets as Parquet, in parallel.

mod cli;

use std::process::ExitCode;

use cli::request::Request;
use cli::{report, run};

fn main() -> ExitCode {
    let request = match cli::flags::parse(std::env::args_os()).and_then(Request::try_from) {
        Ok(request) => request,
        Err(answer) => return report::answer(&answer),
    };
    match run::run(&request) {
        Ok(finished) => report::finished(&finished),
        Err(error) => report::error(&request, &error),
    }
}
