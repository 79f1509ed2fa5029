//! JSON Lines: one object a line. Every value is read as the text that stands there, so that what cannot
//! be a number is found where it stands instead of stopping the reading. A name that a line lacks is a
//! null there.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::piece::{BATCH_ROWS, Piece};
use super::text::{Text, text_schema};

pub(super) fn open(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    let text = Text::open(path, is_stdin)?;
    // The names of all lines that the first look into the file shows.
    let names: BTreeSet<String> = text
        .head
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| line.ends_with(b"\n"))
        .filter_map(|line| serde_json::from_slice::<Object>(line).ok())
        .flat_map(|object| object.0.into_keys().map(Cow::into_owned))
        .collect();
    let bytes = text.into_bytes();
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: (!names.is_empty()).then(|| text_schema(names)),
        open: Box::new(move |names| {
            let schema = text_schema(names.iter().map(|name| (*name).to_owned()));
            Ok(Box::new(Lines { bytes, schema, line: Vec::new(), line_number: 0 }))
        }),
    })
}

/// The names in an object, and the text of their values.
#[derive(Deserialize)]
struct Object<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a RawValue>);

/// Reads batches of the columns in `schema`.
struct Lines<R> {
    bytes: R,
    schema: SchemaRef,
    line: Vec<u8>,
    line_number: u64,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}

impl<R: BufRead> Lines<R> {
    fn batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let mut columns: Vec<_> = self.schema.fields().iter().map(|_| StringBuilder::new()).collect();
        let mut rows = 0;
        while rows < BATCH_ROWS {
            self.line.clear();
            if self.bytes.read_until(b'\n', &mut self.line)? == 0 {
                break;
            }
            self.line_number += 1;
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            let quoted;
            let object = match serde_json::from_slice::<Object>(&self.line) {
                Ok(object) => object,
                Err(error) => {
                    quoted = quote_bare_words(&self.line);
                    serde_json::from_slice(&quoted)
                        .map_err(|_| ArrowError::JsonError(format!("line {}: {error}", self.line_number)))?
                }
            };
            for (column, field) in columns.iter_mut().zip(self.schema.fields()) {
                match object.0.get(field.name().as_str()).map(|value| value.get()) {
                    None | Some("null") => column.append_null(),
                    Some(text) if text.starts_with('"') => {
                        let text: Cow<str> = serde_json::from_str(text).map_err(|error| {
                            ArrowError::JsonError(format!("line {}: {error}", self.line_number))
                        })?;
                        column.append_value(text);
                    }
                    Some(text) => column.append_value(text),
                }
            }
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map(Some)
    }
}

/// The line with quotes around the words that JSON does not know: several programs write `nan`,
/// `Infinity` and the like as they are.
fn quote_bare_words(line: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(line.len() + 8);
    let mut rest = line;
    while let Some(&byte) = rest.first() {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let length = match byte {
            b'"' => string_length(rest),
            _ if is_word(&byte) => rest.iter().position(|byte| !is_word(byte)).unwrap_or(rest.len()),
            _ => 1,
        };
        let (token, behind) = rest.split_at(length);
        let is_json = byte == b'"' || !is_word(&byte) || serde_json::from_slice::<&RawValue>(token).is_ok();
        if is_json {
            quoted.extend_from_slice(token);
        } else {
            quoted.push(b'"');
            quoted.extend_from_slice(token);
            quoted.push(b'"');
        }
        rest = behind;
    }
    quoted
}

/// The length of the string that `text` begins with, with its quotes.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (index, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_json_does_not_know_are_quoted() {
        let quoted = |line: &str| String::from_utf8(quote_bare_words(line.as_bytes())).expect("UTF-8");
        assert_eq!(
            quoted(r#"{"a":nan,"b":-Infinity,"c":-1.5e-7,"d":true,"e":null,"nan":"x \" nan, y"}"#),
            r#"{"a":"nan","b":"-Infinity","c":-1.5e-7,"d":true,"e":null,"nan":"x \" nan, y"}"#
        );
        assert_eq!(quoted(r#"{"open"#), r#"{"open"#);
    }
}
