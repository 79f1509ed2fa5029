//! Arrays without dictionaries and runs, and their texts and bytes in any of Arrow's types.

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, LargeBinaryArray, LargeStringArray,
    RunArray, StringArray, StringViewArray, UInt64Array, downcast_run_array,
};
use arrow_schema::DataType;
use arrow_select::take::take;

/// `array` with dictionaries and runs resolved; `None` if it contradicts itself.
pub(super) fn flat(array: &ArrayRef) -> Option<ArrayRef> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        return flat(&take(dictionary.values(), dictionary.keys(), None).ok()?);
    }
    let data_type = array.data_type();
    if matches!(data_type, DataType::RunEndEncoded(..)) {
        return downcast_run_array!(
            array => flat(&without_runs(array)?),
            _ => None
        );
    }
    Some(ArrayRef::clone(array))
}

fn without_runs<R: arrow_array::types::RunEndIndexType>(array: &RunArray<R>) -> Option<ArrayRef> {
    let indices: UInt64Array =
        (0..array.len()).map(|index| Some(array.get_physical_index(index) as u64)).collect();
    take(array.values(), &indices, None).ok()
}

/// A column of texts or byte strings. Of nulls it has some bytes.
#[derive(Clone)]
pub(super) enum Bytes {
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Binary(BinaryArray),
    LargeBinary(LargeBinaryArray),
    BinaryView(BinaryViewArray),
    FixedSize(FixedSizeBinaryArray),
}

impl Bytes {
    /// The texts in `array`; `None` if it holds something else.
    pub(super) fn of_text(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string().clone()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string().clone()),
            DataType::Utf8View => Self::TextView(array.as_string_view().clone()),
            _ => return None,
        })
    }

    /// The byte strings in `array`, which are no texts; `None` if it holds something else.
    pub(super) fn of_binary(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Binary => Self::Binary(array.as_binary().clone()),
            DataType::LargeBinary => Self::LargeBinary(array.as_binary().clone()),
            DataType::BinaryView => Self::BinaryView(array.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => Self::FixedSize(array.as_fixed_size_binary().clone()),
            _ => return None,
        })
    }

    /// What is at `position`.
    pub(super) fn get(&self, position: usize) -> &[u8] {
        match self {
            Self::Text(array) => array.value(position).as_bytes(),
            Self::LargeText(array) => array.value(position).as_bytes(),
            Self::TextView(array) => array.value(position).as_bytes(),
            Self::Binary(array) => array.value(position),
            Self::LargeBinary(array) => array.value(position),
            Self::BinaryView(array) => array.value(position),
            Self::FixedSize(array) => array.value(position),
        }
    }

    /// The text at `position`; `None` if these are no texts.
    pub(super) fn text(&self, position: usize) -> Option<&str> {
        match self {
            Self::Text(array) => Some(array.value(position)),
            Self::LargeText(array) => Some(array.value(position)),
            Self::TextView(array) => Some(array.value(position)),
            _ => None,
        }
    }
}
