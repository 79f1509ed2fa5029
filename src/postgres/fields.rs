//! From Arrow arrays to the fields of rows: a length, -1 for a null, and the bytes of PostgreSQL's `send` functions.
//!
//! The fields of a column are first measured and then put at their places among the fields of other columns, many rows at
//! a time: what depends on the type is decided once for all of them, and nothing is set aside for a single value.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, FixedSizeBinaryArray, GenericByteArray, GenericByteViewArray, GenericListArray,
    OffsetSizeTrait,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use uuid::Uuid;

use super::numeric::{self, Magnitude};
use super::times::{self, NotMicroseconds, microseconds};
use super::types::ColumnType;
use crate::columns::uuid::id_of_text;
use crate::count::counted;

/// Bytes of the length that a field begins with.
const LENGTH_BYTES: usize = size_of::<i32>();
/// The length of a null.
const NULL: [u8; LENGTH_BYTES] = (-1i32).to_be_bytes();
/// Characters of a text that are shown.
const SHOWN_CHARACTERS: usize = 40;

/// A value that cannot be stored.
#[derive(Debug)]
pub(super) struct Refused {
    /// Its place in the array.
    pub(super) row: usize,
    /// The value, for people.
    pub(super) value: String,
    /// Why not.
    pub(super) reason: &'static str,
}

/// The value, for people, and why it cannot be stored.
type Reason = (String, &'static str);

/// The fields of a column.
pub(super) struct ColumnFields<'a> {
    /// Which values are null, if any is.
    nulls: Option<NullBuffer>,
    values: Box<dyn Values + 'a>,
}

impl<'a> ColumnFields<'a> {
    /// Those of `array`, stored as `column_type`; `None` if they cannot be.
    pub(super) fn new(array: &'a ArrayRef, column_type: &'a ColumnType) -> Option<Self> {
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        Some(Self { nulls, values: values(array, column_type)? })
    }

    /// Adds the bytes of the field of each of the values `rows` to its entry in `lengths`.
    pub(super) fn measure(&self, rows: Range<usize>, lengths: &mut [usize]) {
        self.values.measure(self.nulls.as_ref(), rows, lengths);
    }

    /// Puts the field of each of the values `rows` at its place in `out`, and moves the place behind it.
    pub(super) fn put(
        &self,
        rows: Range<usize>,
        out: &mut [u8],
        places: &mut [usize],
    ) -> Result<(), Refused> {
        self.values.put(self.nulls.as_ref(), rows, out, places)
    }

    /// The bytes of a field, if all have the same.
    fn uniform_bytes(&self) -> Option<usize> {
        self.values.uniform_bytes().filter(|_| self.nulls.is_none())
    }
}

fn is_null(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_some_and(|nulls| nulls.is_null(row))
}

/// The values of a column.
trait Values {
    /// As [`ColumnFields::measure`], where these values are null.
    fn measure(&self, nulls: Option<&NullBuffer>, rows: Range<usize>, lengths: &mut [usize]);

    /// As [`ColumnFields::put`], where these values are null.
    fn put(
        &self,
        nulls: Option<&NullBuffer>,
        rows: Range<usize>,
        out: &mut [u8],
        places: &mut [usize],
    ) -> Result<(), Refused>;

    /// The bytes of the field of a value that is not null, if all have the same.
    fn uniform_bytes(&self) -> Option<usize> {
        None
    }
}

/// Puts a null at `place`, and moves the place behind it.
fn put_null(out: &mut [u8], place: &mut usize) {
    out[*place..*place + LENGTH_BYTES].copy_from_slice(&NULL);
    *place += LENGTH_BYTES;
}

