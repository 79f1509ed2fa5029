//! Columns and their options.

use super::generator::Generator;
use super::number::Number;
use super::types::ColumnType;
use crate::compression::Compression;

/// A column of a table: a name, a type, a generator, options.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name, unique in its table. It also names the column's stream of words.
    pub name: String,
    /// The type. If it is a list, the generator makes its elements.
    pub column_type: ColumnType,
    /// What makes the values.
    pub generator: Generator,
    /// The probability that a value is null. Without it there are no nulls but those that the
    /// generator takes from other columns.
    pub nulls: Option<Number>,
    /// The column whose values the draws follow instead of the row: equal values there mean equal
    /// values here.
    pub depends_on: Option<usize>,
    /// How many elements a list has; none if the column is not a list.
    pub lengths: Option<Lengths>,
    /// Whether a check should know rows again by this column.
    pub key: bool,
    /// Whether the column is only there for other columns and not written.
    pub hidden: bool,
    /// How the column is laid out in files.
    pub storage: Storage,
}

impl Column {
    /// A column of this name, type and generator, without options.
    pub fn new(name: &str, column_type: ColumnType, generator: Generator) -> Self {
        Self {
            name: name.to_owned(),
            column_type,
            generator,
            nulls: None,
            depends_on: None,
            lengths: None,
            key: false,
            hidden: false,
            storage: Storage::default(),
        }
    }
}

/// How many elements the lists of a column have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lengths {
    /// The fewest.
    pub min: u64,
    /// The most, at least `min`.
    pub max: u64,
}

/// How a column is laid out in Parquet files. It changes no value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Storage {
    /// The encoding, if the schema says one.
    pub encoding: Option<Encoding>,
    /// The compression, if it is not the layout's.
    pub compression: Option<Compression>,
    /// The false positive rate of the column's Bloom filters, above 0 and below 1, if it has any.
    pub bloom_filter: Option<Number>,
}

/// How values become the bytes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `plain`: one after the other.
    Plain,
    /// `dictionary`: numbers of the entries of a dictionary.
    Dictionary,
    /// `delta_binary_packed`: differences of integers.
    DeltaBinaryPacked,
    /// `delta_byte_array`: prefixes shared with the value before.
    DeltaByteArray,
    /// `byte_stream_split`: first bytes, second bytes and so on.
    ByteStreamSplit,
}

impl Encoding {
    /// All of them with their names.
    pub const ALL: [(&str, Self); 5] = [
        ("plain", Self::Plain),
        ("dictionary", Self::Dictionary),
        ("delta_binary_packed", Self::DeltaBinaryPacked),
        ("delta_byte_array", Self::DeltaByteArray),
        ("byte_stream_split", Self::ByteStreamSplit),
    ];

    /// Whether values of `column_type`, which is not a list, can be encoded so in Parquet.
    pub fn encodes(self, column_type: &ColumnType) -> bool {
        use ColumnType::{Binary, Bool, Decimal, Text, Uuid};
        // Decimals of up to 18 digits are integers, others arrays of a fixed number of bytes.
        let is_integer = match column_type {
            Decimal { precision, .. } => *precision <= 18,
            other => other.is_whole(),
        };
        let is_variable = matches!(column_type, Text | Binary);
        let is_fixed = *column_type == Uuid || matches!(column_type, Decimal { precision: 19.., .. });
        match self {
            Self::Plain => true,
            Self::Dictionary => *column_type != Bool,
            Self::DeltaBinaryPacked => is_integer,
            Self::DeltaByteArray => is_variable || is_fixed,
            Self::ByteStreamSplit => is_integer || is_fixed || column_type.is_float(),
        }
    }
}

/// Where rows lie and how many there are of them, as far as a schema says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The name; none for the only table of a schema that has its columns at the top.
    pub name: Option<String>,
    /// How many rows there are; none if that is said elsewhere, or follows from another table.
    pub rows: Option<u64>,
    /// The columns, in order, hidden ones too.
    pub columns: Vec<Column>,
}

/// What a data set is: tables, row counts, a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The seed of all columns.
    pub seed: u64,
    /// The first row; other than 0 only if there is one table.
    pub first_row: u64,
    /// The tables, at least one.
    pub tables: Vec<Table>,
}
