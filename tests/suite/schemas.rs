//! Schema files: what they say, what is refused and how, and that what is written reads as the same.

use proptest::collection::vec;
use proptest::prelude::*;
use samplegen::schema::build::{
    bernoulli, constant, exponential, lognormal, mapping, normal, one_of, pareto, pattern, quantiles,
    sequence, table, template, uniform, unique, uuid, uuid7, zipf, zipf_of,
};
use samplegen::schema::column::{Column, Encoding, Lengths, Schema, Storage, Table};
use samplegen::schema::file::{EXAMPLE, LayoutKeys, ReadOptions, SchemaFile};
use samplegen::schema::generator::{Bounds, Distribution, Drawn, Generator, Items, Mapping, Uniform};
use samplegen::schema::identify::Key;
use samplegen::schema::node::Content;
use samplegen::schema::number::Number;
use samplegen::schema::pattern::Pattern;
use samplegen::schema::template::{Field, Part, Template};
use samplegen::schema::types::ColumnType;
use samplegen::schema::value::Value;
use samplegen::schema::values_from::{ValueColumns, ValueFiles, ValuesFrom};
use samplegen::{DataSet, FloatWidth, IdForm, RowRange};

/// Schemas and what is wrong with them: each case is a schema and a line `=> message` for each fault,
/// and ends with an empty line.
const REFUSALS: &str = include_str!("refusals.txt");
const EVENTS: &str = include_str!("../../samples/schemas/events.yaml");
const SHOP: &str = include_str!("../../samples/schemas/shop.yaml");

fn read(text: &str) -> Result<SchemaFile, String> {
    SchemaFile::read("s.yaml", text, &ReadOptions::default()).map_err(|faults| faults.to_string())
}

fn description(text: &str) -> Schema {
    read(text).unwrap_or_else(|faults| panic!("{text}\n{faults}")).schema
}