/// Puts the length that a field with so many bytes begins with at `place`, and moves the place behind it.
fn put_length(bytes: usize, out: &mut [u8], place: &mut usize) -> Result<(), Reason> {
    let length = i32::try_from(bytes).map_err(|_| {
        (format!("a value of {}", counted(bytes, "byte")), "is more than PostgreSQL holds in a field")
    })?;
    out[*place..*place + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
    *place += LENGTH_BYTES;
    Ok(())
}

fn put_bytes(bytes: &[u8], out: &mut [u8], place: &mut usize) {
    out[*place..*place + bytes.len()].copy_from_slice(bytes);
    *place += bytes.len();
}

/// Puts the field of each of the values `rows` at its place: a null, or what `put` puts there.
#[inline(always)]
fn put_each(
    nulls: Option<&NullBuffer>,
    rows: Range<usize>,
    out: &mut [u8],
    places: &mut [usize],
    mut put: impl FnMut(usize, &mut [u8], &mut usize) -> Result<(), Refused>,
) -> Result<(), Refused> {
    match nulls {
        None => rows.zip(places).try_for_each(|(row, place)| put(row, out, place)),
        Some(nulls) => rows.zip(places).try_for_each(|(row, place)| {
            if nulls.is_null(row) {
                put_null(out, place);
                Ok(())
            } else {
                put(row, out, place)
            }
        }),
    }
}

fn refused(row: usize) -> impl FnOnce(Reason) -> Refused {
    move |(value, reason)| Refused { row, value, reason }
}

/// Values that all have the same number of bytes.
struct Fixed<F>(F);

impl<const N: usize, F: Fn(usize) -> Result<[u8; N], Reason>> Fixed<F> {
    const FIELD_BYTES: usize = LENGTH_BYTES + N;

    #[inline(always)]
    fn put_value(&self, row: usize, out: &mut [u8], place: &mut usize) -> Result<(), Refused> {
        let value = (self.0)(row).map_err(refused(row))?;
        let field = &mut out[*place..*place + Self::FIELD_BYTES];
        field[..LENGTH_BYTES].copy_from_slice(&(N as i32).to_be_bytes());
        field[LENGTH_BYTES..].copy_from_slice(&value);
        *place += Self::FIELD_BYTES;
        Ok(())
    }
}

impl<const N: usize, F: Fn(usize) -> Result<[u8; N], Reason>> Values for Fixed<F> {
    fn measure(&self, nulls: Option<&NullBuffer>, rows: Range<usize>, lengths: &mut [usize]) {
        for (row, length) in rows.zip(lengths) {
            *length += if is_null(nulls, row) { LENGTH_BYTES } else { Self::FIELD_BYTES };
        }
    }

    fn put(
        &self,
        nulls: Option<&NullBuffer>,
        rows: Range<usize>,
        out: &mut [u8],
        places: &mut [usize],
    ) -> Result<(), Refused> {
        put_each(nulls, rows, out, places, |row, out, place| self.put_value(row, out, place))
    }

    fn uniform_bytes(&self) -> Option<usize> {
        Some(Self::FIELD_BYTES)
    }
}

/// Arrays of runs of bytes.
trait Runs {
    fn run(&self, row: usize) -> &[u8];
}

impl<T: ByteArrayType> Runs for &GenericByteArray<T> {
    fn run(&self, row: usize) -> &[u8] {
        self.value(row).as_ref()
    }
}

impl<T: ByteViewType> Runs for &GenericByteViewArray<T> {
    fn run(&self, row: usize) -> &[u8] {
        self.value(row).as_ref()
    }
}

impl Runs for &FixedSizeBinaryArray {
    fn run(&self, row: usize) -> &[u8] {
        self.value(row)
    }
}

/// No values at all: each is null.
struct Nothing;

impl Runs for Nothing {
    fn run(&self, _: usize) -> &[u8] {
        &[]
    }
}

/// The binary forms of numbers.
struct Numerics {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Numerics {
    /// Those of numbers given by their magnitude and whether they are negative.
    fn new<M: Magnitude>(numbers: impl ExactSizeIterator<Item = (M, bool)>, scale: i8) -> Self {
        let mut numerics = Self { bytes: Vec::new(), ends: Vec::with_capacity(numbers.len()) };
        for (magnitude, is_negative) in numbers {
            numeric::put(magnitude, is_negative, scale, &mut numerics.bytes);
            numerics.ends.push(numerics.bytes.len());
        }
        numerics
    }
}

impl Runs for Numerics {
    fn run(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }
}

/// Values of any number of bytes.
struct Variable<R> {
    runs: R,
    is_text: bool,
}

impl<R: Runs> Variable<R> {
    fn put_value(&self, row: usize, out: &mut [u8], place: &mut usize) -> Result<(), Refused> {
        let value = self.runs.run(row);
        if self.is_text && value.contains(&0) {
            let shown: String = String::from_utf8_lossy(value).chars().take(SHOWN_CHARACTERS).collect();
            let reason = "has a zero byte, which PostgreSQL does not keep in text";
            return Err(Refused { row, value: format!("{shown:?}"), reason });
        }
        put_length(value.len(), out, place).map_err(refused(row))?;
        put_bytes(value, out, place);
        Ok(())
    }
}

impl<R: Runs> Values for Variable<R> {
    fn measure(&self, nulls: Option<&NullBuffer>, rows: Range<usize>, lengths: &mut [usize]) {
        for (row, length) in rows.zip(lengths) {
            *length += LENGTH_BYTES + if is_null(nulls, row) { 0 } else { self.runs.run(row).len() };
        }
    }

    fn put(
        &self,
        nulls: Option<&NullBuffer>,
        rows: Range<usize>,
        out: &mut [u8],
        places: &mut [usize],
    ) -> Result<(), Refused> {
        put_each(nulls, rows, out, places, |row, out, place| self.put_value(row, out, place))
    }
}

/// Lists as arrays of one dimension, counted from 1.
struct Lists<'a, R> {
    elements: ColumnFields<'a>,
    /// The object identifier of the elements' type.
    oid: u32,
    /// The elements of each list.
    range: R,
}

/// What an array without elements has: the number of its dimensions, whether there are nulls, the elements' type.
const EMPTY_ARRAY_BYTES: usize = 3 * size_of::<i32>();
/// What follows for each dimension: its length, and the number of its first element.
const DIMENSION_BYTES: usize = 2 * size_of::<i32>();

impl<R: Fn(usize) -> Range<usize>> Lists<'_, R> {
    /// The bytes of an array of so many elements, whose fields have so many bytes, without the length before it.
    fn array_bytes(count: usize, field_bytes: usize) -> usize {
        EMPTY_ARRAY_BYTES + if count == 0 { 0 } else { DIMENSION_BYTES + field_bytes }
    }

    /// Puts the bytes of the field of each of `elements` into `lengths`, and returns all of them.
    fn measure_elements(&self, elements: Range<usize>, lengths: &mut Vec<usize>) -> usize {
        lengths.clear();
        lengths.resize(elements.len(), 0);
        self.elements.measure(elements, lengths);
        lengths.iter().sum()
    }

    /// Puts the list in `row` at `place`; `scratch` is set aside for the places of its elements.
    fn put_list(
        &self,
        row: usize,
        out: &mut [u8],
        place: &mut usize,
        scratch: &mut Vec<usize>,
    ) -> Result<(), Refused> {
        let elements = (self.range)(row);
        let field_bytes = self.measure_elements(elements.clone(), scratch);
        put_length(Self::array_bytes(elements.len(), field_bytes), out, place).map_err(refused(row))?;
        let has_nulls = elements.clone().any(|element| is_null(self.elements.nulls.as_ref(), element));
        put_bytes(&i32::from(!elements.is_empty()).to_be_bytes(), out, place);
        put_bytes(&i32::from(has_nulls).to_be_bytes(), out, place);
        put_bytes(&self.oid.to_be_bytes(), out, place);
        if elements.is_empty() {
            return Ok(());
        }
        put_length(elements.len(), out, place).map_err(refused(row))?;
        put_bytes(&1i32.to_be_bytes(), out, place);
        for length in &mut *scratch {
            let start = *place;
            *place += *length;
            *length = start;
        }
        self.elements.put(elements, out, scratch).map_err(|refused| Refused { row, ..refused })
    }
}

