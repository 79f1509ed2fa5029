//! Text as a tree: what YAML, JSON and the builder have in common, before it means anything.

use std::fmt;

use super::number::{Number, NumberError};

/// A place in a text. Lines and columns, which are characters, are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value with everything in it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins, if it comes from a text.
    pub at: Option<Position>,
    /// What it is.
    pub content: Content,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values by name, in order. No name occurs twice.
    Map(Vec<Entry>),
}

/// A name and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the name is, if it comes from a text.
    pub at: Option<Position>,
    /// The name.
    pub name: String,
    /// The value.
    pub value: Node,
}

impl PartialEq for Node {
    /// Nodes are equal if they say the same, wherever they stand.
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Node {
    /// A node of `content` that is not from a text.
    pub fn new(content: Content) -> Self {
        Self { at: None, content }
    }

    /// A map of these entries.
    pub fn map<N: Into<String>>(entries: impl IntoIterator<Item = (N, Node)>) -> Self {
        let entry = |(name, value): (N, Node)| Entry { at: None, name: name.into(), value };
        Self::new(Content::Map(entries.into_iter().map(entry).collect()))
    }

    /// A list of these nodes.
    pub fn list(nodes: impl IntoIterator<Item = Node>) -> Self {
        Self::new(Content::List(nodes.into_iter().collect()))
    }

    /// The number that the node is, if it is one or a text that holds one.
    ///
    /// A number with a point or an exponent means the shortest decimal that reads as the same double;
    /// one without, and text, are exact.
    pub fn number(&self) -> Option<Result<Number, NumberError>> {
        match &self.content {
            Content::Text(text) => Some(text.parse()),
            Content::Number(text) => Some(number(text)),
            _ => None,
        }
    }
}

/// Reads a number of YAML's core schema, which has JSON's.
fn number(text: &str) -> Result<Number, NumberError> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let whole = u64::from_str_radix(digits, radix).map_err(|_| NumberError::TooLong)?;
            return Ok(Number::from_units(whole.into(), 0));
        }
    }
    if !text.contains(['.', 'e', 'E']) {
        return text.parse();
    }
    match text.parse::<f64>() {
        Ok(double) if double.is_finite() => Ok(Number::from_f64(double)),
        // YAML's spellings of infinities and of what is not a number have a point, and are not Rust's.
        Ok(_) | Err(_) => Err(NumberError::NotFinite),
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::new(Content::Text(text.to_owned()))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::new(Content::Text(text))
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::new(Content::Bool(value))
    }
}

impl From<f64> for Node {
    fn from(value: f64) -> Self {
        Self::new(Content::Number(format!("{value:e}")))
    }
}

macro_rules! from_whole_numbers {
    ($($whole:ty),*) => {
        $(impl From<$whole> for Node {
            fn from(value: $whole) -> Self {
                Self::new(Content::Number(value.to_string()))
            }
        })*
    };
}

from_whole_numbers!(i32, u32, i64, u64, i128);

impl<N: Into<Node>> From<Vec<N>> for Node {
    fn from(nodes: Vec<N>) -> Self {
        Self::list(nodes.into_iter().map(Into::into))
    }
}

impl<N: Into<Node>, const COUNT: usize> From<[N; COUNT]> for Node {
    fn from(nodes: [N; COUNT]) -> Self {
        Self::list(nodes.into_iter().map(Into::into))
    }
}
