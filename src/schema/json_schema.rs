//! The JSON Schema of schema files, by which editors complete and check them as they are written.
//!
//! It is made from the tables that the reader goes by: the generators with their keys and types, the keys of all columns,
//! the encodings. It is not derived from Rust types, since no type has these keys: which of them a column has depends on
//! its generator, and what their values are on its type. What needs more than one key, such as weights for as many
//! values, only the reader knows.

use serde_json::{Map, Value, json};

use super::column::Encoding;
use super::kinds::{COLUMN_KEYS, KINDS, Kind, LIST_KEYS, Makes};
use super::types::ColumnType;

/// Types as patterns of their names, each with a type that stands for it.
const TYPES: [(&str, &str); 21] = [
    ("bool", "bool"),
    ("int8", "int8"),
    ("int16", "int16"),
    ("int32", "int32"),
    ("int64", "int64"),
    ("uint8", "uint8"),
    ("uint16", "uint16"),
    ("uint32", "uint32"),
    ("uint64", "uint64"),
    ("float32", "float32"),
    ("float64", "float64"),
    (r"decimal\(\s*[0-9]{1,2}\s*,\s*[0-9]{1,2}\s*\)", "decimal(10,2)"),
    ("text", "text"),
    ("binary", "binary"),
    ("uuid", "uuid"),
    ("date", "date"),
    (r"time\[\s*(s|ms|us|ns)\s*\]", "time[us]"),
    (r"timestamp\[\s*(s|ms|us|ns)\s*\]", "timestamp[us]"),
    (r"timestamp\[\s*(s|ms|us|ns)\s*,\s*UTC\s*\]", "timestamp[us, UTC]"),
    (r"duration\[\s*(s|ms|us|ns)\s*\]", "duration[ms]"),
    // What the first release called ids of 16 bytes.
    ("binary", "uuid"),
];

/// The JSON Schema of schema files, over several lines: draft 7, which editors know.
pub fn json_schema() -> String {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A data set of gen",
        "description": "What gen writes: tables with their columns, numbers of rows and a seed. See docs/schemas.md.",
        "type": "object",
        "anyOf": [
            { "required": ["columns"], "properties": no_others(&["contract", "seed", "first_row", "rows", "columns"]), "additionalProperties": false },
            { "required": ["tables"], "properties": no_others(&["contract", "seed", "first_row", "tables"]), "additionalProperties": false },
            { "required": ["dataset"], "properties": no_others(&["dataset", "layout", "layouts"]), "additionalProperties": false },
        ],
        "properties": {
            "contract": described(json!({ "const": 1 }), "The version of the value contract: which value stands in which row."),
            "seed": described(
                json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, digits()] }),
                "The same seed makes the same rows: 0 to 2^64 - 1; 0 if absent.",
            ),
            "first_row": described(count(), "The number of the first row; 0 if absent."),
            "rows": described(count(), "The number of rows, such as 1000000 or 10M."),
            "columns": columns(),
            "tables": {
                "description": "Tables with names.",
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["name", "columns"],
                    "additionalProperties": false,
                    "properties": {
                        "name": described(name(), "The name of the table, which is also the name of its folder."),
                        "rows": described(count(), "The number of rows, such as 1000000 or 10M."),
                        "columns": columns(),
                    },
                },
            },
            "dataset": described(json!({ "$ref": "#" }), "The data set, in a file that also says how its rows lie in files."),
            "layout": {
                "description": "How the rows lie in files.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "batch_rows": described(count(), "Rows of each file."),
                    "row_group_rows": described(count(), "Rows of each row group."),
                    "compression": described(compression(), "The codec of pages."),
                },
            },
            "layouts": {
                "description": "How the rows of tables lie in files, by the names of the tables.",
                "type": "object",
                "additionalProperties": { "$ref": "#/properties/layout" },
            },
        },
        "definitions": definitions(),
    });
    format!("{schema:#}\n")
}

