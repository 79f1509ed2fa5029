//! From a row number to a random number: the row function, and what is drawn from its words.
//!
//! Nothing here knows a type or a table. What is below is part of the value contract: none of it may
//! ever give another result.
//!
//! | module | what it holds |
//! |---|---|
//! | this one | the row function `(keys, row) -> word`, and its inverse |
//! | `stream` | the names of streams of words |
//! | [`draw`] | a number, a fraction or an event from one word |
//! | [`choice`] | one of several with weights |
//! | [`permutation`] | the order of `unique` values, and its inverse |
//! | [`elementary`] | logarithm and exponential, the same to the bit on every machine |
//! | [`normal`] | the quantile function of the standard normal distribution |
//! | [`distribution`] | distributions by their quantile functions, cut off at bounds |
//! | [`zipf`] | ranks that follow Zipf's law |
//! | [`groups`] | groups of neighbouring rows, one for each row of a parent |
//!
//! # The row function
//!
//! A column's values are computed from *words*, 64-bit numbers that are a pure function of the
//! column's [`Keys`] and the row number. For fixed keys the function is a bijection, so a word
//! gives its row number back: [`Keys::row`] is the exact inverse of [`Keys::word`].
//!
//! It is a keyed variant of the finalizer of SplitMix64 (Steele, Lea and Flood, *Fast splittable
//! pseudorandom number generators*, OOPSLA 2014; the multipliers are Stafford's variant 13).
//! It is not a cipher: whoever has the seed has the data.

pub mod choice;
pub mod distribution;
pub mod draw;
pub mod elementary;
pub mod groups;
pub mod normal;
pub mod permutation;
mod stream;
pub mod zipf;

use std::convert::Infallible;

use rand::TryRng;
use xxhash_rust::xxh3::xxh3_128_with_seed;

pub use stream::Stream;

/// How many numbers are drawn together at most. What is set aside for them stays in the first-level cache.
pub(crate) const BLOCK: usize = 512;

/// The step between the states of neighbouring rows: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
/// The first multiplier of Stafford's variant 13.
const FIRST: u64 = 0xBF58_476D_1CE4_E5B9;
/// The second multiplier of Stafford's variant 13.
const SECOND: u64 = 0x94D0_49BB_1331_11EB;

const STEP_INVERSE: u64 = inverse(STEP);
const FIRST_INVERSE: u64 = inverse(FIRST);
const SECOND_INVERSE: u64 = inverse(SECOND);

/// The two 64-bit keys of one stream of words.
///
/// ```
/// use samplegen::random::Keys;
///
/// let keys = Keys::of_stream(b"class_0", 0);
/// let word = keys.word(999_999);
/// assert_eq!(word, 0x67bc_e74a_9811_cb32);
/// assert_eq!(keys.row(word), 999_999);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Added before the first multiplication.
    pub k1: u64,
    /// Added before the second multiplication.
    pub k2: u64,
}

impl Keys {
    /// The keys of the stream called `name` under `seed`: the low and the high half of
    /// XXH3-128 of the name.
    pub fn of_stream(name: &[u8], seed: u64) -> Self {
        let hash = xxh3_128_with_seed(name, seed);
        Self { k1: hash as u64, k2: (hash >> 64) as u64 }
    }

    /// The word of `row`.
    #[inline(always)]
    pub fn word(self, row: u64) -> u64 {
        self.mix(self.state(row))
    }

    /// The row whose word is `word`.
    #[inline(always)]
    pub fn row(self, word: u64) -> u64 {
        let z = word ^ (word >> 31) ^ (word >> 62);
        let z = z.wrapping_mul(SECOND_INVERSE);
        let z = z ^ (z >> 27) ^ (z >> 54);
        let z = z.wrapping_sub(self.k2).wrapping_mul(FIRST_INVERSE);
        let z = z ^ (z >> 30) ^ (z >> 60);
        z.wrapping_sub(self.k1).wrapping_mul(STEP_INVERSE)
    }

