//! Timestamps of 96 bits: a Julian day, 32 bits, and nanoseconds of it, 64 bits.
//!
//! The parquet crate turns them into 64-bit microseconds, wrapping around and dropping what is below a microsecond.
//! So the values are looked at before.

use arrow_schema::ArrowError;
use parquet::column::page::PageReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{Int96, Int96Type};
use parquet::errors::Result as ParquetResult;
use parquet::schema::types::ColumnDescPtr;

const UNIX_EPOCH_JULIAN_DAY: i128 = 2_440_588;
const DAY_NANOSECONDS: i128 = 86_400_000_000_000;
/// Values looked at together.
const BATCH_ROWS: usize = 8_192;

/// A value that no type of Arrow holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column:?} has in row {row} an INT96 timestamp {nanoseconds} ns from 1970, which {reason}")]
pub(crate) struct Unrepresentable {
    column: String,
    row: u64,
    nanoseconds: i128,
    reason: &'static str,
}

/// Finds the first value of a column chunk that is no 64-bit number of microseconds.
///
/// # Errors
///
/// If there is one, with its row, counted from `first_row`. What cannot be read is no error: it is one when the rows
/// are read.
pub(super) fn validate(
    leaf: &ColumnDescPtr,
    pages: Box<dyn PageReader>,
    first_row: u64,
) -> Result<(), ArrowError> {
    let mut values = Values {
        reader: ColumnReaderImpl::new(ColumnDescPtr::clone(leaf), pages),
        row: first_row,
        definition: Vec::new(),
        repetition: Vec::new(),
        values: Vec::new(),
    };
    while let Ok(Some(read)) = values.next_batch(leaf.max_def_level(), leaf.max_rep_level()) {
        if let Some((row, nanoseconds)) = read.into_iter().find(|(_, nanoseconds)| !fits(*nanoseconds)) {
            let (column, reason) = (leaf.path().string(), reason(nanoseconds));
            let value = Unrepresentable { column, row, nanoseconds, reason };
            return Err(ArrowError::ExternalError(Box::new(value)));
        }
    }
    Ok(())
}

fn fits(nanoseconds: i128) -> bool {
    nanoseconds % 1_000 == 0 && i64::try_from(nanoseconds / 1_000).is_ok()
}

fn reason(nanoseconds: i128) -> &'static str {
    match nanoseconds % 1_000 {
        0 => "is beyond 64-bit microseconds",
        _ => "microseconds would round",
    }
}

/// Nanoseconds since 1970.
fn nanoseconds(value: &Int96) -> i128 {
    let [low, high, day] = value.data() else { return 0 };
    let of_day = (u64::from(*high) << 32 | u64::from(*low)) as i64;
    (i128::from(*day as i32) - UNIX_EPOCH_JULIAN_DAY) * DAY_NANOSECONDS + i128::from(of_day)
}

struct Values {
    reader: ColumnReaderImpl<Int96Type>,
    row: u64,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Vec<Int96>,
}

impl Values {
    /// The next values, each with its row; `None` at the end.
    fn next_batch(&mut self, defined: i16, repeated: i16) -> ParquetResult<Option<Vec<(u64, i128)>>> {
        self.definition.clear();
        self.repetition.clear();
        self.values.clear();
        let (rows, _, levels) = self.reader.read_records(
            BATCH_ROWS,
            Some(&mut self.definition),
            Some(&mut self.repetition),
            &mut self.values,
        )?;
        if rows == 0 {
            return Ok(None);
        }
        let mut values = self.values.iter();
        let mut found = Vec::with_capacity(self.values.len());
        let mut row = self.row;
        for level in 0..levels {
            if level > 0 && (repeated == 0 || self.repetition[level] == 0) {
                row += 1;
            }
            if (defined == 0 || self.definition[level] == defined)
                && let Some(value) = values.next()
            {
                found.push((row, nanoseconds(value)));
            }
        }
        self.row += rows as u64;
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_fits_if_it_is_a_64_bit_number_of_microseconds() {
        let of = |day: u32, of_day: u64| {
            let mut value = Int96::new();
            value.set_data(of_day as u32, (of_day >> 32) as u32, day);
            nanoseconds(&value)
        };
        assert_eq!(of(2_440_588, 0), 0);
        assert_eq!(of(2_440_587, 86_399_999_999_000), -1_000);
        assert_eq!(of(2_440_588, -1_000i64 as u64), -1_000);
        for (day, of_day, expected) in [
            (0, 0, true),
            (2_440_588 + 106_751_991, 14_454_775_807_000, true),
            (2_440_588 + 106_751_991, 14_454_775_808_000, false),
            (2_440_588, 1, false),
            (i32::MAX as u32, 0, false),
            (i32::MIN as u32, 0, false),
        ] {
            assert_eq!(fits(of(day, of_day)), expected, "{day} {of_day}");
        }
    }
}
