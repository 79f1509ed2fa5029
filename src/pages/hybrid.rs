//! Small numbers of one width: Parquet's hybrid of run-length encoding and bit-packing, which holds levels and the
//! numbers of dictionary entries.
//!
//! A run is either one number with a count or a multiple of eight packed numbers. A page has exactly one run, of the
//! first kind if all its numbers are equal, so that its size follows from the count and the width.

use super::buffer::PageBuffer;
use crate::instructions::Kernel;

/// The bits that numbers up to `largest` need.
pub(super) fn width_of(largest: u64) -> u32 {
    u64::BITS - largest.leading_zeros()
}

/// Bytes of a run of `count` packed numbers of `width` bits.
pub(super) fn packed_bytes(count: usize, width: u32) -> usize {
    varint_bytes(packed_header(count)) + body_bytes(count, width)
}

/// Bytes of a run of `count` equal numbers of `width` bits.
pub(super) fn repeated_bytes(count: usize, width: u32) -> usize {
    varint_bytes(repeated_header(count)) + width.div_ceil(8) as usize
}

/// Appends the header of a run of `count` packed numbers and returns the bytes that hold them, for the caller to fill.
pub(super) fn append_packed(count: usize, width: u32, out: &mut PageBuffer) -> &mut [u8] {
    append_varint(packed_header(count), out);
    out.append(body_bytes(count, width))
}

/// Appends a run of `count` times `number`.
pub(super) fn append_repeated(count: usize, width: u32, number: u64, out: &mut PageBuffer) {
    append_varint(repeated_header(count), out);
    out.extend(&number.to_le_bytes()[..width.div_ceil(8) as usize]);
}

fn body_bytes(count: usize, width: u32) -> usize {
    count.div_ceil(8) * width as usize
}

fn packed_header(count: usize) -> u64 {
    (count.div_ceil(8) as u64) << 1 | 1
}

fn repeated_header(count: usize) -> u64 {
    (count as u64) << 1
}

fn varint_bytes(number: u64) -> usize {
    width_of(number).div_ceil(7).max(1) as usize
}

fn append_varint(mut number: u64, out: &mut PageBuffer) {
    while number >= 0x80 {
        out.extend(&[number as u8 | 0x80]);
        number >>= 7;
    }
    out.extend(&[number as u8]);
}

/// Packs numbers of `width` bits, of which eight take `width` bytes. Behind the last number come zeros.
pub(super) struct Pack<'a> {
    pub(super) width: u32,
    pub(super) numbers: &'a [u64],
    pub(super) packed: &'a mut [u8],
}

impl Kernel for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { width, numbers, packed } = self;
        // Shifts by constants are what makes this fast.
        macro_rules! widths {
            ($($width:literal)*) => {
                match width {
                    0 => {}
                    $($width => pack::<$width>(numbers, packed),)*
                    _ => pack_wide(width as usize, numbers, packed),
                }
            };
        }
        widths!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    }
}

#[inline(always)]
fn pack<const WIDTH: usize>(numbers: &[u64], packed: &mut [u8]) {
    let (eights, rest) = numbers.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last = if rest.is_empty() { None } else { Some(&last) };
    for (eight, bytes) in eights.iter().chain(last).zip(packed.chunks_exact_mut(WIDTH)) {
        if WIDTH <= 8 {
            let all = (0..8).fold(0, |all: u64, place| all | eight[place] << (place * WIDTH));
            bytes.copy_from_slice(&all.to_le_bytes()[..WIDTH]);
        } else {
            let all = (0..8).fold(0, |all: u128, place| all | u128::from(eight[place]) << (place * WIDTH));
            bytes.copy_from_slice(&all.to_le_bytes()[..WIDTH]);
        }
    }
}

/// Numbers of any width up to 64 bits, one at a time.
fn pack_wide(width: usize, numbers: &[u64], packed: &mut [u8]) {
    packed.fill(0);
    for (place, number) in numbers.iter().enumerate() {
        let (byte, shift) = (place * width / 8, place * width % 8);
        let shifted = (u128::from(*number) << shift).to_le_bytes();
        let bytes = (shift + width).div_ceil(8);
        for (slot, part) in packed[byte..byte + bytes].iter_mut().zip(shifted) {
            *slot |= part;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::instructions::InstructionSet;

    proptest! {
        #[test]
        fn packed_numbers_are_read_back(
            width in 1u32..=40,
            words in prop::collection::vec(any::<u64>(), 0..70),
        ) {
            let numbers: Vec<u64> = words.iter().map(|word| word >> (64 - width)).collect();
            for instructions in InstructionSet::available() {
                let mut out = PageBuffer::default();
                out.extend(&[0xAA; 200]);
                out.clear();
                let packed = append_packed(numbers.len(), width, &mut out);
                instructions.run(Pack { width, numbers: &numbers, packed });
                prop_assert_eq!(out.bytes().len(), packed_bytes(numbers.len(), width));
                let body = &out.bytes()[1..];
                let bit = |at: usize| u64::from(body[at / 8] >> (at % 8) & 1);
                let number = |place: usize| {
                    (0..width as usize).map(|shift| bit(place * width as usize + shift) << shift).sum::<u64>()
                };
                let padded = numbers.len().next_multiple_of(8);
                let read: Vec<u64> = (0..padded).map(number).collect();
                prop_assert_eq!(&read[..numbers.len()], &numbers);
                prop_assert!(read[numbers.len()..].iter().all(|number| *number == 0));
            }
        }
    }

    #[test]
    fn a_run_has_the_bytes_that_are_said_beforehand() {
        for count in [0, 1, 7, 8, 9, 63, 64, 511, 512, 8_191, 8_192, 70_000, 1 << 20] {
            let mut out = PageBuffer::default();
            append_packed(count, 5, &mut out);
            assert_eq!(out.bytes().len(), packed_bytes(count, 5), "{count} packed");
            out.clear();
            append_repeated(count, 2, 1, &mut out);
            assert_eq!(out.bytes().len(), repeated_bytes(count, 2), "{count} repeated");
        }
    }
}
