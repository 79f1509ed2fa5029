//! Arrow's interprocess format: files and streams, both of which are made of messages. Source:
//! <https://arrow.apache.org/docs/format/Columnar.html>, "Serialization and Interprocess Communication".
//!
//! Arrow's own readers set aside as much memory as a message says it has. Here the message is there first: what a
//! damaged one promises is looked for in its bytes, or asked of the system, before it is believed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::vec;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc as ipc;
use arrow_ipc::MessageHeader;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_footer_length, read_record_batch};
use arrow_schema::{ArrowError, SchemaRef};

use super::bytes::open_bytes;
use super::piece::Piece;

/// What a file, and no stream, begins with.
const FILE_MAGIC: [u8; 6] = *b"ARROW1";
/// Bytes behind the footer of a file: its length, and the same again.
const FILE_END_BYTES: usize = size_of::<i32>() + FILE_MAGIC.len();
/// What stands before the length of a message, except in old streams.
const CONTINUATION: u32 = u32::MAX;
/// More bytes than these are set aside only when as many have come.
const TRUSTED_BYTES: usize = 16 << 20;

pub(super) fn open(path: &Path, is_stdin: bool) -> Result<Piece, ArrowError> {
    if !is_stdin {
        let file = File::open(path)?;
        let mut magic = [0; FILE_MAGIC.len()];
        if file.read_exact_at(&mut magic, 0).is_ok() && magic == FILE_MAGIC {
            let blocks = Blocks::open(BufReader::new(file))?;
            return Ok(piece(path, blocks.decoder.schema(), blocks));
        }
    }
    let mut bytes = open_bytes(path, is_stdin)?;
    if bytes.fill_buf()?.starts_with(&FILE_MAGIC) {
        // A file is described at its end, so that one which comes as a stream has to be held in memory.
        let mut file = Vec::new();
        bytes.read_to_end(&mut file)?;
        let blocks = Blocks::open(Cursor::new(file))?;
        return Ok(piece(path, blocks.decoder.schema(), blocks));
    }
    let stream = Stream::open(bytes)?;
    Ok(piece(path, stream.decoder.schema(), stream))
}

fn piece<B>(path: &Path, schema: SchemaRef, batches: B) -> Piece
where
    B: Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
{
    Piece {
        path: path.to_owned(),
        rows: None,
        schema: Some(schema),
        open: Box::new(move |_| Ok(Box::new(batches))),
    }
}

fn damaged(what: impl Into<String>) -> ArrowError {
    ArrowError::IpcError(what.into())
}

/// The record batches of a file, which its footer tells the places of.
struct Blocks<R> {
    file: R,
    decoder: Decoder,
    batches: vec::IntoIter<ipc::Block>,
}

impl<R: BufRead + Seek> Blocks<R> {
    fn open(mut file: R) -> Result<Self, ArrowError> {
        let mut end = [0; FILE_END_BYTES];
        let end_start = file.seek(SeekFrom::End(-(FILE_END_BYTES as i64)))?;
        file.read_exact(&mut end)?;
        let footer_bytes = read_footer_length(end)?;
        let footer_start = end_start.checked_sub(footer_bytes as u64);
        file.seek(SeekFrom::Start(
            footer_start.ok_or_else(|| damaged("its footer is not within the file"))?,
        ))?;
        let footer = bytes(&mut file, footer_bytes as u64)?;
        let footer = ipc::root_as_footer(&footer).map_err(|error| damaged(format!("its footer: {error}")))?;
        let mut decoder = Decoder::new(footer.schema())?;
        for block in footer.dictionaries().iter().flatten() {
            decoder.decode(&message_at(&mut file, block)?)?;
        }
        let batches =
            footer.recordBatches().ok_or_else(|| damaged("its footer does not say where batches are"))?;
        let batches: Vec<_> = batches.iter().copied().collect();
        Ok(Self { file, decoder, batches: batches.into_iter() })
    }
}

impl<R: BufRead + Seek> Iterator for Blocks<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.batches.next()?;
        let decoded = message_at(&mut self.file, &block).and_then(|message| self.decoder.decode(&message));
        let is_batch = |batch: Option<_>| {
            batch.ok_or_else(|| damaged("its footer says of something that it is a batch"))
        };
        Some(decoded.and_then(is_batch))
    }
}

/// The message in a block of a file.
fn message_at<R: BufRead + Seek>(file: &mut R, block: &ipc::Block) -> Result<Message, ArrowError> {
    let start = u64::try_from(block.offset()).map_err(|_| damaged("a block is not within the file"))?;
    file.seek(SeekFrom::Start(start))?;
    let message = Message::read(file)?.ok_or_else(|| damaged("a block is not within the file"))?;
    if message.body.len() as i64 != block.bodyLength() {
        return Err(damaged("a block has another length than its message"));
    }
    Ok(message)
}

/// The record batches of a stream.
struct Stream<R> {
    bytes: R,
    decoder: Decoder,
    is_at_end: bool,
}

