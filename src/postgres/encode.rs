//! From record batches to rows of PostgreSQL's binary copy format.
//!
//! A row is the number of its fields and then each field: its length, -1 for a null, and its bytes.
//! The bytes are those of PostgreSQL's `send` functions, and serve as parameters of a statement too.
//! Source: <https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format".

use std::ops::{Range, RangeInclusive};

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use uuid::Uuid;

use super::types::ColumnType;
use crate::columns::uuid::id_of_text;

/// What a stream in the binary copy format begins with: its signature, no flags, no extension.
pub(super) const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const COPY_TRAILER: &[u8] = &(-1i16).to_be_bytes();
/// Rows that are encoded at a time have about so many bytes.
pub(super) const CHUNK_BYTES: usize = 64 << 10;

const NULL: [u8; 4] = (-1i32).to_be_bytes();
/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL's dates begin.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS as i64 * DAY_MICROSECONDS;
const DAY_MICROSECONDS: i64 = 86_400_000_000;
/// The dates of PostgreSQL, in days since 2000-01-01: 4714-11-24 BC, Julian day 0, to 5874897-12-31.
const DATES: Range<i32> = -2_451_545..2_145_031_949;
/// The timestamps of PostgreSQL, in microseconds since 2000-01-01: 4714-11-24 BC to 294276-12-31.
const TIMESTAMPS: Range<i64> = -2_451_545 * DAY_MICROSECONDS..106_751_983 * DAY_MICROSECONDS;
/// The times of PostgreSQL: to 24:00:00, which is one.
const TIMES: RangeInclusive<i64> = 0..=DAY_MICROSECONDS;

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
    pub(super) fn rows(&self) -> impl Iterator<Item = Fields<'_>> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| Fields::of_row(&self.bytes[*start..*end]))
    }
}

/// The fields of a row.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Those of a complete row.
    pub(super) fn of_row(row: &'a [u8]) -> Self {
        Self(&row[size_of::<i16>()..])
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => {
                let (field, rest) = rest.split_at(length);
                self.0 = rest;
                Some(Some(field))
            }
            Err(_) => {
                self.0 = rest;
                Some(None)
            }
        }
    }
}

/// A batch, ready for its rows to be encoded some at a time.
pub(super) struct Encoder<'a>(Vec<Column<'a>>);

impl<'a> Encoder<'a> {
    /// For `batch`, whose columns are stored as `types`.
    pub(super) fn new(batch: &'a RecordBatch, types: &'a [ColumnType]) -> Result<Self, EncodeError> {
        let columns = batch.columns().iter().zip(batch.schema_ref().fields()).zip(types);
        let columns = columns.map(|((array, field), column_type)| {
            let values = values(array, column_type).ok_or_else(|| EncodeError::Type {
                column: field.name().clone(),
                found: array.data_type().clone(),
                expected: column_type.sql(),
            })?;
            let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
            Ok(Column { name: field.name(), nulls, values })
        });
        columns.collect::<Result<_, _>>().map(Self)
    }

    /// Encodes the rows `rows`, or the first of them that together have `enough_bytes` bytes: at least one, if there is
    /// one.
    pub(super) fn encode(&self, rows: Range<usize>, enough_bytes: usize) -> Result<EncodedRows, EncodeError> {
        match self.0.iter().map(Column::fixed).collect::<Option<Vec<_>>>() {
            Some(fixed) => self.encode_fixed(&fixed, rows, enough_bytes),
            None => self.encode_any(rows, enough_bytes),
        }
    }

