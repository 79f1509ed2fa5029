//! What the command says: results to standard output, errors to standard error, and the exit code.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::count::{counted, rows};
use crate::difference::cut;
use crate::generate::{GenerateError, GeneratedTable, Shortage, TableSurvey};
use crate::infer::{Inferred, InferredColumn};
use crate::pages::StoredColumn;
use crate::postgres::{IfExists, LoadError, LoadSurvey, Loaded, Method, TableAction};
use crate::schema::file::EXAMPLE;
use crate::verify::Verdict;
use crate::{ByteCount, Column, Compression, Error, ErrorKind, Generated, Plan, Schema, Survey, Totals};
use indicatif::DecimalBytes;
use serde_json::json;

use super::checked;
use super::escape::{escaped, escaped_json};
use super::flags::Answer;
use super::outcome::{Checked, Finished};
use super::request::{CheckRequest, GenerateRequest, LoadRequest, LoadedRows, Output, Request};
use super::words::fact_and_remedy;

const SUCCESS: u8 = 0;
const NOT_WHOLE: u8 = 1;
const WRONG_REQUEST: u8 = 2;
const WORK_FAILED: u8 = 3;
/// A command that a signal has ended reports this and the signal's number.
const SIGNALLED: u8 = 128;

/// The kind of an error that is none: a signal has ended the command.
const INTERRUPTED: &str = "interrupted";

/// What follows an error of a dry run.
const NOTHING_CHANGED: &str = "nothing was changed";

/// An error that ends the command, as people and programs are told of it.
struct Failure {
    kind: &'static str,
    what: String,
    remedy: Option<String>,
    exit_code: u8,
}

impl Failure {
    fn request(what: String, remedy: Option<String>) -> Self {
        Self { kind: "request", what, remedy, exit_code: WRONG_REQUEST }
    }

    fn work(what: String, remedy: Option<String>) -> Self {
        Self { kind: "work", what, remedy, exit_code: WORK_FAILED }
    }

    /// One line, or one JSON object, on standard error.
    fn say(&self, as_json: bool) -> u8 {
        if as_json {
            let shown = |text: &str| without_passwords(text);
            let error = json!({
                "kind": self.kind,
                "message": shown(&self.what),
                "remedy": self.remedy.as_deref().map(shown),
                "exit_code": self.exit_code,
            });
            // A closed standard error leaves nobody to complain to.
            let _ = writeln!(io::stderr(), "{}", escaped_json(&json!({ "error": error }).to_string()));
        } else {
            match &self.remedy {
                Some(goes_on) if self.kind == INTERRUPTED => complain(&format!("{}: {goes_on}", self.what)),
                Some(remedy) => complain(&format!("{}; {remedy}", self.what)),
                None => complain(&self.what),
            }
        }
        self.exit_code
    }
}

/// Says what there is to say instead of running a request.
pub fn answer(answer: &Answer, as_json: bool) -> u8 {
    match answer {
        Answer::Wanted(text) => print(text.trim_end()),
        Answer::Wrong { what, remedy } => Failure::request(what.clone(), remedy.clone()).say(as_json),
        Answer::Faulty(faults) if as_json => Failure::request(faults.to_string(), None).say(as_json),
        Answer::Faulty(faults) => {
            // One line each: the names of the file and of columns are escaped.
            faults.to_string().lines().for_each(complain);
            WRONG_REQUEST
        }
        Answer::Failed(error) => {
            let (what, remedy) = fact_and_remedy(error);
            let failure = if error.kind() == ErrorKind::Request { Failure::request } else { Failure::work };
            failure(what, remedy).say(as_json)
        }
    }
}

