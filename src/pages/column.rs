//! A column as it lies in Parquet files.

use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::Field;
use parquet::basic::{Encoding, Type};
use parquet::bloom_filter::Sbbf;
use parquet::errors::Result as ParquetResult;

use super::buffer::PageBuffer;
use super::delta::DeltaEncoder;
use super::dictionary::{Dictionary, MAX_ASKED_ENTRIES, Seen};
use super::levels::{Levels, Shape};
use super::summary::{Bounds, ChunkValues, PageSummary, locked};
use super::types;
use crate::columns::{Indices, PageBounds, Range, ValueBounds, ValueColumn};
use crate::compression::Compression;
use crate::count::counted;
use crate::instructions::InstructionSet;
use crate::rows::RowRange;
use crate::schema::column::{Column, Encoding as AskedEncoding};
use crate::schema::generator::Generator;
use crate::schema::types::ColumnType;

/// The bytes of values that a page holds at most, if a row does not have more: small enough to stay in a core's cache
/// from its making to its writing.
pub const PAGE_BYTES: usize = 256 << 10;

/// The most rows of a page, and the most entries of one of lists.
const PAGE_ENTRIES: u64 = 1 << 16;

/// The most bytes that a row of one column may take: Parquet counts the bytes of a page with 31 bits.
const MAX_ROW_BYTES: u128 = 1 << 30;

/// Why a column cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// A page holds at least a row, and this one may be too large.
    #[error(
        "column {0:?}: a row may have {1} bytes, and a page holds at most {MAX_ROW_BYTES}; make it shorter"
    )]
    RowBytes(String, u128),
    /// An encoding that its values cannot have.
    #[error("column {0:?}: the encoding does not fit the column; leave it out")]
    Encoding(String),
    /// A dictionary of what is not chosen from few values.
    #[error(
        "column {0:?}: a dictionary needs a generator that chooses from at most {most}; leave the encoding out",
        most = counted(MAX_ASKED_ENTRIES, "value")
    )]
    Dictionary(String),
}

/// A column together with the way it lies in files.
#[derive(Clone, Debug)]
pub struct StoredColumn {
    name: String,
    values: Arc<ValueColumn>,
    physical_type: Type,
    levels: Levels,
    encoder: Encoder,
    page_rows: u64,
    row_bits: u64,
    order: Option<Order>,
    /// Whether no value occurs twice.
    all_distinct: bool,
    compression: Option<Compression>,
    /// The false positive rate of Bloom filters, if there are any.
    filter_rate: Option<f64>,
}

/// How values become the bytes of a page.
#[derive(Clone, Debug)]
enum Encoder {
    /// PLAIN, in place: so many bytes each.
    Fixed(usize),
    /// PLAIN booleans, in place.
    Bits,
    /// PLAIN booleans that are chosen from these.
    ChosenBits(Vec<bool>),
    /// PLAIN texts or bytes.
    ByteArrays,
    /// The numbers of dictionary entries.
    Dictionary(Arc<Dictionary>),
    /// BYTE_STREAM_SPLIT of so many bytes each.
    Split(usize),
    /// Differences of values that have so many bytes each in PLAIN encoding, or of texts or bytes.
    Delta(DeltaEncoder, Option<usize>),
}

/// In which order the values of consecutive rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each is larger than the one before.
    Ascending,
    /// Each is smaller than the one before.
    Descending,
}

/// What is known of a page before it is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// How many entries of each kind it has.
    pub shape: Shape,
    /// Its bytes before compression.
    pub bytes: usize,
}

/// The dictionary page of a column.
#[derive(Clone, Copy, Debug)]
pub struct DictionaryPage<'a> {
    /// The entries in PLAIN encoding.
    pub plain: &'a [u8],
    /// How many there are.
    pub entries: usize,
}

/// Working memory of one thread, reused from page to page.
#[derive(Debug, Default)]
pub struct Scratch {
    rows: Vec<u64>,
    plain: PageBuffer,
}

