//! The description of a data set's columns: names, generators and types.
//!
//! Two models for now: [`Schema`], which holds what the classifier needs, and [`Description`], which
//! holds tables of any shape and is to replace it.
//!
//! | file | what it knows |
//! |---|---|
//! | [`types`] | column types and their limits |
//! | [`number`] | exact decimal numbers, thresholds of probabilities and weights |
//! | [`calendar`], [`value`] | single values and their text |
//! | [`pattern`], [`template`] | the two small languages for texts |
//! | [`generator`] | generators with resolved parameters |
//! | [`mod@column`] | columns, tables, descriptions |
//! | [`identify`] | which columns give the row back |
//! | [`node`], `text` | YAML and JSON as a tree with places |
//! | [`mod@file`], `resolve`, `scope` | from the tree to a description |
//! | `kinds`, `parameters`, `literal`, `relations` | what is valid: keys, types, values, columns together |
//! | `write` | from a description to JSON and YAML |
//! | [`build`] | building descriptions in Rust |
//! | [`values_from`] | values that a schema takes from a file |
//! | [`fault`] | what is wrong, and where |

pub mod build;
pub mod calendar;
pub mod column;
pub mod fault;
pub mod file;
pub mod generator;
pub mod identify;
mod kinds;
mod literal;
pub mod node;
pub mod number;
mod parameters;
pub mod pattern;
mod relations;
mod resolve;
mod scope;
pub mod template;
mod text;
pub mod types;
pub mod value;
pub mod values_from;
mod write;

use std::collections::HashSet;
use std::sync::Arc;

use arrow_schema::extension::Uuid as UuidExtension;
use arrow_schema::{DataType, Field, SchemaRef};
use serde::de::value::{Error as NameError, MapDeserializer};
use serde::{Deserialize, Serialize};

pub use self::column::Description;
use crate::columns::uuid::{BINARY_BYTES, PLAIN_TEXT_BYTES};
use crate::count::{counted, grouped};

/// The most columns a schema may have.
///
/// Parquet's footer describes every column in every row group, and readers hold all of it in
/// memory; with more columns than this a footer no longer is small beside its data.
pub const MAX_COLUMNS: usize = 20_000;

/// How a column's values are made from its words, and the type they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "generator", content = "type", rename_all = "lowercase")]
pub enum Generator {
    /// Version-4 UUIDs that give their row number back.
    Uuid(IdForm),
    /// Uniform numbers in [0, 1).
    Uniform(FloatWidth),
}

/// The type of a column of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdForm {
    /// 36 characters of UTF-8, lower case, with hyphens.
    Text,
    /// 16 bytes, with Parquet's logical type UUID and Arrow's extension type `arrow.uuid`.
    Binary,
}

/// The type of a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FloatWidth {
    /// 32-bit floats.
    #[serde(rename = "float32")]
    F32,
    /// 64-bit floats.
    #[serde(rename = "float64")]
    F64,
}

impl FloatWidth {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

impl Generator {
    /// Bytes of one value in Parquet's PLAIN encoding.
    pub fn plain_bytes(self) -> usize {
        match self {
            Self::Uuid(IdForm::Text) => PLAIN_TEXT_BYTES,
            Self::Uuid(IdForm::Binary) => BINARY_BYTES,
            Self::Uniform(width) => width.bytes(),
        }
    }
}

/// A column: its name, which also names its stream of words, and its generator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "ColumnDescription")]
pub struct Column {
    /// The name, unique in its schema.
    pub name: String,
    /// What makes the values.
    #[serde(flatten)]
    pub generator: Generator,
}

/// What the JSON form of a column is read as: a flattened generator would let unknown fields pass.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnDescription {
    name: String,
    generator: String,
    r#type: String,
}

impl TryFrom<ColumnDescription> for Column {
    type Error = NameError;

