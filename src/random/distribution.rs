//! Distributions by their quantile functions, cut off at bounds.
//!
//! A distribution is drawn by inversion on a grid of 2^52 places. Bounds cut off places and not values,
//! so that nothing piles up at them: the first and the last place within the bounds are searched for
//! once, and places between them are drawn.

use super::draw::{Below, PLACES, centre};
use super::elementary::{ROUNDER, exp, ln, round_half_even};
use super::normal;

/// The fewest places that floats may have between their bounds.
const FEWEST_PLACES: u64 = 1 << 20;

/// A distribution by its parameters: the quantile function, the value below which a share of all values
/// lies.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// The normal distribution.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation, at least 0.
        sd: f64,
    },
    /// The exponential of a normal distribution.
    Lognormal {
        /// The mean of the logarithm.
        mu: f64,
        /// The standard deviation of the logarithm, at least 0.
        sigma: f64,
    },
    /// The exponential distribution.
    Exponential {
        /// The mean, above 0.
        mean: f64,
    },
    /// The Pareto distribution.
    Pareto {
        /// The smallest value, above 0.
        scale: f64,
        /// The exponent of the tail, above 0.
        shape: f64,
    },
    /// Straight lines between the quantiles 0/n, 1/n, … n/n.
    Quantiles {
        /// The quantiles, two or more, none below the one before.
        points: Vec<f64>,
    },
}

impl Distribution {
    /// The value at `u`, which is in (0, 1).
    pub fn at(&self, u: f64) -> f64 {
        match self {
            Self::Normal { mean, sd } => mean + sd * normal::quantile(u),
            Self::Lognormal { mu, sigma } => exp(mu + sigma * normal::quantile(u)),
            Self::Exponential { mean } => exponential(u, *mean),
            Self::Pareto { scale, shape } => pareto(u, *scale, *shape),
            Self::Quantiles { points } => between(points, u),
        }
    }

    /// Turns each number into the value at it. There are at most [`BLOCK`](super::BLOCK).
    #[inline(always)]
    fn at_all(&self, numbers: &mut [f64]) {
        // The function is matched once, so that each loop is bare.
        match self {
            Self::Normal { mean, sd } => {
                normal::quantiles(numbers);
                numbers.iter_mut().for_each(|number| *number = mean + sd * *number);
            }
            Self::Lognormal { mu, sigma } => {
                normal::quantiles(numbers);
                numbers.iter_mut().for_each(|number| *number = exp(mu + sigma * *number));
            }
            Self::Exponential { mean } => {
                numbers.iter_mut().for_each(|number| *number = exponential(*number, *mean));
            }
            Self::Pareto { scale, shape } => {
                numbers.iter_mut().for_each(|number| *number = pareto(*number, *scale, *shape));
            }
            Self::Quantiles { points } => {
                numbers.iter_mut().for_each(|number| *number = between(points, *number));
            }
        }
    }
}

#[inline(always)]
fn exponential(u: f64, mean: f64) -> f64 {
    -mean * ln(1.0 - u)
}

#[inline(always)]
fn pareto(u: f64, scale: f64, shape: f64) -> f64 {
    scale * exp(-ln(1.0 - u) / shape)
}

#[inline(always)]
fn between(points: &[f64], u: f64) -> f64 {
    let pieces = points.len() - 1;
    let x = u * pieces as f64;
    let piece = (x as usize).min(pieces - 1);
    points[piece] + (points[piece + 1] - points[piece]) * (x - piece as f64)
}

/// Why a distribution cannot be drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    /// No value lies within the bounds.
    #[error("nothing of the distribution lies within the bounds; widen them")]
    NothingWithin,
    /// Floats would show the grain of the grid.
    #[error(
        "too little of the distribution lies within the bounds, fewer than 2^20 different values; widen them"
    )]
    TooLittleWithin,
    /// A value that is no number of the type.
    #[error("the distribution has values that are not finite in the type; choose a wider type, or bounds")]
    NotFinite,
}

/// The places of the grid that lie within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Places {
    first: u64,
    count: u64,
    below: Below,
}

impl Places {
    /// The places from the first for which `reaches_min` holds up to the first for which `exceeds_max` does.
    fn between(
        reaches_min: impl Fn(f64) -> bool,
        exceeds_max: impl Fn(f64) -> bool,
    ) -> Result<Self, DistributionError> {
        let first = first_place(reaches_min);
        let count = first_place(exceeds_max).saturating_sub(first);
        if count == 0 {
            return Err(DistributionError::NothingWithin);
        }
        Ok(Self { first, count, below: Below::new(u128::from(count)) })
    }

    #[inline(always)]
    fn draw(self, word: u64) -> f64 {
        centre(self.first + self.below.of(word))
    }

    /// Turns words into the middles of places.
    #[inline(always)]
    fn draw_all(self, words: &mut [u64], middles: &mut [f64]) {
        self.below.of_all(words);
        for (middle, place) in middles.iter_mut().zip(words) {
            *middle = centre(self.first + *place);
        }
    }
}