/// The only column of a schema that has these keys.
fn column(keys: &str) -> Column {
    description(&format!("columns: [{{name: a, {keys}}}]")).tables.remove(0).columns.remove(0)
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_the_way_out() {
    for case in REFUSALS.trim_end().split("\n\n") {
        let (expected, schema): (Vec<&str>, Vec<&str>) =
            case.lines().partition(|line| line.starts_with("=> "));
        let faults = read(&schema.join("\n")).expect_err(case);
        let faults: Vec<String> = faults.lines().map(|fault| format!("=> {fault}")).collect();
        assert_eq!(faults, expected, "{}", schema.join("\n"));
    }
}

#[test]
fn many_faults_are_counted() {
    let columns = "- {name: a, type: int, generator: uniform}\n".repeat(25);
    let faults =
        read(&format!("columns:\n{columns}")).expect_err("25 types that are none, 24 names that are taken");
    assert_eq!(faults.lines().count(), 21);
    assert!(faults.ends_with("\nand 29 more"), "{faults}");
}

#[test]
fn numbers_and_units_are_exact() {
    let whole = |keys: &str| match column(keys).generator {
        Generator::Constant(Value::Whole(units)) => units,
        other => panic!("{keys}: {other:?}"),
    };
    for (keys, units) in [
        ("type: int64, generator: constant, value: -9223372036854775808", i64::MIN.into()),
        ("type: uint64, generator: constant, value: 18446744073709551615", u64::MAX.into()),
        ("type: int64, generator: constant, value: 1e3", 1000),
        ("type: int64, generator: constant, value: 0x1f", 31),
        ("type: int64, generator: constant, value: '12.0'", 12),
        (r#"type: "decimal(10,2)", generator: constant, value: 0.3"#, 30),
        (r#"type: "decimal(10,2)", generator: constant, value: 5%"#, 5),
        (
            r#"type: "decimal(38,0)", generator: constant, value: 99999999999999999999999999999999999999"#,
            10i128.pow(38) - 1,
        ),
        (
            r#"type: "decimal(38,38)", generator: constant, value: "-0.00000000000000000000000000000000000001""#,
            -1,
        ),
        ("type: date, generator: constant, value: 1969-12-31", -1),
        ("type: date, generator: constant, value: 19000", 19_000),
        (r#"type: "time[us]", generator: constant, value: "23:59:59.999999""#, 86_399_999_999),
        (r#"type: "timestamp[s]", generator: constant, value: 0001-01-01T00:00:00"#, -62_135_596_800),
        (
            r#"type: "timestamp[ms, UTC]", generator: constant, value: "2024-01-01T00:30:00.250+01:00""#,
            1_704_065_400_250,
        ),
        (
            r#"type: "timestamp[ns]", generator: constant, value: "1677-09-21T00:12:43.145224192""#,
            i64::MIN.into(),
        ),
        (r#"type: "duration[us]", generator: constant, value: 1.5h"#, 5_400_000_000),
        (r#"type: "duration[s]", generator: constant, value: -2 d"#, -172_800),
    ] {
        assert_eq!(whole(keys), units, "{keys}");
    }
    let sequence = |keys: &str| match column(keys).generator {
        Generator::Sequence { start, step, jitter } => (start, step, jitter),
        other => panic!("{keys}: {other:?}"),
    };
    assert_eq!(sequence("type: date, generator: sequence, start: 1970-01-02, step: 168h"), (1, 7, 0));
    assert_eq!(sequence(r#"type: "decimal(5,2)", generator: sequence, start: 1"#), (100, 1, 0));
    assert_eq!(
        sequence(
            r#"type: "timestamp[us]", generator: sequence, start: 1970-01-01T00:00:00, step: 1ms, jitter: 500us"#
        ),
        (0, 1000, 500)
    );
    let normal = |keys: &str| match column(keys).generator {
        Generator::Distribution { distribution: Distribution::Normal { mean, sd }, .. } => (mean, sd),
        other => panic!("{keys}: {other:?}"),
    };
    assert_eq!(normal("type: date, generator: normal, mean: 1970-01-11, sd: 1h"), (10.0, 1.0 / 24.0));
    assert_eq!(normal(r#"type: "decimal(10,2)", generator: normal, mean: 10.5, sd: 2"#), (10.5, 2.0));
    assert_eq!(normal("type: int8, generator: normal, mean: 2.5, sd: 0"), (2.5, 0.0));
    assert_eq!(normal(r#"type: "duration[ms]", generator: normal, mean: "2.5", sd: "1""#), (2.5, 1.0));
    assert_eq!(normal(r#"type: "time[s]", generator: normal, mean: "01:00:00", sd: "1""#), (3600.0, 1.0));
    let probability = |keys: &str| match column(keys).generator {
        Generator::Bernoulli { probability } => probability.threshold(),
        other => panic!("{keys}: {other:?}"),
    };
    assert_eq!(probability("type: bool, generator: bernoulli, probability: 0.3"), (3 << 64) / 10);
    assert_eq!(probability("type: bool, generator: bernoulli, probability: 30%"), (3 << 64) / 10);
    assert_eq!(probability("type: bool, generator: bernoulli, probability: '1.0'"), 1 << 64);
}

#[test]
fn a_sequence_goes_from_one_end_of_the_longest_decimals_to_the_other() {
    let most = 10i128.pow(38) - 1;
    let columns = format!(
        r#"rows: 3
columns: [{{name: a, type: "decimal(38,0)", generator: sequence, start: "-{most}", step: "{most}"}}]"#
    );
    assert_eq!(description(&columns).tables[0].rows, Some(3));
    read(&columns.replace("rows: 3", "rows: 4")).expect_err("a row beyond the type");
}

#[test]
fn an_integers_limits_stand_in_for_bounds() {
    let small = column("type: int8, generator: uniform").generator;
    assert_eq!(small, Generator::Uniform(Uniform::Whole { min: -128, max: 127, step: 1 }));
    let large = column("type: uint64, generator: uniform, min: 5").generator;
    assert_eq!(large, Generator::Uniform(Uniform::Whole { min: 5, max: u64::MAX.into(), step: 1 }));
}

#[test]
fn the_samples_are_read() {
    let events = description(EVENTS);
    assert_eq!(events.tables[0].rows, Some(1_000_000));
    assert_eq!(events.tables[0].columns.len(), 12);
    assert_eq!(events.tables[0].identifying(), [0, 1, 3]);
    description(EXAMPLE);
    let shop = description(SHOP);
    assert_eq!(shop.row_counts().expect("no circle"), [Some(1_000_000), Some(50_000), Some(4_500_000)]);
    let written = description(&shop.to_yaml());
    assert_eq!(written, shop);
}

#[test]
fn the_example_has_every_type_and_every_generator_of_one_table() {
    let columns = &description(EXAMPLE).tables[0].columns;
    for name in [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
        "decimal(10,2)",
        "text",
        "binary",
        "uuid",
        "date",
        "time[s]",
        "timestamp[s]",
        "timestamp[us, UTC]",
        "duration[ms]",
        "list<text>",
    ] {
        let column_type: ColumnType = name.parse().expect(name);
        assert!(columns.iter().any(|column| column.column_type == column_type), "{name}");
    }
    for name in [
        "uniform",
        "bernoulli",
        "one_of",
        "mapping",
        "sequence",
        "unique",
        "uuid",
        "uuid7",
        "constant",
        "pattern",
        "template",
        "normal",
        "lognormal",
        "exponential",
        "pareto",
        "quantiles",
        "zipf",
    ] {
        assert!(
            EXAMPLE.contains(&format!("generator: {name},"))
                || EXAMPLE.contains(&format!("generator: {name}}}")),
            "{name}"
        );
    }
}

#[test]
fn descriptions_of_the_first_release_are_read_and_written_as_they_were() {
    for (id, float) in [(IdForm::Text, FloatWidth::F32), (IdForm::Binary, FloatWidth::F64)] {
        let schema = Schema::classifier(3, id, float).expect("few columns");
        let data_set =
            DataSet::new(schema, RowRange::new(5, 1_000).expect("few rows"), u64::MAX).expect("a data set");
        let json = serde_json::to_string(&data_set).expect("plain data");
        let description = description(&json);
        assert_eq!(description.to_json(), json);
        let id_type = if id == IdForm::Text { ColumnType::Text } else { ColumnType::Uuid };
        assert_eq!(description.tables[0].columns[0].column_type, id_type);
        let file = format!(
            r#"{{"dataset":{json},"layout":{{"batch_rows":10,"row_group_rows":5,"compression":"zstd:3"}}}}"#
        );
        assert_eq!(read(&file).expect("a data set and its layout").to_json(), file);
    }
    let other = description(
        "columns: [{name: a, type: uuid, generator: uuid}, {name: b, type: int8, generator: uniform}]",
    );
    assert!(other.to_json().contains(r#"{"name":"a","generator":"uuid","type":"uuid"}"#));
}

#[test]
fn json_without_unicode_is_the_same_schema() {
    let ascii =
        r#"{"columns":[{"name":"\u00e9","type":"text","generator":"constant","value":"\ud83d\ude00"}]}"#;
    assert_eq!(
        description(ascii),
        description(r#"columns: [{name: é, type: text, generator: constant, value: 😀}]"#)
    );
}

#[test]
fn rows_given_beside_a_schema_count() {
    let text = "rows: 1T\ncolumns: [{name: a, type: int8, generator: sequence, start: 0}]";
    assert!(read(text).is_err());
    let with =
        |rows| SchemaFile::read("s.yaml", text, &ReadOptions { rows: Some(rows), ..ReadOptions::default() });
    let description = with(128).expect("as many rows as there are values").schema;
    assert_eq!(description.tables[0].rows, Some(128));
    assert!(with(129).is_err());
    let rows = |first, count| RowRange::new(first, count).expect("few rows");
    assert_eq!(description.clone().with_rows(rows(100, 28)).expect("values up to 127").first_row, 100);
    let faults = description.with_rows(rows(100, 29)).expect_err("a value of 128");
    assert!(faults.to_string().starts_with("column \"a\": start: the sequence goes beyond 127"), "{faults}");
}

/// A file of two values with weights.
struct TwoValues;

impl ValueFiles for TwoValues {
    fn read(&self, request: &ValuesFrom, _: &ColumnType) -> Result<ValueColumns, String> {
        if request.file != "two.csv" {
            return Err(format!("{}: no such file", request.file));
        }
        let text = |text: &str| Content::Text(text.to_owned());
        let weights = request.weights.as_ref().map(|_| vec![text("1"), text("0.5")]);
        Ok(ValueColumns { values: vec![text("10"), text("20")], weights })
    }
}

#[test]
fn values_from_a_file_become_part_of_the_schema() {
    let options = ReadOptions { files: Some(&TwoValues), ..ReadOptions::default() };
    let read = |keys: &str| {
        let text = format!("columns: [{{name: a, type: int8, {keys}}}]");
        SchemaFile::read("s.yaml", &text, &options).map_err(|faults| faults.to_string())
    };
    let file =
        read("generator: one_of, values_from: {file: two.csv, values: v, weights: w}").expect("two values");
    let weights = ["1", "0.5"].map(|weight| weight.parse().expect("a number")).to_vec();
    let values = vec![Value::Whole(10), Value::Whole(20)];
    let expected = Generator::OneOf { values: values.clone(), weights: Some(weights) };
    assert_eq!(file.schema.tables[0].columns[0].generator, expected);
    assert!(!file.to_json().contains("two.csv"));
    let file =
        read("generator: zipf, exponent: 1, values_from: {file: two.csv, values: v}").expect("two values");
    let expected = Generator::Zipf { exponent: 1.0, items: Items::Values(values) };
    assert_eq!(file.schema.tables[0].columns[0].generator, expected);
    assert_eq!(
        read("generator: one_of, values_from: {file: three.csv, values: v}"),
        Err("s.yaml:1:65: column \"a\": values_from: three.csv: no such file".to_owned())
    );
}

#[test]
fn rows_are_known_again_by_the_key_or_the_first_identifying_column() {
    let key = |text: &str| description(text).tables[0].key();
    let two = |first: &str, second: &str| format!("columns: [{{name: a, {first}}}, {{name: b, {second}}}]");
    let numbers = "type: int64, generator: unique, min: 0, max: 9";
    assert_eq!(key(&two("type: int8, generator: uniform", numbers)), Some(Key::Column(1)));
    assert_eq!(key(&two(numbers, "type: uuid, generator: uuid, key: true")), Some(Key::Column(1)));
    assert_eq!(
        key(&two(&format!("{numbers}, hidden: true"), "type: text, generator: template, template: 'x{a}'")),
        Some(Key::Column(1))
    );
    assert_eq!(
        key(&two("type: int8, generator: uniform", "type: text, generator: template, template: '{a}'")),
        None
    );
    assert_eq!(
        key(&two(
            "type: int8, generator: uniform",
            "type: text, generator: template, template: '{row}{row}'"
        )),
        None
    );
    assert_eq!(
        key(&two("type: int8, generator: uniform", r#"type: "list<uuid>", length: 1, generator: uuid"#)),
        None
    );
}

#[test]
fn the_builder_says_what_files_say() {
    let built = Schema::builder()
        .seed(7)
        .table(
            table("orders")
                .rows(10)
                .column("id", "uuid", uuid().key())
                .column("number", "int64", unique(1, 100))
                .column("country", "text", one_of(["DE", "FR"]).weights(["0.5", "1.5"]))
                .column("currency", "text", mapping("country", [("DE", "EUR"), ("FR", "EUR")]))
                .column("at", "timestamp[us]", sequence("2024-01-01T00:00:00").step("1ms"))
                .column("size", "list<int8>", uniform().min(0).max(9).length(3).nulls("5%"))
                .column("flag", "bool", constant(true))
                .column("browser", "text", zipf_of(1.5, ["chrome", "safari"]).hidden())
                .column("user", "int64", zipf(0.99, 0, 9))
                .column("active", "bool", bernoulli("30%"))
                .column("event", "uuid", uuid7("2024-01-01T00:00:00Z", 2500))
                .column("code", "text", pattern("[A-Z]{3}").depends_on("country"))
                .column("height", "float64", normal(175, 7.5).min(150).max(200))
                .column("amount", "decimal(10,2)", lognormal(3, 1))
                .column("waited", "duration[ms]", exponential("30s"))
                .column("income", "float64", pareto(1, 2.5))
                .column("price", "float64", quantiles([0.5, 4.99, 99.0]))
                .column("late", "int32", sequence(0).step(5).jitter(5))
                .column("tags", "list<text>", one_of(["a", "b"]).lengths(0, 3))
                .column("label", "text", template("{country}-{row}")),
        )
        .build()
        .unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(
        built,
        description(
            "seed: 7
tables:
  - name: orders
    rows: 10
    columns:
      - {name: id, type: uuid, generator: uuid, key: true}
      - {name: number, type: int64, generator: unique, min: 1, max: 100}
      - {name: country, type: text, generator: one_of, values: [DE, FR], weights: [0.5, 1.5]}
      - {name: currency, type: text, generator: mapping, of: country, values: {DE: EUR, FR: EUR}}
      - {name: at, type: 'timestamp[us]', generator: sequence, start: 2024-01-01T00:00:00, step: 1ms}
      - {name: size, type: 'list<int8>', generator: uniform, min: 0, max: 9, length: 3, nulls: 5%}
      - {name: flag, type: bool, generator: constant, value: true}
      - {name: browser, type: text, generator: zipf, exponent: 1.5, values: [chrome, safari], hidden: true}
      - {name: user, type: int64, generator: zipf, exponent: 0.99, min: 0, max: 9}
      - {name: active, type: bool, generator: bernoulli, probability: 30%}
      - {name: event, type: uuid, generator: uuid7, start: 2024-01-01T00:00:00Z, per_second: 2500}
      - {name: code, type: text, generator: pattern, pattern: '[A-Z]{3}', depends_on: country}
      - {name: height, type: float64, generator: normal, mean: 175, sd: 7.5, min: 150, max: 200}
      - {name: amount, type: 'decimal(10,2)', generator: lognormal, mu: 3, sigma: 1}
      - {name: waited, type: 'duration[ms]', generator: exponential, mean: 30s}
      - {name: income, type: float64, generator: pareto, scale: 1, shape: 2.5}
      - {name: price, type: float64, generator: quantiles, points: [0.5, 4.99, 99]}
      - {name: late, type: int32, generator: sequence, start: 0, step: 5, jitter: 5}
      - {name: tags, type: 'list<text>', generator: one_of, values: [a, b], min_length: 0, max_length: 3}
      - {name: label, type: text, generator: template, template: '{country}-{row}'}
"
        )
    );
    let faults = Schema::builder().table(table("t").column("a", "int8", uniform().min(5).max(1))).build();
    assert_eq!(
        faults.expect_err("an empty range").to_string(),
        "table \"t\", column \"a\": the range is empty: min 5 is above max 1"
    );
}

fn whole_type() -> impl Strategy<Value = ColumnType> {
    let names = [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "decimal(3,2)",
        "decimal(38,0)",
        "decimal(38,38)",
        "date",
        "time[s]",
        "time[ns]",
        "timestamp[s]",
        "timestamp[ms, UTC]",
        "timestamp[ns]",
        "duration[us]",
    ];
    prop::sample::select(names.to_vec()).prop_map(|name| name.parse().expect(name))
}

fn number_within(limit: u64) -> impl Strategy<Value = Number> {
    (0..=limit, 0..30u32).prop_map(|(units, scale)| Number::from_units(units.into(), scale))
}

fn any_double() -> impl Strategy<Value = f64> {
    prop_oneof![prop::num::f64::NORMAL | prop::num::f64::ZERO, (-1000i32..1000).prop_map(f64::from)]
        .prop_filter("differences are finite", |double| double.abs() < 1e300)
}

/// Two whole numbers in order that are within the type and not too far apart.
fn whole_range(column_type: &ColumnType) -> impl Strategy<Value = (i128, i128)> + use<> {
    let (lowest, highest) = column_type.limits().expect("a whole-number type");
    let below = 0..=highest.abs_diff(lowest).min(u64::MAX.into()) as u64;
    (below.clone(), below).prop_map(move |(a, b)| {
        let min = lowest + i128::from(a.min(b));
        (min, min + i128::from(a.abs_diff(b)))
    })
}

/// Columns without the others, with generators that whole-number types have.
fn whole_column() -> impl Strategy<Value = (ColumnType, Generator)> {
    let step = |step: u64| i128::from(step / 2) + 1;
    whole_type()
        .prop_flat_map(move |column_type| {
            let (lowest, highest) = column_type.limits().expect("a whole-number type");
            let generator = (whole_range(&column_type), any::<u64>(), any_double(), 0.0..1e6f64)
                .prop_flat_map(move |((min, max), word, mean, sd)| {
                    let step = step(word);
                    let bounds = if word % 2 == 0 {
                        Bounds::Whole { min, max }
                    } else {
                        Bounds::Whole { min: lowest, max: highest }
                    };
                    let one = |distribution| Generator::Distribution { distribution, bounds };
                    prop::sample::select(vec![
                        Generator::Uniform(Uniform::Whole { min, max, step }),
                        Generator::Sequence { start: min, step, jitter: i128::from(word) % step },
                        Generator::Sequence { start: max, step: -step, jitter: 0 },
                        Generator::Unique { min, max },
                        Generator::Zipf {
                            exponent: 0.5 + sd / 1e6,
                            items: Items::Range { min, max: max.min(min + 1000) },
                        },
                        Generator::Constant(Value::Whole(min)),
                        Generator::OneOf { values: vec![Value::Whole(max)], weights: None },
                        one(Distribution::Normal { mean, sd }),
                        one(Distribution::Lognormal { mu: mean % 100.0, sigma: sd / 1e5 }),
                        one(Distribution::Exponential { mean: mean.abs() + 1e-9 }),
                        one(Distribution::Pareto { scale: mean.abs() + 1e-9, shape: sd + 0.1 }),
                        one(Distribution::Quantiles { points: vec![mean, mean, mean + sd] }),
                    ])
                });
            (Just(column_type), generator)
        })
        .prop_map(|(column_type, generator)| match drawable(&column_type, generator) {
            Some(generator) => (column_type, generator),
            None => (column_type, Generator::Constant(Value::Whole(1))),
        })
}

/// The generator, without bounds if it has none of its values within them; `None` if it has no value of the type.
fn drawable(column_type: &ColumnType, generator: Generator) -> Option<Generator> {
    let Generator::Distribution { distribution, bounds } = generator else { return Some(generator) };
    let open = match column_type.limits() {
        Some((min, max)) => Bounds::Whole { min, max },
        None => Bounds::Float { min: None, max: None },
    };
    let bounds =
        [bounds, open].into_iter().find(|bounds| Drawn::new(&distribution, *bounds, column_type).is_ok())?;
    Some(Generator::Distribution { distribution, bounds })
}

/// Columns of other types.
fn other_column() -> impl Strategy<Value = (ColumnType, Generator)> {
    let floats =
        (any_double(), any_double(), any::<bool>(), any::<bool>()).prop_map(|(a, b, narrow, open)| {
            let round = |double: f64| if narrow { f64::from((double % 1e30) as f32) } else { double };
            let (min, max) = (round(a.min(b)), round(a.max(b)));
            let column_type = if narrow { ColumnType::Float32 } else { ColumnType::Float64 };
            let interval = (min < max).then_some((min, max));
            let bounds = Bounds::Float { min: open.then_some(min.min(max)), max: Some(min.max(max)) };
            let distribution = Distribution::Exponential { mean: a.abs() + 1.0 };
            let drawn = Generator::Distribution { distribution, bounds };
            match drawable(&column_type, drawn).filter(|_| !open) {
                None => (column_type, Generator::Uniform(Uniform::Float(interval))),
                Some(drawn) => (column_type, drawn),
            }
        });
    let texts = vec(any::<String>(), 1..5).prop_map(|mut texts| {
        texts.sort();
        texts.dedup();
        let values: Vec<Value> = texts.into_iter().map(Value::Text).collect();
        (ColumnType::Text, values)
    });
    let weights = vec(number_within(1_000_000), 5);
    let one_of = (texts.clone(), weights).prop_map(|((column_type, values), mut weights)| {
        weights.truncate(values.len());
        weights[0] = Number::from_units(1, 0);
        (column_type, Generator::OneOf { values, weights: Some(weights) })
    });
    let zipf = texts.prop_map(|(column_type, values)| {
        (column_type, Generator::Zipf { exponent: 1.5, items: Items::Values(values) })
    });
    let uuid7 = (0..1u64 << 48, 1..4_096_000u64, 0..10u32).prop_map(|(start_ms, rate, scale)| {
        let per_second = Number::from_units(rate.into(), scale).fraction().expect("few digits");
        (ColumnType::Uuid, Generator::Uuid7 { start_ms, per_second })
    });
    let constants = prop_oneof![
        any::<bool>().prop_map(|value| (ColumnType::Bool, Value::Bool(value))),
        any::<u128>().prop_map(|id| (ColumnType::Uuid, Value::Uuid(id))),
        vec(any::<u8>(), 0..9).prop_map(|bytes| (ColumnType::Binary, Value::Binary(bytes))),
        any_double().prop_map(|double| (ColumnType::Float64, Value::Float(double))),
    ]
    .prop_map(|(column_type, value)| (column_type, Generator::Constant(value)));
    let patterns = prop::sample::select(vec!["", "ORD-[0-9]{6}", r"\d\.[^a-]{3}\\", "[é-ü]x{2}"])
        .prop_filter_map("a pattern", |source| {
            Some((ColumnType::Text, Generator::Pattern(Pattern::new(source).ok()?)))
        });
    prop_oneof![
        floats,
        one_of,
        zipf,
        uuid7,
        constants,
        patterns,
        Just((ColumnType::Text, Generator::Uuid)),
        number_within(1).prop_map(|probability| (ColumnType::Bool, Generator::Bernoulli { probability })),
    ]
}

fn any_column() -> impl Strategy<Value = Column> {
    let name = "[^.\0]{1,8}";
    let made = prop_oneof![whole_column(), other_column()];
    let options = (proptest::option::of(number_within(1)), any::<u8>(), any::<[u16; 2]>());
    (name, made, options).prop_map(|(name, (column_type, generator), (nulls, bits, lengths))| {
        let mut column = Column::new(&name, column_type, generator);
        let identifies = matches!(
            column.generator,
            Generator::Uuid | Generator::Uuid7 { .. } | Generator::Unique { .. } | Generator::Sequence { .. }
        );
        if !identifies {
            column.nulls = nulls.filter(|nulls| !nulls.is_zero());
            if bits & 1 == 1 {
                column.column_type = ColumnType::List(Box::new(column.column_type));
                let lengths = lengths.map(u64::from);
                column.lengths =
                    Some(Lengths { min: lengths[0].min(lengths[1]), max: lengths[0].max(lengths[1]) });
            }
        }
        let encoding = Encoding::ALL[usize::from(bits >> 1) % 5].1;
        column.storage = Storage {
            encoding: (bits & 2 == 2 && encoding.encodes(column.column_type.item())).then_some(encoding),
            compression: (bits & 4 == 4).then(|| "zstd:7".parse().expect("a codec")),
            bloom_filter: (bits & 8 == 8 && *column.column_type.item() != ColumnType::Bool)
                .then(|| Number::from_units(i128::from(bits) + 1, 3)),
        };
        column
    })
}

/// Tables whose last columns take values from the first.
fn any_table() -> impl Strategy<Value = Table> {
    (vec(any_column(), 1..6), proptest::option::of("[^.\0]{1,8}")).prop_map(|(mut columns, name)| {
        for (number, column) in columns.iter_mut().enumerate() {
            column.name = format!("{number}{}", column.name.replace(['{', '}', ':'], "_"));
        }
        let choice = Generator::OneOf {
            values: vec![Value::Text("a b".into()), Value::Text("1".into())],
            weights: None,
        };
        let of = columns.len();
        columns.push(Column { hidden: true, ..Column::new("choice", ColumnType::Text, choice) });
        let entries = vec![("a b".to_owned(), Value::Whole(-1)), ("1".to_owned(), Value::Whole(1 << 54))];
        columns.push(Column::new("mapped", ColumnType::Int64, Generator::Mapping(Mapping { of, entries })));
        let dependent = Generator::Uniform(Uniform::Float(None));
        columns.push(Column {
            depends_on: Some(of),
            ..Column::new("dependent", ColumnType::Float64, dependent)
        });
        let parts = vec![
            Part::Literal("{x}".to_owned()),
            Part::Field { field: Field::Column(of), width: 0 },
            Part::Field { field: Field::Row, width: 12 },
        ];
        columns.push(Column::new("text", ColumnType::Text, Generator::Template(Template { parts })));
        columns.push(Column { key: true, ..Column::new("id", ColumnType::Uuid, Generator::Uuid) });
        Table { name, rows: None, columns }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 3000 }))]

    #[test]
    fn what_is_written_reads_as_the_same(table in any_table(), seed: u64, first_row: u64) {
        let description = Schema { seed, first_row, tables: vec![table] };
        for text in [description.to_json(), description.to_yaml()] {
            let read = read(&text).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
            prop_assert_eq!(&read.schema, &description, "{}", text);
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "(columns|tables|- |name|type|generator|: |\\{|\\}|\\[|\\]|, |\n|  |uniform|int8|min|-?[0-9]{1,20}|[\"'.e%&*!])*") {
        let _ = read(&text);
    }
}

#[test]
fn a_layout_may_say_only_some_of_it() {
    let file = read(
        "dataset: {columns: [{name: a, type: int8, generator: uniform}]}\nlayout: {compression: snappy}",
    );
    let layout = file.expect("a data set and a layout").layout;
    let compression = Some("snappy".parse().expect("a codec"));
    assert_eq!(layout, Some(LayoutKeys { compression, ..LayoutKeys::default() }));
}
