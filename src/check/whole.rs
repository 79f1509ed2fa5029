//! Whole numbers in any of Arrow's types, turned exactly into units of a column's type.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal256Type, IntervalMonthDayNanoType};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{ArrowNativeType, ScalarBuffer, i256};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};

use crate::schema::FloatWidth;
use crate::schema::types::{ColumnType, SECONDS_A_DAY, unit_digits};

/// Gives the number of units at a position; `None` if what is there is no whole number of them.
pub(super) type UnitsAt = Box<dyn Fn(usize) -> Option<i128> + Send + Sync>;

/// Digits of decimals that a double tells apart.
const DIGITS_OF_F64: u8 = 15;
/// Digits of decimals that a single tells apart.
const DIGITS_OF_F32: u8 = 6;

/// Units are so many times what was found, divided by so many. A factor that has no 128 bits is none.
#[derive(Clone, Copy)]
struct Ratio {
    times: Option<i128>,
    divided_by: Option<i128>,
}

impl Ratio {
    const ONE: Self = Self { times: Some(1), divided_by: Some(1) };

    /// From numbers with so many digits behind the point to units with so many.
    fn of_digits(found: i64, own: i64) -> Self {
        let power = |digits: i64| 10i128.checked_pow(digits.max(0) as u32);
        Self { times: power(own - found), divided_by: power(found - own) }
    }

    fn units(self, found: i128) -> Option<i128> {
        match (self.times, self.divided_by) {
            _ if found == 0 => Some(0),
            (Some(times), Some(divisor)) if found % divisor == 0 => (found / divisor).checked_mul(times),
            _ => None,
        }
    }

    fn units_of_wide(self, found: i256) -> Option<i128> {
        let divisor = i256::from_i128(self.divided_by?);
        (found.checked_rem(divisor)? == i256::ZERO).then_some(())?;
        Self { divided_by: Some(1), ..self }.units(found.checked_div(divisor)?.to_i128()?)
    }
}

/// The units of `column_type`, a whole-number type, that are in `array`; `None` if arrays of its type do not say them.
pub(super) fn units_at(column_type: &ColumnType, array: &ArrayRef) -> Option<UnitsAt> {
    let found = array.data_type();
    let digits = |unit: &TimeUnit| i64::from(unit_digits(*unit));
    let ratio = match (column_type, found) {
        (ColumnType::Date, DataType::Date32) => Ratio::ONE,
        (ColumnType::Date, DataType::Date64) => {
            Ratio { divided_by: Some(SECONDS_A_DAY * 1000), ..Ratio::ONE }
        }
        (ColumnType::Date, DataType::Timestamp(unit, _)) => {
            let divisor = SECONDS_A_DAY * 10i128.pow(unit_digits(*unit));
            Ratio { divided_by: Some(divisor), ..Ratio::ONE }
        }
        (ColumnType::Time(own), DataType::Time32(unit) | DataType::Time64(unit))
        | (ColumnType::Timestamp { unit: own, .. }, DataType::Timestamp(unit, _))
        | (ColumnType::Duration(own), DataType::Duration(unit)) => {
            Ratio::of_digits(digits(unit), digits(own))
        }
        (ColumnType::Duration(own), DataType::Interval(IntervalUnit::MonthDayNano)) => {
            return Some(interval_at(array, Ratio::of_digits(9, digits(own))));
        }
        (ColumnType::Duration(_), integer) if integer.is_integer() => Ratio::ONE,
        (
            ColumnType::Date | ColumnType::Time(_) | ColumnType::Timestamp { .. } | ColumnType::Duration(_),
            _,
        ) => {
            return None;
        }
        (number, found) => {
            let own = match number {
                ColumnType::Decimal { scale, .. } => i64::from(*scale),
                _ => 0,
            };
            match found {
                DataType::Decimal32(_, scale)
                | DataType::Decimal64(_, scale)
                | DataType::Decimal128(_, scale)
                | DataType::Decimal256(_, scale) => Ratio::of_digits(i64::from(*scale), own),
                integer if integer.is_integer() => Ratio::of_digits(0, own),
                DataType::Float64 | DataType::Float32 => return units_of_floats(number, array),
                _ => return None,
            }
        }
    };
    natives(array, ratio)
}

