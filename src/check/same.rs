//! Whether whole arrays hold the same values, by their bits. This is the fast path, for copies without damage.
//!
//! "No" says only that a closer look is needed: values that lie in memory in another way may still be the same.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{BinaryType, ByteArrayType, Utf8Type};
use arrow_array::{Array, ArrayRef, GenericByteArray};
use arrow_buffer::Buffer;
use arrow_schema::DataType;

use super::values::list_ranges;

/// Whether `count` values from one place in an array and from another in the other array are the same.
type RunsAreSame = Box<dyn Fn(usize, usize, usize) -> bool>;

/// Whether two arrays surely hold the same values.
pub(super) fn surely_same(one: &ArrayRef, other: &ArrayRef) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let nulls = |array: &ArrayRef| array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
    let nulls = match (nulls(one), nulls(other)) {
        (None, None) => None,
        (Some(one), Some(other)) if one.inner() == other.inner() => Some(one),
        _ => return false,
    };
    let Some(are_same) = runs_are_same(one, other) else {
        return false;
    };
    match nulls {
        None => are_same(0, 0, one.len()),
        // The values of nulls are undefined.
        Some(nulls) => nulls.valid_slices().all(|(start, end)| are_same(start, start, end - start)),
    }
}

/// How runs of values are compared; `None` if they do not lie in memory alike.
fn runs_are_same(one: &ArrayRef, other: &ArrayRef) -> Option<RunsAreSame> {
    use DataType::{Binary, Boolean, Decimal128, FixedSizeList, LargeList, List, Timestamp, Utf8};
    match (one.data_type(), other.data_type()) {
        (Boolean, Boolean) => {
            let (one, other) = (one.as_boolean().values().clone(), other.as_boolean().values().clone());
            Some(Box::new(move |start, other_start, count| {
                one.slice(start, count) == other.slice(other_start, count)
            }))
        }
        (Utf8, Utf8) => Some(bytes_are_same::<Utf8Type>(one.as_string(), other.as_string())),
        (Binary, Binary) => Some(bytes_are_same::<BinaryType>(one.as_binary(), other.as_binary())),
        (List(_) | FixedSizeList(..), List(_) | LargeList(_) | FixedSizeList(..)) => {
            lists_are_same(one, other)
        }
        (Decimal128(_, scale), Decimal128(_, other_scale)) if scale != other_scale => None,
        (Timestamp(unit, _), Timestamp(other_unit, _)) if unit != other_unit => None,
        (Decimal128(..), Decimal128(..)) | (Timestamp(..), Timestamp(..)) => slots_are_same(one, other),
        (data_type, other_type) if data_type == other_type => slots_are_same(one, other),
        _ => None,
    }
}

/// Of values in slots of a fixed width.
fn slots_are_same(one: &ArrayRef, other: &ArrayRef) -> Option<RunsAreSame> {
    let width = match one.data_type() {
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok()?,
        primitive => primitive.primitive_width()?,
    };
    let slots = |array: &ArrayRef| -> Option<Buffer> {
        let data = array.to_data();
        Some(data.buffers().first()?.slice_with_length(data.offset() * width, data.len() * width))
    };
    let (one, other) = (slots(one)?, slots(other)?);
    Some(Box::new(move |start, other_start, count| {
        one[start * width..][..count * width] == other[other_start * width..][..count * width]
    }))
}

fn bytes_are_same<T: ByteArrayType<Offset = i32>>(
    one: &GenericByteArray<T>,
    other: &GenericByteArray<T>,
) -> RunsAreSame {
    let (one, other) = (one.clone(), other.clone());
    Box::new(move |start, other_start, count| {
        let offsets = &one.value_offsets()[start..=start + count];
        let other_offsets = &other.value_offsets()[other_start..=other_start + count];
        let (first, other_first) = (offsets[0], other_offsets[0]);
        let all = |offsets: &[i32]| offsets[0] as usize..offsets[count] as usize;
        // Without an early end, so that many are compared at once.
        let differences = offsets.iter().zip(other_offsets).fold(0, |differences, (end, other_end)| {
            differences | ((end - first) ^ (other_end - other_first))
        });
        differences == 0 && one.value_data()[all(offsets)] == other.value_data()[all(other_offsets)]
    })
}

fn lists_are_same(one: &ArrayRef, other: &ArrayRef) -> Option<RunsAreSame> {
    let ((ranges, items), (other_ranges, other_items)) = (list_ranges(one)?, list_ranges(other)?);
    if other_items.null_count() > 0 {
        return None;
    }
    let items_are_same = runs_are_same(&items, &other_items)?;
    let all = |ranges: &[Range<usize>]| match (ranges.first(), ranges.last()) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => 0..0,
    };
    Some(Box::new(move |start, other_start, count| {
        let (ranges, other_ranges) = (&ranges[start..][..count], &other_ranges[other_start..][..count]);
        let (elements, other_elements) = (all(ranges), all(other_ranges));
        // Lists that are not null stand one behind the other.
        let have_same_lengths =
            || ranges.iter().zip(other_ranges).all(|(one, other)| one.len() == other.len());
        elements.len() == other_elements.len()
            && have_same_lengths()
            && items_are_same(elements.start, other_elements.start, elements.len())
    }))
}
