//! The columns that the paths of several files have together, and their types.

use arrow_schema::{DataType, Field};

use super::file::{CopyFile, FindError, PathValue};
use super::partition::converted;

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
