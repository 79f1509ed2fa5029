//! Groups of neighbouring rows, one for each row of a parent table, in order: which parent a row has, and which rows a
//! parent has.
//!
//! Parents `2i` and `2i + 1` have `min + max` children together, so that both ways take the same time in any row.

use super::Keys;
use super::draw::Below;

/// Groups of `min` to `max` rows.
///
/// ```
/// use samplegen::random::{Stream, groups::Groups};
///
/// let groups = Groups::new(Stream::of_column(Some("orders"), "customer").keys(0), 0, 9).expect("few children");
/// let (first, count) = groups.children(1_000_000).expect("within 64 bits");
/// assert_eq!(groups.parent(first + count - 1), (1_000_000, count - 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    keys: Keys,
    min: u64,
    /// What the first parent of a pair has above `min`.
    below: Below,
    /// How many rows two parents have together.
    pair_rows: u64,
}

impl Groups {
    /// Groups of `min` to `max` rows with the words of `keys`; `None` if `min` is above `max`, or two parents may have
    /// 2^64 rows or more.
    pub fn new(keys: Keys, min: u64, max: u64) -> Option<Self> {
        let below = Below::new(u128::from(max.checked_sub(min)?) + 1);
        Some(Self { keys, min, below, pair_rows: min.checked_add(max)? })
    }

    /// How many rows the first parent of a pair has.
    #[inline(always)]
    fn first_rows(&self, pair: u64) -> u64 {
        self.min + self.below.of(self.keys.word(pair))
    }

    /// The parent's row, and the row's position among its children, from 0. Where there are no children, both are 0.
    #[inline(always)]
    pub fn parent(&self, row: u64) -> (u64, u64) {
        let Some(pair) = row.checked_div(self.pair_rows) else { return (0, 0) };
        let (within, first_rows) = (row % self.pair_rows, self.first_rows(pair));
        match within.checked_sub(first_rows) {
            None => (pair.wrapping_mul(2), within),
            Some(position) => (pair.wrapping_mul(2).wrapping_add(1), position),
        }
    }

    /// The first of the rows that `parent` has, and how many there are; `None` if they go beyond row 2^64 - 1.
    pub fn children(&self, parent: u64) -> Option<(u64, u64)> {
        let pair = parent / 2;
        let first_rows = self.first_rows(pair);
        let start = pair.checked_mul(self.pair_rows)?;
        let (first, count) = match parent % 2 {
            0 => (start, first_rows),
            _ => (start.checked_add(first_rows)?, self.pair_rows - first_rows),
        };
        (u128::from(first) + u128::from(count) <= 1 << 64).then_some((first, count))
    }

    /// How many rows `parents` parents have together; `None` if they are 2^64 or more.
    pub fn rows(&self, parents: u64) -> Option<u64> {
        let pairs = (parents / 2).checked_mul(self.pair_rows)?;
        if parents.is_multiple_of(2) { Some(pairs) } else { pairs.checked_add(self.first_rows(parents / 2)) }
    }

    /// Calls `each` with the index, the parent and the position of `count` consecutive rows: a word for each pair.
    #[inline(always)]
    pub(crate) fn for_each_parent(
        &self,
        first_row: u64,
        count: usize,
        mut each: impl FnMut(usize, u64, u64),
    ) {
        let Some(mut pair) = first_row.checked_div(self.pair_rows) else {
            return (0..count).for_each(|index| each(index, 0, 0));
        };
        let mut within = first_row % self.pair_rows;
        let mut index = 0;
        while index < count {
            let first_rows = self.first_rows(pair);
            for (parent, start, end) in [(0, 0, first_rows), (1, first_rows, self.pair_rows)] {
                let parent = pair.wrapping_mul(2).wrapping_add(parent);
                let rows = end.saturating_sub(within).min((count - index) as u64);
                for place in 0..rows {
                    each(index + place as usize, parent, within + place - start);
                }
                index += rows as usize;
                within += rows;
            }
            pair = pair.wrapping_add(1);
            within = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups() -> impl Strategy<Value = Groups> {
        let sizes = prop_oneof![
            (0u64..4, 0u64..9),
            Just((0, 0)),
            (3u64..4, Just(0)),
            any::<(u16, u16)>().prop_map(|(min, more)| (min.into(), more.into()))
        ];
        (any::<u64>(), any::<u64>(), sizes).prop_map(|(k1, k2, (min, more))| {
            Groups::new(Keys { k1, k2 }, min, min + more).expect("few children")
        })
    }

    proptest! {
        #[test]
        fn parents_have_the_rows_that_have_them(groups in groups(), parent in prop_oneof![0u64..5, any::<u32>().prop_map(u64::from)]) {
            let (first, count) = groups.children(parent).expect("few rows");
            for position in [0, 1, count / 2, count.saturating_sub(1)].into_iter().filter(|position| *position < count) {
                prop_assert_eq!(groups.parent(first + position), (parent, position));
            }
            // One group begins where the one before ends, and all together are the rows of the table.
            prop_assert_eq!(groups.children(parent + 1).map(|(next, _)| next), Some(first + count));
            prop_assert_eq!(groups.rows(parent), Some(first));
        }

        #[test]
        fn consecutive_rows_have_the_parents_of_each(
            groups in groups(), row in prop_oneof![0u64..50, any::<u32>().prop_map(u64::from)], count in 0usize..70,
        ) {
            let mut found = Vec::new();
            groups.for_each_parent(row, count, |index, parent, position| {
                assert_eq!(index, found.len());
                found.push((parent, position));
            });
            let expected: Vec<_> = (row..).take(count).map(|row| groups.parent(row)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_goes_beyond_64_bits_has_no_rows() {
        let keys = Keys { k1: 0, k2: 0 };
        assert_eq!(Groups::new(keys, 1 << 63, 1 << 63), None);
        assert_eq!(Groups::new(keys, 2, 1), None);
        let large = Groups::new(keys, 1 << 40, 1 << 40).expect("fewer than 2^64");
        assert_eq!(
            (large.rows(1 << 24), large.children((1 << 24) - 1).is_some(), large.children(1 << 24)),
            (None, true, None)
        );
        let none = Groups::new(keys, 0, 0).expect("no children");
        assert_eq!(
            (none.rows(u64::MAX), none.children(u64::MAX), none.parent(7)),
            (Some(0), Some((0, 0)), (0, 0))
        );
    }
}