/// Says why a request was not carried out.
pub fn error(request: &Request, error: &Error) -> u8 {
    let goes_on = match request {
        Request::SchemaExample | Request::SchemaFrom(..) | Request::SchemaCheck(..) => {
            NOTHING_CHANGED.to_owned()
        }
        Request::Generate(request) if request.dry_run => NOTHING_CHANGED.to_owned(),
        Request::Load(request) if request.dry_run => NOTHING_CHANGED.to_owned(),
        Request::Generate(request) => {
            let mut command = "the same command".to_owned();
            if request.options.overwrite {
                command.push_str(" without --overwrite");
            }
            if request.seed_was_drawn {
                command.push_str(&format!(" with --seed {}", request.plans.schema().seed));
            }
            format!("complete files are kept, and {command} goes on from there")
        }
        Request::Load(request) => load_goes_on(request),
        Request::Check(_) => "nothing is known of the copy".to_owned(),
    };
    let (what, remedy) = fact_and_remedy(error);
    let failure = match (error.stopped(), error.kind(), error) {
        (Some(stopped), ..) => Failure {
            kind: INTERRUPTED,
            what: INTERRUPTED.to_owned(),
            remedy: Some(goes_on),
            exit_code: u8::try_from(stopped.reason)
                .map_or(WORK_FAILED, |signal| SIGNALLED.saturating_add(signal)),
        },
        (_, ErrorKind::Request, _) => Failure::request(what, remedy),
        (_, _, Error::Load(LoadError::Unloadable { .. })) => Failure::work(what, remedy),
        (_, ErrorKind::Work | ErrorKind::Stopped, _) => {
            let remedies = remedy.into_iter().chain([goes_on]).collect::<Vec<_>>();
            Failure::work(what, Some(remedies.join("; ")))
        }
    };
    failure.say(request.output() == Output::Json)
}

/// Says what came of a request.
pub fn finished(finished: &Finished) -> u8 {
    match finished {
        Finished::Planned(request, survey) => plan(request, survey),
        Finished::Generated(request, generated) => generation(request, generated),
        Finished::SchemaExample => print(EXAMPLE.trim_end()),
        Finished::SchemaInferred(inferred, Output::Json) => print_json(&inferred_json(inferred)),
        Finished::SchemaInferred(inferred, _) => print(inferred.to_yaml().trim_end()),
        Finished::SchemaChecked(path, schema) => print(&checked_schema(path, schema)),
        Finished::PlannedLoad(request, survey) => planned_load(request, survey),
        Finished::Loaded(request, loaded) => loading(request, loaded),
        Finished::Checked(tables, not_read) => verification(tables, not_read),
    }
}

