//! Keys that are kept in a ledger: what is loaded, and the names of its parts.
//!
//! They tell what the values are, and neither how they are spelled nor how they lie in files: rows of a data set are
//! known by its contract, seed and columns and by their numbers, whether they come from the generator or from files, and
//! whether ids are text or bytes. 32-bit and 64-bit floats are other values.
//!
//! Keys never change within one [`VERSION`]; the tests below hold them.

use std::num::NonZeroU64;

use arrow_schema::{DataType, TimeUnit};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::dataset::DataSet;
use crate::layout::Layout;
use crate::rows::RowRange;
use crate::schema::column::Storage;
use crate::schema::generator::Uniform;
use crate::schema::{CONTRACT_VERSION, Column, ColumnType, Generator, Schema};

/// The version of the keys, and of the ledger that they are in. Version 1 is that of release 0.1.0.
pub const VERSION: i16 = 2;

/// What the names of parts of files are unique in.
pub const FILES_SCOPE: &str = "files";

/// The name of a part that is loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartName {
    /// Rows of a data set.
    Rows {
        /// The number of the first one.
        first: u64,
        /// How many.
        count: u64,
    },
    /// A row group of a file.
    RowGroup {
        /// The path of the file, below the folder that was given.
        file: String,
        /// The number of the row group, from 0.
        index: usize,
        /// A fingerprint of its bytes.
        fingerprint: u128,
    },
}

impl PartName {
    /// The key that stands for it in a ledger.
    pub fn key(&self) -> String {
        match self {
            Self::Rows { first, count } => format!("rows:{first}+{count}"),
            Self::RowGroup { file, index, fingerprint } => format!("group:{index}:{fingerprint:032x}:{file}"),
        }
    }
}

/// What the row numbers of `data_set` are unique in: the endless data set that it is a range of.
pub fn data_set_scope(data_set: &DataSet) -> String {
    let schema = data_set.schema();
    let mut text = format!("contract {CONTRACT_VERSION}\nseed {}\n", data_set.seed());
    push_table(&mut text, schema, 0);
    if data_set.table().columns.iter().any(|column| column.generator.taken().is_some()) {
        // Which rows are referred to depends on how many there are; what they hold, on their table.
        for (number, table) in schema.tables.iter().enumerate() {
            if number > 0 {
                push_table(&mut text, schema, number);
            }
            text.push_str(&table.rows.map_or_else(String::new, |rows| format!("rows {rows}\n")));
        }
    }
    format!("rows:{:032x}", xxh3_128(text.as_bytes()))
}

/// Appends what the values of a table are.
fn push_table(text: &mut String, schema: &Schema, table: usize) {
    let values = schema.values_as_json(table);
    let table = &schema.tables[table];
    if let Some(name) = &table.name {
        text.push_str(&format!("table {} {name}\n", name.len()));
    }
    for (column, values) in table.columns.iter().zip(values) {
        // With its length, no name looks like two.
        text.push_str(&format!("{} {} {}\n", kind_of_values(column, values), column.name.len(), column.name));
    }
}

/// What makes the values of `column`, which `values` tells in JSON.
fn kind_of_values(column: &Column, values: String) -> String {
    // Columns of release 0.1.0 have its keys. Ids are the same in both of their types.
    let plain = Column::new(&column.name, column.column_type.clone(), column.generator.clone());
    let is_plain = plain == Column { storage: Storage::default(), key: false, ..column.clone() };
    match (&column.generator, &column.column_type) {
        (Generator::Uuid, _) if is_plain => "uuid".to_owned(),
        (Generator::Uniform(Uniform::Float(None)), ColumnType::Float32) if is_plain => "uniform32".to_owned(),
        (Generator::Uniform(Uniform::Float(None)), ColumnType::Float64) if is_plain => "uniform64".to_owned(),
        _ => values,
    }
}

/// A load of `rows` of the data set that `scope` stands for.
pub fn rows_load(scope: &str, rows: RowRange) -> String {
    format!("{scope}:{}+{}", rows.first(), rows.count())
}

/// The rows that a load of [`rows_load`] is of.
pub fn rows_of_load(load: &str) -> Option<RowRange> {
    parse_range(load.strip_prefix("rows:")?.split_once(':')?.1)
}