/// The units of the numbers that are in memory.
fn natives(array: &ArrayRef, ratio: Ratio) -> Option<UnitsAt> {
    fn of<N: ArrowNativeType + Into<i128>>(array: &ArrayRef, ratio: Ratio) -> UnitsAt {
        let data = array.to_data();
        let numbers = ScalarBuffer::<N>::new(data.buffers()[0].clone(), data.offset(), data.len());
        Box::new(move |position| ratio.units(numbers[position].into()))
    }
    Some(match array.data_type() {
        DataType::Int8 => of::<i8>(array, ratio),
        DataType::Int16 => of::<i16>(array, ratio),
        DataType::UInt8 => of::<u8>(array, ratio),
        DataType::UInt16 => of::<u16>(array, ratio),
        DataType::UInt32 => of::<u32>(array, ratio),
        DataType::UInt64 => of::<u64>(array, ratio),
        DataType::Int32 | DataType::Date32 | DataType::Time32(_) | DataType::Decimal32(..) => {
            of::<i32>(array, ratio)
        }
        DataType::Int64
        | DataType::Date64
        | DataType::Time64(_)
        | DataType::Timestamp(..)
        | DataType::Duration(_)
        | DataType::Decimal64(..) => of::<i64>(array, ratio),
        DataType::Decimal128(..) => of::<i128>(array, ratio),
        DataType::Decimal256(..) => {
            let numbers = array.as_primitive::<Decimal256Type>().values().clone();
            Box::new(move |position| ratio.units_of_wide(numbers[position]))
        }
        _ => return None,
    })
}

/// The integers in `array`; `None` if it holds something else.
pub(super) fn integers_at(array: &ArrayRef) -> Option<UnitsAt> {
    array.data_type().is_integer().then(|| natives(array, Ratio::ONE))?
}

/// Lengths of time without months, in nanoseconds. A day has 24 hours.
fn interval_at(array: &ArrayRef, ratio: Ratio) -> UnitsAt {
    const NS_A_DAY: i128 = SECONDS_A_DAY * 1_000_000_000;
    let intervals = array.as_primitive::<IntervalMonthDayNanoType>().values().clone();
    Box::new(move |position| {
        let interval = intervals[position];
        let ns = i128::from(interval.days) * NS_A_DAY + i128::from(interval.nanoseconds);
        if interval.months == 0 { ratio.units(ns) } else { None }
    })
}

/// Numbers that came as floats. An integer is that very number. A decimal is the one that the float is nearest to:
/// of types with so many digits that floats no longer tell them apart, there is none.
fn units_of_floats(column_type: &ColumnType, array: &ArrayRef) -> Option<UnitsAt> {
    let (float_at, width) = floats_at(array)?;
    let is_single = width == FloatWidth::F32;
    let ColumnType::Decimal { precision, scale } = *column_type else {
        // The largest integers have 64 bits.
        let is_near = |float: f64| float.fract() == 0.0 && float.abs() < 1e20;
        return Some(Box::new(move |position| {
            Some(float_at(position)).filter(|f| is_near(*f)).map(|f| f as i128)
        }));
    };
    let one = 10f64.powi(scale.into());
    (precision <= if is_single { DIGITS_OF_F32 } else { DIGITS_OF_F64 }).then_some(())?;
    Some(Box::new(move |position| {
        let float = float_at(position);
        let units = (float * one).round();
        // Both are exact doubles, so their quotient is the double nearest to the decimal.
        let nearest = units / one;
        let nearest = if is_single { f64::from(nearest as f32) } else { nearest };
        (nearest == float && units.abs() < 1e18).then_some(units as i128)
    }))
}

/// Gives the float at a position.
pub(super) type FloatAt = Box<dyn Fn(usize) -> f64 + Send + Sync>;

/// The floats in `array`, and their width; `None` if it holds something else.
pub(super) fn floats_at(array: &ArrayRef) -> Option<(FloatAt, FloatWidth)> {
    use arrow_array::types::{Float32Type, Float64Type};
    match array.data_type() {
        DataType::Float64 => {
            let floats = array.as_primitive::<Float64Type>().values().clone();
            Some((Box::new(move |position| floats[position]), FloatWidth::F64))
        }
        DataType::Float32 => {
            let floats = array.as_primitive::<Float32Type>().values().clone();
            Some((Box::new(move |position| floats[position].into()), FloatWidth::F32))
        }
        _ => None,
    }
}
