//! Ranks that follow Zipf's law: rank k is drawn in proportion to k^-s.
//!
//! The first ranks are drawn exactly, by thresholds. The tail behind them is drawn from the continuous
//! density x^-s between the halves, by inversion, and rounded; so set-up does not grow with the number
//! of ranks.

use super::BLOCK;
use super::choice::Choice;
use super::draw::threshold_of;
use super::elementary::{exp, ln};

/// The most ranks that are drawn by thresholds.
const HEAD: u64 = 1024;

/// The most ranks.
pub const MOST_RANKS: u64 = 1 << 53;

/// The largest exponent.
pub const MOST_EXPONENT: f64 = 20.0;

/// Zipf's law over a number of ranks.
#[derive(Clone, Debug)]
pub struct Zipf {
    ranks: u64,
    head: Choice,
    tail: Option<Tail>,
}

/// The ranks behind the head.
#[derive(Clone, Copy, Debug)]
struct Tail {
    /// The head's size and the words that it takes.
    head: u64,
    head_words: u64,
    /// How many words are left, in double.
    words: f64,
    ranks: u64,
    /// Where the tail begins: half a rank behind the head.
    start: f64,
    shape: Shape,
}

/// How a fraction of the tail becomes a place in it.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// An exponent of 1, with the tail's logarithmic length.
    Harmonic { length: f64 },
    /// Any other, with 1 less the exponent.
    Power { a: f64, e: f64 },
}

impl Zipf {
    /// `ranks` ranks with this exponent.
    ///
    /// # Panics
    ///
    /// If there are no ranks or more than [`MOST_RANKS`], or the exponent is not between 0 (excluded) and
    /// [`MOST_EXPONENT`].
    pub fn new(ranks: u64, exponent: f64) -> Self {
        assert!((1..=MOST_RANKS).contains(&ranks), "{ranks} ranks");
        assert!(exponent > 0.0 && exponent <= MOST_EXPONENT, "exponent {exponent}");
        let head = ranks.min(HEAD);
        let mut sum = 0.0;
        let sums = (1..=head).map(|rank| {
            sum += exp(-exponent * ln(rank as f64));
            sum
        });
        let sums: Vec<f64> = sums.collect();
        if ranks == head {
            return Self {
                ranks,
                head: Choice::new(sums[..sums.len() - 1].iter().map(|h| threshold_of(h / sum))),
                tail: None,
            };
        }
        let start = head as f64 + 0.5;
        let length = ln((ranks as f64 + 0.5) / start);
        let (shape, weight) = if exponent == 1.0 {
            (Shape::Harmonic { length }, length)
        } else {
            let a = 1.0 - exponent;
            let e = exp_less_one(a * length);
            (Shape::Power { a, e }, exp(a * ln(start)) * (e / a))
        };
        let thresholds: Vec<u128> = sums.iter().map(|h| threshold_of(h / (sum + weight))).collect();
        let all = thresholds[thresholds.len() - 1];
        let tail = (all < 1 << 64).then(|| Tail {
            head,
            head_words: all as u64,
            words: ((1u128 << 64) - all) as f64,
            ranks,
            start,
            shape,
        });
        Self { ranks, head: Choice::new(thresholds), tail }
    }

    /// How many ranks there are.
    pub fn ranks(&self) -> u64 {
        self.ranks
    }

    /// The rank, from 1, that `word` gives.
    pub fn rank(&self, word: u64) -> u64 {
        match self.tail {
            Some(tail) if word >= tail.head_words => tail.rank(word),
            _ => u64::from(self.head.ordinal(word)) + 1,
        }
    }

    /// Turns each word into its rank less 1. There are at most [`BLOCK`].
    ///
    /// The words of the tail are collected, computed together by vector code and put in their places.
    #[inline(always)]
    pub(crate) fn ordinals(&self, words: &mut [u64]) {
        let Some(tail) = self.tail else { return self.head.ordinals(words) };
        let mut places = [0u16; BLOCK];
        let mut tails = [0; BLOCK];
        let mut count = 0;
        for (place, &word) in words.iter().enumerate() {
            // Each is written, and only one of the tail is kept: there is no branch to be mispredicted.
            places[count] = place as u16;
            tails[count] = word;
            count += usize::from(word >= tail.head_words);
        }
        self.head.ordinals(words);
        let tails = &mut tails[..count];
        tail.ordinals(tails);
        for (&place, &ordinal) in places.iter().zip(&*tails) {
            words[usize::from(place)] = ordinal;
        }
    }
}

impl Tail {
    fn rank(&self, word: u64) -> u64 {
        let u = self.fraction(word);
        let x = match self.shape {
            Shape::Harmonic { length } => self.harmonic(u, length),
            Shape::Power { a, e } => self.power(u, a, e),
        };
        self.nearest(x)
    }

    #[inline(always)]
    fn ordinals(&self, words: &mut [u64]) {
        // The shape is matched once, so that each loop is bare.
        match self.shape {
            Shape::Harmonic { length } => {
                for word in words {
                    *word = self.nearest(self.harmonic(self.fraction(*word), length)) - 1;
                }
            }
            Shape::Power { a, e } => {
                for word in words {
                    *word = self.nearest(self.power(self.fraction(*word), a, e)) - 1;
                }
            }
        }
    }

    /// How far into the tail's words `word` lies, in (0, 1).
    #[inline(always)]
    fn fraction(&self, word: u64) -> f64 {
        const BELOW_ONE: f64 = 1.0 - 1.0 / (1u64 << 53) as f64;
        let u = ((word - self.head_words) as f64 + 0.5) / self.words;
        if u > BELOW_ONE { BELOW_ONE } else { u }
    }

    #[inline(always)]
    fn harmonic(&self, u: f64, length: f64) -> f64 {
        self.start * exp(u * length)
    }

    #[inline(always)]
    fn power(&self, u: f64, a: f64, e: f64) -> f64 {
        self.start * exp(log_of_one_more(u * e) / a)
    }

    /// The rank that is nearest to `x`, which is positive.
    #[inline(always)]
    fn nearest(&self, x: f64) -> u64 {
        ((x + 0.5) as u64).clamp(self.head + 1, self.ranks)
    }
}

/// `exp(c) - 1`, also for `c` near 0 (Kahan's method).
fn exp_less_one(c: f64) -> f64 {
    let y = exp(c);
    if y == 1.0 { c } else { (y - 1.0) * (c / ln(y)) }
}

/// `ln(1 + z)`, also for `z` near 0 (Kahan's method).
#[inline(always)]
fn log_of_one_more(z: f64) -> f64 {
    let y = 1.0 + z;
    // The logarithm of 1 is computed and dropped, so that there is no branch.
    let scaled = z * (ln(y) / (y - 1.0));
    if y == 1.0 { z } else { scaled }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_equal_one_by_one(
            ranks in prop_oneof![1..=MOST_RANKS, 1u64..3_000],
            exponent in prop_oneof![0.01..MOST_EXPONENT, 0.9..1.1, Just(1.0)],
            words in prop::collection::vec(any::<u64>(), 0..BLOCK),
        ) {
            let zipf = Zipf::new(ranks, exponent);
            let single: Vec<u64> = words.iter().map(|&word| zipf.rank(word) - 1).collect();
            prop_assert!(single.iter().all(|&ordinal| ordinal < ranks));
            let mut block = words;
            zipf.ordinals(&mut block);
            prop_assert_eq!(block, single);
        }
    }
}
