//! Numbers as schemas give them: exact decimals.
//!
//! A probability of 0.3 is three tenths and not the double beside it, so that every implementation
//! turns it into the same threshold of words.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigUint;

/// The most digits, and the largest exponent, of a number's text: more than any type can tell apart.
const MAX_DIGITS: usize = 1_000;

/// An exact decimal number, `digits · 10^-scale`, with a sign.
///
/// Zeros behind the last digit that counts are dropped, so that equal numbers are equal; a negative
/// zero is kept, because floats have one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    digits: BigUint,
    scale: u32,
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Something else.
    #[error("not a number")]
    Form,
    /// More digits, or a larger exponent, than any type holds.
    #[error("a number of more than {MAX_DIGITS} digits")]
    TooLong,
    /// Infinite, or not a number at all.
    #[error("not a finite number")]
    NotFinite,
}

impl Number {
    /// The number `units · 10^-scale`.
    pub fn from_units(units: i128, scale: u32) -> Self {
        Self::new(units < 0, BigUint::from(units.unsigned_abs()), scale)
    }

    /// The number `numerator / denominator`, where the denominator divides a power of ten of at most 38
    /// zeros.
    pub(super) fn from_fraction(numerator: u128, denominator: u128) -> Self {
        let scale = (0..38).find(|scale| 10u128.pow(*scale) % denominator == 0).unwrap_or(0);
        Self::new(false, BigUint::from(numerator) * (10u128.pow(scale) / denominator), scale)
    }

    /// The shortest decimal that reads as the double `number`, which is finite.
    pub fn from_f64(number: f64) -> Self {
        format!("{number:e}").parse().unwrap_or_else(|_| Self::from_units(0, 0))
    }

    fn new(negative: bool, mut digits: BigUint, mut scale: u32) -> Self {
        let ten = BigUint::from(10u8);
        if digits == BigUint::ZERO {
            scale = 0;
        }
        while scale > 0 && &digits % &ten == BigUint::ZERO {
            digits /= &ten;
            scale -= 1;
        }
        Self { negative, digits, scale }
    }

    /// The number times `factor`.
    pub fn times(&self, factor: u64) -> Self {
        Self::new(self.negative, &self.digits * factor, self.scale)
    }

    /// Whether the number is below 0.
    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Whether the number is 0.
    pub fn is_zero(&self) -> bool {
        self.digits == BigUint::ZERO
    }

    /// Whether the number, which is not negative, is above `limit`, which is not either.
    pub fn is_above(&self, limit: &Self) -> bool {
        let scale = self.scale.max(limit.scale);
        let units = |number: &Self| &number.digits * power_of_ten(scale - number.scale);
        units(self) > units(limit)
    }

    /// The number as a whole number of units of 10^-scale; `None` if it is not one, or not within 128
    /// bits.
    pub fn units(&self, scale: u32) -> Option<i128> {
        let more = scale.checked_sub(self.scale)?;
        let magnitude = i128::try_from(&self.digits * power_of_ten(more)).ok()?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// The number divided by `divisor`, if that is a whole number.
    pub fn divided(&self, divisor: i128) -> Option<i128> {
        self.units(0).filter(|whole| whole % divisor == 0).map(|whole| whole / divisor)
    }

    /// The nearest whole number, of a number that is not negative: of two, the larger one. `None` if it is not within 64
    /// bits.
    pub fn rounded_half_up(&self) -> Option<u64> {
        let one = power_of_ten(self.scale);
        u64::try_from((&self.digits * 2u8 + &one) / (one * 2u8)).ok()
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        // The standard library reads decimals of any length exactly.
        format!("{self:e}").parse().unwrap_or(f64::NAN)
    }

    /// The nearest double of the number divided by `divisor`, which is at least 1.
    pub fn quotient(&self, divisor: u64) -> f64 {
        // 128 bits of quotient leave the last one free to say that there was a remainder, which is all
        // that rounding needs to know of the rest.
        let divisor = power_of_ten(self.scale) * divisor;
        if self.is_zero() {
            return self.to_f64();
        }
        let shift = 127 + divisor.bits() as i64 - self.digits.bits() as i64;
        let (numerator, divisor) = match shift {
            0.. => (&self.digits << shift, divisor),
            _ => (self.digits.clone(), divisor << -shift),
        };
        let quotient = u128::try_from(&numerator / &divisor).unwrap_or(u128::MAX);
        let sticky = u128::from(&numerator % &divisor != BigUint::ZERO);
        let magnitude = (quotient | sticky) as f64 * 2f64.powi(-shift as i32);
        if self.negative { -magnitude } else { magnitude }
    }

    /// Numerator and denominator in lowest terms, of a number that is not negative; `None` if one of
    /// them does not fit.
    pub fn fraction(&self) -> Option<(u128, u128)> {
        let denominator = 10u128.checked_pow(self.scale)?;
        let numerator = u128::try_from(&self.digits).ok()?;
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some((numerator / a, denominator / a))
    }

    /// `Z` of the value contract: ⌊number · 2^64⌋ of a number from 0 to 1. A word is below it with the
    /// number as probability.
    pub fn threshold(&self) -> u128 {
        threshold(&self.digits, &power_of_ten(self.scale))
    }
}

/// The thresholds of values with these weights, which are not negative and not all 0: the first value
/// whose threshold is above a word is the one that the word stands for.
pub fn cumulative_thresholds<'a>(weights: impl Iterator<Item = &'a Number> + Clone) -> Vec<u128> {
    let scale = weights.clone().map(|weight| weight.scale).max().unwrap_or(0);
    let units = |weight: &Number| &weight.digits * power_of_ten(scale - weight.scale);
    let total: BigUint = weights.clone().map(units).sum();
    let mut below = BigUint::ZERO;
    weights
        .map(|weight| {
            below += units(weight);
            threshold(&below, &total)
        })
        .collect()
}

