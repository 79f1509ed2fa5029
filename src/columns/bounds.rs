//! The smallest and the largest of some rows.

/// The smallest and the largest word of some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordBounds {
    /// The smallest word.
    pub min: u64,
    /// The largest word.
    pub max: u64,
}

impl WordBounds {
    /// The bounds of no rows: the neutral element of [`include`](Self::include).
    pub const NONE: Self = Self { min: u64::MAX, max: 0 };

    /// Widens the bounds so that they hold `word`.
    #[inline(always)]
    pub fn include(&mut self, word: u64) {
        self.min = self.min.min(word);
        self.max = self.max.max(word);
    }

    /// The bounds of the rows of both.
    pub fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// A smallest and a largest value, in the bytes that Parquet's statistics hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueBounds {
    /// The smallest value.
    pub min: Vec<u8>,
    /// The largest value.
    pub max: Vec<u8>,
}
