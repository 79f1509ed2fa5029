//! `gen`: reproducible synthetic data sets as Parquet, in parallel.

use std::process::ExitCode;

fn main() -> ExitCode {
    samplegen::cli::run(std::env::args_os()).into()
}
