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
use std::path::{Path, PathBuf};

use arrow_schema::{ArrowError, Schema, SchemaRef};
use xxhash_rust::xxh3::Xxh3;

use crate::batch::Batches;
use crate::copy::partition::Constants;
use crate::copy::path_columns;
use crate::copy::{self, BatchIterator, CopyFile, FindError, Format, Found, OpenedParquet, RowGroupPiece};
use crate::count::{counted, grouped};
use crate::dataset::{DataSet, DataSetError};
use crate::folder::FolderDescription;
use crate::keys::{self, PartName};
use crate::part::origin::{Inspected, Origin};
use crate::plan::{Plan, Shard};
use crate::reason::{self, plain_reason};
use crate::remedy::{ErrorKind, Remedy};

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

/// `name`, or that of the next file of the same name and bytes: which of them comes first makes no difference.
fn distinct(name: PartName, names: &BTreeSet<PartName>) -> PartName {
    let PartName::RowGroup { file, index, fingerprint } = &name else {
        return name;
    };
    let numbered = (2u64..).map(|number| PartName::RowGroup {
        file: format!("{file} ({number})"),
        index: *index,
        fingerprint: *fingerprint,
    });
    std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name)).unwrap_or(name)
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

/// Rows that are loaded could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", path.display(), plain_reason(source))]
pub struct Unreadable {
    /// The file, or the rows.
    pub path: PathBuf,
    /// Why not.
    pub source: ArrowError,
}

impl Unreadable {
    /// Whether what is in the file cannot be read, however often.
    pub fn is_final(&self) -> bool {
        matches!(self.source, ArrowError::ParquetError(_))
    }
}

/// Does `work` on rows that come from `place`: a decoder that panics has met something unreadable.
pub(crate) fn decoding<T, E: From<Unreadable>>(
    place: &Path,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    reason::decoding(work, |what| {
        Unreadable { path: place.to_owned(), source: ArrowError::ExternalError(what.into()) }.into()
    })
}

/// Why files are no source.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct SourceError {
    /// The file or the folder; of rows of a data set, where they were to go.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: SourceFault,
}

/// What is wrong with files that are to be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceFault {
    /// There are no files.
    #[error("there are no Parquet files in it: give a folder or files that have rows")]
    NoFiles,
    /// A file without columns: a table of it would have none.
    #[error("file has no columns: there is nothing to load")]
    NoColumns,
    /// The system cannot read a folder.
    #[error(transparent)]
    Io(io::Error),
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
    /// A part of gen does not describe its data set.
    #[error("{0}; the data set's _dataset.json belongs beside the file")]
    Undescribed(DataSetError),
    /// A part comes twice.
    #[error("{0} is there twice: give each file once")]
    Twice(String),
    /// A folder does not say which files it means.
    #[error("{0}")]
    Refused(String),
    /// Too many parts.
    #[error("{} are too many, at most {} are loaded at once", counted(.0, "part"), grouped(MAX_PARTS))]
    TooManyParts(u64),
}

impl SourceError {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match &self.fault {
            SourceFault::Io(_) => ErrorKind::Work,
            SourceFault::Unreadable(ArrowError::IoError(_, error)) if error.raw_os_error().is_some() => {
                ErrorKind::Work
            }
            _ => ErrorKind::Request,
        }
    }

    /// The ways out; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self.fault {
            SourceFault::TooManyParts(_) => vec![Remedy::MoreRowsPerFile, Remedy::Shard],
            _ => Vec::new(),
        }
    }
}

impl From<FindError> for SourceError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unreadable { path, source } => Self { path, fault: SourceFault::Io(source) },
            FindError::Refused { path, reason } => Self { path, fault: SourceFault::Refused(reason) },
        }
    }
}

