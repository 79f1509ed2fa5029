//! What the command says: results to standard output, errors to standard error, and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use indicatif::{DecimalBytes, HumanCount};
use samplegen::{Error, ErrorKind, Generated};
use serde_json::json;

use super::flags::Answer;
use super::request::{Output, Request};
use super::run::RunResult;

const WRONG_REQUEST: u8 = 2;
const WORK_FAILED: u8 = 3;
/// A command that a signal has ended reports this and the signal's number.
const SIGNALLED: u8 = 128;

/// Says what there is to say instead of running a request.
pub fn answer(answer: &Answer) -> ExitCode {
    match answer {
        Answer::Wanted(text) => print(text.trim_end()),
        Answer::Wrong(what) => {
            complain(what);
            ExitCode::from(WRONG_REQUEST)
        }
    }
}

/// Says why a request was not carried out.
pub fn error(request: &Request, error: &Error) -> ExitCode {
    match (error.kind(), error) {
        (_, Error::Stopped(stopped)) => {
            let out = request.out.display();
            complain(&format!(
                "interrupted: complete files stay in {out}, and the same command goes on from there"
            ));
            ExitCode::from(
                u8::try_from(stopped.reason).map_or(WORK_FAILED, |signal| SIGNALLED.saturating_add(signal)),
            )
        }
        (ErrorKind::Request, _) => {
            complain(&error.to_string());
            ExitCode::from(WRONG_REQUEST)
        }
        (ErrorKind::Work | ErrorKind::Stopped, _) => {
            complain(&format!("{error}; complete files are kept, and the same command goes on from there"));
            ExitCode::from(WORK_FAILED)
        }
    }
}

/// Says what came of a request.
pub fn result(request: &Request, result: &RunResult) -> ExitCode {
    match (request.output, result) {
        (Output::Quiet, _) => ExitCode::SUCCESS,
        (Output::Json, RunResult::Planned) => print(&planned_json(request).to_string()),
        (Output::Json, RunResult::Generated(generated)) => {
            print(&generated_json(request, generated).to_string())
        }
        (Output::Text, RunResult::Planned) => print(&planned_text(request)),
        (Output::Text, RunResult::Generated(generated)) => {
            for name in &generated.rewritten {
                complain(&format!("{}: was torn, and is written anew", request.out.join(name).display()));
            }
            for name in &generated.foreign {
                complain(&format!(
                    "{}: not written by gen, and left alone",
                    request.out.join(name).display()
                ));
            }
            print(&generated_text(request, generated))
        }
    }
}

fn generated_text(request: &Request, generated: &Generated) -> String {
    let out = request.out.display();
    let (written, kept) = (generated.written, generated.kept);
    let seed = request.plan.data_set().seed();
    if written.files == 0 {
        let what =
            if request.options.shard.is_whole() { "this data set".to_owned() } else { shard_text(request) };
        return format!(
            "{out} holds {what} already: {} in {}, {}, seed {seed}; nothing to do",
            rows(kept.rows),
            files(kept.files),
            DecimalBytes(kept.bytes),
        );
    }
    let seconds = generated.elapsed.as_secs_f64();
    let mut text = format!(
        "{} in {}, {}, seed {seed}, in {seconds:.3} s: {}/s, {}/s\n{out}/{}",
        rows(written.rows),
        files(written.files),
        DecimalBytes(written.bytes),
        rows((written.rows as f64 / seconds) as u64),
        DecimalBytes((written.bytes as f64 / seconds) as u64),
        name_pattern(request),
    );
    if !request.options.shard.is_whole() {
        text.push_str(&format!(": {}", shard_text(request)));
    }
    if kept.files > 0 {
        text.push_str(&format!("\n{} were complete already, and kept", files(kept.files)));
    }
    text
}

fn shard_text(request: &Request) -> String {
    format!("shard {} of this data set", request.options.shard)
}

