//! Schemas to begin with, from Parquet files.
//!
//! Footers and dictionaries are read, and no data. What they say is told apart from what is assumed, so that nothing
//! is guessed in silence: each column says both.
//!
//! | file | what it knows |
//! |---|---|
//! | `types` | which columns have a type of ours, and how their values are stored |
//! | `facts` | what footers say of a column |
//! | `dictionary` | the values of a column that has few |
//! | `choice`, `column` | from facts to a column |

mod choice;
mod column;
mod dictionary;
mod facts;
mod types;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_schema::{ArrowError, Field};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, parquet_to_arrow_schema};
use parquet::file::metadata::ParquetMetaData;

pub use self::column::InferredColumn;
use self::facts::Facts;
use self::types::{Stored, Unsupported};
use crate::copy::{CopyFile, FindError, Format, find};
use crate::count::{counted, grouped, rows};
use crate::part::origin::DATA_SET_KEY;
use crate::part::read::{FileEnd, Footer, SPAN_BYTES};
use crate::reason::{decoding, plain_reason};
use crate::remedy::ErrorKind;
use crate::schema::{MAX_COLUMNS, Schema, Table};

/// A schema to begin with, and what it was made from.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// How many rows they have.
    pub rows: u64,
    /// Whether they say that they are of a data set of this generator, whose own description says more than this.
    pub is_described: bool,
    /// Their columns, in order.
    pub columns: Vec<InferredColumn>,
}

/// Why no schema can be made from a file or a folder.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct InferError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: InferFault,
}

/// What is wrong with a file that a schema is to be made from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferFault {
    /// The system cannot read it.
    #[error("{0}")]
    Io(io::Error),
    /// It is no whole Parquet file.
    #[error("{0}")]
    Unreadable(String),
    /// There are no Parquet files in the folder.
    #[error("there are no Parquet files in it")]
    NoFiles,
    /// Its columns are those of none of the files before it.
    #[error("the columns are not those of {}; give files of one table", .0.display())]
    OtherColumns(PathBuf),
    /// No column has a type that schemas have.
    #[error("no column can be described: {0}")]
    NoColumns(String),
    /// There are more columns than a schema may have.
    #[error("{} are more than the {} that a table may have", counted(.0, "column"), grouped(MAX_COLUMNS))]
    TooManyColumns(usize),
}

impl InferError {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        if matches!(self.fault, InferFault::Io(_)) { ErrorKind::Work } else { ErrorKind::Request }
    }
}

/// Makes a schema from the Parquet files at `paths` and in the folders there, which have the same columns.
///
/// # Errors
///
/// If a file cannot be read or has other columns, or no column can be described.
pub fn infer(paths: &[PathBuf]) -> Result<Inferred, InferError> {
    let files = files_at(paths)?;
    let mut inference: Option<Inference> = None;
    for CopyFile { path, path_values, .. } in &files {
        let path_columns = path_values.iter().map(|value| value.name.clone()).collect();
        let add = || Inference::add(&mut inference, path, path_columns);
        decoding(add, InferFault::Unreadable).map_err(|fault| InferError { path: path.clone(), fault })?;
    }
    let first = paths.first().cloned().unwrap_or_default();
    let inference = inference.ok_or(InferError { path: first.clone(), fault: InferFault::NoFiles })?;
    let inferred = inference.finish(files.into_iter().map(|file| file.path).collect());
    if inferred.columns.iter().all(|column| matches!(column, InferredColumn::LeftOut { .. })) {
        let reasons = inferred.columns.iter().filter_map(|column| match column {
            InferredColumn::LeftOut { name, reason } => Some(format!("{name:?} is left out, {reason}")),
            InferredColumn::Described { .. } => None,
        });
        let reason = reasons.take(3).reduce(|all, one| format!("{all}; {one}"));
        let fault = InferFault::NoColumns(reason.unwrap_or_else(|| "there are none".to_owned()));
        return Err(InferError { path: first, fault });
    }
    Ok(inferred)
}

fn files_at(paths: &[PathBuf]) -> Result<Vec<CopyFile>, InferError> {
    let mut files = Vec::new();
    for path in paths {
        let found = if path.is_dir() {
            find(path, Some(Format::Parquet)).map(|found| found.files)
        } else {
            CopyFile::given(path.clone(), Format::Parquet).map(|file| vec![file])
        };
        let found = found.map_err(|error| match error {
            FindError::Unreadable { path, source } => InferError { path, fault: InferFault::Io(source) },
            refused @ FindError::Refused { .. } => {
                InferError { path: path.clone(), fault: InferFault::Unreadable(plain_reason(&refused)) }
            }
        })?;
        if found.is_empty() {
            return Err(InferError { path: path.clone(), fault: InferFault::NoFiles });
        }
        files.extend(found);
    }
    Ok(files)
}

