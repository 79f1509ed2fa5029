//! Values as text, in the notations of engines: exactly, or not at all.
//!
//! | engine | writes timestamps | durations | lists |
//! |---|---|---|---|
//! | PyArrow | `2024-12-31 23:59:59.000`, with `Z` | units | |
//! | DuckDB | `2024-12-31 23:59:59`, with `+00` | units, `00:01:30` | JSON, `['a, b', c]` |
//! | Polars | `2024-12-31T23:59:59.000`, with `+0000` | `PT1M30S` | JSON |
//! | pandas | `2024-12-31 23:59:59`, with `+00:00`; midnights as dates | `0 days 00:01:30` | |
//! | PostgreSQL | `2024-12-31 23:59:59`, with `+00` | `00:01:30` | `{1,2}` |

use arrow_schema::TimeUnit;
use serde_json::value::RawValue;

use crate::schema::calendar::Date;
use crate::schema::types::{ColumnType, SECONDS_A_DAY, unit_digits, units_per_second};

/// A truth value: `true`, `t` or `1`, and `false`, `f` or `0`.
pub(super) fn truth(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "t", "1"]), is(["false", "f", "0"])) {
        (false, false) => None,
        (truth, _) => Some(truth),
    }
}

/// A value of a whole-number type in its units.
pub(super) fn units(text: &str, column_type: &ColumnType) -> Option<i128> {
    match column_type {
        ColumnType::Decimal { scale, .. } => decimal(text, u32::from(*scale)),
        ColumnType::Date => match text.split_once(is_before_time) {
            Some((day, time)) => date(day).filter(|_| clock(time, TimeUnit::Nanosecond) == Some(0)),
            None => date(text),
        },
        ColumnType::Time(unit) => clock(text, *unit),
        ColumnType::Timestamp { unit, .. } => timestamp(text, *unit),
        ColumnType::Duration(unit) => decimal(text, 0).or_else(|| duration(text, *unit)),
        _ => text.parse().ok().or_else(|| decimal(text, 0)),
    }
}

/// Digits with a sign, a point and an exponent, each of which may be missing, in units of 10^-scale.
fn decimal(text: &str, scale: u32) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (is_negative, magnitude) = match mantissa.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mut units: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = char::from(digit).to_digit(10)?;
        units = units.checked_mul(10)?.checked_add(digit.into())?;
    }
    let power = i64::from(exponent.parse::<i16>().ok()?) + i64::from(scale) - fraction.len() as i64;
    let factor = 10i128.checked_pow(u32::try_from(power.unsigned_abs()).ok()?);
    let units = match factor {
        _ if units == 0 => 0,
        Some(factor) if power >= 0 => units.checked_mul(factor)?,
        Some(factor) if units % factor == 0 => units / factor,
        _ => return None,
    };
    Some(if is_negative { -units } else { units })
}

/// `YYYY-MM-DD` as days since 1970.
fn date(text: &str) -> Option<i128> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    Some(Date::new(year.into(), month as u8, day as u8)?.days().into())
}

fn is_before_time(character: char) -> bool {
    matches!(character, 'T' | ' ')
}

/// `HH:MM:SS` with or without a fraction, before 24:00.
fn clock(text: &str, unit: TimeUnit) -> Option<i128> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let [hours, minutes, seconds] = numbers(clock, ':', [2, 2, 2])?;
    let seconds = i128::from(hours * 3600 + minutes * 60 + seconds);
    (hours < 24 && minutes < 60).then_some(())?;
    (seconds < SECONDS_A_DAY).then_some(seconds * units_per_second(unit) + fraction_units(fraction, unit)?)
}

/// The digits behind the point of a second.
fn fraction_units(digits: &str, unit: TimeUnit) -> Option<i128> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    decimal(&format!("0.{digits}"), unit_digits(unit))
}

/// Three numbers of so many digits.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

/// A date, and a time with or without an offset from UTC behind it. A date alone is its midnight.
fn timestamp(text: &str, unit: TimeUnit) -> Option<i128> {
    let (day, time) = text.split_once(is_before_time).unwrap_or((text, "00:00:00"));
    let (time, offset_minutes) = match time.find(['Z', '+', '-', ' ']) {
        Some(at) => (&time[..at], offset_minutes(&time[at..])?),
        None => (time, 0),
    };
    let seconds = date(day)? * SECONDS_A_DAY - offset_minutes * 60;
    Some(seconds * units_per_second(unit) + clock(time, unit)?)
}

