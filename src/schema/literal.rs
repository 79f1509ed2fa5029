//! From nodes to numbers and values of a column's type, exactly or not at all.
//!
//! Each function returns what is wrong as the end of a sentence that begins with the key's name.

use super::calendar::Date;
use super::node::{Content, Node};
use super::number::Number;
use super::types::{ColumnType, SECONDS_A_DAY, TimeUnit, unit_digits, units_per_second};
use super::value::{Value, whole_text};

/// What a node cannot be, in words.
pub(super) type Refused = String;

const NS_A_SECOND: i128 = 1_000_000_000;

/// Units in which lengths of time are given, in nanoseconds.
const LENGTH_UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// A node for a message: short, and as it is written.
pub(super) fn shown(node: &Node) -> String {
    const LONG: usize = 40;
    match &node.content {
        Content::Null => "null".to_owned(),
        Content::Bool(value) => value.to_string(),
        Content::Number(text) => text.clone(),
        Content::Text(text) if text.chars().count() > LONG => {
            format!("{:?}…", text.chars().take(LONG).collect::<String>())
        }
        Content::Text(text) => format!("{text:?}"),
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a map".to_owned(),
    }
}

/// Text. What YAML takes for something else must be quoted.
pub(super) fn text(node: &Node) -> Result<&str, Refused> {
    match &node.content {
        Content::Text(text) => Ok(text),
        Content::Number(other) => Err(format!("{other} is a number, not text; quote it: \"{other}\"")),
        Content::Bool(other) => Err(format!("{other} is a boolean, not text; quote it: \"{other}\"")),
        Content::Null => Err("null is not text; quote it: \"null\", or \"\" for empty text".to_owned()),
        _ => Err(format!("expected text, found {}", shown(node))),
    }
}

/// True or false.
pub(super) fn boolean(node: &Node) -> Result<bool, Refused> {
    match node.content {
        Content::Bool(value) => Ok(value),
        _ => Err(format!("expected true or false, found {}", shown(node))),
    }
}

/// Any finite number.
pub(super) fn number(node: &Node) -> Result<Number, Refused> {
    match node.number() {
        Some(Ok(number)) => Ok(number),
        Some(Err(error)) => Err(format!("{} is {error}", shown(node))),
        None => Err(format!("expected a number, found {}", shown(node))),
    }
}

/// A number as the nearest double.
pub(super) fn double(node: &Node) -> Result<f64, Refused> {
    finite(number(node)?.to_f64(), node)
}

fn finite(double: f64, node: &Node) -> Result<f64, Refused> {
    if double.is_finite() { Ok(double) } else { Err(format!("{} is too large for a float64", shown(node))) }
}

/// A number of a float type: the nearest double, for `float32` rounded again.
pub(super) fn float(node: &Node, column_type: &ColumnType) -> Result<f64, Refused> {
    let double = double(node)?;
    if *column_type == ColumnType::Float64 {
        return Ok(double);
    }
    let single = double as f32;
    if single.is_finite() {
        Ok(single.into())
    } else {
        Err(format!("{} is too large for a float32", shown(node)))
    }
}

/// A probability: from 0 to 1.
pub(super) fn probability(node: &Node) -> Result<Number, Refused> {
    let number = number(node)?;
    if number.is_negative() || number.is_above(&Number::from_units(1, 0)) {
        return Err(format!("{} is not from 0 to 1, or from 0% to 100%", shown(node)));
    }
    Ok(number)
}

/// How often a value occurs in relation to others.
pub(super) fn weight(node: &Node) -> Result<Number, Refused> {
    match number(node)? {
        weight if weight.is_negative() => Err(format!("{weight} is negative; a weight is 0 or more")),
        weight => Ok(weight),
    }
}

/// A whole number from `min` to `max`.
pub(super) fn count(node: &Node, min: u64, max: u64) -> Result<u64, Refused> {
    let whole = number(node)?.units(0).and_then(|whole| u64::try_from(whole).ok());
    whole
        .filter(|whole| (min..=max).contains(whole))
        .ok_or_else(|| format!("{} is not a whole number from {min} to {max}", shown(node)))
}

/// A value of a whole-number type, in units.
pub(super) fn whole(node: &Node, column_type: &ColumnType) -> Result<i128, Refused> {
    let units = match (as_time(node, column_type)?, &node.content) {
        (Some(units), _) => units,
        (None, Content::Text(text)) if matches!(column_type, ColumnType::Duration(_)) => {
            length_units(text, node, column_type)?
        }
        (None, _) => number_units(node, column_type)?,
    };
    let (min, max) = column_type.limits().unwrap_or((0, 0));
    if (min..=max).contains(&units) {
        return Ok(units);
    }
    let [min, max] = [min, max].map(|limit| whole_text(limit, column_type));
    Err(format!("{} is outside {column_type}, which holds {min} to {max}", shown(node)))
}