/// A column of the files.
struct Read {
    field: Field,
    /// How it is stored, and what was found; or why it is left out.
    facts: Result<(Stored, Facts), Unsupported>,
}

/// What has been read.
struct Inference {
    first: PathBuf,
    rows: u64,
    is_described: bool,
    columns: Vec<Read>,
    /// Columns that files have by their paths.
    path_columns: Vec<String>,
}

impl Inference {
    /// Adds the file at `path`.
    fn add(known: &mut Option<Self>, path: &Path, path_columns: Vec<String>) -> Result<(), InferFault> {
        let file = Arc::new(File::open(path).map_err(InferFault::Io)?);
        let footer = match Footer::read(&file).map_err(InferFault::Io)? {
            FileEnd::Footer(footer) => footer,
            FileEnd::Encrypted => {
                return Err(InferFault::Unreadable(
                    "file is encrypted, which gen does not read; decrypt it first".to_owned(),
                ));
            }
            FileEnd::Damaged => {
                return Err(InferFault::Unreadable(
                    "file does not end as a Parquet file does, or its footer is damaged".to_owned(),
                ));
            }
        };
        let head = footer.metadata(0..0).map_err(unreadable)?;
        let fields = fields_of(&head)?;
        let inference = match known {
            Some(known) => {
                let same = known.columns.iter().map(|read| (read.field.name(), read.field.data_type()));
                if !same.eq(fields.iter().map(|field| (field.name(), field.data_type()))) {
                    return Err(InferFault::OtherColumns(known.first.clone()));
                }
                known
            }
            None => known.insert(Self::new(path, &head, fields, path_columns)?),
        };
        let groups = footer.row_groups();
        let mut spans = footer.spans(SPAN_BYTES);
        while let Some(span) = if groups == 0 { None } else { spans.next() } {
            inference.add_groups(&file, &footer.metadata(span).map_err(unreadable)?)?;
        }
        Ok(())
    }

    fn new(
        path: &Path,
        head: &ParquetMetaData,
        fields: Vec<Field>,
        path_columns: Vec<String>,
    ) -> Result<Self, InferFault> {
        if fields.len() > MAX_COLUMNS {
            return Err(InferFault::TooManyColumns(fields.len()));
        }
        let descriptor = head.file_metadata().schema_descr();
        let leaves = |root: usize| {
            (0..descriptor.num_columns()).filter(move |leaf| descriptor.get_column_root_idx(*leaf) == root)
        };
        let mut first_leaf = 0;
        let mut columns: Vec<Read> = Vec::with_capacity(fields.len());
        for (root, field) in fields.into_iter().enumerate() {
            let leaf = first_leaf;
            first_leaf += (leaf..descriptor.num_columns())
                .take_while(|leaf| descriptor.get_column_root_idx(*leaf) == root)
                .count();
            debug_assert_eq!(leaves(root).next(), (first_leaf > leaf).then_some(leaf));
            let is_known = columns.iter().any(|read: &Read| read.field.name() == field.name());
            let stored = match types::name(field.name(), is_known) {
                Ok(()) if first_leaf > leaf => Stored::of(&field, leaf, descriptor),
                Ok(()) => Err("it has no values".to_owned()),
                Err(refused) => Err(refused),
            };
            let facts = stored.map(|stored| (stored, Facts::default()));
            columns.push(Read { field, facts });
        }
        let pairs = head.file_metadata().key_value_metadata();
        let is_described = pairs.is_some_and(|pairs| pairs.iter().any(|pair| pair.key == DATA_SET_KEY));
        Ok(Self { first: path.to_owned(), rows: 0, is_described, columns, path_columns })
    }

    fn add_groups(&mut self, file: &Arc<File>, metadata: &ParquetMetaData) -> Result<(), InferFault> {
        for group in metadata.row_groups() {
            let negative = || InferFault::Unreadable("a row group has a negative number of rows".to_owned());
            let group_rows = u64::try_from(group.num_rows()).map_err(|_| negative())?;
            self.rows = self.rows.saturating_add(group_rows);
            for (stored, facts) in self.columns.iter_mut().filter_map(|read| read.facts.as_mut().ok()) {
                let Some(chunk) = group.columns().get(stored.leaf) else { continue };
                let sorting = group.sorting_columns().and_then(|columns| columns.first());
                let ascending = sorting.is_some_and(|sorting| {
                    usize::try_from(sorting.column_idx) == Ok(stored.leaf) && !sorting.descending
                });
                facts.add(chunk, group_rows, ascending, stored, file);
            }
        }
        Ok(())
    }