impl StoredColumn {
    /// `column`, whose values are `values`, for column chunks of at most `chunk_rows` rows.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn new(column: &Column, values: Arc<ValueColumn>, chunk_rows: u64) -> Result<Self, StorageError> {
        let item_type = column.column_type.item();
        let plain_bytes = values.plain_bytes();
        let physical_type = types::physical_type(item_type, plain_bytes);
        let (min_items, max_items) = values.lengths().map_or((1, 1), |lengths| (lengths.min, lengths.max));
        let mean_items = u128::from(min_items.midpoint(max_items));
        let encoder =
            Encoder::new(column, &values, physical_type, u128::from(chunk_rows) * mean_items.max(1))?;
        let levels = Levels { nullable: values.is_nullable(), list: values.lengths().is_some() };

        let value_bits = encoder.most_value_bits(&values);
        let most_row_bytes = (u128::from(max_items) * u128::from(value_bits)).div_ceil(8);
        if most_row_bytes > MAX_ROW_BYTES {
            return Err(StorageError::RowBytes(column.name.clone(), most_row_bytes));
        }
        let by_bytes = (PAGE_BYTES as u128 / most_row_bytes.max(1)) as u64;
        let by_entries = PAGE_ENTRIES / max_items.max(1);
        let level_bits = u64::from(levels.nullable) + u64::from(levels.list);

