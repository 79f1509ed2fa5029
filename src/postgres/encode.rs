//! From record batches to rows of PostgreSQL's binary copy format.
//!
//! A row is the number of its fields and then each field: its length, -1 for a null, and its bytes.
//! The bytes are those of PostgreSQL's `send` functions, and serve as parameters of a statement too.
//! Source: <https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format".

use std::ops::Range;

use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use super::fields::{ColumnFields, Refused};
use super::types::ColumnType;

/// What a stream in the binary copy format begins with: its signature, no flags, no extension.
pub(super) const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const COPY_TRAILER: &[u8] = &(-1i16).to_be_bytes();
/// Rows that are encoded at a time have about so many bytes.
pub(super) const CHUNK_BYTES: usize = 64 << 10;

/// Why a value cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// PostgreSQL cannot keep the value as it is.
    #[error("column {column:?} has {value} in row {row} (counted from 0), which {reason}")]
    Value {
        /// The column.
        column: String,
        /// The row, from 0: within the record batch, or within the file or data set that is loaded.
        row: u64,
        /// The value, for people.
        value: String,
        /// Why not.
        reason: &'static str,
    },
    /// The column has another type than the table is made for.
    #[error("column {column:?} is of type {found}, and {expected} was announced")]
    Type {
        /// The column.
        column: String,
        /// The type that it has.
        found: DataType,
        /// The type of PostgreSQL that it is stored as.
        expected: String,
    },
    /// No type of PostgreSQL holds the values of the column.
    #[error("column {column:?} is of type {found}, which is not supported")]
    Unsupported {
        /// The column.
        column: String,
        /// The type that it has.
        found: DataType,
    },
}

impl EncodeError {
    /// The same error, where the first row of the batch is row `first_row` of what is loaded.
    pub(super) fn of_batch_at(self, first_row: u64) -> Self {
        match self {
            Self::Value { column, row, value, reason } => {
                Self::Value { column, row: first_row.wrapping_add(row), value, reason }
            }
            other => other,
        }
    }
}

/// The rows of `batch` as a stream for `COPY … FROM STDIN (FORMAT binary)`, or a file for `psql`, into a table with
/// the types that [`load`](super::load()) gives its columns.
///
/// # Errors
///
/// If a type is not supported, or a value cannot be kept as it is.
///
/// ```
/// use samplegen::{Batches, DataSet, FloatWidth, IdForm, RowRange, Schema};
///
/// let schema = Schema::classifier(10, IdForm::Binary, FloatWidth::F64)?;
/// let data_set = DataSet::new(schema, RowRange::new(0, 100).unwrap(), 0)?;
/// let batch = Batches::new(&data_set).batch(data_set.rows())?;
/// let stream = samplegen::postgres::binary_copy(&batch)?;
/// // A header and an end mark; in each row the number of fields, and before each field its length.
/// assert_eq!(stream.len(), 19 + 2 + 100 * (2 + (4 + 16) + 10 * (4 + 8)));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn binary_copy(batch: &RecordBatch) -> Result<Vec<u8>, EncodeError> {
    let schema = batch.schema();
    let types = schema.fields().iter().map(|field| {
        let unsupported =
            || EncodeError::Unsupported { column: field.name().clone(), found: field.data_type().clone() };
        ColumnType::of(field).ok_or_else(unsupported)
    });
    let types: Vec<_> = types.collect::<Result<_, _>>()?;
    let rows = Encoder::new(batch, &types)?.encode(0..batch.num_rows(), usize::MAX)?.into_bytes();
    Ok([COPY_HEADER, &rows, COPY_TRAILER].concat())
}

/// Consecutive rows, encoded.
pub(super) struct EncodedRows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl EncodedRows {
    /// How many.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// All of them, as the copy format has them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The fields of each row; `None` for a null.
    pub(super) fn rows(&self) -> impl Iterator<Item = RowFields<'_>> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| RowFields::of_row(&self.bytes[*start..*end]))
    }
}

/// The fields of a row.
pub(super) struct RowFields<'a>(&'a [u8]);

impl<'a> RowFields<'a> {
    /// Those of a complete row.
    pub(super) fn of_row(row: &'a [u8]) -> Self {
        Self(&row[size_of::<i16>()..])
    }
}

impl<'a> Iterator for RowFields<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (field, rest) = take_field(self.0)?;
        self.0 = rest;
        Some(field)
    }
}

/// The field that `bytes` begin with, which is `None` for a null, and what follows; `None` if it is not complete.
pub(super) fn take_field(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    match usize::try_from(i32::from_be_bytes(*length)) {
        Ok(length) => rest.split_at_checked(length).map(|(field, rest)| (Some(field), rest)),
        Err(_) => Some((None, rest)),
    }
}

