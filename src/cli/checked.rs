//! The outcome of a check, as text and as JSON.

use indicatif::HumanCount;
use samplegen::check::AlteredExample;
use samplegen::verify::Verified;
use serde_json::{Value, json};

use super::escape::{self, cut};

/// Characters of one name or reason in the text: more say nothing to people.
const MAX_CHARACTERS: usize = 200;

/// The report for people: a line for each kind of difference, and under it the examples beyond the first.
pub fn text(verified: &Verified) -> Vec<String> {
    let report = &verified.report;
    let mut seen = format!("{} expected, {} seen", rows(report.expected), HumanCount(report.seen));
    if report.elsewhere > 0 {
        seen.push_str(&format!(" (and {} of other slices)", HumanCount(report.elsewhere)));
    }
    let mut lines = vec![seen];
    lines.extend(kinds(verified));
    for file in &verified.unreadable {
        let name = escape::name(&file.path);
        lines.push(format!("unreadable  {name}: {}", cut(&file.reason, MAX_CHARACTERS)));
    }
    if !report.narrowed_columns.is_empty() {
        lines.push(format!(
            "compared as 32-bit numbers, as the copy has them: {}",
            names(&report.narrowed_columns)
        ));
    }
    if !report.ignored_columns.is_empty() {
        lines.push(format!("not in the data set, and ignored: {}", names(&report.ignored_columns)));
    }
    let verdict = match (report.whole, report.partial) {
        (true, false) => "OK: the copy is whole",
        (true, true) => "OK: what is there is right",
        (false, false) => "FAILED: the copy is not whole",
        (false, true) => "FAILED: what is there is not all right",
    };
    lines.push(verdict.to_owned());
    lines
}

/// The lines of each kind of difference.
fn kinds(verified: &Verified) -> Vec<String> {
    let report = &verified.report;
    let times = |times: &u64| if *times == 1 { "1 time".to_owned() } else { format!("{times} times") };
    let ranges = report.lost.examples.iter().map(|range| match range.count() {
        1 => range.first().to_string(),
        count => format!("{}-{}", range.first(), range.first() + (count - 1)),
    });
    let lost = match ranges.collect::<Vec<_>>() {
        ranges if ranges.is_empty() => Vec::new(),
        ranges => vec![format!("rows {}", ranges.join(", "))],
    };
    let duplicated =
        report.duplicated.examples.iter().map(|(row, count)| format!("row {row} ({})", times(count)));
    let altered = report.altered.examples.iter().map(|altered| {
        let AlteredExample { row, column, expected, found } = altered;
        format!("row {row}, {column}: expected {expected}, found {found}")
    });
    let foreign = report.foreign.examples.iter().map(|row| format!("{}: {}", row.id, row.reason));
    let kinds = [
        ("lost", report.lost.count, lost),
        ("duplicated", report.duplicated.count, duplicated.collect()),
        ("altered", report.altered.count, altered.collect()),
        ("foreign", report.foreign.count, foreign.collect()),
    ];
    let width = kinds.iter().map(|(_, count, _)| HumanCount(*count).to_string().len()).max().unwrap_or(1);
    let mut lines = Vec::new();
    for (kind, count, examples) in kinds {
        if kind == "lost" && report.partial {
            continue;
        }
        let (mut kind, mut count) = (kind, HumanCount(count).to_string());
        if examples.is_empty() {
            lines.push(format!("{kind:<10}  {count}"));
        }
        for example in examples {
            lines.push(format!("{kind:<10}  {count:<width$}   {example}"));
            (kind, count) = ("", String::new());
        }
    }
    lines
}

/// Names of columns, as many as people read.
fn names(names: &[String]) -> String {
    const MAX_NAMES: usize = 20;
    let mut shown: Vec<_> = names.iter().take(MAX_NAMES).map(|name| cut(name, MAX_CHARACTERS)).collect();
    if names.len() > MAX_NAMES {
        shown.push(format!("and {} more", HumanCount((names.len() - MAX_NAMES) as u64)));
    }
    shown.join(", ")
}

/// The report for programs.
pub fn json(verified: &Verified) -> Value {
    json!(verified)
}

fn rows(count: u64) -> String {
    format!("{} row{}", HumanCount(count), if count == 1 { "" } else { "s" })
}
