//! Reading the footer of a Parquet file that may be damaged.
//!
//! The parquet crate sets memory aside for as many entries as a list of a footer says it has, before it reads
//! them: a damaged length is a wish for all memory there is, and the end of the process. So the footer is walked
//! once before, by the rules of Thrift's compact protocol:
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::origin::MAGIC;

/// What stands behind the footer: its length, four bytes, and the magic number.
pub(crate) const TAIL_BYTES: usize = 8;
/// Footers have far fewer structures within structures.
const MAX_DEPTH: u32 = 32;

/// The magic number of a file whose footer is encrypted.
pub(crate) const ENCRYPTED_MAGIC: &[u8] = b"PARE";
/// `encryption_algorithm` in Parquet's `FileMetaData`: some columns are encrypted, the footer is not.
const ENCRYPTION_FIELD: i64 = 8;

/// The end of a file.
pub(crate) enum Footer {
    /// The metadata, encoded.
    Metadata(Vec<u8>),
    /// The footer or some columns are encrypted.
    Encrypted,
    /// The file does not end as a Parquet file does, or a list, text or structure in the metadata is longer than all
    /// of it.
    Damaged,
}

/// Reads the metadata at the end of `file`.
///
/// # Errors
///
/// If the file cannot be read.
pub(crate) fn read_footer(file: &File) -> io::Result<Footer> {
    let file_bytes = file.metadata()?.len();
    let Some(tail_start) = file_bytes.checked_sub(TAIL_BYTES as u64) else {
        return Ok(Footer::Damaged);
    };
    let mut tail = [0; TAIL_BYTES];
    file.read_exact_at(&mut tail, tail_start)?;
    let [a, b, c, d, magic @ ..] = tail;
    let footer_bytes = u32::from_le_bytes([a, b, c, d]);
    let Some(footer_start) = tail_start.checked_sub(footer_bytes.into()) else {
        return Ok(Footer::Damaged);
    };
    match magic.as_slice() {
        MAGIC => {}
        ENCRYPTED_MAGIC => return Ok(Footer::Encrypted),
        _ => return Ok(Footer::Damaged),
    }
    let mut footer = vec![0; footer_bytes as usize];
    file.read_exact_at(&mut footer, footer_start)?;
    let mut is_encrypted = false;
    let walked = Walk(&footer).fields(0, |field| is_encrypted |= field == ENCRYPTION_FIELD);
    Ok(match walked {
        Some(()) if is_encrypted => Footer::Encrypted,
        Some(()) => Footer::Metadata(footer),
        None => Footer::Damaged,
    })
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
        self.fields(depth, |_| ())
    }

    /// Passes over a structure, and tells `seen` the number of each of its fields.
    fn fields(&mut self, depth: u32, mut seen: impl FnMut(i64)) -> Option<()> {
        const STOP: u8 = 0;
        let mut field: i64 = 0;
        loop {
            let header = self.byte()?;
            if header == STOP {
                return Some(());
            }
            field = match header >> 4 {
                // The number itself, in zigzag encoding.
                0 => {
                    let number = self.number()?;
                    (number >> 1) as i64 ^ -((number & 1) as i64)
                }
                difference => field.wrapping_add(difference.into()),
            };
            seen(field);
            match header & 0x0f {
                1 | 2 => {} // true and false are in the header
                kind => self.value(kind, depth)?,
            }
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
            9 | 10 => {
                let header = self.byte()?;
                let count = match header >> 4 {
                    15 => self.number()?,
                    count => count.into(),
                };
                self.values(count, &[header & 0x0f], depth)
            }
            11 => match self.number()? {
                0 => Some(()),
                count => {
                    let kinds = self.byte()?;
                    self.values(count, &[kinds >> 4, kinds & 0x0f], depth)
                }
            },
            12 => self.structure(depth + 1),
            _ => None,
        }
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

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Walk(&bytes).structure(0);
        }
    }
}
