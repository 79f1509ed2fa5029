//! The schema of a classifier's output, which the flags of the command describe.

use super::MAX_COLUMNS;
use super::column::{Column, Schema, Table};
use super::generator::{Generator, Uniform};
use super::types::ColumnType;
use crate::count::{counted, grouped};

/// The type of a column of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdForm {
    /// 36 characters of UTF-8, lower case, with hyphens.
    Text,
    /// 16 bytes, with Parquet's logical type UUID and Arrow's extension type `arrow.uuid`.
    Binary,
}

impl IdForm {
    /// The type of columns of this form.
    pub fn column_type(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::Text,
            Self::Binary => ColumnType::Uuid,
        }
    }
}

/// The type of a column of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatWidth {
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
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

    /// The type of columns of this width.
    pub fn column_type(self) -> ColumnType {
        match self {
            Self::F32 => ColumnType::Float32,
            Self::F64 => ColumnType::Float64,
        }
    }
}

/// More columns than a table may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} are more than the {} a schema may have", counted(.0, "column"), grouped(MAX_COLUMNS))]
pub struct TooManyColumns(pub usize);

impl Schema {
    /// What a classifier's output looks like: the id of a client, `id_client`, and a score for each of `classes`
    /// classes, `class_0` and so on. How many rows there are is left open.
    ///
    /// # Errors
    ///
    /// If there are more classes than a table may have columns.
    pub fn classifier(classes: usize, id: IdForm, float: FloatWidth) -> Result<Self, TooManyColumns> {
        if classes >= MAX_COLUMNS {
            return Err(TooManyColumns(classes.saturating_add(1)));
        }
        let id = Column::new("id_client", id.column_type(), Generator::Uuid);
        let score = |class| {
            let uniform = Generator::Uniform(Uniform::Float(None));
            Column::new(&format!("class_{class}"), float.column_type(), uniform)
        };
        let columns = std::iter::once(id).chain((0..classes).map(score)).collect();
        Ok(Self { seed: 0, first_row: 0, tables: vec![Table { name: None, rows: None, columns }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_classifier_of_too_many_classes_is_refused() {
        let classifier = |classes| Schema::classifier(classes, IdForm::Text, FloatWidth::F64);
        assert!(classifier(MAX_COLUMNS - 1).is_ok());
        assert_eq!(classifier(MAX_COLUMNS), Err(TooManyColumns(MAX_COLUMNS + 1)));
        assert_eq!(classifier(usize::MAX), Err(TooManyColumns(usize::MAX)));
    }
}
