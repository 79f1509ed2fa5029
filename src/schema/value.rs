//! Single values, as schemas hold them: those of `one_of`, `mapping` and `constant`.

use std::borrow::Cow;
use std::collections::HashSet;

use super::calendar::Date;
use super::types::{ColumnType, SECONDS_A_DAY, TimeUnit, unit_digits, units_per_second};

/// A value of some column type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of `bool`.
    Bool(bool),
    /// Of a whole-number type: so many of its units.
    Whole(i128),
    /// Of `float64`; of `float32`, rounded to it.
    Float(f64),
    /// Of `text`.
    Text(String),
    /// Of `binary`.
    Binary(Vec<u8>),
    /// Of `uuid`: the 16 bytes as a number, the first one highest.
    Uuid(u128),
}

impl Value {
    /// The text that templates write for the value, which is of `column_type`, and by which the keys
    /// of a mapping are known; `None` for floats and binary, which have none.
    pub fn text(&self, column_type: &ColumnType) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Whole(units) => Some(whole_text(*units, column_type)),
            Self::Text(text) => Some(text.clone()),
            Self::Uuid(id) => Some(uuid::Uuid::from_u128(*id).hyphenated().to_string()),
            Self::Float(_) | Self::Binary(_) => None,
        }
    }

    /// Bytes that two values of one type share only if they are equal. Both zeros of floats are.
    pub fn identity(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Bool(value) => vec![u8::from(*value)].into(),
            Self::Whole(units) => units.to_le_bytes().to_vec().into(),
            Self::Float(number) => (number + 0.0).to_le_bytes().to_vec().into(),
            Self::Text(text) => text.as_bytes().into(),
            Self::Binary(bytes) => bytes.into(),
            Self::Uuid(id) => id.to_le_bytes().to_vec().into(),
        }
    }

    /// How many bytes the value takes by itself.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Bool(_) => 1,
            Self::Float(_) => 8,
            Self::Whole(_) | Self::Uuid(_) => 16,
        }
    }

    /// The value for a message, behind a space; nothing if it has no text.
    pub(super) fn quoted(&self, column_type: &ColumnType) -> String {
        self.text(column_type).map_or(String::new(), |text| format!(" {text:?}"))
    }
}

/// The number of the first value that is one of those before it.
pub(super) fn repetition(values: &[Value]) -> Option<usize> {
    let mut seen = HashSet::new();
    values.iter().position(|value| !seen.insert(value.identity()))
}

/// The text of `units` units of a whole-number type.
pub fn whole_text(units: i128, column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Decimal { scale, .. } => point(units, u32::from(*scale)),
        ColumnType::Date => date_text(units),
        ColumnType::Time(unit) => time_text(units, *unit),
        ColumnType::Timestamp { unit, utc } => {
            let a_day = SECONDS_A_DAY * units_per_second(*unit);
            let date = date_text(units.div_euclid(a_day));
            let time = time_text(units.rem_euclid(a_day), *unit);
            format!("{date}T{time}{}", if *utc { "Z" } else { "" })
        }
        _ => units.to_string(),
    }
}

/// `units · 10^-scale` with exactly `scale` digits behind the point.
fn point(units: i128, scale: u32) -> String {
    let one = 10u128.pow(scale);
    let (magnitude, sign) = (units.unsigned_abs(), if units < 0 { "-" } else { "" });
    match scale {
        0 => format!("{sign}{magnitude}"),
        _ => format!("{sign}{}.{:0width$}", magnitude / one, magnitude % one, width = scale as usize),
    }
}

fn date_text(days: i128) -> String {
    let Date { year, month, day } = Date::from_days(days as i64);
    format!("{year:04}-{month:02}-{day:02}")
}

fn time_text(units: i128, unit: TimeUnit) -> String {
    let one = units_per_second(unit);
    let (seconds, fraction) = (units / one, units % one);
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match unit_digits(unit) as usize {
        0 => time,
        digits => format!("{time}.{fraction:0digits$}"),
    }
}

/// The number of units whose text is `text`, the inverse of [`whole_text`]. Of other texts it gives a number or
/// `None`.
pub fn units_of_text(text: &str, column_type: &ColumnType) -> Option<i128> {
    match column_type {
        ColumnType::Decimal { .. } => text.replacen('.', "", 1).parse().ok(),
        ColumnType::Date => days_of_text(text),
        ColumnType::Time(unit) => units_of_time(text, *unit),
        ColumnType::Timestamp { unit, utc } => {
            let text = if *utc { text.strip_suffix('Z')? } else { text };
            let (date, time) = text.split_once('T')?;
            let a_day = SECONDS_A_DAY * units_per_second(*unit);
            Some(days_of_text(date)? * a_day + units_of_time(time, *unit)?)
        }
        _ => text.parse().ok(),
    }
}

fn days_of_text(text: &str) -> Option<i128> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    Some(Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?.days().into())
}

fn units_of_time(text: &str, unit: TimeUnit) -> Option<i128> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let (seconds, fraction): (u32, u32) = (seconds.parse().ok()?, fraction.parse().ok()?);
    let whole = i128::from(hours) * 3600 + i128::from(minutes) * 60 + i128::from(seconds);
    Some(whole * units_per_second(unit) + i128::from(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_text_that_templates_write() {
        let long_before = "0001-01-01T00:00:00.000000Z";
        for (units, column_type, text) in [
            (-7, "int8", "-7"),
            (-5, "decimal(10,2)", "-0.05"),
            (1234, "decimal(10,0)", "1234"),
            (99, "decimal(2,2)", "0.99"),
            (-1, "date", "1969-12-31"),
            (86_399_999, "time[ms]", "23:59:59.999"),
            (0, "time[s]", "00:00:00"),
            (-1, "timestamp[ns]", "1969-12-31T23:59:59.999999999"),
            (-719_162 * 86_400_000_000, "timestamp[us, UTC]", long_before),
            (1500, "duration[ms]", "1500"),
        ] {
            let column_type = column_type.parse().expect("a type");
            assert_eq!(Value::Whole(units).text(&column_type).as_deref(), Some(text));
            assert_eq!(units_of_text(text, &column_type), Some(units));
        }
        assert_eq!(Value::Bool(true).text(&ColumnType::Bool).as_deref(), Some("true"));
        let id = 0x191739ad_8b2c_4155_a3a3_ba1aa9b5e0c6;
        assert_eq!(
            Value::Uuid(id).text(&ColumnType::Uuid).as_deref(),
            Some("191739ad-8b2c-4155-a3a3-ba1aa9b5e0c6")
        );
        assert_eq!(Value::Float(1.0).text(&ColumnType::Float64), None);
    }
}
