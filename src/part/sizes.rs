//! The sizes of a plan's parts before any of them is written.
//!
//! Without compression they are exact if values have fixed widths: then nothing that a footer says takes more or fewer
//! bytes for other values, and only the part's own number and rows, which the footer holds as text, differ from part to
//! part. Where nulls, lists or texts differ in number and length, the first part stands for the others, and texts count
//! with the most bytes that they can have.

use std::num::NonZeroU64;
use std::ops::Range;

use super::PartError;
use super::origin::Origin;
use super::writer::PartWriter;
use crate::plan::{Part, Plan};
use crate::progress::Progress;

/// How many bytes each part of a plan has, before compression.
pub(crate) struct PartSizes<'a> {
    plan: &'a Plan,
    /// Bytes of a full part, and of the last one, without the text that names the part.
    full: u64,
    last: u64,
}

impl<'a> PartSizes<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Result<Self, PartError> {
        let progress = Progress::default();
        let writer = PartWriter::new(plan, 1, &progress)?;
        let unnamed = |part: Part| Ok::<_, PartError>(writer.plain_bytes(part)? - name_bytes(plan, part)?);
        let (first, last) = (plan.part(0), plan.part(plan.part_count() - 1));
        let full = unnamed(first)?;
        let last = if last.rows.count() == first.rows.count() { full } else { unnamed(last)? };
        Ok(Self { plan, full, last })
    }

    /// Bytes of the part with this number.
    pub(crate) fn part(&self, index: u64) -> Result<u64, PartError> {
        let unnamed = if index + 1 == self.plan.part_count() { self.last } else { self.full };
        Ok(unnamed + name_bytes(self.plan, self.plan.part(index))?)
    }

    /// Bytes of the consecutive parts `parts` together.
    pub(crate) fn parts(&self, parts: Range<u64>) -> Result<u128, PartError> {
        let mut bytes = 0;
        let mut index = parts.start;
        while index < parts.end {
            // Up to the next part whose number or first row has one digit more, all have the same size, but for the
            // last, which is measured by itself.
            let alike = self.alike_until(index).min(parts.end);
            bytes += u128::from(self.part(index)?) * u128::from(alike - index);
            index = alike;
        }
        Ok(bytes)
    }

    /// The first part behind `index` that may have another size.
    fn alike_until(&self, index: u64) -> u64 {
        let last = self.plan.part_count() - 1;
        if index == last {
            return last + 1;
        }
        let rows = self.plan.data_set().rows();
        let batch_rows: NonZeroU64 = self.plan.layout().batch_rows;
        let longer = |number: u64| 10u64.checked_pow(number.checked_ilog10().unwrap_or(0) + 1);
        let longer_index = longer(index);
        // The number of the part whose first row is at least so large.
        let first_row = self.plan.part(index).rows.first();
        let longer_row = longer(first_row).map(|row| (row - rows.first()).div_ceil(batch_rows.get()));
        [longer_index, longer_row].into_iter().flatten().fold(last, u64::min)
    }
}

/// Bytes of the text that names `part` in its footer, with its length before it.
fn name_bytes(plan: &Plan, part: Part) -> Result<u64, PartError> {
    let pair = Origin::part_key_value(plan, part).map_err(std::io::Error::from)?;
    let text = pair.value.unwrap_or_default().len() as u64;
    let length_bytes = (u64::BITS - text.leading_zeros()).div_ceil(7).max(1);
    Ok(text + u64::from(length_bytes))
}
