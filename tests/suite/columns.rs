//! The values of columns, as `contract-vectors.json` publishes them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{cast, filter, is_not_null};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int64Type, TimeUnit, UInt64Type};
use proptest::prelude::*;
use samplegen::RowRange;
use samplegen::columns::{KeyValue, ValueBounds, ValueColumn};
use samplegen::instructions::InstructionSet;
use samplegen::schema::column::Column;
use serde_json::{Value as Json, json};
use xxhash_rust::xxh3::Xxh3;

use crate::described::{described, of_table, table, value_columns};
use crate::support::rows;

/// A value in the terms of the vectors.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Whole(u64),
    Float(u64),
    Bool(bool),
    Text(String),
    List(Vec<Cell>),
}

pub fn vectors() -> Json {
    serde_json::from_str(include_str!("contract-vectors.json")).expect("JSON")
}

/// The cells of an array that has no nulls; whole numbers as the low 64 bits of their units.
pub fn cells(array: &ArrayRef) -> Vec<Cell> {
    let whole = |number: i64| Cell::Whole(number as u64);
    match array.data_type() {
        DataType::Boolean => {
            array.as_boolean().iter().map(|value| Cell::Bool(value.expect("no null"))).collect()
        }
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .values()
            .iter()
            .map(|value| Cell::Float(value.to_bits()))
            .collect(),
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().values().iter();
            values.map(|value| Cell::Float(f64::from(*value).to_bits())).collect()
        }
        DataType::Utf8 => array
            .as_string::<i32>()
            .iter()
            .map(|text| Cell::Text(text.expect("no null").to_owned()))
            .collect(),
        DataType::FixedSizeBinary(16) => {
            let ids = array.as_fixed_size_binary().iter();
            let text = |id: &[u8]| uuid::Uuid::from_slice(id).expect("16 bytes").to_string();
            ids.map(|id| Cell::Text(text(id.expect("no null")))).collect()
        }
        DataType::Decimal128(..) => array
            .as_primitive::<Decimal128Type>()
            .values()
            .iter()
            .map(|units| Cell::Whole(*units as u64))
            .collect(),
        DataType::UInt64 => {
            array.as_primitive::<UInt64Type>().values().iter().map(|number| Cell::Whole(*number)).collect()
        }
        DataType::List(_) => {
            array.as_list::<i32>().iter().map(|items| Cell::List(cells(&items.expect("no null")))).collect()
        }
        DataType::Date32 => cells(&cast(array, &DataType::Int32).expect("dates are whole numbers")),
        _ => {
            let numbers = cast(array, &DataType::Int64).expect("whole numbers");
            numbers.as_primitive::<Int64Type>().values().iter().copied().map(whole).collect()
        }
    }
}

/// What a vector shows of a column: its values, the numbers of its values, or which rows are null.
fn shown(
    column: &ValueColumn,
    about: &str,
    array: ArrayRef,
    rows: samplegen::columns::Indices<'_>,
) -> Vec<Cell> {
    if about.contains("the value's number") {
        let numbers = column.numbers(InstructionSet::best(), rows);
        numbers.into_iter().map(|number| Cell::Whole(number.into())).collect()
    } else if about == "whether the row is null" {
        (0..array.len()).map(|row| Cell::Bool(array.is_null(row))).collect()
    } else {
        cells(&array)
    }
}

/// The value that `json` stands for, of the same kind as `like`.
pub fn expected(json: &Json, like: &Cell) -> Cell {
    match (json, like) {
        (Json::Bool(value), _) => Cell::Bool(*value),
        (Json::Array(items), Cell::List(likes)) => {
            assert_eq!(items.len(), likes.len());
            Cell::List(items.iter().zip(likes).map(|(item, like)| expected(item, like)).collect())
        }
        (Json::String(text), Cell::Whole(_)) => {
            Cell::Whole(text.parse::<i128>().expect("a whole number") as u64)
        }
        (Json::String(text), Cell::Float(_)) => Cell::Float(text.parse::<f64>().expect("a number").to_bits()),
        (Json::String(text), _) => Cell::Text(text.clone()),
        other => panic!("{other:?}"),
    }
}

