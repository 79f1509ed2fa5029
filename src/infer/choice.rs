//! From facts to a column that makes values like those in the files.

use arrow_schema::Field;

use super::column::InferredColumn;
use super::dictionary::Dictionary;
use super::facts::{Bounds, Facts, is_less};
use super::types::Stored;
use crate::count::{counted, grouped};
use crate::schema::column::Lengths;
use crate::schema::generator::{Generator, Uniform};
use crate::schema::number::Number;
use crate::schema::pattern::Pattern;
use crate::schema::types::{SECONDS_A_DAY, units_per_second};
use crate::schema::value::Value;
use crate::schema::{Column, ColumnType};

/// The longest text of a pattern: a schema should stay readable.
const MAX_TEXT_LENGTH: u64 = 1_000;
/// The length of texts of which nothing is known.
const ASSUMED_TEXT_LENGTH: u64 = 10;
/// The most different values that `uniform` draws.
const MAX_DRAWN: u128 = 1 << 64;
/// Days from 1970-01-01 to 2020-01-01 and 2029-12-31, between which dates and timestamps are assumed to lie.
const ASSUMED_DAYS: (i128, i128) = (18_262, 21_914);

/// A column that is being described.
struct Choice<'a> {
    item: &'a ColumnType,
    facts: &'a Facts,
    found: Vec<String>,
    assumed: Vec<String>,
    /// The share of nulls among rows, if it is known.
    nulls: Option<Number>,
    /// How many values are not null.
    elements: Option<u64>,
}

/// The column of the files called as `field`.
pub(super) fn column(field: &Field, stored: &Stored, facts: &Facts) -> InferredColumn {
    let item = stored.column_type.item();
    let mut choice =
        Choice { item, facts, found: Vec::new(), assumed: Vec::new(), nulls: None, elements: None };
    choice.found.extend(stored.note.clone());
    let lengths = stored.column_type.is_list().then(|| choice.lengths(stored));
    if lengths.is_none() {
        choice.count_nulls(field);
    }
    let generator = choice.generator(lengths.is_some());
    let is_identifying =
        matches!(generator, Generator::Uuid | Generator::Sequence { .. } | Generator::Unique { .. });
    if is_identifying && lengths.is_none() && choice.nulls.take().is_some() {
        choice.assumed.push("no nulls, which columns that identify rows cannot have".to_owned());
    }
    let column = Column {
        nulls: choice.nulls,
        lengths,
        ..Column::new(field.name(), stored.column_type.clone(), generator)
    };
    InferredColumn::Described { column: Box::new(column), found: choice.found, assumed: choice.assumed }
}