impl<R: Fn(usize) -> Range<usize>> Values for Lists<'_, R> {
    fn measure(&self, nulls: Option<&NullBuffer>, rows: Range<usize>, lengths: &mut [usize]) {
        let mut scratch = Vec::new();
        for (row, length) in rows.zip(lengths) {
            *length += LENGTH_BYTES;
            if is_null(nulls, row) {
                continue;
            }
            let elements = (self.range)(row);
            let field_bytes = match self.elements.uniform_bytes() {
                Some(bytes) => bytes * elements.len(),
                None => self.measure_elements(elements.clone(), &mut scratch),
            };
            *length += Self::array_bytes(elements.len(), field_bytes);
        }
    }

    fn put(
        &self,
        nulls: Option<&NullBuffer>,
        rows: Range<usize>,
        out: &mut [u8],
        places: &mut [usize],
    ) -> Result<(), Refused> {
        let mut scratch = Vec::new();
        put_each(nulls, rows, out, places, |row, out, place| self.put_list(row, out, place, &mut scratch))
    }
}

fn fixed<'a, const N: usize>(
    value: impl Fn(usize) -> Result<[u8; N], Reason> + 'a,
) -> Option<Box<dyn Values + 'a>> {
    Some(Box::new(Fixed(value)))
}

fn variable<'a>(runs: impl Runs + 'a) -> Option<Box<dyn Values + 'a>> {
    Some(Box::new(Variable { runs, is_text: false }))
}