    /// Encodes rows that all have the same number of bytes, one column after the other.
    fn encode_fixed(
        &self,
        fixed: &[&dyn FixedValues],
        rows: Range<usize>,
        enough_bytes: usize,
    ) -> Result<EncodedRows, EncodeError> {
        let field_count = self.field_count();
        let row_bytes = fixed.iter().fold(field_count.len(), |bytes, values| bytes + values.field_bytes());
        let count = rows.len().min(enough_bytes.max(1).div_ceil(row_bytes));
        let mut bytes = vec![0; count * row_bytes];
        for row in bytes.chunks_exact_mut(row_bytes) {
            row[..field_count.len()].copy_from_slice(&field_count);
        }
        let mut offset = field_count.len();
        for (column, values) in self.0.iter().zip(fixed) {
            if count > 0 {
                let put = values.put_all(rows.start, row_bytes, &mut bytes[offset..]);
                put.map_err(|(row, refused)| column.refuse(row, refused))?;
            }
            offset += values.field_bytes();
        }
        Ok(EncodedRows { bytes, ends: (1..=count).map(|rows| rows * row_bytes).collect() })
    }

    /// Encodes rows of whatever length, one after the other.
    fn encode_any(&self, rows: Range<usize>, enough_bytes: usize) -> Result<EncodedRows, EncodeError> {
        let field_count = self.field_count();
        let mut encoded = EncodedRows { bytes: Vec::new(), ends: Vec::new() };
        let out = &mut encoded.bytes;
        let first_row = rows.start;
        for row in rows.clone() {
            out.extend_from_slice(&field_count);
            for column in &self.0 {
                if column.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    out.extend_from_slice(&NULL);
                } else {
                    column.values.put(row, out).map_err(|refused| column.refuse(row, refused))?;
                }
            }
            encoded.ends.push(out.len());
            if out.len() >= enough_bytes {
                break;
            }
            if row == first_row {
                // Most rows are about as long as the first one.
                let row_bytes = out.len();
                out.reserve((row_bytes * rows.len()).min(enough_bytes.saturating_add(row_bytes)));
            }
        }
        Ok(encoded)
    }

    /// What each row begins with.
    fn field_count(&self) -> [u8; size_of::<i16>()] {
        (self.0.len() as i16).to_be_bytes()
    }
}

/// A column of a batch.
struct Column<'a> {
    name: &'a str,
    /// If there are any.
    nulls: Option<NullBuffer>,
    values: Box<dyn Values + 'a>,
}

impl Column<'_> {
    /// Its values, if all have the same number of bytes and none is null.
    fn fixed(&self) -> Option<&dyn FixedValues> {
        if self.nulls.is_some() { None } else { self.values.fixed() }
    }

    fn refuse(&self, row: usize, (value, reason): Refused) -> EncodeError {
        EncodeError::Value { column: self.name.to_owned(), row: row as u64, value, reason }
    }
}

/// A value that cannot be stored, for people, and why not.
type Refused = (String, &'static str);

/// The values of a column.
trait Values {
    /// Appends the length and the bytes of the value in `row`, which is not null.
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused>;

    /// The values, if all have the same number of bytes.
    fn fixed(&self) -> Option<&dyn FixedValues> {
        None
    }
}

/// Values that all have the same number of bytes.
trait FixedValues {
    /// How many, together with the length that stands before each.
    fn field_bytes(&self) -> usize;

    /// Puts the length and the bytes of the value in `first_row`, and those of the rows behind it, none of which is null,
    /// at the beginning of `out` and every `row_bytes` bytes behind it. An error has the row of the value.
    fn put_all(&self, first_row: usize, row_bytes: usize, out: &mut [u8]) -> Result<(), (usize, Refused)>;
}

/// Values of one length.
struct Fixed<F>(F);

impl<const N: usize, F: Fn(usize) -> Result<[u8; N], Refused>> Values for Fixed<F> {
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let value = (self.0)(row)?;
        out.extend_from_slice(&(N as i32).to_be_bytes());
        out.extend_from_slice(&value);
        Ok(())
    }

    fn fixed(&self) -> Option<&dyn FixedValues> {
        Some(self)
    }
}

impl<const N: usize, F: Fn(usize) -> Result<[u8; N], Refused>> FixedValues for Fixed<F> {
    fn field_bytes(&self) -> usize {
        size_of::<i32>() + N
    }

