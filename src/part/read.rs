//! Reading the footer of a Parquet file that may be damaged.
//!
//! The parquet crate sets memory aside for as many entries as a list of a footer says it has, before it reads
//! them: a damaged length is a wish for all memory there is, and the end of the process. So the footer is walked
//! once before, by the rules of Thrift's compact protocol:
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

/// What stands behind the footer: its length, four bytes, and the magic number.
pub(crate) const TAIL_BYTES: usize = 8;
/// Row groups that together take so many bytes to describe are decoded together.
pub(crate) const SPAN_BYTES: usize = 256 << 10;
/// Footers have far fewer structures within structures.
const MAX_DEPTH: u32 = 32;

/// What a Parquet file begins and ends with.
pub(crate) const MAGIC: &[u8] = b"PAR1";
/// The magic number of a file whose footer is encrypted.
pub(crate) const ENCRYPTED_MAGIC: &[u8] = b"PARE";
/// `row_groups` in Parquet's `FileMetaData`.
const ROW_GROUPS_FIELD: i64 = 4;
/// `encryption_algorithm` there: some columns are encrypted, the footer is not.
const ENCRYPTION_FIELD: i64 = 8;
/// Kinds of values in the compact protocol.
const LIST: u8 = 9;
const STRUCTURE: u8 = 12;

/// The end of a file.
pub(crate) enum FileEnd {
    /// A footer.
    Footer(Footer),
    /// The footer or some columns are encrypted.
    Encrypted,
    /// The file does not end as a Parquet file does, or a list, text or structure in the metadata is longer than all
    /// of it.
    Damaged,
}

/// The footer of a Parquet file, encoded. Decoded row groups take several times as much memory, so they are decoded
/// when they are needed.
pub(crate) struct Footer {
    encoded: Vec<u8>,
    /// Where the list of row groups stands.
    list: Range<usize>,
    /// Where each row group begins, and where the last one ends.
    bounds: Vec<u32>,
}

impl Footer {
    /// Reads the footer of `file`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub(crate) fn read(file: &File) -> io::Result<FileEnd> {
        let file_bytes = file.metadata()?.len();
        let Some(tail_start) = file_bytes.checked_sub(TAIL_BYTES as u64) else {
            return Ok(FileEnd::Damaged);
        };
        let mut tail = [0; TAIL_BYTES];
        file.read_exact_at(&mut tail, tail_start)?;
        let [a, b, c, d, magic @ ..] = tail;
        let footer_bytes = u32::from_le_bytes([a, b, c, d]);
        let Some(footer_start) = tail_start.checked_sub(footer_bytes.into()) else {
            return Ok(FileEnd::Damaged);
        };
        match magic.as_slice() {
            MAGIC => {}
            ENCRYPTED_MAGIC => return Ok(FileEnd::Encrypted),
            _ => return Ok(FileEnd::Damaged),
        }
        let mut encoded = vec![0; footer_bytes as usize];
        file.read_exact_at(&mut encoded, footer_start)?;
        Ok(Self::index(encoded).unwrap_or(FileEnd::Damaged))
    }

    /// Finds the row groups in a footer; `None` if something in it is longer than all of it.
    fn index(encoded: Vec<u8>) -> Option<FileEnd> {
        let mut walk = Walk(&encoded);
        let position = |walk: &Walk| encoded.len() - walk.0.len();
        let mut found = None;
        let mut field = 0;
        while let Some(kind) = walk.next_field(&mut field)? {
            match (field, kind) {
                (ENCRYPTION_FIELD, _) => return Some(FileEnd::Encrypted),
                (ROW_GROUPS_FIELD, LIST) if found.is_none() => {
                    let start = position(&walk);
                    let (count, STRUCTURE) = walk.list()? else { return None };
                    let mut bounds = vec![position(&walk) as u32];
                    for _ in 0..count {
                        walk.structure(1)?;
                        bounds.push(position(&walk) as u32);
                    }
                    found = Some((start..position(&walk), bounds));
                }
                (ROW_GROUPS_FIELD, _) => return None,
                (_, kind) => walk.field_value(kind, 0)?,
            }
        }
        let (list, bounds) = found?;
        Some(FileEnd::Footer(Self { encoded, list, bounds }))
    }

    /// Bytes of it in the file.
    pub(crate) fn bytes(&self) -> usize {
        self.encoded.len()
    }

    /// How many row groups the file has.
    pub(crate) fn row_groups(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The metadata as if the file had only these row groups.
    pub(crate) fn metadata(&self, groups: Range<usize>) -> ParquetResult<ParquetMetaData> {
        let described = self.bounds[groups.start] as usize..self.bounds[groups.end] as usize;
        let mut encoded = Vec::with_capacity(self.encoded.len() - self.list.len() + described.len() + 8);
        encoded.extend_from_slice(&self.encoded[..self.list.start]);
        encoded.push(15 << 4 | STRUCTURE);
        let mut count = groups.len();
        while count >= 0x80 {
            encoded.push(count as u8 | 0x80);
            count >>= 7;
        }
        encoded.push(count as u8);
        encoded.extend_from_slice(&self.encoded[described]);
        encoded.extend_from_slice(&self.encoded[self.list.end..]);
        ParquetMetaDataReader::decode_metadata(&encoded)
    }

    /// Cuts the row groups into spans of neighbours: single ones, or as many as take `span_bytes` to describe.
    pub(crate) fn spans(&self, span_bytes: usize) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let limit = self.bounds[start] as usize + span_bytes;
            let fitting = self.bounds[start..].partition_point(|bound| *bound as usize <= limit);
            let end = (start + fitting.saturating_sub(1).max(1)).min(self.row_groups());
            let span = (start < end).then_some(start..end);
            start = end;
            span
        })
    }
}

