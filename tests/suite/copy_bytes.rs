//! The bytes of a value in PostgreSQL's binary copy format, one for each type.
//!
//! They are those with which PostgreSQL 15 answered `copy (select VALUE::TYPE) to stdout (format binary)`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray,
    DurationMillisecondArray, DurationNanosecondArray, FixedSizeBinaryArray, FixedSizeListArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, ListArray,
    NullArray, RecordBatch, StringArray, StringViewArray, Time32MillisecondArray, Time64MicrosecondArray,
    Time64NanosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use arrow_schema::extension::Uuid as UuidExtension;
use samplegen::postgres::binary_copy;

/// A stream begins with a signature, flags and the length of what follows them.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// It ends with a number of columns that no row has.
const TRAILER: &[u8] = &[0xff, 0xff];

fn list(values: ArrayRef) -> ArrayRef {
    let field = Field::new("item", values.data_type().clone(), true);
    let lengths = OffsetBuffer::from_lengths([values.len()]);
    Arc::new(ListArray::new(Arc::new(field), lengths, values, None))
}

fn list_of_length(values: ArrayRef) -> ArrayRef {
    let (field, length) = (Field::new("item", values.data_type().clone(), true), values.len() as i32);
    Arc::new(FixedSizeListArray::new(Arc::new(field), length, values, None))
}

fn decimal(unscaled: i128, precision: u8, scale: i8) -> ArrayRef {
    decimals(&[unscaled], precision, scale)
}

fn decimals(unscaled: &[i128], precision: u8, scale: i8) -> ArrayRef {
    let array = Decimal128Array::from(unscaled.to_vec());
    Arc::new(array.with_precision_and_scale(precision, scale).expect("digits that fit"))
}

fn half(values: &[f32]) -> ArrayRef {
    cast(&Float32Array::from(values.to_vec()), &DataType::Float16).expect("halves")
}

fn bytes(of: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&of[at..at + 2], 16).expect("hexadecimal digits");
    (0..of.len()).step_by(2).map(digit).collect()
}