    /// Calls `each` with the index and the word of `count` consecutive rows.
    ///
    /// The state is stepped by an addition instead of being multiplied anew for each row, which
    /// compilers turn into vector code.
    #[inline(always)]
    pub(crate) fn for_each_word(self, first_row: u64, count: usize, mut each: impl FnMut(usize, u64)) {
        let mut state = self.state(first_row);
        for index in 0..count {
            each(index, self.mix(state));
            state = state.wrapping_add(STEP);
        }
    }

    #[inline(always)]
    fn state(self, row: u64) -> u64 {
        row.wrapping_mul(STEP).wrapping_add(self.k1)
    }

    #[inline(always)]
    fn mix(self, z: u64) -> u64 {
        let z = (z ^ (z >> 30)).wrapping_mul(FIRST).wrapping_add(self.k2);
        let z = (z ^ (z >> 27)).wrapping_mul(SECOND);
        z ^ (z >> 31)
    }
}

/// The words of consecutive rows as a random number generator, so that any distribution of the
/// `rand` ecosystem can sample from a column's stream.
///
/// ```
/// use rand::Rng;
/// use samplegen::random::{Keys, Words};
///
/// let keys = Keys::of_stream(b"class_0", 0);
/// let mut words = Words::from_row(keys, 7);
/// assert_eq!(words.next_u64(), keys.word(7));
/// assert_eq!(words.next_u64(), keys.word(8));
/// ```
#[derive(Clone, Debug)]
pub struct Words {
    keys: Keys,
    row: u64,
}

impl Words {
    /// The stream of `keys` from `row` on; it wraps around after row 2^64 - 1.
    pub fn from_row(keys: Keys, row: u64) -> Self {
        Self { keys, row }
    }
}

impl TryRng for Words {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        // The high half: the low bits of a word are as good, but every other use keeps the high ones.
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let word = self.keys.word(self.row);
        self.row = self.row.wrapping_add(1);
        Ok(word)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// The inverse of an odd number modulo 2^64, by Newton's iteration: each step doubles the number
/// of right bits, and an odd number is its own inverse modulo 8.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut right_bits = 3;
    while right_bits < 64 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right_bits *= 2;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::Rng;

    use super::*;

    #[test]
    fn keys_are_those_of_the_contract() {
        let keys = |name: &[u8]| Keys::of_stream(name, 0);
        assert_eq!(keys(b"id_client"), Keys { k1: 0xc145_022a_fa13_1e0d, k2: 0x58f6_e48b_f4aa_159e });
        assert_eq!(keys(b"id_client\0check"), Keys { k1: 0xa293_4136_361a_9759, k2: 0x8ec2_adef_af04_8022 });
        assert_eq!(keys(b"class_0"), Keys { k1: 0xd8e3_9663_cf0d_9441, k2: 0x872f_1b45_4d2a_104d });
    }

    #[test]
    fn a_byte_fill_is_the_words_in_little_endian_order() {
        let keys = Keys::of_stream(b"x", 3);
        let mut bytes = [0; 12];
        Words::from_row(keys, u64::MAX).fill_bytes(&mut bytes);
        assert_eq!(bytes[..8], keys.word(u64::MAX).to_le_bytes());
        assert_eq!(bytes[8..], keys.word(0).to_le_bytes()[..4]);
    }

    proptest! {
        #[test]
        fn a_word_gives_its_row_back(k1: u64, k2: u64, row: u64) {
            let keys = Keys { k1, k2 };
            prop_assert_eq!(keys.row(keys.word(row)), row);
            prop_assert_eq!(keys.word(keys.row(row)), row);
        }

        #[test]
        fn stepping_equals_computing_each_row(k1: u64, k2: u64, first: u64, count in 0usize..50) {
            let keys = Keys { k1, k2 };
            let mut stepped = Vec::new();
            keys.for_each_word(first, count, |index, word| stepped.push((index, word)));
            let direct: Vec<_> = (0..count).map(|i| (i, keys.word(first.wrapping_add(i as u64)))).collect();
            prop_assert_eq!(stepped, direct);
        }
    }
}
