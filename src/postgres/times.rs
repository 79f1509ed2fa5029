//! Dates, times of day, timestamps and intervals as PostgreSQL counts them: days and microseconds, from 2000-01-01 on.
//!
//! Each function that returns an `Option` returns `None` for what PostgreSQL does not hold.

use std::ops::{Range, RangeInclusive};

use arrow_schema::TimeUnit;

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS as i64 * DAY_MICROSECONDS;
const DAY_MICROSECONDS: i64 = 86_400_000_000;
/// Days of a month of an interval: PostgreSQL counts so where it compares intervals.
const MONTH_DAYS: i128 = 30;
/// The dates of PostgreSQL, in days since 2000-01-01: 4714-11-24 BC, Julian day 0, to 5874897-12-31.
const DATES: Range<i32> = -2_451_545..2_145_031_949;
/// The timestamps of PostgreSQL, in microseconds since 2000-01-01: 4714-11-24 BC to 294276-12-31.
const TIMESTAMPS: Range<i64> = -2_451_545 * DAY_MICROSECONDS..106_751_983 * DAY_MICROSECONDS;
/// The times of day of PostgreSQL, which include 24:00:00.
const TIMES: RangeInclusive<i64> = 0..=DAY_MICROSECONDS;

/// Nanoseconds of a microsecond.
pub(super) const MICROSECOND_NANOSECONDS: i64 = 1_000;

/// The date that is so many days after 1970-01-01.
pub(super) fn date(days: i32) -> Option<[u8; 4]> {
    days.checked_sub(EPOCH_DAYS).filter(|days| DATES.contains(days)).map(i32::to_be_bytes)
}

/// The days from 1970-01-01 to a date. Those of `infinity` and `-infinity` are the largest and the smallest number.
pub(super) fn days_of_date(bytes: [u8; 4]) -> i32 {
    match i32::from_be_bytes(bytes) {
        i32::MIN => i32::MIN,
        days => days.saturating_add(EPOCH_DAYS),
    }
}

/// The time of day that is so many microseconds after midnight.
pub(super) fn time(microseconds: i64) -> Option<[u8; 8]> {
    Some(microseconds).filter(|time| TIMES.contains(time)).map(i64::to_be_bytes)
}

/// The timestamp that is so many microseconds after 1970-01-01.
pub(super) fn timestamp(microseconds: i64) -> Option<[u8; 8]> {
    let since = microseconds.checked_sub(EPOCH_MICROSECONDS);
    since.filter(|since| TIMESTAMPS.contains(since)).map(i64::to_be_bytes)
}

/// The microseconds from 1970-01-01 to a timestamp. Those of `infinity` and `-infinity` are the largest and the smallest
/// number.
pub(super) fn microseconds_of_timestamp(bytes: [u8; 8]) -> i64 {
    match i64::from_be_bytes(bytes) {
        i64::MIN => i64::MIN,
        microseconds => microseconds.saturating_add(EPOCH_MICROSECONDS),
    }
}

/// The interval of so many microseconds, without days and months.
pub(super) fn interval(microseconds: i64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&microseconds.to_be_bytes());
    bytes
}

/// The microseconds of an interval, by which PostgreSQL compares intervals: a day has 24 hours, and a month 30 days.
/// `None` if they are more than 64 bits hold.
pub(super) fn microseconds_of_interval(bytes: [u8; 16]) -> Option<i64> {
    let [a, b, c, d, e, f, g, h, days @ ..] = bytes;
    let [i, j, k, l, months @ ..] = days;
    let days = i128::from(i32::from_be_bytes([i, j, k, l]));
    let days = days + i128::from(i32::from_be_bytes(months)) * MONTH_DAYS;
    let time = i128::from(i64::from_be_bytes([a, b, c, d, e, f, g, h]));
    i64::try_from(time + days * i128::from(DAY_MICROSECONDS)).ok()
}

/// Why a length of time is no number of microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotMicroseconds {
    /// It is finer.
    Finer,
    /// It is longer than 64 bits hold.
    Longer,
}

/// So many of `unit` in microseconds.
pub(super) fn microseconds(count: i64, unit: TimeUnit) -> Result<i64, NotMicroseconds> {
    let scaled = match unit {
        TimeUnit::Second => count.checked_mul(1_000_000),
        TimeUnit::Millisecond => count.checked_mul(1_000),
        TimeUnit::Microsecond => Some(count),
        TimeUnit::Nanosecond if count % MICROSECOND_NANOSECONDS != 0 => return Err(NotMicroseconds::Finer),
        TimeUnit::Nanosecond => Some(count / MICROSECOND_NANOSECONDS),
    };
    scaled.ok_or(NotMicroseconds::Longer)
}