/// A batch, ready for its rows to be encoded some at a time.
pub(super) struct Encoder<'a> {
    names: Vec<&'a str>,
    columns: Vec<ColumnFields<'a>>,
    /// Where each row ends, if the first one begins at 0.
    ends: Vec<usize>,
}

/// Bytes of the number of fields that each row begins with.
const FIELD_COUNT_BYTES: usize = size_of::<i16>();

impl<'a> Encoder<'a> {
    /// For `batch`, whose columns are stored as `types`.
    pub(super) fn new(batch: &'a RecordBatch, types: &'a [ColumnType]) -> Result<Self, EncodeError> {
        let columns = batch.columns().iter().zip(batch.schema_ref().fields()).zip(types);
        let columns = columns.map(|((array, field), column_type)| {
            ColumnFields::new(array, column_type).ok_or_else(|| EncodeError::Type {
                column: field.name().clone(),
                found: array.data_type().clone(),
                expected: column_type.sql(),
            })
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let rows = batch.num_rows();
        let mut ends = vec![FIELD_COUNT_BYTES; rows];
        columns.iter().for_each(|column| column.measure(0..rows, &mut ends));
        let mut end = 0;
        for length in &mut ends {
            end += *length;
            *length = end;
        }
        let names = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
        Ok(Self { names, columns, ends })
    }

    /// Encodes the rows `rows`, or the first of them that together have `enough_bytes` bytes: at least one, if there is
    /// one.
    pub(super) fn encode(&self, rows: Range<usize>, enough_bytes: usize) -> Result<EncodedRows, EncodeError> {
        let start = self.start(rows.start);
        let needed = self.ends[rows.clone()].partition_point(|end| end - start < enough_bytes) + 1;
        let rows = rows.start..rows.end.min(rows.start + needed);
        let mut bytes = vec![0; self.start(rows.end) - start];
        let mut places: Vec<_> = rows.clone().map(|row| self.start(row) - start).collect();
        for place in &mut places {
            let field_count = (self.columns.len() as i16).to_be_bytes();
            bytes[*place..*place + FIELD_COUNT_BYTES].copy_from_slice(&field_count);
            *place += FIELD_COUNT_BYTES;
        }
        for (name, column) in self.names.iter().zip(&self.columns) {
            column.put(rows.clone(), &mut bytes, &mut places).map_err(|Refused { row, value, reason }| {
                EncodeError::Value { column: (*name).to_owned(), row: row as u64, value, reason }
            })?;
        }
        // Behind its last field, each row ends.
        Ok(EncodedRows { bytes, ends: places })
    }

    /// Where the row begins, or the last one ends.
    fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        ArrayRef, Date32Array, DurationNanosecondArray, DurationSecondArray, Int32Array, ListArray,
        StringArray, Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray,
        TimestampNanosecondArray,
    };
    use arrow_schema::{Field, Schema};
    use proptest::prelude::*;
    use std::sync::Arc;

    use super::*;
    use arrow_array::types::{Int32Type, TimestampNanosecondType};

    fn encode(
        batch: &RecordBatch,
        types: &[ColumnType],
        rows: Range<usize>,
        enough_bytes: usize,
    ) -> Result<EncodedRows, EncodeError> {
        Encoder::new(batch, types)?.encode(rows, enough_bytes)
    }

    #[test]
    fn enough_is_enough_but_never_nothing() {
        let numbers: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(vec![1, 2, 3, 4]))];
        let schema = Schema::new(vec![Field::new("n", DataType::Int32, false)]);
        let batch = RecordBatch::try_new(Arc::new(schema), numbers).expect("a batch");
        let row_bytes = 2 + 4 + 4;
        for (enough_bytes, count) in
            [(0, 1), (row_bytes, 1), (row_bytes + 1, 2), (3 * row_bytes, 3), (1_000, 3)]
        {
            let rows = encode(&batch, &[ColumnType::Int4], 1..4, enough_bytes).expect("small numbers");
            assert_eq!(rows.count(), count, "{enough_bytes}");
            let values: Vec<_> = rows.rows().flatten().flatten().map(<[u8]>::to_vec).collect();
            assert_eq!(values, (2..2 + count as i32).map(|n| n.to_be_bytes().to_vec()).collect::<Vec<_>>());
        }
    }

    fn list_of_numbers() -> impl Strategy<Value = Option<Vec<Option<i32>>>> {
        prop::option::of(prop::collection::vec(any::<Option<i32>>(), 0..5))
    }

    proptest! {
        #[test]
        fn rows_are_the_same_however_many_are_encoded_at_a_time(
            rows in prop::collection::vec((any::<Option<i32>>(), "[a-z]{0,9}", list_of_numbers()), 1..50),
            skipped in 0usize..50,
            enough_bytes in 0usize..2_000,
        ) {
            let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(rows.iter().map(|row| row.2.clone()));
            let schema = Schema::new(vec![
                Field::new("number", DataType::Int32, true),
                Field::new("text", DataType::Utf8, false),
                Field::new("list", lists.data_type().clone(), true),
            ]);
            let arrays: Vec<ArrayRef> = vec![
                Arc::new(Int32Array::from_iter(rows.iter().map(|row| row.0))),
                Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.1))),
                Arc::new(lists),
            ];
            let batch = RecordBatch::try_new(Arc::new(schema), arrays).expect("a batch");
            let types = [ColumnType::Int4, ColumnType::Text, ColumnType::Array(Box::new(ColumnType::Int4))];
            let (start, end) = (skipped.min(rows.len()), rows.len());
            let all = encode(&batch, &types, start..end, usize::MAX).expect("values that can be stored");
            let encoder = Encoder::new(&batch, &types).expect("supported types");
            let (mut bytes, mut next) = (Vec::new(), start);
            while next < end {
                let some = encoder.encode(next..end, enough_bytes).expect("values that can be stored");
                let is_enough = some.bytes.len() >= enough_bytes;
                prop_assert!(is_enough || next + some.count() == end);
                next += some.count();
                bytes.extend(some.bytes);
            }
            prop_assert_eq!(&bytes, &all.bytes);
            // And as rows of a batch of their own.
            let sliced = batch.slice(start, end - start);
            let alone = encode(&sliced, &types, 0..end - start, usize::MAX).expect("the same");
            prop_assert_eq!(alone.bytes, bytes);
        }
    }

    #[test]
    fn what_would_be_rounded_is_refused_with_its_place() {
        let times = TimestampNanosecondArray::from(vec![Some(1_000), None, Some(1_001)]);
        let numbers = Int32Array::from(vec![1, 2, 3]);
        let schema = Schema::new(vec![
            Field::new("n", DataType::Int32, false),
            Field::new("t", times.data_type().clone(), true),
        ]);
        let columns: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(times)];
        let batch = RecordBatch::try_new(Arc::new(schema), columns).expect("a batch");
        let types = [ColumnType::Int4, ColumnType::Timestamp];
        let rows = encode(&batch, &types, 0..2, usize::MAX).expect("whole microseconds");
        let fields: Vec<Vec<_>> =
            rows.rows().map(|row| row.map(|field| field.map(<[u8]>::len)).collect()).collect();
        assert_eq!(fields, [[Some(4), Some(8)], [Some(4), None]]);
        let error =
            encode(&batch, &types, 1..3, usize::MAX).err().expect("a nanosecond too many").to_string();
        assert!(error.contains("\"t\"") && error.contains("1001 ns") && error.contains("row 2"), "{error}");
    }

    #[test]
    fn values_that_postgresql_does_not_have_are_refused() {
        let days_of_postgresql = 10_957;
        let infinity = i64::MIN + days_of_postgresql * 86_400 * 1_000_000;
        let lists = [Some(vec![Some(0)]), Some(vec![None, Some(1)])];
        let lists = ListArray::from_iter_primitive::<TimestampNanosecondType, _, _>(lists);
        let values: [(ArrayRef, &str); _] = [
            (Arc::new(TimestampNanosecondArray::from(vec![0, 1_500])), "would round"),
            (Arc::new(TimestampNanosecondArray::from(vec![0, -1]).with_timezone("UTC")), "would round"),
            (Arc::new(Time64NanosecondArray::from(vec![0, 999])), "would round"),
            (Arc::new(DurationNanosecondArray::from(vec![0, -1])), "would round"),
            (Arc::new(DurationSecondArray::from(vec![0, i64::MAX / 1_000_000 + 1])), "range"),
            (Arc::new(lists), "would round"),
            (Arc::new(StringArray::from(vec!["fine", "a\0b"])), "zero byte"),
            (Arc::new(Date32Array::from(vec![0, i32::MAX])), "dates"),
            (Arc::new(Date32Array::from(vec![0, i32::MIN])), "dates"),
            (Arc::new(TimestampMicrosecondArray::from(vec![0, i64::MIN])), "timestamps"),
            (Arc::new(TimestampMillisecondArray::from(vec![0, 1 << 62])), "range"),
            // As PostgreSQL writes it.
            (Arc::new(TimestampMicrosecondArray::from(vec![0, infinity])), "timestamps"),
        ];
        for (values, reason) in values {
            let field = Field::new("the column", values.data_type().clone(), true);
            let types = [ColumnType::of(&field).expect("a type that has a column")];
            let batch =
                RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![values]).expect("a batch");
            assert!(encode(&batch, &types, 0..1, usize::MAX).is_ok(), "{:?}", types[0]);
            let error = encode(&batch, &types, 0..2, usize::MAX).err().expect(reason).to_string();
            let is_placed = error.contains("\"the column\"") && error.contains("row 1");
            assert!(is_placed && error.contains(reason), "{error} does not say {reason:?}");
        }
    }
}
