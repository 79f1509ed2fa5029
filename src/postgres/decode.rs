//! From rows of PostgreSQL's binary copy format to record batches: the way back of `encode`.
//!
//! PostgreSQL has values that the Arrow type of their column does not have. They are read as values that no data set has,
//! so that a check finds them: `NaN` and infinity of `numeric` as the largest number of 128 bits, an interval of more than
//! 64 bits of microseconds as the smallest number of 64 bits, and an array that is no list (it has several dimensions, or
//! does not count from 1) as a list of one null.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, PrimitiveBuilder, StringBuilder,
};
use arrow_array::types::*;
use arrow_array::{ArrayRef, ListArray, RecordBatch};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{ArrowError, FieldRef, SchemaRef};

use super::encode::{COPY_HEADER, RowFields, take_field};
use super::types::{ColumnType, UUID_BYTES};
use super::{numeric, times};

/// Takes a stream in pieces of any lengths and makes record batches of it.
pub(super) struct Decoder {
    schema: SchemaRef,
    columns: Vec<Box<dyn Values>>,
    /// What the last piece began and did not end.
    unfinished: Vec<u8>,
    has_begun: bool,
    has_ended: bool,
}

impl Decoder {
    /// For a stream whose fields are those of `schema`, and have these types.
    pub(super) fn new(schema: SchemaRef, types: &[ColumnType]) -> Self {
        Self {
            schema,
            columns: types.iter().map(values).collect(),
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
        if usize::try_from(count) != Ok(self.columns.len()) {
            return Err(broken("a row has another number of fields than was asked for"));
        }
        for _ in 0..count {
            let Some((_, behind)) = take_field(rest) else {
                return Ok(None);
            };
            rest = behind;
        }
        Ok(Some(bytes.len() - rest.len()))
    }

    /// Appends a complete row.
    fn append(&mut self, row: &[u8]) -> Result<(), ArrowError> {
        for (column, field) in self.columns.iter_mut().zip(RowFields::of_row(row)) {
            match field {
                Some(bytes) => column.append(bytes)?,
                None => column.append_null(),
            }
        }
        Ok(())
    }

    fn batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter_mut().map(|column| column.finish()).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

/// The values of a column that is being built.
trait Values: Send {
    /// Appends the value that the server sends so.
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError>;

    /// Appends a null.
    fn append_null(&mut self);

    /// Returns the values so far, and begins again.
    fn finish(&mut self) -> ArrayRef;
}

/// The values of a column of `column_type`.
fn values(column_type: &ColumnType) -> Box<dyn Values> {
    match column_type {
        ColumnType::Bool => Box::new(Booleans(BooleanBuilder::new())),
        ColumnType::Int2 => numbers::<Int16Type, _>(column_type, i16::from_be_bytes),
        ColumnType::Int4 => numbers::<Int32Type, _>(column_type, i32::from_be_bytes),
        ColumnType::Int8 => numbers::<Int64Type, _>(column_type, i64::from_be_bytes),
        ColumnType::Numeric { scale, .. } => {
            let builder = PrimitiveBuilder::new().with_data_type(column_type.data_type());
            Box::new(Numerics { builder, scale: *scale })
        }
        ColumnType::Float4 => numbers::<Float32Type, _>(column_type, f32::from_be_bytes),
        ColumnType::Float8 => numbers::<Float64Type, _>(column_type, f64::from_be_bytes),
        ColumnType::Text => Box::new(Texts(StringBuilder::new())),
        ColumnType::Bytea => Box::new(Bytes(BinaryBuilder::new())),
        ColumnType::Uuid => Box::new(Uuids(FixedSizeBinaryBuilder::new(UUID_BYTES))),
        ColumnType::Date => numbers::<Date32Type, _>(column_type, times::days_of_date),
        ColumnType::Time => numbers::<Time64MicrosecondType, _>(column_type, i64::from_be_bytes),
        ColumnType::Timestamp | ColumnType::TimestampTz => {
            numbers::<TimestampMicrosecondType, _>(column_type, times::microseconds_of_timestamp)
        }
        ColumnType::Interval => numbers::<DurationMicrosecondType, _>(column_type, |bytes| {
            times::microseconds_of_interval(bytes).unwrap_or(i64::MIN)
        }),
        ColumnType::Array(element) => Box::new(Lists {
            field: Arc::new(element.element()),
            elements: values(element),
            count: 0,
            ends: vec![0],
            nulls: NullBufferBuilder::new(0),
        }),
    }
}

/// Numbers in so many bytes each, of which `read` makes values.
struct Numbers<T: ArrowPrimitiveType, const N: usize> {
    builder: PrimitiveBuilder<T>,
    read: fn([u8; N]) -> T::Native,
}

fn numbers<T: ArrowPrimitiveType, const N: usize>(
    column_type: &ColumnType,
    read: fn([u8; N]) -> T::Native,
) -> Box<dyn Values> {
    let builder = PrimitiveBuilder::<T>::new().with_data_type(column_type.data_type());
    Box::new(Numbers { builder, read })
}

fn of_length<const N: usize>(bytes: &[u8]) -> Result<[u8; N], ArrowError> {
    bytes.try_into().map_err(|_| broken("a field has another length than its type"))
}

impl<T: ArrowPrimitiveType, const N: usize> Values for Numbers<T, N> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        self.builder.append_value((self.read)(of_length(bytes)?));
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        ArrayBuilder::finish(&mut self.builder)
    }
}