/// The digest of the cells of a million rows, some rows at a time. Booleans are the numbers 0 and 1.
pub fn digest(cells: impl Fn(RowRange) -> Vec<Cell>) -> String {
    let mut digest = Xxh3::new();
    for rows in rows(0, 1_000_000).chunks(10_000) {
        for cell in cells(rows) {
            match cell {
                Cell::Whole(bits) | Cell::Float(bits) => digest.update(&bits.to_le_bytes()),
                Cell::Bool(value) => digest.update(&u64::from(value).to_le_bytes()),
                Cell::Text(text) => digest.update((text + "\n").as_bytes()),
                Cell::List(_) => panic!("there are no digests of lists"),
            }
        }
    }
    format!("{:032x}", digest.digest128())
}

/// The columns that others of the vectors refer to.
fn referred() -> Vec<Column> {
    [
        json!({"name": "q", "type": "text", "generator": "one_of", "values": ["DE", "FR", "US"], "weights": ["0.5", "0.3", "0.2"]}),
        json!({"name": "t", "type": "int64", "generator": "sequence", "start": 5, "step": 3}),
    ]
    .iter()
    .map(|json| described(json, &[]))
    .collect()
}

/// The column of a vector, and the vector; those of several tables are tested beside them.
fn vector_columns() -> Vec<(std::sync::Arc<ValueColumn>, Json)> {
    let vectors = vectors()["columns"].as_array().expect("a list").clone();
    let of_one_table = |vector: &Json| {
        let generator = vector["column"]["generator"].as_str().expect("text");
        generator != "references" && generator != "children"
    };
    let built = |vector: Json| {
        let mut columns = referred();
        let column = described(&vector["column"], &columns);
        columns.push(column);
        let seed = vector["seed"].as_u64().expect("a seed");
        let column =
            value_columns(&table(vector["table"].as_str(), columns), seed).pop().expect("its column");
        (column, vector)
    };
    vectors.into_iter().filter(of_one_table).map(built).collect()
}

#[test]
fn chosen_rows_have_the_values_of_the_contract() {
    let vectors = vector_columns();
    assert_eq!(vectors.len(), 112);
    for (column, vector) in vectors {
        let numbers = vector["rows"].as_array().expect("a list").iter();
        let rows: Vec<u64> =
            numbers.map(|row| row.as_str().expect("text").parse().expect("digits")).collect();
        let found =
            shown(&column, vector["about"].as_str().expect("text"), column.take(&rows), rows[..].into());
        let values = vector["values"].as_array().expect("a list");
        assert_eq!(values.len(), rows.len());
        let expected: Vec<Cell> =
            values.iter().zip(&found).map(|(json, like)| expected(json, like)).collect();
        assert_eq!(found, expected, "{vector}");
    }
}

/// Compares the digests of the vectors with this seed.
fn compare_digests(seed: u64) {
    let mut digests = 0;
    for (column, vector) in vector_columns() {
        let Some(expected) = vector["digest_of_rows_0_to_999999"].as_str() else { continue };
        if vector["seed"].as_u64() != Some(seed) {
            continue;
        }
        let about = vector["about"].as_str().expect("text");
        let found = digest(|rows| shown(&column, about, column.array(rows), rows.into()));
        assert_eq!(found, expected, "{vector}");
        digests += 1;
    }
    assert!(digests > 40, "{digests}");
}

// Two tests, so that they run side by side.

#[test]
fn a_million_rows_have_the_digests_of_the_contract_under_seed_0() {
    compare_digests(0);
}

#[test]
fn a_million_rows_have_the_digests_of_the_contract_under_seed_42() {
    compare_digests(42);
}

/// The columns of the benchmark's table, as the vectors name them.
pub fn events() -> Vec<Json> {
    let countries = [
        "DE", "FR", "US", "GB", "IT", "ES", "PL", "NL", "SE", "NO", "DK", "FI", "CH", "AT", "BE", "PT", "IE",
        "CZ", "GR", "HU",
    ];
    vec![
        json!({"name": "id", "type": "text", "generator": "uuid"}),
        json!({"name": "event_id", "type": "int64", "generator": "sequence", "start": 0}),
        json!({"name": "user_id", "type": "int64", "generator": "zipf", "min": 0, "max": 999_999, "exponent": 0.99}),
        json!({"name": "ts", "type": "timestamp[us]", "generator": "sequence", "start": "2024-01-01T00:00:00", "step": 1_000, "jitter": 1_000}),
        json!({"name": "country", "type": "text", "generator": "one_of", "values": countries}),
        json!({"name": "device", "type": "text", "generator": "one_of", "values": ["ios", "android", "web", "tv", "api"], "weights": [30, 40, 25, 2, 3]}),
        json!({"name": "amount", "type": "decimal(10,2)", "generator": "lognormal", "mu": 3, "sigma": 1}),
        json!({"name": "quantity", "type": "int16", "generator": "uniform", "min": 1, "max": 20}),
        json!({"name": "score", "type": "float64", "generator": "normal", "mean": 0, "sd": 1}),
        json!({"name": "flag", "type": "bool", "generator": "bernoulli", "probability": "0.3"}),
        json!({"name": "code", "type": "text", "generator": "pattern", "pattern": "ORD-[0-9]{6}"}),
        json!({"name": "ref", "type": "int64", "generator": "uniform", "min": 0, "max": 1_000_000_000, "nulls": "10%"}),
    ]
}

