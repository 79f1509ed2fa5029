//! The types that columns have, and how schemas spell them.

use std::fmt;
use std::str::FromStr;

pub use arrow_schema::TimeUnit;

use super::calendar;

/// The most digits of a decimal.
pub const MAX_DECIMAL_DIGITS: u8 = 38;

/// The type of a column.
///
/// Its text form is what schemas hold: `int32`, `decimal(10,2)`, `timestamp[us, UTC]`,
/// `list<float32>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `bool`: true and false.
    Bool,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    UInt8,
    /// `uint16`
    UInt16,
    /// `uint32`
    UInt32,
    /// `uint64`
    UInt64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `decimal(precision,scale)`: a whole number of units of 10^-scale.
    Decimal {
        /// Digits in all, from 1 to 38.
        precision: u8,
        /// Digits behind the point, at most `precision`.
        scale: u8,
    },
    /// `text`: UTF-8.
    Text,
    /// `binary`: bytes of any length.
    Binary,
    /// `uuid`: 16 bytes.
    Uuid,
    /// `date`: days since 1970-01-01.
    Date,
    /// `time[unit]`: the time of day.
    Time(TimeUnit),
    /// `timestamp[unit]`, or `timestamp[unit, UTC]`: units since 1970-01-01T00:00:00, without leap
    /// seconds.
    Timestamp {
        /// The resolution.
        unit: TimeUnit,
        /// Whether the values are instants; without, they are readings of a clock somewhere.
        utc: bool,
    },
    /// `duration[unit]`: a length of time.
    Duration(TimeUnit),
    /// `list<type>`: values of another type, which is not a list itself.
    List(Box<ColumnType>),
}

/// Types without parameters and their names.
const SIMPLE: [(&str, ColumnType); 15] = [
    ("bool", ColumnType::Bool),
    ("int8", ColumnType::Int8),
    ("int16", ColumnType::Int16),
    ("int32", ColumnType::Int32),
    ("int64", ColumnType::Int64),
    ("uint8", ColumnType::UInt8),
    ("uint16", ColumnType::UInt16),
    ("uint32", ColumnType::UInt32),
    ("uint64", ColumnType::UInt64),
    ("float32", ColumnType::Float32),
    ("float64", ColumnType::Float64),
    ("text", ColumnType::Text),
    ("binary", ColumnType::Binary),
    ("uuid", ColumnType::Uuid),
    ("date", ColumnType::Date),
];

/// Units of time and their names in types.
const UNITS: [(&str, TimeUnit); 4] = [
    ("s", TimeUnit::Second),
    ("ms", TimeUnit::Millisecond),
    ("us", TimeUnit::Microsecond),
    ("ns", TimeUnit::Nanosecond),
];

/// The name that `unit` has in types.
pub fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// Seconds of a day: none has a leap second.
pub const SECONDS_A_DAY: i128 = 24 * 60 * 60;

/// Digits behind the point of a second that `unit` resolves.
pub fn unit_digits(unit: TimeUnit) -> u32 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// How many of `unit` a second has.
pub fn units_per_second(unit: TimeUnit) -> i128 {
    10i128.pow(unit_digits(unit))
}

impl ColumnType {
    /// Whether the values are integers.
    pub fn is_integer(&self) -> bool {
        use ColumnType::*;
        matches!(self, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64)
    }

    /// Whether the values are whole numbers of some unit: integers, decimals, dates, times,
    /// timestamps and durations.
    pub fn is_whole(&self) -> bool {
        self.limits().is_some()
    }