/// A load of files whose parts have the keys `parts`, in order.
pub fn files_load<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    format!("{FILES_SCOPE}:{:032x}", hash.digest128())
}

/// The rows that a part is of, if it is of a data set.
pub fn rows_of_part(part: &str) -> Option<RowRange> {
    parse_range(part.strip_prefix("rows:")?)
}

fn parse_range(text: &str) -> Option<RowRange> {
    let (first, count) = text.split_once('+')?;
    RowRange::new(first.parse().ok()?, count.parse().ok()?)
}

/// How rows are cut into parts: the rows of a file and of its row groups.
pub fn cut(layout: &Layout) -> String {
    format!("{}/{}", layout.batch_rows, layout.row_group_rows.min(layout.batch_rows))
}

/// The rows of a file under a cut.
pub fn batch_rows_of_cut(cut: &str) -> Option<NonZeroU64> {
    cut.split_once('/')?.0.parse().ok()
}

/// What goes into the fingerprint of a column, beside its values' bytes.
pub fn column(name: &str, data_type: &DataType) -> String {
    format!("{} {} {name}\n", data_type_key(data_type), name.len())
}

/// The types that can be loaded, as far as they decide what bytes mean.
fn data_type_key(data_type: &DataType) -> String {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    match data_type {
        DataType::Boolean => "bool".to_owned(),
        DataType::Int8 => "int8".to_owned(),
        DataType::Int16 => "int16".to_owned(),
        DataType::Int32 => "int32".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::UInt8 => "uint8".to_owned(),
        DataType::UInt16 => "uint16".to_owned(),
        DataType::UInt32 => "uint32".to_owned(),
        DataType::UInt64 => "uint64".to_owned(),
        DataType::Float16 => "float16".to_owned(),
        DataType::Float32 => "float32".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytes".to_owned(),
        DataType::FixedSizeBinary(width) => format!("bytes({width})"),
        DataType::Date32 => "date".to_owned(),
        DataType::Date64 => "date64".to_owned(),
        DataType::Time32(of) | DataType::Time64(of) => format!("time({})", unit(of)),
        DataType::Timestamp(of, None) => format!("timestamp({})", unit(of)),
        DataType::Timestamp(of, Some(_)) => format!("timestamptz({})", unit(of)),
        DataType::List(element) | DataType::LargeList(element) => {
            format!("list<{}>", data_type_key(element.data_type()))
        }
        DataType::Null => "null".to_owned(),
        _ => "other".to_owned(),
    }
}

/// Keys of version 1, as far as they can be made again.
pub mod version_1 {
    use super::*;
    use crate::schema::IdForm;

    /// What stood for `data_set`, with ids in either form, if release 0.1.0 could describe it.
    pub fn loads(data_set: &DataSet) -> Vec<String> {
        if !data_set.schema().is_released() {
            return Vec::new();
        }
        let with_ids = |form: IdForm| {
            let mut schema = data_set.schema().clone();
            let columns = schema.tables.iter_mut().flat_map(|table| &mut table.columns);
            for ids in columns.filter(|column| column.generator == Generator::Uuid) {
                ids.column_type = form.column_type();
            }
            format!("data set {:032x}", xxh3_128(schema.to_json().as_bytes()))
        };
        [IdForm::Text, IdForm::Binary].into_iter().map(with_ids).collect()
    }

    /// The key of today for the part of a data set that was called so.
    pub fn part(name: &str) -> Option<String> {
        let rows = parse_range(name.strip_prefix("rows ")?)?;
        Some(PartName::Rows { first: rows.first(), count: rows.count() }.key())
    }

