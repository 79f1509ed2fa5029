//! The description of a data set: tables and their columns, row counts, a seed.
//!
//! A [`Schema`] comes from YAML or JSON, or is built in Rust; [`Schema::classifier`] is the one that the flags of the
//! command describe.
//!
//! | file | what it knows |
//! |---|---|
//! | [`types`] | column types and their limits |
//! | [`number`] | exact decimal numbers, thresholds of probabilities and weights |
//! | [`calendar`], [`value`] | single values and their text |
//! | [`pattern`], [`template`] | the two small languages for texts |
//! | [`generator`] | generators with resolved parameters |
//! | [`mod@column`] | columns, tables, schemas |
//! | [`classifier`] | the schema of a classifier's output |
//! | [`identify`] | which columns give the row back |
//! | [`node`], `text` | YAML and JSON as a tree with places |
//! | [`mod@file`] | schema files: a schema, and how its rows lie in files |
//! | `read`, `resolve`, `scope` | from a text, by the tree, to a schema |
//! | `outline` | names and types of columns, before the columns are read |
//! | `kinds`, `parameters`, `literal`, `relations` | what is valid: keys, types, values, columns together |
//! | `row_counts`, `needed` | what tables have of others: row counts, and values |
//! | `write`, `json` | from a schema to JSON and YAML |
//! | `described` | lists of values in descriptions, and digests in their place |
//! | [`json_schema`](mod@json_schema) | the JSON Schema of schema files |
//! | [`build`] | building schemas in Rust |
//! | [`values_from`] | values that a schema takes from a file |
//! | [`fault`] | what is wrong, and where |

pub mod build;
pub mod calendar;
pub mod classifier;
pub mod column;
mod described;
pub mod fault;
pub mod file;
pub mod generator;
pub mod identify;
mod json;
pub mod json_schema;
mod kinds;
mod literal;
mod needed;
pub mod node;
pub mod number;
mod outline;
mod parameters;
pub mod pattern;
mod read;
mod relations;
mod resolve;
mod row_counts;
mod scope;
pub mod template;
mod text;
pub mod types;
pub mod value;
pub mod values_from;
mod write;

pub use self::classifier::{FloatWidth, IdForm};
pub use self::column::{Column, Schema, Table};
pub use self::generator::Generator;
pub use self::text::MAX_BYTES;
pub use self::types::ColumnType;

/// The version of the value contract: which value stands in which row. Values never change under
/// one version.
pub const CONTRACT_VERSION: u32 = 1;

/// The most columns a table may have.
///
/// Parquet's footer describes every column in every row group, and readers hold all of it in
/// memory; with more columns than this a footer no longer is small beside its data.
pub const MAX_COLUMNS: usize = 20_000;
