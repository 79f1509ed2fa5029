//! Values that a schema takes from a file. They are part of the schema once it has been read.

use super::literal::{self, Refused};
use super::node::{Content, Node};
use super::scope::{Fields, Notes, Read};
use super::types::ColumnType;

/// Which columns of which file hold values and their weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesFrom {
    /// The file, as the schema names it.
    pub file: String,
    /// The column of the values.
    pub values: String,
    /// The column of the weights, if there is one.
    pub weights: Option<String>,
}

/// Reads the files that schemas take values from.
pub trait ValueFiles {
    /// The values, in the order of the file, as a schema would write values of `column_type`.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, as the end of a sentence.
    fn read(&self, request: &ValuesFrom, column_type: &ColumnType) -> Result<ValueColumns, String>;
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueColumns {
    /// The values.
    pub values: Vec<Content>,
    /// The weights, if they were asked for: as many as there are values.
    pub weights: Option<Vec<Content>>,
}

impl ValuesFrom {
    /// Reads the value of the key `values_from`.
    pub(super) fn read(node: &Node, weighted: bool, notes: &mut Notes) -> Read<Self> {
        let text = |node| -> Result<String, Refused> { Ok(literal::text(node)?.to_owned()) };
        let fields = notes.read(node.at, "values_from", Fields::new(node))?;
        let known: &[&str] = if weighted { &["file", "values", "weights"] } else { &["file", "values"] };
        fields.only(notes, "values_from", known, &[]);
        let file = fields.required(notes, "values_from", "file", text);
        let values = fields.required(notes, "values_from", "values", text);
        let weights = fields.optional(notes, "weights", text);
        Ok(Self { file: file?, values: values?, weights: weights? })
    }
}