/// What is left of a footer. Its methods pass over something, and give `None` if it is not all there.
struct Walk<'a>(&'a [u8]);

impl Walk<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn skip(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn structure(&mut self, depth: u32) -> Option<()> {
        let mut field = 0;
        while let Some(kind) = self.next_field(&mut field)? {
            self.field_value(kind, depth)?;
        }
        Some(())
    }

    /// Passes over the header of a structure's next field, counts `field` on to its number, and returns the kind of its
    /// value, or `None` at the structure's end.
    fn next_field(&mut self, field: &mut i64) -> Option<Option<u8>> {
        const STOP: u8 = 0;
        let header = self.byte()?;
        if header == STOP {
            return Some(None);
        }
        *field = match header >> 4 {
            // The number itself, in zigzag encoding.
            0 => {
                let number = self.number()?;
                (number >> 1) as i64 ^ -((number & 1) as i64)
            }
            difference => field.wrapping_add(difference.into()),
        };
        Some(Some(header & 0x0f))
    }

    fn field_value(&mut self, kind: u8, depth: u32) -> Option<()> {
        match kind {
            1 | 2 => Some(()), // true and false are in the header
            kind => self.value(kind, depth),
        }
    }

    fn value(&mut self, kind: u8, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            1..=3 => self.skip(1),
            4..=6 => self.number().map(drop),
            7 => self.skip(size_of::<f64>() as u64),
            8 => {
                let bytes = self.number()?;
                self.skip(bytes)
            }
            LIST | 10 => {
                let (count, kind) = self.list()?;
                self.values(count, &[kind], depth)
            }
            11 => match self.number()? {
                0 => Some(()),
                count => {
                    let kinds = self.byte()?;
                    self.values(count, &[kinds >> 4, kinds & 0x0f], depth)
                }
            },
            STRUCTURE => self.structure(depth + 1),
            _ => None,
        }
    }

    /// Passes over the header of a list, and returns how many values of which kind follow.
    fn list(&mut self) -> Option<(u64, u8)> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.number()?,
            count => count.into(),
        };
        // Each value takes a byte at least.
        (count <= self.0.len() as u64).then_some((count, header & 0x0f))
    }

    /// Each value takes a byte at least.
    fn values(&mut self, count: u64, kinds: &[u8], depth: u32) -> Option<()> {
        if count > self.0.len() as u64 {
            return None;
        }
        (0..count).try_for_each(|_| kinds.iter().try_for_each(|kind| self.value(*kind, depth + 1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_that_is_longer_than_all_there_is_does_not_fit() {
        // A structure with one field, a list of bytes with one of them.
        assert!(Walk(&[0x19, 0x13, 7, 0]).structure(0).is_some());
        for broken in
            [&[0x19, 0x23, 7, 0][..], &[0x19, 0xf3, 0xff, 0xff, 0xff, 0xff, 0x0f, 7, 0], &[0x19], &[]]
        {
            assert!(Walk(broken).structure(0).is_none(), "{broken:?}");
        }
        assert!(Walk(&[0x1c; 1_000]).structure(0).is_none(), "too deep");
    }

    /// A footer of as many row groups as there are numbers, each described by a list of so many bytes.
    fn footer(groups: &[u8]) -> Footer {
        let mut encoded = vec![0x49, 0xfc, groups.len() as u8];
        for bytes in groups {
            encoded.extend([0x19, 0xf3, *bytes]);
            encoded.extend(std::iter::repeat_n(7, usize::from(*bytes)));
            encoded.push(0);
        }
        encoded.push(0);
        match Footer::index(encoded) {
            Some(FileEnd::Footer(footer)) => footer,
            _ => panic!("no footer"),
        }
    }

    #[test]
    fn a_footer_without_its_row_groups_or_with_two_lists_of_them_is_damaged() {
        for encoded in [&[0][..], &[0x19, 0x13, 7, 0], &[0x49, 0x0c, 0x09, 0x08, 0x0c, 0]] {
            assert!(Footer::index(encoded.to_vec()).is_none(), "{encoded:?}");
        }
        assert!(matches!(Footer::index(vec![0x8c, 0]), Some(FileEnd::Encrypted)));
    }

    proptest! {
        #[test]
        fn spans_hold_each_row_group_once(
            groups in prop::collection::vec(0u8..127, 0..60),
            span_bytes in 1usize..600,
        ) {
            let footer = footer(&groups);
            prop_assert_eq!(footer.row_groups(), groups.len());
            let mut next = 0;
            for span in footer.spans(span_bytes) {
                prop_assert_eq!(span.start, next);
                prop_assert!(!span.is_empty());
                let bytes = footer.bounds[span.end] - footer.bounds[span.start];
                prop_assert!(span.len() == 1 || bytes as usize <= span_bytes);
                next = span.end;
            }
            prop_assert_eq!(next, groups.len());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Walk(&bytes).structure(0);
        }
    }
}