/// What is said once, and referred to from elsewhere: columns, and the keys that all of them have.
fn definitions() -> Value {
    let keys = COLUMN_KEYS.iter().chain(&LIST_KEYS);
    let mut definitions: Map<_, _> = keys.map(|key| ((*key).to_owned(), of_column_key(key))).collect();
    definitions.retain(|_, definition| definition.is_object());
    definitions.insert("column".to_owned(), column());
    definitions.into()
}

fn columns() -> Value {
    json!({
        "description": "The columns, in order.",
        "type": "array",
        "minItems": 1,
        "items": { "$ref": "#/definitions/column" },
    })
}

/// A column: what all columns have, and what follows from the generator and the type.
fn column() -> Value {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let types: Vec<&str> = TYPES[..20].iter().map(|(_, example)| *example).collect();
    let mut rules: Vec<Value> = KINDS.iter().map(of_kind).collect();
    let is_list = json!({ "required": ["type"], "properties": { "type": { "pattern": "^list<" } } });
    rules.push(json!({
        "if": is_list,
        "then": { "anyOf": [{ "required": ["length"] }, { "required": ["min_length", "max_length"] }] },
        "else": { "properties": no_values(&LIST_KEYS) },
    }));
    let text = json!({ "type": "string" });
    rules.push(json!({
        "if": { "required": ["type"], "properties": { "type": { "pattern": format!("^{}$", listed("text")) } } },
        "then": { "properties": {
            "value": text,
            "values": { "items": text, "additionalProperties": text },
        } },
    }));
    json!({
        "type": "object",
        "required": ["name", "generator"],
        "properties": {
            "name": described(name(), "The name of the column, unique in its table."),
            "type": {
                "description": "The type: bool, int8 to int64, uint8 to uint64, float32, float64, decimal(p,s), text, \
                                binary, uuid, date, time[u], timestamp[u], timestamp[u, UTC], duration[u] or \
                                list<type>; u is s, ms, us or ns.",
                "anyOf": [{ "enum": types }, { "type": "string", "pattern": format!("^{}$", listed(&any_type())) }],
            },
            "generator": { "description": "What makes the values.", "enum": names },
        },
        "allOf": rules,
    })
}

/// What columns with this generator have.
fn of_kind(kind: &Kind) -> Value {
    let mut properties = Map::new();
    for key in COLUMN_KEYS.iter().chain(&LIST_KEYS) {
        let of_key = match *key {
            // These are said once for all generators.
            "name" | "type" | "generator" => json!(true),
            key => json!({ "$ref": format!("#/definitions/{key}") }),
        };
        properties.insert((*key).to_owned(), of_key);
    }
    for key in kind.keys {
        properties.insert((*key).to_owned(), of_own_key(kind.name, key));
    }
    let mut then = json!({
        "required": required(kind),
        "properties": properties,
        "additionalProperties": false,
    });
    if kind.makes != Makes::Any {
        let makes = TYPES.iter().filter(|(_, example)| {
            example.parse::<ColumnType>().is_ok_and(|column_type| kind.makes.includes(&column_type))
        });
        // Only ids were once called otherwise.
        let is_known = |(pattern, example): &&(&str, &str)| {
            *pattern != "binary" || *example == "binary" || kind.name == "uuid"
        };
        let patterns: Vec<&str> = makes.filter(is_known).map(|(pattern, _)| *pattern).collect();
        let pattern = format!("^{}$", listed(&format!("({})", patterns.join("|"))));
        then["properties"]["type"] = json!({ "pattern": pattern });
    }
    if let Some(choice) = choice(kind.name) {
        then["anyOf"] = choice;
    }
    json!({ "if": { "properties": { "generator": { "const": kind.name } } }, "then": then })
}

/// A type or a list of it.
fn listed(pattern: &str) -> String {
    format!(r"(list<\s*)?{pattern}(\s*>)?")
}

fn any_type() -> String {
    let patterns: Vec<&str> = TYPES[..20].iter().map(|(pattern, _)| *pattern).collect();
    format!("({})", patterns.join("|"))
}

