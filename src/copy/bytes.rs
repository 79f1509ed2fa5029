//! The bytes of a file or of standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};
use std::path::Path;

/// The bytes of the file at `path`, or of standard input.
pub(super) fn open_bytes(path: &Path, is_stdin: bool) -> io::Result<impl BufRead + Send + use<>> {
    const BUFFER_BYTES: usize = 1 << 20;
    let source: Box<dyn Read + Send> = if is_stdin { Box::new(stdin()) } else { Box::new(File::open(path)?) };
    Ok(BufReader::with_capacity(BUFFER_BYTES, source))
}
