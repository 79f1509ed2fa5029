//! CSV with a line of names. Every value is read as the text that stands there, so that what cannot be a
//! number is found where it stands instead of stopping the reading.

use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use arrow::csv;
use arrow::error::ArrowError;

use super::text::Text;
use super::{BATCH_ROWS, Piece, text_schema};

/// No line of names is longer.
const MAX_HEADER_BYTES: u64 = 64 << 20;

pub(super) fn open(path: &Path, is_stdin: bool, delimiter: u8) -> Result<Piece, ArrowError> {
    let mut bytes = Text::open(path, is_stdin)?.into_bytes();
    // The names, read by the same rules as the lines below them: they may have line breaks in quotes.
    let mut header = Vec::new();
    let names = csv::reader::Format::default().with_header(true).with_delimiter(delimiter);
    let mut kept = Kept { source: bytes.by_ref().take(MAX_HEADER_BYTES), kept: &mut header, failed: None };
    let inferred = names.infer_schema(&mut kept, Some(0));
    if let Some(error) = kept.failed {
        return Err(error.into());
    }
    let (names, _) = inferred?;
    if names.fields().is_empty() {
        return Err(ArrowError::CsvError("the file is empty: there is no line of names".to_owned()));
    }
    let schema = text_schema(names.fields().iter().map(|field| field.name().clone()));
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(Arc::clone(&schema)),
        open: Box::new(move |_| {
            let reader = csv::ReaderBuilder::new(schema)
                .with_header(true)
                .with_delimiter(delimiter)
                .with_batch_size(BATCH_ROWS)
                .build_buffered(Cursor::new(header).chain(bytes))?;
            Ok(Box::new(reader))
        }),
    })
}

/// Keeps what is read, so that it can be read again, and an error, which the reader of names makes a text of.
struct Kept<'a, R> {
    source: R,
    kept: &'a mut Vec<u8>,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Kept<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(bytes).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            kind
        })?;
        self.kept.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}