fn threshold(numerator: &BigUint, denominator: &BigUint) -> u128 {
    u128::try_from((numerator << 64u32) / denominator).unwrap_or(u128::MAX)
}

fn power_of_ten(exponent: u32) -> BigUint {
    BigUint::from(10u8).pow(exponent)
}

impl FromStr for Number {
    type Err = NumberError;

    /// Reads digits with a sign, a point, an exponent and a percent sign, each of which may be missing.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (rest, percent) = match rest.strip_suffix('%') {
            Some(rest) => (rest, 2),
            None => (rest, 0),
        };
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
            return Err(NumberError::Form);
        }
        if exponent_digits.is_empty() || !is_digits(exponent_digits) {
            return Err(NumberError::Form);
        }
        let exponent: i64 = exponent.parse().map_err(|_| NumberError::TooLong)?;
        if whole.len() + fraction.len() > MAX_DIGITS || exponent.unsigned_abs() > MAX_DIGITS as u64 {
            return Err(NumberError::TooLong);
        }
        let digits =
            BigUint::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10).ok_or(NumberError::Form)?;
        let scale = fraction.len() as i64 - exponent + percent;
        Ok(match u32::try_from(scale) {
            Ok(scale) => Self::new(negative, digits, scale),
            Err(_) => Self::new(negative, digits * power_of_ten(scale.unsigned_abs() as u32), 0),
        })
    }
}

impl fmt::Display for Number {
    /// Writes all digits, without an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let digits = format!("{:0>width$}", self.digits.to_string(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{}{whole}{point}{fraction}", if self.negative { "-" } else { "" })
    }
}

impl fmt::LowerExp for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}e-{}", if self.negative { "-" } else { "" }, self.digits, self.scale)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn numbers_are_exact_in_every_spelling() {
        for (text, units, scale) in [
            ("0", 0, 0),
            ("007", 7, 0),
            ("+1.50", 15, 1),
            ("-0.05", -5, 2),
            (".5", 5, 1),
            ("5.", 5, 0),
            ("1e3", 1000, 0),
            ("1.5E-3", 15, 4),
            ("5%", 5, 2),
            ("12.5%", 125, 3),
            ("1e2%", 1, 0),
        ] {
            assert_eq!(number(text), Number::from_units(units, scale), "{text}");
        }
        for text in [
            "", "-", ".", "e3", "1e", "1e+", "1e1.5", "--1", "0x10", "1_000", "%", "1%%", "inf", "NaN", "1 ",
            "1٣",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Form), "{text}");
        }
        for text in ["1e1001", "1e-1001", "1e99999999999999999999", &"1".repeat(1_001)] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::TooLong), "{text}");
        }
    }

    #[test]
    fn a_number_of_units_is_whole_or_none() {
        assert_eq!(number("12.30").units(2), Some(1230));
        assert_eq!(number("-12.3").units(1), Some(-123));
        assert_eq!(number("12.345").units(2), None);
        assert_eq!(number("1e38").units(0), Some(10i128.pow(38)));
        assert_eq!(number("1e39").units(0), None);
        assert_eq!(number("86400").divided(3600), Some(24));
        assert_eq!(number("86401").divided(3600), None);
    }

    #[test]
    fn thresholds_are_exact() {
        assert_eq!(number("0").threshold(), 0);
        assert_eq!(number("1").threshold(), 1 << 64);
        assert_eq!(number("0.5").threshold(), 1 << 63);
        assert_eq!(number("0.3").threshold(), (3u128 << 64) / 10);
        assert_eq!(number("0.1").threshold(), 0x1999_9999_9999_9999);
        let weights = ["0.5", "0.3", "0.2"].map(number);
        let tenth = |tenths: u128| (tenths << 64) / 10;
        assert_eq!(cumulative_thresholds(weights.iter()), [tenth(5), tenth(8), 1 << 64]);
        let weights = ["1", "1", "1"].map(number);
        assert_eq!(cumulative_thresholds(weights.iter()), [(1 << 64) / 3, (2 << 64) / 3, 1 << 64]);
    }

    #[test]
    fn fractions_are_in_lowest_terms() {
        assert_eq!(number("2500.7").fraction(), Some((25007, 10)));
        assert_eq!(number("0.5").fraction(), Some((1, 2)));
        assert_eq!(number("1e-39").fraction(), None);
    }

    proptest! {
        #[test]
        fn every_double_survives_as_a_number(bits: u64) {
            let double = f64::from_bits(bits);
            prop_assume!(double.is_finite());
            prop_assert_eq!(Number::from_f64(double).to_f64().to_bits(), double.to_bits());
        }

        #[test]
        fn every_number_survives_its_text(units: i128, scale in 0u32..400) {
            prop_assume!(units != i128::MIN);
            let number = Number::from_units(units, scale);
            prop_assert_eq!(&number.to_string().parse::<Number>().expect("a number"), &number);
        }

        #[test]
        fn a_quotient_is_rounded_once(units in -(1i128 << 100)..1i128 << 100, power in 0u32..60) {
            // Division by a power of two is exact in binary, so rounding before or after it is the same.
            let number = Number::from_units(units, 0);
            prop_assert_eq!(number.quotient(1 << power), number.to_f64() / (1u64 << power) as f64);
            // Division by a power of ten can be said in decimal.
            let number = Number::from_units(units, 7);
            prop_assert_eq!(number.quotient(1000), Number::from_units(units, 10).to_f64());
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9.eE+%-]{0,30}") {
            let _ = text.parse::<Number>();
        }
    }
}