struct Numerics {
    builder: PrimitiveBuilder<Decimal128Type>,
    scale: i8,
}

impl Values for Numerics {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        let number = numeric::unscaled(bytes, self.scale);
        let number = number.ok_or_else(|| broken("a field is no number"))?;
        self.builder.append_value(number.unwrap_or(i128::MAX));
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        ArrayBuilder::finish(&mut self.builder)
    }
}

struct Booleans(BooleanBuilder);

impl Values for Booleans {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        let [byte] = of_length(bytes)?;
        self.0.append_value(byte != 0);
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

struct Texts(StringBuilder);

impl Values for Texts {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        self.0.append_value(std::str::from_utf8(bytes).map_err(|_| broken("a text is not UTF-8"))?);
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

struct Bytes(BinaryBuilder);

impl Values for Bytes {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        self.0.append_value(bytes);
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

struct Uuids(FixedSizeBinaryBuilder);

impl Values for Uuids {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        self.0.append_value(bytes)
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Lists of elements of one type.
struct Lists {
    field: FieldRef,
    elements: Box<dyn Values>,
    /// Of elements so far.
    count: i32,
    /// Where each list ends, and first where the first one begins.
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Lists {
    fn append_element(&mut self, field: Option<&[u8]>) -> Result<(), ArrowError> {
        match field {
            Some(bytes) => self.elements.append(bytes)?,
            None => self.elements.append_null(),
        }
        self.count = self.count.checked_add(1).ok_or_else(|| broken("a list is too long"))?;
        Ok(())
    }

    /// Appends the elements of an array of one dimension, whose bytes are these.
    fn append_elements(&mut self, mut bytes: &[u8], count: i32) -> Result<(), ArrowError> {
        for _ in 0..count {
            let (field, rest) = take_field(bytes).ok_or_else(|| broken("an array breaks off"))?;
            self.append_element(field)?;
            bytes = rest;
        }
        if bytes.is_empty() { Ok(()) } else { Err(broken("an array has more elements than it says")) }
    }
}

impl Values for Lists {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ArrowError> {
        const FIRST: i32 = 1;
        let numbers = bytes.as_chunks().0;
        let number = |at: usize| numbers.get(at).map(|bytes| i32::from_be_bytes(*bytes));
        // Dimensions, whether there are nulls, the type of the elements; then length and first number of each dimension.
        match (number(0), number(3), number(4)) {
            (Some(0), ..) => {}
            (Some(1), Some(count), Some(FIRST)) => {
                self.append_elements(&bytes[5 * size_of::<i32>()..], count)?
            }
            (Some(_), Some(_), Some(_)) => self.append_element(None)?,
            _ => return Err(broken("an array breaks off")),
        }
        self.ends.push(self.count);
        self.nulls.append_non_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.ends.push(self.count);
        self.nulls.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.count = 0;
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        let (field, elements) = (Arc::clone(&self.field), self.elements.finish());
        Arc::new(ListArray::new(field, OffsetBuffer::new(ends.into()), elements, self.nulls.finish()))
    }
}

fn broken(what: &str) -> ArrowError {
    ArrowError::ExternalError(format!("what the server sends cannot be read: {what}").into())
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_cast::cast;
    use arrow_schema::{DataType, Field, Schema as ArrowSchema};
    use arrow_select::concat::concat_batches;
    use proptest::prelude::*;

    use super::super::encode::{COPY_TRAILER, binary_copy};
    use super::*;
    use crate::batch::Batches;
    use crate::dataset::DataSet;
    use crate::schema::Schema;
    use crate::schema::file::EXAMPLE;
    use crate::schema::file::{ReadOptions, SchemaFile};

    /// Rows with a column of every type, each with nulls where the example has them.
    fn rows_of_every_type(count: u64) -> RecordBatch {
        let options = ReadOptions { rows: Some(count), ..ReadOptions::default() };
        let file = SchemaFile::read("example", EXAMPLE, &options).expect("the example");
        rows_of(file.schema)
    }

    fn rows_of(schema: Schema) -> RecordBatch {
        let data_set = DataSet::of(schema).expect("a data set");
        Batches::new(&data_set).batch(data_set.rows()).expect("a batch")
    }

    /// The types in which the columns of `batch` are stored.
    fn stored(batch: &RecordBatch) -> Vec<ColumnType> {
        batch.schema().fields().iter().map(|field| ColumnType::of(field).expect("a stored type")).collect()
    }

    /// The schema of columns that are read back as `types`.
    fn read_schema(types: &[ColumnType]) -> SchemaRef {
        let field = |(number, of): (usize, &ColumnType)| Field::new(number.to_string(), of.data_type(), true);
        Arc::new(ArrowSchema::new(types.iter().enumerate().map(field).collect::<Vec<_>>()))
    }

    fn decoder(types: &[ColumnType]) -> Decoder {
        Decoder::new(read_schema(types), types)
    }

    fn stream(batch: &RecordBatch) -> Vec<u8> {
        binary_copy(batch).expect("types that PostgreSQL has")
    }

    /// What `stream` holds when it comes in pieces that end at `places`.
    fn read(stream: &[u8], places: &[usize], types: &[ColumnType]) -> RecordBatch {
        let mut decoder = decoder(types);
        let pieces = places.windows(2).map(|ends| decoder.decode(&stream[ends[0]..ends[1]]));
        let decoded = pieces.collect::<Result<Vec<_>, _>>().expect("a sound stream");
        decoder.finish().expect("its end came");
        concat_batches(&read_schema(types), &decoded).expect("of one schema")
    }

    /// What the server sends for one value of `column_type`, read.
    fn value(column_type: ColumnType, bytes: &[u8]) -> Result<ArrayRef, ArrowError> {
        let length = (bytes.len() as i32).to_be_bytes();
        let stream = [COPY_HEADER, &[0, 1], &length, bytes, COPY_TRAILER].concat();
        let types = [column_type];
        decoder(&types).decode(&stream).map(|batch| Arc::clone(batch.column(0)))
    }

    proptest! {
        #[test]
        fn a_stream_can_be_cut_anywhere(count in 0u64..30, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let batch = rows_of_every_type(count);
            let bytes = stream(&batch);
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            places.extend([0, bytes.len()]);
            places.sort();
            let decoded = read(&bytes, &places, &stored(&batch));
            for (made, decoded) in batch.columns().iter().zip(decoded.columns()) {
                let made = cast(made, decoded.data_type()).expect("a wider type");
                prop_assert_eq!(&made, decoded);
            }
        }

        #[test]
        fn no_stream_makes_it_panic(bytes: Vec<u8>, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5)) {
            let batch = rows_of_every_type(3);
            let types = stored(&batch);
            let _ = decoder(&types).decode(&bytes);
            let mut damaged = stream(&batch);
            for (place, byte) in flips {
                let place = place.index(damaged.len());
                damaged[place] = byte;
            }
            let mut decoder = decoder(&types);
            let _ = decoder.decode(&damaged).and_then(|_| decoder.finish());
        }

        #[test]
        fn no_array_makes_it_panic(bytes: Vec<u8>) {
            let _ = value(ColumnType::Array(Box::new(ColumnType::Text)), &bytes);
        }
    }

