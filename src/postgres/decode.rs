//! From rows of PostgreSQL's binary copy format to record batches: the way back of `encode`,
//! for the types that a check compares.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, FixedSizeBinaryBuilder, Float32Builder, Float64Builder, StringBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use super::encode::COPY_HEADER;

/// How the fields of a column are turned into values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoding {
    Uuid,
    Text,
    Bytes,
    Float8,
    Float4,
}

impl Decoding {
    /// For the type that has this object identifier; `None` for those that have to be asked for as text.
    pub(super) fn of_type(oid: u32) -> Option<Self> {
        const BYTEA: u32 = 17;
        const TEXT: u32 = 25;
        const FLOAT4: u32 = 700;
        const FLOAT8: u32 = 701;
        const BPCHAR: u32 = 1042;
        const VARCHAR: u32 = 1043;
        const UUID: u32 = 2950;
        Some(match oid {
            BYTEA => Self::Bytes,
            TEXT | VARCHAR | BPCHAR => Self::Text,
            FLOAT4 => Self::Float4,
            FLOAT8 => Self::Float8,
            UUID => Self::Uuid,
            _ => return None,
        })
    }

    /// The Arrow type of the values.
    pub(super) fn data_type(self) -> arrow_schema::DataType {
        use arrow_schema::DataType;
        match self {
            Self::Uuid => DataType::FixedSizeBinary(UUID_BYTES),
            Self::Text => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Float8 => DataType::Float64,
            Self::Float4 => DataType::Float32,
        }
    }

    fn builder(self) -> Builder {
        match self {
            Self::Uuid => Builder::Uuid(FixedSizeBinaryBuilder::new(UUID_BYTES)),
            Self::Text => Builder::Text(StringBuilder::new()),
            Self::Bytes => Builder::Bytes(BinaryBuilder::new()),
            Self::Float8 => Builder::Float8(Float64Builder::new()),
            Self::Float4 => Builder::Float4(Float32Builder::new()),
        }
    }
}

const UUID_BYTES: i32 = 16;

/// Takes a stream in pieces of any lengths and makes record batches of it.
pub(super) struct Decoder {
    schema: SchemaRef,
    builders: Vec<Builder>,
    /// What the last piece began and did not end.
    unfinished: Vec<u8>,
    has_begun: bool,
    has_ended: bool,
}

impl Decoder {
    /// For a stream whose fields are those of `schema`, decoded so.
    pub(super) fn new(schema: SchemaRef, decodings: &[Decoding]) -> Self {
        Self {
            schema,
            builders: decodings.iter().map(|decoding| decoding.builder()).collect(),
            unfinished: Vec::new(),
            has_begun: false,
            has_ended: false,
        }
    }

    /// Takes the next piece of the stream, and returns the rows that have become complete with it.
    pub(super) fn decode(&mut self, piece: &[u8]) -> Result<RecordBatch, ArrowError> {
        let mut joined = std::mem::take(&mut self.unfinished);
        let mut bytes = if joined.is_empty() {
            piece
        } else {
            joined.extend_from_slice(piece);
            &joined
        };
        if !self.has_begun && bytes.len() >= COPY_HEADER.len() {
            let (header, rest) = bytes.split_at(COPY_HEADER.len());
            if header != COPY_HEADER {
                return Err(broken("it does not begin as PostgreSQL's binary copy format does"));
            }
            self.has_begun = true;
            bytes = rest;
        }
        if self.has_begun {
            while let Some(length) = self.row_length(bytes)? {
                let (row, rest) = bytes.split_at(length);
                self.append(row)?;
                bytes = rest;
            }
        }
        self.unfinished = bytes.to_vec();
        self.batch()
    }

    /// Makes sure that the stream has come to its end.
    pub(super) fn finish(&self) -> Result<(), ArrowError> {
        if self.has_ended { Ok(()) } else { Err(broken("it breaks off")) }
    }

