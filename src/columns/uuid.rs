//! Ids that look random and turn back into their row number: version-4 UUIDs.
//!
//! An id holds all 64 bits of its row's word and 58 check bits, which are the high bits of the word
//! that the check stream has for that word. The high half: the top 48 bits of the word, the version
//! (4), bits 15 to 4 of the word. The low half: the variant (binary 10), bits 3 to 0 of the word, the
//! check bits. The word makes ids of one data set differ and gives the row back; the check bits tell an
//! id of the data set from any other.

use std::sync::Arc;

use ::uuid::Uuid;
use arrow::array::{ArrayRef, FixedSizeBinaryArray, StringArray};
use arrow::buffer::{Buffer, MutableBuffer, OffsetBuffer};

use super::{ValueBounds, WordBounds};
use crate::instructions::{InstructionSet, Kernel};
use crate::random::Keys;
use crate::rows::RowRange;
use crate::schema::IdForm;

/// Bytes of an id as text: 32 hexadecimal digits and 4 hyphens.
pub const TEXT_BYTES: usize = 36;
/// Bytes of a text in PLAIN encoding: its length as 32 bits, and itself.
pub const PLAIN_TEXT_BYTES: usize = 4 + TEXT_BYTES;
/// Bytes of an id in binary form.
pub const BINARY_BYTES: usize = 16;

/// The number of check bits in an id.
const CHECK_BITS: u32 = 58;

/// The high and the low half of the id with this word and the word of its check stream. Ids are
/// ordered as their words are.
#[inline(always)]
fn id_of(word: u64, check_word: u64) -> (u64, u64) {
    let high = (word & !0xFFFF) | 0x4000 | ((word >> 4) & 0x0FFF);
    let low = (0b10 << 62) | ((word & 0xF) << CHECK_BITS) | (check_word >> (64 - CHECK_BITS));
    (high, low)
}

/// A column of ids.
#[derive(Clone, Copy, Debug)]
pub struct UuidColumn {
    keys: Keys,
    check_keys: Keys,
    form: IdForm,
}

impl UuidColumn {
    /// The column called `name` under `seed`.
    pub fn new(name: &str, seed: u64, form: IdForm) -> Self {
        let check_stream = [name.as_bytes(), b"\0check"].concat();
        Self {
            keys: Keys::of_stream(name.as_bytes(), seed),
            check_keys: Keys::of_stream(&check_stream, seed),
            form,
        }
    }

    /// The same ids in another form.
    pub fn in_form(self, form: IdForm) -> Self {
        Self { form, ..self }
    }

    /// The id of `row`.
    pub fn id(&self, row: u64) -> Uuid {
        self.id_of_word(self.keys.word(row))
    }

    /// The row that `id` stands for, or `None` if it is not an id of this column under this seed.
    ///
    /// A random UUID passes with a probability of 2^-58 (and then still has to name a row that the
    /// data set has).
    #[inline]
    pub fn row(&self, id: Uuid) -> Option<u64> {
        let (high, low) = id.as_u64_pair();
        let word = (high & !0xFFFF) | ((high & 0x0FFF) << 4) | ((low >> CHECK_BITS) & 0xF);
        let expected = id_of(word, self.check_keys.word(word));
        (expected == (high, low)).then(|| self.keys.row(word))
    }

    fn id_of_word(&self, word: u64) -> Uuid {
        let (high, low) = id_of(word, self.check_keys.word(word));
        Uuid::from_u64_pair(high, low)
    }

    pub(super) fn array(&self, rows: RowRange) -> ArrayRef {
        let count = rows.count() as usize;
        match self.form {
            IdForm::Binary => {
                let mut ids = MutableBuffer::from_len_zeroed(count * BINARY_BYTES);
                self.fill_plain(InstructionSet::best(), rows.first(), ids.as_slice_mut());
                Arc::new(FixedSizeBinaryArray::new(BINARY_BYTES as i32, Buffer::from(ids), None))
            }
            IdForm::Text => {
                let mut texts = MutableBuffer::with_capacity(count * TEXT_BYTES);
                let mut plain = vec![0; PLAIN_TEXT_BYTES * LANES];
                for rows in rows.chunks(LANES as u64) {
                    let plain = &mut plain[..rows.count() as usize * PLAIN_TEXT_BYTES];
                    self.fill_plain(InstructionSet::best(), rows.first(), plain);
                    for text in plain.as_chunks::<PLAIN_TEXT_BYTES>().0 {
                        texts.extend_from_slice(&text[4..]);
                    }
                }
                let offsets = OffsetBuffer::from_repeated_length(TEXT_BYTES, count);
                Arc::new(StringArray::new(offsets, Buffer::from(texts), None))
            }
        }
    }

