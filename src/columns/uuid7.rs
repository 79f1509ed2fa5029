//! Ids that are ordered by time: version-7 UUIDs, so many a second.
//!
//! An id holds its millisecond, the number of its row among those of the millisecond, and 62 check bits, which
//! are the high bits of the word that the check stream has for the row.

use ::uuid::Uuid;

use super::ids::Ids;
use super::indices::Indices;
use crate::random::{Keys, Stream};

/// The number of check bits in an id.
const CHECK_BITS: u32 = 62;

/// A column of ids that are ordered by time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uuid7Column {
    check_keys: Keys,
    start_ms: u64,
    /// Rows in so many milliseconds: a fraction.
    rows: u128,
    in_ms: u128,
}

impl Uuid7Column {
    /// The column with this stream under `seed`: row 0 is of `start_ms`, and a second has `per_second` rows, a
    /// fraction.
    pub(super) fn new(stream: &Stream, seed: u64, start_ms: u64, per_second: (u128, u128)) -> Self {
        let check_keys = stream.purpose("check").keys(seed);
        Self { check_keys, start_ms, rows: per_second.0, in_ms: 1000 * per_second.1 }
    }

    /// The row that `id` stands for.
    pub(super) fn row(self, id: Uuid) -> Option<u64> {
        let (high, _) = id.as_u64_pair();
        let ms = (high >> 16).checked_sub(self.start_ms)?;
        let row = u64::try_from(self.first_row(ms) + u128::from(high & 0xFFF)).ok()?;
        (self.id_of_lane(row) == id).then_some(row)
    }

    /// The first row of a millisecond, counted from the start.
    #[inline(always)]
    fn first_row(self, ms: u64) -> u128 {
        (u128::from(ms) * self.rows).div_ceil(self.in_ms)
    }
}

impl Ids for Uuid7Column {
    #[inline(always)]
    fn lanes(self, indices: Indices<'_>, lanes: &mut [u64]) {
        indices.copy_to(lanes);
    }

    #[inline(always)]
    fn high(self, row: u64) -> u64 {
        let product = u128::from(row) * self.in_ms;
        // Division of 64 bits is several times as fast.
        let (ms, first_row) = match (u64::try_from(product), self.rows as u64, self.in_ms as u64) {
            (Ok(product), rows, in_ms) if u128::from(rows) == self.rows => {
                let ms = product / rows;
                match ms.checked_mul(rows) {
                    Some(product) => (ms, product.div_ceil(in_ms)),
                    None => (ms, self.first_row(ms) as u64),
                }
            }
            _ => {
                let ms = (product / self.rows) as u64;
                (ms, self.first_row(ms) as u64)
            }
        };
        let number = row.wrapping_sub(first_row);
        (self.start_ms.wrapping_add(ms)) << 16 | 0x7000 | number & 0xFFF
    }

    #[inline(always)]
    fn low(self, row: u64) -> u64 {
        (0b10 << CHECK_BITS) | (self.check_keys.word(row) >> (64 - CHECK_BITS))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_gives_its_row_back_and_one_with_a_bit_flipped_is_foreign(
            seed: u64,
            row in 0u64..1 << 40,
            numerator in 1u128..4_096_000,
            denominator in prop_oneof![Just(1u128), Just(10), Just(10_000_000_000_000_000)],
            bit in 0u32..128,
        ) {
            let stream = Stream::of_column(None, "w");
            // As many rows a second as `numerator`, give or take the digits of a fraction.
            let per_second = (numerator * denominator - denominator / 3, denominator);
            let column = Uuid7Column::new(&stream, seed, 1_700_000_000_000, per_second);
            prop_assume!(u128::from(row) * 1000 / numerator < 1 << 46);
            let id = column.id_of_lane(row);
            prop_assert_eq!(id.get_version_num(), 7);
            prop_assert_eq!(id.get_variant(), ::uuid::Variant::RFC4122);
            prop_assert_eq!(column.row(id), Some(row));
            prop_assert_eq!(column.row(Uuid::from_u128(id.as_u128() ^ (1 << bit))), None);
            prop_assert!(column.id_of_lane(row + 1) > id);
        }
    }
}
