//! A checksum of rows that does not depend on their order: whether rows that nothing identifies are those of a data
//! set.
//!
//! Each row is hashed by XXH3 with 128 bits, and the hashes are added modulo 2^128: a multiset hash, so that a row that
//! came twice counts twice (D. Clarke, S. Devadas, M. van Dijk, B. Gassend, G. E. Suh: "Incremental Multiset Hash
//! Functions and Their Application to Memory Integrity Checking", ASIACRYPT 2003, the construction by addition). Two
//! different collections of rows have the same sum with a probability of about 2^-128, unless somebody makes them for
//! it: the hash is not a cryptographic one.

use xxhash_rust::xxh3::xxh3_128;

use super::values::{Value, Values};

/// The checksum of some rows, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSum {
    pub(super) rows: u64,
    pub(super) sum: u128,
}

impl RowSum {
    /// The sum of `count` rows whose columns are `columns`.
    pub(super) fn of(columns: &[Values], count: usize) -> Self {
        // Each hash is of the value and of the hash of the columns before it.
        let mut hashes = vec![0u128; count];
        let mut bytes = Vec::new();
        for values in columns {
            for (position, hash) in hashes.iter_mut().enumerate() {
                bytes.clear();
                bytes.extend_from_slice(&hash.to_le_bytes());
                push(&mut bytes, values, position);
                *hash = xxh3_128(&bytes);
            }
        }
        let sum = hashes.into_iter().fold(0, u128::wrapping_add);
        Self { rows: count as u64, sum }
    }

    /// The sum of the rows of both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }
}

/// Appends bytes that two values share only if they are the same.
fn push(bytes: &mut Vec<u8>, values: &Values, position: usize) {
    let mut tagged = |tag: u8, content: &[u8]| {
        bytes.push(tag);
        bytes.extend_from_slice(content);
    };
    match values.get(position) {
        Value::Null => tagged(0, &[]),
        Value::Bool(value) => tagged(1, &[value.into()]),
        Value::Whole(units) => tagged(2, &units.to_le_bytes()),
        Value::Float(float) => tagged(3, &float.to_bits().to_le_bytes()),
        Value::Bytes(text) => {
            tagged(4, &(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&text);
        }
        Value::Id(id) => tagged(5, id.as_bytes()),
        Value::List(elements) => {
            tagged(6, &(elements.len() as u64).to_le_bytes());
            if let Some(items) = values.items() {
                elements.for_each(|element| push(bytes, items, element));
            }
        }
        // No row of a data set has one.
        Value::Invalid => tagged(7, &[]),
    }
}
