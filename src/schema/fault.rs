//! What is wrong with a schema, and where.

use std::fmt;

use super::node::Position;

/// The most faults that a message lists.
const MAX_SHOWN: usize = 20;

/// One thing that is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where it is, if the schema comes from a text.
    pub at: Option<Position>,
    /// The table, if it has a name.
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// What is wrong, and the way out.
    pub message: String,
}

impl Fault {
    /// What this release does not know, and a newer one may, if that is what is wrong.
    pub(super) fn unknown(&self) -> Option<String> {
        // All such messages begin with this word, or with the key whose value is not known.
        let said = match self.message.split_once(": ") {
            Some((key, rest)) if !key.contains(' ') => rest,
            _ => &self.message,
        };
        let said = said.strip_prefix("unknown ")?;
        let what = said.split_once("; ").map_or(said, |(what, _)| what);
        let place = self.column.iter().map(|column| format!(" in column {column:?}"));
        Some(format!("unknown {what}{}", place.collect::<String>()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => write!(f, "table {table:?}, column {column:?}: ")?,
            (Some(table), None) => write!(f, "table {table:?}: ")?,
            (None, Some(column)) => write!(f, "column {column:?}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with a schema, in the order of the text, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// What the schema was read from, such as a file's name; empty if it does not come from a text.
    pub source: String,
    /// At least one.
    pub faults: Vec<Fault>,
}

impl Faults {
    /// The faults of what was read from `source`, sorted.
    pub(super) fn new(source: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.at);
        Self { source: source.to_owned(), faults }
    }

    /// The worst of them in one line: what this release does not know, or else the first.
    pub(crate) fn summary(&self) -> String {
        let unknown = self.faults.iter().find_map(Fault::unknown);
        unknown.or_else(|| self.faults.first().map(Fault::to_string)).unwrap_or_default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.faults.iter().take(MAX_SHOWN).enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            match (self.source.as_str(), fault.at) {
                ("", _) => {}
                (source, Some(at)) => write!(f, "{source}:{at}: ")?,
                (source, None) => write!(f, "{source}: ")?,
            }
            write!(f, "{fault}")?;
        }
        match self.faults.len().saturating_sub(MAX_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

/// The `known` word that `word` probably is a misspelling of.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &str| strsim::osa_distance(&word.to_lowercase(), known);
    let (distance, nearest) = known.into_iter().map(|known| (distance(known), known)).min()?;
    (distance <= nearest.len().min(word.len()) / 3 + 1 && distance < nearest.len()).then_some(nearest)
}

/// Lists words for a sentence: `a, b and c`, or with another word before the last.
pub(super) fn listed(words: &[&str], before_last: &str) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} {before_last} {last}", first.join(", ")),
        words => words.concat(),
    }
}