fn text<'a>(runs: impl Runs + 'a) -> Option<Box<dyn Values + 'a>> {
    Some(Box::new(Variable { runs, is_text: true }))
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
        (_, ColumnType::Numeric { .. }) => variable(numerics(array)?),
        (DataType::Utf8, ColumnType::Uuid) => id_texts(array.as_string::<i32>()),
        (DataType::LargeUtf8, ColumnType::Uuid) => id_texts(array.as_string::<i64>()),
        (DataType::Utf8View, ColumnType::Uuid) => id_texts(array.as_string_view()),
        (DataType::Utf8, ColumnType::Text) => text(array.as_string::<i32>()),
        (DataType::LargeUtf8, ColumnType::Text) => text(array.as_string::<i64>()),
        (DataType::Utf8View, ColumnType::Text) => text(array.as_string_view()),
        (DataType::Null, ColumnType::Text) => variable(Nothing),
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
        (DataType::FixedSizeBinary(_), ColumnType::Bytea) => variable(array.as_fixed_size_binary()),
        (DataType::Binary, ColumnType::Bytea) => variable(array.as_binary::<i32>()),
        (DataType::LargeBinary, ColumnType::Bytea) => variable(array.as_binary::<i64>()),
        (DataType::BinaryView, ColumnType::Bytea) => variable(array.as_binary_view()),
        (DataType::Date32, ColumnType::Date) => {
            let values = array.as_primitive::<Date32Type>().values();
            fixed(move |row| {
                times::date(values[row]).ok_or_else(|| {
                    (format!("day {} since 1970", values[row]), "is not among PostgreSQL's dates")
                })
            })
        }
        (DataType::Time32(unit) | DataType::Time64(unit), ColumnType::Time) => {
            let unit = *unit;
            counts(array, move |count| {
                let time = times::time(exact(count, unit)?);
                time.ok_or_else(|| (format!("a time of {}", shown(count, unit)), "is not within a day"))
            })
        }
        (DataType::Timestamp(unit, _), ColumnType::Timestamp | ColumnType::TimestampTz) => {
            let unit = *unit;
            counts(array, move |count| {
                times::timestamp(exact(count, unit)?).ok_or_else(|| {
                    (format!("{} since 1970", shown(count, unit)), "is not among PostgreSQL's timestamps")
                })
            })
        }
        (DataType::Duration(unit), ColumnType::Interval) => {
            let unit = *unit;
            counts(array, move |count| exact(count, unit).map(times::interval))
        }
        (DataType::List(_), ColumnType::Array(element_type)) => varying(array.as_list::<i32>(), element_type),
        (DataType::LargeList(_), ColumnType::Array(element_type)) => {
            varying(array.as_list::<i64>(), element_type)
        }
        (DataType::FixedSizeList(_, length), ColumnType::Array(element_type)) => {
            let length = usize::try_from(*length).ok()?;
            let lists = array.as_fixed_size_list();
            list_values(lists.values(), element_type, move |row| row * length..(row + 1) * length)
        }
        _ => None,
    }
}

