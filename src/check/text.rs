//! A column of text, in any of Arrow's types of text.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::DataType;

/// A column of text.
#[derive(Clone, Copy)]
pub(super) enum FoundText<'a> {
    Text(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

impl<'a> FoundText<'a> {
    /// The text in `array`; `None` if it holds something else.
    pub(super) fn new(array: &'a ArrayRef) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => Some(Self::Text(array.as_string())),
            DataType::LargeUtf8 => Some(Self::Large(array.as_string())),
            DataType::Utf8View => Some(Self::View(array.as_string_view())),
            _ => None,
        }
    }

    /// The text at `position`, or `None` for a null.
    pub(super) fn get(self, position: usize) -> Option<&'a str> {
        match self {
            Self::Text(array) => array.is_valid(position).then(|| array.value(position)),
            Self::Large(array) => array.is_valid(position).then(|| array.value(position)),
            Self::View(array) => array.is_valid(position).then(|| array.value(position)),
        }
    }
}
