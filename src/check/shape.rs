//! What the values of a column are, whatever type they come in.

use std::fmt;

use crate::columns::ValueColumn;
use crate::schema::FloatWidth;
use crate::schema::types::ColumnType;

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Bool,
    /// Of a whole-number type.
    Whole(ColumnType),
    Float(FloatWidth),
    Text,
    Binary,
    /// UUIDs, also those that the data set has as text.
    Id,
    List(Box<Shape>),
}

impl Shape {
    pub(super) fn of(column: &ValueColumn) -> Self {
        Self::of_type(column.column_type(), column.holds_ids())
    }

    fn of_type(column_type: &ColumnType, holds_ids: bool) -> Self {
        match column_type {
            ColumnType::Bool => Self::Bool,
            ColumnType::Float32 => Self::Float(FloatWidth::F32),
            ColumnType::Float64 => Self::Float(FloatWidth::F64),
            ColumnType::Text if holds_ids => Self::Id,
            ColumnType::Text => Self::Text,
            ColumnType::Binary => Self::Binary,
            ColumnType::Uuid => Self::Id,
            ColumnType::List(item) => Self::List(Box::new(Self::of_type(item, holds_ids))),
            whole => Self::Whole(whole.clone()),
        }
    }

    /// The width of floats, or of lists of them; `None` of other values.
    pub(super) fn float_width(&self) -> Option<FloatWidth> {
        match self {
            Self::Float(width) => Some(*width),
            Self::List(item) => item.float_width(),
            _ => None,
        }
    }
}

/// The type as schemas spell it.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => ColumnType::Bool.fmt(f),
            Self::Whole(column_type) => column_type.fmt(f),
            Self::Float(width) => width.column_type().fmt(f),
            Self::Text => ColumnType::Text.fmt(f),
            Self::Binary => ColumnType::Binary.fmt(f),
            Self::Id => ColumnType::Uuid.fmt(f),
            Self::List(item) => write!(f, "list<{item}>"),
        }
    }
}
