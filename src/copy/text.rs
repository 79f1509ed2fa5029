//! The bytes of files of lines: unpacked where they are compressed, and without the mark of their encoding.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use flate2::bufread::MultiGzDecoder;

use super::bytes::open_bytes;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// What Windows programs put before UTF-8.
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];
/// As much as is looked at before reading begins.
const HEAD_BYTES: u64 = 1 << 20;

/// A file of lines whose beginning has been read.
pub(super) struct Text {
    /// The first bytes: all of a short file.
    pub(super) head: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

impl Text {
    /// Opens the file at `path`, or standard input. What is compressed by gzip says so itself.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is UTF-16.
    pub(super) fn open(path: &Path, is_stdin: bool) -> Result<Self, ArrowError> {
        Self::of_bytes(open_bytes(path, is_stdin)?)
    }

    fn of_bytes(source: impl BufRead + Send + 'static) -> Result<Self, ArrowError> {
        let mut text = Self { head: Vec::new(), rest: Box::new(source) };
        text.read_head()?;
        if text.head.starts_with(&GZIP_MAGIC) {
            text =
                Self { head: Vec::new(), rest: Box::new(Unpacked(MultiGzDecoder::new(text.into_bytes()))) };
            text.read_head()?;
        }
        if UTF16_MARKS.iter().any(|mark| text.head.starts_with(mark)) {
            return Err(ArrowError::ParseError("the text is UTF-16: convert it to UTF-8".to_owned()));
        }
        if text.head.starts_with(&UTF8_MARK) {
            text.head.drain(..UTF8_MARK.len());
        }
        Ok(text)
    }

    fn read_head(&mut self) -> io::Result<()> {
        self.rest.by_ref().take(HEAD_BYTES).read_to_end(&mut self.head).map(drop)
    }

    /// All bytes, from the first on.
    pub(super) fn into_bytes(self) -> impl BufRead + Send + use<> {
        BufReader::with_capacity(HEAD_BYTES as usize, Cursor::new(self.head).chain(self.rest))
    }
}

/// Says of errors of unpacking what they are of.
struct Unpacked<R>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).map_err(|error| match error.raw_os_error() {
            None if error.kind() != io::ErrorKind::Interrupted => {
                io::Error::new(io::ErrorKind::InvalidData, "the gzip stream is truncated or damaged")
            }
            _ => error,
        })
    }
}

/// Columns of text.
pub(super) fn text_schema(names: impl IntoIterator<Item = String>) -> SchemaRef {
    let fields: Vec<_> = names.into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    Arc::new(Schema::new(fields))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn read(bytes: Vec<u8>) -> Result<Vec<u8>, ArrowError> {
        let mut read = Vec::new();
        Text::of_bytes(Cursor::new(bytes))?.into_bytes().read_to_end(&mut read)?;
        Ok(read)
    }

    #[test]
    fn text_is_the_same_however_it_is_stored() {
        let long = b"0123456789abcdef\n".repeat(HEAD_BYTES as usize / 10);
        for text in [&b""[..], b"a", b"\x1f", b"a,b\n1,2\n", &long] {
            let marked = [&UTF8_MARK, text].concat();
            let members = [packed(&text[..text.len() / 2]), packed(&text[text.len() / 2..])].concat();
            for stored in [text.to_vec(), marked.clone(), packed(text), packed(&marked), members] {
                assert_eq!(read(stored).expect("readable"), text);
            }
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let truncated = |bytes: Vec<u8>| bytes[..bytes.len() - 5].to_vec();
        for (bytes, reason) in [
            (b"\xff\xfea\0".to_vec(), "UTF-16"),
            (b"\xfe\xff\0a".to_vec(), "UTF-16"),
            (packed(b"\xff\xfea\0"), "UTF-16"),
            (truncated(packed(b"some text")), "gzip stream is truncated"),
            ([packed(b"some text"), b"behind".to_vec()].concat(), "gzip stream is truncated or damaged"),
        ] {
            let error = read(bytes).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
