//! Files that schemas take values from: columns of CSV and Parquet files, as a schema would write their values.
//!
//! Values of CSV are text, and mean what the same text means in a schema. Values of Parquet have types, and nothing is
//! lost on the way to the type of the column: integers and decimals become each other where they are equal, timestamps
//! of another unit too, and every other type is refused.

use std::path::{Path, PathBuf};

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type, UInt64Type};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{ArrowError, DataType};

use crate::copy::{self, CopyFile, Format, Piece};
use crate::reason::{decoding, plain_reason};
use crate::schema::ColumnType;
use crate::schema::node::Content;
use crate::schema::number::Number;
use crate::schema::types::{MAX_DECIMAL_DIGITS, unit_digits};
use crate::schema::values_from::{MAX_VALUES_BYTES, ValueColumns, ValueFiles, ValuesFrom};

/// Files by their paths from a folder, such as that of the schema.
#[derive(Clone, Debug)]
pub struct FilesIn {
    folder: PathBuf,
}

impl FilesIn {
    /// Files in `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Files in the folder of the file at `path`.
    pub fn beside(path: &Path) -> Self {
        Self::new(path.parent().unwrap_or(Path::new("")))
    }
}

impl ValueFiles for FilesIn {
    fn read(&self, request: &ValuesFrom, column_type: &ColumnType) -> Result<ValueColumns, String> {
        let file = &request.file;
        let of_file = |reason: String| format!("{file}: {reason}");
        let path = self.folder.join(file);
        let format = match Format::of_path(&path) {
            Some(format @ (Format::Csv | Format::Parquet)) => format,
            _ => {
                return Err(of_file(
                    "the name does not end in .csv or .parquet, as files of values do".to_owned(),
                ));
            }
        };
        let copy = CopyFile { name: path.clone(), path, format, path_values: Vec::new() };
        let read = || {
            let pieces = copy::open(&copy, b',').map_err(|error| plain_reason(&error))?;
            let mut values = Read::new(&request.values, column_type);
            let mut weights = request.weights.as_deref().map(|name| Read::new(name, &ColumnType::Float64));
            for piece in pieces {
                let columns = [Some(&mut values), weights.as_mut()].into_iter().flatten();
                if !read_piece(piece, format, columns.collect())? {
                    break;
                }
            }
            Ok((values.contents, weights.map(|weights| weights.contents)))
        };
        let (values, weights) = decoding(read, |reason| reason).map_err(of_file)?;
        Ok(ValueColumns { values, weights })
    }
}

/// A column that is read.
struct Read<'a> {
    name: &'a str,
    column_type: &'a ColumnType,
    contents: Vec<Content>,
    bytes: usize,
}

impl<'a> Read<'a> {
    fn new(name: &'a str, column_type: &'a ColumnType) -> Self {
        Self { name, column_type, contents: Vec::new(), bytes: 0 }
    }

    /// Adds the values of `array`.
    fn add(&mut self, array: &ArrayRef, format: Format) -> Result<(), String> {
        let contents = match format {
            Format::Csv => texts(array, self.column_type),
            _ => contents(array, self.column_type)
                .map_err(|error| plain_reason(&error))
                .and_then(|contents| {
                    let unfit = || {
                        let found = array.data_type();
                        format!("values of the Arrow type {found} are no values of {}", self.column_type)
                    };
                    contents.ok_or_else(unfit)
                })
                .map_err(|reason| format!("column {:?}: {reason}", self.name))?,
        };
        for content in contents {
            let row = self.contents.len() + 1;
            let content = content
                .ok_or_else(|| format!("row {row}, column {:?}: no value; each row needs one", self.name))?;
            self.bytes += match &content {
                Content::Text(text) | Content::Number(text) => text.len(),
                _ => 1,
            };
            self.contents.push(content);
        }
        Ok(())
    }
}