    fn put_all(&self, first_row: usize, row_bytes: usize, out: &mut [u8]) -> Result<(), (usize, Refused)> {
        for (row, out) in (first_row..).zip(out.chunks_mut(row_bytes)) {
            let value = (self.0)(row).map_err(|refused| (row, refused))?;
            let (length, out) = out.split_at_mut(size_of::<i32>());
            length.copy_from_slice(&(N as i32).to_be_bytes());
            out[..N].copy_from_slice(&value);
        }
        Ok(())
    }
}

/// Values that are runs of bytes.
struct Variable<F>(F);

impl<'a, F: Fn(usize) -> &'a [u8]> Values for Variable<F> {
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let value = (self.0)(row);
        put_length(value.len(), out)?;
        out.extend_from_slice(value);
        Ok(())
    }
}

fn put_length(length: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
    let length = i32::try_from(length).map_err(|_| {
        (
            format!("a value of {}", crate::count::counted(length, "byte")),
            "is more than PostgreSQL holds in a field",
        )
    })?;
    out.extend_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Values that are texts.
struct Texts<F>(F);

impl<'a, F: Fn(usize) -> &'a [u8]> Values for Texts<F> {
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let text = (self.0)(row);
        if text.contains(&0) {
            let shown: String = String::from_utf8_lossy(text).chars().take(SHOWN_CHARACTERS).collect();
            return Err((format!("{shown:?}"), "has a zero byte, which PostgreSQL does not keep in text"));
        }
        put_length(text.len(), out)?;
        out.extend_from_slice(text);
        Ok(())
    }
}

/// Characters of a text that are shown.
const SHOWN_CHARACTERS: usize = 40;

fn fixed<'a, const N: usize>(
    value: impl Fn(usize) -> Result<[u8; N], Refused> + 'a,
) -> Option<Box<dyn Values + 'a>> {
    Some(Box::new(Fixed(value)))
}

fn variable<'a>(value: impl Fn(usize) -> &'a [u8] + 'a) -> Option<Box<dyn Values + 'a>> {
    Some(Box::new(Variable(value)))
}

