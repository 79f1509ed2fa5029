//! What is loaded: rows of a data set, or of Parquet files, in parts that are known by name again.
//!
//! A part is loaded wholly or not at all, so its name is what a later run goes by: for rows of a data
//! set, from the generator or from its files, these are the row numbers; for other files, their name,
//! the row group and a fingerprint of its bytes.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_schema::{ArrowError, Schema, SchemaRef};
use xxhash_rust::xxh3::Xxh3;

use crate::batch::Batches;
use crate::copy::partition::{self, Constants};
use crate::copy::{self, BatchIterator, CopyFile, FindError, Format, Found, RowGroupPiece};
use crate::count::{counted, grouped};
use crate::dataset::DataSet;
use crate::error::{Error, panic_message, plain_reason};
use crate::keys;
use crate::part::origin::{Inspected, Origin};
use crate::plan::{Plan, Shard};

/// The most parts of a source.
pub const MAX_PARTS: u64 = 1 << 20;

/// Rows of the batches that are made by the generator.
const BATCH_ROWS: u64 = 8_192;

/// What is loaded.
#[derive(Debug)]
pub struct Source {
    /// The columns of all parts.
    pub schema: SchemaRef,
    /// The data set that the rows are of, if they are of one.
    pub data_set: Option<DataSet>,
    /// The key that tells this source from others; for rows of a data set, it is the same for every shard and every
    /// layout.
    pub identity: String,
    /// The key of what the names of its parts are unique in: the seed and the columns of a data set, or all files. So a
    /// part is known again in a source that has other parts.
    pub scope: String,
    /// The key of how the rows of a data set are cut into parts: two cuts have parts with rows in common. Row groups of
    /// files need none, since their names tell the files.
    pub cut: Option<String>,
    /// Its parts; no two have one name.
    pub parts: Vec<SourcePart>,
    /// What is in the folders that were given, and not read.
    pub left_out: Vec<PathBuf>,
}

/// A part of a source.
pub struct SourcePart {
    /// Its name.
    pub name: PartName,
    /// The number of its first row, in the data set or in its file.
    pub first_row: u64,
    /// How many rows it has.
    pub rows: u64,
    open: OpenPart,
}

/// Reads the columns of a part that have the given names, and others where that costs nothing.
type OpenPart = Box<dyn Fn(&[&str]) -> Result<BatchIterator, ArrowError> + Send + Sync>;

/// The name of a part.
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
    /// This name, or that of the next file of the same name and bytes: which of them comes first makes no difference.
    fn distinct_from(self, names: &BTreeSet<Self>) -> Self {
        let Self::RowGroup { file, index, fingerprint } = &self else {
            return self;
        };
        let numbered = (2u64..).map(|number| Self::RowGroup {
            file: format!("{file} ({number})"),
            index: *index,
            fingerprint: *fingerprint,
        });
        std::iter::once(self.clone()).chain(numbered).find(|name| !names.contains(name)).unwrap_or(self)
    }

    /// The key that stands for it in a ledger.
    pub fn key(&self) -> String {
        keys::part(self)
    }
}

impl SourcePart {
    /// The name of the file, or of the rows, for people.
    pub fn place(&self) -> PathBuf {
        place(&self.name)
    }

    /// Its rows, with the columns that have the given names at least.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub fn batches(&self, names: &[&str]) -> Result<BatchIterator, ArrowError> {
        (self.open)(names)
    }
}

fn place(name: &PartName) -> PathBuf {
    match name {
        PartName::Rows { first, count: 1 } => format!("row {first}").into(),
        PartName::Rows { first, count } => {
            format!("rows {first} to {}", first + count.saturating_sub(1)).into()
        }
        PartName::RowGroup { file, .. } => file.into(),
    }
}

impl std::fmt::Debug for SourcePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourcePart")
            .field("name", &self.name)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Does `work` on rows that come from `place`: a decoder that panics has met something unreadable.
pub(crate) fn decoding<T>(place: &Path, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let what = format!("its decoder failed: {}", panic_message(&*panic));
        Err(Error::Unreadable { path: place.to_owned(), source: ArrowError::ExternalError(what.into()) })
    })
}

/// Why files are no source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There are no files.
    #[error("there are no Parquet files in it: give a folder or files that have rows")]
    NoFiles,
    /// A file without columns: a table of it would have none.
    #[error("file has no columns: there is nothing to load")]
    NoColumns,
    /// A file cannot be read.
    #[error("{}", plain_reason(.0))]
    Unreadable(#[from] ArrowError),
    /// Two files have different columns.
    #[error("its columns are not those of {}: load them one by one", .0.display())]
    OtherColumns(PathBuf),
    /// Some files are of one data set and layout of gen, and this one is not.
    #[error("it is not of the data set and the layout of {}: load them one by one", .0.display())]
    OtherOrigin(PathBuf),
    /// A part of gen says something that this release does not know, for this reason.
    #[error("file is of a data set that this gen does not know: {0}")]
    UnknownOrigin(String),
    /// A part comes twice.
    #[error("{0} is there twice: give each file once")]
    Twice(String),
    /// A folder does not say which files it means.
    #[error("{0}")]
    Refused(String),
    /// Too many parts.
    #[error(
        "{} are too many, at most {} are loaded at once: give a larger --batch-size, or --shard",
        counted(.0, "part"),
        grouped(MAX_PARTS)
    )]
    TooManyParts(u64),
}

impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

impl Source {
    /// The rows of the parts of `plan` that are in `shard`: a part for each row group.
    ///
    /// # Errors
    ///
    /// If there are more than [`MAX_PARTS`] of them.
    pub fn of_plan(plan: &Plan, shard: Shard) -> Result<Self, SourceError> {
        let batches = Batches::new(plan.data_set());
        let group_rows = plan.layout().row_group_rows.get();
        let indices = shard.parts(plan.part_count());
        let groups_each = plan.row_groups(plan.part(indices.start)).max(1);
        let most = (indices.end - indices.start).saturating_mul(groups_each);
        if most > MAX_PARTS {
            return Err(SourceError::TooManyParts(most));
        }
        let rows = indices.flat_map(|index| plan.part(index).rows.chunks(group_rows));
        let parts = rows
            .map(|rows| {
                let batches = batches.clone();
                SourcePart {
                    name: PartName::Rows { first: rows.first(), count: rows.count() },
                    first_row: rows.first(),
                    rows: rows.count(),
                    open: Box::new(move |_| Ok(Box::new(batches.reader(rows, BATCH_ROWS)?))),
                }
            })
            .collect();
        let scope = keys::data_set_scope(plan.data_set());
        Ok(Self {
            schema: batches.schema(),
            identity: keys::rows_load(&scope, plan.data_set().rows()),
            scope,
            cut: Some(keys::cut(plan.layout())),
            data_set: Some(plan.data_set().clone()),
            parts,
            left_out: Vec::new(),
        })
    }

    /// The rows of the Parquet files at `paths`, or in the folders there: a part for each row group.
    ///
    /// # Errors
    ///
    /// If one cannot be read, or they do not go together.
    pub fn of_files(paths: &[PathBuf]) -> Result<Self, Error> {
        let wrong = |path: &Path| {
            let path = path.to_owned();
            move |source: SourceError| Error::Source { path, source }
        };
        let Found { files, left_out } = find(paths)?;
        let path_columns = partition::columns(&files)?;
        let mut schema: Option<(SchemaRef, PathBuf)> = None;
        let mut opened = Vec::new();
        for file in files {
            let path = file.path.clone();
            let (own_schema, row_groups) =
                copy::open_parquet(&path).map_err(|error| wrong(&path)(SourceError::from(error)))?;
            let constants =
                Constants::of(&file, &path_columns).map_err(|error| wrong(&path)(error.into()))?;
            let of_file = constants.schema(&own_schema);
            if of_file.fields().is_empty() {
                return Err(wrong(&path)(SourceError::NoColumns));
            }
            match &schema {
                Some((known, first)) if known.fields() != of_file.fields() => {
                    return Err(wrong(&path)(SourceError::OtherColumns(first.clone())));
                }
                Some(_) => {}
                None => schema = Some((of_file, path.clone())),
            }
            let origin = match Origin::inspect(&path).map_err(|error| wrong(&path)(error.into()))? {
                Inspected::Part(origin) => Some(*origin),
                Inspected::Unknown(reason) => return Err(wrong(&path)(SourceError::UnknownOrigin(reason))),
                Inspected::Foreign | Inspected::Unreadable => None,
            };
            opened.push(Opened { file, origin, own_schema, constants, row_groups });
        }
        let Some((schema, first_path)) = schema else {
            return Err(wrong(Path::new("."))(SourceError::NoFiles));
        };
        let origin = common_origin(opened.iter().map(|opened| (&opened.file.path, opened.origin.as_ref())))
            .map_err(|(other, path)| wrong(other)(SourceError::OtherOrigin(path.clone())))?;
        let cut = origin.map(|origin| keys::cut(&origin.layout));
        let data_set = origin.map(|origin| origin.data_set.clone());
        let mut parts = Vec::new();
        let mut names = BTreeSet::new();
        let mut all_seen = HashSet::new();
        for Opened { file, origin, own_schema, constants, row_groups } in opened {
            let CopyFile { path, name: file_name, .. } = file;
            let rows_of_file = origin.map(|origin| origin.part.rows);
            // Before any of it is read: what changes from now on is noticed.
            let seen = Seen::of(&path).map_err(|error| wrong(&path)(error.into()))?;
            if !all_seen.insert(seen) {
                return Err(wrong(&path)(SourceError::Twice(file_name.display().to_string())));
            }
            let mut offset = 0;
            for (index, row_group) in row_groups.into_iter().enumerate() {
                let count = row_group.rows;
                let name = match rows_of_file {
                    Some(rows) => {
                        let rows = rows.slice(offset, count);
                        PartName::Rows { first: rows.first(), count: rows.count() }
                    }
                    None => PartName::RowGroup {
                        file: escaped(&file_name),
                        index,
                        fingerprint: fingerprint(&path, row_group.extent.clone(), &own_schema)
                            .map_err(|error| wrong(&path)(error.into()))?,
                    },
                };
                let first_row = rows_of_file.map_or(offset, |rows| rows.slice(offset, count).first());
                offset += count;
                if count == 0 {
                    continue;
                }
                let name = name.distinct_from(&names);
                if !names.insert(name.clone()) {
                    return Err(wrong(&path)(SourceError::Twice(place(&name).display().to_string())));
                }
                let path = path.clone();
                let constants = constants.clone();
                parts.push(SourcePart {
                    name,
                    first_row,
                    rows: count,
                    open: Box::new(move |names| {
                        if Seen::of(&path)? != seen {
                            let what = "it was changed after its parts were named: load it again";
                            return Err(ArrowError::ExternalError(what.into()));
                        }
                        constants.add_to(row_group.piece()).batches(names)
                    }),
                });
            }
        }
        if parts.len() as u64 > MAX_PARTS {
            return Err(wrong(&first_path)(SourceError::TooManyParts(parts.len() as u64)));
        }
        let (identity, scope) = match &data_set {
            Some(data_set) => {
                let scope = keys::data_set_scope(data_set);
                (keys::rows_load(&scope, data_set.rows()), scope)
            }
            None => {
                let keys: Vec<_> = names.iter().map(PartName::key).collect();
                (keys::files_load(keys.iter().map(String::as_str)), keys::FILES_SCOPE.to_owned())
            }
        };
        Ok(Self { schema, data_set, identity, scope, cut, parts, left_out })
    }