/// Texts of UUIDs as UUIDs.
fn id_texts<'a>(texts: impl Runs + 'a) -> Option<Box<dyn Values + 'a>> {
    fixed(move |row| {
        let text = texts.run(row);
        match id_of_text(text) {
            Some(id) => Ok(id.into_bytes()),
            None => Err((format!("{:?}", String::from_utf8_lossy(text)), "is not a UUID")),
        }
    })
}

/// Times, timestamps and durations, of which `value` makes bytes from the numbers that they are stored as.
fn counts<'a, const N: usize>(
    array: &'a ArrayRef,
    value: impl Fn(i64) -> Result<[u8; N], Reason> + 'a,
) -> Option<Box<dyn Values + 'a>> {
    macro_rules! of {
        ($arrow:ty) => {{
            let values = array.as_primitive::<$arrow>().values();
            fixed(move |row| value(values[row].into()))
        }};
    }
    match array.data_type() {
        DataType::Time32(TimeUnit::Second) => of!(Time32SecondType),
        DataType::Time32(TimeUnit::Millisecond) => of!(Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => of!(Time64MicrosecondType),
        DataType::Time64(TimeUnit::Nanosecond) => of!(Time64NanosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => of!(TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => of!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => of!(TimestampNanosecondType),
        DataType::Duration(TimeUnit::Second) => of!(DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => of!(DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => of!(DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => of!(DurationNanosecondType),
        _ => None,
    }
}

/// So many of `unit` in microseconds: what is finer is refused rather than rounded.
fn exact(count: i64, unit: TimeUnit) -> Result<i64, Reason> {
    microseconds(count, unit).map_err(|why| {
        let reason = match why {
            NotMicroseconds::Finer => "PostgreSQL, which keeps microseconds, would round",
            NotMicroseconds::Longer => "is beyond PostgreSQL's range",
        };
        (shown(count, unit), reason)
    })
}

/// A number of units of time, for people.
fn shown(count: i64, unit: TimeUnit) -> String {
    let unit = match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "µs",
        TimeUnit::Nanosecond => "ns",
    };
    format!("{count} {unit}")
}

/// Lists of any lengths.
fn varying<'a, O: OffsetSizeTrait>(
    lists: &'a GenericListArray<O>,
    element_type: &'a ColumnType,
) -> Option<Box<dyn Values + 'a>> {
    let offsets = lists.value_offsets();
    list_values(lists.values(), element_type, move |row| offsets[row].as_usize()..offsets[row + 1].as_usize())
}

fn list_values<'a>(
    elements: &'a ArrayRef,
    element_type: &'a ColumnType,
    range: impl Fn(usize) -> Range<usize> + 'a,
) -> Option<Box<dyn Values + 'a>> {
    let elements = ColumnFields::new(elements, element_type)?;
    Some(Box::new(Lists { elements, oid: element_type.oid(), range }))
}

/// Whole or decimal numbers as `numeric`.
fn numerics(array: &ArrayRef) -> Option<Numerics> {
    macro_rules! of {
        ($arrow:ty, $scale:expr, $number:ident => $parts:expr) => {{
            let values = array.as_primitive::<$arrow>().values();
            Some(Numerics::new(values.iter().map(|$number| $parts), $scale))
        }};
    }
    match array.data_type() {
        DataType::UInt64 => of!(UInt64Type, 0, number => (*number, false)),
        DataType::Decimal32(_, scale) => {
            of!(Decimal32Type, *scale, number => (u64::from(number.unsigned_abs()), *number < 0))
        }
        DataType::Decimal64(_, scale) => {
            of!(Decimal64Type, *scale, number => (number.unsigned_abs(), *number < 0))
        }
        DataType::Decimal128(_, scale) => {
            of!(Decimal128Type, *scale, number => (number.unsigned_abs(), *number < 0))
        }
        DataType::Decimal256(_, scale) => {
            of!(Decimal256Type, *scale, number => (number.wrapping_abs(), number.is_negative()))
        }
        _ => None,
    }
}