impl Choice<'_> {
    fn count_nulls(&mut self, field: &Field) {
        let Facts { rows, nulls, .. } = *self.facts;
        self.elements = nulls.and_then(|nulls| rows.checked_sub(nulls));
        match nulls {
            Some(0) => {}
            Some(nulls) => self.set_nulls(nulls, rows),
            None if field.is_nullable() => {
                self.assumed.push("no nulls, as their number is not in the footer".to_owned());
            }
            None => self.elements = Some(rows),
        }
    }

    fn set_nulls(&mut self, nulls: u64, rows: u64) {
        let (share, shown) = share(nulls, rows);
        self.found.push(format!("{} ({shown})", counted(nulls, "null")));
        self.nulls = Some(share);
    }

    /// How many elements lists have.
    fn lengths(&mut self, stored: &Stored) -> Lengths {
        let Facts { rows, values, .. } = *self.facts;
        let levels = self.facts.levels.as_deref().filter(|levels| levels.len() > stored.below_elements);
        let below = levels.map(|levels| &levels[..stored.below_elements]);
        let (null_lists, empty_lists) = match below {
            Some([null, empty]) if stored.is_nullable => (Some(*null), Some(*empty)),
            Some([empty, ..]) => (Some(0), Some(*empty)),
            _ => (None, None),
        };
        match null_lists {
            Some(0) => {}
            Some(nulls) => self.set_nulls(nulls, rows),
            None if stored.is_nullable => {
                self.assumed.push("no nulls, as the footer does not tell null from empty lists".to_owned());
            }
            None => {}
        }
        let known_lists = null_lists.and_then(|nulls| rows.checked_sub(nulls));
        let elements = levels.map(|levels| levels[stored.below_elements..].iter().sum::<u64>());
        self.elements = elements;
        if let Some(length) = stored.fixed_length {
            self.found.push(format!("all lists have {}", counted(length, "element")));
            return Lengths { min: length, max: length };
        }
        let lists = known_lists.unwrap_or(rows);
        if lists == 0 {
            self.assumed.push("lists of 1 element".to_owned());
            return Lengths { min: 1, max: 1 };
        }
        // Without histograms, a list without elements counts as one.
        let elements = elements.unwrap_or(values);
        let mean = elements as f64 / lists as f64;
        self.found.push(match empty_lists {
            Some(0) => format!("{mean:.3} elements in a list, on average, and no empty lists"),
            Some(empty) => {
                format!("{mean:.3} elements in a list, on average, and {}", counted(empty, "empty list"))
            }
            None => format!("at most {mean:.3} elements in a list, on average"),
        });
        const MAX_LENGTH: u64 = 1 << 30;
        if elements.is_multiple_of(lists) && empty_lists.unwrap_or(0) == 0 && elements / lists <= MAX_LENGTH {
            self.assumed.push("all lists have the same length".to_owned());
            return Lengths { min: elements / lists, max: elements / lists };
        }
        self.assumed.push("all lengths up to about twice the average are equally frequent".to_owned());
        let min = u64::from(empty_lists == Some(0) && mean >= 1.0);
        Lengths { min, max: ((2.0 * mean - min as f64).round() as u64).clamp(min.max(1), MAX_LENGTH) }
    }

    fn generator(&mut self, is_list: bool) -> Generator {
        if self.facts.rows == 0 {
            self.assumed.push("the values, as there are no rows".to_owned());
        } else if self.facts.bounds == Bounds::Empty {
            self.assumed.push("the values, as all are null".to_owned());
        }
        if let Bounds::Known { min, max, exact: true } = &self.facts.bounds
            && !is_less(min, max)
            && *self.item != ColumnType::Uuid
        {
            self.found.push("all values are the same".to_owned());
            return Generator::Constant(min.clone());
        }
        if let Some(generator) = self.listed() {
            return generator;
        }
        match self.item {
            ColumnType::Bool => {
                self.assumed.push("true and false are equally frequent".to_owned());
                Generator::Bernoulli { probability: Number::from_units(5, 1) }
            }
            ColumnType::Uuid => {
                self.assumed.push("random values of version 4".to_owned());
                Generator::Uuid
            }
            ColumnType::Text => self.text(),
            ColumnType::Binary => self.binary(),
            float if float.is_float() => self.float(),
            _ => self.whole(is_list),
        }
    }

    /// A choice of the values in the dictionaries, if they hold all values and are few.
    fn listed(&mut self) -> Option<Generator> {
        let values = match &self.facts.dictionary {
            Dictionary::Values(values) if !values.is_empty() => values,
            Dictionary::Many(count) => {
                let largest = count
                    .map_or("large ones".to_owned(), |count| format!("one of {}", counted(count, "value")));
                self.found.push(format!("dictionaries hold all values, among them {largest}"));
                return None;
            }
            _ => return None,
        };
        let mut values = values.clone();
        values.sort_by(|one, other| match (is_less(one, other), is_less(other, one)) {
            (true, _) => std::cmp::Ordering::Less,
            (_, true) => std::cmp::Ordering::Greater,
            _ => std::cmp::Ordering::Equal,
        });
        // Equal as values: both zeros of floats.
        values.dedup_by(|one, other| one.identity() == other.identity());
        let ends = values.first().zip(values.last());
        if let Some((Value::Whole(min), Value::Whole(max))) = ends
            && max.abs_diff(*min) == values.len() as u128 - 1
        {
            // All whole numbers of a range: that is uniform.
            return None;
        }
        let count = values.len() as u64;
        self.found.push(format!("{} in the dictionaries, which hold all of them", counted(count, "value")));
        if count > 1 {
            self.assumed.push("all are equally frequent".to_owned());
        }
        Some(Generator::OneOf { values, weights: None })
    }

    /// A whole-number type.
    fn whole(&mut self, is_list: bool) -> Generator {
        let Bounds::Known { min: Value::Whole(min), max: Value::Whole(max), .. } = &self.facts.bounds else {
            let (min, max) = self.assumed_range();
            return Generator::Uniform(Uniform::Whole { min, max, step: 1 });
        };
        let (min, max) = (*min, *max);
        self.found.push("min and max".to_owned());
        let Facts { rows, groups, is_sorted, is_gapless, .. } = *self.facts;
        let span = max.abs_diff(min);
        let steps = u128::from(rows.saturating_sub(1));
        if self.elements == Some(rows) && !is_list && steps > 0 {
            if span >= steps && (is_sorted || is_gapless && groups > 1) {
                return self.sequence(min, max, steps);
            }
            if self.facts.distinct == Some(rows) && span < MAX_DRAWN {
                self.found.push("all values are distinct".to_owned());
                return Generator::Unique { min, max };
            }
            if span == steps {
                self.found.push(format!(
                    "as many rows as values from min to max; if none occurs twice, unique or sequence from {min} fits"
                ));
            }
        }
        if let Some(distinct) = self.facts.distinct {
            self.found.push(counted(distinct, "distinct value"));
        }
        let all = "all values between are equally frequent".to_owned();
        if span < MAX_DRAWN {
            self.assumed.push(all);
            return Generator::Uniform(Uniform::Whole { min, max, step: 1 });
        }
        // At most 2^64 values can be drawn.
        let step = (span / MAX_DRAWN + 1) as i128;
        self.assumed.push(format!("{all}, in steps of {} units", grouped(step as u128)));
        Generator::Uniform(Uniform::Whole { min, max, step })
    }

    /// A sequence of ascending values, of which there are `steps` behind the first.
    fn sequence(&mut self, min: i128, max: i128, steps: u128) -> Generator {
        self.found.push("row groups in ascending order".to_owned());
        let span = max.abs_diff(min);
        let step = (span / steps) as i128;
        let is_exact = span.is_multiple_of(steps);
        // The last value is later by less than a step.
        let fits = self.item.limits().is_some_and(|(_, most)| max <= most - step);
        let jitter = if is_exact || !fits { 0 } else { step };
        self.assumed.push(match jitter {
            0 => "a sequence with equal steps".to_owned(),
            _ => "a sequence whose steps differ by jitter".to_owned(),
        });
        Generator::Sequence { start: min, step, jitter }
    }

    /// A range for values of which none is known.
    fn assumed_range(&mut self) -> (i128, i128) {
        let (first, last) = ASSUMED_DAYS;
        let (least, most) = self.item.limits().unwrap_or((0, 0));
        let (min, max, what) = match self.item {
            ColumnType::Date => (first, last, "2020 to 2029"),
            ColumnType::Timestamp { unit, .. } => {
                let a_day = SECONDS_A_DAY * units_per_second(*unit);
                (first * a_day, (last + 1) * a_day - 1, "2020 to 2029")
            }
            ColumnType::Time(_) => (least, most, "the whole day"),
            ColumnType::Duration(unit) => (0, SECONDS_A_DAY * units_per_second(*unit), "up to a day"),
            ColumnType::Decimal { precision, .. } => {
                (0, 10i128.pow((*precision).min(18).into()) - 1, "0 and up to 18 digits")
            }
            _ => (least, most, "all values of the type"),
        };
        if self.facts.bounds == Bounds::Unknown {
            self.assumed.push(format!("{what}, as min and max are not in the footer"));
        }
        (min, max)
    }

    fn float(&mut self) -> Generator {
        let bounds = match &self.facts.bounds {
            Bounds::Known { min: Value::Float(min), max: Value::Float(max), .. }
                if (max - min).is_finite() =>
            {
                self.found.push("min and max".to_owned());
                self.assumed.push("all values between are equally frequent".to_owned());
                Some((*min, *max))
            }
            Bounds::Known { .. } => {
                self.assumed.push("0 to 1, as max - min is too large to draw from".to_owned());
                None
            }
            Bounds::Unknown => {
                self.assumed.push("0 to 1, as finite min and max are not in the footer".to_owned());
                None
            }
            Bounds::Empty => None,
        };
        Generator::Uniform(Uniform::Float(bounds))
    }

    /// The average number of bytes of a text or binary value, if it is known.
    fn mean_bytes(&mut self) -> Option<u64> {
        let (bytes, elements) = self.facts.bytes.zip(self.elements).filter(|(_, elements)| *elements > 0)?;
        let mean = bytes as f64 / elements as f64;
        self.found.push(format!("{mean:.3} bytes in a value, on average"));
        Some(mean.round() as u64)
    }

    fn text(&mut self) -> Generator {
        self.found_ends();
        let mean = self.mean_bytes();
        let length = match mean {
            Some(0) => {
                self.assumed.push("empty text".to_owned());
                return Generator::Constant(Value::Text(String::new()));
            }
            Some(mean) if mean <= MAX_TEXT_LENGTH => {
                self.assumed.push("letters, in texts of one length".to_owned());
                mean
            }
            Some(_) => {
                self.assumed.push(format!("letters, in texts of {MAX_TEXT_LENGTH}, which is less"));
                MAX_TEXT_LENGTH
            }
            None => {
                self.assumed.push(format!("{ASSUMED_TEXT_LENGTH} letters, as lengths are not in the footer"));
                ASSUMED_TEXT_LENGTH
            }
        };
        match Pattern::new(&format!("[a-z]{{{length}}}")) {
            Ok(pattern) => Generator::Pattern(pattern),
            Err(error) => unreachable!("a pattern of few letters: {error}"),
        }
    }

    fn binary(&mut self) -> Generator {
        let mean = self.mean_bytes();
        let length = match mean {
            Some(mean) => mean.min(MAX_TEXT_LENGTH),
            None => ASSUMED_TEXT_LENGTH,
        };
        self.assumed
            .push(format!("one value of {}, as no generator makes random ones", counted(length, "byte")));
        Generator::Constant(Value::Binary(vec![0; length as usize]))
    }

    /// Says which texts are the first and the last.
    fn found_ends(&mut self) {
        if let Bounds::Known { min: Value::Text(min), max: Value::Text(max), exact } = &self.facts.bounds {
            let about = if *exact { "" } else { "about " };
            let [min, max] = [min, max].map(|text| crate::difference::cut(text, 30));
            self.found.push(format!("texts from {about}{min:?} to {max:?}"));
        }
    }
}

/// The share that `part` is of `whole`, to six digits behind the point or more, and in percent.
fn share(part: u64, whole: u64) -> (Number, String) {
    let share = part as f64 / whole as f64;
    let rounded = (share * 1e6).round() / 1e6;
    let kept = if rounded == 0.0 { share } else { rounded };
    (Number::from_f64(kept.min(1.0)), format!("{:.4}%", 100.0 * share))
}