/// Reads a piece of a file; false if there are too many values to read on.
fn read_piece(piece: Piece, format: Format, mut columns: Vec<&mut Read<'_>>) -> Result<bool, String> {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    for name in &names {
        let fields = piece.schema().map(|schema| schema.fields().clone()).unwrap_or_default();
        match fields.iter().filter(|field| field.name() == name).count() {
            1 => {}
            0 => {
                let known: Vec<String> =
                    fields.iter().take(10).map(|field| format!("{:?}", field.name())).collect();
                return Err(format!(
                    "there is no column {name:?}; the first columns are {}",
                    known.join(", ")
                ));
            }
            several => return Err(format!("there are {several} columns {name:?}; rename all but one")),
        }
    }
    for batch in piece.batches(&names).map_err(|error| plain_reason(&error))? {
        let batch = batch.map_err(|error| plain_reason(&error))?;
        for column in &mut columns {
            let array = batch.column_by_name(column.name).ok_or("a column is missing in it")?;
            column.add(array, format)?;
        }
        if columns.iter().any(|column| column.bytes > MAX_VALUES_BYTES) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The values of CSV, `None` where there is none.
fn texts(array: &ArrayRef, column_type: &ColumnType) -> Vec<Option<Content>> {
    let content = |text: &str| match (column_type, text) {
        (ColumnType::Bool, "true") => Content::Bool(true),
        (ColumnType::Bool, "false") => Content::Bool(false),
        _ => Content::Text(text.to_owned()),
    };
    array.as_string::<i32>().iter().map(|text| text.map(content)).collect()
}

/// The values of `array` for a column of `column_type`, `None` for nulls; nothing if the types do not go together.
fn contents(array: &ArrayRef, column_type: &ColumnType) -> Result<Option<Vec<Option<Content>>>, ArrowError> {
    use ColumnType::{Binary, Bool, Date, Decimal, Duration, Text, Time, Timestamp, Uuid};
    let texts = |array: &ArrayRef| {
        let array = cast(array, &DataType::Utf8)?;
        let content = |text: &str| Content::Text(text.to_owned());
        Ok(array.as_string::<i32>().iter().map(|text| text.map(content)).collect())
    };
    let bytes = |array: &ArrayRef, content: &dyn Fn(&[u8]) -> Content| {
        let array = cast(array, &DataType::Binary)?;
        Ok(array.as_binary::<i32>().iter().map(|bytes| bytes.map(content)).collect())
    };
    let counts = column_type.is_integer() || column_type.is_float() || matches!(column_type, Decimal { .. });
    let contents: Result<Vec<Option<Content>>, ArrowError> = match (array.data_type(), column_type) {
        (DataType::Dictionary(_, values), _) => return contents(&cast(array, values)?, column_type),
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, Text | Uuid) => texts(array),
        (
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_),
            Binary,
        ) => bytes(array, &|bytes| Content::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())),
        (DataType::FixedSizeBinary(16), Uuid) => bytes(array, &|bytes| {
            Content::Text(uuid::Uuid::from_slice(bytes).unwrap_or_default().to_string())
        }),
        (DataType::Boolean, Bool) => {
            Ok(array.as_boolean().iter().map(|value| value.map(Content::Bool)).collect())
        }
        (data_type, float) if data_type.is_floating() && float.is_float() => {
            let array = cast(array, &DataType::Float64)?;
            let content = |number: f64| Content::Number(format!("{number:?}"));
            Ok(array.as_primitive::<Float64Type>().iter().map(|number| number.map(content)).collect())
        }
        (data_type, _) if data_type.is_integer() && counts => wholes(array, 0),
        (
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale),
            _,
        ) if counts => wholes(array, *scale),
        // As in a schema, a number without a unit counts units of the column.
        (data_type, Duration(_)) if data_type.is_integer() => wholes(array, 0),
        (DataType::Date32 | DataType::Date64, Date) => wholes(&cast(array, &DataType::Date32)?, 0),
        (DataType::Time32(of_file) | DataType::Time64(of_file), Time(unit))
        | (DataType::Timestamp(of_file, None), Timestamp { unit, utc: false })
        | (DataType::Timestamp(of_file, Some(_)), Timestamp { unit, utc: true })
        | (DataType::Duration(of_file), Duration(unit)) => {
            wholes(array, unit_digits(*of_file) as i8 - unit_digits(*unit) as i8)
        }
        _ => return Ok(None),
    };
    contents.map(Some)
}

/// The whole numbers of `array`, each of so many digits behind the point.
fn wholes(array: &ArrayRef, digits: i8) -> Result<Vec<Option<Content>>, ArrowError> {
    let exactly = CastOptions { safe: false, ..CastOptions::default() };
    let wholes: Vec<Option<i128>> = match array.data_type() {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => {
            let array =
                cast_with_options(array, &DataType::Decimal128(MAX_DECIMAL_DIGITS, *scale), &exactly)?;
            array.as_primitive::<Decimal128Type>().iter().collect()
        }
        DataType::UInt64 => {
            array.as_primitive::<UInt64Type>().iter().map(|whole| whole.map(i128::from)).collect()
        }
        // Times are stored as numbers of their units.
        DataType::Date32 | DataType::Time32(_) => {
            let array = cast_with_options(array, &DataType::Int32, &exactly)?;
            array.as_primitive::<Int32Type>().iter().map(|whole| whole.map(i128::from)).collect()
        }
        _ => {
            let array = cast_with_options(array, &DataType::Int64, &exactly)?;
            array.as_primitive::<Int64Type>().iter().map(|whole| whole.map(i128::from)).collect()
        }
    };
    let content = |whole: i128| {
        let zeros = "0".repeat(digits.min(0).unsigned_abs().into());
        let whole = Number::from_units(whole, digits.max(0).unsigned_abs().into());
        Content::Text(if whole.is_zero() { "0".to_owned() } else { format!("{whole}{zeros}") })
    };
    Ok(wholes.into_iter().map(|whole| whole.map(content)).collect())
}
