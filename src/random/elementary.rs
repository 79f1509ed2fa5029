//! Logarithm and exponential, the same to the bit on every machine.
//!
//! Only `+ - * /`, comparisons and operations on bits, in the order written: Rust neither reorders
//! nor fuses them, and a mathematics library would differ from machine to machine. The methods and the
//! polynomials are those of `e_log.c` and `e_exp.c` of FreeBSD's msun (Sun Microsystems, 1993) without
//! their special cases; the errors are below 1 ulp. Neither has a branch, so that loops over them
//! become vector code.

#![expect(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "constants stand as they are published"
)]

/// The high 32 bits of ln 2, so that a small integer times it is exact.
const LN2_HI: f64 = 6.931_471_803_691_238_164_90e-01;
/// The rest of ln 2.
const LN2_LO: f64 = 1.908_214_929_270_587_700_02e-10;
const INV_LN2: f64 = 1.442_695_040_888_963_387_00;

/// The polynomial of the logarithm: Lg1 to Lg7 of `e_log.c`.
const L: [f64; 7] = [
    6.666_666_666_666_735_130e-01,
    3.999_999_999_940_941_908e-01,
    2.857_142_874_366_239_149e-01,
    2.222_219_843_214_978_396e-01,
    1.818_357_216_161_805_012e-01,
    1.531_383_769_920_937_332e-01,
    1.479_819_860_511_658_591e-01,
];

/// The polynomial of the exponential: P1 to P5 of `e_exp.c`.
const P: [f64; 5] = [
    1.666_666_666_666_660_190_37e-01,
    -2.777_777_777_701_559_338_42e-03,
    6.613_756_321_437_934_361_17e-05,
    -1.653_390_220_546_525_153_90e-06,
    4.138_136_797_057_238_460_39e-08,
];

const MANTISSA: u64 = 0x000F_FFFF_FFFF_FFFF;
const ONE: u64 = 0x3FF0_0000_0000_0000;
/// Just below the square root of a half: what is taken as the logarithm's argument lies from here to twice it.
const ROOT_HALF: u64 = 0x3FE6_A09E_0000_0000;

/// The natural logarithm of a normal number greater than 0.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let b = x.to_bits() + (ONE - ROOT_HALF);
    // (b >> 52) - 1023 as a number: vector units need no conversion for small integers in a mantissa.
    const TWO_52: f64 = (1u64 << 52) as f64;
    let k = f64::from_bits(TWO_52.to_bits() | b >> 52) - (TWO_52 + 1023.0);
    let f = f64::from_bits((b & MANTISSA) + ROOT_HALF) - 1.0;
    let h = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (L[1] + w * (L[3] + w * L[5]));
    let t2 = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6])));
    s * (h + (t2 + t1)) + k * LN2_LO - h + f + k * LN2_HI
}

/// Added to a number of at most 51 bits, this rounds it half to even and leaves the integer in the low bits.
pub(crate) const ROUNDER: f64 = 1.5 * (1u64 << 52) as f64;

/// The exponential of a number between -708 and 708.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let rounded = x * INV_LN2 + ROUNDER;
    let k = rounded - ROUNDER;
    let hi = x - k * LN2_HI;
    let lo = k * LN2_LO;
    let r = hi - lo;
    let q = r * r;
    let c = r - q * (P[0] + q * (P[1] + q * (P[2] + q * (P[3] + q * P[4]))));
    let y = 1.0 + (r * c / (2.0 - c) - lo + hi);
    f64::from_bits(y.to_bits().wrapping_add(rounded.to_bits() << 52))
}

/// The whole number nearest to `x`, the even one of two; what is large or not finite stays.
///
/// The same as the standard library's, which is a function call where a processor has no such
/// instruction.
#[inline(always)]
pub fn round_half_even(x: f64) -> f64 {
    const TWO_52: f64 = (1u64 << 52) as f64;
    let magnitude = x.abs();
    let rounded = (magnitude + TWO_52) - TWO_52;
    (if magnitude < TWO_52 { rounded } else { magnitude }).copysign(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rounding_is_that_of_the_standard_library(
            x in prop_oneof![any::<f64>(), -1e3..1e3f64, (-1000i32..1000).prop_map(|n| f64::from(n) / 2.0), 1e15..1e16f64],
        ) {
            prop_assert_eq!(round_half_even(x).to_bits(), x.round_ties_even().to_bits());
        }
    }
}