    /// All rows of all parts.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }
}

/// The files at `paths`, and those in the folders there.
fn find(paths: &[PathBuf]) -> Result<Found, Error> {
    let mut all = Found::default();
    for given in paths {
        if !given.is_dir() {
            all.files.push(CopyFile::new(given.clone(), Format::Parquet));
            continue;
        }
        let found = copy::find(given, None)?;
        if found.files.is_empty() {
            return Err(Error::Source { path: given.clone(), source: SourceError::NoFiles });
        }
        all.files.extend(found.files);
        all.left_out.extend(found.left_out);
    }
    Ok(all)
}

impl From<FindError> for Error {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unreadable { path, source } => Self::Io { path, source },
            FindError::Refused { path, reason } => {
                Self::Source { path, source: SourceError::Refused(reason) }
            }
        }
    }
}

/// A file whose footer was read.
struct Opened {
    file: CopyFile,
    origin: Option<Origin>,
    /// The columns that the file has itself.
    own_schema: SchemaRef,
    constants: Constants,
    row_groups: Vec<RowGroupPiece>,
}

/// What all files say that they are parts of; `None` if none says anything. The error names a file that says something
/// else than another.
fn common_origin<'a>(
    mut origins: impl Iterator<Item = (&'a PathBuf, Option<&'a Origin>)>,
) -> Result<Option<&'a Origin>, (&'a PathBuf, &'a PathBuf)> {
    let Some((first_path, first)) = origins.next() else {
        return Ok(None);
    };
    let what = |origin: &'a Origin| (&origin.data_set, &origin.layout);
    match origins.find(|(_, origin)| origin.map(what) != first.map(what)) {
        Some((path, _)) if first.is_none() => Err((first_path, path)),
        Some((path, _)) => Err((path, first_path)),
        None => Ok(first),
    }
}

/// What tells whether a file is still the one that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Seen {
    device: u64,
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Seen {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        let changed = (metadata.mtime(), metadata.mtime_nsec());
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), bytes: metadata.len(), changed })
    }
}

/// The name of a file as text, so that no two names have one text: bytes that are no UTF-8 are written as `\xff`, and a
/// backslash is doubled.
fn escaped(name: &Path) -> String {
    let mut text = String::new();
    for chunk in name.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', r"\\"));
        text.extend(chunk.invalid().iter().map(|byte| format!(r"\x{byte:02x}")));
    }
    text
}

/// A hash of these bytes of a file, and of the columns that they are of: neither their place nor their number tells
/// other values.
fn fingerprint(path: &Path, bytes: Range<u64>, schema: &Schema) -> io::Result<u128> {
    const BUFFER_BYTES: usize = 1 << 20;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(bytes.start))?;
    let mut file = file.take(bytes.end - bytes.start);
    let mut hash = Xxh3::new();
    for field in schema.fields() {
        hash.update(keys::column(field.name(), field.data_type()).as_bytes());
    }
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.digest128()),
            count => hash.update(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn no_two_names_have_one_text() {
        for (name, text) in [
            (&b"a/b c.parquet"[..], "a/b c.parquet"),
            ("größe".as_bytes(), "größe"),
            (b"a\xff", r"a\xff"),
            (b"a\xfe", r"a\xfe"),
            (br"a\xff", r"a\\xff"),
            ("\u{fffd}".as_bytes(), "\u{fffd}"),
        ] {
            assert_eq!(escaped(Path::new(OsStr::from_bytes(name))), text);
        }
    }
}
