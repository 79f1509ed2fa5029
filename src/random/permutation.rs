//! The order of values that are all different: a keyed permutation of `0 .. n - 1`, and its inverse.

use super::{BLOCK, Keys, inverse};

/// A permutation of the numbers below a limit.
///
/// One pass permutes the numbers of as many bits as the largest has: each round adds, multiplies by an
/// odd number and folds the high half of the bits into the low one, which can all be undone. A pass is
/// repeated until the number is below the limit (cycle walking), at most twice on average.
///
/// ```
/// use samplegen::random::{Stream, permutation::Permutation};
///
/// let keys = Stream::of_column(None, "u").purpose("order").keys(0);
/// let permutation = Permutation::new(keys, 10);
/// let order: Vec<u64> = (0..10).map(|row| permutation.value(row)).collect();
/// assert_eq!({ let mut sorted = order.clone(); sorted.sort(); sorted }, (0..10).collect::<Vec<_>>());
/// assert_eq!(permutation.row(order[7]), Some(7));
/// ```
#[derive(Clone, Debug)]
pub struct Permutation {
    /// The largest number.
    last: u64,
    /// The bits of a pass, all set.
    mask: u64,
    shift: u32,
    rounds: Vec<Round>,
}

/// What one round does and undoes.
#[derive(Clone, Copy, Debug)]
struct Round {
    add: u64,
    multiply: u64,
    inverse: u64,
}

impl Permutation {
    /// The permutation of the numbers below `limit` with the words of `keys`.
    ///
    /// # Panics
    ///
    /// If `limit` is 0 or more than 2^64.
    pub fn new(keys: Keys, limit: u128) -> Self {
        assert!((1..=1 << 64).contains(&limit), "a limit is 1 to 2^64, not {limit}");
        let last = (limit - 1) as u64;
        let bits = (u64::BITS - last.leading_zeros()).max(2);
        let rounds = if bits <= 4 { 32 } else { 8 };
        let round = |round| {
            let multiply = keys.word(rounds + round) | 1;
            Round { add: keys.word(round), multiply, inverse: inverse(multiply) }
        };
        Self {
            last,
            mask: u64::MAX >> (u64::BITS - bits),
            shift: bits.div_ceil(2),
            rounds: (0..rounds).map(round).collect(),
        }
    }

    /// The number in place `row`, which is below the limit.
    pub fn value(&self, row: u64) -> u64 {
        debug_assert!(row <= self.last, "{row} is beyond {}", self.last);
        let mut x = self.pass(row);
        while x > self.last {
            x = self.pass(x);
        }
        x
    }

    /// The place of the number `value`; `None` if it is not below the limit.
    pub fn row(&self, value: u64) -> Option<u64> {
        if value > self.last {
            return None;
        }
        let mut x = self.pass_back(value);
        while x > self.last {
            x = self.pass_back(x);
        }
        Some(x)
    }

    fn pass(&self, mut x: u64) -> u64 {
        for round in &self.rounds {
            x = self.apply(*round, x);
        }
        x
    }

    fn pass_back(&self, mut x: u64) -> u64 {
        for round in self.rounds.iter().rev() {
            // The shift is at least half of the bits, so that one fold undoes another.
            x ^= x >> self.shift;
            x = x.wrapping_mul(round.inverse).wrapping_sub(round.add) & self.mask;
        }
        x
    }

    #[inline(always)]
    fn apply(&self, round: Round, x: u64) -> u64 {
        let x = x.wrapping_add(round.add).wrapping_mul(round.multiply) & self.mask;
        x ^ (x >> self.shift)
    }

    /// A pass over many numbers: each round is applied to all of them before the next, as vector code.
    #[inline(always)]
    fn pass_all(&self, numbers: &mut [u64]) {
        for round in &self.rounds {
            for x in numbers.iter_mut() {
                *x = self.apply(*round, *x);
            }
        }
    }

    /// Turns each place into its number. There are at most [`BLOCK`].
    ///
    /// The numbers that are not below the limit are collected and passed again together.
    #[inline(always)]
    pub(crate) fn values(&self, rows: &mut [u64]) {
        self.pass_all(rows);
        if self.last == self.mask {
            return;
        }
        let mut places = [0u16; BLOCK];
        let mut walking = [0; BLOCK];
        let mut count = 0;
        for (place, x) in rows.iter().enumerate() {
            // Each is written, and only one that walks on is kept: there is no branch to be mispredicted.
            places[count] = place as u16;
            walking[count] = *x;
            count += usize::from(*x > self.last);
        }
        while count > 0 {
            self.pass_all(&mut walking[..count]);
            let mut kept = 0;
            for index in 0..count {
                let (place, x) = (places[index], walking[index]);
                rows[usize::from(place)] = x;
                places[kept] = place;
                walking[kept] = x;
                kept += usize::from(x > self.last);
            }
            count = kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_gives_its_place_back(
            k1: u64,
            k2: u64,
            limit in prop_oneof![1u128..40, 1u128..1 << 20, any::<u64>().prop_map(u128::from), Just(1u128 << 64)],
            row: u64,
        ) {
            let limit = limit.max(1);
            let row = (u128::from(row) % limit) as u64;
            let permutation = Permutation::new(Keys { k1, k2 }, limit);
            let value = permutation.value(row);
            prop_assert!(u128::from(value) < limit);
            prop_assert_eq!(permutation.row(value), Some(row));
        }

        #[test]
        fn blocks_equal_one_by_one(k1: u64, k2: u64, limit in 1u64..5_000, count in 0..BLOCK) {
            let permutation = Permutation::new(Keys { k1, k2 }, u128::from(limit));
            let mut block: Vec<u64> = (0..limit).take(count).collect();
            permutation.values(&mut block);
            let single: Vec<u64> = (0..limit).take(count).map(|row| permutation.value(row)).collect();
            prop_assert_eq!(block, single);
        }

        #[test]
        fn small_permutations_hold_each_number_once(k1: u64, k2: u64, limit in 1u64..70) {
            let permutation = Permutation::new(Keys { k1, k2 }, u128::from(limit));
            let mut values: Vec<u64> = (0..limit).map(|row| permutation.value(row)).collect();
            values.sort_unstable();
            prop_assert_eq!(values, (0..limit).collect::<Vec<_>>());
            prop_assert_eq!(permutation.row(limit), None);
        }
    }
}
