//! Levels: which rows of a page are null, and where its lists begin and end.
//!
//! An *entry* is what has a level: an element of a list, an empty list, or a null; in a column without lists, each row.
//! The repetition level of an entry is 1 if it belongs to the list of the entry before. The definition level counts
//! what is there of the path to a value: a list that is not null, an element in it.

use arrow_buffer::NullBuffer;

use super::buffer::PageBuffer;
use super::hybrid;

/// Which levels a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Whether rows can be null.
    pub nullable: bool,
    /// Whether rows are lists.
    pub list: bool,
}

/// How many entries of each kind a page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub rows: usize,
    /// Rows that are null.
    pub null_rows: usize,
    /// Lists without elements.
    pub empty_lists: usize,
    /// Values: rows that are not null, or elements of lists.
    pub values: usize,
}

impl Shape {
    /// Entries: what `num_values` means in a page header.
    pub fn entries(self) -> usize {
        self.null_rows + self.empty_lists + self.values
    }

    /// Entries without a value: what `null_count` means in statistics.
    pub fn nulls(self) -> usize {
        self.null_rows + self.empty_lists
    }

    /// The entries of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            null_rows: self.null_rows + other.null_rows,
            empty_lists: self.empty_lists + other.empty_lists,
            values: self.values + other.values,
        }
    }
}

/// The bytes before levels that say how many bytes the levels have.
const LENGTH_BYTES: usize = 4;
/// Bits of a repetition level.
const REPETITION_WIDTH: u32 = 1;

impl Levels {
    /// The largest definition level: the one of values.
    pub fn max_definition(self) -> i16 {
        i16::from(self.nullable) + i16::from(self.list)
    }

    /// How many entries of each repetition level there are; empty without lists.
    pub fn repetition_histogram(self, shape: Shape) -> Vec<i64> {
        if !self.list {
            return Vec::new();
        }
        vec![shape.rows as i64, (shape.entries() - shape.rows) as i64]
    }

    /// How many entries of each definition level there are; empty if all have the same.
    pub fn definition_histogram(self, shape: Shape) -> Vec<i64> {
        let nulls = self.nullable.then_some(shape.null_rows as i64);
        let empty = self.list.then_some(shape.empty_lists as i64);
        let mut histogram: Vec<i64> = nulls.into_iter().chain(empty).collect();
        if !histogram.is_empty() {
            histogram.push(shape.values as i64);
        }
        histogram
    }

    /// Bytes of the levels of a page of this shape.
    pub(super) fn bytes(self, shape: Shape) -> usize {
        let bytes = |width, single| {
            LENGTH_BYTES
                + match single {
                    Some(_) => hybrid::repeated_bytes(shape.entries(), width),
                    None => hybrid::packed_bytes(shape.entries(), width),
                }
        };
        let mut all = 0;
        if self.list {
            all += bytes(REPETITION_WIDTH, self.single_repetition(shape));
        }
        if self.max_definition() > 0 {
            all += bytes(self.definition_width(), self.single_definition(shape));
        }
        all
    }

    fn definition_width(self) -> u32 {
        hybrid::width_of(self.max_definition() as u64)
    }

    /// The repetition level of all entries, if it is one.
    fn single_repetition(self, shape: Shape) -> Option<u64> {
        (shape.entries() == shape.rows).then_some(0)
    }

    /// The definition level of all entries, if it is one.
    fn single_definition(self, shape: Shape) -> Option<u64> {
        let entries = shape.entries();
        if shape.values == entries {
            Some(self.max_definition() as u64)
        } else if shape.null_rows == entries {
            Some(0)
        } else if shape.empty_lists == entries {
            Some(self.nullable.into())
        } else {
            None
        }
    }

    /// Appends the levels of a page of this shape. `nulls` are its rows', and `offsets` say where the elements of the
    /// lists that are not null begin and end.
    pub(super) fn append(
        self,
        shape: Shape,
        nulls: Option<&NullBuffer>,
        offsets: &[u64],
        out: &mut PageBuffer,
    ) {
        if self.list {
            self.append_repetition(shape, nulls, offsets, out);
        }
        if self.max_definition() == 0 {
            return;
        }
        let width = self.definition_width();
        if let Some(level) = self.single_definition(shape) {
            out.extend(&(hybrid::repeated_bytes(shape.entries(), width) as u32).to_le_bytes());
            hybrid::append_repeated(shape.entries(), width, level, out);
            return;
        }
        out.extend(&(hybrid::packed_bytes(shape.entries(), width) as u32).to_le_bytes());
        let packed = hybrid::append_packed(shape.entries(), width, out);
        match nulls {
            Some(nulls) if !self.list => put_bits(nulls, packed),
            _ => {
                // The levels of values first, since most entries are values: 1, or 2 of two bits.
                packed.fill(if width == 1 { 0b1111_1111 } else { 0b1010_1010 });
                let mut put = |entry: usize, level: u8| {
                    let (byte, shift) = (entry * width as usize / 8, entry * width as usize % 8);
                    let mask = ((1u8 << width) - 1) << shift;
                    packed[byte] = packed[byte] & !mask | level << shift;
                };
                for (entry, length) in entries(nulls, offsets) {
                    match length {
                        None => put(entry, 0),
                        Some(0) => put(entry, self.nullable.into()),
                        Some(_) => {}
                    }
                }
                for entry in shape.entries()..shape.entries().next_multiple_of(8) {
                    put(entry, 0);
                }
            }
        }
    }

    fn append_repetition(
        self,
        shape: Shape,
        nulls: Option<&NullBuffer>,
        offsets: &[u64],
        out: &mut PageBuffer,
    ) {
        if let Some(level) = self.single_repetition(shape) {
            out.extend(&(hybrid::repeated_bytes(shape.entries(), REPETITION_WIDTH) as u32).to_le_bytes());
            hybrid::append_repeated(shape.entries(), REPETITION_WIDTH, level, out);
            return;
        }
        out.extend(&(hybrid::packed_bytes(shape.entries(), REPETITION_WIDTH) as u32).to_le_bytes());
        let packed = hybrid::append_packed(shape.entries(), REPETITION_WIDTH, out);
        packed.fill(0b1111_1111);
        let mut clear = |entry: usize| packed[entry / 8] &= !(1 << (entry % 8));
        for (entry, _) in entries(nulls, offsets) {
            clear(entry);
        }
        (shape.entries()..shape.entries().next_multiple_of(8)).for_each(clear);
    }
}

/// For each row the number of its first entry and the length of its list; no length if it is null.
fn entries<'a>(
    nulls: Option<&'a NullBuffer>,
    offsets: &'a [u64],
) -> impl Iterator<Item = (usize, Option<usize>)> + use<'a> {
    let mut lengths = offsets.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
    let rows = nulls.map_or(offsets.len().saturating_sub(1), NullBuffer::len);
    let mut next = 0;
    (0..rows).map(move |row| {
        let is_null = nulls.is_some_and(|nulls| nulls.is_null(row));
        let length = if is_null { None } else { lengths.next() };
        let entry = next;
        next += length.unwrap_or(0).max(1);
        (entry, length)
    })
}

/// Puts a bit for each row into `packed`: whether it is not null.
fn put_bits(nulls: &NullBuffer, packed: &mut [u8]) {
    let words = nulls.inner().bit_chunks();
    for (bytes, word) in packed.chunks_mut(8).zip(words.iter_padded()) {
        bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
    }
}
