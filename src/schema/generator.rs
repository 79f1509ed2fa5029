//! Generators and their parameters: what makes a column's values from words.
//!
//! The parameters are resolved. Those of whole-number types are counted in units of the type (an
//! integer's 1, a decimal's last digit, a date's day, a time's resolution), probabilities and weights
//! are exact, and the parameters of distributions are the doubles nearest to what the schema says.

use super::number::{Number, cumulative_thresholds};
use super::pattern::Pattern;
use super::template::Template;
use super::types::ColumnType;
use super::value::Value;
use super::values_from::ValuesDigest;
pub use crate::random::distribution::Distribution;
use crate::random::distribution::{DistributionError, Floats, Wholes};

/// How a column's values are made from its words. Columns of the same table are told by their number.
#[derive(Clone, Debug, PartialEq)]
pub enum Generator {
    /// `uniform` numbers.
    Uniform(Uniform),
    /// `bernoulli`: true with this probability, which is from 0 to 1.
    Bernoulli {
        /// The probability of true.
        probability: Number,
    },
    /// `one_of` some values.
    OneOf {
        /// The values, all different.
        values: Vec<Value>,
        /// How often each occurs in relation to the others; all the same if there are none.
        weights: Option<Vec<Number>>,
    },
    /// `mapping`: the value that belongs to what another column holds.
    Mapping(Mapping),
    /// `sequence`: `start + step · row`, and up to `jitter` more.
    Sequence {
        /// The value of row 0.
        start: i128,
        /// From one row to the next; not 0.
        step: i128,
        /// Values are drawn from so many units; 0 and 1 leave them where they are. At most `step`.
        jitter: i128,
    },
    /// `unique`: the numbers from `min` to `max` in a random order, none twice.
    Unique {
        /// The smallest value.
        min: i128,
        /// The largest value.
        max: i128,
    },
    /// `uuid`: version 4, of random bits that give the row back.
    Uuid,
    /// `uuid7`: version 7, ordered by time.
    Uuid7 {
        /// Milliseconds since 1970 of row 0.
        start_ms: u64,
        /// Rows a second: a fraction in lowest terms. Its denominator is at most 10^16.
        per_second: (u128, u128),
    },
    /// `constant`: always the same.
    Constant(Value),
    /// `pattern`: text that matches a regular expression.
    Pattern(Pattern),
    /// `template`: text put together from other columns.
    Template(Template),
    /// `normal`, `lognormal`, `exponential`, `pareto` or `quantiles`, within bounds.
    Distribution {
        /// The distribution before it is cut off. Places and widths are in units for whole-number types, in the
        /// column's own terms for decimals.
        distribution: Distribution,
        /// Where it is cut off.
        bounds: Bounds,
    },
    /// `zipf`: the item of rank k with a probability in proportion to k^-exponent.
    Zipf {
        /// The exponent, above 0 and at most 20.
        exponent: f64,
        /// The items by rank.
        items: Items,
    },
    /// `one_of` or `zipf` over values of which only the digest is known, as parts name long lists: it tells data sets
    /// apart, and makes no values.
    Digested {
        /// The exponent of `zipf`; none for `one_of`.
        exponent: Option<f64>,
        /// What is known of the values and their weights.
        values: ValuesDigest,
    },
    /// `references`: the key of a row of another table.
    References {
        /// The column whose values are taken.
        of: ParentColumn,
        /// How the parent's row is chosen.
        pick: Pick,
    },
    /// `children`: the key of the parent of the row's group.
    Children {
        /// The column whose values are taken.
        of: ParentColumn,
        /// The fewest children of a parent.
        min: u64,
        /// The most children of a parent.
        max: u64,
    },
    /// `position`: the row's number among the children of its parent, from 0.
    Position {
        /// The `children` column.
        of: usize,
    },
    /// `lookup`: another column of the row that a reference points to.
    Lookup {
        /// The `references`, `children` or `lookup` column that points to the row.
        reference: usize,
        /// The column whose values are taken.
        of: ParentColumn,
    },
}

/// Uniform numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Uniform {
    /// Of a whole-number type: `min`, `min + step` and so on, up to `max` at most.
    Whole {
        /// The smallest value, included.
        min: i128,
        /// The bound above, included if it is a number of steps from `min`.
        max: i128,
        /// From one possible value to the next; at least 1.
        step: i128,
    },
    /// Of a float type: from the first number to below the second; in [0, 1) without them. For
    /// `float32` both are rounded to it.
    Float(Option<(f64, f64)>),
}