impl From<io::Error> for SourceFault {
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
    pub fn of_plan(plan: &Plan, shard: Shard) -> Result<Self, SourceFault> {
        let batches = Batches::new(plan.data_set());
        let group_rows = plan.layout().row_group_rows.get();
        let indices = shard.parts(plan.part_count());
        let groups_each = plan.row_groups(plan.part(indices.start)).max(1);
        let most = (indices.end - indices.start).saturating_mul(groups_each);
        if most > MAX_PARTS {
            return Err(SourceFault::TooManyParts(most));
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
    pub fn of_files(paths: &[PathBuf]) -> Result<Self, SourceError> {
        let wrong = |path: &Path| {
            let path = path.to_owned();
            move |fault: SourceFault| SourceError { path, fault }
        };
        let Found { files, left_out, .. } = find(paths)?;
        let path_columns = path_columns::columns(&files)?;
        let mut schema: Option<(SchemaRef, PathBuf)> = None;
        let mut opened = Vec::new();
        for file in files {
            let path = file.path.clone();
            let OpenedParquet { schema: own_schema, row_groups, origin } =
                copy::open_parquet(&path).map_err(|error| wrong(&path)(SourceFault::from(error)))?;
            let constants =
                Constants::of(&file, &path_columns).map_err(|error| wrong(&path)(error.into()))?;
            let of_file = constants.schema(&own_schema);
            if of_file.fields().is_empty() {
                return Err(wrong(&path)(SourceFault::NoColumns));
            }
            match &schema {
                Some((known, first)) if known.fields() != of_file.fields() => {
                    return Err(wrong(&path)(SourceFault::OtherColumns(first.clone())));
                }
                Some(_) => {}
                None => schema = Some((of_file, path.clone())),
            }
            let origin = match origin {
                Inspected::Part(origin) => Some(*origin),
                Inspected::Unknown(reason) => return Err(wrong(&path)(SourceFault::UnknownOrigin(reason))),
                Inspected::Foreign | Inspected::Unreadable => None,
            };
            opened.push(Opened { file, origin, own_schema, constants, row_groups });
        }
        let Some((schema, first_path)) = schema else {
            return Err(wrong(Path::new("."))(SourceFault::NoFiles));
        };
        let origin = common_origin(opened.iter().map(|opened| (&opened.file.path, opened.origin.as_ref())))
            .map_err(|(other, path)| wrong(other)(SourceFault::OtherOrigin(path.clone())))?;
        let cut = origin.map(|origin| keys::cut(&origin.layout));
        let data_set = origin.map(|origin| FolderDescription::data_set_of(&first_path, origin)).transpose();
        let data_set = data_set.map_err(|error| wrong(&first_path)(SourceFault::Undescribed(error)))?;
        let mut parts = Vec::new();
        let mut names = BTreeSet::new();
        let mut all_seen = HashSet::new();
        for Opened { file, origin, own_schema, constants, row_groups } in opened {
            let CopyFile { path, name: file_name, .. } = file;
            let rows_of_file = origin.map(|origin| origin.part.rows);
            // Before any of it is read: what changes from now on is noticed.
            let seen = Seen::of(&path).map_err(|error| wrong(&path)(error.into()))?;
            if !all_seen.insert(seen) {
                return Err(wrong(&path)(SourceFault::Twice(file_name.display().to_string())));
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
                let name = distinct(name, &names);
                if !names.insert(name.clone()) {
                    return Err(wrong(&path)(SourceFault::Twice(place(&name).display().to_string())));
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
            return Err(wrong(&first_path)(SourceFault::TooManyParts(parts.len() as u64)));
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
fn find(paths: &[PathBuf]) -> Result<Found, SourceError> {
    let mut all = Found::default();
    for given in paths {
        if !given.is_dir() {
            all.files.push(CopyFile::given(given.clone(), Format::Parquet)?);
            continue;
        }
        let found = copy::find(given, None)?;
        if found.files.is_empty() {
            return Err(SourceError { path: given.clone(), fault: SourceFault::NoFiles });
        }
        all.files.extend(found.files);
        all.left_out.extend(found.left_out);
    }
    Ok(all)
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
    let what = |origin: &'a Origin| (&origin.schema, &origin.layout);
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
