//! Texts that put columns of the same row together.

use std::sync::Arc;

use arrow_buffer::NullBuffer;

use super::ids::id_of_text;
use super::indices::Indices;
use super::texts::Texts;
use super::{KeyValue, ValueColumn};
use crate::schema::types::ColumnType;
use crate::schema::value::units_of_text;

/// A column of texts by a template.
#[derive(Clone, Debug)]
pub(super) struct TemplateColumn {
    pub(super) parts: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    Row { width: usize },
    Column { column: Arc<ValueColumn>, width: usize },
}

/// How many rows are put together at once: the texts of their parts stay in the cache.
const ROWS: usize = 512;

impl TemplateColumn {
    /// The texts of the rows.
    pub(super) fn texts(&self, rows: Indices<'_>) -> Texts {
        let mut texts = Texts::with_capacity(rows.len(), 24);
        for start in (0..rows.len()).step_by(ROWS) {
            let rows = rows.slice(start, ROWS.min(rows.len() - start));
            let fields: Vec<Option<Texts>> = self.parts.iter().map(|part| part.texts(rows)).collect();
            for row in 0..rows.len() {
                for (part, field) in self.parts.iter().zip(&fields) {
                    match (part, field) {
                        (Part::Literal(text), _) => texts.push(text),
                        (_, Some(field)) => texts.push_from(field, row),
                        (_, None) => {}
                    }
                }
                texts.end();
            }
        }
        texts
    }

    /// The most bytes that a text has.
    pub(super) fn most_text_bytes(&self) -> usize {
        const ROW_DIGITS: usize = 20;
        let bytes = |part: &Part| match part {
            Part::Literal(text) => text.len(),
            Part::Row { width } => ROW_DIGITS.max(*width),
            Part::Column { column, width } => column.most_text_bytes().max(*width),
        };
        self.parts.iter().map(bytes).sum()
    }

    /// Which rows are not null: those in which no part is.
    pub(super) fn nulls(&self, rows: Indices<'_>) -> Option<NullBuffer> {
        self.columns()
            .fold(None, |nulls, column| NullBuffer::union(nulls.as_ref(), column.nulls(rows).as_ref()))
    }

    fn columns(&self) -> impl Iterator<Item = &ValueColumn> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column { column, .. } => Some(&**column),
            _ => None,
        })
    }

    /// Whether a column that is put in can be null.
    pub(super) fn is_nullable(&self) -> bool {
        self.columns().any(ValueColumn::is_nullable)
    }

    /// The only field, with the texts before and behind it, if it tells the row.
    fn identifying_field(&self) -> Option<(String, &Part, String)> {
        let literal = |parts: &[Part]| {
            let mut text = String::new();
            for part in parts {
                match part {
                    Part::Literal(piece) => text.push_str(piece),
                    _ => return None,
                }
            }
            Some(text)
        };
        let at = self.parts.iter().position(|part| !matches!(part, Part::Literal(_)))?;
        let field = &self.parts[at];
        if let Part::Column { column, .. } = field
            && !column.is_identifying()
        {
            return None;
        }
        Some((literal(&self.parts[..at])?, field, literal(&self.parts[at + 1..])?))
    }

    /// Whether each text says which row it is of.
    pub(super) fn is_identifying(&self) -> bool {
        self.identifying_field().is_some()
    }

    /// The row whose text is `text`.
    pub(super) fn row(&self, text: &str) -> Option<u64> {
        let (before, field, behind) = self.identifying_field()?;
        let inner = text.strip_prefix(&*before)?.strip_suffix(&*behind)?;
        let row = match field {
            Part::Column { column, .. } => column.row(key_value(inner, column.column_type())?)?,
            _ => inner.parse().ok()?,
        };
        // Reading forgives signs, zeros and letters that writing does not make.
        (self.texts(Indices::Run { first: row, count: 1 }).get(0) == text.as_bytes()).then_some(row)
    }
}

impl Part {
    fn texts(&self, rows: Indices<'_>) -> Option<Texts> {
        match self {
            Self::Literal(_) => None,
            Self::Row { width } => {
                let mut texts = Texts::with_capacity(rows.len(), 20.max(*width));
                for row in rows.iter() {
                    texts.push_number(row.into());
                    texts.end_padded(*width);
                }
                Some(texts)
            }
            Self::Column { column, width } => Some(column.texts(rows, *width)),
        }
    }
}

/// What `text` stands for in an identifying column of this type.
fn key_value<'a>(text: &'a str, column_type: &ColumnType) -> Option<KeyValue<'a>> {
    match column_type {
        ColumnType::Text => Some(KeyValue::Text(text)),
        ColumnType::Uuid => id_of_text(text.as_bytes()).map(|id| KeyValue::Uuid(id.as_u128())),
        whole => units_of_text(text, whole).map(KeyValue::Whole),
    }
}