#[test]
fn the_benchmarks_table_has_the_digests_of_the_contract() {
    let digests = &vectors()["schemas"]["events.yaml"];
    let digests = digests.as_object().expect("an object");
    assert_eq!(digests.len(), 12);
    let described: Vec<Column> = events().iter().map(|json| described(json, &[])).collect();
    let columns = value_columns(&table(None, described), 0);
    for (json, column) in events().iter().zip(columns) {
        let name = json["name"].as_str().expect("text");
        let (_, expected) =
            digests.iter().find(|(key, _)| key.split(' ').next() == Some(name)).expect("its digest");
        // Nulls are left out.
        let valid = |array: ArrayRef| {
            filter(&array, &is_not_null(&array).expect("any array")).expect("as many flags")
        };
        let found = digest(|rows| cells(&valid(column.array(rows))));
        assert_eq!(found, expected.as_str().expect("text"), "{name}");
    }
}

/// A column of each generator and type, and what wraps them.
pub fn every_kind() -> Vec<Json> {
    let mut kinds = vec![
        json!({"generator": "uuid", "type": "text"}),
        json!({"generator": "uuid", "type": "uuid"}),
        json!({"generator": "uuid7", "type": "uuid", "start": "2023-11-14T22:13:20Z", "per_second": "2500.7"}),
        json!({"generator": "uuid7", "type": "text", "start": "2023-11-14T22:13:20Z", "per_second": 4_096_000}),
        json!({"generator": "bernoulli", "type": "bool", "probability": "0.3"}),
        json!({"generator": "bernoulli", "type": "bool", "probability": 1}),
        json!({"generator": "one_of", "type": "text", "values": ["b", "", "a", "ü"], "weights": [1, 0, 2, 3]}),
        json!({"generator": "one_of", "type": "decimal(5,2)", "values": ["-1.5", "0", "999.99"]}),
        json!({"generator": "zipf", "type": "text", "values": ["x", "y", "z"], "exponent": 1.3}),
        json!({"generator": "constant", "type": "date", "value": "2024-02-29"}),
        json!({"generator": "mapping", "type": "text", "of": "q", "values": {"DE": "EUR", "FR": "EUR", "US": "USD"}}),
        json!({"generator": "mapping", "type": "int64", "of": "n", "values": {"-1": 10, "0": 0, "1": -5}}),
        json!({"generator": "pattern", "type": "text", "pattern": "[A-Z]{3}-\\d{6}_[αβ]{3}."}),
        json!({"generator": "pattern", "type": "text", "pattern": "[aé€]{5}"}),
        json!({"generator": "template", "type": "text", "template": "{q}-{t:08}-{n:03}-{row}"}),
        json!({"generator": "template", "type": "text", "template": "user{row:012}@example.com"}),
        json!({"generator": "template", "type": "text", "template": "<{t}>"}),
        json!({"generator": "unique", "type": "uint64", "min": 0, "max": u64::MAX}),
        json!({"generator": "unique", "type": "int64", "min": i64::MIN, "max": i64::MAX}),
        json!({"generator": "unique", "type": "decimal(38,3)", "min": "-10000000000000000.5", "max": "-1000000000000000"}),
        json!({"generator": "sequence", "type": "decimal(38,0)", "step": "100000000000000000000", "jitter": "7"}),
        json!({"generator": "sequence", "type": "decimal(38,0)", "step": "-1000000000000000000"}),
        json!({"generator": "normal", "type": "decimal(38,10)", "mean": 0, "sd": "1e20"}),
        json!({"generator": "normal", "type": "timestamp[ns]", "mean": "1.7e18", "sd": "1e16"}),
        json!({"generator": "normal", "type": "uint64", "mean": "1e19", "sd": "1e19"}),
        json!({"generator": "normal", "type": "float32", "mean": 3, "sd": 2, "min": 0}),
        json!({"generator": "exponential", "type": "float64", "mean": 3, "max": 10.0}),
        json!({"generator": "pareto", "type": "float64", "scale": 1, "shape": 2.5}),
        json!({"generator": "lognormal", "type": "float32", "mu": 1, "sigma": 1}),
        json!({"generator": "quantiles", "type": "float64", "points": [0, 1, 5]}),
        json!({"generator": "uniform", "type": "float64"}),
        json!({"generator": "uniform", "type": "float64", "min": -1.5, "max": 2.5}),
        json!({"generator": "uniform", "type": "float32"}),
        json!({"generator": "uniform", "type": "float32", "min": 0.7, "max": 0.8}),
        json!({"generator": "zipf", "type": "int64", "min": -10, "max": 1_000_000, "exponent": 1.0}),
        json!({"generator": "zipf", "type": "int64", "min": 5, "max": 2_000, "exponent": 0.5}),
    ];
    for whole in [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "decimal(2,0)",
        "decimal(9,2)",
        "decimal(18,4)",
        "decimal(19,4)",
        "decimal(38,10)",
        "date",
        "time[s]",
        "time[ms]",
        "time[us]",
        "time[ns]",
        "timestamp[s]",
        "timestamp[ms, UTC]",
        "timestamp[us]",
        "timestamp[ns, UTC]",
        "duration[s]",
        "duration[ns]",
    ] {
        let one = if whole.contains(",4") { "0.0001" } else { "1" };
        let (min, max) = if whole.starts_with('u') { ("2", "90") } else { ("0", "99") };
        kinds.extend([
            json!({"generator": "uniform", "type": whole, "min": min, "max": max, "step": "7"}),
            json!({"generator": "sequence", "type": whole, "start": min, "step": one}),
            json!({"generator": "normal", "type": whole, "mean": "50", "sd": "20", "min": min, "max": max}),
            json!({"generator": "zipf", "type": whole, "min": min, "max": max, "exponent": 0.7}),
        ]);
    }
    let uniform = json!({"generator": "uniform", "type": "int64", "min": -5, "max": 1_000_000_000_000u64});
    for (key, value) in [("nulls", "0.25"), ("depends_on", "q"), ("depends_on", "n"), ("depends_on", "s")] {
        let mut wrapped = uniform.clone();
        wrapped[key] = value.into();
        kinds.push(wrapped);
    }
    for (item, min, max) in
        [("float32", 3, 3), ("float64", 0, 4), ("int16", 2, 2), ("text", 0, 3), ("bool", 1, 2)]
    {
        let mut list = match item {
            "text" => json!({"generator": "pattern", "pattern": "[a-z]{2}"}),
            "bool" => json!({"generator": "bernoulli", "probability": "0.5"}),
            _ => json!({"generator": "uniform"}),
        };
        list["type"] = format!("list<{item}>").into();
        list["min_length"] = min.into();
        list["max_length"] = max.into();
        kinds.push(list.clone());
        list["nulls"] = "50%".into();
        list["depends_on"] = "q".into();
        kinds.push(list);
    }
    kinds
}