impl<R: BufRead> Stream<R> {
    fn open(mut bytes: R) -> Result<Self, ArrowError> {
        let first = Message::read(&mut bytes)?.ok_or_else(|| damaged("it is empty"))?;
        let decoder = Decoder::new(first.header()?.header_as_schema())?;
        Ok(Self { bytes, decoder, is_at_end: false })
    }

    fn read(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        while let Some(message) = Message::read(&mut self.bytes)? {
            if let Some(batch) = self.decoder.decode(&message)? {
                return Ok(Some(batch));
            }
        }
        // What follows would be passed over.
        if self.bytes.fill_buf()?.is_empty() {
            Ok(None)
        } else {
            Err(damaged("something follows the end of the stream"))
        }
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end {
            return None;
        }
        let read = self.read().transpose();
        // Behind something damaged nobody knows where the next message begins.
        self.is_at_end = !matches!(read, Some(Ok(_)));
        read
    }
}

/// What is made of messages.
struct Decoder {
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
}

impl Decoder {
    fn new(schema: Option<ipc::Schema<'_>>) -> Result<Self, ArrowError> {
        let schema = schema.ok_or_else(|| damaged("it does not say what its columns are"))?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err(damaged("it was written by a machine with another order of bytes"));
        }
        Ok(Self { schema: Arc::new(fb_to_schema(schema)), dictionaries: HashMap::new() })
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The batch in `message`, unless there is a dictionary in it.
    fn decode(&mut self, message: &Message) -> Result<Option<RecordBatch>, ArrowError> {
        let header = message.header()?;
        let version = header.version();
        let other = || damaged(format!("a message holds {:?}", header.header_type()));
        match header.header_type() {
            MessageHeader::RecordBatch => {
                let batch = header.header_as_record_batch().ok_or_else(other)?;
                check_buffers(&batch, &message.body)?;
                let schema = self.schema();
                read_record_batch(&message.body, batch, schema, &self.dictionaries, None, &version).map(Some)
            }
            MessageHeader::DictionaryBatch => {
                let dictionary = header.header_as_dictionary_batch().ok_or_else(other)?;
                check_buffers(&dictionary.data().ok_or_else(other)?, &message.body)?;
                read_dictionary(&message.body, dictionary, &self.schema, &mut self.dictionaries, &version)?;
                Ok(None)
            }
            MessageHeader::NONE => Ok(None),
            _ => Err(other()),
        }
    }
}

/// A message as it came.
struct Message {
    metadata: Vec<u8>,
    body: Buffer,
}

impl Message {
    /// The next one; `None` at the end.
    fn read(bytes_left: &mut impl BufRead) -> Result<Option<Self>, ArrowError> {
        if bytes_left.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut word = || -> io::Result<u32> {
            let mut word = [0; size_of::<u32>()];
            bytes_left.read_exact(&mut word)?;
            Ok(u32::from_le_bytes(word))
        };
        let first = word()?;
        let metadata_bytes = if first == CONTINUATION { word()? } else { first };
        if metadata_bytes == 0 {
            return Ok(None);
        }
        let mut message =
            Self { metadata: bytes(bytes_left, metadata_bytes.into())?, body: Buffer::default() };
        let body_bytes = u64::try_from(message.header()?.bodyLength());
        let body_bytes = body_bytes.map_err(|_| damaged("a message has a body of less than nothing"))?;
        message.body = bytes(bytes_left, body_bytes)?.into();
        Ok(Some(message))
    }

    fn header(&self) -> Result<ipc::Message<'_>, ArrowError> {
        ipc::root_as_message(&self.metadata).map_err(|error| damaged(format!("a message: {error}")))
    }
}

/// The next `count` bytes.
fn bytes(source: &mut impl Read, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(count).unwrap_or(usize::MAX).min(TRUSTED_BYTES));
    source.take(count).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < count {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Whether the buffers of `batch` are within the body of its message, and what is compressed has room where it is
/// decompressed.
fn check_buffers(batch: &ipc::RecordBatch<'_>, body: &[u8]) -> Result<(), ArrowError> {
    let held = |buffer: &ipc::Buffer| {
        let start = usize::try_from(buffer.offset()).ok()?;
        let length = usize::try_from(buffer.length()).ok()?;
        body.get(start..)?.get(..length)
    };
    for buffer in batch.buffers().iter().flatten() {
        let held = held(buffer).ok_or_else(|| damaged("a buffer is not within its message"))?;
        // Before what is compressed stands how long it was, and -1 before what was left as it is.
        if let (Some(_), Some(length)) = (batch.compression(), held.first_chunk())
            && let Ok(length) = usize::try_from(i64::from_le_bytes(*length))
        {
            let room = Vec::<u8>::new().try_reserve_exact(length);
            room.map_err(|_| {
                damaged(format!(
                    "a buffer promises {}, and there is no memory for them",
                    crate::count::counted(length, "byte")
                ))
            })?;
        }
    }
    Ok(())
}
