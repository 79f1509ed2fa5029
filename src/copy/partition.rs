//! Columns whose values stand in paths: `year=2024/part-0.parquet`, as Hive and most engines since partition folders.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::take::take;

use super::file::CopyFile;
use super::piece::{BatchIterator, Piece};

/// One value of this type.
pub(super) fn converted(text: Option<&str>, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&StringArray::from(vec![text]), data_type, &options)
}

/// A column of `rows` rows, each with the one value of `one`.
fn repeated(one: &ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    take(one, &UInt32Array::from(vec![0; rows]), None)
}

/// The columns that the path of one file has, each with its value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Constants(Arc<[(Field, Option<String>, ArrayRef)]>);

impl Constants {
    /// Those of `file`, as text.
    pub(super) fn as_text(file: &CopyFile) -> Result<Self, ArrowError> {
        let fields: Vec<_> =
            file.path_values.iter().map(|value| Field::new(&value.name, DataType::Utf8, true)).collect();
        Self::of(file, &fields)
    }

    /// Those of `file` in the order and with the types of `columns`.
    pub(crate) fn of(file: &CopyFile, columns: &[Field]) -> Result<Self, ArrowError> {
        let constants = columns.iter().filter_map(|field| {
            let value = file.path_values.iter().find(|value| value.name == *field.name())?;
            let one = converted(value.value.as_deref(), field.data_type());
            Some(one.map(|one| (field.clone(), value.value.clone(), one)))
        });
        constants.collect::<Result<Vec<_>, _>>().map(|constants| Self(constants.into()))
    }

    /// The columns of a file that has those of `schema` itself.
    pub(crate) fn schema(&self, schema: &SchemaRef) -> SchemaRef {
        if self.0.is_empty() {
            return Arc::clone(schema);
        }
        let is_new = |field: &&Field| schema.index_of(field.name()).is_err();
        let added = self.0.iter().map(|(field, ..)| field).filter(is_new).cloned().map(Arc::new);
        Arc::new(Schema::new(schema.fields().iter().cloned().chain(added).collect::<Vec<_>>()))
    }

    /// `piece` with these columns.
    pub(crate) fn add_to(&self, piece: Piece) -> Piece {
        if self.0.is_empty() {
            return piece;
        }
        let Piece { path, rows, schema, open } = piece;
        let own = schema.clone();
        let constants = self.clone();
        let open = move |names: &[&str]| -> Result<BatchIterator, ArrowError> {
            // What the file has itself is read to be compared.
            let is_own = |name: &&str| {
                let is_constant = constants.0.iter().any(|(field, ..)| field.name() == name);
                !is_constant || own.as_ref().is_some_and(|own| own.index_of(name).is_ok())
            };
            let names: Vec<_> = names.iter().copied().filter(is_own).collect();
            let batches = open(&names)?;
            Ok(Box::new(batches.map(move |batch| constants.add_to_batch(batch?))))
        };
        Piece { path, rows, schema: schema.map(|schema| self.schema(&schema)), open: Box::new(open) }
    }

    fn add_to_batch(&self, batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        let rows = batch.num_rows();
        let mut columns = batch.columns().to_vec();
        for (field, text, one) in self.0.iter() {
            match batch.column_by_name(field.name()) {
                Some(column) => compare(field.name(), column, text.as_deref())?,
                None => columns.push(repeated(one, rows)?),
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema(&batch.schema()), columns, &options)
    }
}

/// Whether a column that the file has itself has the value of its path in every row.
fn compare(name: &str, column: &ArrayRef, text: Option<&str>) -> Result<(), ArrowError> {
    let in_path = match text {
        Some(text) => format!("{text:?}"),
        None => "null".to_owned(),
    };
    let first_other = match converted(text, column.data_type()) {
        Ok(one) if *column == repeated(&one, column.len())? => None,
        Ok(one) => (0..column.len()).find(|row| *column.slice(*row, 1) != *one),
        Err(_) => (!column.is_empty()).then_some(0),
    };
    match first_other {
        None => Ok(()),
        Some(row) => {
            let found = shown(column, row);
            Err(ArrowError::InvalidArgumentError(format!(
                "column {name:?} has the value {found}, and the path says {in_path}: rename the folder"
            )))
        }
    }
}

/// The value in `row`, for people.
fn shown(column: &ArrayRef, row: usize) -> String {
    let text = cast_with_options(&column.slice(row, 1), &DataType::Utf8, &CastOptions::default());
    match text {
        Ok(text) if text.is_valid(0) => format!("{:?}", text.as_string::<i32>().value(0)),
        Ok(_) => "null".to_owned(),
        Err(_) => "another value".to_owned(),
    }
}
