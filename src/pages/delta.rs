//! Encodings of differences, by the parquet crate's encoders.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, Type};
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::{ColumnWriter, get_column_writer};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, ColumnPath, Type as SchemaType};

/// Encodes values of one physical type, without levels.
#[derive(Clone, Debug)]
pub(super) struct DeltaEncoder {
    encoding: Encoding,
    descriptor: ColumnDescPtr,
    properties: WriterPropertiesPtr,
}

impl DeltaEncoder {
    /// An encoder of values of `physical_type`, of so many bytes if that is an array of a fixed number of bytes.
    pub(super) fn new(encoding: Encoding, physical_type: Type, bytes: usize) -> ParquetResult<Self> {
        let value = SchemaType::primitive_type_builder("value", physical_type)
            .with_repetition(parquet::basic::Repetition::REQUIRED)
            .with_length(if physical_type == Type::FIXED_LEN_BYTE_ARRAY { bytes as i32 } else { -1 })
            .build()?;
        let path = ColumnPath::new(vec!["value".to_owned()]);
        let properties = WriterProperties::builder()
            .set_encoding(encoding)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_compression(Compression::UNCOMPRESSED)
            // All values make one page.
            .set_data_page_size_limit(usize::MAX)
            .set_data_page_row_count_limit(usize::MAX)
            .build();
        Ok(Self {
            encoding,
            descriptor: Arc::new(ColumnDescriptor::new(Arc::new(value), 0, 0, path)),
            properties: Arc::new(properties),
        })
    }

    /// The encoding.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Encodes values that are given in PLAIN encoding and all have `bytes` bytes.
    pub(super) fn encode_plain(&self, plain: &[u8], bytes: usize) -> ParquetResult<Bytes> {
        self.encode(plain.is_empty(), |writer| match writer {
            ColumnWriter::Int32ColumnWriter(writer) => {
                let values: Vec<i32> =
                    plain.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect();
                writer.write_batch(&values, None, None)
            }
            ColumnWriter::Int64ColumnWriter(writer) => {
                let values: Vec<i64> =
                    plain.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
                writer.write_batch(&values, None, None)
            }
            ColumnWriter::FixedLenByteArrayColumnWriter(writer) => {
                let all = Bytes::copy_from_slice(plain);
                let value = |start| FixedLenByteArray::from(ByteArray::from(all.slice(start..start + bytes)));
                let values: Vec<_> = (0..plain.len()).step_by(bytes).map(value).collect();
                writer.write_batch(&values, None, None)
            }
            ColumnWriter::ByteArrayColumnWriter(writer) => {
                // Texts of one width behind their lengths.
                let all = Bytes::copy_from_slice(plain);
                let value = |start| ByteArray::from(all.slice(start + size_of::<u32>()..start + bytes));
                let values: Vec<_> = (0..plain.len()).step_by(bytes).map(value).collect();
                writer.write_batch(&values, None, None)
            }
            _ => Err(ParquetError::General("no values of one width".to_owned())),
        })
    }

    /// Encodes texts or bytes.
    pub(super) fn encode_array(&self, array: &ArrayRef) -> ParquetResult<Bytes> {
        self.encode(array.is_empty(), |writer| match writer {
            ColumnWriter::ByteArrayColumnWriter(writer) => {
                let values: Vec<ByteArray> = match array.as_string_opt::<i32>() {
                    Some(texts) => texts.iter().flatten().map(ByteArray::from).collect(),
                    None => {
                        let values = array.as_binary::<i32>().iter().flatten();
                        values.map(|value| ByteArray::from(value.to_vec())).collect()
                    }
                };
                writer.write_batch(&values, None, None)
            }
            _ => Err(ParquetError::General("no texts and no bytes".to_owned())),
        })
    }

    fn encode(
        &self,
        is_empty: bool,
        write: impl FnOnce(&mut ColumnWriter<'_>) -> ParquetResult<usize>,
    ) -> ParquetResult<Bytes> {
        if is_empty {
            return Ok(Bytes::from_static(match self.encoding {
                // Lengths of shared prefixes, and lengths of the rest.
                Encoding::DELTA_BYTE_ARRAY => &NO_BYTE_ARRAYS,
                _ => &NO_NUMBERS,
            }));
        }
        let mut page = Kept(None);
        let mut writer = get_column_writer(
            Arc::clone(&self.descriptor),
            Arc::clone(&self.properties),
            Box::new(&mut page),
        );
        write(&mut writer)?;
        writer.close()?;
        page.0.ok_or_else(|| ParquetError::General("no page of some values".to_owned()))
    }
}

/// The header of no numbers: blocks of 128 in 4 parts, 0 numbers, the first one 0. The crate writes no page without
/// values.
const NO_NUMBERS: [u8; 5] = [0x80, 0x01, 4, 0, 0];
const NO_BYTE_ARRAYS: [u8; 10] = [0x80, 0x01, 4, 0, 0, 0x80, 0x01, 4, 0, 0];

/// Keeps the values of the only page that is written.
struct Kept(Option<Bytes>);

impl PageWriter for &mut Kept {
    fn write_page(&mut self, page: CompressedPage) -> ParquetResult<PageWriteSpec> {
        let mut written = PageWriteSpec::new();
        written.page_type = PageType::DATA_PAGE;
        written.uncompressed_size = page.uncompressed_size();
        written.compressed_size = page.compressed_size();
        written.num_values = page.num_values();
        written.bytes_written = page.compressed_size() as u64;
        match self.0.replace(page.compressed_page().buffer().clone()) {
            None => Ok(written),
            Some(_) => Err(ParquetError::General("more than one page".to_owned())),
        }
    }

    fn close(&mut self) -> ParquetResult<()> {
        Ok(())
    }
}
