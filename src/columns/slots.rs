//! Slots of a fixed width, and filling them with whole numbers.

use crate::instructions::{InstructionSet, Kernel};
use crate::schema::types::{ColumnType, TimeUnit};

/// The smallest and the largest of some values, as numbers that are ordered as the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The smallest.
    pub min: i128,
    /// The largest.
    pub max: i128,
}

impl Range {
    /// The range of no values: the neutral element of [`union`](Self::union).
    pub const NONE: Self = Self { min: i128::MAX, max: i128::MIN };

    /// Widens the range so that it holds `value`.
    #[inline(always)]
    pub fn include(&mut self, value: i128) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// The range of the values of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// How a whole number lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// So many bytes in two's complement, little-endian: 1, 2, 4, 8 or 16.
    Little(usize),
    /// The same, with values a thousand times as large: milliseconds, where the type has seconds.
    Thousandfold(usize),
    /// 16 bytes for values of 64 bits: decimals of at most 18 digits in Arrow.
    Widened,
    /// So many bytes, at most 16, in two's complement, big-endian.
    Big(usize),
}

impl Slot {
    /// The width.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Little(bytes) | Self::Thousandfold(bytes) | Self::Big(bytes) => bytes,
            Self::Widened => 16,
        }
    }

    /// What values are multiplied by.
    pub(super) fn scale(self) -> i128 {
        if matches!(self, Self::Thousandfold(_)) { 1000 } else { 1 }
    }

    /// Fills `slots` with `base + step * steps` and returns the fewest and the most steps.
    pub(super) fn fill(
        self,
        instructions: InstructionSet,
        base: i128,
        step: i128,
        steps: &[u64],
        slots: &mut [u8],
    ) -> (u64, u64) {
        match self {
            Self::Little(1) => instructions.run(Fill::<i8, 1>::new(base, step, steps, slots)),
            Self::Little(2) => instructions.run(Fill::<i16, 2>::new(base, step, steps, slots)),
            Self::Little(4) | Self::Thousandfold(4) => {
                instructions.run(Fill::<i32, 4>::new(base, step, steps, slots))
            }
            Self::Little(8) | Self::Thousandfold(8) => {
                instructions.run(Fill::<i64, 8>::new(base, step, steps, slots))
            }
            Self::Widened => instructions.run(Fill::<i64, 16>::new(base, step, steps, slots)),
            _ => {
                let units =
                    steps.iter().map(|steps| base.wrapping_add(step.wrapping_mul(i128::from(*steps))));
                fill_wide(units, self, slots);
                ends(steps)
            }
        }
    }
}

/// Fills slots of any kind, one value at a time.
pub(super) fn fill_wide(units: impl Iterator<Item = i128>, slot: Slot, slots: &mut [u8]) -> Range {
    let mut range = Range::NONE;
    for (value, slot_bytes) in units.zip(slots.chunks_exact_mut(slot.bytes())) {
        range.include(value);
        let value = value.wrapping_mul(slot.scale());
        match slot {
            Slot::Little(bytes) | Slot::Thousandfold(bytes) => {
                slot_bytes.copy_from_slice(&value.to_le_bytes()[..bytes]);
            }
            Slot::Widened => slot_bytes.copy_from_slice(&value.to_le_bytes()),
            Slot::Big(bytes) => slot_bytes.copy_from_slice(&value.to_be_bytes()[16 - bytes..]),
        }
    }
    range
}

/// The smallest and the largest of `numbers`, which are some.
#[inline(always)]
fn ends(numbers: &[u64]) -> (u64, u64) {
    numbers.iter().fold((u64::MAX, 0), |(least, most), number| (least.min(*number), most.max(*number)))
}

/// Numbers in whose width steps become values, and the slots of `BYTES` bytes that hold them.
trait Width<const BYTES: usize>: Copy {
    /// The low bits of `number`.
    fn low_bits(number: i128) -> Self;
    /// `base + step * steps`, modulo 2^width.
    fn value(base: Self, step: Self, steps: u64) -> Self;
    /// What is put into the slot.
    fn bytes(self) -> [u8; BYTES];
}

macro_rules! widths {
    ($($width:ty, $slot:ty, $bytes:literal;)*) => {$(
        impl Width<$bytes> for $width {
            fn low_bits(number: i128) -> Self {
                number as Self
            }

            #[inline(always)]
            fn value(base: Self, step: Self, steps: u64) -> Self {
                base.wrapping_add(step.wrapping_mul(steps as Self))
            }

            #[inline(always)]
            fn bytes(self) -> [u8; $bytes] {
                <$slot>::from(self).to_le_bytes()
            }
        }
    )*};
}

widths! {
    i8, i8, 1;
    i16, i16, 2;
    i32, i32, 4;
    i64, i64, 8;
    i64, i128, 16;
}

struct Fill<'a, W, const BYTES: usize> {
    base: W,
    step: W,
    steps: &'a [u64],
    slots: &'a mut [u8],
}

