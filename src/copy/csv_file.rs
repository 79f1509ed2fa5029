//! CSV with a line of names. Every value is read as the text that stands there, so that what cannot be a
//! number is found where it stands instead of stopping the reading.
//!
//! An empty value is a null, and an empty text in quotes is a text: so PyArrow, DuckDB, Polars and PostgreSQL write them.
//! In a file of one column, an empty line is therefore a null; in others it is nothing.

use std::io::{BufRead, Read, Take};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::piece::{BATCH_ROWS, Piece};
use super::text::{Text, text_schema};

/// Every line of names is shorter.
const MAX_HEADER_BYTES: u64 = 64 << 20;

pub(super) fn open(path: &Path, is_stdin: bool, delimiter: u8) -> Result<Piece, ArrowError> {
    let bytes = Text::open(path, is_stdin)?.into_bytes().take(MAX_HEADER_BYTES);
    let mut records = Records::new(bytes, delimiter);
    let mut names = Vec::new();
    records.read(|_, name| names.push(name.unwrap_or_default().to_owned()))?;
    if names.is_empty() {
        return Err(ArrowError::CsvError("the file is empty: there is no line of names".to_owned()));
    }
    if records.bytes.limit() == 0 {
        let reason = format!("the line of names has {MAX_HEADER_BYTES} bytes or more");
        return Err(ArrowError::CsvError(reason));
    }
    records.bytes.set_limit(u64::MAX);
    records.is_one_column = names.len() == 1;
    let schema = text_schema(names);
    Ok(Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(Arc::clone(&schema)),
        open: Box::new(move |_| Ok(Box::new(Lines { records, schema }))),
    })
}

/// Reads batches of all columns.
struct Lines<R> {
    records: Records<Take<R>>,
    schema: SchemaRef,
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
            let line = self.records.parser.line();
            let values = self.records.read(|index, value| {
                if let Some(column) = columns.get_mut(index) {
                    column.append_option(value);
                }
            })?;
            match values {
                0 => break,
                values if values == columns.len() => rows += 1,
                values => {
                    return Err(of_line(line, &format!("expected {} values, found {values}", columns.len())));
                }
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map(Some)
    }
}

/// Reads records value by value: only so it is known whether an empty one stands in quotes.
struct Records<R> {
    bytes: R,
    parser: Reader,
    /// The value that is being read, and room behind it.
    value: Vec<u8>,
    /// Whether an empty line is a record.
    is_one_column: bool,
    /// Whether the last byte that was read ends a line and may have a line feed behind it.
    is_behind_return: bool,
}

impl<R: BufRead> Records<R> {
    fn new(bytes: R, delimiter: u8) -> Self {
        let parser = ReaderBuilder::new().delimiter(delimiter).build();
        Self { bytes, parser, value: vec![0; 1 << 10], is_one_column: false, is_behind_return: false }
    }

    /// Reads the next record and calls `each` with the number of each value and the value, or with `None` for a null.
    /// Returns how many values there are: 0 at the end.
    fn read(&mut self, mut each: impl FnMut(usize, Option<&str>)) -> Result<usize, ArrowError> {
        if self.is_one_column && self.skip_empty_line()? {
            each(0, None);
            return Ok(1);
        }
        let line = self.parser.line();
        let mut values = 0;
        let (mut length, mut is_quoted) = (0, false);
        loop {
            let input = self.bytes.fill_buf()?;
            let (result, read, written) = self.parser.read_field(input, &mut self.value[length..]);
            length += written;
            is_quoted |= length == 0 && input[..read].contains(&b'"');
            self.is_behind_return = input[..read].last().map_or(self.is_behind_return, |last| *last == b'\r');
            self.bytes.consume(read);
            match result {
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => self.value.resize(2 * self.value.len(), 0),
                ReadFieldResult::Field { record_end } => {
                    let value = std::str::from_utf8(&self.value[..length])
                        .map_err(|_| of_line(line, &format!("value {} is not UTF-8", values + 1)))?;
                    each(values, (length > 0 || is_quoted).then_some(value));
                    values += 1;
                    (length, is_quoted) = (0, false);
                    if record_end {
                        return Ok(values);
                    }
                }
                ReadFieldResult::End => return Ok(values),
            }
        }
    }
}

impl<R: BufRead> Records<R> {
    /// Reads a line if nothing is in it, which the parser would pass over.
    fn skip_empty_line(&mut self) -> Result<bool, ArrowError> {
        if self.is_behind_return && self.next_byte()? == Some(b'\n') {
            self.skip(b'\n');
        }
        match self.next_byte()? {
            Some(end @ (b'\n' | b'\r')) => {
                self.skip(end);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, ArrowError> {
        Ok(self.bytes.fill_buf()?.first().copied())
    }

    /// Reads `end`, which is the next byte and ends a line; the parser counts line feeds.
    fn skip(&mut self, end: u8) {
        self.bytes.consume(1);
        self.is_behind_return = end == b'\r';
        if end == b'\n' {
            self.parser.set_line(self.parser.line() + 1);
        }
    }
}

fn of_line(line: u64, what: &str) -> ArrowError {
    ArrowError::CsvError(format!("line {line}: {what}"))
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::{Array, StringArray};

    use super::*;

    /// The names and the values by row; a null is `∅`.
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
            let text = |row: usize, column: &StringArray| {
                if column.is_null(row) { "∅".to_owned() } else { column.value(row).to_owned() }
            };
            let value = |row| columns.iter().map(move |column| text(row, column)).collect();
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
            ("a\tb\n\"\"\t\n", b'\t', &[["a", "b"], ["", "∅"]]),
            ("a,b\r\n,\"\"\r\n\"\",\r\n", b',', &[["a", "b"], ["∅", ""], ["", "∅"]]),
            ("a,b\n,\n\"\",\"\"", b',', &[["a", "b"], ["∅", "∅"], ["", ""]]),
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
    fn an_empty_line_is_a_null_of_the_only_column() {
        for text in ["a\n\n1\n\n\"\"\n\n", "a\r\n\r\n1\r\n\r\n\"\"\r\n\r\n", "a\r\r1\r\r\"\"\r\r"] {
            assert_eq!(read(text.as_bytes(), b',').expect(text), [["a"], ["∅"], ["1"], ["∅"], [""], ["∅"]]);
            let bad = [text.as_bytes(), b"\xff"].concat();
            let line = 1 + text.matches('\n').count();
            let error = read(&bad, b',').expect_err("not UTF-8").to_string();
            assert!(error.contains(&format!("line {line}: value 1 is not UTF-8")), "{error}");
        }
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