    pub(super) fn fill_plain(
        &self,
        instructions: InstructionSet,
        first_row: u64,
        plain: &mut [u8],
    ) -> WordBounds {
        let ids = *self;
        match self.form {
            IdForm::Binary => instructions.run(FillBinary { ids, first_row, slots: plain.as_chunks_mut().0 }),
            IdForm::Text => instructions.run(FillText { ids, first_row, slots: plain.as_chunks_mut().0 }),
        }
    }

    pub(super) fn value_bounds(&self, bounds: WordBounds) -> ValueBounds {
        let value = |word| {
            let id = self.id_of_word(word);
            match self.form {
                IdForm::Binary => id.as_bytes().to_vec(),
                IdForm::Text => id.to_string().into_bytes(),
            }
        };
        ValueBounds { min: value(bounds.min), max: value(bounds.max) }
    }
}

struct FillBinary<'a> {
    ids: UuidColumn,
    first_row: u64,
    slots: &'a mut [[u8; BINARY_BYTES]],
}

impl Kernel for FillBinary<'_> {
    type Output = WordBounds;

    #[inline(always)]
    fn run(self) -> WordBounds {
        let mut bounds = WordBounds::NONE;
        let Self { ids, slots, .. } = self;
        ids.keys.for_each_word(self.first_row, slots.len(), |index, word| {
            bounds.include(word);
            let (high, low) = id_of(word, ids.check_keys.word(word));
            slots[index][..8].copy_from_slice(&high.to_be_bytes());
            slots[index][8..].copy_from_slice(&low.to_be_bytes());
        });
        bounds
    }
}

/// How many ids are formatted together. The digits of as many ids are computed by vector
/// instructions into arrays of this length, and then put where they belong one id at a time.
const LANES: usize = 64;

struct FillText<'a> {
    ids: UuidColumn,
    first_row: u64,
    slots: &'a mut [[u8; PLAIN_TEXT_BYTES]],
}

impl Kernel for FillText<'_> {
    type Output = WordBounds;

    #[inline(always)]
    fn run(self) -> WordBounds {
        let Self { ids, mut first_row, slots } = self;
        let mut bounds = WordBounds::NONE;
        let mut words = [0; LANES];
        let mut digits = [[0; LANES]; 4];
        for slots in slots.chunks_mut(LANES) {
            ids.keys.for_each_word(first_row, LANES, |lane, word| words[lane] = word);
            first_row = first_row.wrapping_add(LANES as u64);
            for word in &words[..slots.len()] {
                bounds.include(*word);
            }
            // One loop for each half: both together need more registers than there are.
            for lane in 0..LANES {
                let (high, _) = id_of(words[lane], 0);
                digits[0][lane] = hexadecimal(high >> 32);
                digits[1][lane] = hexadecimal(high & 0xFFFF_FFFF);
            }
            for lane in 0..LANES {
                let (_, low) = id_of(words[lane], ids.check_keys.word(words[lane]));
                digits[2][lane] = hexadecimal(low >> 32);
                digits[3][lane] = hexadecimal(low & 0xFFFF_FFFF);
            }
            for (lane, slot) in slots.iter_mut().enumerate() {
                let quarters = [digits[0][lane], digits[1][lane], digits[2][lane], digits[3][lane]];
                *slot = plain_text(quarters);
            }
        }
        bounds
    }
}

/// The 8 lower-case hexadecimal digits of a 32-bit number, the first digit in the lowest byte.
#[inline(always)]
fn hexadecimal(number: u64) -> u64 {
    // Spread: the 16-bit halves, then the bytes, then the nibbles, the high ones first.
    let halves = ((number >> 16) | (number << 32)) & 0x0000_FFFF_0000_FFFF;
    let bytes = ((halves >> 8) | (halves << 16)) & 0x00FF_00FF_00FF_00FF;
    let nibbles = ((bytes >> 4) | (bytes << 8)) & 0x0F0F_0F0F_0F0F_0F0F;
    // '0' is 0x30; 'a' is 39 above what follows '9'.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    nibbles + 0x3030_3030_3030_3030 + letters * 39
}

/// An id's text behind its length, from its four groups of 8 digits: `8-4-4-4-12`.
///
/// It is put together from five 64-bit pieces, so that nothing is stored twice or byte by byte.
#[inline(always)]
fn plain_text([a, b, c, d]: [u64; 4]) -> [u8; PLAIN_TEXT_BYTES] {
    const HYPHEN: u64 = b'-' as u64;
    let pieces = [
        TEXT_BYTES as u64 | a << 32,
        a >> 32 | HYPHEN << 32 | b << 40,
        b >> 24 & 0xFF | HYPHEN << 8 | b >> 32 << 16 | HYPHEN << 48 | c << 56,
        c >> 8 & 0xFF_FFFF | HYPHEN << 24 | c & 0xFFFF_FFFF_0000_0000,
        d,
    ];
    let mut text = [0; PLAIN_TEXT_BYTES];
    for (slot, piece) in text.as_chunks_mut::<8>().0.iter_mut().zip(pieces) {
        *slot = piece.to_le_bytes();
    }
    text
}