/// The keys that a column with this generator cannot be without.
fn required(kind: &Kind) -> Vec<&'static str> {
    let own: &[&str] = match kind.name {
        "bernoulli" => &["probability"],
        "mapping" => &["of", "values"],
        "sequence" => &["start"],
        "unique" => &["min", "max"],
        "uuid7" => &["start", "per_second"],
        "constant" => &["value"],
        "pattern" => &["pattern"],
        "template" => &["template"],
        "normal" => &["mean", "sd"],
        "lognormal" => &["mu", "sigma"],
        "exponential" => &["mean"],
        "pareto" => &["scale", "shape"],
        "quantiles" => &["points"],
        "zipf" => &["exponent"],
        "references" | "position" | "lookup" => &["of"],
        "children" => &["of", "min", "max"],
        _ => &[],
    };
    // Columns that take their values from another table have its type.
    let has_type = !["references", "children", "lookup"].contains(&kind.name);
    has_type.then_some("type").into_iter().chain(own.iter().copied()).collect()
}

/// Keys of which a column with this generator has one or the other.
fn choice(kind: &str) -> Option<Value> {
    match kind {
        "one_of" => Some(json!([{ "required": ["values"] }, { "required": ["values_from"] }])),
        "zipf" => Some(json!([
            { "required": ["min", "max"] },
            { "required": ["values"] },
            { "required": ["values_from"] },
        ])),
        _ => None,
    }
}

fn of_column_key(key: &str) -> Value {
    let encodings = Encoding::ALL.map(|(name, _)| name);
    let flag = json!({ "type": "boolean" });
    let length = json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, digits()] });
    match key {
        "nulls" => described(
            probability(),
            "The share of rows that are null, such as 5%. Without it there are none.",
        ),
        "depends_on" => described(name(), "Another column: equal values there mean equal values here."),
        "key" => described(flag, "A check knows rows again by this column."),
        "hidden" => described(flag, "The column is there for other columns, and not written."),
        "encoding" => described(json!({ "enum": encodings }), "The encoding of the values in Parquet."),
        "compression" => described(compression(), "The codec of the pages, instead of that of the layout."),
        "bloom_filter" => described(
            json!({ "anyOf": [flag, probability()] }),
            "The rate of false positives of Bloom filters, such as 1%; true means 1%.",
        ),
        "length" => described(length, "The length of all lists."),
        "min_length" => described(length, "The smallest length of a list."),
        "max_length" => described(length, "The largest length of a list."),
        _ => json!(true),
    }
}

