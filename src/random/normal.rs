//! The quantile function of the standard normal distribution.
//!
//! Algorithm AS 241, PPND16 (Wichura, *The percentage points of the normal distribution*, Applied
//! Statistics 37, 1988), with the logarithm of this crate. Errors are below 1e-15, relatively.

#![expect(clippy::excessive_precision, reason = "constants stand as they are published")]

use super::BLOCK;
use super::elementary::ln;

/// A polynomial's coefficients, that of the highest power last.
type Polynomial = [f64; 8];

#[rustfmt::skip]
const A: Polynomial = [
    3.387_132_872_796_366_608_0e0, 1.331_416_678_917_843_774_5e2, 1.971_590_950_306_551_442_7e3, 1.373_169_376_550_946_112_5e4,
    4.592_195_393_154_987_145_7e4, 6.726_577_092_700_870_085_3e4, 3.343_057_558_358_812_810_5e4, 2.509_080_928_730_122_672_7e3,
];
#[rustfmt::skip]
const B: Polynomial = [
    1.0, 4.231_333_070_160_091_125_2e1, 6.871_870_074_920_579_083_0e2, 5.394_196_021_424_751_107_7e3,
    2.121_379_430_158_659_586_7e4, 3.930_789_580_009_271_061_0e4, 2.872_908_573_572_194_267_4e4, 5.226_495_278_852_854_561_0e3,
];
#[rustfmt::skip]
const C: Polynomial = [
    1.423_437_110_749_683_577_34e0, 4.630_337_846_156_545_295_90e0, 5.769_497_221_460_691_405_50e0, 3.647_848_324_763_204_605_04e0,
    1.270_458_252_452_368_382_58e0, 2.417_807_251_774_506_117_70e-1, 2.272_384_498_926_918_458_33e-2, 7.745_450_142_783_414_076_40e-4,
];
#[rustfmt::skip]
const D: Polynomial = [
    1.0, 2.053_191_626_637_758_821_87e0, 1.676_384_830_183_803_849_40e0, 6.897_673_349_851_000_045_50e-1,
    1.481_039_764_274_800_745_90e-1, 1.519_866_656_361_645_719_66e-2, 5.475_938_084_995_344_946_00e-4, 1.050_750_071_644_416_843_24e-9,
];
#[rustfmt::skip]
const E: Polynomial = [
    6.657_904_643_501_103_777_20e0, 5.463_784_911_164_114_369_90e0, 1.784_826_539_917_291_335_80e0, 2.965_605_718_285_048_912_30e-1,
    2.653_218_952_657_612_309_30e-2, 1.242_660_947_388_078_438_60e-3, 2.711_555_568_743_487_578_15e-5, 2.010_334_399_292_288_132_65e-7,
];
#[rustfmt::skip]
const F: Polynomial = [
    1.0, 5.998_322_065_558_879_376_90e-1, 1.369_298_809_227_358_053_10e-1, 1.487_536_129_085_061_485_25e-2,
    7.868_691_311_456_132_591_00e-4, 1.846_318_317_510_054_681_80e-5, 1.421_511_758_316_445_888_70e-7, 2.044_263_103_389_939_785_64e-15,
];

/// The middle region: as far from a half as this.
const MIDDLE: f64 = 0.425;
/// Where the far tails begin, in units of `sqrt(-ln p)`: at about e^-25.
const FAR: f64 = 5.0;

#[inline(always)]
fn horner(c: Polynomial, r: f64) -> f64 {
    ((((((c[7] * r + c[6]) * r + c[5]) * r + c[4]) * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0]
}

#[inline(always)]
fn is_middle(q: f64) -> bool {
    q.abs() <= MIDDLE
}

#[inline(always)]
fn in_the_middle(q: f64) -> f64 {
    let r = 0.180625 - q * q;
    q * horner(A, r) / horner(B, r)
}

/// The distance of a tail's `p` from the middle, in the measure of its polynomials.
#[inline(always)]
fn distance(p: f64, q: f64) -> f64 {
    (-ln(if q < 0.0 { p } else { 1.0 - p })).sqrt()
}

#[inline(always)]
fn in_a_tail(t: f64) -> f64 {
    horner(C, t - 1.6) / horner(D, t - 1.6)
}

fn in_a_far_tail(t: f64) -> f64 {
    horner(E, t - FAR) / horner(F, t - FAR)
}

/// The number that a standard normal variable is below with probability `p`, which is in (0, 1).
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if is_middle(q) {
        return in_the_middle(q);
    }
    let t = distance(p, q);
    let v = if t <= FAR { in_a_tail(t) } else { in_a_far_tail(t) };
    if q < 0.0 { -v } else { v }
}

/// Turns each probability into its [`quantile`]. There are at most [`BLOCK`].
///
/// All are computed as if they lay in the middle, which vector units do fast; the tails (15 of 100) are
/// set aside before, computed by themselves, and put in their places.
#[inline(always)]
pub(crate) fn quantiles(numbers: &mut [f64]) {
    let mut places = [0u16; BLOCK];
    let mut tails = [0.0; BLOCK];
    let mut count = 0;
    for (place, &p) in numbers.iter().enumerate() {
        // Each is written, and only a tail is kept: there is no branch to be mispredicted.
        places[count] = place as u16;
        tails[count] = p;
        count += usize::from(!is_middle(p - 0.5));
    }
    for number in numbers.iter_mut() {
        *number = in_the_middle(*number - 0.5);
    }
    let mut values = [0.0; BLOCK];
    let mut far = false;
    for (value, &p) in values.iter_mut().zip(&tails[..count]) {
        let q = p - 0.5;
        let t = distance(p, q);
        far |= t > FAR;
        let v = in_a_tail(t);
        *value = if q < 0.0 { -v } else { v };
    }
    if far {
        // Less than one number in 10^10 is so far out.
        for (value, &p) in values.iter_mut().zip(&tails[..count]) {
            *value = quantile(p);
        }
    }
    for (&place, value) in places[..count].iter().zip(values) {
        numbers[usize::from(place)] = value;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::draw::{PLACES, centre};

    proptest! {
        #[test]
        fn blocks_equal_one_by_one(
            places in prop::collection::vec(prop_oneof![0..PLACES, 0..1_000u64, PLACES - 100_000..PLACES], 0..BLOCK),
        ) {
            let probabilities: Vec<f64> = places.into_iter().map(centre).collect();
            let mut block = probabilities.clone();
            quantiles(&mut block);
            let single: Vec<f64> = probabilities.into_iter().map(quantile).collect();
            prop_assert_eq!(block, single);
        }
    }
}
