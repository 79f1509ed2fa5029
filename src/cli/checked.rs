//! The outcome of a check, as text and as JSON.
//!
//! Nothing is said of what was not checked: rows, columns and tolerance are named wherever they are not all rows, all
//! columns and none.

use std::path::{Path, PathBuf};

use crate::RowRange;
use crate::check::{AlteredExample, Checksum, DuplicatedExample, Report, row_of_text};
use crate::count::{counted, rows};
use crate::difference::cut;
use crate::verify::Verdict;
use indicatif::HumanCount;
use serde_json::{Value, json};

use super::escape;
use super::outcome::Checked;
use super::request::CheckRequest;

/// Characters of one name or reason in the text: more say nothing to people.
const MAX_CHARACTERS: usize = 200;
/// Names in one list.
const MAX_NAMES: usize = 20;

/// The report for people: a line for each kind of difference, and under it the examples beyond the first.
pub fn text(request: &CheckRequest, checked: &Checked) -> Vec<String> {
    let report = &checked.verified.report;
    let mut seen = format!("{} expected, {} seen", rows(report.expected), HumanCount(report.seen));
    if report.elsewhere > 0 {
        seen.push_str(&format!(" (and {} of other slices)", HumanCount(report.elsewhere)));
    }
    let mut lines = vec![seen];
    lines.extend(kinds(checked));
    for place in &checked.verified.unreadable {
        lines.push(format!("unreadable  {}: {}", shown(&place.path), cut(&place.reason, MAX_CHARACTERS)));
    }
    lines.extend(line_of_not_read(&request.not_read));
    if report.reversed_ids > 0 {
        lines.push(format!(
            "the first three groups of {} are in reverse byte order, as .NET and SQL Server keep them",
            counted(report.reversed_ids, "id")
        ));
    }
    if !report.renamed_columns.is_empty() {
        let renamed = report.renamed_columns.iter().map(|name| format!("{} as {}", name.found, name.column));
        lines.push(format!("read without regard to case: {}", list(renamed)));
    }
    if !report.narrowed_columns.is_empty() {
        lines.push(format!(
            "compared as 32-bit numbers, as the copy has them: {}",
            list(&report.narrowed_columns)
        ));
    }
    if !report.ignored_columns.is_empty() {
        lines.push(format!("not in the data set, and ignored: {}", list(&report.ignored_columns)));
    }
    lines.extend(hints(checked).into_iter().map(|hint| format!("hint: {}", hint.text)));
    lines.push(verdict(checked));
    lines
}

/// The report for programs.
pub fn json(request: &CheckRequest, checked: &Checked) -> Value {
    let verified = &checked.verified;
    let mut json = json!(verified.report);
    let verdict = verified.verdict();
    (json["verdict"], json["whole"]) = verdict_json(verdict);
    if verdict == Verdict::Unknown {
        // Rows in what could not be read may be there.
        json["lost"] = Value::Null;
    }
    if verified.report.checksum.is_some() {
        // Nothing is known of them.
        for kind in ["distinct", "lost", "duplicated", "altered", "foreign"] {
            json[kind] = Value::Null;
        }
    }
    json["unreadable"] = json!(verified.unreadable);
    json["not_read"] = displayed(&request.not_read);
    let hints = hints(checked);
    json["hints"] = hints.into_iter().map(|hint| json!({ "kind": hint.kind, "text": hint.text })).collect();
    json
}

/// The line that names what is in the folders of a copy and is not read, if there is anything.
fn line_of_not_read(paths: &[PathBuf]) -> Option<String> {
    (!paths.is_empty()).then(|| format!("not read    {}", list(paths.iter().map(shown))))
}

fn displayed(paths: &[PathBuf]) -> Value {
    paths.iter().map(|path| path.display().to_string()).collect()
}

/// The reports of several tables for people, one after the other, and behind them what they come to.
pub fn text_of_tables(tables: &[(&CheckRequest, Checked)], not_read: &[PathBuf]) -> Vec<String> {
    let of_table = |(request, checked): &(&CheckRequest, Checked)| {
        let name = format!("table {:?}:", request.data_set.table().name.as_deref().unwrap_or_default());
        let indented = text(request, checked).into_iter().map(|line| format!("  {line}"));
        std::iter::once(name).chain(indented).collect::<Vec<_>>()
    };
    let mut lines: Vec<String> = tables.iter().flat_map(of_table).collect();
    let named = |verdict: Verdict| {
        let tables = tables.iter().filter(|(_, checked)| checked.verified.verdict() == verdict);
        list(tables.map(|(request, _)| request.data_set.table().name.clone().unwrap_or_default()))
    };
    lines.extend(line_of_not_read(not_read));
    let are_checked_in_full = tables.iter().all(|(_, checked)| is_of_everything(&checked.verified.report));
    lines.push(match verdict_of_tables(tables) {
        Verdict::Whole if !are_checked_in_full => {
            format!(
                "OK: all {} are right, as far as they were checked",
                counted(tables.len() as u64, "table")
            )
        }
        Verdict::Whole => format!("OK: all {} are right", counted(tables.len() as u64, "table")),
        Verdict::Different => format!("FAILED: not all tables are right: {}", named(Verdict::Different)),
        Verdict::Unknown => format!("UNKNOWN: the system could not read all of {}", named(Verdict::Unknown)),
    });
    lines
}

