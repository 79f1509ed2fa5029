//! The binary form of `numeric`, both ways.
//!
//! It is the count of its digits to the base of 10,000, the power of that base which the first of them stands for, its
//! sign, its decimal digits behind the point, and the digits. Neither the first nor the last of the digits is 0.
//! Source: `numeric_send` in <https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c>.

use arrow_buffer::i256;

/// Decimal digits of a digit to the base of 10,000.
const GROUP_DIGITS: i32 = 4;
const GROUP: u64 = 10_000;
/// Decimal digits that are taken off a long number at a time, and their groups.
const LIMB: u64 = 10_000_000_000_000_000;
const LIMB_GROUPS: usize = 4;
/// Of a number of 256 bits, which has 77 decimal digits, wherever its groups begin; rounded up to whole limbs.
const MAX_GROUPS: usize = 1 + 5 * LIMB_GROUPS;
const NEGATIVE: u16 = 0x4000;
const HEADER_BYTES: usize = 8;

/// A number without sign that can be taken apart into decimal digits.
pub(super) trait Magnitude: Copy {
    /// Whether the number is 0.
    fn is_zero(self) -> bool;

    /// The number divided by `power`, which is a power of ten, and the remainder.
    fn split(self, power: u64) -> (Self, u64);
}

impl Magnitude for u64 {
    fn is_zero(self) -> bool {
        self == 0
    }

    fn split(self, power: u64) -> (Self, u64) {
        (self / power, self % power)
    }
}

impl Magnitude for u128 {
    fn is_zero(self) -> bool {
        self == 0
    }

    fn split(self, power: u64) -> (Self, u64) {
        match u64::try_from(self) {
            // Most numbers are short, and dividing these is faster.
            Ok(short) => (u128::from(short / power), short % power),
            Err(_) => (self / u128::from(power), (self % u128::from(power)) as u64),
        }
    }
}

/// Of a number that is not negative.
impl Magnitude for i256 {
    fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    fn split(self, power: u64) -> (Self, u64) {
        let power = Self::from_i128(power.into());
        let remainder =
            self.wrapping_rem(power).to_i128().and_then(|remainder| u64::try_from(remainder).ok());
        (self.wrapping_div(power), remainder.unwrap_or_default())
    }
}

/// Appends the binary form of `magnitude` times 10 to the power of -`scale`, with a minus if it `is_negative`.
pub(super) fn put(magnitude: impl Magnitude, is_negative: bool, scale: i8, out: &mut Vec<u8>) {
    // The last decimal digit stands for 10 to the power of -scale: which group is that in, and with how many behind it?
    let lowest_power = (-i32::from(scale)).div_euclid(GROUP_DIGITS);
    let behind = (-i32::from(scale)).rem_euclid(GROUP_DIGITS) as u32;
    let mut groups = [0u16; MAX_GROUPS];
    let (mut rest, first) = magnitude.split(10u64.pow(GROUP_DIGITS as u32 - behind));
    groups[0] = (first * 10u64.pow(behind)) as u16;
    let mut count = 1;
    while !rest.is_zero() {
        let (higher, mut limb) = rest.split(LIMB);
        for group in &mut groups[count..count + LIMB_GROUPS] {
            *group = (limb % GROUP) as u16;
            limb /= GROUP;
        }
        count += LIMB_GROUPS;
        rest = higher;
    }
    let trailing = groups[..count].iter().take_while(|group| **group == 0).count();
    let leading = groups[trailing..count].iter().rev().take_while(|group| **group == 0).count();
    let digits = &groups[trailing..count - leading];
    let (weight, sign) = match digits.len() {
        0 => (0, 0),
        _ => (lowest_power + (count - leading) as i32 - 1, if is_negative { NEGATIVE } else { 0 }),
    };
    out.extend_from_slice(&(digits.len() as u16).to_be_bytes());
    out.extend_from_slice(&(weight as i16).to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::from(scale.max(0).cast_unsigned()).to_be_bytes());
    out.extend(digits.iter().rev().flat_map(|group| group.to_be_bytes()));
}

/// The number in `bytes`, times 10 to the power of `scale`. `Some(None)` if that is no whole number of at most 38 digits:
/// not a number, infinite, or with more digits behind the point. `None` if `bytes` are no binary form of `numeric`.
pub(super) fn unscaled(bytes: &[u8], scale: i8) -> Option<Option<i128>> {
    let (header, digits) = bytes.split_at_checked(HEADER_BYTES)?;
    let [count, weight, sign, _] =
        std::array::from_fn(|at| u16::from_be_bytes([header[2 * at], header[2 * at + 1]]));
    let (digits, rest) = digits.as_chunks();
    if usize::from(count) != digits.len() || !rest.is_empty() {
        return None;
    }
    if sign != 0 && sign != NEGATIVE {
        return Some(None);
    }
    Some(
        number(digits, i32::from(weight.cast_signed()), scale)
            .map(|number| if sign == 0 { number } else { -number }),
    )
}

