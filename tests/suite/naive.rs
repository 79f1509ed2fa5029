//! The value contract, one row and one value at a time, written to be read and not to be fast.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray, Float32Array, Float64Array, RecordBatch, StringArray};
use samplegen::{Column, ColumnType, DataSet, Generator, RowRange};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The word of `row` in the stream called `stream`.
pub fn word(stream: &[u8], seed: u64, row: u64) -> u64 {
    let keys = xxh3_128_with_seed(stream, seed);
    let (k1, k2) = (keys & u128::from(u64::MAX), keys >> 64);
    let modulo = |number: u128| number % (1 << 64);
    let z = modulo(u128::from(row) * 0x9E37_79B9_7F4A_7C15 + k1);
    let z = modulo((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9 + k2);
    let z = modulo((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) as u64
}

/// The id of `row` as text.
pub fn id(name: &str, seed: u64, row: u64) -> String {
    let word_bits = format!("{:064b}", word(name.as_bytes(), seed, row));
    let check_word = word(format!("{name}\0check").as_bytes(), seed, word(name.as_bytes(), seed, row));
    let check_bits = &format!("{check_word:064b}")[..58];
    let bits = [&word_bits[..48], "0100", &word_bits[48..60], "10", &word_bits[60..], check_bits].concat();
    let digits = format!("{:032x}", u128::from_str_radix(&bits, 2).expect("128 binary digits"));
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// The 64-bit number of `row`.
pub fn float64(name: &str, seed: u64, row: u64) -> f64 {
    (word(name.as_bytes(), seed, row) / (1 << 11)) as f64 / (1u64 << 53) as f64
}

/// The 32-bit number of `row`.
pub fn float32(name: &str, seed: u64, row: u64) -> f32 {
    (word(name.as_bytes(), seed, row) / (1 << 40)) as f32 / (1u32 << 24) as f32
}

/// The record batch of `rows`.
pub fn batch(data_set: &DataSet, rows: RowRange) -> RecordBatch {
    let seed = data_set.seed();
    let numbers = || (0..rows.count()).map(|offset| rows.first() + offset);
    let values = |column: &Column| -> ArrayRef {
        let name = column.name.as_str();
        match (&column.generator, &column.column_type) {
            (Generator::Uuid, ColumnType::Text) => {
                Arc::new(StringArray::from_iter_values(numbers().map(|row| id(name, seed, row))))
            }
            (Generator::Uuid, _) => {
                let bytes = |row| {
                    u128::from_str_radix(&id(name, seed, row).replace('-', ""), 16).map(u128::to_be_bytes)
                };
                let ids: Vec<_> = numbers().map(|row| bytes(row).expect("hexadecimal digits")).collect();
                Arc::new(FixedSizeBinaryArray::try_new(16, ids.concat().into(), None).expect("16 bytes each"))
            }
            (_, ColumnType::Float64) => {
                Arc::new(Float64Array::from_iter_values(numbers().map(|row| float64(name, seed, row))))
            }
            (_, _) => Arc::new(Float32Array::from_iter_values(numbers().map(|row| float32(name, seed, row)))),
        }
    };
    let arrays = data_set.columns().map(values).collect();
    RecordBatch::try_new(data_set.arrow_schema(), arrays).expect("arrays of the schema's types")
}