/// The reports of several tables for programs.
pub fn json_of_tables(tables: &[(&CheckRequest, Checked)], not_read: &[PathBuf]) -> Value {
    let of_table = |(request, checked): &(&CheckRequest, Checked)| {
        let mut report = json(request, checked);
        report["table"] = json!(request.data_set.table().name);
        report
    };
    let verdict = verdict_of_tables(tables);
    let (verdict, whole) = verdict_json(verdict);
    json!({
        "tables": tables.iter().map(of_table).collect::<Vec<_>>(),
        "not_read": displayed(not_read),
        "verdict": verdict,
        "whole": whole,
    })
}

/// What the reports of several tables come to. A difference that was found is one, whatever could not be read elsewhere.
pub fn verdict_of_tables(tables: &[(&CheckRequest, Checked)]) -> Verdict {
    let has = |verdict| tables.iter().any(|(_, checked)| checked.verified.verdict() == verdict);
    let worst = [Verdict::Different, Verdict::Unknown].into_iter().find(|verdict| has(*verdict));
    worst.unwrap_or(Verdict::Whole)
}

fn verdict_json(verdict: Verdict) -> (Value, Value) {
    match verdict {
        Verdict::Whole => (json!("whole"), json!(true)),
        Verdict::Different => (json!("different"), json!(false)),
        Verdict::Unknown => (json!("unknown"), Value::Null),
    }
}

/// The lines of each kind of difference; without a key, of the checksums.
fn kinds(checked: &Checked) -> Vec<String> {
    let report = &checked.verified.report;
    if let Some(Checksum { expected, found }) = report.checksum {
        return vec![format!("checksum    expected {expected:032x}, found {found:032x}")];
    }
    // Of one file everybody knows its name.
    let file_of = |file: &Option<PathBuf>, word: &str| match file {
        Some(file) if checked.verified.places > 1 => format!("{word} {}", shown(file)),
        _ => String::new(),
    };
    let ranges = report.lost.examples.iter().map(|range| match range.count() {
        1 => range.first().to_string(),
        count => format!("{}-{}", range.first(), range.first() + (count - 1)),
    });
    let lost = match ranges.collect::<Vec<_>>() {
        ranges if ranges.is_empty() => Vec::new(),
        ranges => vec![format!("rows {}", ranges.join(", "))],
    };
    let duplicated = report.duplicated.examples.iter().map(|duplicated| {
        let DuplicatedExample { row, times, file } = duplicated;
        format!("row {row} ({} times{})", HumanCount(*times), file_of(file, ", again in"))
    });
    let altered = report.altered.examples.iter().map(|altered| {
        let AlteredExample { row, column, expected, found, orphan_of, file } = altered;
        let orphan = orphan_of.as_ref().map(|table| format!(", an orphan: no row of {table:?} has it"));
        let orphan = orphan.unwrap_or_default();
        format!("row {row}{}, {column}: expected {expected}, found {found}{orphan}", file_of(file, " in"))
    });
    let foreign = report
        .foreign
        .examples
        .iter()
        .map(|row| format!("{}{}: {}", row.id, file_of(&row.file, " in"), row.reason));
    let is_known = checked.verified.verdict() != Verdict::Unknown;
    let count = |count: u64| HumanCount(count).to_string();
    let kinds = [
        ("lost", if is_known { count(report.lost.count) } else { "unknown".to_owned() }, lost),
        ("duplicated", count(report.duplicated.count), duplicated.collect()),
        ("altered", count(report.altered.count), altered.collect()),
        ("foreign", count(report.foreign.count), foreign.collect()),
    ];
    let width = kinds.iter().map(|(_, count, _)| count.len()).max().unwrap_or(1);
    let mut lines = Vec::new();
    for (mut kind, mut count, examples) in kinds {
        if kind == "lost" && report.partial {
            continue;
        }
        if examples.is_empty() || kind == "lost" && !is_known {
            lines.push(format!("{kind:<10}  {count}"));
            continue;
        }
        for example in examples {
            lines.push(format!("{kind:<10}  {count:<width$}   {example}"));
            (kind, count) = ("", String::new());
        }
    }
    lines
}