/// The values of `array`, stored as `column_type`; `None` if they cannot be.
fn values<'a>(array: &'a ArrayRef, column_type: &'a ColumnType) -> Option<Box<dyn Values + 'a>> {
    macro_rules! number {
        ($arrow:ty as $stored:ty) => {{
            let values = array.as_primitive::<$arrow>().values();
            fixed(move |row| Ok(<$stored>::from(values[row]).to_be_bytes()))
        }};
    }
    match (array.data_type(), column_type) {
        (DataType::Boolean, ColumnType::Bool) => {
            let values = array.as_boolean();
            fixed(move |row| Ok([values.value(row).into()]))
        }
        (DataType::Int8, ColumnType::Int2) => number!(Int8Type as i16),
        (DataType::UInt8, ColumnType::Int2) => number!(UInt8Type as i16),
        (DataType::Int16, ColumnType::Int2) => number!(Int16Type as i16),
        (DataType::UInt16, ColumnType::Int4) => number!(UInt16Type as i32),
        (DataType::Int32, ColumnType::Int4) => number!(Int32Type as i32),
        (DataType::UInt32, ColumnType::Int8) => number!(UInt32Type as i64),
        (DataType::Int64, ColumnType::Int8) => number!(Int64Type as i64),
        (DataType::Float16, ColumnType::Float4) => number!(Float16Type as f32),
        (DataType::Float32, ColumnType::Float4) => number!(Float32Type as f32),
        (DataType::Float64, ColumnType::Float8) => number!(Float64Type as f64),
        (_, ColumnType::Numeric { .. }) => numeric_values(array),
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, ColumnType::Uuid) => {
            let text = text(array)?;
            fixed(move |row| {
                let text = text(row);
                match id_of_text(text) {
                    Some(id) => Ok(id.into_bytes()),
                    None => Err((format!("{:?}", String::from_utf8_lossy(text)), "is not a UUID")),
                }
            })
        }
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, ColumnType::Text) => {
            Some(Box::new(Texts(text(array)?)))
        }
        // Each of them is a null, which is stored before any value is asked for.
        (DataType::Null, ColumnType::Text) => variable(|_| &[]),
        (DataType::FixedSizeBinary(16), ColumnType::Uuid) => {
            let (values, _) = array.as_fixed_size_binary().value_data().as_chunks::<16>();
            fixed(move |row| Ok(values[row]))
        }
        (DataType::FixedSizeBinary(16), ColumnType::Text) => {
            let (values, _) = array.as_fixed_size_binary().value_data().as_chunks::<16>();
            fixed(move |row| {
                let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
                Uuid::from_bytes(values[row]).hyphenated().encode_lower(&mut text);
                Ok(text)
            })
        }
        (DataType::FixedSizeBinary(_), ColumnType::Bytea) => {
            let values = array.as_fixed_size_binary();
            variable(move |row| values.value(row))
        }
        (DataType::Binary, ColumnType::Bytea) => {
            let values = array.as_binary::<i32>();
            variable(move |row| values.value(row))
        }
        (DataType::LargeBinary, ColumnType::Bytea) => {
            let values = array.as_binary::<i64>();
            variable(move |row| values.value(row))
        }
        (DataType::BinaryView, ColumnType::Bytea) => {
            let values = array.as_binary_view();
            variable(move |row| values.value(row))
        }
        (DataType::Date32, ColumnType::Date) => {
            let values = array.as_primitive::<Date32Type>().values();
            fixed(move |row| {
                let days = values[row].checked_sub(EPOCH_DAYS).filter(|days| DATES.contains(days));
                days.map(i32::to_be_bytes).ok_or_else(|| {
                    (format!("day {} since 1970", values[row]), "is not among PostgreSQL's dates")
                })
            })
        }
        (DataType::Time32(unit) | DataType::Time64(unit), ColumnType::Time) => {
            let counts = counts(array)?;
            let unit = *unit;
            fixed(move |row| {
                let time = Some(microseconds(counts(row), unit)?).filter(|time| TIMES.contains(time));
                time.map(i64::to_be_bytes).ok_or_else(|| {
                    (format!("a time of {}", counted(counts(row), unit)), "is not within a day")
                })
            })
        }
        (DataType::Timestamp(unit, _), ColumnType::Timestamp | ColumnType::TimestampTz) => {
            let counts = counts(array)?;
            let unit = *unit;
            fixed(move |row| {
                let count = counts(row);
                let since = microseconds(count, unit)?.checked_sub(EPOCH_MICROSECONDS);
                let since = since.filter(|since| TIMESTAMPS.contains(since));
                since.map(i64::to_be_bytes).ok_or_else(|| {
                    (format!("{} since 1970", counted(count, unit)), "is not among PostgreSQL's timestamps")
                })
            })
        }
        (DataType::List(_), ColumnType::Array(element_type)) => {
            let lists = array.as_list::<i32>();
            let offsets = lists.value_offsets();
            list_values(lists.values(), element_type, move |row| {
                offsets[row] as usize..offsets[row + 1] as usize
            })
        }
        (DataType::LargeList(_), ColumnType::Array(element_type)) => {
            let lists = array.as_list::<i64>();
            let offsets = lists.value_offsets();
            list_values(lists.values(), element_type, move |row| {
                offsets[row] as usize..offsets[row + 1] as usize
            })
        }
        _ => None,
    }
}

/// The bytes of each text.
fn text<'a>(array: &'a ArrayRef) -> Option<Box<dyn Fn(usize) -> &'a [u8] + 'a>> {
    Some(match array.data_type() {
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            Box::new(move |row| values.value(row).as_bytes())
        }
        DataType::LargeUtf8 => {
            let values = array.as_string::<i64>();
            Box::new(move |row| values.value(row).as_bytes())
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            Box::new(move |row| values.value(row).as_bytes())
        }
        _ => return None,
    })
}