fn of_own_key(kind: &str, key: &str) -> Value {
    let whole = json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, digits()] });
    match (kind, key) {
        ("children", "min") => described(whole, "The fewest children of a parent."),
        ("children", "max") => described(whole, "The most children of a parent."),
        ("uniform", "min") => described(number(), "The smallest value, included."),
        ("uniform", "max") => described(number(), "The largest value: included, but for floats."),
        ("normal" | "lognormal" | "exponential" | "pareto" | "quantiles", "min") => {
            described(number(), "Cuts the distribution off: the smallest value, included.")
        }
        ("normal" | "lognormal" | "exponential" | "pareto" | "quantiles", "max") => {
            described(number(), "Cuts the distribution off: the largest value, included.")
        }
        ("zipf", "min") => described(number(), "The most frequent value, included."),
        ("zipf", "max") => described(number(), "The least frequent value, included."),
        (_, "min") => described(number(), "The smallest value, included."),
        (_, "max") => described(number(), "The largest value, included."),
        (_, "step") => described(
            number(),
            "From one value to the next: a number or a length of time; one unit if absent.",
        ),
        (_, "probability") => described(probability(), "How often true occurs: 0 to 1, or a percentage."),
        ("mapping", "of") => described(name(), "The other column."),
        ("mapping", "values") => described(
            json!({ "type": "object", "additionalProperties": value() }),
            "A value for every value of the other column.",
        ),
        (_, "of") => described(name(), "The column whose values are taken, with its table."),
        (_, "values") => described(
            json!({ "type": "array", "minItems": 1, "items": value() }),
            "The values, all different.",
        ),
        (_, "weights") => described(
            json!({ "type": "array", "minItems": 1, "items": weight() }),
            "How often each value occurs, in relation to the others.",
        ),
        (_, "values_from") => {
            described(values_from(kind), "Columns of a CSV or Parquet file instead of values and weights.")
        }
        ("uuid7", "start") => {
            described(number(), "The time of row 0: a timestamp, or milliseconds since 1970.")
        }
        (_, "start") => described(number(), "The value of row 0."),
        (_, "jitter") => described(number(), "Each value is later by 0 up to this, excluded; at most step."),
        (_, "per_second") => described(number(), "Rows in a second: above 0, up to 4096000."),
        (_, "value") => described(value(), "The value of all rows."),
        (_, "pattern") => described(text(), "A subset of regular expressions, such as ORD-[A-Z0-9]{6}."),
        (_, "template") => described(text(), "Text with {column}, {column:08} and {row}."),
        ("exponential", "mean") => described(number(), "The mean, above 0."),
        (_, "mean") => described(number(), "The mean, as a value of the column."),
        (_, "sd") => described(number(), "The standard deviation: a number or a length of time, at least 0."),
        (_, "mu") => described(number(), "The mean of the logarithm."),
        (_, "sigma") => described(number(), "The standard deviation of the logarithm, at least 0."),
        (_, "scale") => described(number(), "The smallest value, above 0."),
        (_, "shape") => described(number(), "Above 0: the smaller, the longer the tail."),
        (_, "points") => described(
            json!({ "type": "array", "minItems": 2, "items": number() }),
            "The smallest value, quantiles at equal distances, the largest value.",
        ),
        (_, "exponent") => {
            described(number(), "Above 0, at most 20: the larger, the more frequent are the first values.")
        }
        (_, "pick") => described(
            json!({ "anyOf": [{ "enum": ["uniform", "in_order"] }, { "type": "object" }] }),
            "How the row of the other table is chosen.",
        ),
        _ => json!(true),
    }
}

fn values_from(kind: &str) -> Value {
    let mut properties = json!({
        "file": described(text(), "The file, from the folder of the schema: .csv, .csv.gz or .parquet."),
        "values": described(text(), "The name of the column of values."),
    });
    if kind == "one_of" {
        properties["weights"] = described(text(), "The name of the column of weights.");
    }
    json!({
        "type": "object",
        "required": ["file", "values"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

/// Allows these keys, whatever their values are.
fn no_others(keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), json!(true))).collect::<Map<_, _>>().into()
}

/// Forbids these keys.
fn no_values(keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), json!(false))).collect::<Map<_, _>>().into()
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// The name of a column or a table.
fn name() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn digits() -> Value {
    json!({ "type": "string", "pattern": "^[+]?[0-9]+$" })
}

/// A count as people write it.
fn count() -> Value {
    json!({ "anyOf": [
        { "type": "number", "minimum": 0 },
        { "type": "string", "pattern": "^[0-9][0-9_]*([.][0-9][0-9_]*)?([eE][+]?[0-9]+|[kKmMbBtT])?$" },
    ] })
}

/// A number, a date, a time or a length of time.
fn number() -> Value {
    json!({ "type": ["number", "string"] })
}

fn weight() -> Value {
    json!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string", "pattern": "^[+.0-9]" }] })
}

fn probability() -> Value {
    json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, { "type": "string", "pattern": "^[+.0-9]" }] })
}

fn value() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn compression() -> Value {
    json!({ "type": "string", "pattern": "^(none|snappy|lz4|zstd(:([1-9]|1[0-9]|2[0-2]))?)$" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        for kind in &KINDS {
            for key in kind.keys {
                assert!(of_own_key(kind.name, key)["description"].is_string(), "{}: {key}", kind.name);
            }
            assert!(
                required(kind).iter().all(|key| *key == "type" || kind.keys.contains(key)),
                "{}",
                kind.name
            );
        }
        for key in
            COLUMN_KEYS.iter().chain(&LIST_KEYS).filter(|key| !["name", "type", "generator"].contains(*key))
        {
            assert!(of_column_key(key)["description"].is_string(), "{key}");
        }
    }
}