    fn try_from(description: ColumnDescription) -> Result<Self, NameError> {
        let ColumnDescription { name, generator, r#type } = description;
        let generator = [("generator", generator), ("type", r#type)];
        Ok(Self { name, generator: Generator::deserialize(MapDeserializer::new(generator.into_iter()))? })
    }
}

impl Column {
    fn field(&self) -> Field {
        match self.generator {
            Generator::Uuid(IdForm::Text) => Field::new(&self.name, DataType::Utf8, false),
            Generator::Uuid(IdForm::Binary) => {
                Field::new(&self.name, DataType::FixedSizeBinary(BINARY_BYTES as i32), false)
                    .with_extension_type(UuidExtension)
            }
            Generator::Uniform(FloatWidth::F32) => Field::new(&self.name, DataType::Float32, false),
            Generator::Uniform(FloatWidth::F64) => Field::new(&self.name, DataType::Float64, false),
        }
    }
}

/// What is wrong with a list of columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// No column at all: there would be nothing to write.
    #[error("a schema needs at least one column")]
    NoColumns,
    /// More than [`MAX_COLUMNS`].
    #[error("{} are more than the {} a schema may have", counted(.0, "column"), grouped(MAX_COLUMNS))]
    TooManyColumns(usize),
    /// Two columns of one name: their values would be the same, and no reader could tell them apart.
    #[error("there are two columns called {0:?}")]
    DuplicateName(String),
}

/// The columns of a data set, in order. None of them is nullable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Column>", into = "Vec<Column>")]
pub struct Schema {
    columns: Vec<Column>,
}

impl Schema {
    /// A schema of these columns.
    ///
    /// # Errors
    ///
    /// If there are none or too many, or two have the same name.
    pub fn new(columns: Vec<Column>) -> Result<Self, SchemaError> {
        if columns.is_empty() {
            return Err(SchemaError::NoColumns);
        }
        if columns.len() > MAX_COLUMNS {
            return Err(SchemaError::TooManyColumns(columns.len()));
        }
        let mut names = HashSet::with_capacity(columns.len());
        if let Some(twice) = columns.iter().find(|column| !names.insert(&column.name)) {
            return Err(SchemaError::DuplicateName(twice.name.clone()));
        }
        Ok(Self { columns })
    }

    /// What a classifier's output looks like: the id of a client, `id_client`, and a score for each
    /// of `classes` classes, `class_0` and so on.
    ///
    /// # Errors
    ///
    /// If there are more classes than a schema may have columns.
    pub fn classifier(classes: usize, id: IdForm, float: FloatWidth) -> Result<Self, SchemaError> {
        if classes >= MAX_COLUMNS {
            return Err(SchemaError::TooManyColumns(classes.saturating_add(1)));
        }
        let id = Column { name: "id_client".to_owned(), generator: Generator::Uuid(id) };
        let scores = (0..classes)
            .map(|class| Column { name: format!("class_{class}"), generator: Generator::Uniform(float) });
        Self::new(std::iter::once(id).chain(scores).collect())
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Bytes of one row in Parquet's PLAIN encoding.
    pub fn plain_row_bytes(&self) -> u64 {
        self.columns.iter().map(|column| column.generator.plain_bytes() as u64).sum()
    }

    /// The same as an Arrow schema.
    pub fn arrow(&self) -> SchemaRef {
        Arc::new(arrow_schema::Schema::new(self.columns.iter().map(Column::field).collect::<Vec<_>>()))
    }
}

impl TryFrom<Vec<Column>> for Schema {
    type Error = SchemaError;

    fn try_from(columns: Vec<Column>) -> Result<Self, SchemaError> {
        Self::new(columns)
    }
}

impl From<Schema> for Vec<Column> {
    fn from(schema: Schema) -> Self {
        schema.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_survives_its_description() {
        let schema = Schema::classifier(2, IdForm::Text, FloatWidth::F32).expect("a small schema");
        let json = serde_json::to_string(&schema).expect("plain data");
        assert_eq!(
            json,
            r#"[{"name":"id_client","generator":"uuid","type":"text"},"#.to_owned()
                + r#"{"name":"class_0","generator":"uniform","type":"float32"},"#
                + r#"{"name":"class_1","generator":"uniform","type":"float32"}]"#
        );
        assert_eq!(serde_json::from_str::<Schema>(&json).expect("what was written"), schema);
    }

    #[test]
    fn a_schema_is_refused_where_it_cannot_be_written_or_read() {
        let column =
            |name: &str| Column { name: name.to_owned(), generator: Generator::Uniform(FloatWidth::F64) };
        assert_eq!(Schema::new(vec![]), Err(SchemaError::NoColumns));
        assert_eq!(
            Schema::new(vec![column("a"), column("b"), column("a")]),
            Err(SchemaError::DuplicateName("a".to_owned()))
        );
        assert_eq!(
            Schema::classifier(MAX_COLUMNS, IdForm::Text, FloatWidth::F64),
            Err(SchemaError::TooManyColumns(MAX_COLUMNS + 1))
        );
        assert_eq!(
            Schema::classifier(usize::MAX, IdForm::Text, FloatWidth::F64),
            Err(SchemaError::TooManyColumns(usize::MAX))
        );
    }
}
