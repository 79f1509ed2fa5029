//! Where a part comes from: its data set, its layout and its place in both, as it says itself.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData};
use serde::{Deserialize, Serialize};

use super::read::{FileEnd, Footer, MAGIC, SPAN_BYTES, TAIL_BYTES};
use crate::dataset::{DataSet, DataSetError};
use crate::description;
use crate::layout::Layout;
use crate::plan::{Part, Plan};
use crate::rows::RowRange;
use crate::schema::{Schema, Table};

/// The key of Parquet's key-value metadata under which a part describes its data set.
pub const DATA_SET_KEY: &str = "samplegen:dataset";
/// The key under which it describes its layout.
pub const LAYOUT_KEY: &str = "samplegen:layout";
/// The key under which it names its number and its rows.
pub const PART_KEY: &str = "samplegen:part";

/// What the name of the program that wrote a file begins with, if it was this one.
pub(crate) const WRITER_NAME: &str = "samplegen version ";

/// What a part says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The schema of the data set that it is a part of; long lists of values are known by their digests.
    pub schema: Schema,
    /// The layout of that data set's files.
    pub layout: Layout,
    /// Its number and rows.
    pub part: Part,
}

/// The JSON form of a part's place.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    part: u64,
    parts: u64,
    first_row: u64,
    rows: u64,
}

/// Whether `file` is a Parquet file, or may be what is left of one: it begins with the magic number, or with the
/// zeros that a power loss leaves where nothing was written yet, or is too short to tell.
fn may_be_torn(file: &File) -> io::Result<bool> {
    let mut start = vec![0; MAGIC.len().min(file.metadata()?.len() as usize)];
    file.read_exact_at(&mut start, 0)?;
    Ok(MAGIC.starts_with(&start) || start.iter().all(|byte| *byte == 0))
}

/// Where the pages of `chunk` begin: with a dictionary, if there is one.
fn start_of_chunk(chunk: &ColumnChunkMetaData) -> i64 {
    chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset())
}

/// Where a file ends that `footer` describes, but for the footer: columns and indexes stand one behind the other in the
/// files of `gen`.
fn end_of_content(footer: &Footer) -> ParquetResult<u64> {
    let mut end = MAGIC.len() as i64;
    for groups in footer.spans(SPAN_BYTES) {
        let metadata = footer.metadata(groups)?;
        let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
        let ends = chunks.flat_map(|chunk| {
            let end = |start: Option<i64>, length: Option<i32>| Some(start?.saturating_add(length?.into()));
            [
                Some(start_of_chunk(chunk).saturating_add(chunk.compressed_size())),
                end(chunk.column_index_offset(), chunk.column_index_length()),
                end(chunk.offset_index_offset(), chunk.offset_index_length()),
            ]
        });
        end = ends.flatten().fold(end, i64::max);
    }
    Ok(end.unsigned_abs())
}

/// What a file turned out to be.
#[derive(Debug)]
pub enum Inspected {
    /// A part that `gen` wrote.
    Part(Box<Origin>),
    /// A part that `gen` wrote, and that says something that this release does not know, for this reason.
    Unknown(String),
    /// A readable Parquet file that `gen` did not write, or no Parquet file at all.
    Foreign,
    /// Not a whole Parquet file: cut short, overwritten, or of another length than its footer says.
    Unreadable,
}

impl Origin {
    /// Whether it is that of the part of `plan` with this number.
    pub(crate) fn is_part(&self, plan: &Plan, index: u64) -> bool {
        self.schema == *plan.data_set().named()
            && self.layout == *plan.layout()
            && self.part == plan.part(index)
    }

    /// The data set that it is a part of.
    ///
    /// # Errors
    ///
    /// If the part says less than that, as it does where it names values by their digest: see
    /// [`FolderDescription::data_set_of`](crate::folder::FolderDescription::data_set_of).
    pub fn data_set(&self) -> Result<DataSet, DataSetError> {
        DataSet::of(self.schema.clone())
    }