/// A distance between two values of a whole-number type, in units: a number, or a length of time.
pub(super) fn distance(node: &Node, column_type: &ColumnType) -> Result<i128, Refused> {
    match (&node.content, has_time(column_type)) {
        (Content::Text(text), true) => length_units(text, node, column_type),
        _ => number_units(node, column_type),
    }
}

/// A place on the axis of a column's type as a double: a value, or a number between two.
///
/// For decimals it is in the column's own terms, for other whole-number types in units.
pub(super) fn place(node: &Node, column_type: &ColumnType) -> Result<f64, Refused> {
    match as_time(node, column_type)? {
        Some(units) => Ok(units as f64),
        None if matches!(column_type, ColumnType::Duration(_)) => width(node, column_type),
        None => double(node),
    }
}

/// A width on the axis of a column's type as a double: a number of units, or a length of time.
pub(super) fn width(node: &Node, column_type: &ColumnType) -> Result<f64, Refused> {
    match &node.content {
        Content::Text(text) if has_time(column_type) && text.parse::<Number>().is_err() => {
            let (number, unit_ns) = length(text, node)?;
            finite(number.times(unit_ns).quotient(ns_per_unit(column_type)), node)
        }
        _ => double(node),
    }
}

/// A place or a width, where a distribution does not tell them apart.
pub(super) fn place_or_width(node: &Node, column_type: &ColumnType) -> Result<f64, Refused> {
    match &node.content {
        Content::Text(text) if has_time(column_type) && length(text, node).is_ok() => {
            width(node, column_type)
        }
        _ => place(node, column_type),
    }
}

/// A value of a column's type.
pub(super) fn value(node: &Node, column_type: &ColumnType) -> Result<Value, Refused> {
    if node.content == Content::Null && *column_type != ColumnType::Text {
        return Err("null is not a value here; for nulls use the key nulls".to_owned());
    }
    match column_type {
        ColumnType::Bool => boolean(node).map(Value::Bool),
        ColumnType::Text => Ok(Value::Text(text(node)?.to_owned())),
        ColumnType::Binary => binary(text(node)?).map(Value::Binary),
        ColumnType::Uuid => {
            let text = text(node)?;
            let id = uuid::Uuid::parse_str(text);
            id.map(|id| Value::Uuid(id.as_u128()))
                .map_err(|_| format!("{text:?} is not a UUID; write 32 hexadecimal digits with hyphens"))
        }
        ColumnType::Float32 | ColumnType::Float64 => float(node, column_type).map(Value::Float),
        ColumnType::List(item) => value(node, item),
        _ => whole(node, column_type).map(Value::Whole),
    }
}

/// A time since 1970 in milliseconds of 48 bits: a timestamp with a zone, or a number.
pub(super) fn instant_ms(node: &Node) -> Result<u64, Refused> {
    const MAX_MS: u64 = (1 << 48) - 1;
    let instant = ColumnType::Timestamp { unit: TimeUnit::Millisecond, utc: true };
    match as_time(node, &instant)? {
        None => count(node, 0, MAX_MS),
        Some(ms) => u64::try_from(ms).map_err(|_| format!("{} is before 1970", shown(node))),
    }
}

/// Whether lengths of time are distances between values of the type.
fn has_time(column_type: &ColumnType) -> bool {
    use ColumnType::{Date, Duration, Time, Timestamp};
    matches!(column_type, Date | Time(_) | Timestamp { .. } | Duration(_))
}

/// Nanoseconds of a unit of a type that has time.
fn ns_per_unit(column_type: &ColumnType) -> u64 {
    match column_type {
        ColumnType::Time(unit) | ColumnType::Timestamp { unit, .. } | ColumnType::Duration(unit) => {
            10u64.pow(9 - unit_digits(*unit))
        }
        _ => (SECONDS_A_DAY * NS_A_SECOND) as u64,
    }
}

/// A number of units.
fn number_units(node: &Node, column_type: &ColumnType) -> Result<i128, Refused> {
    let scale = match column_type {
        ColumnType::Decimal { scale, .. } => *scale,
        _ => 0,
    };
    let number = number(node)?;
    number.units(scale.into()).ok_or_else(|| match column_type {
        ColumnType::Decimal { .. } => {
            format!("{} has more digits than a {column_type}", shown(node))
        }
        _ => format!("{} is not a whole number, as values of {column_type} are", shown(node)),
    })
}

/// A length of time in units.
fn length_units(text: &str, node: &Node, column_type: &ColumnType) -> Result<i128, Refused> {
    if text.parse::<Number>().is_ok() {
        return number_units(node, column_type);
    }
    let (number, unit_ns) = length(text, node)?;
    number
        .times(unit_ns)
        .divided(ns_per_unit(column_type).into())
        .ok_or_else(|| format!("{text:?} is not a whole number of units of {column_type}"))
}

