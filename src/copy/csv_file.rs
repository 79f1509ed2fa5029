//! CSV with a line of names. Every value is read as the text that stands there, so that what cannot be a
//! number is found where it stands instead of stopping the reading.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use csv::{ErrorKind, StringRecord};

use super::piece::{BATCH_ROWS, Piece};
use super::text::{Text, text_schema};

/// Every line of names is shorter.
const MAX_HEADER_BYTES: u64 = 64 << 20;

pub(super) fn open(path: &Path, is_stdin: bool, delimiter: u8) -> Result<Piece, ArrowError> {
    let bytes = Text::open(path, is_stdin)?.into_bytes().take(MAX_HEADER_BYTES);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let names = reader.headers().map_err(arrow_error)?.clone();
    if names.is_empty() {
        return Err(ArrowError::CsvError("the file is empty: there is no line of names".to_owned()));
    }
    if reader.position().byte() >= MAX_HEADER_BYTES {
        let reason = format!("the line of names has {MAX_HEADER_BYTES} bytes or more");
        return Err(ArrowError::CsvError(reason));
    }
    reader.get_mut().set_limit(u64::MAX);
    let schema = text_schema(names.iter().map(str::to_owned));
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(Arc::clone(&schema)),
        open: Box::new(move |_| Ok(Box::new(Lines { reader, schema, record: StringRecord::new() }))),
    })
}

/// Reads batches of all columns.
struct Lines<R> {
    reader: csv::Reader<R>,
    schema: SchemaRef,
    record: StringRecord,
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}

impl<R: Read> Lines<R> {
    fn batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let mut columns: Vec<_> = self.schema.fields().iter().map(|_| StringBuilder::new()).collect();
        let mut rows = 0;
        while rows < BATCH_ROWS && self.reader.read_record(&mut self.record).map_err(arrow_error)? {
            for (column, value) in columns.iter_mut().zip(&self.record) {
                column.append_option((!value.is_empty()).then_some(value));
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

/// The error of reading CSV, with the line that it is about.
fn arrow_error(error: csv::Error) -> ArrowError {
    let of_line = |position: Option<csv::Position>, what: String| {
        let line = position.map(|position| format!("line {}: ", position.line())).unwrap_or_default();
        ArrowError::CsvError(line + &what)
    };
    match error.into_kind() {
        ErrorKind::Io(error) => error.into(),
        ErrorKind::Utf8 { pos, err } => of_line(pos, format!("value {} is not UTF-8", err.field() + 1)),
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            of_line(pos, format!("expected {expected_len} values, found {len}"))
        }
        other => ArrowError::CsvError(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;

    use super::*;

    /// The names and the values by row; an empty text is a null.
    fn read(text: &[u8], delimiter: u8) -> Result<Vec<Vec<String>>, ArrowError> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), text)?;
        let piece = open(file.path(), false, delimiter)?;
        let names =
            piece.schema().expect("a line of names").fields().iter().map(|field| field.name().clone());
        let mut rows = vec![names.collect()];
        for batch in piece.batches(&[])? {
            let batch = batch?;
            let columns: Vec<_> = batch.columns().iter().map(|column| column.as_string::<i32>()).collect();
            assert!(columns.iter().all(|column| column.iter().all(|value| value != Some(""))));
            let value = |row| columns.iter().map(move |column| column.value(row).to_owned()).collect();
            rows.extend((0..batch.num_rows()).map(value));
        }
        Ok(rows)
    }

    #[test]
    fn values_are_the_text_between_the_delimiters() {
        for (text, delimiter, rows) in [
            ("a,b\n1,2\n", b',', &[["a", "b"], ["1", "2"]][..]),
            ("a,b", b',', &[["a", "b"]]),
            ("a,b\r\n1,2\r\n\r\n3,4", b',', &[["a", "b"], ["1", "2"], ["3", "4"]]),
            ("a;b\n1,5;2\n", b';', &[["a", "b"], ["1,5", "2"]]),
            ("a\tb\n\"\"\t\n", b'\t', &[["a", "b"], ["", ""]]),
            ("\"a\n,\",\"b \"\"b\"\"\"\n\" 1\",\"2\n,\"\n", b',', &[["a\n,", "b \"b\""], [" 1", "2\n,"]]),
            // A quote that is not closed ends with the file.
            ("a,b\n1,\"2\n3,4", b',', &[["a", "b"], ["1", "2\n3,4"]]),
        ] {
            assert_eq!(read(text.as_bytes(), delimiter).expect(text), rows, "{text:?}");
        }
        let rows = 2 * BATCH_ROWS + 1;
        let long = "a\n".to_owned() + &"x\n".repeat(rows);
        assert_eq!(read(long.as_bytes(), b',').expect("one column").len(), 1 + rows);
    }

    #[test]
    fn what_is_no_csv_is_told_with_its_line() {
        for (text, reason) in [
            (&b""[..], "there is no line of names"),
            (b"a,b\n\"1\n\",2\n3\n", "line 4: expected 2 values, found 1"),
            (b"a,b\n1,2\n\n3,4,5\n", "expected 2 values, found 3"),
            (b"a,b\n1,2\n3,\xff\n", "line 3: value 2 is not UTF-8"),
            (b"a,\xff\n", "line 1: value 2 is not UTF-8"),
        ] {
            let error = read(text, b',').expect_err(reason).to_string();
            assert!(error.contains(reason), "{error} does not say {reason:?}");
        }
    }
}
