//! Checks of data sets of any schema: which types a copy may have, which column is the key, and what is known without
//! one.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Date64Array, Decimal32Array,
    Decimal64Array, Decimal128Array, Decimal256Array, DictionaryArray, DurationMillisecondArray,
    DurationSecondArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, LargeListArray, LargeStringArray,
    ListArray, ListViewArray, NullArray, RecordBatch, RunArray, StringArray, StringViewArray, StructArray,
    Time32SecondArray, Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Int8Type, Int32Type, IntervalMonthDayNano, i256};
use rand::seq::SliceRandom;
use samplegen::check::{Check, CheckError, CheckOptions};
use samplegen::random::{Keys, Words};
use samplegen::{Batches, DataSet, Remedy, Report, RowRange};
use serde_json::{Value as Json, json};

use crate::support::{rows, run, run_well};

fn data_set(count: u64, columns: Json) -> DataSet {
    let description = json!({ "contract": 1, "seed": 7, "first_row": 0, "rows": count, "columns": columns });
    serde_json::from_value(description).expect("a data set")
}

fn report_of(
    data_set: &DataSet,
    options: CheckOptions,
    batches: &[RecordBatch],
) -> Result<Report, CheckError> {
    let check = Check::new(data_set, options)?;
    for batch in batches {
        check.feed(batch)?;
    }
    Ok(check.report())
}

