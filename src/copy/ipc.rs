//! Arrow's interprocess format: files and streams.

use std::fs::File;
use std::io::{BufReader, Read, stdin};
use std::path::Path;

use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};

use super::Piece;

/// What a file, and no stream, begins with.
const FILE_MAGIC: &[u8] = b"ARROW1";

pub(super) fn open(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    if is_stdin {
        let reader = StreamReader::try_new_buffered(stdin(), None)?;
        return Ok(piece(path, reader.schema(), reader));
    }
    let mut magic = Vec::new();
    File::open(path)?.take(FILE_MAGIC.len() as u64).read_to_end(&mut magic)?;
    let file = BufReader::new(File::open(path)?);
    if magic == FILE_MAGIC {
        let reader = FileReader::try_new(file, None)?;
        Ok(piece(path, reader.schema(), reader))
    } else {
        let reader = StreamReader::try_new(file, None)?;
        Ok(piece(path, reader.schema(), reader))
    }
}

fn piece<R>(path: &Path, schema: arrow_schema::SchemaRef, reader: R) -> Piece
where
    R: Iterator<Item = Result<arrow::array::RecordBatch, ArrowError>> + Send + 'static,
{
    Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(schema),
        open: Box::new(move |_| Ok(Box::new(reader))),
    }
}