/// The id that `text` stands for, in any of the forms that UUIDs have.
#[inline]
pub fn id_of_text(text: &[u8]) -> Option<Uuid> {
    text.try_into().ok().and_then(id_of_plain_text).or_else(|| Uuid::try_parse_ascii(text).ok())
}

/// The id with this text of the form that is written here, whether its letters are lower-case or not.
#[inline]
fn id_of_plain_text(text: &[u8; TEXT_BYTES]) -> Option<Uuid> {
    let four = |start: usize| u64::from(u32::from_le_bytes(std::array::from_fn(|index| text[start + index])));
    let eight = |start| four(start) | four(start + 4) << 32;
    let quarters = [eight(0), four(9) | four(14) << 32, four(19) | four(24) << 32, eight(28)];
    // Of the letters this makes lower-case ones, of the digits nothing else.
    let quarters = quarters.map(|quarter| quarter | (quarter & LETTERS) >> 1);
    let numbers = quarters.map(number);
    let is_text = [8, 13, 18, 23].iter().all(|&position| text[position] == b'-')
        && numbers.map(hexadecimal) == quarters;
    let [a, b, c, d] = numbers;
    is_text.then(|| Uuid::from_u64_pair(a << 32 | b, c << 32 | d))
}

/// The bit that ASCII letters have, and digits have not.
const LETTERS: u64 = 0x4040_4040_4040_4040;

/// The 32-bit number with these lower-case hexadecimal digits; of anything else, some 32-bit number.
#[inline(always)]
fn number(digits: u64) -> u64 {
    let letters = (digits & LETTERS) >> 6;
    let nibbles = (digits & 0x0F0F_0F0F_0F0F_0F0F) + letters * 9;
    // The other way around than `hexadecimal`.
    let bytes = ((nibbles << 4) | (nibbles >> 8)) & 0x00FF_00FF_00FF_00FF;
    let halves = ((bytes << 8) | (bytes >> 16)) & 0x0000_FFFF_0000_FFFF;
    ((halves << 16) | (halves >> 32)) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_gives_its_row_back(seed: u64, row: u64) {
            let ids = UuidColumn::new("id_client", seed, IdForm::Text);
            let id = ids.id(row);
            prop_assert_eq!(id.get_version_num(), 4);
            prop_assert_eq!(id.get_variant(), ::uuid::Variant::RFC4122);
            prop_assert_eq!(ids.row(id), Some(row));
        }

        #[test]
        fn an_id_with_any_bit_flipped_is_foreign(seed: u64, row: u64, bit in 0u32..128) {
            let ids = UuidColumn::new("id_client", seed, IdForm::Text);
            let flipped = Uuid::from_u128(ids.id(row).as_u128() ^ (1 << bit));
            prop_assert_eq!(ids.row(flipped), None);
        }

        #[test]
        fn the_text_of_an_id_gives_it_back(high: u64, low: u64, upper_case: [bool; TEXT_BYTES]) {
            let id = Uuid::from_u64_pair(high, low);
            let mut text = id.to_string().into_bytes();
            for (character, upper_case) in text.iter_mut().zip(upper_case) {
                if upper_case {
                    character.make_ascii_uppercase();
                }
            }
            let text = text.try_into().expect("as many bytes");
            prop_assert_eq!(id_of_plain_text(&text), Some(id));
        }

        #[test]
        fn what_is_no_text_of_an_id_gives_none(id: u128, position in 0..TEXT_BYTES, byte: u8) {
            let mut text: [u8; TEXT_BYTES] =
                Uuid::from_u128(id).to_string().into_bytes().try_into().expect("as many bytes");
            text[position] = byte;
            prop_assert_eq!(id_of_plain_text(&text), Uuid::try_parse_ascii(&text).ok());
            prop_assert_eq!(id_of_text(&text), Uuid::try_parse_ascii(&text).ok());
        }

        #[test]
        fn ids_are_ordered_as_their_words(a: u64, b: u64) {
            let ids = UuidColumn::new("id_client", 0, IdForm::Text);
            prop_assert_eq!(a.cmp(&b), ids.id_of_word(a).cmp(&ids.id_of_word(b)));
        }
    }
}