/// What a check says of one value of this type that came as `found`.
fn outcome(column_type: &str, value: &Json, found: &ArrayRef, options: impl Fn(&mut CheckOptions)) -> String {
    let mut column = json!({ "name": "v", "type": column_type, "generator": "constant", "value": value });
    if value.is_null() {
        column = json!({ "name": "v", "type": column_type, "generator": "uniform", "nulls": 1 });
    }
    if let Some(item) = value.as_array() {
        column["value"] = item.first().cloned().unwrap_or(json!(0));
        column["length"] = json!(item.len());
    }
    let data_set =
        data_set(1, json!([{ "name": "k", "type": "int64", "generator": "sequence", "start": 5 }, column]));
    let mut all = CheckOptions::whole(&data_set);
    options(&mut all);
    let key: ArrayRef = Arc::new(Int64Array::from(vec![5]));
    let batch = RecordBatch::try_from_iter_with_nullable([("k", key, false), ("v", found.clone(), true)]);
    let batch = batch.unwrap_or_else(|error| panic!("{column_type} {value} as {found:?}: {error}"));
    match report_of(&data_set, all, &[batch]) {
        Ok(report) if report.whole => "same".to_owned(),
        Ok(report) => {
            let altered = &report.altered.examples[0];
            format!("expected {}, found {}", altered.expected, altered.found)
        }
        Err(CheckError::Incomparable { .. }) => "refused".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

fn array(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

fn text(value: &str) -> ArrayRef {
    array(StringArray::from(vec![value]))
}

fn item_field(data_type: DataType) -> Arc<Field> {
    Arc::new(Field::new_list_field(data_type, true))
}

fn list_of(items: ArrayRef) -> ArrayRef {
    let lengths = OffsetBuffer::from_lengths([items.len()]);
    array(ListArray::new(item_field(items.data_type().clone()), lengths, items, None))
}

#[test]
fn values_are_the_same_in_any_type_that_holds_them_exactly() {
    const DAY: i64 = 86_400;
    let id = uuid::Uuid::from_u128(0x191739ad_8b2c_4155_a3a3_ba1aa9b5e0c6);
    let days = 19_724;
    let noon = 19_724 * DAY + 12 * 3600;
    let decimal128 = |units, scale| {
        array(Decimal128Array::from(vec![units]).with_precision_and_scale(38, scale).expect("digits"))
    };
    let interval = |months, days, ns| {
        array(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(months, days, ns)]))
    };
    for (column_type, value, found, said) in [
        // Null and not null.
        ("int32", json!(null), array(Int32Array::from(vec![None])), "same"),
        ("int32", json!(null), array(NullArray::new(1)), "same"),
        ("int32", json!(null), array(Int32Array::from(vec![5])), "expected null, found 5"),
        ("int32", json!(5), array(Int32Array::from(vec![None])), "expected 5, found null"),
        ("text", json!(""), array(StringArray::from(vec![None::<&str>])), "expected \"\", found null"),
        ("list<int8>", json!([5]), array(NullArray::new(1)), "expected [5], found null"),
        // Booleans.
        ("bool", json!(true), array(BooleanArray::from(vec![true])), "same"),
        ("bool", json!(true), array(UInt8Array::from(vec![1])), "same"),
        ("bool", json!(true), array(Int32Array::from(vec![2])), "expected true, found 2"),
        ("bool", json!(false), text("f"), "same"),
        ("bool", json!(false), text("no"), "expected false, found \"no\""),
        ("bool", json!(false), array(Float64Array::from(vec![0.0])), "refused"),
        // Integers.
        ("int16", json!(-5), array(Int16Array::from(vec![-5])), "same"),
        ("int16", json!(-5), array(Int64Array::from(vec![-5])), "same"),
        ("int16", json!(-5), array(Int8Array::from(vec![-5])), "same"),
        ("int16", json!(-5), array(Int64Array::from(vec![65_531])), "expected -5, found 65531"),
        ("uint64", json!(u64::MAX), array(UInt64Array::from(vec![u64::MAX])), "same"),
        (
            "uint64",
            json!(u64::MAX),
            array(Int64Array::from(vec![-1])),
            "expected 18446744073709551615, found -1",
        ),
        ("uint64", json!(u64::MAX), decimal128(u64::MAX.into(), 0), "same"),
        ("int32", json!(12), decimal128(1200, 2), "same"),
        ("int32", json!(12), decimal128(1250, 2), "expected 12, found 12.50"),
        ("int32", json!(12), array(Float64Array::from(vec![12.0])), "same"),
        ("int32", json!(12), array(Float64Array::from(vec![12.5])), "expected 12, found 12.5"),
        ("int32", json!(12), array(Float64Array::from(vec![f64::NAN])), "expected 12, found NaN"),
        (
            "int64",
            json!(i64::MAX),
            array(Float64Array::from(vec![i64::MAX as f64])),
            "expected 9223372036854775807, found 9223372036854775808",
        ),
        ("int32", json!(12), text("12"), "same"),
        ("int32", json!(12), text("12.0"), "same"),
        ("int32", json!(12), text("0xc"), "expected 12, found \"0xc\""),
        ("int32", json!(12), array(BooleanArray::from(vec![true])), "refused"),
        ("int32", json!(12), array(Date32Array::from(vec![12])), "refused"),
        ("int32", json!(12), list_of(array(Int32Array::from(vec![12]))), "refused"),
        (
            "int32",
            json!(12),
            array(StructArray::from(vec![(
                Arc::new(Field::new("a", DataType::Int32, true)),
                array(Int32Array::from(vec![12])),
            )])),
            "refused",
        ),
        // Decimals.
        ("decimal(9,2)", json!("12.50"), decimal128(1250, 2), "same"),
        ("decimal(9,2)", json!("12.50"), decimal128(12_500, 3), "same"),
        ("decimal(9,2)", json!("12.50"), decimal128(125, 1), "same"),
        ("decimal(9,2)", json!("12.50"), decimal128(12_501, 3), "expected 12.50, found 12.501"),
        ("decimal(9,2)", json!("12.00"), array(Int32Array::from(vec![12])), "same"),
        (
            "decimal(9,2)",
            json!("12.50"),
            array(Decimal32Array::from(vec![1250]).with_precision_and_scale(9, 2).expect("digits")),
            "same",
        ),
        (
            "decimal(9,2)",
            json!("12.50"),
            array(Decimal64Array::from(vec![1250]).with_precision_and_scale(18, 2).expect("digits")),
            "same",
        ),
        (
            "decimal(9,2)",
            json!("12.50"),
            array(
                Decimal256Array::from(vec![i256::from_i128(1250)])
                    .with_precision_and_scale(76, 2)
                    .expect("digits"),
            ),
            "same",
        ),
        (
            "decimal(38,0)",
            json!("99999999999999999999999999999999999999"),
            array(
                Decimal256Array::from(vec![
                    i256::from_string("99999999999999999999999999999999999999000000000000000000")
                        .expect("digits"),
                ])
                .with_precision_and_scale(76, 18)
                .expect("digits"),
            ),
            "same",
        ),
        ("decimal(15,2)", json!("12.51"), array(Float64Array::from(vec![12.51])), "same"),
        (
            "decimal(15,2)",
            json!("12.51"),
            array(Float64Array::from(vec![12.510000000000002])),
            "expected 12.51, found 12.510000000000002",
        ),
        ("decimal(16,2)", json!("12.51"), array(Float64Array::from(vec![12.51])), "refused"),
        ("decimal(6,2)", json!("12.51"), array(Float32Array::from(vec![12.51])), "same"),
        ("decimal(7,2)", json!("12.51"), array(Float32Array::from(vec![12.51])), "refused"),
        ("decimal(38,2)", json!("12.51"), text("12.510"), "same"),
        ("decimal(38,2)", json!("12.51"), text("12.511"), "expected 12.51, found \"12.511\""),
        // Floats.
        ("float64", json!(0.1), array(Float64Array::from(vec![0.1])), "same"),
        (
            "float64",
            json!(0.1),
            array(Float64Array::from(vec![0.1f64.next_up()])),
            "expected 0.1, found 0.10000000000000002",
        ),
        ("float64", json!(0.1), array(Float32Array::from(vec![0.1])), "same"),
        (
            "float64",
            json!(0.1),
            array(Float32Array::from(vec![0.1f32.next_up()])),
            "expected 0.1, found 0.10000001",
        ),
        ("float32", json!(0.1), array(Float64Array::from(vec![f64::from(0.1f32)])), "same"),
        (
            "float32",
            json!(0.1),
            array(Float64Array::from(vec![0.1])),
            "expected 0.10000000149011612, found 0.1",
        ),
        ("float64", json!(0), array(Float64Array::from(vec![-0.0])), "expected 0.0, found -0.0"),
        ("float64", json!(-0.1), text("-1e-1"), "same"),
        ("float64", json!(12), array(Int64Array::from(vec![12])), "refused"),
        // Texts and byte strings.
        ("text", json!("ü"), text("ü"), "same"),
        ("text", json!("ü"), array(LargeStringArray::from(vec!["ü"])), "same"),
        ("text", json!("ü"), array(StringViewArray::from(vec!["ü"])), "same"),
        ("text", json!("ü"), array(BinaryArray::from(vec!["ü".as_bytes()])), "same"),
        ("text", json!("ü"), text("u"), "expected \"ü\", found \"u\""),
        ("text", json!("5"), array(Int32Array::from(vec![5])), "refused"),
        ("binary", json!("00ff"), array(BinaryArray::from(vec![&[0, 255][..]])), "same"),
        ("binary", json!("00ff"), array(BinaryViewArray::from(vec![&[0, 255][..]])), "same"),
        (
            "binary",
            json!("00ff"),
            array(FixedSizeBinaryArray::try_new(2, vec![0u8, 255].into(), None).expect("2 bytes")),
            "same",
        ),
        ("binary", json!("00ff"), text("\\x00FF"), "same"),
        ("binary", json!("00ff"), text("00f"), "expected \"00ff\", found \"00f\""),
        (
            "binary",
            json!("00ff"),
            array(BinaryArray::from(vec![&[0][..]])),
            "expected \"00ff\", found \"00\"",
        ),
        // UUIDs.
        (
            "uuid",
            json!(id.to_string()),
            array(FixedSizeBinaryArray::try_new(16, id.as_bytes().to_vec().into(), None).expect("16 bytes")),
            "same",
        ),
        ("uuid", json!(id.to_string()), array(BinaryArray::from(vec![&id.as_bytes()[..]])), "same"),
        ("uuid", json!(id.to_string()), array(BinaryArray::from(vec![&id.to_bytes_le()[..]])), "same"),
        ("uuid", json!(id.to_string()), text(&id.braced().to_string().to_uppercase()), "same"),
        (
            "uuid",
            json!(id.to_string()),
            text("x"),
            "expected 191739ad-8b2c-4155-a3a3-ba1aa9b5e0c6, found \"x\"",
        ),
        ("uuid", json!(id.to_string()), array(UInt64Array::from(vec![1])), "refused"),
        // Dates and times.
        ("date", json!("2024-01-02"), array(Date32Array::from(vec![days])), "same"),
        (
            "date",
            json!("2024-01-02"),
            array(Date32Array::from(vec![days + 1])),
            "expected 2024-01-02, found 2024-01-03",
        ),
        ("date", json!("2024-01-02"), array(Date64Array::from(vec![i64::from(days) * DAY * 1000])), "same"),
        (
            "date",
            json!("2024-01-02"),
            array(TimestampNanosecondArray::from(vec![i64::from(days) * DAY * 1_000_000_000])),
            "same",
        ),
        (
            "date",
            json!("2024-01-02"),
            array(TimestampSecondArray::from(vec![noon])),
            "expected 2024-01-02, found 2024-01-02T12:00:00",
        ),
        ("date", json!("2024-01-02"), text("2024-01-02"), "same"),
        ("date", json!("2024-01-02"), array(Int32Array::from(vec![days])), "refused"),
        ("time[s]", json!("12:00:00"), array(Time32SecondArray::from(vec![43_200])), "same"),
        ("time[s]", json!("12:00:00"), array(Time64NanosecondArray::from(vec![43_200_000_000_000])), "same"),
        (
            "time[s]",
            json!("12:00:00"),
            array(Time64MicrosecondArray::from(vec![43_200_000_001])),
            "expected 12:00:00, found 12:00:00.000001",
        ),
        ("time[ns]", json!("12:00:00"), array(Time32SecondArray::from(vec![43_200])), "same"),
        ("time[s]", json!("12:00:00"), array(Int32Array::from(vec![43_200])), "refused"),
        (
            "timestamp[ms]",
            json!("2024-01-02T12:00:00"),
            array(TimestampMillisecondArray::from(vec![noon * 1000])),
            "same",
        ),
        (
            "timestamp[ms]",
            json!("2024-01-02T12:00:00"),
            array(TimestampMicrosecondArray::from(vec![noon * 1_000_000])),
            "same",
        ),
        (
            "timestamp[ms]",
            json!("2024-01-02T12:00:00"),
            array(TimestampSecondArray::from(vec![noon])),
            "same",
        ),
        (
            "timestamp[ms]",
            json!("2024-01-02T12:00:00"),
            array(TimestampMicrosecondArray::from(vec![noon * 1_000_000 + 1])),
            "expected 2024-01-02T12:00:00.000, found 2024-01-02T12:00:00.000001",
        ),
        (
            "timestamp[s, UTC]",
            json!("2024-01-02T12:00:00Z"),
            array(TimestampSecondArray::from(vec![noon]).with_timezone("Europe/Berlin")),
            "same",
        ),
        (
            "timestamp[s, UTC]",
            json!("2024-01-02T12:00:00Z"),
            array(TimestampSecondArray::from(vec![noon])),
            "same",
        ),
        (
            "timestamp[s, UTC]",
            json!("2024-01-02T12:00:00Z"),
            array(TimestampSecondArray::from(vec![noon + 3600]).with_timezone("+01:00")),
            "expected 2024-01-02T12:00:00Z, found 2024-01-02T13:00:00Z",
        ),
        ("timestamp[s, UTC]", json!("2024-01-02T12:00:00Z"), text("2024-01-02 13:00:00+01"), "same"),
        ("timestamp[s]", json!("2024-01-02T12:00:00"), array(Int64Array::from(vec![noon])), "refused"),
        ("duration[ms]", json!("90s"), array(DurationMillisecondArray::from(vec![90_000])), "same"),
        ("duration[ms]", json!("90s"), array(DurationSecondArray::from(vec![90])), "same"),
        (
            "duration[s]",
            json!("90s"),
            array(DurationMillisecondArray::from(vec![90_001])),
            "expected 90, found PT90.001S",
        ),
        ("duration[ms]", json!("90s"), array(Int64Array::from(vec![90_000])), "same"),
        ("duration[ms]", json!("90s"), interval(0, 0, 90_000_000_000), "same"),
        ("duration[s]", json!("1d"), interval(0, 1, 0), "same"),
        ("duration[s]", json!("30d"), interval(1, 0, 0), "expected 2592000, found 1 mons"),
        ("duration[ms]", json!("90s"), text("PT1M30S"), "same"),
        // Lists.
        ("list<int16>", json!([5, 5]), list_of(array(Int16Array::from(vec![5, 5]))), "same"),
        ("list<int16>", json!([5, 5]), list_of(array(Int64Array::from(vec![5, 5]))), "same"),
        (
            "list<int16>",
            json!([5, 5]),
            list_of(array(Int16Array::from(vec![5]))),
            "expected [5, 5], found [5]",
        ),
        (
            "list<int16>",
            json!([5, 5]),
            list_of(array(Int16Array::from(vec![5, 6]))),
            "expected [5, 5], found [5, 6]",
        ),
        (
            "list<int16>",
            json!([5, 5]),
            list_of(array(Int16Array::from(vec![Some(5), None]))),
            "expected [5, 5], found [5, null]",
        ),
        (
            "list<int16>",
            json!([5, 5]),
            array(FixedSizeListArray::new(
                item_field(DataType::Int16),
                2,
                array(Int16Array::from(vec![5, 5])),
                None,
            )),
            "same",
        ),
        (
            "list<int16>",
            json!([5, 5]),
            array(LargeListArray::new(
                item_field(DataType::Int16),
                OffsetBuffer::from_lengths([2]),
                array(Int16Array::from(vec![5, 5])),
                None,
            )),
            "same",
        ),
        (
            "list<int16>",
            json!([5, 5]),
            array(ListViewArray::new(
                item_field(DataType::Int16),
                ScalarBuffer::from(vec![1]),
                ScalarBuffer::from(vec![2]),
                array(Int16Array::from(vec![6, 5, 5])),
                None,
            )),
            "same",
        ),
        (
            "list<int16>",
            json!([5, 5]),
            list_of(array(vec![Some("5"), Some("5")].into_iter().collect::<DictionaryArray<Int8Type>>())),
            "same",
        ),
        ("list<int16>", json!([5, 5]), text("[5, 5]"), "same"),
        ("list<int16>", json!([5, 5]), text("{5,5}"), "same"),
        ("list<int16>", json!([5, 5]), text("5 5"), "expected [5, 5], found \"5 5\""),
        ("list<int16>", json!([]), list_of(array(Int16Array::from(Vec::<i16>::new()))), "same"),
        ("list<text>", json!(["a, b"]), text("[\"a, b\"]"), "same"),
        ("list<float64>", json!([0.1]), list_of(array(Float32Array::from(vec![0.1]))), "same"),
        ("list<int16>", json!([5]), array(Int16Array::from(vec![5])), "refused"),
        ("list<int16>", json!([5]), list_of(list_of(array(Int16Array::from(vec![5])))), "refused"),
        // Dictionaries and runs of any of them.
        (
            "int16",
            json!(5),
            array(DictionaryArray::<Int8Type>::new(
                Int8Array::from(vec![1]),
                array(Int64Array::from(vec![6, 5])),
            )),
            "same",
        ),
        (
            "int16",
            json!(5),
            array(DictionaryArray::<Int8Type>::new(
                Int8Array::from(vec![None]),
                array(Int64Array::from(vec![6, 5])),
            )),
            "expected 5, found null",
        ),
        (
            "text",
            json!("a"),
            array(
                RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1]), &StringArray::from(vec!["a"]))
                    .expect("a run"),
            ),
            "same",
        ),
        (
            "text",
            json!("a"),
            array(
                RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1]), &StringArray::from(vec!["b"]))
                    .expect("a run"),
            ),
            "expected \"a\", found \"b\"",
        ),
    ] {
        let said_of = outcome(column_type, &value, &found, |_| {});
        assert_eq!(said_of, said, "{column_type} {value} as {}", found.data_type());
    }
}

