//! Ranges of row numbers.
//!
//! Ranges, not counts, flow through the code: a generator that is told only how many rows to make
//! starts again at 0 in every batch.

use std::fmt;

/// A range of consecutive rows: `count` rows from `first` on.
///
/// Row numbers are 64-bit and the last row may be 2^64 - 1, so the end of a range need not fit in
/// 64 bits; the first row and the count do.
///
/// ```
/// use samplegen::RowRange;
///
/// let rows = RowRange::new(10, 5).unwrap();
/// assert!(rows.contains(14) && !rows.contains(15));
/// assert_eq!(rows.slice(2, 100), RowRange::new(12, 3).unwrap());
/// assert!(RowRange::new(u64::MAX, 2).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowRange {
    first: u64,
    count: u64,
}

impl RowRange {
    /// `count` rows from `first` on; `None` if they go beyond row 2^64 - 1.
    pub fn new(first: u64, count: u64) -> Option<Self> {
        let rows_from_first = u128::from(u64::MAX) - u128::from(first) + 1;
        (u128::from(count) <= rows_from_first).then_some(Self { first, count })
    }

    /// The number of the first row, whether or not the range is empty.
    pub fn first(self) -> u64 {
        self.first
    }

    /// How many rows there are.
    pub fn count(self) -> u64 {
        self.count
    }

    /// Whether there are no rows.
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Whether `row` is one of the rows.
    #[inline(always)]
    pub fn contains(self, row: u64) -> bool {
        row.wrapping_sub(self.first) < self.count
    }

    /// At most `count` rows from the row at `offset` on: what lies beyond the range is cut off.
    pub fn slice(self, offset: u64, count: u64) -> Self {
        let offset = offset.min(self.count);
        Self {
            // Wraps only for the empty range behind row 2^64 - 1.
            first: self.first.wrapping_add(offset),
            count: count.min(self.count - offset),
        }
    }

    /// The range cut into ranges of `count` rows, in order; the last may be shorter.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn chunks(self, count: u64) -> impl Iterator<Item = Self> {
        assert!(count > 0, "chunks of no rows have no end");
        (0..self.count.div_ceil(count)).map(move |index| self.slice(index * count, count))
    }
}

impl fmt::Display for RowRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            0 => write!(f, "no rows"),
            1 => write!(f, "row {}", self.first),
            count => write!(f, "rows {}-{}", self.first, self.first + (count - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_row_may_be_the_largest_number() {
        let rows = RowRange::new(u64::MAX, 1).expect("row 2^64 - 1 exists");
        assert!(rows.contains(u64::MAX) && !rows.contains(0));
        assert_eq!(rows.to_string(), "row 18446744073709551615");
        assert!(RowRange::new(1, u64::MAX).is_some());
        assert!(RowRange::new(2, u64::MAX).is_none());
    }

    proptest! {
        #[test]
        fn chunks_are_the_range_in_order(first: u64, count in 0u64..200, chunk in 1u64..50) {
            prop_assume!(RowRange::new(first, count).is_some());
            let rows = RowRange::new(first, count).expect("assumed above");
            let mut next = first;
            for chunk_rows in rows.chunks(chunk) {
                prop_assert_eq!(chunk_rows.first(), next);
                prop_assert!((1..=chunk).contains(&chunk_rows.count()));
                next = next.wrapping_add(chunk_rows.count());
            }
            prop_assert_eq!(next, first.wrapping_add(count));
        }
    }
}
