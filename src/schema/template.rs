//! Templates: texts that put columns of the same row together.

use std::fmt;

/// The widest field that a template may ask for.
const MAX_WIDTH: usize = 1_000;

/// A template: literal text and fields in braces. `C` is how its columns are told: by name as it is
/// read, by number once it belongs to a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template<C = usize> {
    /// What it consists of, in order.
    pub parts: Vec<Part<C>>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part<C> {
    /// Text as it is.
    Literal(String),
    /// What varies from row to row.
    Field {
        /// What is put here.
        field: Field<C>,
        /// At least so many characters, with zeros between sign and digits; 0 if the template does
        /// not say.
        width: usize,
    },
}

/// What a field puts into a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field<C> {
    /// The row's number.
    Row,
    /// The value of a column in the same row.
    Column(C),
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A field without an end.
    #[error("a field is not closed; add }}, or write {{{{ for a brace")]
    OpenField,
    /// An end without a field.
    #[error("a single }} closes no field; write }}}} for a brace")]
    LoneBrace,
    /// A field without a name, or with a brace in it.
    #[error("{{{0}}} names no column; write {{column}} or {{row}}, and {{{{ for a brace")]
    Name(String),
    /// A format that is not `:0w`.
    #[error("{{{0}:{1}}}: the only format is :0 and a width from 1 to {MAX_WIDTH}, such as {{{0}:08}}")]
    Format(String, String),
}

impl Template<String> {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// If its braces do not match, or a field is not `{name}` or `{name:0w}`.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = behind;
                continue;
            }
            if brace == "}" {
                return Err(TemplateError::LoneBrace);
            }
            let (inside, behind) = rest.split_once('}').ok_or(TemplateError::OpenField)?;
            rest = behind;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(field(inside)?);
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }
}

fn field(inside: &str) -> Result<Part<String>, TemplateError> {
    let (name, width) = match inside.split_once(':') {
        None => (inside, 0),
        Some((name, format)) => {
            let width = format
                .strip_prefix('0')
                .filter(|width| width.bytes().all(|byte| byte.is_ascii_digit()) && !width.starts_with('0'))
                .and_then(|width| width.parse().ok())
                .filter(|width| (1..=MAX_WIDTH).contains(width))
                .ok_or_else(|| TemplateError::Format(name.to_owned(), format.to_owned()))?;
            (name, width)
        }
    };
    if name.is_empty() || name.contains('{') {
        return Err(TemplateError::Name(name.to_owned()));
    }
    let field = if name == "row" { Field::Row } else { Field::Column(name.to_owned()) };
    Ok(Part::Field { field, width })
}

impl<C> Template<C> {
    /// The columns that it uses, in order, as often as it does.
    pub fn columns(&self) -> impl Iterator<Item = &C> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { field: Field::Column(column), .. } => Some(column),
            _ => None,
        })
    }
}

impl<C: fmt::Display> fmt::Display for Template<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Literal(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Part::Field { field, width } => {
                    match field {
                        Field::Row => f.write_str("{row")?,
                        Field::Column(column) => write!(f, "{{{column}")?,
                    }
                    if *width > 0 {
                        write!(f, ":0{width}")?;
                    }
                    f.write_str("}")?;
                }
            }
        }
        Ok(())
    }
}