        let order = match &column.generator {
            Generator::Sequence { step, .. } if *step < 0 => Some(Order::Descending),
            Generator::Sequence { .. } | Generator::Uuid7 { .. } => Some(Order::Ascending),
            _ => None,
        };
        Ok(Self {
            name: column.name.clone(),
            physical_type,
            page_rows: by_bytes.min(by_entries).max(1),
            row_bits: mean_items as u64 * value_bits + level_bits,
            order: order.filter(|_| levels == Levels { nullable: false, list: false }),
            all_distinct: matches!(column.generator, Generator::Sequence { .. } | Generator::Unique { .. }),
            compression: column.storage.compression,
            filter_rate: column.storage.bloom_filter.as_ref().map(|rate| rate.to_f64()),
            values,
            levels,
            encoder,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values.
    pub fn values(&self) -> &Arc<ValueColumn> {
        &self.values
    }

    /// The Arrow field, as the file's metadata tells it.
    pub fn field(&self) -> Field {
        self.values.field(&self.name)
    }

    /// The Arrow field from which the Parquet type is made.
    pub fn stored_field(&self) -> Field {
        types::stored_field(&self.name, &self.values)
    }

    /// The levels.
    pub fn levels(&self) -> Levels {
        self.levels
    }

    /// The most rows of a page.
    pub fn page_rows(&self) -> u64 {
        self.page_rows
    }

    /// About how many bits a row takes before compression.
    pub fn row_bits(&self) -> u64 {
        self.row_bits
    }

    /// Whether any rows take as many bytes before compression as any others: values have one width, none is null, and
    /// all lists have the same length.
    pub fn has_fixed_width(&self) -> bool {
        let is_fixed = matches!(self.encoder, Encoder::Fixed(_) | Encoder::Bits | Encoder::Split(_));
        is_fixed && !self.levels.nullable && !self.values.has_varying_lengths() && self.filter_rate.is_none()
    }

    /// How the values are encoded, in words.
    pub fn encoding_in_words(&self) -> String {
        match self.dictionary() {
            Some(dictionary) => format!("dictionary of {}", counted(dictionary.entries as u64, "value")),
            None => self.encoding().to_string().to_lowercase(),
        }
    }

    /// The most bytes that a page has before compression, without its levels.
    pub fn most_page_bytes(&self) -> u64 {
        let bits = u128::from(self.page_rows)
            * u128::from(self.values.most_items())
            * u128::from(self.encoder.most_value_bits(&self.values));
        (bits / 8) as u64
    }

    /// About how many bytes of memory the dictionary takes.
    pub fn dictionary_bytes(&self) -> u64 {
        let Encoder::Dictionary(dictionary) = &self.encoder else { return 0 };
        // The entries in the schema, in the column and here.
        4 * (dictionary.page().len() + size_of_val(dictionary.entries())) as u64
    }

    /// How many bytes of memory the [`ChunkValues`] of a column chunk of so many rows take.
    pub fn collected_bytes(&self, rows: u64) -> u64 {
        let entries = self.dictionary().map_or(0, |dictionary| dictionary.entries as u64);
        // A filter for a rate of 1% takes 10 bits a value, at most twice as many after rounding, once more when it is
        // written.
        let bits = self.filter_rate.map_or(0.0, |rate| 40.0 + 8.0 * (0.01 / rate).log2().max(0.0));
        entries / 8 + (self.most_distinct(rows) as f64 * bits / 8.0) as u64
    }

    /// Whether anything is collected of column chunks.
    pub fn collects(&self) -> bool {
        self.dictionary().is_some() || self.filter_rate.is_some()
    }

    /// In which order the values are, if they are in one.
    pub fn order(&self) -> Option<Order> {
        self.order
    }

    /// The compression, if it is not the layout's.
    pub fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// The dictionary page, if the column has one.
    pub fn dictionary(&self) -> Option<DictionaryPage<'_>> {
        let Encoder::Dictionary(dictionary) = &self.encoder else { return None };
        Some(DictionaryPage { plain: dictionary.page(), entries: dictionary.entries().len() })
    }

    /// The encoding of the values in data pages.
    pub fn encoding(&self) -> Encoding {
        match &self.encoder {
            Encoder::Fixed(_) | Encoder::Bits | Encoder::ChosenBits(_) | Encoder::ByteArrays => {
                Encoding::PLAIN
            }
            Encoder::Dictionary(_) => Encoding::RLE_DICTIONARY,
            Encoder::Split(_) => Encoding::BYTE_STREAM_SPLIT,
            Encoder::Delta(encoder, _) => encoder.encoding(),
        }
    }

    /// Whether the values are texts or bytes.
    pub fn is_byte_array(&self) -> bool {
        self.physical_type == Type::BYTE_ARRAY
    }

    /// Whether the values are UTF-8.
    pub fn is_text(&self) -> bool {
        *self.values.column_type().item() == ColumnType::Text
    }

    /// Whether all pages can be measured.
    pub fn has_known_sizes(&self) -> bool {
        match &self.encoder {
            Encoder::ByteArrays | Encoder::Delta(..) => false,
            Encoder::Fixed(_)
            | Encoder::Bits
            | Encoder::ChosenBits(_)
            | Encoder::Dictionary(_)
            | Encoder::Split(_) => true,
        }
    }

    /// The shape and size of the page of `rows`, if it has a size that is cheap to know; of another page, a size that
    /// is only about right.
    pub fn measure(&self, rows: RowRange, scratch: &mut Scratch) -> Measure {
        let nulls = self.values.nulls(rows.into());
        let shape = if self.levels.list {
            let present = present(nulls.as_ref(), rows, &mut scratch.rows);
            let (empty_lists, values) = self.values.list_lengths(present);
            self.shape(rows, nulls.as_ref(), empty_lists, values)
        } else {
            let null_rows = nulls.as_ref().map_or(0, NullBuffer::null_count);
            self.shape(rows, nulls.as_ref(), 0, rows.count() as usize - null_rows)
        };
        let value_bytes = match &self.encoder {
            Encoder::Fixed(bytes) | Encoder::Split(bytes) => shape.values * bytes,
            Encoder::Bits | Encoder::ChosenBits(_) => shape.values.div_ceil(8),
            Encoder::Dictionary(dictionary) => dictionary.page_bytes(shape.values),
            Encoder::ByteArrays | Encoder::Delta(..) => {
                (shape.values as u64 * self.encoder.most_value_bits(&self.values)).div_ceil(8) as usize
            }
        };
        Measure { shape, bytes: self.levels.bytes(shape) + value_bytes }
    }

    /// What a summary of the page of such a shape looks like: of the same size in a footer, if all values have the same
    /// size.
    pub fn planned(&self, measure: Measure) -> PageSummary {
        let shape = measure.shape;
        let bounds = match &self.values.plain_bytes() {
            _ if shape.values == 0 => Bounds::Numbers(Range::NONE),
            bytes if self.values.has_text_bounds() => {
                let length =
                    bytes.map_or_else(|| self.values.most_text_bytes(), |bytes| bytes - size_of::<u32>());
                let text = vec![b' '; length];
                Bounds::of(ValueBounds { min: text.clone(), max: text }, true)
            }
            _ => Bounds::Numbers(Range { min: 0, max: 0 }),
        };
        let text_bytes = if self.is_byte_array() { measure.bytes as u64 } else { 0 };
        PageSummary { shape, bounds, text_bytes }
    }

    fn shape(&self, rows: RowRange, nulls: Option<&NullBuffer>, empty_lists: usize, values: usize) -> Shape {
        let null_rows = nulls.map_or(0, NullBuffer::null_count);
        Shape { rows: rows.count() as usize, null_rows, empty_lists, values }
    }

    /// What is to be collected of a column chunk of so many rows.
    pub fn chunk_values(&self, rows: u64) -> ParquetResult<ChunkValues> {
        let seen = match &self.encoder {
            Encoder::Dictionary(dictionary) => Some(vec![0; dictionary.entries().len().div_ceil(64)]),
            _ => None,
        };
        let filter = self.filter_rate.map(|rate| Sbbf::new_with_ndv_fpp(self.most_distinct(rows), rate));
        Ok(ChunkValues { seen: seen.map(Mutex::new), filter: filter.transpose()?.map(Mutex::new) })
    }

    /// The most different values that so many rows have.
    fn most_distinct(&self, rows: u64) -> u64 {
        let items = self.values.most_items().saturating_mul(rows);
        self.values.choices().map_or(items, |choices| choices.min(items.into()) as u64)
    }

    /// The Bloom filter of a column chunk whose pages are encoded, if there is one.
    pub fn bloom_filter(&self, chunk: &ChunkValues) -> ParquetResult<Option<Vec<u8>>> {
        let Some(filter) = &chunk.filter else { return Ok(None) };
        let mut filter = locked(filter);
        if let (Encoder::Dictionary(dictionary), Some(seen)) = (&self.encoder, &chunk.seen) {
            let seen = locked(seen);
            let entries = dictionary.entries().iter().enumerate();
            for (_, entry) in entries.filter(|(number, _)| seen[number / 64] >> (number % 64) & 1 == 1) {
                filter.insert(&entry[..]);
            }
        }
        let mut bytes = Vec::new();
        filter.write(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// How many different values a column chunk has, if that is known.
    pub fn distinct(&self, chunk: &ChunkValues, summary: &PageSummary) -> Option<u64> {
        let each_once = self.all_distinct.then_some(summary.shape.values as u64);
        each_once.or_else(|| chunk.distinct())
    }

    /// The smallest and the largest value, as statistics hold them; `None` if there are no values.
    pub fn value_bounds(&self, bounds: &Bounds) -> Option<Bounds> {
        match bounds {
            Bounds::Texts { .. } => Some(bounds.clone()),
            Bounds::Numbers(range) => {
                let bounds = self.values.value_bounds(&PageBounds::Numbers(*range))?;
                Some(Bounds::of(bounds, self.is_text()))
            }
        }
    }

    /// Appends the page of `rows`, without header and not compressed, and adds to `chunk` what is collected of its
    /// column chunk. The summary is that of this page alone.
    pub fn encode(
        &self,
        instructions: InstructionSet,
        rows: RowRange,
        chunk: &ChunkValues,
        scratch: &mut Scratch,
        out: &mut PageBuffer,
    ) -> ParquetResult<PageSummary> {
        let nulls = self.values.nulls(rows.into());
        let present = present(nulls.as_ref(), rows, &mut scratch.rows);
        let (offsets, numbers) = if self.levels.list {
            self.values.items(present)
        } else {
            (Vec::new(), self.values.drawn_with(present))
        };
        let items = numbers.as_indices();
        let empty_lists = offsets.windows(2).filter(|ends| ends[0] == ends[1]).count();
        let shape = self.shape(rows, nulls.as_ref(), empty_lists, items.len());
        self.levels.append(shape, nulls.as_ref(), &offsets, out);
        let (bounds, text_bytes) = self.encode_values(instructions, items, chunk, &mut scratch.plain, out)?;
        Ok(PageSummary { shape, bounds, text_bytes })
    }

    fn encode_values(
        &self,
        instructions: InstructionSet,
        items: Indices<'_>,
        chunk: &ChunkValues,
        scratch: &mut PageBuffer,
        out: &mut PageBuffer,
    ) -> ParquetResult<(Bounds, u64)> {
        let values = &*self.values;
        // What is in front of a value in PLAIN encoding.
        let length_bytes = if self.is_byte_array() { size_of::<u32>() } else { 0 };
        let insert_all = |plain: &[u8], bytes: usize| {
            if let Some(filter) = &chunk.filter {
                let mut filter = locked(filter);
                plain.chunks_exact(bytes).for_each(|value| filter.insert(&value[length_bytes..]));
            }
        };
        let fill = |bytes: usize, plain: &mut [u8]| {
            let bounds = values.fill_plain_items(instructions, items, plain);
            insert_all(plain, bytes);
            let text_bytes = if self.is_byte_array() { bytes - length_bytes } else { 0 };
            (Bounds::new(bounds, self.is_text()), (items.len() * text_bytes) as u64)
        };
        Ok(match &self.encoder {
            Encoder::Fixed(bytes) => fill(*bytes, out.append(items.len() * bytes)),
            Encoder::Bits => {
                let bounds =
                    values.fill_plain_items(instructions, items, out.append(items.len().div_ceil(8)));
                (Bounds::new(bounds, false), 0)
            }
            Encoder::ChosenBits(choices) => {
                let bits = out.append(items.len().div_ceil(8));
                bits.fill(0);
                let mut place = 0;
                let mut seen = [false; 2];
                values.for_each_choice(instructions, items, |numbers| {
                    for number in numbers {
                        let value = choices[*number as usize];
                        seen[usize::from(value)] = true;
                        bits[place / 8] |= u8::from(value) << (place % 8);
                        place += 1;
                    }
                });
                let occurring = (0..).zip(choices).filter(|(_, value)| seen[usize::from(**value)]);
                let bounds = values.bounds_of_choices(occurring.map(|(number, _)| number));
                (Bounds::new(bounds, false), 0)
            }
            Encoder::Dictionary(dictionary) => {
                let mut seen = Seen::none_of(dictionary.entries().len());
                let text_bytes = dictionary.append(values, instructions, items, &mut seen, out);
                if let Some(all) = &chunk.seen {
                    let mut all = locked(all);
                    seen.numbers().for_each(|number| all[number as usize / 64] |= 1 << (number % 64));
                }
                (Bounds::new(values.bounds_of_choices(seen.numbers()), false), text_bytes)
            }
            Encoder::ByteArrays => {
                let array = values.item_array(items);
                let text_bytes = append_byte_arrays(&array, out);
                self.insert_array(&array, chunk);
                (array_bounds(&array, self.is_text()), text_bytes)
            }
            Encoder::Split(bytes) => {
                scratch.clear();
                let plain = scratch.append(items.len() * bytes);
                let filled = fill(*bytes, plain);
                let count = items.len();
                let streams = out.append(plain.len());
                for (byte, stream) in streams.chunks_exact_mut(count.max(1)).enumerate() {
                    for (slot, value) in stream.iter_mut().zip(plain.chunks_exact(*bytes)) {
                        *slot = value[byte];
                    }
                }
                filled
            }
            Encoder::Delta(encoder, Some(bytes)) => {
                scratch.clear();
                let plain = scratch.append(items.len() * bytes);
                let filled = fill(*bytes, plain);
                out.extend(&encoder.encode_plain(plain, *bytes)?);
                filled
            }
            Encoder::Delta(encoder, None) => {
                let array = values.item_array(items);
                out.extend(&encoder.encode_array(&array)?);
                self.insert_array(&array, chunk);
                (
                    array_bounds(&array, self.is_text()),
                    byte_arrays(&array).map(|value| value.len() as u64).sum(),
                )
            }
        })
    }

    fn insert_array(&self, array: &ArrayRef, chunk: &ChunkValues) {
        if let Some(filter) = &chunk.filter {
            let mut filter = locked(filter);
            byte_arrays(array).for_each(|value| filter.insert(value));
        }
    }
}

impl Encoder {
    fn new(
        column: &Column,
        values: &ValueColumn,
        physical_type: Type,
        chunk_values: u128,
    ) -> Result<Self, StorageError> {
        let item_type = column.column_type.item();
        let is_byte_array = physical_type == Type::BYTE_ARRAY;
        let unfit = || StorageError::Encoding(column.name.clone());
        let plain = || match (item_type, values.plain_bytes()) {
            (ColumnType::Bool, _) if values.choices().is_some() => {
                Self::ChosenBits(values.plain_choices().iter().map(|value| value[0] != 0).collect())
            }
            (ColumnType::Bool, _) => Self::Bits,
            (_, Some(bytes)) => Self::Fixed(bytes),
            (_, None) => Self::ByteArrays,
        };
        let asked = column.storage.encoding;
        if asked.is_some_and(|encoding| !encoding.encodes(item_type)) {
            return Err(unfit());
        }
        Ok(match asked {
            None if *item_type == ColumnType::Bool => plain(),
            None => match Dictionary::new(values, is_byte_array, false) {
                Some(dictionary) if dictionary.pays(chunk_values) => Self::Dictionary(Arc::new(dictionary)),
                _ => plain(),
            },
            Some(AskedEncoding::Plain) => plain(),
            Some(AskedEncoding::Dictionary) => {
                let dictionary = Dictionary::new(values, is_byte_array, true);
                let none = || StorageError::Dictionary(column.name.clone());
                Self::Dictionary(Arc::new(dictionary.ok_or_else(none)?))
            }
            Some(AskedEncoding::ByteStreamSplit) => Self::Split(values.plain_bytes().ok_or_else(unfit)?),
            Some(asked) => {
                let encoding = match asked {
                    AskedEncoding::DeltaBinaryPacked => Encoding::DELTA_BINARY_PACKED,
                    _ => Encoding::DELTA_BYTE_ARRAY,
                };
                let bytes = values.plain_bytes();
                let encoder = DeltaEncoder::new(encoding, physical_type, bytes.unwrap_or(0));
                Self::Delta(encoder.map_err(|_| unfit())?, bytes)
            }
        })
    }

    /// The most bits that a value takes.
    fn most_value_bits(&self, values: &ValueColumn) -> u64 {
        match self {
            Self::Fixed(bytes) | Self::Split(bytes) | Self::Delta(_, Some(bytes)) => 8 * *bytes as u64,
            Self::Bits | Self::ChosenBits(_) => 1,
            Self::Dictionary(dictionary) => dictionary.width().into(),
            Self::ByteArrays | Self::Delta(_, None) => {
                8 * (size_of::<u32>() + values.most_text_bytes()) as u64
            }
        }
    }
}

/// The rows that are not null.
fn present<'a>(nulls: Option<&NullBuffer>, rows: RowRange, listed: &'a mut Vec<u64>) -> Indices<'a> {
    let Some(nulls) = nulls else { return rows.into() };
    listed.clear();
    listed.extend(nulls.valid_indices().map(|row| rows.first() + row as u64));
    Indices::Listed(listed)
}

/// The values of an array of texts or bytes, none of which is null.
fn byte_arrays(array: &ArrayRef) -> impl Iterator<Item = &[u8]> {
    let (offsets, bytes) = match array.as_string_opt::<i32>() {
        Some(texts) => (texts.value_offsets(), texts.value_data()),
        None => (array.as_binary::<i32>().value_offsets(), array.as_binary::<i32>().value_data()),
    };
    offsets.windows(2).map(move |ends| &bytes[ends[0] as usize..ends[1] as usize])
}

/// Appends texts or bytes in PLAIN encoding, and returns how many bytes they have without their lengths.
fn append_byte_arrays(array: &ArrayRef, out: &mut PageBuffer) -> u64 {
    let bytes: usize = byte_arrays(array).map(<[u8]>::len).sum();
    let mut rest = out.append(bytes + array.len() * size_of::<u32>());
    for value in byte_arrays(array) {
        let (length, behind) = rest.split_at_mut(size_of::<u32>());
        length.copy_from_slice(&(value.len() as u32).to_le_bytes());
        let (slot, behind) = behind.split_at_mut(value.len());
        slot.copy_from_slice(value);
        rest = behind;
    }
    bytes as u64
}

fn array_bounds(array: &ArrayRef, is_text: bool) -> Bounds {
    let first = byte_arrays(array).next();
    let bounds = first.map(|first| {
        byte_arrays(array).fold((first, first), |(min, max), value| (min.min(value), max.max(value)))
    });
    match bounds {
        Some((min, max)) => Bounds::of(ValueBounds { min: min.to_vec(), max: max.to_vec() }, is_text),
        None => Bounds::Numbers(Range::NONE),
    }
}
