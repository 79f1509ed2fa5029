//! Ids that look random and turn back into their row number: version-4 UUIDs.
//!
//! An id holds all 64 bits of its row's word and 58 check bits, which are the high bits of the word
//! that the check stream has for that word. The high half: the top 48 bits of the word, the version
//! (4), bits 15 to 4 of the word. The low half: the variant (binary 10), bits 3 to 0 of the word, the
//! check bits. The word makes ids of one data set differ and gives the row back; the check bits tell an
//! id of the data set from any other.

use ::uuid::Uuid;
use arrow_array::ArrayRef;

use super::ids::Ids;
pub use super::ids::{BINARY_BYTES, PLAIN_TEXT_BYTES, TEXT_BYTES, id_of_text};
use super::indices::Indices;
use crate::random::{Keys, Stream};
use crate::rows::RowRange;
use crate::schema::IdForm;

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
}

impl UuidColumn {
    /// The column called `name` of a table without a name, under `seed`.
    pub fn new(name: &str, seed: u64) -> Self {
        Self::of_stream(&Stream::of_column(None, name), seed)
    }

    /// The column with this stream under `seed`.
    pub(super) fn of_stream(stream: &Stream, seed: u64) -> Self {
        Self { keys: stream.keys(seed), check_keys: stream.purpose("check").keys(seed) }
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

    /// The ids of `rows` in this form as an array.
    pub fn array(&self, form: IdForm, rows: RowRange) -> ArrayRef {
        Ids::array(*self, form, rows.into())
    }
}

impl Ids for UuidColumn {
    #[inline(always)]
    fn lanes(self, indices: Indices<'_>, lanes: &mut [u64]) {
        indices.words(self.keys, lanes);
    }

    #[inline(always)]
    fn high(self, word: u64) -> u64 {
        id_of(word, 0).0
    }

    #[inline(always)]
    fn low(self, word: u64) -> u64 {
        id_of(word, self.check_keys.word(word)).1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_gives_its_row_back(seed: u64, row: u64) {
            let ids = UuidColumn::new("id_client", seed);
            let id = ids.id(row);
            prop_assert_eq!(id.get_version_num(), 4);
            prop_assert_eq!(id.get_variant(), ::uuid::Variant::RFC4122);
            prop_assert_eq!(ids.row(id), Some(row));
        }

        #[test]
        fn an_id_with_any_bit_flipped_is_foreign(seed: u64, row: u64, bit in 0u32..128) {
            let ids = UuidColumn::new("id_client", seed);
            let flipped = Uuid::from_u128(ids.id(row).as_u128() ^ (1 << bit));
            prop_assert_eq!(ids.row(flipped), None);
        }

        #[test]
        fn ids_are_ordered_as_their_words(a: u64, b: u64) {
            let ids = UuidColumn::new("id_client", 0);
            prop_assert_eq!(a.cmp(&b), ids.id_of_word(a).cmp(&ids.id_of_word(b)));
        }
    }
}
