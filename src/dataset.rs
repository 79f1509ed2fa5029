//! A data set: one table of a schema, a range of its rows and a seed. A description, not files.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::columns::{ColumnError, ValueColumn};
use crate::rows::RowRange;
use crate::schema::fault::Faults;
use crate::schema::{Column, Schema, Table};

/// A described data set: every value of every row follows from it.
///
/// Its JSON form is what `gen` writes into each file and into `_dataset.json`.
///
/// ```
/// use samplegen::{DataSet, FloatWidth, IdForm, RowRange, Schema};
///
/// let schema = Schema::classifier(1, IdForm::Text, FloatWidth::F64)?;
/// let data_set = DataSet::new(schema, RowRange::new(0, 1_000_000).unwrap(), 42)?;
/// assert_eq!(
///     serde_json::to_string(&data_set).unwrap(),
///     r#"{"contract":1,"seed":42,"first_row":0,"rows":1000000,"columns":[
///         {"name":"id_client","generator":"uuid","type":"text"},
///         {"name":"class_0","generator":"uniform","type":"float64"}]}"#.replace("\n        ", ""),
/// );
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DataSet {
    /// The table, and behind it those that its values follow from.
    schema: Arc<Schema>,
    /// The schema as parts name it.
    named: Arc<Schema>,
    rows: RowRange,
    /// The columns that are written, in order: their numbers in the table, and what makes their values.
    written: Arc<[usize]>,
    values: Arc<[Arc<ValueColumn>]>,
}

/// Why a schema describes no data set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataSetError {
    /// It has several tables.
    #[error("the schema has {0} tables; choose one of them")]
    SeveralTables(usize),
    /// Nothing says how many rows there are of a table, which may have a name.
    #[error("{}the number of rows is not known; give the table its rows", table_prefix(.0))]
    NoRows(Option<String>),
    /// A column does not have values for these rows.
    #[error(transparent)]
    Rows(#[from] Faults),
    /// A column cannot make values.
    #[error(transparent)]
    Column(#[from] ColumnError),
}

/// How an error begins that is about a table.
fn table_prefix(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!("table {name:?}: "))
}

impl DataSet {
    /// The rows `rows` of the only table of `schema` under `seed`, whatever the schema says of both.
    ///
    /// # Errors
    ///
    /// If there are several tables, or a column does not have values for these rows.
    pub fn new(schema: Schema, rows: RowRange, seed: u64) -> Result<Self, DataSetError> {
        Self::of(Schema { seed, ..schema }.with_rows(rows)?)
    }

    /// The first table of `schema`. All others have to be tables that its values follow from.
    ///
    /// # Errors
    ///
    /// If there are other tables, it is not known how many rows there are, or a column cannot make values.
    pub fn of(schema: Schema) -> Result<Self, DataSetError> {
        if schema.needed_by(0) != schema {
            return Err(DataSetError::SeveralTables(schema.tables.len()));
        }
        Self::all_of(&schema).map(|mut all| all.swap_remove(0))
    }

    /// Each table of `schema`, which says how many rows it has or of which others it has the children. They share the
    /// columns from which they take values.
    ///
    /// # Errors
    ///
    /// If the row count of a table is not known, or a column cannot make values.
    pub fn all_of(schema: &Schema) -> Result<Vec<Self>, DataSetError> {
        let counts = schema.row_counts()?;
        let ranges: Vec<RowRange> = schema
            .tables
            .iter()
            .zip(&counts)
            .map(|(table, count)| {
                let rows = count.and_then(|count| RowRange::new(schema.first_row, count));
                rows.ok_or_else(|| DataSetError::NoRows(table.name.clone()))
            })
            .collect::<Result<_, _>>()?;
        let columns = ValueColumn::of_schema(schema, &counts)?;
        let data_set = |(number, (all, rows)): (usize, (Vec<Arc<ValueColumn>>, RowRange))| {
            let described = &schema.tables[number].columns;
            let written: Arc<[usize]> = (0..all.len()).filter(|column| !described[*column].hidden).collect();
            let values = written.iter().map(|column| Arc::clone(&all[*column])).collect();
            let needed = Arc::new(schema.needed_by(number));
            let named = needed.with_digests().map_or_else(|| Arc::clone(&needed), Arc::new);
            Self { schema: needed, named, rows, written, values }
        };
        Ok(columns.into_iter().zip(ranges).enumerate().map(data_set).collect())
    }

    /// The schema: the table, and behind it those that its values follow from.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema as parts name it: long lists of values by their digests.
    pub fn named(&self) -> &Schema {
        &self.named
    }

    /// The table, hidden columns included.
    pub fn table(&self) -> &Table {
        &self.schema.tables[0]
    }

    /// The rows that the data set holds.
    pub fn rows(&self) -> RowRange {
        self.rows
    }

    /// The seed of all columns.
    pub fn seed(&self) -> u64 {
        self.schema.seed
    }

    /// The columns that are written, in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &Column> + Clone {
        self.written.iter().map(|number| &self.table().columns[*number])
    }

    /// The written column with this index.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn column(&self, index: usize) -> &Column {
        &self.table().columns[self.written[index]]
    }

    /// What makes the values of the columns that are written, in order.
    pub fn values(&self) -> &[Arc<ValueColumn>] {
        &self.values
    }

    /// The columns that are written as an Arrow schema.
    pub fn arrow_schema(&self) -> SchemaRef {
        let fields = self.columns().zip(&*self.values).map(|(column, values)| values.field(&column.name));
        Arc::new(arrow_schema::Schema::new(fields.collect::<Vec<_>>()))
    }

    /// Bytes of one row in Parquet's PLAIN encoding: of an average one, if they differ. At least 1.
    pub fn plain_row_bytes(&self) -> u64 {
        self.values.iter().map(|values| values.mean_plain_bytes()).sum::<u64>().max(1)
    }
}

/// Two data sets are equal if their descriptions are.
impl PartialEq for DataSet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.named, &other.named) || self.named == other.named
    }
}

/// No number of a schema is NaN.
impl Eq for DataSet {}

impl Serialize for DataSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.schema.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DataSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Schema::deserialize(deserializer)?).map_err(D::Error::custom)
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
        assert!(unknown.contains("2 is a version of the value contract"), "{unknown}");
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
        assert!(surplus.starts_with("unknown key \"x\""), "{surplus}");
        let open = error(format!(r#"{{"contract":1,"columns":[{column}]}}"#));
        assert!(open.contains("number of rows is not known"), "{open}");
        let table = |name| format!(r#"{{"name":"{name}","rows":1,"columns":[{column}]}}"#);
        let several = error(format!(r#"{{"tables":[{},{}]}}"#, table("a"), table("b")));
        assert!(several.contains("2 tables"), "{several}");
    }
}
