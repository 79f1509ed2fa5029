//! A data set: a schema, a range of rows and a seed. A description, not files.

use serde::{Deserialize, Serialize};

use crate::columns::KeyedColumn;
use crate::rows::RowRange;
use crate::schema::{Schema, SchemaError};

/// The version of the value contract: which value stands in which row. Values never change under
/// one version.
pub const CONTRACT_VERSION: u32 = 1;

/// A described data set: every value of every row follows from it.
///
/// Its JSON form is what `gen` writes into each file and into `_dataset.json`.
///
/// ```
/// use samplegen::{DataSet, FloatWidth, IdForm, RowRange, Schema};
///
/// let schema = Schema::classifier(1, IdForm::Text, FloatWidth::F64)?;
/// let data_set = DataSet::new(schema, RowRange::new(0, 1_000_000).unwrap(), 42);
/// assert_eq!(
///     serde_json::to_string(&data_set).unwrap(),
///     r#"{"contract":1,"seed":42,"first_row":0,"rows":1000000,"columns":[
///         {"name":"id_client","generator":"uuid","type":"text"},
///         {"name":"class_0","generator":"uniform","type":"float64"}]}"#.replace("\n        ", ""),
/// );
/// # Ok::<_, samplegen::SchemaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Description", into = "Description")]
pub struct DataSet {
    schema: Schema,
    rows: RowRange,
    seed: u64,
}

impl DataSet {
    /// The rows `rows` of `schema` under `seed`.
    pub fn new(schema: Schema, rows: RowRange, seed: u64) -> Self {
        Self { schema, rows, seed }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The rows that the data set holds.
    pub fn rows(&self) -> RowRange {
        self.rows
    }

    /// The seed of all columns.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The generators of all columns, in order, with their keys.
    pub fn keyed_columns(&self) -> Vec<KeyedColumn> {
        self.schema.columns().iter().map(|column| KeyedColumn::new(column, self.seed)).collect()
    }
}

/// The JSON form of a data set.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    contract: u32,
    seed: u64,
    first_row: u64,
    rows: u64,
    columns: Vec<crate::schema::Column>,
}

/// Why a description cannot be turned into a data set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum DescriptionError {
    #[error("it is of version {0} of the value contract, and this release knows version {CONTRACT_VERSION}")]
    UnknownContract(u32),
    #[error("its rows go beyond row 2^64 - 1")]
    RowsOverflow,
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl TryFrom<Description> for DataSet {
    type Error = DescriptionError;

    fn try_from(description: Description) -> Result<Self, DescriptionError> {
        if description.contract != CONTRACT_VERSION {
            return Err(DescriptionError::UnknownContract(description.contract));
        }
        let rows =
            RowRange::new(description.first_row, description.rows).ok_or(DescriptionError::RowsOverflow)?;
        Ok(Self::new(Schema::new(description.columns)?, rows, description.seed))
    }
}

impl From<DataSet> for Description {
    fn from(data_set: DataSet) -> Self {
        Self {
            contract: CONTRACT_VERSION,
            seed: data_set.seed,
            first_row: data_set.rows.first(),
            rows: data_set.rows.count(),
            columns: data_set.schema.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_refused_where_it_means_nothing() {
        let column = r#"{"name":"a","generator":"uniform","type":"float64"}"#;
        let error = |json: String| serde_json::from_str::<DataSet>(&json).expect_err("refused").to_string();
        let unknown =
            error(format!(r#"{{"contract":2,"seed":0,"first_row":0,"rows":1,"columns":[{column}]}}"#));
        assert!(unknown.contains("version 2 of the value contract"), "{unknown}");
        let beyond = error(format!(
            r#"{{"contract":1,"seed":0,"first_row":18446744073709551615,"rows":2,"columns":[{column}]}}"#
        ));
        assert!(beyond.contains("beyond row 2^64 - 1"), "{beyond}");
        let twice = error(format!(
            r#"{{"contract":1,"seed":0,"first_row":0,"rows":1,"columns":[{column},{column}]}}"#
        ));
        assert!(twice.contains("two columns called"), "{twice}");
        let surplus =
            error(format!(r#"{{"contract":1,"seed":0,"first_row":0,"rows":1,"columns":[{column}],"x":1}}"#));
        assert!(surplus.contains("unknown field"), "{surplus}");
    }
}