/// The column of a kind, beside those that it may refer to.
fn column_of(kind: &Json, seed: u64) -> std::sync::Arc<ValueColumn> {
    let mut columns = needed();
    let mut kind = kind.clone();
    kind["name"] = "v".into();
    let column = described(&kind, &columns);
    columns.push(column);
    value_columns(&table(Some("t"), columns), seed).pop().expect("the last column")
}

/// The columns that every kind of column may refer to.
pub fn needed() -> Vec<Column> {
    let mut columns = referred();
    columns.push(described(
        &json!({"name": "n", "type": "int8", "generator": "uniform", "min": -1, "max": 1, "nulls": "0.1"}),
        &[],
    ));
    columns.push(described(
        &json!({"name": "s", "type": "int64", "generator": "zipf", "min": 7, "max": 9_999, "exponent": 1.1}),
        &[],
    ));
    columns
}

/// Rows whose values the type of a kind can hold: sequences leave small types soon.
fn rows_of(kind: &Json, first: u64, count: u64) -> RowRange {
    match (kind["generator"].as_str(), kind["type"].as_str()) {
        (Some("sequence"), Some("int8" | "uint8" | "decimal(2,0)")) => rows(first % 40, count.min(50)),
        (Some("sequence"), _) => rows(first % 30_000, count),
        _ => rows(first, count),
    }
}