fn number(digits: &[[u8; 2]], weight: i32, scale: i8) -> Option<i128> {
    const MAX_DIGITS: u32 = 38;
    let Some((last, digits)) = digits.split_last() else {
        return Some(0);
    };
    let mut number = 0i128;
    for digit in digits {
        number = number.checked_mul(GROUP.into())?.checked_add(u16::from_be_bytes(*digit).into())?;
    }
    // What the last digit stands for, as a power of ten of the result's unit.
    let power = GROUP_DIGITS * (weight - digits.len() as i32) + i32::from(scale);
    let last = i128::from(u16::from_be_bytes(*last));
    let number = match power {
        0.. => {
            let number = number.checked_mul(GROUP.into())?.checked_add(last)?;
            number.checked_mul(10i128.checked_pow(power.unsigned_abs())?)?
        }
        // The zeros behind are not part of the number, which may be as long as a decimal can be.
        -3..0 => {
            let zeros = 10i128.pow(power.unsigned_abs());
            if last % zeros != 0 {
                return None;
            }
            number.checked_mul(i128::from(GROUP) / zeros)?.checked_add(last / zeros)?
        }
        _ => return None,
    };
    (number < 10i128.pow(MAX_DIGITS)).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the binary form of a numeric says: whether there is a minus, digit groups with their powers of 10,000, and the
    /// digits behind the point.
    fn said(bytes: &[u8]) -> (bool, Vec<(u16, i32)>, u16) {
        let words: Vec<u16> = bytes.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect();
        let (count, weight, sign, scale) = (words[0], words[1] as i16, words[2], words[3]);
        assert_eq!(words.len(), 4 + usize::from(count));
        let groups = words[4..].iter().zip((0..).map(|group| i32::from(weight) - group));
        (sign == NEGATIVE, groups.map(|(digits, power)| (*digits, power)).collect(), scale)
    }

    fn numeric(unscaled: i128, scale: i8) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(unscaled.unsigned_abs(), unscaled < 0, scale, &mut bytes);
        bytes
    }

    #[test]
    fn numerics_are_those_of_the_protocol() {
        for (unscaled, scale, negative, groups, digits) in [
            (0, 0, false, vec![], 0),
            (0, 5, false, vec![], 5),
            (1, 0, false, vec![(1, 0)], 0),
            (-12345, 0, true, vec![(1, 1), (2345, 0)], 0),
            (12345, 2, false, vec![(123, 0), (4500, -1)], 2),
            (1, 4, false, vec![(1, -1)], 4),
            (1, 5, false, vec![(1000, -2)], 5),
            (7, -3, false, vec![(7000, 0)], 0),
            (10000, 0, false, vec![(1, 1)], 0),
            (100_000_000, 4, false, vec![(1, 1)], 4),
        ] {
            assert_eq!(said(&numeric(unscaled, scale)), (negative, groups, digits), "{unscaled} e-{scale}");
        }
    }

    proptest! {
        #[test]
        fn no_digit_of_a_numeric_is_lost(unscaled: i128, scale in -10i8..=38) {
            let (negative, groups, digits) = said(&numeric(unscaled, scale));
            prop_assert_eq!(negative, unscaled < 0);
            prop_assert_eq!(i32::from(digits), i32::from(scale.max(0)));
            // Both as digits before 10^-40, where every group ends.
            let lowest = -10;
            let mut text = String::new();
            if let Some((_, highest)) = groups.first() {
                for power in (lowest..=*highest).rev() {
                    let digits = groups.iter().find(|(_, at)| *at == power).map_or(0, |(digits, _)| *digits);
                    text.push_str(&format!("{digits:04}"));
                }
            }
            let expected = format!("{}{}", unscaled.unsigned_abs(), "0".repeat((40 - i32::from(scale)) as usize));
            prop_assert_eq!(text.trim_start_matches('0'), expected.trim_start_matches('0'));
            prop_assert!(groups.first().is_none_or(|(digits, _)| *digits != 0));
            prop_assert!(groups.last().is_none_or(|(digits, _)| *digits != 0));
        }

        #[test]
        fn numbers_of_any_width_have_one_form(number: u64, scale in -10i8..=38) {
            let forms = |is_negative| {
                let mut forms = [vec![], vec![], vec![]];
                put(number, is_negative, scale, &mut forms[0]);
                put(u128::from(number), is_negative, scale, &mut forms[1]);
                put(i256::from_i128(number.into()), is_negative, scale, &mut forms[2]);
                forms
            };
            for [a, b, c] in [forms(false), forms(true)] {
                prop_assert!(a == b && b == c);
            }
        }

        #[test]
        fn a_numeric_is_read_as_it_was_written(
            digits in 0u32..=38,
            number: i128,
            scale in 0i8..=38,
            more in 0i8..=3,
        ) {
            let number = number % 10i128.pow(digits);
            prop_assert_eq!(unscaled(&numeric(number, scale), scale), Some(Some(number)));
            // With more digits behind the point, it is a longer number.
            let longer = number.checked_mul(10i128.pow(more as u32)).filter(|n| n.unsigned_abs() < 10u128.pow(38));
            prop_assert_eq!(unscaled(&numeric(number, scale), scale + more), Some(longer));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, scale in 0i8..=38) {
            let _ = unscaled(&bytes, scale);
        }
    }

    #[test]
    fn what_decimals_do_not_hold_is_no_number() {
        let not_a_number = [0, 0, 0, 0, 0xc0, 0, 0, 0];
        let infinity = [0, 0, 0, 0, 0xd0, 0, 0, 0];
        assert_eq!(unscaled(&not_a_number, 2), Some(None));
        assert_eq!(unscaled(&infinity, 2), Some(None));
        // 0.001 has more than two digits behind the point, and 10^38 has 39 digits.
        assert_eq!(unscaled(&numeric(1, 3), 2), Some(None));
        assert_eq!(unscaled(&numeric(10i128.pow(38), 0), 0), Some(None));
        assert_eq!(unscaled(&numeric(i128::MIN, 0), 0), Some(None));
        for length in 0..HEADER_BYTES {
            assert_eq!(unscaled(&not_a_number[..length], 2), None);
        }
        assert_eq!(unscaled(&[0, 1, 0, 0, 0, 0, 0, 0], 2), None);
    }
}