/// The numbers that times and timestamps are stored as.
fn counts<'a>(array: &'a ArrayRef) -> Option<Box<dyn Fn(usize) -> i64 + 'a>> {
    macro_rules! of {
        ($arrow:ty) => {{
            let values = array.as_primitive::<$arrow>().values();
            Box::new(move |row| i64::from(values[row]))
        }};
    }
    Some(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => of!(Time32SecondType),
        DataType::Time32(TimeUnit::Millisecond) => of!(Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => of!(Time64MicrosecondType),
        DataType::Time64(TimeUnit::Nanosecond) => of!(Time64NanosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => of!(TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => of!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => of!(TimestampNanosecondType),
        _ => return None,
    })
}

/// PostgreSQL keeps microseconds: what has more is refused rather than rounded.
fn microseconds(count: i64, unit: TimeUnit) -> Result<i64, Refused> {
    let scaled = match unit {
        TimeUnit::Second => count.checked_mul(1_000_000),
        TimeUnit::Millisecond => count.checked_mul(1_000),
        TimeUnit::Microsecond => Some(count),
        TimeUnit::Nanosecond if count % 1_000 != 0 => {
            return Err((counted(count, unit), "PostgreSQL, which keeps microseconds, would round"));
        }
        TimeUnit::Nanosecond => Some(count / 1_000),
    };
    scaled.ok_or_else(|| (counted(count, unit), "is beyond PostgreSQL's range"))
}

/// A number of units of time, for people.
fn counted(count: i64, unit: TimeUnit) -> String {
    let unit = match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "µs",
        TimeUnit::Nanosecond => "ns",
    };
    format!("{count} {unit}")
}

/// The values of a column of lists as arrays of one dimension, counted from 1.
fn list_values<'a>(
    elements: &'a ArrayRef,
    element_type: &'a ColumnType,
    range: impl Fn(usize) -> Range<usize> + 'a,
) -> Option<Box<dyn Values + 'a>> {
    struct Lists<'a, R> {
        values: Box<dyn Values + 'a>,
        nulls: Option<NullBuffer>,
        oid: u32,
        range: R,
    }

    impl<R: Fn(usize) -> Range<usize>> Values for Lists<'_, R> {
        fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
            let range = (self.range)(row);
            let start = out.len();
            out.extend_from_slice(&NULL); // the length, known at the end
            let dimensions = i32::from(!range.is_empty());
            let is_null = |element| self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(element));
            let has_nulls = i32::from(range.clone().any(is_null));
            out.extend_from_slice(&dimensions.to_be_bytes());
            out.extend_from_slice(&has_nulls.to_be_bytes());
            out.extend_from_slice(&self.oid.to_be_bytes());
            if !range.is_empty() {
                put_length(range.len(), out)?;
                out.extend_from_slice(&1i32.to_be_bytes());
            }
            for element in range {
                if is_null(element) {
                    out.extend_from_slice(&NULL);
                } else {
                    self.values.put(element, out)?;
                }
            }
            let mut length = Vec::with_capacity(size_of::<i32>());
            put_length(out.len() - start - size_of::<i32>(), &mut length)?;
            out[start..start + size_of::<i32>()].copy_from_slice(&length);
            Ok(())
        }
    }

    let values = values(elements, element_type)?;
    Some(Box::new(Lists { values, nulls: elements.logical_nulls(), oid: element_type.oid(), range }))
}