    /// The length of the row that `bytes` begin with; `None` if it is not complete, or was the last.
    fn row_length(&mut self, bytes: &[u8]) -> Result<Option<usize>, ArrowError> {
        let Some((count, mut rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let count = i16::from_be_bytes(*count);
        if self.has_ended || count == -1 {
            self.has_ended = true;
            return Ok(None);
        }
        if usize::try_from(count) != Ok(self.builders.len()) {
            return Err(broken("a row has another number of fields than was asked for"));
        }
        for _ in 0..count {
            let Some((length, behind)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            let Some(behind) = behind.get(length..) else {
                return Ok(None);
            };
            rest = behind;
        }
        Ok(Some(bytes.len() - rest.len()))
    }

    /// Appends a complete row.
    fn append(&mut self, row: &[u8]) -> Result<(), ArrowError> {
        for (builder, field) in self.builders.iter_mut().zip(super::encode::Fields::of_row(row)) {
            builder.append(field)?;
        }
        Ok(())
    }

    fn batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

/// The values of a column that is being built.
enum Builder {
    Uuid(FixedSizeBinaryBuilder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Float8(Float64Builder),
    Float4(Float32Builder),
}

impl Builder {
    fn append(&mut self, field: Option<&[u8]>) -> Result<(), ArrowError> {
        let wrong_length = |_| broken("a field has another length than its type");
        match (self, field) {
            (Self::Uuid(builder), Some(bytes)) => builder.append_value(bytes)?,
            (Self::Uuid(builder), None) => builder.append_null(),
            (Self::Text(builder), Some(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| broken("a text is not UTF-8"))?;
                builder.append_value(text);
            }
            (Self::Text(builder), None) => builder.append_null(),
            (Self::Bytes(builder), bytes) => builder.append_option(bytes),
            (Self::Float8(builder), Some(bytes)) => {
                builder.append_value(f64::from_be_bytes(bytes.try_into().map_err(wrong_length)?));
            }
            (Self::Float8(builder), None) => builder.append_null(),
            (Self::Float4(builder), Some(bytes)) => {
                builder.append_value(f32::from_be_bytes(bytes.try_into().map_err(wrong_length)?));
            }
            (Self::Float4(builder), None) => builder.append_null(),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Uuid(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Bytes(builder) => Arc::new(builder.finish()),
            Self::Float8(builder) => Arc::new(builder.finish()),
            Self::Float4(builder) => Arc::new(builder.finish()),
        }
    }
}

fn broken(what: &str) -> ArrowError {
    ArrowError::ExternalError(format!("what the server sends cannot be read: {what}").into())
}

#[cfg(test)]
mod tests {
    use arrow_select::concat::concat_batches;
    use proptest::prelude::*;

    use super::super::encode::binary_copy;
    use super::*;
    use crate::batch::Batches;
    use crate::dataset::DataSet;
    use crate::rows::RowRange;
    use crate::schema::{FloatWidth, IdForm, Schema};

    fn rows_of_ours(count: u64) -> RecordBatch {
        let schema = Schema::classifier(2, IdForm::Binary, FloatWidth::F64).expect("few columns");
        let rows = RowRange::new(7, count).expect("within 64 bits");
        Batches::new(&DataSet::new(schema, rows, 1).expect("a data set")).batch(rows).expect("a batch")
    }

    fn stream(batch: &RecordBatch) -> Vec<u8> {
        binary_copy(batch).expect("types that PostgreSQL has")
    }

    fn decoder(batch: &RecordBatch) -> Decoder {
        Decoder::new(batch.schema(), &[Decoding::Uuid, Decoding::Float8, Decoding::Float8])
    }

    proptest! {
        #[test]
        fn a_stream_can_be_cut_anywhere(count in 0u64..30, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let batch = rows_of_ours(count);
            let bytes = stream(&batch);
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            places.extend([0, bytes.len()]);
            places.sort();
            let mut decoder = decoder(&batch);
            let pieces = places.windows(2).map(|ends| decoder.decode(&bytes[ends[0]..ends[1]]));
            let decoded = pieces.collect::<Result<Vec<_>, _>>().expect("a sound stream");
            decoder.finish().expect("its end came");
            prop_assert_eq!(concat_batches(&batch.schema(), &decoded).expect("of one schema"), batch);
        }

        #[test]
        fn no_stream_makes_it_panic(bytes: Vec<u8>, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5)) {
            let batch = rows_of_ours(3);
            let _ = decoder(&batch).decode(&bytes);
            let mut damaged = stream(&batch);
            for (place, byte) in flips {
                let place = place.index(damaged.len());
                damaged[place] = byte;
            }
            let mut decoder = decoder(&batch);
            let _ = decoder.decode(&damaged).and_then(|_| decoder.finish());
        }
    }

    #[test]
    fn a_stream_that_breaks_off_is_found_out() {
        let batch = rows_of_ours(3);
        let bytes = stream(&batch);
        for end in 0..bytes.len() {
            let mut decoder = decoder(&batch);
            decoder.decode(&bytes[..end]).expect("a sound beginning");
            assert!(decoder.finish().is_err(), "{end} of {}", bytes.len());
        }
    }
}