/// A length of time as a number and the nanoseconds of its unit.
fn length(text: &str, node: &Node) -> Result<(Number, u64), Refused> {
    let units = LENGTH_UNITS.iter().find_map(|(name, ns)| Some((text.strip_suffix(name)?.trim_end(), *ns)));
    match units.map(|(number, ns)| (number.parse(), ns)) {
        Some((Ok(number), ns)) => Ok((number, ns)),
        _ => Err(format!(
            "{} is not a length of time; write a number and ns, us, ms, s, min, h or d",
            shown(node)
        )),
    }
}

/// A date, a time or a timestamp in ISO form as units; `None` if the type has no such form or the node
/// is a number.
fn as_time(node: &Node, column_type: &ColumnType) -> Result<Option<i128>, Refused> {
    let Content::Text(text) = &node.content else { return Ok(None) };
    if text.parse::<Number>().is_ok() {
        return Ok(None);
    }
    let form = |form: &str| format!("{} is not a {column_type}; write it as {form}", shown(node));
    let finer = || format!("{text:?} is finer than {column_type} resolves");
    let units = match column_type {
        ColumnType::Date => date(text).ok_or_else(|| form("2024-12-31"))?,
        ColumnType::Time(unit) => time(text, *unit).ok_or_else(|| form("23:59:59"))?.ok_or_else(finer)?,
        ColumnType::Timestamp { unit, utc } => {
            let example = if *utc { "2024-12-31T23:59:59Z" } else { "2024-12-31T23:59:59" };
            let (local, offset) = split_offset(text);
            let (day, clock) = local.split_once('T').ok_or_else(|| form(example))?;
            let day = date(day).ok_or_else(|| form(example))?;
            let clock = time(clock, *unit).ok_or_else(|| form(example))?.ok_or_else(finer)?;
            let offset_minutes = match (offset, utc) {
                (None, false) => 0,
                (Some(offset), true) => minutes(offset).ok_or_else(|| form(example))?,
                (None, true) => {
                    return Err(format!("{text:?} has no zone, but {column_type} has; write {text}Z"));
                }
                (Some(_), false) => {
                    return Err(format!("{text:?} has a zone, but {column_type} has none; write {local}"));
                }
            };
            let seconds = day * SECONDS_A_DAY - i128::from(offset_minutes) * 60;
            seconds * units_per_second(*unit) + clock
        }
        _ => return Ok(None),
    };
    Ok(Some(units))
}

/// Reads `YYYY-MM-DD` as days since 1970-01-01.
fn date(text: &str) -> Option<i128> {
    let [year, month, day] = fixed(text, '-', [4, 2, 2])?;
    let date = Date::new(year.into(), u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    Some(date.days().into())
}

/// Reads `HH:MM:SS` with or without digits behind a point; the inner `None` means that they are finer
/// than the unit.
fn time(text: &str, unit: TimeUnit) -> Option<Option<i128>> {
    let (clock, fraction) =
        text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let [hours, minutes, seconds] = fixed(clock, ':', [2, 2, 2])?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = i128::from(hours * 3600 + minutes * 60 + seconds);
    let fraction = match fraction {
        Some(digits) if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            return None;
        }
        Some(digits) => format!("0.{digits}").parse::<Number>().ok()?.units(unit_digits(unit)),
        None => Some(0),
    };
    Some(fraction.map(|fraction| seconds * units_per_second(unit) + fraction))
}

/// Three numbers of so many digits with a separator between them.
fn fixed(text: &str, separator: char, digits: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

/// A timestamp's text without and with its `Z` or offset from UTC.
fn split_offset(text: &str) -> (&str, Option<&str>) {
    let zone = text.find('T').and_then(|time| Some(time + text[time..].find(['Z', '+', '-'])?));
    zone.map_or((text, None), |at| (&text[..at], Some(&text[at..])))
}

/// Reads `Z`, `+HH:MM` or `-HH:MM`.
fn minutes(offset: &str) -> Option<i32> {
    if offset == "Z" {
        return Some(0);
    }
    let (sign, clock) = match offset.strip_prefix('-') {
        Some(clock) => (-1, clock),
        None => (1, offset.strip_prefix('+')?),
    };
    let [hours, minutes, _] = fixed(&format!("{clock}:00"), ':', [2, 2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) as i32)
}

/// Reads hexadecimal digits, two for each byte.
fn binary(text: &str) -> Result<Vec<u8>, Refused> {
    let refused = || format!("{text:?} is not binary; write two hexadecimal digits for each byte");
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refused());
    }
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| refused());
    (0..text.len()).step_by(2).map(byte).collect()
}