/// The values of a column of whole or decimal numbers as `numeric`.
fn numeric_values<'a>(array: &'a ArrayRef) -> Option<Box<dyn Values + 'a>> {
    struct Numerics<F>(F, i8);

    impl<F: Fn(usize) -> String> Values for Numerics<F> {
        fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
            let numeric = numeric(&(self.0)(row), self.1);
            put_length(numeric.len(), out)?;
            out.extend_from_slice(&numeric);
            Ok(())
        }
    }

    macro_rules! of {
        ($arrow:ty, $scale:expr) => {{
            let values = array.as_primitive::<$arrow>().values();
            Some(Box::new(Numerics(move |row: usize| values[row].to_string(), $scale)))
        }};
    }
    match array.data_type() {
        DataType::UInt64 => of!(UInt64Type, 0),
        DataType::Decimal32(_, scale) => of!(Decimal32Type, *scale),
        DataType::Decimal64(_, scale) => of!(Decimal64Type, *scale),
        DataType::Decimal128(_, scale) => of!(Decimal128Type, *scale),
        DataType::Decimal256(_, scale) => of!(Decimal256Type, *scale),
        _ => None,
    }
}

/// The binary form of the number that is `unscaled`, a whole number in decimal digits, times 10 to the
/// power of -`scale`: its count of digits to the base of 10,000, the power of that base which the first of them
/// stands for, its sign, its decimal digits behind the point, and the digits.
fn numeric(unscaled: &str, scale: i8) -> Vec<u8> {
    const DIGITS: usize = 4;
    const NEGATIVE: u16 = 0x4000;
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => (NEGATIVE, digits),
        None => (0, unscaled),
    };
    let mut digits = digits.to_owned();
    digits.extend(std::iter::repeat_n('0', usize::from((-scale).max(0) as u8)));
    let scale = usize::from(scale.max(0) as u8);
    // Both sides of the point in whole groups.
    let whole_digits = digits.len().saturating_sub(scale);
    let missing_before = (scale + whole_digits.next_multiple_of(DIGITS)) - digits.len();
    let missing_behind = scale.next_multiple_of(DIGITS) - scale;
    let digits = format!("{}{digits}{}", "0".repeat(missing_before), "0".repeat(missing_behind));
    let groups: Vec<u16> = digits
        .as_bytes()
        .chunks(DIGITS)
        .map(|group| group.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
        .collect();
    let leading_zeros = groups.iter().take_while(|group| **group == 0).count();
    let first_weight = whole_digits.div_ceil(DIGITS) as i16 - 1;
    let trailing_zeros = groups.iter().rev().take_while(|group| **group == 0).count();
    let significant = groups.get(leading_zeros..groups.len() - trailing_zeros).unwrap_or_default();
    let (weight, sign) =
        if significant.is_empty() { (0, 0) } else { (first_weight - leading_zeros as i16, sign) };
    let mut bytes = Vec::with_capacity(2 * (4 + significant.len()));
    bytes.extend_from_slice(&(significant.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&weight.to_be_bytes());
    bytes.extend_from_slice(&sign.to_be_bytes());
    bytes.extend_from_slice(&(scale as u16).to_be_bytes());
    bytes.extend(significant.iter().flat_map(|group| group.to_be_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BooleanArray, Date32Array, Int16Array, Int32Array, ListArray, StringArray, Time64NanosecondArray,
        TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    };
    use arrow_schema::{Field, Schema};
    use proptest::prelude::*;
    use std::sync::Arc;

    use super::*;

    fn encode(
        batch: &RecordBatch,
        types: &[ColumnType],
        rows: Range<usize>,
        enough_bytes: usize,
    ) -> Result<EncodedRows, EncodeError> {
        Encoder::new(batch, types)?.encode(rows, enough_bytes)
    }

    /// What the binary form of a numeric says, the other way round: digit groups times powers of 10,000.
    fn said(bytes: &[u8]) -> (bool, Vec<(u16, i32)>, u16) {
        let words: Vec<u16> = bytes.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect();
        let (count, weight, sign, scale) = (words[0], words[1] as i16, words[2], words[3]);
        assert_eq!(words.len(), 4 + usize::from(count));
        let groups = words[4..].iter().zip((0..).map(|group| i32::from(weight) - group));
        (sign == 0x4000, groups.map(|(digits, power)| (*digits, power)).collect(), scale)
    }

    #[test]
    fn numerics_are_those_of_the_protocol() {
        for (unscaled, scale, negative, groups, digits) in [
            ("0", 0, false, vec![], 0),
            ("0", 5, false, vec![], 5),
            ("-0", 0, false, vec![], 0),
            ("1", 0, false, vec![(1, 0)], 0),
            ("-12345", 0, true, vec![(1, 1), (2345, 0)], 0),
            ("12345", 2, false, vec![(123, 0), (4500, -1)], 2),
            ("1", 4, false, vec![(1, -1)], 4),
            ("1", 5, false, vec![(1000, -2)], 5),
            ("7", -3, false, vec![(7000, 0)], 0),
            ("10000", 0, false, vec![(1, 1)], 0),
            ("100000000", 4, false, vec![(1, 1)], 4),
        ] {
            assert_eq!(said(&numeric(unscaled, scale)), (negative, groups, digits), "{unscaled} e-{scale}");
        }
    }

    proptest! {
        #[test]
        fn no_digit_of_a_numeric_is_lost(unscaled: i128, scale in -10i8..=38) {
            let (negative, groups, digits) = said(&numeric(&unscaled.to_string(), scale));
            prop_assert_eq!(negative, unscaled < 0);
            prop_assert_eq!(i32::from(digits), i32::from(scale.max(0)));
            // Both as digits before 10^-40, where every group ends.
            let lowest = -10;
            let mut text = String::new();
            if let Some((_, highest)) = groups.first() {
                for power in (lowest..=*highest).rev() {
                    let digits = groups.iter().find(|(_, at)| *at == power).map_or(0, |(digits, _)| *digits);
                    text.push_str(&format!("{digits:04}"));
                }
            }
            let expected = format!("{}{}", unscaled.unsigned_abs(), "0".repeat((40 - i32::from(scale)) as usize));
            prop_assert_eq!(text.trim_start_matches('0'), expected.trim_start_matches('0'));
            prop_assert!(groups.first().is_none_or(|(digits, _)| *digits != 0));
            prop_assert!(groups.last().is_none_or(|(digits, _)| *digits != 0));
        }
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

    proptest! {
        #[test]
        fn rows_of_one_length_are_the_same_either_way(
            numbers in proptest::collection::vec(any::<(i16, bool, u64)>(), 1..50),
            skipped in 0usize..50,
            enough_bytes in 0usize..2_000,
        ) {
            let ids = numbers.iter().map(|(_, _, id)| uuid::Uuid::from_u64_pair(*id, !id).to_string());
            let schema = Schema::new(vec![
                Field::new("number", DataType::Int16, false),
                Field::new("bool", DataType::Boolean, false),
                Field::new("id", DataType::Utf8, true),
            ]);
            let arrays: Vec<ArrayRef> = vec![
                Arc::new(Int16Array::from_iter_values(numbers.iter().map(|row| row.0))),
                Arc::new(BooleanArray::from_iter(numbers.iter().map(|row| Some(row.1)))),
                Arc::new(StringArray::from_iter_values(ids)),
            ];
            let batch = RecordBatch::try_new(Arc::new(schema), arrays).expect("a batch");
            let types = [ColumnType::Int2, ColumnType::Bool, ColumnType::Uuid];
            let rows = skipped.min(numbers.len())..numbers.len();
            let encoder = Encoder::new(&batch, &types).expect("supported types");
            let fixed: Vec<_> = encoder.0.iter().filter_map(Column::fixed).collect();
            prop_assert_eq!(fixed.len(), encoder.0.len());
            let together = encoder.encode_fixed(&fixed, rows.clone(), enough_bytes).expect("ids");
            let singly = encoder.encode_any(rows, enough_bytes).expect("ids");
            prop_assert_eq!(together.ends, singly.ends);
            prop_assert_eq!(together.bytes, singly.bytes);
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
        // And where rows are of one length.
        let error = encode(&batch.slice(2, 1), &types, 0..1, usize::MAX).err().expect("as much").to_string();
        assert!(error.contains("\"t\"") && error.contains("1001 ns") && error.contains("row 0"), "{error}");
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
