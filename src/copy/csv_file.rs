//! CSV with a line of names. Every value is read as the text that stands there, so that what cannot be a
//! number is found where it stands instead of stopping the reading.

use std::io::{BufRead, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use arrow::csv;
use arrow::error::ArrowError;

use super::{BATCH_ROWS, Piece, open_bytes, text_schema};

pub(super) fn open(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    let mut bytes = open_bytes(path, is_stdin)?;
    let mut header = Vec::new();
    bytes.read_until(b'\n', &mut header)?;
    // The names, read by the same rules as the lines below them.
    let (names, _) =
        csv::reader::Format::default().with_header(true).infer_schema(Cursor::new(&header), Some(0))?;
    let schema = text_schema(names.fields().iter().map(|field| field.name().clone()));
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(Arc::clone(&schema)),
        open: Box::new(move |_| {
            let reader = csv::ReaderBuilder::new(schema)
                .with_header(true)
                .with_batch_size(BATCH_ROWS)
                .build_buffered(Cursor::new(header).chain(bytes))?;
            Ok(Box::new(reader))
        }),
    })
}
