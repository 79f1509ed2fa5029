//! Which row numbers came, and which came more than once: two bitmaps that threads share.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::rows::RowRange;

/// The most rows that can be checked at once: what is noted of them takes about 34 GB.
pub const MAX_ROWS: u64 = 1 << 38;

/// Rows of one piece of a bitmap. A piece has memory from when its first bit is set.
const PIECE_ROWS: u64 = 1 << 16;
const WORDS_PER_PIECE: usize = (PIECE_ROWS / 64) as usize;

/// A set of row numbers, counted from the first.
#[derive(Debug)]
struct Bitmap {
    pieces: Box<[OnceLock<Box<[AtomicU64]>>]>,
}

impl Bitmap {
    fn new(rows: u64) -> Self {
        Self { pieces: (0..rows.div_ceil(PIECE_ROWS)).map(|_| OnceLock::new()).collect() }
    }

    /// Sets the bits `mask` of the 64 rows from `64 * word` on, and returns those that were set before.
    fn set(&self, word: u64, mask: u64) -> u64 {
        let piece = self.pieces[(word / WORDS_PER_PIECE as u64) as usize]
            .get_or_init(|| (0..WORDS_PER_PIECE).map(|_| AtomicU64::new(0)).collect());
        piece[word as usize % WORDS_PER_PIECE].fetch_or(mask, Ordering::Relaxed) & mask
    }

    fn get(&self, word: u64) -> u64 {
        match self.pieces[(word / WORDS_PER_PIECE as u64) as usize].get() {
            Some(piece) => piece[word as usize % WORDS_PER_PIECE].load(Ordering::Relaxed),
            None => 0,
        }
    }

    fn count(&self) -> u64 {
        let words = self.pieces.iter().filter_map(OnceLock::get).flat_map(|piece| piece.iter());
        words.map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    }
}

/// The rows that came, of a range.
#[derive(Debug)]
pub(super) struct SeenRows {
    rows: RowRange,
    once: Bitmap,
    repeated: Bitmap,
}

impl SeenRows {
    pub(super) fn new(rows: RowRange) -> Self {
        Self { rows, once: Bitmap::new(rows.count()), repeated: Bitmap::new(rows.count()) }
    }

    /// Notes that `rows`, all within the range, came; calls `repeated` with a row each time that it came
    /// before.
    pub(super) fn insert(&self, rows: &[u64], mut repeated: impl FnMut(u64)) {
        // Neighbours go in together, so that rows in order cost one atomic operation for 64 of them.
        let mut pending: Option<(u64, u64)> = None;
        for &row in rows {
            let offset = row.wrapping_sub(self.rows.first());
            let (word, bit) = (offset / 64, 1 << (offset % 64));
            match &mut pending {
                Some((pending_word, mask)) if *pending_word == word && *mask & bit == 0 => *mask |= bit,
                _ => {
                    if let Some((word, mask)) = pending.replace((word, bit)) {
                        self.set(word, mask, &mut repeated);
                    }
                }
            }
        }
        if let Some((word, mask)) = pending {
            self.set(word, mask, &mut repeated);
        }
    }

    fn set(&self, word: u64, mask: u64, repeated: &mut impl FnMut(u64)) {
        let again = self.once.set(word, mask);
        if again != 0 {
            self.repeated.set(word, again);
            self.each_row(word, again).for_each(repeated);
        }
    }

    /// Adds the rows that `other`, of the same range, has seen; calls `repeated` with those that came
    /// before.
    pub(super) fn merge(&self, other: &Self, mut repeated: impl FnMut(u64)) {
        for word in 0..self.rows.count().div_ceil(64) {
            let mask = other.once.get(word);
            if mask != 0 {
                self.set(word, mask, &mut repeated);
                let repeated_there = other.repeated.get(word);
                if repeated_there != 0 {
                    self.repeated.set(word, repeated_there);
                }
            }
        }
    }

    /// How many different rows came.
    pub(super) fn distinct(&self) -> u64 {
        self.once.count()
    }

    /// How many of them came more than once.
    pub(super) fn repeated(&self) -> u64 {
        self.repeated.count()
    }

    /// The rows that did not come, as ranges in order.
    pub(super) fn missing(&self) -> impl Iterator<Item = RowRange> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let first = self.next_offset(next, |word| !word)?;
            next = self.next_offset(first, |word| word).unwrap_or(self.rows.count());
            Some(self.rows.slice(first, next - first))
        })
    }

    /// The first offset from `start` on whose bit is set in what `choose` makes of the words.
    fn next_offset(&self, start: u64, choose: impl Fn(u64) -> u64) -> Option<u64> {
        let mut word = start / 64;
        let mut bits = choose(self.once.get_or_zero(word, self.rows.count())) & (u64::MAX << (start % 64));
        while bits == 0 {
            word += 1;
            if word >= self.rows.count().div_ceil(64) {
                return None;
            }
            bits = choose(self.once.get(word));
        }
        let offset = word * 64 + u64::from(bits.trailing_zeros());
        (offset < self.rows.count()).then_some(offset)
    }

    fn each_row(&self, word: u64, mut bits: u64) -> impl Iterator<Item = u64> {
        let first = self.rows.first();
        std::iter::from_fn(move || {
            let bit = bits.trailing_zeros();
            if bit == 64 {
                return None;
            }
            bits &= bits - 1;
            Some(first.wrapping_add(word * 64 + u64::from(bit)))
        })
    }
}

impl Bitmap {
    /// The 64 rows from `64 * word` on, of `rows` in all; none where there are no rows.
    fn get_or_zero(&self, word: u64, rows: u64) -> u64 {
        if word < rows.div_ceil(64) { self.get(word) } else { 0 }
    }
}
