//! Counts as people write and read them.

use std::fmt::Display;

/// A whole number with a comma between each three digits.
pub fn grouped(count: impl Display) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, as in `1 row` and `1,000 rows`.
pub fn counted(count: impl Display, what: &str) -> String {
    let count = grouped(count);
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// A number of rows.
pub fn rows(count: u64) -> String {
    counted(count, "row")
}

/// Reads a whole number from 0 to 2^64 - 1: plain digits, with underscores (`1_000_000`), with an
/// exponent (`1e6`, `2.5e9`), or with a suffix (`10k`, `10M`, `2B`, `1T`; thousands, millions,
/// billions, trillions).
///
/// # Errors
///
/// What is wrong with it, in words that go behind the flag's name.
pub fn parse_count(text: &str) -> Result<u64, String> {
    const FORMS: &str = "write it as 1000000, 1_000_000, 1e6, 10k, 10M, 2B or 1T";
    if text.starts_with('-') {
        return Err(format!("a count cannot be negative; {FORMS}"));
    }
    let not_a_number = || format!("not a number; {FORMS}");
    let (mantissa, exponent) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 3),
        Some((at, 'm' | 'M')) => (&text[..at], 6),
        Some((at, 'b' | 'B')) => (&text[..at], 9),
        Some((at, 't' | 'T')) => (&text[..at], 12),
        _ => match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
                let decimal = !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit());
                // One that does not fit is too large for any mantissa but 0, as the largest that fits is.
                let exponent = decimal.then(|| exponent.parse().unwrap_or(u32::MAX));
                (mantissa, exponent.ok_or_else(not_a_number)?)
            }
            None => (text, 0),
        },
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_number = |digits: &str| {
        digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    if !is_number(whole) || !is_number(fraction) {
        return Err(not_a_number());
    }
    let digits: String = whole.chars().chain(fraction.chars()).filter(|digit| *digit != '_').collect();
    let fraction_digits = fraction.bytes().filter(|byte| *byte != b'_').count() as i64;

    // The number is `digits` times a power of ten; without its trailing zeros it must not be one below 1.
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let trailing_zeros = digits.len() - digits.trim_end_matches('0').len();
    let power = i64::from(exponent) - fraction_digits + trailing_zeros as i64;
    let power = u32::try_from(power).map_err(|_| format!("a count has no fraction; {FORMS}"))?;
    significant
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(10u64.checked_pow(power)?))
        .ok_or_else(|| format!("more than {}, the most that 64 bits can count; give less", u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (count, said) in [
            (0, "0 rows"),
            (1, "1 row"),
            (2, "2 rows"),
            (11, "11 rows"),
            (999, "999 rows"),
            (1_000, "1,000 rows"),
            (12_345, "12,345 rows"),
            (123_456, "123,456 rows"),
            (1_000_000, "1,000,000 rows"),
            (u64::MAX, "18,446,744,073,709,551,615 rows"),
        ] {
            assert_eq!(counted(count, "row"), said);
        }
    }

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, count) in [
            ("0", 0),
            ("007", 7),
            ("1_000_000", 1_000_000),
            ("1e6", 1_000_000),
            ("1E+06", 1_000_000),
            ("2.5e3", 2_500),
            ("0e99999999999", 0),
            ("0.0", 0),
            ("1.0", 1),
            ("10k", 10_000),
            ("10M", 10_000_000),
            ("1.5M", 1_500_000),
            ("2B", 2_000_000_000),
            ("1T", 1_000_000_000_000),
            ("18446744073709551615", u64::MAX),
            ("1.8446744073709551615e19", u64::MAX),
        ] {
            assert_eq!(parse_count(text), Ok(count), "{text}");
        }
    }

    #[test]
    fn what_is_no_count_is_refused_with_the_reason() {
        for (reason, texts) in [
            ("negative", vec!["-1", "-1e6", "-x", "-"]),
            ("fraction", vec!["1.5", "0.1", "1.0005k", "0.5"]),
            (
                "64 bits",
                vec![
                    "18446744073709551616",
                    "1e20",
                    "99999999T",
                    "1e4000000000",
                    "1e99999999999",
                    "123456789012345678901",
                ],
            ),
            (
                "not a number",
                vec![
                    "", " ", "x", "1,000", "1 000", "e6", "1e", "1e-3", "1e1.5", "k", "1kk", "1e3k", "_1",
                    ".5", "1.", "1._5", "0x10", "+5", "inf", "NaN", "½", "１",
                ],
            ),
        ] {
            for text in texts {
                let error = parse_count(text).expect_err(text);
                assert!(error.contains(reason), "{text}: {error}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_count_survives_its_text(count: u64) {
            prop_assert_eq!(parse_count(&count.to_string()), Ok(count));
            prop_assert_eq!(parse_count(&format!("{count}e0")), Ok(count));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse_count(&text);
        }

        #[test]
        fn no_text_like_a_number_makes_it_panic(text in "[0-9_.eE+kMBT-]{0,30}") {
            let _ = parse_count(&text);
        }
    }
}
