//! Dictionaries: the values that a column chooses from, and pages of the numbers of the choices.
//!
//! The dictionary of a column is the same in all its chunks, whatever values occur there: its entries are known from
//! the description, so data pages do not wait for each other to be encoded.

use super::buffer::PageBuffer;
use super::hybrid::{self, Pack};
use crate::columns::{Indices, ValueColumn};
use crate::instructions::{InstructionSet, Kernel};

/// The most entries of a dictionary that nobody asked for.
const MAX_ENTRIES: u128 = 1 << 16;
/// The most bytes of a dictionary that nobody asked for.
const MAX_BYTES: usize = 1 << 20;
/// The most entries of a dictionary that is asked for.
pub const MAX_ASKED_ENTRIES: u128 = 1 << 24;

/// A dictionary.
#[derive(Clone, Debug)]
pub(super) struct Dictionary {
    /// The entries in PLAIN encoding, without the lengths of texts and bytes.
    entries: Vec<Vec<u8>>,
    /// The dictionary page.
    page: Vec<u8>,
    /// Bits of an entry's number.
    width: u32,
    /// How many bytes texts and bytes have.
    texts: TextBytes,
}

/// How many bytes the entries have, if they are texts or bytes.
#[derive(Clone, Debug)]
enum TextBytes {
    /// None of them is text or bytes.
    None,
    /// All of them as many.
    All(u64),
    /// Each its own.
    Each(Vec<u32>),
}

impl Dictionary {
    /// The dictionary of what `column` chooses from; `None` if it does not choose, or from too many values.
    pub(super) fn new(column: &ValueColumn, is_byte_array: bool, is_asked: bool) -> Option<Self> {
        let most = if is_asked { MAX_ASKED_ENTRIES } else { MAX_ENTRIES };
        column.choices().filter(|choices| *choices <= most)?;
        let entries = column.plain_choices();
        let mut page = Vec::new();
        for entry in &entries {
            if is_byte_array {
                page.extend_from_slice(&(entry.len() as u32).to_le_bytes());
            }
            page.extend_from_slice(entry);
        }
        let first_bytes = entries[0].len();
        let texts = if !is_byte_array {
            TextBytes::None
        } else if entries.iter().all(|entry| entry.len() == first_bytes) {
            TextBytes::All(first_bytes as u64)
        } else {
            TextBytes::Each(entries.iter().map(|entry| entry.len() as u32).collect())
        };
        // One bit even for a single entry: not all readers take numbers of no bits.
        let width = hybrid::width_of(entries.len() as u64 - 1).max(1);
        (is_asked || page.len() <= MAX_BYTES).then_some(Self { entries, page, width, texts })
    }

    /// The entries in PLAIN encoding, without the lengths of texts and bytes.
    pub(super) fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The dictionary page.
    pub(super) fn page(&self) -> &[u8] {
        &self.page
    }

    /// Bits of an entry's number.
    pub(super) fn width(&self) -> u32 {
        self.width
    }

    /// Whether `values` values take fewer bytes with the dictionary than without. If all entries occur about as often,
    /// that is: what the schema says of their weights is not taken into account.
    pub(super) fn pays(&self, values: u128) -> bool {
        let plain_bytes = values * self.page.len() as u128 / self.entries.len() as u128;
        self.page.len() as u128 + values * u128::from(self.width) / 8 < plain_bytes
    }

    /// Bytes of a page of `count` numbers: their width, and a run of them if there are some.
    pub(super) fn page_bytes(&self, count: usize) -> usize {
        1 + match (count, self.entries.len()) {
            (0, _) => 0,
            (_, 1) => hybrid::repeated_bytes(count, self.width),
            _ => hybrid::packed_bytes(count, self.width),
        }
    }

    /// Appends the numbers of the values or elements that are drawn with `items`. Adds to `seen`, which has a bit for
    /// each entry, which ones occur, and returns how many bytes of text the values have.
    pub(super) fn append(
        &self,
        column: &ValueColumn,
        instructions: InstructionSet,
        items: Indices<'_>,
        seen: &mut Seen,
        out: &mut PageBuffer,
    ) -> u64 {
        let count = items.len();
        out.extend(&[self.width as u8]);
        let mut text_bytes = match &self.texts {
            TextBytes::All(bytes) => bytes * count as u64,
            _ => 0,
        };
        if count == 0 {
            return text_bytes;
        }
        if self.entries.len() == 1 {
            hybrid::append_repeated(count, self.width, 0, out);
            seen.add(instructions, &[0]);
            return text_bytes;
        }
        let mut packed = hybrid::append_packed(count, self.width, out);
        column.for_each_choice(instructions, items, |numbers| {
            // Blocks are multiples of eight numbers, but for the last one.
            let bytes = numbers.len().div_ceil(8) * self.width as usize;
            let (block, rest) = std::mem::take(&mut packed).split_at_mut(bytes);
            packed = rest;
            instructions.run(Pack { width: self.width, numbers, packed: block });
            seen.add(instructions, numbers);
            if let TextBytes::Each(each) = &self.texts {
                text_bytes += numbers.iter().map(|number| u64::from(each[*number as usize])).sum::<u64>();
            }
        });
        text_bytes
    }
}

/// Which entries of a dictionary occur.
#[derive(Debug)]
pub(super) enum Seen {
    /// Of at most 64 entries, one bit each.
    Few(u64),
    /// Of more, one byte each: bytes are stored without looking at their neighbours.
    Many(Vec<bool>),
}

impl Seen {
    /// None of `entries` entries.
    pub(super) fn none_of(entries: usize) -> Self {
        if entries <= 64 { Self::Few(0) } else { Self::Many(vec![false; entries]) }
    }

    fn add(&mut self, instructions: InstructionSet, numbers: &[u64]) {
        match self {
            Self::Few(bits) => *bits |= instructions.run(BitsOf(numbers)),
            Self::Many(bytes) => {
                for number in numbers {
                    bytes[*number as usize] = true;
                }
            }
        }
    }

    /// The numbers of the entries that occur, in ascending order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        let few = |bits: u64| (0..64).filter(move |number| bits >> number & 1 == 1);
        let (bits, bytes) = match self {
            Self::Few(bits) => (*bits, &[][..]),
            Self::Many(bytes) => (0, &bytes[..]),
        };
        let many = bytes.iter().enumerate().filter(|(_, seen)| **seen).map(|(number, _)| number as u64);
        few(bits).chain(many)
    }
}

/// A bit for each of some numbers below 64.
struct BitsOf<'a>(&'a [u64]);

impl Kernel for BitsOf<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        self.0.iter().fold(0, |bits, number| bits | 1 << (number & 63))
    }
}
