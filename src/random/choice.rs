//! One of several, by how many thresholds a word reaches.

/// Up to this many thresholds a word is compared with all of them.
const FEW: usize = 6;

/// Bits of a word that look up the guide table: so many that most entries have no threshold behind them, so few that
/// the table leaves room in the first-level cache.
const GUIDE_BITS: std::ops::RangeInclusive<u32> = 10..=13;

/// Thresholds in ascending order; a word's ordinal is the number of those that are not above it.
///
/// Few are counted by vector code without a branch. Many are looked up: the guide table holds the
/// ordinal of the first word with the same high bits, and the thresholds among these words are counted.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Thresholds of 0, which every word reaches.
    always: u32,
    /// The largest word below each other threshold. The last is the largest word of all.
    below: Vec<u64>,
    /// Empty if there are few thresholds.
    guide: Vec<u32>,
    /// How far words are shifted down to look up the guide table.
    shift: u32,
}

impl Choice {
    /// A choice by these thresholds.
    ///
    /// # Panics
    ///
    /// If one is below the one before, or above 2^64.
    pub fn new(thresholds: impl IntoIterator<Item = u128>) -> Self {
        let thresholds: Vec<u128> = thresholds.into_iter().collect();
        assert!(thresholds.is_sorted(), "thresholds ascend");
        assert!(thresholds.last().is_none_or(|&last| last <= 1 << 64), "thresholds are at most 2^64");
        let always = thresholds.partition_point(|&threshold| threshold == 0);
        // No word reaches 2^64.
        let reached = thresholds.partition_point(|&threshold| threshold < 1 << 64);
        let below = thresholds[always..reached].iter().map(|&threshold| threshold as u64 - 1);
        let below: Vec<u64> = below.chain([u64::MAX]).collect();
        let mut choice = Self { always: always as u32, below, guide: Vec::new(), shift: 0 };
        if choice.below.len() > FEW {
            let bits = (choice.below.len().ilog2() + 5).clamp(*GUIDE_BITS.start(), *GUIDE_BITS.end());
            choice.shift = u64::BITS - bits;
            choice.guide = (0..1u64 << bits).map(|high| choice.search(high << choice.shift) as u32).collect();
        }
        choice
    }

    /// How many thresholds are not above `word`.
    pub fn ordinal(&self, word: u64) -> u32 {
        self.always + self.search(word) as u32
    }

    fn search(&self, word: u64) -> usize {
        self.below.partition_point(|&below| below < word)
    }

    /// Turns each word into its ordinal.
    #[inline(always)]
    pub(crate) fn ordinals(&self, words: &mut [u64]) {
        if self.guide.is_empty() { self.count_all(words) } else { self.look_up(words) }
    }

    #[inline(always)]
    fn count_all(&self, words: &mut [u64]) {
        /// As many words as fit into vector registers beside their counts.
        const LANES: usize = 32;
        let (chunks, rest) = words.as_chunks_mut::<LANES>();
        for chunk in chunks {
            let mut counts = [u64::from(self.always); LANES];
            for below in &self.below {
                for (count, word) in counts.iter_mut().zip(&*chunk) {
                    *count += u64::from(word > below);
                }
            }
            *chunk = counts;
        }
        for word in rest {
            let reached = self.below.iter().filter(|&below| *word > *below).count();
            *word = u64::from(self.always) + reached as u64;
        }
    }

    #[inline(always)]
    fn look_up(&self, words: &mut [u64]) {
        for word in words {
            let mut ordinal = self.guide[(*word >> self.shift) as usize] as usize;
            while *word > self.below[ordinal] {
                ordinal += 1;
            }
            *word = u64::from(self.always) + ordinal as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_equal_the_first_threshold_above_the_word(
            mut thresholds in prop::collection::vec(
                prop_oneof![any::<u64>().prop_map(u128::from), 0u128..100, (1u128 << 64) - 100..=1 << 64],
                0..200,
            ),
            mut words: Vec<u64>,
        ) {
            thresholds.sort_unstable();
            let near = thresholds.iter().flat_map(|&threshold| [threshold as u64, (threshold as u64).wrapping_sub(1)]);
            words.extend(near);
            let choice = Choice::new(thresholds.clone());
            let expected: Vec<u64> = words
                .iter()
                .map(|&word| {
                    let first = thresholds.iter().position(|&threshold| u128::from(word) < threshold);
                    first.unwrap_or(thresholds.len()) as u64
                })
                .collect();
            prop_assert_eq!(words.iter().map(|&word| u64::from(choice.ordinal(word))).collect::<Vec<_>>(), expected.clone());
            choice.ordinals(&mut words);
            prop_assert_eq!(words, expected);
        }
    }
}
