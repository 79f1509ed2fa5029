//! Which numbers stand for the rows when their values are drawn.

use crate::random::{BLOCK, Keys};
use crate::rows::RowRange;

/// The numbers that words are made of: row numbers, or what stands for them.
///
/// A column draws with its row numbers; one that depends on another with the ordinals there; the elements
/// of a list with `row * max_length + element`, modulo 2^64.
#[derive(Clone, Copy, Debug)]
pub enum Indices<'a> {
    /// Consecutive numbers, modulo 2^64.
    Run {
        /// The first number.
        first: u64,
        /// How many there are.
        count: usize,
    },
    /// Any numbers, in any order.
    Listed(&'a [u64]),
}

impl<'a> Indices<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        match self {
            Self::Run { count, .. } => count,
            Self::Listed(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The `count` of them from place `start` on.
    pub fn slice(self, start: usize, count: usize) -> Self {
        match self {
            Self::Run { first, .. } => Self::Run { first: first.wrapping_add(start as u64), count },
            Self::Listed(numbers) => Self::Listed(&numbers[start..start + count]),
        }
    }

    /// The numbers themselves.
    pub fn iter(self) -> impl Iterator<Item = u64> + use<'a> {
        (0..self.len()).map(move |place| match self {
            Self::Run { first, .. } => first.wrapping_add(place as u64),
            Self::Listed(numbers) => numbers[place],
        })
    }

    /// The same in order, cut into blocks that are drawn together.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Self> {
        let count = self.len();
        (0..count).step_by(BLOCK).map(move |start| self.slice(start, BLOCK.min(count - start)))
    }

    /// Puts the numbers into `numbers`, which is as long.
    #[inline(always)]
    pub(crate) fn copy_to(self, numbers: &mut [u64]) {
        match self {
            Self::Run { first, .. } => {
                for (place, number) in numbers.iter_mut().enumerate() {
                    *number = first.wrapping_add(place as u64);
                }
            }
            Self::Listed(listed) => numbers.copy_from_slice(listed),
        }
    }

    /// Puts the words of the numbers into `words`, which is as long.
    #[inline(always)]
    pub(crate) fn words(self, keys: Keys, words: &mut [u64]) {
        match self {
            Self::Run { first, .. } => {
                keys.for_each_word(first, words.len(), |place, word| words[place] = word);
            }
            Self::Listed(numbers) => {
                for (word, number) in words.iter_mut().zip(numbers) {
                    *word = keys.word(*number);
                }
            }
        }
    }
}

impl From<RowRange> for Indices<'_> {
    fn from(rows: RowRange) -> Self {
        Self::Run { first: rows.first(), count: rows.count() as usize }
    }
}

impl<'a> From<&'a [u64]> for Indices<'a> {
    fn from(numbers: &'a [u64]) -> Self {
        Self::Listed(numbers)
    }
}
