//! Arrow's interprocess format: files and streams.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow_schema::SchemaRef;

use super::{Piece, open_bytes};

/// What a file, and no stream, begins with.
const FILE_MAGIC: [u8; 6] = *b"ARROW1";

pub(super) fn open(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    if !is_stdin {
        let file = File::open(path)?;
        let mut magic = [0; FILE_MAGIC.len()];
        if file.read_exact_at(&mut magic, 0).is_ok() && magic == FILE_MAGIC {
            let reader = FileReader::try_new(BufReader::new(file), None)?;
            return Ok(piece(path, reader.schema(), reader));
        }
    }
    let mut bytes = open_bytes(path, is_stdin)?;
    if bytes.fill_buf()?.starts_with(&FILE_MAGIC) {
        // A file is described at its end, so that one which comes as a stream has to be held in memory.
        let mut file = Vec::new();
        bytes.read_to_end(&mut file)?;
        let reader = FileReader::try_new(Cursor::new(file), None)?;
        return Ok(piece(path, reader.schema(), reader));
    }
    let reader = StreamReader::try_new(bytes, None)?;
    Ok(piece(path, reader.schema(), ToTheEnd { reader }))
}

fn piece<R>(path: &Path, schema: SchemaRef, reader: R) -> Piece
where
    R: Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
{
    Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(schema),
        open: Box::new(move |_| Ok(Box::new(reader))),
    }
}

/// Reads a stream, and sees to it that nothing follows its end: what follows would be passed over.
struct ToTheEnd<R> {
    reader: StreamReader<R>,
}

impl<R: BufRead> Iterator for ToTheEnd<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(batch) = self.reader.next() {
            return Some(batch);
        }
        let behind = self.reader.get_mut();
        match behind.fill_buf().map(<[u8]>::len) {
            Ok(0) => None,
            Ok(length) => {
                behind.consume(length);
                Some(Err(ArrowError::IpcError("something follows the end of the stream".to_owned())))
            }
            Err(error) => Some(Err(error.into())),
        }
    }
}