impl Uniform {
    /// How many different values whole numbers have: from 1 to 2^64.
    pub fn values(min: i128, max: i128, step: i128) -> u128 {
        max.abs_diff(min) / step.unsigned_abs() + 1
    }
}

/// What belongs to the values of another column.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// The other column.
    pub of: usize,
    /// Texts of the other column's values, as templates write them, and what belongs to each.
    pub entries: Vec<(String, Value)>,
}

/// Where a distribution is cut off. Bounds are included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// Of a whole-number type; the type's limits stand in for bounds that the schema does not give.
    Whole {
        /// The smallest value.
        min: i128,
        /// The largest value.
        max: i128,
    },
    /// Of a float type. For `float32` they are rounded to it.
    Float {
        /// The smallest value, if there is a bound.
        min: Option<f64>,
        /// The largest value, if there is a bound.
        max: Option<f64>,
    },
}

/// A distribution that is ready to be drawn from.
#[derive(Clone, Debug)]
pub enum Drawn {
    /// Of a float type.
    Floats(Floats),
    /// Of a whole-number type.
    Wholes(Wholes),
}

impl Drawn {
    /// `distribution` within `bounds`, for values of `item`; `None` if the bounds do not fit the type.
    ///
    /// # Errors
    ///
    /// If nothing can be drawn.
    pub fn new(
        distribution: &Distribution,
        bounds: Bounds,
        item: &ColumnType,
    ) -> Result<Option<Self>, DistributionError> {
        let distribution = distribution.clone();
        Ok(match (item, bounds) {
            (ColumnType::Float64 | ColumnType::Float32, Bounds::Float { min, max }) => {
                let (min, max) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
                Some(Self::Floats(match item {
                    ColumnType::Float64 => Floats::new64(distribution, min, max)?,
                    _ => Floats::new32(distribution, min, max)?,
                }))
            }
            (whole, Bounds::Whole { min, max }) if whole.is_whole() => {
                let unit = match whole {
                    ColumnType::Decimal { scale, .. } => power_of_ten(*scale),
                    _ => 1.0,
                };
                Some(Self::Wholes(Wholes::new(distribution, unit, min, max)?))
            }
            _ => None,
        })
    }
}

/// The double that is nearest to 10^scale.
fn power_of_ten(scale: u8) -> f64 {
    // Numbers of 128 bits are rounded to the nearest double.
    10u128.pow(scale.into()) as f64
}

/// What Zipf's ranks stand for.
#[derive(Clone, Debug, PartialEq)]
pub enum Items {
    /// `min` has rank 1, `min + 1` rank 2, up to `max`.
    Range {
        /// The most frequent value.
        min: i128,
        /// The least frequent value.
        max: i128,
    },
    /// The first value has rank 1, the second rank 2, and so on. All are different.
    Values(Vec<Value>),
}

impl Items {
    /// How many there are: from 1 to 2^53.
    pub fn count(&self) -> u64 {
        match self {
            Self::Range { min, max } => (max.abs_diff(*min) + 1) as u64,
            Self::Values(values) => values.len() as u64,
        }
    }
}

/// A column of a table, both told by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParentColumn {
    /// The table.
    pub table: usize,
    /// The column.
    pub column: usize,
}

/// How a reference chooses the row of its parent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pick {
    /// All rows with the same probability.
    Uniform,
    /// By rank.
    Zipf {
        /// The exponent, above 0 and at most 20.
        exponent: f64,
        /// Whether ranks are spread over all rows; if not, the first row is the most frequent.
        scatter: bool,
    },
    /// Neighbouring rows refer to the same or to neighbouring parents.
    InOrder,
}

/// The thresholds of `one_of` with so many values and these weights: the first value whose threshold
/// is above a word is the one that the word stands for.
pub fn one_of_thresholds(values: usize, weights: Option<&[Number]>) -> Vec<u128> {
    match weights {
        Some(weights) => cumulative_thresholds(weights.iter()),
        None => (1..=values as u128).map(|value| (value << 64) / values as u128).collect(),
    }
}
