//! Values that a schema takes from a file. They are part of the schema once it has been read.

use super::literal::{self, Refused};
use super::node::{Content, Node};
use super::number::Number;
use super::scope::{Fields, Notes, Read};
use super::types::ColumnType;
use super::value::{Value, repetition};

/// The most bytes that the values of a table have in its description, with their weights.
pub const MAX_VALUES_BYTES: usize = 16 << 20;

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
    /// It need not read on once the values have more than [`MAX_VALUES_BYTES`]: then they are refused.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, as the end of a sentence: the file, the place in it, and the fact.
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
    /// Reads the values, and their weights if there is a column of them. The first thing that is wrong is told.
    pub(super) fn read(&self, files: &dyn ValueFiles, item: &ColumnType) -> Result<WeightedValues, Refused> {
        let columns = files.read(self, item)?;
        let place =
            |number: usize, column: &str| format!("{}: row {}, column {column:?}", self.file, number + 1);
        let values = each(&columns.values, &|node| literal::value(node, item));
        let values =
            values.map_err(|(number, refused)| format!("{}: {refused}", place(number, &self.values)))?;
        if values.is_empty() {
            return Err(format!("{}: there are no rows; give at least one value", self.file));
        }
        if let Some(number) = repetition(&values) {
            let (place, value) = (place(number, &self.values), values[number].quoted(item));
            return Err(format!("{place}: the value{value} occurs twice; leave one out"));
        }
        let weights = match (columns.weights, &self.weights) {
            (Some(weights), Some(column)) => Some(
                each(&weights, &literal::weight)
                    .map_err(|(number, refused)| format!("{}: {refused}", place(number, column)))?,
            ),
            _ => None,
        };
        Ok((values, weights))
    }
}

/// Values, and a weight for each if they have weights.
type WeightedValues = (Vec<Value>, Option<Vec<Number>>);

/// Reads each of `contents`; of the first that is refused, its number.
fn each<T>(
    contents: &[Content],
    read: &dyn Fn(&Node) -> Result<T, Refused>,
) -> Result<Vec<T>, (usize, Refused)> {
    let read = |(number, content): (usize, &Content)| {
        read(&Node::new(content.clone())).map_err(|refused| (number, refused))
    };
    contents.iter().enumerate().map(read).collect()
}

/// What is known of values that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValuesDigest {
    /// The XXH3-128 of the values and their weights in JSON.
    pub digest: u128,
    /// How many values there are.
    pub count: u64,
}

/// The value of the key `values_from`.
pub(super) enum Given {
    /// A file to read.
    File(ValuesFrom),
    /// A digest, as parts have it.
    Digest(ValuesDigest),
}

impl Given {
    /// Reads it. `weighted` says whether the values can have weights.
    pub(super) fn read(node: &Node, weighted: bool, notes: &mut Notes) -> Read<Self> {
        let fields = notes.read(node.at, "values_from", Fields::new(node))?;
        if fields.get("digest").is_some() {
            fields.only(notes, "a digest of values", &["digest", "count"], &[]);
            let digest = fields.required(notes, "values_from", "digest", digest);
            let count =
                fields.required(notes, "values_from", "count", |node| literal::count(node, 1, 1 << 53));
            return Ok(Self::Digest(ValuesDigest { digest: digest?, count: count? }));
        }
        let text = |node| -> Result<String, Refused> { Ok(literal::text(node)?.to_owned()) };
        let known: &[&str] = if weighted { &["file", "values", "weights"] } else { &["file", "values"] };
        fields.only(notes, "values_from", known, &[]);
        let file = fields.required(notes, "values_from", "file", text);
        let values = fields.required(notes, "values_from", "values", text);
        let weights = fields.optional(notes, "weights", text);
        Ok(Self::File(ValuesFrom { file: file?, values: values?, weights: weights? }))
    }
}

/// Reads 32 hexadecimal digits.
fn digest(node: &Node) -> Result<u128, Refused> {
    let text = literal::text(node)?;
    let is_digest = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = if is_digest { u128::from_str_radix(text, 16).ok() } else { None };
    digest.ok_or_else(|| format!("{text:?} is not a digest, which has 32 hexadecimal digits"))
}