/// What is known of the rows that were checked, and what was checked of them.
fn verdict(checked: &Checked) -> String {
    let report = &checked.verified.report;
    let scope = &report.scope;
    let is_slice = scope.rows != scope.of_rows;
    let slice = slice(scope.rows, scope.of_rows);
    let (copy, are) = if is_slice { (slice.as_str(), "are") } else { ("the copy", "is") };
    let said = match checked.verified.verdict() {
        Verdict::Unknown => {
            let unreadable = checked.verified.unreadable.iter().filter(|place| place.system);
            let names = list(unreadable.map(|place| shown(&place.path)));
            format!("UNKNOWN: the system could not read {names}, so nothing is known of the rows in it")
        }
        Verdict::Different if report.seen == 0 && report.saw_nothing() => {
            "FAILED: no rows were seen".to_owned()
        }
        Verdict::Different if report.saw_nothing() => "FAILED: no row of the data set was seen".to_owned(),
        Verdict::Different if report.partial => "FAILED: some rows are wrong".to_owned(),
        Verdict::Different => format!("FAILED: {copy} {are} not whole"),
        Verdict::Whole if report.partial => {
            let (distinct, expected) = (HumanCount(report.distinct), rows(report.expected));
            let (were, they_are) = if report.distinct == 1 { ("was", "it is") } else { ("were", "they are") };
            format!("OK: {distinct} of {expected} {were} seen, and {they_are} right")
        }
        Verdict::Whole => format!("OK: {copy} {are} whole"),
    };
    let mut limits = Vec::new();
    if is_slice && !said.contains(&slice) {
        limits.push(format!("{slice} checked"));
    }
    if !scope.all_columns {
        limits.push(format!("{} checked", list(&scope.columns)));
    }
    if report.checksum.is_some() {
        limits.push(match report.whole {
            true => "compared by checksum, since no column identifies rows".to_owned(),
            false => "no column identifies rows, so the check cannot tell which ones differ".to_owned(),
        });
    }
    if scope.tolerance_ulps > 0 {
        limits.push(format!("numbers within {} ulp", HumanCount(scope.tolerance_ulps)));
    }
    if !report.narrowed_columns.is_empty() {
        limits.push("numbers compared in 32 bits where the copy has 32".to_owned());
    }
    if limits.is_empty() { said } else { format!("{said} ({})", limits.join("; ")) }
}

/// Whether all rows and all columns were checked, to the bit.
fn is_of_everything(report: &Report) -> bool {
    let scope = &report.scope;
    let is_to_the_bit = scope.tolerance_ulps == 0 && report.narrowed_columns.is_empty();
    !report.partial && scope.rows == scope.of_rows && scope.all_columns && is_to_the_bit
}

/// The rows that were checked, of those that there are.
fn slice(rows: RowRange, of: RowRange) -> String {
    let all = HumanCount(of.count());
    match rows.count() {
        0 => format!("none of {all} rows"),
        1 => format!("row {} of {all}", HumanCount(rows.first())),
        count => {
            format!("rows {}-{} of {all}", HumanCount(rows.first()), HumanCount(rows.first() + (count - 1)))
        }
    }
}

/// Why a copy is as it is, where that is evident.
struct Hint {
    kind: &'static str,
    text: String,
}

fn hints(checked: &Checked) -> Vec<Hint> {
    let (verified, report) = (&checked.verified, &checked.verified.report);
    let mut hints = Vec::new();
    if report.is_all_foreign() {
        let fits =
            |id: &str| checked.described.iter().find(|(_, data_set)| row_of_text(data_set, id).is_some());
        hints.push(match report.foreign.examples.iter().find_map(|row| fits(&row.id)) {
            Some((place, data_set)) => Hint {
                kind: "other_data_set",
                text: format!(
                    "all ids are foreign, and are those of the data set that {} names: seed {}, {} from row {}",
                    shown(place),
                    data_set.seed(),
                    rows(data_set.rows().count()),
                    data_set.rows().first()
                ),
            },
            None => Hint {
                kind: "all_ids_foreign",
                text: "all ids are foreign: is this another seed, or another data set?".to_owned(),
            },
        });
    }
    for (first, second) in &verified.same_files {
        hints.push(Hint {
            kind: "same_file",
            text: format!("{} and {} are the same file", shown(first), shown(second)),
        });
    }
    let duplicated = &report.duplicated;
    if duplicated.count > 0 && duplicated.count == report.distinct && verified.same_files.is_empty() {
        let times = if duplicated.surplus == report.distinct { "twice" } else { "more than once" };
        hints.push(Hint {
            kind: "every_row_repeated",
            text: format!("every row that came is there {times}: was the copy loaded or given {times}?"),
        });
    }
    let altered = &report.altered;
    let are_most = altered.count > report.distinct / 2;
    if are_most && altered.by_column.len() > 1 && altered.by_column.len() + 1 == report.scope.columns.len() {
        hints.push(Hint {
            kind: "most_rows_altered",
            text: "most rows are altered, in every column: is this another seed, or another data set?"
                .to_owned(),
        });
    }
    for folder in &checked.being_written {
        hints.push(Hint {
            kind: "being_written",
            text: format!(
                "another gen is writing to {}: rows that are not in complete files yet count as lost",
                shown(folder)
            ),
        });
    }
    hints
}

/// Names, as many as people read.
pub(super) fn list<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let mut shown: Vec<_> =
        names.by_ref().take(MAX_NAMES).map(|name| cut(name.as_ref(), MAX_CHARACTERS)).collect();
    match names.count() {
        0 => {}
        more => shown.push(format!("and {} more", HumanCount(more as u64))),
    }
    shown.join(", ")
}

pub(super) fn shown(path: impl AsRef<Path>) -> String {
    escape::name(path.as_ref())
}
