//! Texts one behind the other, as Arrow holds them.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

/// Texts that are put together piece by piece.
#[derive(Debug)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each text begins, and where the last one ends.
    offsets: Vec<usize>,
}

impl Texts {
    /// No texts, with room for `count` of about `bytes` each.
    pub(super) fn with_capacity(count: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(count + 1);
        offsets.push(0);
        Self { bytes: Vec::with_capacity(count * bytes), offsets }
    }

    /// Texts of `width` bytes each.
    pub(super) fn of_width(bytes: Vec<u8>, count: usize, width: usize) -> Self {
        Self { bytes, offsets: (0..=count).map(|index| index * width).collect() }
    }

    /// Appends to the text that is being put together.
    pub(super) fn push(&mut self, piece: &str) {
        self.bytes.extend_from_slice(piece.as_bytes());
    }

    /// Appends UTF-8.
    pub(super) fn push_bytes(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// Appends a number in decimal.
    pub(super) fn push_number(&mut self, number: i128) {
        let Ok(mut rest) = u64::try_from(number) else { return self.push(&number.to_string()) };
        let mut digits = [b'0'; 20];
        let mut start = digits.len() - 1;
        loop {
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
            start -= 1;
        }
        self.bytes.extend_from_slice(&digits[start..]);
    }

    /// Ends the text that is being put together.
    pub(super) fn end(&mut self) {
        self.offsets.push(self.bytes.len());
    }

    /// Ends the text after it is filled up to `width` characters with zeros between sign and digits. It is ASCII.
    pub(super) fn end_padded(&mut self, width: usize) {
        let start = self.offsets[self.offsets.len() - 1];
        let missing = width.saturating_sub(self.bytes.len() - start);
        let at = start + usize::from(self.bytes.get(start) == Some(&b'-'));
        self.bytes.splice(at..at, std::iter::repeat_n(b'0', missing));
        self.end();
    }

    /// Bytes of all texts together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The text with this number.
    pub(super) fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.offsets[index]..self.offsets[index + 1]]
    }

    /// Appends text `index` of `others` to the text that is being put together.
    pub(super) fn push_from(&mut self, others: &Self, index: usize) {
        self.bytes.extend_from_slice(others.get(index));
    }

    /// The texts as an array.
    ///
    /// # Panics
    ///
    /// If they have 2 GiB or more.
    pub(super) fn into_array(self) -> ArrayRef {
        assert!(self.bytes.len() <= i32::MAX as usize, "the texts of an array have less than 2 GiB");
        let offsets: Vec<i32> = self.offsets.into_iter().map(|offset| offset as i32).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Arc::new(StringArray::new(offsets, Buffer::from(self.bytes), None))
    }
}