/// The names of the run's parts, the first and the last.
fn name_pattern(request: &Request) -> String {
    let parts = request.options.shard.parts(request.plan.part_count());
    let first = request.plan.part_name(parts.start);
    match parts.end - parts.start {
        0 | 1 => first,
        _ => format!("{first} to {}", request.plan.part_name(parts.end - 1)),
    }
}

fn generated_json(request: &Request, generated: &Generated) -> serde_json::Value {
    let (written, kept) = (generated.written, generated.kept);
    let seconds = generated.elapsed.as_secs_f64();
    json!({
        "out": request.out,
        "shard": request.options.shard.to_string(),
        "threads": request.threads(),
        "rows": written.rows,
        "files": written.files,
        "bytes": written.bytes,
        "seconds": seconds,
        "rows_per_second": written.rows as f64 / seconds,
        "bytes_per_second": written.bytes as f64 / seconds,
        "kept": { "rows": kept.rows, "files": kept.files, "bytes": kept.bytes },
        "rewritten": generated.rewritten,
        "foreign": generated.foreign,
        "dataset": request.plan.data_set(),
        "layout": request.plan.layout(),
    })
}

/// A plan in numbers.
struct PlanFigures {
    rows: u64,
    files: u64,
    rows_per_file: u64,
    row_groups_per_file: u64,
    plain_bytes: u128,
    memory_bytes: u64,
}

impl PlanFigures {
    fn of(request: &Request) -> Self {
        let plan = &request.plan;
        let parts = request.options.shard.parts(plan.part_count());
        let full = plan.part(parts.start);
        let rows = plan.parts_rows(&parts);
        Self {
            rows,
            files: parts.end - parts.start,
            rows_per_file: full.rows.count(),
            row_groups_per_file: plan.row_groups(full),
            plain_bytes: plan.plain_bytes(rows),
            memory_bytes: plan.memory_bytes(request.threads()),
        }
    }
}

fn planned_text(request: &Request) -> String {
    let figures = PlanFigures::of(request);
    let data_set = request.plan.data_set();
    let compression = request.plan.layout().compression;
    format!(
        "{} from row {}, {} columns, seed {}\n\
         {} of {} each at most, in {} row groups each, compression {compression}\n\
         {} before compression\n\
         {} of memory at most, on {} threads\n\
         would be written to {}/{}; nothing is written",
        rows(figures.rows),
        data_set.rows().first(),
        data_set.schema().columns().len(),
        data_set.seed(),
        files(figures.files),
        rows(figures.rows_per_file),
        HumanCount(figures.row_groups_per_file),
        bytes(figures.plain_bytes),
        DecimalBytes(figures.memory_bytes),
        request.threads(),
        request.out.display(),
        name_pattern(request),
    )
}

fn planned_json(request: &Request) -> serde_json::Value {
    let figures = PlanFigures::of(request);
    json!({
        "dry_run": true,
        "out": request.out,
        "shard": request.options.shard.to_string(),
        "threads": request.threads(),
        "rows": figures.rows,
        "files": figures.files,
        "rows_per_file": figures.rows_per_file,
        "row_groups_per_file": figures.row_groups_per_file,
        "bytes_before_compression": figures.plain_bytes as f64,
        "memory_bytes": figures.memory_bytes,
        "dataset": request.plan.data_set(),
        "layout": request.plan.layout(),
    })
}

fn rows(count: u64) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { "row" } else { "rows" })
}

fn files(count: u64) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { "file" } else { "files" })
}

fn bytes(count: u128) -> String {
    match u64::try_from(count) {
        Ok(count) => DecimalBytes(count).to_string(),
        Err(_) => format!("{:.1e} bytes", count as f64),
    }
}

fn complain(what: &str) {
    // A closed standard error leaves nobody to complain to.
    let _ = writeln!(io::stderr(), "gen: {what}");
}

fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever was reading has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("standard output: {error}"));
            ExitCode::from(WORK_FAILED)
        }
    }
}