#[test]
fn every_type_has_the_bytes_that_postgresql_sends() {
    let uuid = bytes("191739ad8b2c4155a3a3ba1aa9b5e0c6");
    let cases: [(&str, ArrayRef, &str); 47] = [
        ("boolean", Arc::new(BooleanArray::from(vec![true])), "0000000101"),
        ("smallint of 8 bits", Arc::new(Int8Array::from(vec![-2])), "00000002fffe"),
        ("smallint of 8 bits without sign", Arc::new(UInt8Array::from(vec![254])), "0000000200fe"),
        ("smallint", Arc::new(Int16Array::from(vec![-2])), "00000002fffe"),
        ("integer of 16 bits without sign", Arc::new(UInt16Array::from(vec![65_535])), "000000040000ffff"),
        ("integer", Arc::new(Int32Array::from(vec![-3])), "00000004fffffffd"),
        (
            "bigint of 32 bits without sign",
            Arc::new(UInt32Array::from(vec![u32::MAX])),
            "0000000800000000ffffffff",
        ),
        ("bigint", Arc::new(Int64Array::from(vec![-4])), "00000008fffffffffffffffc"),
        (
            "numeric(20,0)",
            Arc::new(UInt64Array::from(vec![u64::MAX])),
            "00000012000500040000000007341a5802e103bb064f",
        ),
        ("numeric(10,2)", decimal(-1_234_567_890, 10, 2), "0000000e000300014000000204d2162e2328"),
        ("numeric(38,10)", decimal(1, 38, 10), "0000000a0001fffd0000000a0064"),
        ("real of 16 bits", half(&[1.5]), "000000043fc00000"),
        ("real", Arc::new(Float32Array::from(vec![1.5])), "000000043fc00000"),
        ("double precision", Arc::new(Float64Array::from(vec![-0.1])), "00000008bfb999999999999a"),
        ("text", Arc::new(StringArray::from(vec!["ä€"])), "00000005c3a4e282ac"),
        ("text without characters", Arc::new(StringArray::from(vec![""])), "00000000"),
        ("large text", Arc::new(LargeStringArray::from(vec!["ä€"])), "00000005c3a4e282ac"),
        ("a view of text", Arc::new(StringViewArray::from(vec!["ä€"])), "00000005c3a4e282ac"),
        ("nothing but nulls", Arc::new(NullArray::new(1)), "ffffffff"),
        ("bytea", Arc::new(BinaryArray::from(vec![&[0, 0xff][..]])), "0000000200ff"),
        ("date", Arc::new(Date32Array::from(vec![0])), "00000004ffffd533"),
        ("date on a leap day", Arc::new(Date32Array::from(vec![19_782])), "0000000400002279"),
        (
            "time in milliseconds",
            Arc::new(Time32MillisecondArray::from(vec![1_000])),
            "0000000800000000000f4240",
        ),
        ("time", Arc::new(Time64MicrosecondArray::from(vec![86_399_999_999])), "00000008000000141dd75fff"),
        (
            "time in nanoseconds",
            Arc::new(Time64NanosecondArray::from(vec![86_399_999_999_000])),
            "00000008000000141dd75fff",
        ),
        (
            "timestamp in seconds",
            Arc::new(TimestampSecondArray::from(vec![-14_182_940])),
            "00000008fffc96188bae6100",
        ),
        (
            "timestamp",
            Arc::new(TimestampMicrosecondArray::from(vec![-14_182_940_000_000])),
            "00000008fffc96188bae6100",
        ),
        (
            "timestamp in nanoseconds",
            Arc::new(TimestampNanosecondArray::from(vec![-14_182_940_000_000_000])),
            "00000008fffc96188bae6100",
        ),
        (
            "timestamp with time zone",
            Arc::new(
                TimestampMicrosecondArray::from(vec![1_709_208_000_000_001]).with_timezone("Europe/Berlin"),
            ),
            "000000080002b582c4781001",
        ),
        (
            "integer[]",
            list(Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]))),
            "0000002800000001000000010000001700000003000000010000000400000001ffffffff0000000400000003",
        ),
        ("text[]", list(Arc::new(StringArray::from(Vec::<&str>::new()))), "0000000c000000000000000000000019"),
        (
            "double precision[]",
            list(Arc::new(Float64Array::from(vec![0.5]))),
            "000000200000000100000000000002bd0000000100000001000000083fe0000000000000",
        ),
        (
            "boolean[] of a fixed length",
            list_of_length(Arc::new(BooleanArray::from(vec![true, false]))),
            "0000001e000000010000000000000010000000020000000100000001010000000100",
        ),
        (
            "numeric(10,2)[]",
            list(decimals(&[1_250, -1], 10, 2)),
            "000000320000000100000000000006a400000002000000010000000c0002000000000002000c13880000000a0001ffff400000020064",
        ),
        (
            "timestamp[]",
            list(Arc::new(TimestampSecondArray::from(vec![946_684_801]))),
            "0000002000000001000000000000045a00000001000000010000000800000000000f4240",
        ),
        (
            "bytea[]",
            list(Arc::new(BinaryArray::from(vec![Some(&b"00"[..]), None]))),
            "0000001e0000000100000001000000110000000200000001000000023030ffffffff",
        ),
        (
            "text[] with a text without characters",
            list_of_length(Arc::new(StringArray::from(vec!["x", ""]))),
            "0000001d0000000100000000000000190000000200000001000000017800000000",
        ),
        (
            "interval[]",
            list(Arc::new(DurationMillisecondArray::from(vec![1_000]))),
            "000000280000000100000000000004a200000001000000010000001000000000000f42400000000000000000",
        ),
        (
            "interval",
            Arc::new(DurationMicrosecondArray::from(vec![1_500_001])),
            "00000010000000000016e3610000000000000000",
        ),
        (
            "interval in nanoseconds",
            Arc::new(DurationNanosecondArray::from(vec![-3_000])),
            "00000010fffffffffffffffd0000000000000000",
        ),
        ("numeric(10,2) of zero", decimal(0, 10, 2), "000000080000000000000002"),
        (
            "numeric(38,0) of the largest",
            decimal(10i128.pow(38) - 1, 38, 0),
            "0000001c000a0009000000000063270f270f270f270f270f270f270f270f270f",
        ),
        (
            "numeric(38,3) of the smallest",
            decimal(1 - 10i128.pow(38), 38, 3),
            "0000001c000a00084000000303e7270f270f270f270f270f270f270f270f2706",
        ),
        ("the first date of schemas", Arc::new(Date32Array::from(vec![-719_162])), "00000004fff4dbf9"),
        (
            "the last timestamp of schemas",
            Arc::new(TimestampMicrosecondArray::from(vec![253_402_300_799_999_999])),
            "000000080380e70b913b7fff",
        ),
        (
            "sixteen bytes that are no uuid",
            Arc::new(FixedSizeBinaryArray::try_from_iter([uuid.clone()].iter()).expect("one value")),
            "00000010191739ad8b2c4155a3a3ba1aa9b5e0c6",
        ),
        ("null", Arc::new(StringArray::from(vec![None::<&str>])), "ffffffff"),
    ];
    for (name, array, expected) in cases {
        assert_bytes(name, Field::new("c", array.data_type().clone(), true), array, expected);
    }
    let ids: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter([uuid].iter()).expect("one value"));
    let field = Field::new("c", DataType::FixedSizeBinary(16), false).with_extension_type(UuidExtension);
    assert_bytes("uuid", field.clone(), Arc::clone(&ids), "00000010191739ad8b2c4155a3a3ba1aa9b5e0c6");
    let lists = FixedSizeListArray::new(Arc::new(field), 1, ids, None);
    let field = Field::new("c", lists.data_type().clone(), false);
    let expected = "00000028000000010000000000000b86000000010000000100000010191739ad8b2c4155a3a3ba1aa9b5e0c6";
    assert_bytes("uuid[]", field, Arc::new(lists), expected);
}

fn assert_bytes(name: &str, field: Field, array: ArrayRef, expected: &str) {
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).expect("a batch");
    let stream = binary_copy(&batch).expect(name);
    let row = stream.strip_prefix(HEADER).and_then(|rest| rest.strip_suffix(TRAILER)).expect("a stream");
    assert_eq!(row, [&[0, 1], &bytes(expected)[..]].concat(), "{name}");
}