    /// Whether the values are floats.
    pub fn is_float(&self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    /// Whether the values are lists.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// The type of a list's elements, or else the type itself.
    pub fn item(&self) -> &Self {
        match self {
            Self::List(item) => item,
            other => other,
        }
    }

    /// The smallest and the largest number of units that a whole-number type holds.
    pub fn limits(&self) -> Option<(i128, i128)> {
        let wide = |min: i64, max: i64| Some((i128::from(min), i128::from(max)));
        let unsigned = |max: u64| Some((0, i128::from(max)));
        match self {
            Self::Int8 => wide(i8::MIN.into(), i8::MAX.into()),
            Self::Int16 => wide(i16::MIN.into(), i16::MAX.into()),
            Self::Int32 => wide(i32::MIN.into(), i32::MAX.into()),
            Self::Int64 | Self::Duration(_) => wide(i64::MIN, i64::MAX),
            Self::UInt8 => unsigned(u8::MAX.into()),
            Self::UInt16 => unsigned(u16::MAX.into()),
            Self::UInt32 => unsigned(u32::MAX.into()),
            Self::UInt64 => unsigned(u64::MAX),
            Self::Decimal { precision, .. } => {
                let largest = 10i128.pow(u32::from(*precision)) - 1;
                Some((-largest, largest))
            }
            Self::Date => wide(calendar::FIRST_DAY, calendar::LAST_DAY),
            Self::Time(unit) => Some((0, SECONDS_A_DAY * units_per_second(*unit) - 1)),
            Self::Timestamp { unit, .. } => {
                let a_day = SECONDS_A_DAY * units_per_second(*unit);
                let first = i128::from(calendar::FIRST_DAY) * a_day;
                let last = (i128::from(calendar::LAST_DAY) + 1) * a_day - 1;
                Some((first.max(i64::MIN.into()), last.min(i64::MAX.into())))
            }
            Self::Bool
            | Self::Float32
            | Self::Float64
            | Self::Text
            | Self::Binary
            | Self::Uuid
            | Self::List(_) => None,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Time(unit) => write!(f, "time[{}]", unit_name(*unit)),
            Self::Timestamp { unit, utc: false } => write!(f, "timestamp[{}]", unit_name(*unit)),
            Self::Timestamp { unit, utc: true } => write!(f, "timestamp[{}, UTC]", unit_name(*unit)),
            Self::Duration(unit) => write!(f, "duration[{}]", unit_name(*unit)),
            Self::List(item) => write!(f, "list<{item}>"),
            simple => {
                let name = SIMPLE.iter().find(|(_, simple_type)| simple_type == simple).map(|(name, _)| name);
                f.write_str(name.unwrap_or(&"?"))
            }
        }
    }
}

/// Why a text names no type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// No such type, but one whose name differs in one character.
    #[error("unknown type {0:?}; did you mean {1:?}?")]
    Similar(String, &'static str),
    /// No such type.
    #[error(
        "unknown type {0:?}; types are bool, int8 to int64, uint8 to uint64, float32, float64, decimal(p,s), \
         text, binary, uuid, date, time[u], timestamp[u], timestamp[u, UTC], duration[u] and list<type>"
    )]
    Unknown(String),
    /// A decimal of no or too many digits.
    #[error(
        "{0:?}: a decimal(p,s) has p from 1 to {MAX_DECIMAL_DIGITS} digits, s of them, at most p, behind the point"
    )]
    Decimal(String),
    /// A unit of time that is not one of four, or none.
    #[error("{0:?}: the unit of time is missing or unknown; write {1}[s], {1}[ms], {1}[us] or {1}[ns]")]
    Unit(String, &'static str),
    /// A zone that is not UTC.
    #[error(
        "{0:?}: UTC is the only zone; write timestamp[{1}, UTC], or timestamp[{1}] for one without a zone"
    )]
    Zone(String, &'static str),
    /// A list of lists.
    #[error("{0:?}: a list of lists is not supported; the elements of a list have another type")]
    NestedList(String),
}

impl FromStr for ColumnType {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Self, TypeError> {
        if let Some((_, simple)) = SIMPLE.iter().find(|(name, _)| *name == text) {
            return Ok(simple.clone());
        }
        if let Some(item) = text.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            return match item.trim().parse()? {
                Self::List(_) => Err(TypeError::NestedList(text.to_owned())),
                item => Ok(Self::List(Box::new(item))),
            };
        }
        if let Some(rest) = text.strip_prefix("decimal") {
            return decimal(rest).ok_or_else(|| TypeError::Decimal(text.to_owned()));
        }
        for name in ["timestamp", "time", "duration"] {
            if let Some(rest) =
                text.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('['))
            {
                return timed(text, name, rest);
            }
        }
        // Shorter ones, such as int, are as near to several.
        let is_similar = |name: &str| text.len() > 3 && strsim::osa_distance(text, name) == 1;
        let similar = SIMPLE.iter().find(|(name, _)| is_similar(name));
        Err(match similar {
            Some((name, _)) => TypeError::Similar(text.to_owned(), name),
            None => TypeError::Unknown(text.to_owned()),
        })
    }
}

/// Reads `(p,s)`.
fn decimal(parameters: &str) -> Option<ColumnType> {
    let (precision, scale) = parameters.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let digits = |text: &str| text.trim().parse::<u8>().ok();
    let (precision, scale) = (digits(precision)?, digits(scale)?);
    ((1..=MAX_DECIMAL_DIGITS).contains(&precision) && scale <= precision)
        .then_some(ColumnType::Decimal { precision, scale })
}

/// Reads `[u]` or, for timestamps, `[u, UTC]`.
fn timed(text: &str, name: &'static str, parameters: &str) -> Result<ColumnType, TypeError> {
    let unknown_unit = || TypeError::Unit(text.to_owned(), name);
    let inside =
        parameters.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(unknown_unit)?;
    let (unit, zone) = match inside.split_once(',') {
        Some((unit, zone)) => (unit.trim(), Some(zone.trim())),
        None => (inside.trim(), None),
    };
    let &(unit_name, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(unknown_unit)?;
    match (name, zone) {
        ("time", None) => Ok(ColumnType::Time(unit)),
        ("duration", None) => Ok(ColumnType::Duration(unit)),
        ("timestamp", None) => Ok(ColumnType::Timestamp { unit, utc: false }),
        ("timestamp", Some("UTC")) => Ok(ColumnType::Timestamp { unit, utc: true }),
        ("timestamp", Some(_)) => Err(TypeError::Zone(text.to_owned(), unit_name)),
        _ => Err(unknown_unit()),
    }
}