/// The first place at whose middle `condition` holds; the number of places if it does at none.
fn first_place(condition: impl Fn(f64) -> bool) -> u64 {
    let (mut low, mut high) = (0, PLACES);
    while low < high {
        let middle = (low + high) / 2;
        if condition(centre(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// A distribution of floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Floats {
    distribution: Distribution,
    places: Places,
    min: f64,
    max: f64,
}

impl Floats {
    /// Floats of 64 bits from `min` to `max`; an infinite bound is none.
    ///
    /// # Errors
    ///
    /// If too little lies within the bounds, or a value is not finite.
    pub fn new64(distribution: Distribution, min: f64, max: f64) -> Result<Self, DistributionError> {
        Self::new(distribution, min, max, |value| value)
    }

    /// Floats of 32 bits. The bounds are rounded to them.
    ///
    /// # Errors
    ///
    /// As for 64 bits.
    pub fn new32(distribution: Distribution, min: f64, max: f64) -> Result<Self, DistributionError> {
        let round = |value| f64::from(value as f32);
        Self::new(distribution, round(min), round(max), round)
    }

    fn new(
        distribution: Distribution,
        min: f64,
        max: f64,
        round: impl Fn(f64) -> f64,
    ) -> Result<Self, DistributionError> {
        let value = |u| round(distribution.at(u));
        let bounded = |u: f64| (min > f64::NEG_INFINITY).then(|| value(u) >= min);
        let places =
            Places::between(|u| bounded(u).unwrap_or(true), |u| max < f64::INFINITY && value(u) > max)?;
        if places.count < FEWEST_PLACES {
            return Err(DistributionError::TooLittleWithin);
        }
        let ends = [places.first, places.first + (places.count - 1)];
        if !ends.into_iter().all(|place| value(centre(place)).is_finite()) {
            return Err(DistributionError::NotFinite);
        }
        Ok(Self { distribution, places, min, max })
    }

    /// The places of the grid from which values are drawn.
    pub fn places(&self) -> std::ops::Range<u64> {
        self.places.first..self.places.first + self.places.count
    }

    /// The value that `word` gives, not yet rounded to 32 bits where those are asked for.
    pub fn value(&self, word: u64) -> f64 {
        self.hold(self.distribution.at(self.places.draw(word)))
    }

    /// Turns words into values. There are at most [`BLOCK`](super::BLOCK).
    #[inline(always)]
    pub(crate) fn values(&self, words: &mut [u64], values: &mut [f64]) {
        self.places.draw_all(words, values);
        self.distribution.at_all(values);
        values.iter_mut().for_each(|value| *value = self.hold(*value));
    }

    #[inline(always)]
    fn hold(&self, value: f64) -> f64 {
        let value = if value < self.min { self.min } else { value };
        if value > self.max { self.max } else { value }
    }
}

/// A distribution of whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Wholes {
    distribution: Distribution,
    /// What a value is multiplied by before it is rounded.
    unit: f64,
    places: Places,
    min: i128,
    max: i128,
}

impl Wholes {
    /// Whole numbers from `min` to `max`: the values times `unit`, rounded half to even.
    ///
    /// # Errors
    ///
    /// If nothing lies within the bounds.
    pub fn new(
        distribution: Distribution,
        unit: f64,
        min: i128,
        max: i128,
    ) -> Result<Self, DistributionError> {
        let value = |u| round_half_even(distribution.at(u) * unit) as i128;
        let places = Places::between(|u| value(u) >= min, |u| value(u) > max)?;
        Ok(Self { distribution, unit, places, min, max })
    }

    /// The smallest number there may be.
    pub fn min(&self) -> i128 {
        self.min
    }

    /// The largest number there may be.
    pub fn max(&self) -> i128 {
        self.max
    }

    /// The number that `word` gives.
    pub fn value(&self, word: u64) -> i128 {
        self.round(self.distribution.at(self.places.draw(word)) * self.unit)
    }

    #[inline(always)]
    fn round(&self, value: f64) -> i128 {
        (round_half_even(value) as i128).clamp(self.min, self.max)
    }

    /// Turns words into how far the numbers lie above [`min`](Self::min), modulo 2^64. There are at most
    /// [`BLOCK`](super::BLOCK).
    #[inline(always)]
    pub(crate) fn offsets(&self, words: &mut [u64]) {
        /// Numbers of at most so many bits are rounded to integers by one addition.
        const SMALL: std::ops::Range<i128> = -(1 << 50)..1 << 50;
        let mut values = [0.0; super::BLOCK];
        let values = &mut values[..words.len()];
        self.places.draw_all(words, values);
        self.distribution.at_all(values);
        if SMALL.contains(&self.min) && SMALL.contains(&self.max) {
            let (min, max) = (self.min as i64, self.max as i64);
            // The places lie within the bounds but for an ulp, so that no value is larger than is allowed here.
            for (offset, value) in words.iter_mut().zip(values) {
                let rounded = (*value * self.unit + ROUNDER).to_bits().wrapping_sub(ROUNDER.to_bits()) as i64;
                *offset = (rounded.clamp(min, max) - min) as u64;
            }
        } else if let (Ok(min), Ok(max)) = (i64::try_from(self.min), i64::try_from(self.max)) {
            for (offset, value) in words.iter_mut().zip(values) {
                let rounded = round_half_even(*value * self.unit) as i64;
                *offset = rounded.clamp(min, max).wrapping_sub(min) as u64;
            }
        } else {
            for (offset, value) in words.iter_mut().zip(values) {
                *offset = self.round(*value * self.unit).wrapping_sub(self.min) as u64;
            }
        }
    }
}