    #[test]
    fn a_stream_that_breaks_off_is_found_out() {
        let batch = rows_of_every_type(2);
        let (bytes, types) = (stream(&batch), stored(&batch));
        for end in 0..bytes.len() {
            let mut decoder = decoder(&types);
            decoder.decode(&bytes[..end]).expect("a sound beginning");
            assert!(decoder.finish().is_err(), "{end} of {}", bytes.len());
        }
    }

    fn bytes(of: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&of[at..at + 2], 16).expect("hexadecimal digits");
        (0..of.len()).step_by(2).map(digit).collect()
    }

    /// The bytes are those that PostgreSQL 15 sends.
    #[test]
    fn what_arrow_does_not_hold_is_no_value_of_a_data_set() {
        let numeric = ColumnType::Numeric { precision: 10, scale: 2 };
        let not_a_number = value(numeric, &bytes("00000000c0000000")).expect("a numeric");
        assert_eq!(not_a_number.as_primitive::<Decimal128Type>().value(0), i128::MAX);
        for column_type in [ColumnType::Timestamp, ColumnType::TimestampTz] {
            for (bytes, expected) in [(i64::MAX.to_be_bytes(), i64::MAX), (i64::MIN.to_be_bytes(), i64::MIN)]
            {
                let infinity = value(column_type.clone(), &bytes).expect("a timestamp");
                assert_eq!(infinity.as_primitive::<TimestampMicrosecondType>().value(0), expected);
            }
        }
        for (bytes, expected) in [(i32::MAX.to_be_bytes(), i32::MAX), (i32::MIN.to_be_bytes(), i32::MIN)] {
            let infinity = value(ColumnType::Date, &bytes).expect("a date");
            assert_eq!(infinity.as_primitive::<Date32Type>().value(0), expected);
        }
        // A month and two days; then as many months as there can be.
        for (of, expected) in [
            ("00000000000000000000000200000001", 32 * 86_400_000_000),
            ("7fffffffffffffff000000007fffffff", i64::MIN),
        ] {
            let interval = value(ColumnType::Interval, &bytes(of)).expect("an interval");
            assert_eq!(interval.as_primitive::<DurationMicrosecondType>().value(0), expected);
        }
        // {1,2} counted from 0; {{1,2}}.
        for of in [
            "000000010000000000000017000000020000000000000004000000010000000400000002",
            "0000000200000000000000170000000100000001000000020000000100000004000000010000000400000002",
        ] {
            let lists = value(ColumnType::Array(Box::new(ColumnType::Int4)), &bytes(of)).expect("an array");
            let list = lists.as_list::<i32>().value(0);
            assert_eq!((list.len(), list.null_count()), (1, 1));
        }
    }

    #[test]
    fn the_example_has_every_type() {
        let mut types: Vec<_> = stored(&rows_of_every_type(1)).iter().map(ColumnType::sql).collect();
        types.sort();
        types.dedup();
        for name in [
            "boolean",
            "bytea",
            "date",
            "double precision",
            "integer",
            "interval",
            "numeric(10,2)",
            "real",
            "real[]",
            "smallint",
            "text",
            "text[]",
            "time without time zone",
            "timestamp with time zone",
            "timestamp without time zone",
            "uuid",
        ] {
            assert!(types.iter().any(|known| known == name), "{name} is not among {types:?}");
        }
        assert_eq!(read_schema(&[ColumnType::Uuid]).field(0).data_type(), &DataType::FixedSizeBinary(16));
    }
}