impl<'a, W: Width<BYTES>, const BYTES: usize> Fill<'a, W, BYTES> {
    fn new(base: i128, step: i128, steps: &'a [u64], slots: &'a mut [u8]) -> Self {
        Self { base: W::low_bits(base), step: W::low_bits(step), steps, slots }
    }
}

impl<W: Width<BYTES>, const BYTES: usize> Kernel for Fill<'_, W, BYTES> {
    type Output = (u64, u64);

    #[inline(always)]
    fn run(self) -> (u64, u64) {
        for (slot, steps) in self.slots.as_chunks_mut::<BYTES>().0.iter_mut().zip(self.steps) {
            *slot = W::value(self.base, self.step, *steps).bytes();
        }
        ends(self.steps)
    }
}

impl Slot {
    /// How Arrow holds values of a whole-number type.
    pub(super) fn in_arrow(column_type: &ColumnType) -> Self {
        match column_type {
            ColumnType::Int8 | ColumnType::UInt8 => Self::Little(1),
            ColumnType::Int16 | ColumnType::UInt16 => Self::Little(2),
            ColumnType::Int32 | ColumnType::UInt32 | ColumnType::Date => Self::Little(4),
            ColumnType::Time(TimeUnit::Second | TimeUnit::Millisecond) => Self::Little(4),
            ColumnType::Decimal { precision, .. } if *precision <= DIGITS_IN_64_BITS => Self::Widened,
            ColumnType::Decimal { .. } => Self::Little(16),
            _ => Self::Little(8),
        }
    }

    /// How Parquet holds them in PLAIN encoding. It has no seconds, which become milliseconds, and no
    /// integers of fewer than 32 bits.
    pub(super) fn in_parquet(column_type: &ColumnType) -> Self {
        match column_type {
            ColumnType::Int64 | ColumnType::UInt64 | ColumnType::Duration(_) => Self::Little(8),
            ColumnType::Time(TimeUnit::Second) => Self::Thousandfold(4),
            ColumnType::Time(TimeUnit::Microsecond | TimeUnit::Nanosecond) => Self::Little(8),
            ColumnType::Timestamp { unit: TimeUnit::Second, .. } => Self::Thousandfold(8),
            ColumnType::Timestamp { .. } => Self::Little(8),
            ColumnType::Decimal { precision: 1..=9, .. } => Self::Little(4),
            ColumnType::Decimal { precision: 10..=DIGITS_IN_64_BITS, .. } => Self::Little(8),
            ColumnType::Decimal { precision, .. } => Self::Big(decimal_bytes(*precision)),
            _ => Self::Little(4),
        }
    }
}

/// Decimals of so many digits have at most 64 bits.
const DIGITS_IN_64_BITS: u8 = 18;

/// The fewest bytes that hold decimals of `precision` digits.
fn decimal_bytes(precision: u8) -> usize {
    let largest = 10u128.pow(precision.into()) - 1;
    // One more bit for the sign.
    (u128::BITS - largest.leading_zeros() + 1).div_ceil(8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn narrow_arithmetic_equals_wide(
            base: i64, step in -300i64..300, steps in prop::collection::vec(any::<u64>(), 1..70),
        ) {
            for (slot, bits) in [
                (Slot::Little(1), 8),
                (Slot::Little(2), 16),
                (Slot::Little(4), 32),
                (Slot::Little(8), 64),
                (Slot::Widened, 64),
                (Slot::Little(16), 128),
                (Slot::Big(9), 72),
                (Slot::Big(16), 128),
            ] {
                // A base of the slot's width, and steps that mostly stay within it.
                let base = i128::from(base >> (64 - bits.min(64)));
                let step = i128::from(step);
                let value = |steps: u64| base + step * i128::from(steps);
                // Slots of 64 bits and less hold signed and unsigned numbers; widened ones are signed.
                let most = if slot == Slot::Widened || bits > 64 { bits.min(127) - 1 } else { bits };
                let held = |steps: &u64| (-(1i128 << (bits.min(127) - 1))..1 << most).contains(&value(*steps));
                let shift = if bits < 64 { 64 - bits } else { 9 };
                let steps: Vec<u64> = steps.iter().map(|steps| steps >> shift).filter(held).collect();
                let mut expected = vec![0; steps.len() * slot.bytes()];
                fill_wide(steps.iter().map(|steps| value(*steps)), slot, &mut expected);
                for instructions in InstructionSet::available() {
                    let mut slots = vec![0xAA; expected.len()];
                    let (least, most) = slot.fill(instructions, base, step, &steps, &mut slots);
                    prop_assert_eq!(&slots, &expected, "{:?}", slot);
                    prop_assert_eq!(least, steps.iter().copied().min().unwrap_or(u64::MAX));
                    prop_assert_eq!(most, steps.iter().copied().max().unwrap_or(0));
                }
            }
        }
    }

    #[test]
    fn decimals_take_as_many_bytes_as_parquet_says() {
        for (precision, bytes) in [(18, 8), (19, 9), (20, 9), (21, 9), (22, 10), (38, 16)] {
            assert_eq!(decimal_bytes(precision), bytes, "{precision} digits");
        }
    }
}
