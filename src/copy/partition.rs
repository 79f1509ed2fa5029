//! Columns whose values stand in paths: `year=2024/part-0.parquet`, as Hive and most engines since partition folders.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::take::take;

use super::file::{CopyFile, FindError, PathValue};
use super::piece::{BatchIterator, Piece};

/// The columns that the paths of `files` have: the same for each of them. They are whole numbers or dates if all values
/// are, and text otherwise.
pub(crate) fn columns<'a>(files: impl IntoIterator<Item = &'a CopyFile>) -> Result<Vec<Field>, FindError> {
    let mut columns: Option<Vec<(&PathValue, ValueType)>> = None;
    let mut first_path = None;
    for file in files {
        let values = &file.path_values;
        let refused = |reason: String| Err(FindError::refused(&file.path, reason));
        let is_there_before = |(index, value): &(usize, &PathValue)| {
            values[..*index].iter().any(|before| before.name == value.name)
        };
        if let Some((_, twice)) = values.iter().enumerate().find(is_there_before) {
            return refused(format!("path has two values for the column {:?}: rename a folder", twice.name));
        }
        let Some(known) = &mut columns else {
            first_path = Some(&file.path);
            columns = Some(values.iter().map(|value| (value, ValueType::of(value))).collect());
            continue;
        };
        let same = |value: &PathValue, other: &PathValue| {
            value.name == other.name && value.declared == other.declared
        };
        let has_all = known.iter().all(|(value, _)| values.iter().any(|other| same(value, other)));
        if known.len() != values.len() || !has_all {
            let other = first_path.map(|path| path.display().to_string()).unwrap_or_default();
            let reason = format!(
                "path has other columns (the keys of folders key=value) than {other}: load or check them one by one"
            );
            return refused(reason);
        }
        for (value, value_type) in known {
            if let Some(other) = values.iter().find(|other| other.name == value.name) {
                *value_type = value_type.with(ValueType::of(other));
            }
        }
    }
    let field = |(value, value_type): (&PathValue, ValueType)| {
        let data_type = value.declared.clone().unwrap_or_else(|| value_type.data_type());
        Field::new(&value.name, data_type, true)
    };
    Ok(columns.unwrap_or_default().into_iter().map(field).collect())
}

/// What values can be, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueType {
    Null,
    Integer,
    Date,
    Text,
}

impl ValueType {
    fn of(value: &PathValue) -> Self {
        match value.value.as_deref() {
            None => Self::Null,
            // 007 and +7 are not how numbers are written.
            Some(text) if text.parse().is_ok_and(|number: i64| number.to_string() == text) => Self::Integer,
            Some(text) if is_date(text) => Self::Date,
            Some(_) => Self::Text,
        }
    }

    /// What holds the values of both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Null, one) | (one, Self::Null) => one,
            (one, other) if one == other => one,
            _ => Self::Text,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Integer => DataType::Int64,
            Self::Date => DataType::Date32,
            Self::Null | Self::Text => DataType::Utf8,
        }
    }
}

/// Whether it is a day as 2024-01-31.
fn is_date(text: &str) -> bool {
    let is_shaped = text.len() == "2024-01-31".len()
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_shaped && converted(Some(text), &DataType::Date32).is_ok()
}

/// One value of this type.
fn converted(text: Option<&str>, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::copy::Format;

    fn file(path: &str) -> CopyFile {
        CopyFile::given(Path::new("/").join(path), Format::Parquet).expect("UTF-8")
    }

    #[test]
    fn columns_are_typed_as_all_of_their_values_allow() {
        for (paths, expected) in [
            (&["x"][..], vec![]),
            (&["p=1/x", "p=-20/x"], vec![("p", DataType::Int64)]),
            (&["p=007/x", "p=1/x"], vec![("p", DataType::Utf8)]),
            (&["p=9223372036854775808/x"], vec![("p", DataType::Utf8)]),
            (&["p=1/x", "p=__HIVE_DEFAULT_PARTITION__/x"], vec![("p", DataType::Int64)]),
            (&["p=__HIVE_DEFAULT_PARTITION__/x"], vec![("p", DataType::Utf8)]),
            (&["p=2024-02-29/x"], vec![("p", DataType::Date32)]),
            (&["p=2023-02-29/x"], vec![("p", DataType::Utf8)]),
            (&["p=2024-02-29/x", "p=1/x"], vec![("p", DataType::Utf8)]),
            (&["p=0.5/x"], vec![("p", DataType::Utf8)]),
            (&["p=/x"], vec![("p", DataType::Utf8)]),
            (&["a=1/b=x%20y/f", "b=2/a=3/f"], vec![("a", DataType::Int64), ("b", DataType::Utf8)]),
        ] {
            let files: Vec<_> = paths.iter().map(|path| file(path)).collect();
            let columns = columns(&files).expect("the same columns");
            let found: Vec<_> =
                columns.iter().map(|field| (field.name().as_str(), field.data_type().clone())).collect();
            assert_eq!(found, expected, "{paths:?}");
        }
        let values = |path: &str| {
            file(path).path_values.into_iter().map(|value| (value.name, value.value)).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(values("a%3D=x%2Fy%20z=1/f"), [("a=".to_owned(), text("x/y z=1"))]);
        assert_eq!(values("x=1/b/a=__HIVE_DEFAULT_PARTITION__/f"), [("a".to_owned(), None)]);
        assert_eq!(values("a=1/=1/f"), []);
        assert_eq!(file("data/a=1/b=2/f").name, Path::new("a=1/b=2/f"));
    }

    #[test]
    fn paths_with_different_columns_do_not_go_together() {
        for (paths, reason) in [
            (&["p=1/x", "x"][..], "other columns"),
            (&["x", "p=1/x"], "other columns"),
            (&["p=1/x", "q=1/x"], "other columns"),
            (&["p=1/q=1/x", "p=1/x"], "other columns"),
            (&["p=1/p=2/x"], "two values"),
        ] {
            let files: Vec<_> = paths.iter().map(|path| file(path)).collect();
            let error = columns(&files).expect_err("different columns").to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