#[test]
fn floats_may_differ_within_a_tolerance() {
    let float = array(Float64Array::from(vec![-0.1f64.next_up()]));
    let floats = list_of(array(Float64Array::from(vec![0.1f64.next_up()])));
    for (column_type, value, found, tolerance_ulps, said) in [
        ("float64", json!(-0.1), &float, 1, "same"),
        ("list<float64>", json!([0.1]), &floats, 1, "same"),
        ("list<float64>", json!([0.1]), &floats, 0, "expected [0.1], found [0.10000000000000002]"),
    ] {
        let said_of = outcome(column_type, &value, found, |options| options.tolerance_ulps = tolerance_ulps);
        assert_eq!(said_of, said, "{column_type} {value}");
    }
}

/// All rows of a data set in another order.
fn shuffled(data_set: &DataSet) -> Vec<u64> {
    let mut order: Vec<u64> =
        (0..data_set.rows().count()).map(|offset| data_set.rows().first() + offset).collect();
    order.shuffle(&mut Words::from_row(Keys::of_stream(b"shuffle", 0), 0));
    order
}

fn taken(data_set: &DataSet, rows: &[u64]) -> RecordBatch {
    Batches::new(data_set).take(rows).expect("rows of the data set")
}

/// The batch with another column.
fn with(batch: &RecordBatch, name: &str, column: ArrayRef) -> RecordBatch {
    let names = batch.schema();
    let columns = names.fields().iter().zip(batch.columns()).map(|(field, own)| {
        (field.name().as_str(), if field.name() == name { column.clone() } else { own.clone() }, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).expect("one length")
}

#[test]
fn every_identifying_column_is_a_key() {
    const ROWS: u64 = 2_500;
    for (column, stranger, reason) in [
        (
            json!({ "type": "uuid", "generator": "uuid" }),
            "00000000-0000-4000-8000-000000000000",
            "its check bits are wrong",
        ),
        (json!({ "type": "text", "generator": "uuid" }), "x", "it is not a UUID"),
        (
            json!({ "type": "uuid", "generator": "uuid7", "start": "2024-01-01T00:00:00Z", "per_second": 3 }),
            "00000000-0000-4000-8000-000000000000",
            "its check bits are wrong",
        ),
        (
            json!({ "type": "int64", "generator": "unique", "min": -9_000_000_000i64, "max": 9_000_000_000i64 }),
            "9000000001",
            "no row has this value",
        ),
        (
            json!({ "type": "uint16", "generator": "sequence", "start": 9, "step": 3 }),
            "11",
            "no row has this value",
        ),
        (
            json!({ "type": "timestamp[us, UTC]", "generator": "sequence", "start": "2024-01-01T00:00:00Z", "step": "1ms", "jitter": "1ms" }),
            "2023-12-31T00:00:00Z",
            "no row has this value",
        ),
        (
            json!({ "type": "date", "generator": "sequence", "start": "2024-01-01", "step": -1 }),
            "2024-01-02",
            "no row has this value",
        ),
        (
            json!({ "type": "decimal(38,3)", "generator": "sequence", "start": "0.001", "step": "1000000000000000000000" }),
            "x",
            "it is not a value of decimal(38,3)",
        ),
        (
            json!({ "type": "text", "generator": "template", "template": "R{row:06}" }),
            "R2",
            "no row has this value",
        ),
        (
            json!({ "type": "text", "generator": "template", "template": "{other}!" }),
            "1",
            "no row has this value",
        ),
    ] {
        let mut key = column;
        key["name"] = json!("key");
        let data_set = data_set(
            ROWS,
            json!([
                { "name": "value", "type": "float32", "generator": "uniform" },
                key,
                { "name": "other", "type": "int32", "generator": "sequence", "start": 1, "hidden": true },
                { "name": "name", "type": "text", "generator": "pattern", "pattern": "[a-z]{3}", "nulls": 0.5 },
            ]),
        );
        let whole = CheckOptions::whole(&data_set);
        let name = data_set.columns().nth(1).expect("a key").name.clone();
        let in_order: Vec<u64> = (0..ROWS).collect();
        for rows in [&in_order, &shuffled(&data_set)] {
            let report = report_of(&data_set, whole.clone(), &[taken(&data_set, rows)]).expect("comparable");
            assert!(report.whole && report.scope.key.as_ref() == Some(&name), "{report:?}");

            // Two rows are lost, one is duplicated, one altered, and there is a stranger.
            let mut damaged: Vec<u64> =
                rows.iter().copied().filter(|row| ![7, 2_000].contains(row)).collect();
            damaged.insert(100, 42);
            let batch = taken(&data_set, &damaged);
            let place = damaged.iter().position(|row| *row == 1_500).expect("a row");
            let mut values: Vec<f32> =
                batch.column(0).as_any().downcast_ref::<Float32Array>().expect("floats").values().to_vec();
            values[place] = 2.0;
            let batch = with(&batch, "value", array(Float32Array::from(values)));
            let strange = with(&taken(&data_set, &[0]), "key", text(stranger));
            let report = report_of(&data_set, whole.clone(), &[batch, strange]).expect("comparable");
            assert_eq!(
                report.lost.examples,
                [RowRange::new(7, 1).expect("a row"), RowRange::new(2_000, 1).expect("a row")]
            );
            assert_eq!(
                (report.lost.count, report.duplicated.count, report.duplicated.examples[0].row),
                (2, 1, 42)
            );
            assert_eq!((report.altered.count, report.altered.examples[0].row), (1, 1_500));
            let foreign = &report.foreign;
            assert_eq!((foreign.count, foreign.examples[0].id.as_str()), (1, stranger));
            assert_eq!(foreign.examples[0].reason, reason);
        }
    }
}

#[test]
fn the_column_that_is_marked_is_the_key() {
    let two = |marked| {
        data_set(
            10,
            json!([
                { "name": "a", "type": "int64", "generator": "sequence", "start": 0 },
                { "name": "b", "type": "uuid", "generator": "uuid", "key": marked },
            ]),
        )
    };
    for (marked, key) in [(false, "a"), (true, "b")] {
        let data_set = two(marked);
        let check = Check::new(&data_set, CheckOptions::whole(&data_set)).expect("a key");
        assert_eq!(check.key(), Some(key));
        // The other one is a value like any other.
        let report =
            report_of(&data_set, CheckOptions::whole(&data_set), &[taken(&data_set, &shuffled(&data_set))]);
        assert!(report.expect("comparable").whole);
    }
}

fn keyless() -> DataSet {
    data_set(
        3_000,
        json!([
            { "name": "a", "type": "int32", "generator": "uniform", "min": 0, "max": 1_000_000, "nulls": 0.1 },
            { "name": "b", "type": "text", "generator": "one_of", "values": ["", "x", "y"], "nulls": 0.1 },
            { "name": "c", "type": "list<float64>", "min_length": 0, "max_length": 3, "generator": "normal", "mean": 0, "sd": 1 },
            { "name": "d", "type": "uuid", "generator": "one_of", "values": ["191739ad-8b2c-4155-a3a3-ba1aa9b5e0c6"] },
        ]),
    )
}

#[test]
fn columns_that_cannot_be_compared_are_refused_with_a_way_out() {
    let data_set = data_set(
        1,
        json!([
            { "name": "a", "type": "int64", "generator": "sequence", "start": 0 },
            { "name": "b", "type": "int64", "generator": "uniform" },
        ]),
    );
    let check = Check::new(&data_set, CheckOptions::whole(&data_set)).expect("a key");
    for (name, remedies) in [("a", vec![]), ("b", vec![Remedy::OtherColumns])] {
        let batch = with(&taken(&data_set, &[0]), name, array(BooleanArray::from(vec![true])));
        let error = check.feed(&batch).expect_err("booleans");
        assert_eq!(check.inspect_schema(&batch.schema()).expect_err("booleans"), error);
        let said =
            format!("column {name:?} of the copy is of type Boolean, which cannot be compared with int64");
        assert_eq!((error.to_string(), error.remedies()), (said, remedies));
    }
    assert_eq!(check.report().seen, 0);
}

#[test]
fn without_a_key_a_checksum_tells_whether_a_copy_is_whole() {
    let data_set = keyless();
    let whole = CheckOptions::whole(&data_set);
    let order = shuffled(&data_set);
    let parts = [taken(&data_set, &order[..1_700]), taken(&data_set, &order[1_700..])];
    let report = report_of(&data_set, whole.clone(), &parts).expect("comparable");
    assert!(report.whole && report.scope.key.is_none() && report.checksum.is_some(), "{report:?}");

    // What others make of the columns is the same.
    let ids: ArrayRef = array(StringArray::from(vec!["191739AD8B2C4155A3A3BA1AA9B5E0C6"; 1_700]));
    let a = arrow::compute::cast(parts[0].column(0), &DataType::Utf8).expect("texts");
    let cast = with(&with(&parts[0], "d", ids), "a", a);
    assert!(report_of(&data_set, whole.clone(), &[cast, parts[1].clone()]).expect("comparable").whole);

    // Two halves by two workers.
    let mut checks = parts
        .clone()
        .map(|part| {
            let check = Check::new(&data_set, whole.clone()).expect("columns");
            check.feed(&part).expect("comparable");
            check
        })
        .into_iter();
    let mut check = checks.next().expect("two");
    assert!(!check.report().whole);
    check.merge(checks.next().expect("two")).expect("checks of one kind");
    assert!(check.report().whole);

    let is_whole = |rows: &[u64]| {
        report_of(&data_set, whole.clone(), &[taken(&data_set, rows)]).expect("comparable").whole
    };
    assert!(is_whole(&order));
    assert!(!is_whole(&order[1..]), "a lost row");
    assert!(!is_whole(&[&order[..], &order[..1]].concat()), "a duplicated row");
    assert!(!is_whole(&[&order[1..], &order[1..2]].concat()), "a row in place of another");
    assert!(!is_whole(&[]));

    // A value that is in another row, and all other values where they were.
    let batch = taken(&data_set, &order);
    let rotated: Vec<u32> = (1..3_000).chain([0]).collect();
    let rotated = arrow::array::UInt32Array::from(rotated);
    for name in ["a", "b", "c"] {
        let column = arrow::compute::take(batch.column_by_name(name).expect("a column"), &rotated, None);
        let batch = with(&batch, name, column.expect("rows"));
        assert!(!report_of(&data_set, whole.clone(), &[batch]).expect("comparable").whole, "{name}");
    }
    // Nulls for empty texts.
    let texts = batch.column(1).as_any().downcast_ref::<StringArray>().expect("texts");
    let valid = NullBuffer::from_iter(texts.iter().map(|text| text.is_some_and(|text| !text.is_empty())));
    let nulls: ArrayRef =
        array(StringArray::new(texts.offsets().clone(), texts.values().clone(), Some(valid)));
    let batch = with(&batch, "b", nulls);
    assert!(!report_of(&data_set, whole.clone(), std::slice::from_ref(&batch)).expect("comparable").whole);
}

#[test]
fn what_only_a_key_tells_is_refused_without_one() {
    let data_set = keyless();
    let whole = CheckOptions::whole(&data_set);
    let refused = |options| Check::new(&data_set, options).expect_err("refused");
    assert_eq!(refused(CheckOptions { partial: true, ..whole.clone() }), CheckError::KeylessPartial);
    assert_eq!(refused(CheckOptions { tolerance_ulps: 1, ..whole.clone() }), CheckError::KeylessTolerance);
    let batch = taken(&data_set, &[0]);
    let floats = array(ListArray::new_null(item_field(DataType::Float32), 1));
    let check = Check::new(&data_set, whole.clone()).expect("columns");
    let error = check.feed(&with(&batch, "c", floats)).expect_err("32-bit floats");
    assert_eq!(error, CheckError::KeylessNarrow("c".to_owned()));

    // Some columns, and the rows of a shard.
    let options =
        CheckOptions { columns: Some(vec!["a".to_owned(), "b".to_owned()]), rows: rows(100, 50), ..whole };
    let of_shard: Vec<u64> = (100..150).rev().collect();
    let some = taken(&data_set, &of_shard).project(&[0, 1]).expect("columns");
    let report = report_of(&data_set, options, &[some]).expect("comparable");
    assert!(report.whole && !report.scope.all_columns, "{report:?}");
}

#[test]
fn csv_tells_empty_texts_from_nulls() {
    let folder = tempfile::tempdir().expect("a folder");
    let columns = "[{name: k, type: int8, generator: sequence, start: 0}, {name: n, type: int8, generator: uniform, nulls: 1}, \
                   {name: t, type: text, generator: constant, value: ''}, {name: u, type: text, generator: constant, value: a, nulls: 1}]";
    std::fs::write(folder.path().join("s.yaml"), format!("rows: 1\ncolumns: {columns}\n")).expect("a file");
    for (line, code, said) in [
        ("0,,\"\",", 0, "OK: the copy is whole\n"),
        ("0,\"\",\"\",", 0, "OK: the copy is whole\n"),
        ("0,,,", 1, "row 0, t: expected \"\", found null\n"),
        ("0,,\"\",\"\"", 1, "row 0, u: expected null, found \"\"\n"),
        ("0,0,\"\",", 1, "row 0, n: expected null, found 0\n"),
    ] {
        std::fs::write(folder.path().join("x.csv"), format!("k,n,t,u\n{line}\n")).expect("a file");
        let (code_found, stdout, _) = run(folder.path(), "check x.csv --schema s.yaml");
        assert!(code_found == code && stdout.contains(said), "{line}: {stdout}");
    }
}

#[test]
fn the_command_checks_any_schema_with_a_key_and_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let value = "{name: v, type: int16, generator: uniform, min: 0, max: 30000, nulls: 10%}";
    let text = "{name: t, type: text, generator: pattern, pattern: '[ab]{3}'}";
    let key = "{name: k, type: \"timestamp[s]\", generator: sequence, start: 2024-01-01T00:00:00}";
    for (name, columns) in
        [("keyed", format!("[{value}, {text}, {key}]")), ("keyless", format!("[{value}, {text}]"))]
    {
        let schema = format!("rows: 100\ncolumns: {columns}\n");
        std::fs::write(folder.path().join(format!("{name}.yaml")), schema).expect("a file");
        run_well(folder.path(), &format!("--schema {name}.yaml --batch-size 40 --out {name}"));
        run_well(
            folder.path(),
            &format!("--schema {name}.yaml --batch-size 40 --shard 2/3 --out {name}_shard"),
        );
    }
    std::fs::write(folder.path().join("x.csv"), "v,t\n1,aaa\n").expect("a file");
    for (arguments, code, said) in [
        ("keyed", 0, "OK: the copy is whole\n"),
        ("keyed --schema keyed.yaml", 0, "OK: the copy is whole\n"),
        ("keyed --columns t", 0, "OK: the copy is whole (k, t checked)\n"),
        (
            "keyed/part-00001-of-00003.parquet --partial",
            0,
            "OK: 40 of 100 rows were seen, and they are right\n",
        ),
        ("keyed/part-00001-of-00003.parquet", 1, "lost        60   rows 0-39, 80-99\n"),
        ("keyed --shard 2/3", 0, "(and 60 of other slices)"),
        ("keyed_shard --shard 2/3", 0, "OK: rows 40-79 of 100 are whole\n"),
        (
            "keyed --schema keyed.yaml --rows 99",
            1,
            "part-00002-of-00003.parquet: row 99 is not one of the data set's\n",
        ),
        (
            "keyed --schema keyed.yaml --seed 1",
            1,
            "hint: most rows are altered, in every column: is this another seed, or another data set?\nFAILED: the copy is not whole\n",
        ),
        ("keyed --tolerance 1", 0, "OK: the copy is whole (numbers within 1 ulp)\n"),
        ("keyless", 0, "OK: the copy is whole (compared by checksum, since no column identifies rows)\n"),
        (
            "keyless --columns v",
            0,
            "OK: the copy is whole (v checked; compared by checksum, since no column identifies rows)\n",
        ),
        (
            "keyed --schema keyless.yaml",
            0,
            "not in the data set, and ignored: k\nOK: the copy is whole (compared by checksum",
        ),
        ("keyless --schema keyless.yaml --seed 1", 1, "so the check cannot tell which ones differ)\n"),
        ("keyless/part-00001-of-00003.parquet", 1, "100 rows expected, 40 seen\nchecksum    expected "),
        ("keyless_shard --shard 2/3", 0, "OK: rows 40-79 of 100 are whole (compared by checksum"),
        ("keyless --shard 2/3", 1, "40 rows expected, 100 seen\n"),
        ("keyless --partial", 2, "missing rows cannot be told from altered ones; leave --partial out\n"),
        ("keyless --tolerance 1", 2, "compared to the bit, by a checksum; leave --tolerance out\n"),
        ("x.csv --schema keyed.yaml", 2, "the copy has no column \"k\""),
    ] {
        let (code_found, stdout, stderr) = run(folder.path(), &format!("check {arguments}"));
        let all = stdout + &stderr;
        assert_eq!(code_found, code, "{arguments}: {all}");
        assert!(all.contains(said), "{arguments}: {all}");
    }
    let (code, stdout, _) = run(folder.path(), "check keyless_shard --json");
    let report: Json = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &report["verdict"], &report["seen"]), (1, &json!("different"), &json!(40)));
    assert_eq!(report["checksum"]["expected"].as_str().map(str::len), Some(32));
    for kind in ["lost", "duplicated", "altered", "foreign", "distinct"] {
        assert_eq!(report[kind], Json::Null);
    }
}
