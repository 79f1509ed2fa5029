//! Columns of tables as the vectors of the value contract describe them.

use samplegen::columns::{ColumnError, ValueColumn};
use samplegen::schema::column::{Column, Lengths, Schema, Table};
use samplegen::schema::generator::{Bounds, Distribution, Generator, Items, Mapping, Uniform};
use samplegen::schema::number::Number;
use samplegen::schema::pattern::Pattern;
use samplegen::schema::template::{Field, Part, Template};
use samplegen::schema::types::ColumnType;
use samplegen::schema::value::{Value, units_of_text};
use serde_json::Value as Json;
use std::sync::Arc;

/// The columns of `table` that make values.
pub fn value_columns(table: &Table, seed: u64) -> Vec<Arc<ValueColumn>> {
    of_table(table, seed).unwrap_or_else(|error| panic!("{error}"))
}

/// The columns of `table`, which is a schema of its own.
pub fn of_table(table: &Table, seed: u64) -> Result<Vec<Arc<ValueColumn>>, ColumnError> {
    let schema = Schema { seed, first_row: 0, tables: vec![table.clone()] };
    Ok(ValueColumn::of_schema(&schema, &[table.rows])?.remove(0))
}

/// A table of these columns.
pub fn table(name: Option<&str>, columns: Vec<Column>) -> Table {
    Table { name: name.map(str::to_owned), rows: None, columns }
}

/// The column that `json` describes; columns that it needs are found by name among `others`.
pub fn described(json: &Json, others: &[Column]) -> Column {
    let name = text(&json["name"]);
    let column_type: ColumnType = text(&json["type"]).parse().expect("a type");
    let other = |name: &str| others.iter().position(|other| other.name == name).expect("another column");
    let generator = generator(json, column_type.item(), &other);
    let length = |key: &str| json[key].as_u64();
    Column {
        nulls: json.get("nulls").map(number),
        depends_on: json.get("depends_on").map(|base| other(text(base))),
        lengths: length("min_length").zip(length("max_length")).map(|(min, max)| Lengths { min, max }),
        ..Column::new(name, column_type, generator)
    }
}

fn generator(json: &Json, column_type: &ColumnType, other: &dyn Fn(&str) -> usize) -> Generator {
    let whole_or = |key: &str, limit| json.get(key).map_or(limit, |value| whole(value, column_type));
    let (least, most) = column_type.limits().unwrap_or((0, 0));
    let double = |key: &str| place(&json[key], column_type);
    let values =
        || json["values"].as_array().expect("a list").iter().map(|json| value(json, column_type)).collect();
    let bounds = || match column_type.limits() {
        Some((least, most)) => Bounds::Whole { min: whole_or("min", least), max: whole_or("max", most) },
        None => Bounds::Float { min: json["min"].as_f64(), max: json["max"].as_f64() },
    };
    let distribution = |distribution| Generator::Distribution { distribution, bounds: bounds() };
    match text(&json["generator"]) {
        "uniform" if column_type.is_float() => {
            Generator::Uniform(Uniform::Float(json["min"].as_f64().zip(json["max"].as_f64())))
        }
        "uniform" => Generator::Uniform(Uniform::Whole {
            min: whole_or("min", least),
            max: whole_or("max", most),
            step: whole_or("step", 1),
        }),
        "bernoulli" => Generator::Bernoulli { probability: number(&json["probability"]) },
        "one_of" => Generator::OneOf {
            values: values(),
            weights: json
                .get("weights")
                .map(|list| list.as_array().expect("a list").iter().map(number).collect()),
        },
        "mapping" => {
            let entries = json["values"].as_object().expect("an object").iter();
            let entries = entries.map(|(key, json)| (key.clone(), value(json, column_type))).collect();
            Generator::Mapping(Mapping { of: other(text(&json["of"])), entries })
        }
        "sequence" => Generator::Sequence {
            start: whole_or("start", 0),
            step: whole_or("step", 1),
            jitter: whole_or("jitter", 0),
        },
        "unique" => Generator::Unique { min: whole_or("min", 0), max: whole_or("max", 0) },
        "uuid" => Generator::Uuid,
        "uuid7" => Generator::Uuid7 {
            start_ms: units_of_text(
                &text(&json["start"]).replace('Z', ".000Z"),
                &"timestamp[ms, UTC]".parse().expect("a type"),
            )
            .and_then(|ms| u64::try_from(ms).ok())
            .expect("a timestamp"),
            per_second: number(&json["per_second"]).fraction().expect("few digits"),
        },
        "constant" => Generator::Constant(value(&json["value"], column_type)),
        "pattern" => Generator::Pattern(Pattern::new(text(&json["pattern"])).expect("a pattern")),
        "template" => {
            let parts = Template::new(text(&json["template"])).expect("a template").parts;
            let part = |part: Part<String>| match part {
                Part::Literal(text) => Part::Literal(text),
                Part::Field { field: Field::Row, width } => Part::Field { field: Field::Row, width },
                Part::Field { field: Field::Column(name), width } => {
                    Part::Field { field: Field::Column(other(&name)), width }
                }
            };
            Generator::Template(Template { parts: parts.into_iter().map(part).collect() })
        }
        "normal" => distribution(Distribution::Normal { mean: double("mean"), sd: double("sd") }),
        "lognormal" => distribution(Distribution::Lognormal { mu: double("mu"), sigma: double("sigma") }),
        "exponential" => distribution(Distribution::Exponential { mean: double("mean") }),
        "pareto" => distribution(Distribution::Pareto { scale: double("scale"), shape: double("shape") }),
        "quantiles" => {
            let points = json["points"].as_array().expect("a list");
            distribution(Distribution::Quantiles {
                points: points.iter().map(|point| place(point, column_type)).collect(),
            })
        }
        "zipf" => Generator::Zipf {
            exponent: double("exponent"),
            items: match json.get("values") {
                Some(_) => Items::Values(values()),
                None => Items::Range { min: whole_or("min", least), max: whole_or("max", most) },
            },
        },
        other => panic!("{other} is not a generator of one table"),
    }
}

fn text(json: &Json) -> &str {
    json.as_str().expect("text")
}

/// A number, as text or not.
fn number(json: &Json) -> Number {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    text.parse().expect("a number")
}

fn whole(json: &Json, column_type: &ColumnType) -> i128 {
    match (json, column_type) {
        (Json::String(text), ColumnType::Date | ColumnType::Timestamp { .. }) if text.contains('-') => {
            units_of_text(text, column_type).expect("a date or a timestamp")
        }
        (_, ColumnType::Decimal { scale, .. }) => number(json).units((*scale).into()).expect("few digits"),
        _ => number(json).units(0).expect("a whole number"),
    }
}

/// A parameter of a distribution.
fn place(json: &Json, column_type: &ColumnType) -> f64 {
    match (json, column_type) {
        (Json::String(text), ColumnType::Date) if text.contains('-') => whole(json, column_type) as f64,
        _ => number(json).to_f64(),
    }
}

fn value(json: &Json, column_type: &ColumnType) -> Value {
    match column_type {
        ColumnType::Text => Value::Text(text(json).to_owned()),
        other => Value::Whole(whole(json, other)),
    }
}
