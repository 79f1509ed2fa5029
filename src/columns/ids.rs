//! Ids of 128 bits: how they lie in memory, as 16 bytes and as text.

use std::sync::Arc;

use ::uuid::Uuid;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, StringArray};
use arrow_buffer::{Buffer, MutableBuffer, OffsetBuffer};

use super::bounds::WordBounds;
use super::indices::Indices;
use crate::instructions::{InstructionSet, Kernel};
use crate::random::BLOCK;
use crate::schema::IdForm;

/// Bytes of an id as text: 32 hexadecimal digits and 4 hyphens.
pub const TEXT_BYTES: usize = 36;
/// Bytes of a text in PLAIN encoding: its length as 32 bits, and itself.
pub const PLAIN_TEXT_BYTES: usize = 4 + TEXT_BYTES;
/// Bytes of an id in binary form.
pub const BINARY_BYTES: usize = 16;

/// How many ids are formatted together. The digits of as many ids are computed by vector
/// instructions into arrays of this length, and then put where they belong one id at a time.
pub(super) const LANES: usize = 64;

/// What makes ids. Everything is `#[inline(always)]`, so that it is compiled for each instruction set.
pub(super) trait Ids: Copy {
    /// Puts what ids are made of into `lanes`, which is as long as `indices`: numbers that are ordered as the ids.
    fn lanes(self, indices: Indices<'_>, lanes: &mut [u64]);
    /// The high half of an id.
    fn high(self, lane: u64) -> u64;
    /// The low half of an id.
    fn low(self, lane: u64) -> u64;

    /// The id that is made of `lane`.
    fn id_of_lane(self, lane: u64) -> Uuid {
        Uuid::from_u64_pair(self.high(lane), self.low(lane))
    }

    /// Fills `plain` with the ids of `indices`, PLAIN-encoded, and returns the smallest and the largest lane.
    fn fill_plain(
        self,
        form: IdForm,
        instructions: InstructionSet,
        indices: Indices<'_>,
        plain: &mut [u8],
    ) -> WordBounds {
        match form {
            IdForm::Binary => {
                instructions.run(FillBinary { ids: self, indices, slots: plain.as_chunks_mut().0 })
            }
            IdForm::Text => instructions.run(FillText { ids: self, indices, slots: plain.as_chunks_mut().0 }),
        }
    }

    /// The ids of `indices` as an array.
    fn array(self, form: IdForm, indices: Indices<'_>) -> ArrayRef {
        let instructions = InstructionSet::best();
        let count = indices.len();
        match form {
            IdForm::Binary => {
                let mut ids = MutableBuffer::from_len_zeroed(count * BINARY_BYTES);
                self.fill_plain(form, instructions, indices, ids.as_slice_mut());
                Arc::new(FixedSizeBinaryArray::new(BINARY_BYTES as i32, Buffer::from(ids), None))
            }
            IdForm::Text => {
                let mut texts = MutableBuffer::with_capacity(count * TEXT_BYTES);
                let mut plain = [0; PLAIN_TEXT_BYTES * LANES];
                for start in (0..count).step_by(LANES) {
                    let lanes = LANES.min(count - start);
                    let plain = &mut plain[..lanes * PLAIN_TEXT_BYTES];
                    self.fill_plain(form, instructions, indices.slice(start, lanes), plain);
                    for text in plain.as_chunks::<PLAIN_TEXT_BYTES>().0 {
                        texts.extend_from_slice(&text[4..]);
                    }
                }
                let offsets = OffsetBuffer::from_repeated_length(TEXT_BYTES, count);
                Arc::new(StringArray::new(offsets, Buffer::from(texts), None))
            }
        }
    }

    /// The ids with these lanes, as statistics hold them.
    fn value_bounds(self, form: IdForm, bounds: WordBounds) -> super::ValueBounds {
        let value = |lane| match form {
            IdForm::Binary => self.id_of_lane(lane).as_bytes().to_vec(),
            IdForm::Text => self.id_of_lane(lane).to_string().into_bytes(),
        };
        super::ValueBounds { min: value(bounds.min), max: value(bounds.max) }
    }
}

struct FillBinary<'a, I> {
    ids: I,
    indices: Indices<'a>,
    slots: &'a mut [[u8; BINARY_BYTES]],
}

impl<I: Ids> Kernel for FillBinary<'_, I> {
    type Output = WordBounds;

    #[inline(always)]
    fn run(self) -> WordBounds {
        let Self { ids, indices, slots } = self;
        let mut bounds = WordBounds::NONE;
        let mut lanes = [0; BLOCK];
        let mut start = 0;
        for slots in slots.chunks_mut(BLOCK) {
            let lanes = &mut lanes[..slots.len()];
            ids.lanes(indices.slice(start, slots.len()), lanes);
            start += slots.len();
            for (slot, &lane) in slots.iter_mut().zip(&*lanes) {
                bounds.include(lane);
                slot[..8].copy_from_slice(&ids.high(lane).to_be_bytes());
                slot[8..].copy_from_slice(&ids.low(lane).to_be_bytes());
            }
        }
        bounds
    }
}

struct FillText<'a, I> {
    ids: I,
    indices: Indices<'a>,
    slots: &'a mut [[u8; PLAIN_TEXT_BYTES]],
}

impl<I: Ids> Kernel for FillText<'_, I> {
    type Output = WordBounds;

    #[inline(always)]
    fn run(self) -> WordBounds {
        let Self { ids, indices, slots } = self;
        let mut bounds = WordBounds::NONE;
        let mut lanes = [0; LANES];
        let mut digits = [[0; LANES]; 4];
        let mut start = 0;
        for slots in slots.chunks_mut(LANES) {
            ids.lanes(indices.slice(start, slots.len()), &mut lanes[..slots.len()]);
            start += slots.len();
            for lane in &lanes[..slots.len()] {
                bounds.include(*lane);
            }
            // One loop for each half: both together need more registers than there are.
            for place in 0..LANES {
                let high = ids.high(lanes[place]);
                digits[0][place] = hexadecimal(high >> 32);
                digits[1][place] = hexadecimal(high & 0xFFFF_FFFF);
            }
            for place in 0..LANES {
                let low = ids.low(lanes[place]);
                digits[2][place] = hexadecimal(low >> 32);
                digits[3][place] = hexadecimal(low & 0xFFFF_FFFF);
            }
            for (place, slot) in slots.iter_mut().enumerate() {
                let quarters = [digits[0][place], digits[1][place], digits[2][place], digits[3][place]];
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
    }
}