    /// The key of today for parts that were cut so.
    pub fn cut(text: &str) -> Option<String> {
        let text = text.strip_prefix("--batch-size ")?;
        let (batch, group) = text.split_once(" --row-group-rows ").unwrap_or((text, text));
        Some(format!("{}/{}", batch.parse::<u64>().ok()?, group.parse::<u64>().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::compression::Compression;
    use crate::schema::{FloatWidth, IdForm};

    fn data_set(rows: u64, seed: u64, id: IdForm, float: FloatWidth) -> DataSet {
        let schema = Schema::classifier(2, id, float).expect("few columns");
        DataSet::new(schema, RowRange::new(0, rows).expect("few rows"), seed).expect("a data set")
    }

    /// A failure here means that loads of earlier releases are not known any more: the version has to change, too.
    #[test]
    fn keys_are_for_ever() {
        let (text, wide) = (IdForm::Text, FloatWidth::F64);
        let scope = data_set_scope(&data_set(1000, 42, text, wide));
        assert_eq!(scope, "rows:b0cc884fd0897d1b356eba828224e28e");
        let rows = RowRange::new(5, 1000).expect("few rows");
        assert_eq!(rows_load("rows:00", rows), "rows:00:5+1000");
        assert_eq!(files_load(["group:0:00:x", "group:1:00:x"]), "files:9839aabb89f212c49b4e2b5856193f98");
        assert_eq!(PartName::Rows { first: 5, count: 1000 }.key(), "rows:5+1000");
        let group = PartName::RowGroup { file: "a/b c.parquet".to_owned(), index: 3, fingerprint: 0xabc };
        assert_eq!(group.key(), "group:3:00000000000000000000000000000abc:a/b c.parquet");
        let number = |number| NonZeroU64::new(number).expect("not zero");
        let layout = |batch, group| Layout {
            batch_rows: number(batch),
            row_group_rows: number(group),
            compression: Compression::None,
        };
        assert_eq!(cut(&layout(1000, 400)), "1000/400");
        assert_eq!(cut(&layout(1000, 8192)), "1000/1000");
        for (data_type, key) in [
            (DataType::Int64, "int64 1 n\n"),
            (DataType::Utf8, "text 1 n\n"),
            (DataType::Decimal128(10, 2), "decimal(10,2) 1 n\n"),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), "timestamp(ns) 1 n\n"),
            (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "timestamptz(us) 1 n\n"),
            (DataType::new_list(DataType::Date32, true), "list<date> 1 n\n"),
        ] {
            assert_eq!(column("n", &data_type), key);
        }
    }

    #[test]
    fn rows_are_known_by_what_their_values_are() {
        let (text, binary, wide, narrow) = (IdForm::Text, IdForm::Binary, FloatWidth::F64, FloatWidth::F32);
        let scope = data_set_scope(&data_set(1000, 42, text, wide));
        assert_eq!(scope, data_set_scope(&data_set(1000, 42, binary, wide)));
        assert_eq!(scope, data_set_scope(&data_set(2000, 42, text, wide)));
        assert_ne!(scope, data_set_scope(&data_set(1000, 43, text, wide)));
        assert_ne!(scope, data_set_scope(&data_set(1000, 42, text, narrow)));
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        for (first, count) in [(0, 0), (0, 1), (7, 1000), (u64::MAX, 1)] {
            let rows = RowRange::new(first, count);
            let key = PartName::Rows { first, count }.key();
            assert_eq!(rows_of_part(&key), rows);
            assert_eq!(rows_of_load(&rows_load("rows:0123", rows.expect("a range"))), rows);
        }
        for key in ["", "rows:", "rows:1", "rows:1+", "rows:x+1", "group:0:00:rows:1+1", "files:00"] {
            assert_eq!((rows_of_part(key), rows_of_load(key)), (None, None), "{key}");
        }
    }

    #[test]
    fn keys_of_version_1_are_known() {
        assert_eq!(version_1::part("rows 7+1000").as_deref(), Some("rows:7+1000"));
        assert_eq!(version_1::part("row group 0 of x.parquet 00"), None);
        assert_eq!(version_1::cut("--batch-size 1000").as_deref(), Some("1000/1000"));
        assert_eq!(version_1::cut("--batch-size 1000 --row-group-rows 400").as_deref(), Some("1000/400"));
        let text = version_1::loads(&data_set(1000, 42, IdForm::Text, FloatWidth::F64));
        assert_eq!(text, version_1::loads(&data_set(1000, 42, IdForm::Binary, FloatWidth::F64)));
        assert_eq!(
            text,
            ["data set 5faeedabcdf129553642570414864778", "data set 379c62f2ed049125654f836d8b91049a"]
        );
    }
}