    /// Reads the footer of the file at `path`, and no data.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or read. That it is no Parquet file is no error.
    pub fn inspect(path: &Path) -> io::Result<Inspected> {
        let file = File::open(path)?;
        let inspected = match Footer::read(&file)? {
            FileEnd::Footer(footer) => Self::inspect_footer(&footer, file.metadata()?.len()).ok(),
            FileEnd::Encrypted => Some(Inspected::Foreign),
            FileEnd::Damaged => None,
        };
        Ok(match inspected {
            Some(inspected) => inspected,
            None if may_be_torn(&file)? => Inspected::Unreadable,
            None => Inspected::Foreign,
        })
    }

    /// What a file of `file_bytes` bytes is that ends with `footer`.
    ///
    /// # Errors
    ///
    /// If the footer is damaged.
    pub(crate) fn inspect_footer(footer: &Footer, file_bytes: u64) -> ParquetResult<Inspected> {
        let (head, end) = (footer.metadata(0..0)?, end_of_content(footer)?);
        let expected_bytes = end.saturating_add((footer.bytes() + TAIL_BYTES) as u64);
        Ok(match Self::from_metadata(&head) {
            Ok(Some(_)) if expected_bytes != file_bytes => Inspected::Unreadable,
            Ok(Some(origin)) => Inspected::Part(Box::new(origin)),
            Ok(None) => Inspected::Foreign,
            Err(error) => Inspected::Unknown(error.to_string()),
        })
    }

    /// What the metadata of a Parquet file says, if `gen` wrote it. Another program may have passed our
    /// keys on, so the writer's name, the rows and the columns have to agree with them.
    ///
    /// # Errors
    ///
    /// If `gen` wrote it, and this release does not know what it says.
    pub fn from_metadata(metadata: &ParquetMetaData) -> io::Result<Option<Self>> {
        let file = metadata.file_metadata();
        if !file.created_by().is_some_and(|writer| writer.starts_with(WRITER_NAME)) {
            return Ok(None);
        }
        let pairs = file.key_value_metadata();
        let value = |key| pairs?.iter().find(|pair| pair.key == key)?.value.as_deref();
        let (Some(place), Some(data_set), Some(layout)) =
            (value(PART_KEY), value(DATA_SET_KEY), value(LAYOUT_KEY))
        else {
            return Ok(None);
        };
        let place: Place = description::parse(place)?;
        let schema: Schema = description::parse(data_set)?;
        let Some(Table { columns, .. }) = schema.tables.first() else { return Ok(None) };
        let layout = description::parse(layout)?;
        let names = file.schema_descr().root_schema().get_fields().iter().map(|field| field.name());
        let agrees = u64::try_from(file.num_rows()) == Ok(place.rows)
            && names.eq(columns.iter().filter(|column| !column.hidden).map(|column| column.name.as_str()));
        let rows = RowRange::new(place.first_row, place.rows).filter(|_| agrees);
        Ok(rows.map(|rows| Self { schema, layout, part: Part { index: place.part, rows } }))
    }

    /// The data set that the metadata of the file at `path` names, whoever wrote the file: other programs pass our
    /// keys on. `None` if they name none, or values of it only by their digest.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or read.
    pub fn data_set_named_in(path: &Path) -> io::Result<Option<DataSet>> {
        let FileEnd::Footer(footer) = Footer::read(&File::open(path)?)? else {
            return Ok(None);
        };
        Ok(footer.metadata(0..0).ok().and_then(|metadata| {
            let pairs = metadata.file_metadata().key_value_metadata()?;
            let named = pairs.iter().find(|pair| pair.key == DATA_SET_KEY)?;
            description::parse(named.value.as_deref()?).ok()
        }))
    }

    /// What all parts of `plan` say, as Parquet's key-value metadata.
    pub(crate) fn plan_key_values(plan: &Plan) -> serde_json::Result<[KeyValue; 2]> {
        Ok([
            KeyValue::new(DATA_SET_KEY.to_owned(), serde_json::to_string(plan.data_set().named())?),
            KeyValue::new(LAYOUT_KEY.to_owned(), serde_json::to_string(plan.layout())?),
        ])
    }

    /// What `part` of `plan` says beside that.
    pub(crate) fn part_key_value(plan: &Plan, part: Part) -> serde_json::Result<KeyValue> {
        let place = Place {
            part: part.index,
            parts: plan.part_count(),
            first_row: part.rows.first(),
            rows: part.rows.count(),
        };
        Ok(KeyValue::new(PART_KEY.to_owned(), serde_json::to_string(&place)?))
    }
}