/// The bytes of an array's values in PLAIN encoding, as the parquet crate writes them; the array has no nulls.
fn plain_bytes(array: &ArrayRef) -> Vec<u8> {
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Encoding;
    use parquet::column::page::Page;
    use parquet::file::properties::{EnabledStatistics, WriterProperties};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let batch = arrow::array::RecordBatch::try_from_iter([("v", array.clone())]).expect("one column");
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::PLAIN)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_data_page_size_limit(usize::MAX)
        .set_write_batch_size(1 << 20)
        .build();
    let mut file = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).expect("types of Parquet");
    writer.write(&batch).expect("memory");
    writer.close().expect("memory");
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).expect("what was written");
    let group = reader.get_row_group(0).expect("a row group");
    let mut pages = group.get_column_page_reader(0).expect("its column");
    let mut values = Vec::new();
    while let Some(page) = pages.get_next_page().expect("its pages") {
        match page {
            Page::DataPage { buf, num_values, .. } => {
                // Definition levels of a nullable field come first; a field without nulls has none.
                assert_eq!(num_values as usize, array.len());
                values.extend_from_slice(&buf);
            }
            other => panic!("{:?}", other.page_type()),
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn rows_have_the_same_values_however_they_are_asked_for(seed: u64, first in 0u64..1 << 30, count in 0u64..1_200) {
        for kind in every_kind() {
            let column = column_of(&kind, seed);
            let range = rows_of(&kind, first, count);
            let (first, count) = (range.first(), range.count());
            let array = column.array(range);
            prop_assert_eq!(array.data_type(), &column.data_type(), "{}", kind);
            let numbers: Vec<u64> = (first..first + count).collect();
            prop_assert_eq!(&array, &column.take(&numbers), "{}", &kind);
            for row in [0, count / 2, count.saturating_sub(1)].into_iter().filter(|row| *row < count) {
                let single = column.take(&[first + row]);
                prop_assert_eq!(&array.slice(row as usize, 1), &single, "{}", &kind);
            }
            prop_assert!(column.is_nullable() || array.null_count() == 0);
        }
    }

    #[test]
    fn values_of_identifying_columns_give_their_rows_back(seed: u64, first in 0u64..1 << 30) {
        let mut identifying = 0;
        for kind in every_kind() {
            let column = column_of(&kind, seed);
            if !column.is_identifying() {
                continue;
            }
            identifying += 1;
            let first = rows_of(&kind, first, 50).first();
            let array = column.array(rows(first, 50));
            for row in 0..50 {
                let value = array.slice(row, 1);
                let cell = if let DataType::Decimal128(..) = array.data_type() {
                    let units = value.as_primitive::<Decimal128Type>().value(0);
                    prop_assert_eq!(column.row(KeyValue::Whole(units)), Some(first + row as u64), "{}", &kind);
                    continue;
                } else {
                    cells(&value).pop().expect("one value")
                };
                let found = match &cell {
                    Cell::Whole(bits) if *array.data_type() == DataType::UInt64 => column.row(KeyValue::Whole((*bits).into())),
                    Cell::Whole(bits) => column.row(KeyValue::Whole((*bits as i64).into())),
                    Cell::Text(text) if kind["type"] == "text" => column.row(KeyValue::Text(text)),
                    Cell::Text(text) => {
                        column.row(KeyValue::Uuid(text.parse::<uuid::Uuid>().expect("an id").as_u128()))
                    }
                    other => panic!("{other:?}"),
                };
                prop_assert_eq!(found, Some(first + row as u64), "{}", &kind);
            }
        }
        prop_assert!(identifying > 25, "{}", identifying);
    }

    #[test]
    fn every_instruction_set_fills_the_page_that_parquet_would_write(seed: u64, first in 0u64..1 << 30, count in 1u64..1_200) {
        let mut filled = 0;
        for kind in every_kind() {
            let column = column_of(&kind, seed);
            let range = rows_of(&kind, first, count);
            let count = range.count();
            let is_list = column.data_type().is_nested();
            let Some(bytes) = column.plain_bytes().filter(|_| !is_list) else { continue };
            filled += 1;
            let mut pages = InstructionSet::available().into_iter().map(|instructions| {
                let mut plain = vec![0xAA; count as usize * bytes];
                let bounds = column.fill_plain(instructions, range.into(), &mut plain);
                (plain, bounds)
            });
            let (plain, bounds) = pages.next().expect("the baseline");
            for page in pages {
                prop_assert!(page == (plain.clone(), bounds.clone()), "{}", kind);
            }
            let array = column.array(range);
            let valid = arrow::array::make_array(array.to_data().into_builder().nulls(None).build().expect("values"));
            let valid = match valid.data_type() {
                // Parquet has no seconds and no durations.
                DataType::Time32(TimeUnit::Second) => cast(&valid, &DataType::Time32(TimeUnit::Millisecond)).expect("milliseconds"),
                DataType::Timestamp(TimeUnit::Second, zone) => {
                    cast(&valid, &DataType::Timestamp(TimeUnit::Millisecond, zone.clone())).expect("milliseconds")
                }
                DataType::Duration(_) => cast(&valid, &DataType::Int64).expect("numbers"),
                _ => valid,
            };
            prop_assert!(plain_bytes(&valid) == plain, "{}", kind);
            // The bounds are values of the page, and no value lies beyond.
            let ValueBounds { min, max } = column.value_bounds(&bounds).expect("some values");
            let values: Vec<&[u8]> = plain.chunks(bytes).map(|value| &value[value.len() - min.len()..]).collect();
            let same = |value: &[u8], bound: &[u8]| value == bound || (is_zero(bound) && is_zero(value));
            prop_assert!(values.iter().any(|value| same(value, &min)), "{}", kind);
            prop_assert!(values.iter().any(|value| same(value, &max)), "{}", kind);
            let sorted = arrow::compute::sort(&valid, None).expect("types with an order");
            prop_assert!(same(&plain_bytes(&sorted.slice(0, 1))[bytes - min.len()..], &min), "{}", kind);
            prop_assert!(same(&plain_bytes(&sorted.slice(count as usize - 1, 1))[bytes - max.len()..], &max), "{}", kind);
        }
        prop_assert!(filled > 100, "{}", filled);
    }
}

/// Whether `bytes` are a float of either zero.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.split_last().is_some_and(|(last, rest)| last & 0x7F == 0 && rest.iter().all(|byte| *byte == 0))
}