fn checked_schema(path: &Path, schema: &Schema) -> String {
    let tables = schema.tables.iter().map(|table| {
        let name = table.name.as_ref().map_or(String::new(), |name| format!("table {name:?}, "));
        let rows = table.rows.map_or("rows not given".to_owned(), rows);
        format!("{}: {name}{}, {rows}", path.display(), counted(table.columns.len() as u64, "column"))
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn inferred_json(inferred: &Inferred) -> serde_json::Value {
    let columns = inferred.columns.iter().map(|column| match column {
        InferredColumn::Described { column, found, assumed } => {
            json!({ "name": column.name, "found": found, "assumed": assumed })
        }
        InferredColumn::LeftOut { name, reason } => json!({ "name": name, "left_out": reason }),
    });
    json!({
        "files": inferred.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        "columns": columns.collect::<Vec<_>>(),
        "schema": inferred.schema(),
    })
}

/// What becomes of a load that was cut off.
fn load_goes_on(request: &LoadRequest) -> String {
    if request.options.method != Method::Copy {
        return format!(
            "--method {} cannot go on behind rows that were sent: if the same command is refused, give --if-exists replace",
            request.options.method.name()
        );
    }
    let mut command = "the same command".to_owned();
    if request.options.if_exists == IfExists::Replace {
        command.push_str(" without --if-exists replace");
    }
    if let (LoadedRows::Generated(plan, _), true) = (&request.rows, request.seed_was_drawn) {
        command.push_str(&format!(" with --seed {}", plan.data_set().seed()));
    }
    format!("parts that are in the table are complete, and {command} goes on from there")
}

fn planned_load(request: &LoadRequest, survey: &LoadSurvey) -> u8 {
    match request.output {
        Output::Quiet => SUCCESS,
        Output::Json => print_json(&planned_load_json(request, survey)),
        Output::Text => print_lines(&planned_load_text(request, survey)),
    }
}

fn planned_load_text(request: &LoadRequest, survey: &LoadSurvey) -> Vec<String> {
    let place = format!("{}, table {}", request.database, request.table);
    if survey.parts == 0 && survey.kept_parts > 0 {
        return vec![format!("{place} holds {} already; nothing to do", these_rows(survey.kept_rows))];
    }
    let action = match survey.table {
        TableAction::Create => "the table would be made",
        TableAction::Append => "rows would be added to the table",
        TableAction::Replace => "the table would be dropped and made again",
    };
    let mut lines = vec![
        format!(
            "{} in {} would be loaded by {}",
            rows(survey.rows),
            counted(survey.parts, "part"),
            request.options.method.name()
        ),
        format!("{place}: {action}"),
    ];
    if survey.kept_rows > 0 {
        lines.push(format!("{} would be kept", rows(survey.kept_rows)));
    }
    lines.extend(survey.columns.iter().map(|column| {
        let not_null = if column.is_nullable { "" } else { " not null" };
        format!("  {} {}{not_null}", column.name, column.sql_type)
    }));
    lines
}

fn planned_load_json(request: &LoadRequest, survey: &LoadSurvey) -> serde_json::Value {
    json!({
        "dry_run": true,
        "database": request.database.to_string(),
        "table": request.table.to_string(),
        "action": match survey.table {
            TableAction::Create => "create",
            TableAction::Append => "append",
            TableAction::Replace => "replace",
        },
        "method": request.options.method.name(),
        "rows": survey.rows,
        "parts": survey.parts,
        "kept_rows": survey.kept_rows,
        "kept_parts": survey.kept_parts,
        "columns": survey.columns.iter().map(|column| json!({
            "name": column.name,
            "type": column.sql_type,
            "nullable": column.is_nullable,
        })).collect::<Vec<_>>(),
    })
}

fn loading(request: &LoadRequest, loaded: &Loaded) -> u8 {
    match request.output {
        Output::Quiet => {
            if let (LoadedRows::Generated(plan, _), true) = (&request.rows, request.seed_was_drawn) {
                complain(&format!("seed {}", plan.data_set().seed()));
            }
            SUCCESS
        }
        Output::Json => print_json(&loaded_json(request, loaded)),
        Output::Text => print(&loaded_text(request, loaded)),
    }
}

fn loaded_text(request: &LoadRequest, loaded: &Loaded) -> String {
    let place = format!("{}, table {}", request.database, request.table);
    if loaded.rows == 0 && loaded.kept_rows > 0 {
        return format!("{place} holds {} already; nothing to do", these_rows(loaded.kept_rows));
    }
    let seconds = loaded.elapsed.as_secs_f64();
    let mut text = format!(
        "{} in {seconds:.3} s: {}/s, {} over {}\n{place}",
        rows(loaded.rows),
        rows((loaded.rows as f64 / seconds) as u64),
        request.options.method.name(),
        counted(loaded.connections as u64, "connection"),
    );
    if loaded.kept_rows > 0 {
        let were = if loaded.kept_rows == 1 { "was" } else { "were" };
        text.push_str(&format!("\n{} {were} there from earlier runs, and kept", rows(loaded.kept_rows)));
    }
    if let LoadedRows::Generated(plan, _) = &request.rows {
        text.push_str(&format!("\nseed {}", plan.data_set().seed()));
    }
    text
}

fn loaded_json(request: &LoadRequest, loaded: &Loaded) -> serde_json::Value {
    let seconds = loaded.elapsed.as_secs_f64();
    let data_set = match &request.rows {
        LoadedRows::Generated(plan, _) => Some(plan.data_set()),
        LoadedRows::Files(_) => None,
    };
    json!({
        "database": request.database.to_string(),
        "table": request.table.to_string(),
        "method": request.options.method.name(),
        "connections": loaded.connections,
        "rows": loaded.rows,
        "parts": loaded.parts,
        "kept_rows": loaded.kept_rows,
        "kept_parts": loaded.kept_parts,
        "seconds": seconds,
        "rows_per_second": loaded.rows as f64 / seconds,
        "dataset": data_set,
    })
}

/// The plan, and behind it the refusal or the warning of a run that lacks room.
fn plan(request: &GenerateRequest, survey: &Survey) -> u8 {
    let said = match request.output {
        Output::Quiet => SUCCESS,
        Output::Json => print_json(&planned_json(request, survey)),
        Output::Text => print(&planned_text(request, survey)),
    };
    match survey.shortage {
        Some(shortage) if survey.is_refused => {
            let (what, remedy) =
                fact_and_remedy(&GenerateError::NoRoom { path: request.out.clone(), shortage }.into());
            Failure::request(what, remedy).say(request.output == Output::Json)
        }
        Some(shortage) if request.output != Output::Quiet => {
            announce_shortage(shortage);
            said
        }
        _ => said,
    }
}

fn generation(request: &GenerateRequest, generated: &Generated) -> u8 {
    match request.output {
        Output::Quiet => {
            if request.seed_was_drawn {
                complain(&format!("seed {}", request.plans.schema().seed));
            }
            SUCCESS
        }
        Output::Json => print_json(&generated_json(request, generated)),
        Output::Text => {
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

fn verification(tables: &[(&CheckRequest, Checked)], not_read: &[PathBuf]) -> u8 {
    let output = tables.first().map_or(Output::Quiet, |(request, _)| request.output);
    let said = match (output, tables) {
        (Output::Quiet, _) => SUCCESS,
        (Output::Json, [(request, checked)]) => print_json(&checked::json(request, checked)),
        (Output::Json, tables) => print_json(&checked::json_of_tables(tables, not_read)),
        (Output::Text, [(request, checked)]) => print_lines(&checked::text(request, checked)),
        (Output::Text, tables) => print_lines(&checked::text_of_tables(tables, not_read)),
    };
    match checked::verdict_of_tables(tables) {
        Verdict::Whole => said,
        Verdict::Different => NOT_WHOLE,
        Verdict::Unknown => WORK_FAILED,
    }
}

/// Says beforehand that the disk has less room than the files take before compression.
pub fn announce_shortage(shortage: Shortage) {
    complain(&format!(
        "{shortage}, before compression: if the disk gets full, make room and run the same command to resume"
    ));
}

/// Says that a load waits, and for whom.
pub fn announce_wait(what: &str) {
    if io::stderr().is_terminal() {
        // In place of the progress bar, which is drawn again below.
        let _ = write!(io::stderr(), "\r\x1b[2K");
    }
    complain(what);
}

/// Names what is in the folders that are loaded, and not read.
pub fn announce_left_out(paths: &[PathBuf]) {
    if !paths.is_empty() {
        let names = checked::list(paths.iter().map(checked::shown));
        complain(&format!("left out, as no Parquet files by their names: {names}"));
    }
}

/// Says beforehand how much memory a check may take, where that is much.
pub fn announce_memory(bytes: u64) {
    const MUCH: u64 = 1 << 30;
    if bytes >= MUCH {
        complain(&format!(
            "up to {} of memory for the row numbers; --shard checks a slice at a time",
            DecimalBytes(bytes)
        ));
    }
}

fn generated_text(request: &GenerateRequest, generated: &Generated) -> String {
    let out = request.out.display();
    let (written, kept) = (generated.written, generated.kept);
    let seed = request.plans.schema().seed;
    if written.files == 0 {
        let what =
            if request.options.shard.is_whole() { "this data set".to_owned() } else { shard_text(request) };
        if kept.files == 0 {
            return format!("{what} has no files: there are fewer files than shards; nothing to do");
        }
        return format!(
            "{out} holds {what} already: {} in {}, {}, seed {seed}; nothing to do",
            rows(kept.rows),
            files(kept.files),
            DecimalBytes(kept.bytes),
        );
    }
    let seconds = generated.elapsed.as_secs_f64();
    let mut text = format!(
        "{} in {}, {}, seed {seed}, in {seconds:.3} s: {}/s, {}/s",
        rows(written.rows),
        files(written.files),
        DecimalBytes(written.bytes),
        rows((written.rows as f64 / seconds) as u64),
        DecimalBytes((written.bytes as f64 / seconds) as u64),
    );
    for (plan, table) in request.plans.chosen().zip(&generated.tables) {
        text.push_str(&format!("\n{}", request.out.join(name_pattern(request, plan)).display()));
        if !request.options.shard.is_whole() {
            text.push_str(&format!(": {}", shard_text(request)));
        }
        if has_names(request) {
            text.push_str(&format!(": {} in {}", rows(table.written.rows), files(table.written.files)));
        }
    }
    if kept.files > 0 {
        let were = if kept.files == 1 { "was" } else { "were" };
        text.push_str(&format!("\n{} {were} complete already, and kept", files(kept.files)));
    }
    text
}

fn shard_text(request: &GenerateRequest) -> String {
    format!("shard {} of this data set", request.options.shard)
}

/// Whether the tables have names, and what is done with each is said.
fn has_names(request: &GenerateRequest) -> bool {
    request.plans.chosen().all(|plan| plan.data_set().table().name.is_some())
}

/// The names of the run's parts of a table, the first and the last.
fn name_pattern(request: &GenerateRequest, plan: &Plan) -> String {
    let parts = request.options.shard.parts(plan.part_count());
    let first = plan.part_path(parts.start);
    match parts.end - parts.start {
        0 | 1 => first,
        _ => format!("{first} to {}", plan.part_name(parts.end - 1)),
    }
}

fn generated_json(request: &GenerateRequest, generated: &Generated) -> serde_json::Value {
    let (written, kept) = (generated.written, generated.kept);
    let seconds = generated.elapsed.as_secs_f64();
    let mut json = json!({
        "out": request.out.display().to_string(),
        "shard": request.options.shard.to_string(),
        "threads": request.options.threads,
        "rows": written.rows,
        "files": written.files,
        "bytes": written.bytes,
        "seconds": seconds,
        "rows_per_second": written.rows as f64 / seconds,
        "bytes_per_second": written.bytes as f64 / seconds,
        "kept": totals_json(kept),
        "rewritten": generated.rewritten,
        "foreign": generated.foreign,
        "dataset": request.plans.schema(),
    });
    let tables = generated.tables.iter().map(|GeneratedTable { written, kept }| {
        json!({ "rows": written.rows, "files": written.files, "bytes": written.bytes, "kept": totals_json(*kept) })
    });
    add_tables(&mut json, request, tables);
    json
}

fn totals_json(totals: Totals) -> serde_json::Value {
    json!({ "rows": totals.rows, "files": totals.files, "bytes": totals.bytes })
}

/// Adds the layout of the only table, or what is said of each table, with its name and its layout.
fn add_tables(
    json: &mut serde_json::Value,
    request: &GenerateRequest,
    tables: impl Iterator<Item = serde_json::Value>,
) {
    let said = request.plans.chosen().zip(tables).map(|(plan, mut table)| {
        table["name"] = json!(plan.data_set().table().name);
        table["layout"] = json!(plan.layout());
        table
    });
    let said: Vec<_> = said.collect();
    match &said[..] {
        [table] if table["name"].is_null() => json["layout"] = table["layout"].clone(),
        _ => json["tables"] = said.into(),
    }
}

fn planned_text(request: &GenerateRequest, survey: &Survey) -> String {
    let mut text = String::new();
    let mut has_files = false;
    for (plan, table) in request.plans.chosen().zip(&survey.tables) {
        if let Some(name) = &plan.data_set().table().name {
            text.push_str(&format!("table {name:?}: "));
        }
        has_files |= push_planned_table(&mut text, request, plan, table);
        text.push('\n');
    }
    if !has_files {
        return text.trim_end().to_owned();
    }
    if survey.missing_files == 0 {
        text.push_str(&format!("nothing to do in {}; nothing is written", request.out.display()));
        return text;
    }
    let about = if has_exact_sizes(request) { "" } else { "about " };
    let bytes = format!("{about}{}", ByteCount(survey.missing_bytes));
    let values = match request.plans.value_bytes() {
        0 => String::new(),
        bytes => format!(", {} of it for lists of values", DecimalBytes(bytes)),
    };
    let is_plain = request.plans.chosen().all(|plan| plan.layout().compression == Compression::None);
    let first = request.plans.chosen().next();
    text.push_str(&format!(
        "{} with {}: {}\n{} of memory at most, on {}{values}\nwould be written to {}; nothing is written",
        files(survey.missing_files),
        rows(survey.missing_rows),
        if is_plain { bytes } else { format!("{bytes} before compression, an upper bound") },
        DecimalBytes(request.plans.memory_bytes(request.options.threads)),
        counted(request.options.threads.get() as u64, "thread"),
        match first {
            Some(plan) if !has_names(request) => request.out.join(name_pattern(request, plan)),
            _ => request.out.clone(),
        }
        .display(),
    ));
    text
}

/// Whether it is known to the byte how large the files are.
fn has_exact_sizes(request: &GenerateRequest) -> bool {
    request.plans.chosen().all(Plan::has_exact_sizes)
}

/// A line for each of the first columns: name, type, encoding, and how many bytes a row takes.
fn push_columns(text: &mut String, plan: &Plan) {
    const MAX_SHOWN: usize = 50;
    const MAX_NAME_CHARACTERS: usize = 30;
    let line = |(column, stored): (&Column, &StoredColumn)| {
        let nulls = column.nulls.as_ref().map(|nulls| format!(", {}% null", 100.0 * nulls.to_f64()));
        let about = if stored.has_fixed_width() { "" } else { "about " };
        let bytes = stored.row_bits() as f64 / 8.0;
        [
            escaped(&cut(&column.name, MAX_NAME_CHARACTERS)),
            format!("{}{}", column.column_type, nulls.unwrap_or_default()),
            stored.encoding_in_words(),
            if bytes.fract() == 0.0 {
                format!("{about}{bytes} B a row")
            } else {
                format!("{about}{bytes:.1} B a row")
            },
        ]
    };
    let columns = plan.data_set().columns().zip(plan.columns());
    let lines: Vec<[String; 4]> = columns.take(MAX_SHOWN).map(line).collect();
    let width = |cell: usize| lines.iter().map(|line| line[cell].chars().count()).max().unwrap_or(0);
    let (names, types, encodings) = (width(0), width(1), width(2));
    for [name, column_type, encoding, bytes] in &lines {
        text.push_str(&format!("\n  {name:names$}  {column_type:types$}  {encoding:encodings$}  {bytes}"));
    }
    match plan.columns().len().saturating_sub(MAX_SHOWN) {
        0 => {}
        more => text.push_str(&format!("\n  and {}", counted(more as u64, "more column"))),
    }
}

fn columns_json(plan: &Plan) -> serde_json::Value {
    let column = |(column, stored): (&Column, &StoredColumn)| {
        json!({
            "name": column.name,
            "type": column.column_type.to_string(),
            "encoding": stored.encoding_in_words(),
            "bytes_per_row": stored.row_bits() as f64 / 8.0,
            "bytes_are_exact": stored.has_fixed_width(),
        })
    };
    plan.data_set().columns().zip(plan.columns()).map(column).collect()
}

/// Says what is planned for a table, and whether the run has files of it.
fn push_planned_table(
    text: &mut String,
    request: &GenerateRequest,
    plan: &Plan,
    survey: &TableSurvey,
) -> bool {
    let data_set = plan.data_set();
    text.push_str(&format!(
        "{} from row {}, {}, seed {}",
        rows(data_set.rows().count()),
        data_set.rows().first(),
        counted(data_set.columns().len() as u64, "column"),
        data_set.seed()
    ));
    if request.has_schema {
        push_columns(text, plan);
    }
    let parts = request.options.shard.parts(plan.part_count());
    if parts.is_empty() {
        text.push_str(&format!("\n{} has no files: there are fewer files than shards", shard_text(request)));
        return false;
    }
    let full = plan.part(parts.start);
    text.push('\n');
    if !request.options.shard.is_whole() {
        text.push_str(&format!("{}: ", shard_text(request)));
    }
    text.push_str(&format!(
        "{} of at most {}, in {}{}, compression {}",
        files(parts.end - parts.start),
        rows(full.rows.count()),
        counted(plan.row_groups(full), "row group"),
        if parts.end - parts.start == 1 { "" } else { " each" },
        plan.layout().compression,
    ));
    if survey.kept.files > 0 {
        let are = if survey.kept.files == 1 { "is" } else { "are" };
        text.push_str(&format!(
            "\n{} with {} {are} complete already, and would be kept",
            files(survey.kept.files),
            rows(survey.kept.rows)
        ));
    }
    true
}

fn planned_json(request: &GenerateRequest, survey: &Survey) -> serde_json::Value {
    let of_table = |plan: &Plan, survey: &TableSurvey| {
        let full = plan.part(request.options.shard.parts(plan.part_count()).start);
        json!({
            "rows": survey.missing_rows,
            "files": survey.missing_files,
            "rows_per_file": full.rows.count(),
            "row_groups_per_file": plan.row_groups(full),
            "bytes": bytes_json(survey.missing_bytes),
            "bytes_are_upper_bound": plan.layout().compression != Compression::None,
            "kept": totals_json(survey.kept),
            "columns": columns_json(plan),
        })
    };
    let tables: Vec<_> =
        request.plans.chosen().zip(&survey.tables).map(|(plan, table)| of_table(plan, table)).collect();
    let mut json = json!({
        "dry_run": true,
        "out": request.out.display().to_string(),
        "shard": request.options.shard.to_string(),
        "threads": request.options.threads,
        "rows": survey.missing_rows,
        "files": survey.missing_files,
        "bytes": bytes_json(survey.missing_bytes),
        "bytes_are_upper_bound": request.plans.chosen().any(|plan| plan.layout().compression != Compression::None),
        "kept": totals_json(survey.kept),
        "bytes_are_exact": has_exact_sizes(request),
        "memory_bytes": request.plans.memory_bytes(request.options.threads),
        "value_bytes": request.plans.value_bytes(),
        "dataset": request.plans.schema(),
    });
    if let ([table], false) = (&tables[..], has_names(request)) {
        for key in ["rows_per_file", "row_groups_per_file", "columns"] {
            json[key] = table[key].clone();
        }
    }
    add_tables(&mut json, request, tables.into_iter());
    json
}

/// Beyond 64 bits, JSON has no whole numbers that its readers agree on.
fn bytes_json(bytes: u128) -> serde_json::Value {
    u64::try_from(bytes).map_or(json!(bytes as f64), |bytes| json!(bytes))
}

fn these_rows(count: u64) -> String {
    if count == 1 { "this row".to_owned() } else { format!("these {}", rows(count)) }
}

fn files(count: u64) -> String {
    counted(count, "file")
}

/// `text` with stars in the place of what may be a password: in an address, between the user's name and the host.
/// What was given in a wrong place is repeated in errors.
fn without_passwords(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, address) = rest.split_at(start + "://".len());
        shown.push_str(before);
        let end = address.find(|c: char| c.is_whitespace() || "'\"".contains(c)).unwrap_or(address.len());
        let (address, behind) = address.split_at(end);
        match address.rsplit_once('@') {
            Some((user, place)) => {
                let user = user.split_once(':').map_or(user.to_owned(), |(user, _)| format!("{user}:***"));
                shown.push_str(&format!("{user}@{place}"));
            }
            None => shown.push_str(address),
        }
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

fn complain(what: &str) {
    // A closed standard error leaves nobody to complain to.
    let _ = writeln!(io::stderr(), "gen: {}", escaped(&without_passwords(what)));
}

/// Prints lines that may quote what others wrote, each of which stays one line.
fn print_lines(lines: &[String]) -> u8 {
    let lines: Vec<_> = lines.iter().map(|line| escaped(line)).collect();
    print(&lines.join("\n"))
}

fn print_json(json: &serde_json::Value) -> u8 {
    print(&escaped_json(&json.to_string()))
}

fn print(text: &str) -> u8 {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => SUCCESS,
        // Whoever was reading has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => SUCCESS,
        Err(error) => {
            complain(&format!("standard output: {error}"));
            WORK_FAILED
        }
    }
}
