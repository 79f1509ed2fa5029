//! Files of lines: CSV and JSON Lines. Every value is read as the text that stands there, so that what
//! cannot be a number is found where it stands instead of stopping the reading.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, stdin};
use std::path::Path;
use std::sync::Arc;

use arrow::csv;
use arrow::error::ArrowError;
use arrow::json;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::value::RawValue;

use super::{BATCH_ROWS, Piece};

/// Lines are read through a buffer of this many bytes.
const BUFFER_BYTES: usize = 1 << 20;

pub(super) fn open_csv(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    let (header, lines) = first_line(path, is_stdin)?;
    // The names, read by the same rules as the lines below them.
    let (names, _) =
        csv::reader::Format::default().with_header(true).infer_schema(Cursor::new(&header), Some(0))?;
    let schema = texts(names.fields().iter().map(|field| field.name().clone()));
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: Arc::clone(&schema),
        open: Box::new(move |_| {
            let reader = csv::ReaderBuilder::new(schema)
                .with_header(true)
                .with_batch_size(BATCH_ROWS)
                .build_buffered(Cursor::new(header).chain(lines))?;
            Ok(Box::new(reader))
        }),
    })
}

pub(super) fn open_json_lines(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    let (first, lines) = first_line(path, is_stdin)?;
    let schema = texts(object_names(&first)?);
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: Arc::clone(&schema),
        open: Box::new(move |names| {
            // Only what is asked for is read: other columns may hold anything.
            let wanted = schema
                .fields()
                .iter()
                .map(|field| field.name())
                .filter(|name| names.contains(&name.as_str()));
            let reader = json::ReaderBuilder::new(texts(wanted.cloned()))
                .with_coerce_primitive(true)
                .with_batch_size(BATCH_ROWS)
                .build(Cursor::new(first).chain(lines))?;
            Ok(Box::new(reader))
        }),
    })
}

/// The first line of a file, and the rest of it.
fn first_line(path: &Path, is_stdin: bool) -> Result<(Vec<u8>, impl BufRead + Send + use<>), ArrowError> {
    let source: Box<dyn Read + Send> = if is_stdin { Box::new(stdin()) } else { Box::new(File::open(path)?) };
    let mut lines = BufReader::with_capacity(BUFFER_BYTES, source);
    let mut first = Vec::new();
    lines.read_until(b'\n', &mut first)?;
    Ok((first, lines))
}

fn texts(names: impl IntoIterator<Item = String>) -> SchemaRef {
    let fields: Vec<_> = names.into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    Arc::new(Schema::new(fields))
}

/// The names in a line that holds a JSON object; none in an empty file.
fn object_names(line: &[u8]) -> Result<Vec<String>, ArrowError> {
    if line.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let object: std::collections::BTreeMap<String, Box<RawValue>> = serde_json::from_slice(line)
        .map_err(|error| ArrowError::JsonError(format!("the first line is not a JSON object: {error}")))?;
    Ok(object.into_keys().collect())
}