#[test]
fn columns_that_no_schema_may_have_are_refused() {
    let error = |kind: Json| {
        let mut columns = referred();
        let mut kind = kind;
        kind["name"] = "v".into();
        columns.push(described(&kind, &columns));
        of_table(&table(None, columns), 0).expect_err("no values can be made").to_string()
    };
    let fits = "the generator does not fit the type";
    for (kind, expected) in [
        (json!({"generator": "uuid", "type": "int64"}), fits),
        (json!({"generator": "pattern", "type": "int64", "pattern": "a"}), fits),
        (json!({"generator": "bernoulli", "type": "text", "probability": 1}), fits),
        (
            json!({"generator": "constant", "type": "text", "value": "x", "min_length": 1, "max_length": 1}),
            fits,
        ),
        (
            json!({"generator": "mapping", "type": "text", "of": "q", "values": {"XX": "no"}}),
            r#""XX" is no value of the column that is mapped"#,
        ),
        (
            json!({"generator": "normal", "type": "float64", "mean": 0, "sd": 1, "min": 9.0}),
            "nothing of the distribution lies within the bounds",
        ),
        (
            json!({"generator": "normal", "type": "float64", "mean": 0, "sd": 1, "min": 8.0}),
            "too little of the distribution lies within the bounds",
        ),
        (
            json!({"generator": "normal", "type": "float32", "mean": 0, "sd": 1e38}),
            "the distribution has values that are not finite in the type",
        ),
    ] {
        let error = error(kind.clone());
        assert!(error.contains(expected) && error.starts_with("column \"v\": "), "{kind}: {error}");
    }
    let mut columns = referred();
    columns.push(described(
        &json!({"name": "v", "type": "int64", "generator": "uniform", "depends_on": "q"}),
        &columns,
    ));
    columns[0].depends_on = Some(2);
    let error = of_table(&table(None, columns), 0).expect_err("a circle").to_string();
    assert!(error.contains("depend on themselves"), "{error}");
}