/// `Z`, ` UTC`, `+HH`, `+HHMM` or `+HH:MM`.
fn offset_minutes(text: &str) -> Option<i128> {
    if matches!(text, "Z" | " UTC") {
        return Some(0);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = match digits.len() {
        2 => format!("{digits}:00:00"),
        4 if digits.is_ascii() => format!("{}:{}:00", &digits[..2], &digits[2..]),
        _ => format!("{digits}:00"),
    };
    Some(sign * clock(&digits, TimeUnit::Second)? / 60)
}

/// `PT1M30.5S`, `00:01:30.5` or `0 days 00:01:30.5`, each with or without signs. A day has 24 hours.
fn duration(text: &str, unit: TimeUnit) -> Option<i128> {
    if let Some(designated) = text.strip_prefix('-').or(Some(text))?.strip_prefix('P') {
        let units = designated_duration(designated, unit)?;
        return Some(if text.starts_with('-') { -units } else { units });
    }
    let (days, clock) = match text.split_once(" day") {
        Some((days, clock)) => (days.parse::<i64>().ok()?, clock.trim_start_matches('s').trim_start()),
        None => (0, text),
    };
    let (sign, clock) = match clock.strip_prefix('-') {
        Some(clock) => (-1, clock),
        None => (1, clock.strip_prefix('+').unwrap_or(clock)),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let clock_seconds = if clock.is_empty() && text.contains("day") {
        0
    } else {
        let (hours, rest) = clock.split_once(':')?;
        let [minutes, seconds, _] = numbers(&format!("{rest}:00"), ':', [2, 2, 2])?;
        (minutes < 60 && seconds < 60).then_some(())?;
        i128::from(hours.parse::<u64>().ok()?) * 3600 + i128::from(minutes * 60 + seconds)
    };
    let of_clock = clock_seconds * units_per_second(unit) + fraction_units(fraction, unit)?;
    Some(i128::from(days) * SECONDS_A_DAY * units_per_second(unit) + sign * of_clock)
}

/// What is behind the `P` of ISO 8601: `1DT2H3M4.5S`.
fn designated_duration(text: &str, unit: TimeUnit) -> Option<i128> {
    let (days, clock) = text.split_once('T').unwrap_or((text, ""));
    let mut units = 0;
    for (mut rest, designators) in
        [(days, &[('D', 86_400)][..]), (clock, &[('H', 3600), ('M', 60), ('S', 1)])]
    {
        for (designator, seconds) in designators {
            if let Some((number, behind)) = rest.split_once(*designator) {
                units += match designator {
                    'S' => decimal(number, unit_digits(unit))?,
                    _ => i128::from(number.parse::<i64>().ok()?) * seconds * units_per_second(unit),
                };
                rest = behind;
            }
        }
        rest.is_empty().then_some(())?;
    }
    (!text.is_empty()).then_some(units)
}

/// Two hexadecimal digits for each byte, with `\x` before them or without.
pub(super) fn binary(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x").unwrap_or(text).as_bytes();
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| Some((nibble(pair[0])? << 4 | nibble(pair[1])?) as u8);
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(byte).collect())?
}

/// The elements of a list as texts, `None` for nulls: an array of JSON, or as PostgreSQL or DuckDB write it.
pub(super) fn list(text: &str) -> Option<Vec<Option<String>>> {
    if let Some(inside) = text.strip_prefix('{') {
        return elements(inside.strip_suffix('}')?, '"');
    }
    json_array(text).or_else(|| elements(text.strip_prefix('[')?.strip_suffix(']')?, '\''))
}

fn json_array(text: &str) -> Option<Vec<Option<String>>> {
    let element = |value: &RawValue| {
        Some(match value.get() {
            "null" => None,
            text if text.starts_with('"') => Some(serde_json::from_str(text).ok()?),
            text => Some(text.to_owned()),
        })
    };
    serde_json::from_str::<Vec<&RawValue>>(text).ok()?.into_iter().map(element).collect()
}

/// Elements with commas between them, quoted where they have to be.
fn elements(inside: &str, quote: char) -> Option<Vec<Option<String>>> {
    let (mut elements, mut rest) = (Vec::new(), inside);
    while !rest.is_empty() || !elements.is_empty() {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let mut element = String::new();
            let mut characters = quoted.chars();
            loop {
                match characters.next()? {
                    '\\' => element.push(characters.next()?),
                    end if end == quote => break,
                    other => element.push(other),
                }
            }
            elements.push(Some(element));
            rest = characters.as_str();
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            elements.push((&rest[..end] != "NULL").then(|| rest[..end].to_owned()));
            rest = &rest[end..];
        }
        match rest.strip_prefix(',') {
            Some(more) => rest = more.strip_prefix(' ').unwrap_or(more),
            None if rest.is_empty() => return Some(elements),
            None => return None,
        }
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_of_engines_are_read_exactly() {
        let day = 19_724 * 86_400;
        for (column_type, text, expected) in [
            ("int8", "-7", Some(-7)),
            ("int64", "+7", Some(7)),
            ("int64", "7.0", Some(7)),
            ("int64", "1.5E+1", Some(15)),
            ("int64", "7.5", None),
            ("int64", "", None),
            ("int64", ".", None),
            ("int64", "1e", None),
            ("int64", " 7", None),
            ("int64", "0e99", Some(0)),
            ("int64", "1e99", None),
            ("uint64", "18446744073709551615", Some(u64::MAX.into())),
            ("decimal(10,2)", "12.5", Some(1250)),
            ("decimal(10,2)", "-0.05", Some(-5)),
            ("decimal(10,2)", "12.500", Some(1250)),
            ("decimal(10,2)", "12.501", None),
            ("decimal(10,2)", "12e-2", Some(12)),
            ("decimal(38,0)", "99999999999999999999999999999999999999", Some(10i128.pow(38) - 1)),
            ("decimal(38,0)", "999999999999999999999999999999999999999", None),
            ("date", "2024-01-02", Some(19_724)),
            ("date", "2024-01-02 00:00:00", Some(19_724)),
            ("date", "2024-01-02 00:00:01", None),
            ("date", "2024-1-2", None),
            ("date", "2024-02-30", None),
            ("time[ms]", "00:00:01.5", Some(1500)),
            ("time[ms]", "00:00:01.500000", Some(1500)),
            ("time[ms]", "00:00:01.5001", None),
            ("time[s]", "23:59:59", Some(86_399)),
            ("time[s]", "24:00:00", None),
            ("time[s]", "23:60:00", None),
            ("timestamp[s]", "2024-01-02T00:00:01", Some(day + 1)),
            ("timestamp[s]", "2024-01-02 00:00:01.000", Some(day + 1)),
            ("timestamp[s]", "2024-01-02 00:00:01.001", None),
            ("timestamp[s]", "2024-01-02", Some(day)),
            ("timestamp[s, UTC]", "2024-01-02T00:00:01Z", Some(day + 1)),
            ("timestamp[s, UTC]", "2024-01-02 00:00:01 UTC", Some(day + 1)),
            ("timestamp[s, UTC]", "2024-01-02 02:00:01+02", Some(day + 1)),
            ("timestamp[s, UTC]", "2024-01-02 02:30:01+0230", Some(day + 1)),
            ("timestamp[s, UTC]", "2024-01-01 22:00:01-02:00", Some(day + 1)),
            ("timestamp[s, UTC]", "2024-01-02 02:00:01+2", None),
            ("timestamp[s, UTC]", "2024-01-02 02:00:01 Europe/Berlin", None),
            ("duration[ms]", "1500", Some(1500)),
            ("duration[ms]", "PT1.5S", Some(1500)),
            ("duration[ms]", "-PT1.5S", Some(-1500)),
            ("duration[s]", "P1DT2H3M4S", Some(93_784)),
            ("duration[s]", "PT4M3H", None),
            ("duration[s]", "P", None),
            ("duration[s]", "PT1.5S", None),
            ("duration[ms]", "00:00:01.5", Some(1500)),
            ("duration[ms]", "-00:00:01.5", Some(-1500)),
            ("duration[s]", "100:00:01", Some(360_001)),
            ("duration[s]", "1 day", Some(86_400)),
            ("duration[s]", "2 days 00:00:01", Some(172_801)),
            ("duration[ms]", "-1 days +23:59:58.5", Some(-1500)),
            ("duration[s]", "00:60:00", None),
            ("duration[s]", "x", None),
        ] {
            let column_type = column_type.parse().expect("a type");
            assert_eq!(units(text, &column_type), expected, "{text:?} of {column_type}");
        }
        for (text, expected) in [
            ("true", Some(true)),
            ("False", Some(false)),
            ("t", Some(true)),
            ("0", Some(false)),
            ("no", None),
        ] {
            assert_eq!(truth(text), expected, "{text}");
        }
        for (text, expected) in [
            ("", Some(vec![])),
            ("00fF", Some(vec![0, 255])),
            ("\\x0a", Some(vec![10])),
            ("0", None),
            ("zz", None),
        ] {
            assert_eq!(binary(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_are_read_as_json_and_as_databases_write_them() {
        for (text, expected) in [
            ("[]", Some(vec![])),
            ("{}", Some(vec![])),
            ("[1, 2.5,null]", Some(vec![Some("1"), Some("2.5"), None])),
            (r#"["a, \"b\"", "null"]"#, Some(vec![Some("a, \"b\""), Some("null")])),
            ("{1,NULL,-2}", Some(vec![Some("1"), None, Some("-2")])),
            (r#"{a,"b, \"c\"","NULL",""}"#, Some(vec![Some("a"), Some("b, \"c\""), Some("NULL"), Some("")])),
            (r"['a, b', c, NULL, 'it\'s \\']", Some(vec![Some("a, b"), Some("c"), None, Some("it's \\")])),
            ("['a'b]", None),
            ("[1", None),
            ("{1", None),
            (r#"{"a}"#, None),
            (r#"{"a"b}"#, None),
            ("1", None),
        ] {
            let expected = expected.map(|elements| {
                elements.into_iter().map(|element| element.map(str::to_owned)).collect::<Vec<_>>()
            });
            assert_eq!(list(text), expected, "{text}");
        }
    }
}