    fn finish(self, files: Vec<PathBuf>) -> Inferred {
        let mut columns: Vec<InferredColumn> = self
            .columns
            .into_iter()
            .map(|Read { field, facts }| match facts {
                Ok((stored, facts)) => choice::column(&field, &stored, &facts),
                Err(reason) => InferredColumn::LeftOut { name: field.name().clone(), reason },
            })
            .collect();
        let reason = "it is in the paths of the files, and not in them".to_owned();
        let of_paths = self.path_columns.into_iter();
        columns.extend(of_paths.map(|name| InferredColumn::LeftOut { name, reason: reason.clone() }));
        Inferred { files, rows: self.rows, is_described: self.is_described, columns }
    }
}

/// The columns of a file as Arrow has them. What its writer says of Arrow's types is followed where it can be.
fn fields_of(head: &ParquetMetaData) -> Result<Vec<Field>, InferFault> {
    let file = head.file_metadata();
    let with_hints = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata());
    let schema =
        with_hints.or_else(|_| parquet_to_arrow_schema(file.schema_descr(), None)).map_err(unreadable)?;
    let hints = arrow_schema_in(head).filter(|hints| hints.fields().len() == schema.fields().len());
    let fields = schema.fields().iter().enumerate().map(|(number, field)| match &hints {
        Some(hints) => types::with_seconds(field, hints.field(number)),
        None => field.as_ref().clone(),
    });
    Ok(fields.collect())
}

/// The Arrow schema that a writer keeps in the file.
fn arrow_schema_in(head: &ParquetMetaData) -> Option<arrow_schema::Schema> {
    let pairs = head.file_metadata().key_value_metadata()?;
    let pair = pairs.iter().find(|pair| pair.key == ARROW_SCHEMA_META_KEY)?;
    let message = BASE64_STANDARD.decode(pair.value.as_deref()?).ok()?;
    try_schema_from_ipc_buffer(&message).ok()
}

fn unreadable(error: impl Into<ArrowError>) -> InferFault {
    match error.into() {
        ArrowError::IoError(_, error) if error.raw_os_error().is_some() => InferFault::Io(error),
        error => InferFault::Unreadable(plain_reason(&error)),
    }
}

impl Inferred {
    /// The schema.
    pub fn schema(&self) -> Schema {
        let columns = self.columns.iter().filter_map(|column| match column {
            InferredColumn::Described { column, .. } => Some(column.as_ref().clone()),
            InferredColumn::LeftOut { .. } => None,
        });
        let table = Table { name: None, rows: Some(self.rows), columns: columns.collect() };
        Schema { seed: 0, first_row: 0, tables: vec![table] }
    }

    /// The schema as YAML, with comments that say what was found and what was assumed.
    pub fn to_yaml(&self) -> String {
        let files = match &self.files[..] {
            [file] => format!("{:?}", file.display().to_string()),
            files => format!(
                "{} such as {:?}",
                counted(files.len() as u64, "file"),
                files[0].display().to_string()
            ),
        };
        let mut text = format!(
            "# A schema to begin with, from {files}: {}.\n\
             # Footers and dictionaries were read, and no data: comments say what they say, and what is assumed.\n",
            rows(self.rows)
        );
        if self.is_described {
            text.push_str(
                "# The files are of a data set of gen: their _dataset.json describes it exactly.\n",
            );
        }
        text.push_str(&format!("seed: 0\nrows: {}\ncolumns:\n", self.rows));
        for column in &self.columns {
            match column {
                InferredColumn::LeftOut { name, reason } => {
                    text.push_str(&format!("  # {name:?} is left out: {reason}\n"));
                }
                InferredColumn::Described { column, found, assumed } => {
                    for (what, facts) in [("found", found), ("assumed", assumed)] {
                        if !facts.is_empty() {
                            text.push_str(&format!("  # {what}: {}\n", facts.join("; ")));
                        }
                    }
                    text.push_str(&format!("  - {}\n", column.to_yaml()));
                }
            }
        }
        text
    }
}
