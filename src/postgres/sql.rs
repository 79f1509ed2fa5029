//! Names and texts as SQL has them.

/// An identifier as SQL has it.
pub(super) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// A text as SQL has it, whether or not backslashes in it mean something by themselves.
pub(super) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}
