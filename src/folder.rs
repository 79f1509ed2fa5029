//! The folder of a data set: what is in it, what is finished, and how files appear in it.
//!
//! A file appears under its name only when it is complete: it is written under a temporary name in
//! the same folder and renamed. A [`DataSetFolder`] is locked while it is open, by a lock that ends
//! with the process; where the file system has no locks, two runs on one folder are not kept apart.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dataset::DataSet;
use crate::error::Error;
use crate::layout::Layout;
use crate::part::origin::{Inspected, Origin};
use crate::plan::{Plan, Shard};

/// The file that describes the data set of a folder.
pub const DESCRIPTION_NAME: &str = "_dataset.json";

/// No description of ours is longer.
const MAX_DESCRIPTION_BYTES: u64 = 16 << 20;

/// What `_dataset.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderDescription {
    /// The data set.
    #[serde(rename = "dataset")]
    pub data_set: DataSet,
    /// The layout of its files.
    pub layout: Layout,
}

impl FolderDescription {
    /// Reads the description at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read (an error of the operating system), or describes nothing that this release
    /// knows (of the kind [`io::ErrorKind::InvalidData`] or [`io::ErrorKind::UnexpectedEof`]).
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut json = Vec::new();
        File::open(path)?.take(MAX_DESCRIPTION_BYTES).read_to_end(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }
}

/// A folder that parts of one data set are written to. Locked until it is dropped.
#[derive(Debug)]
pub struct DataSetFolder {
    path: PathBuf,
    _lock: File,
}

/// What a folder holds, seen from a run that is about to write to it.
#[derive(Debug, Default)]
pub struct Contents {
    /// The numbers of the run's parts that are complete.
    pub finished: BTreeSet<u64>,
    /// The names of parts that are not whole Parquet files, and that the run is going to rewrite.
    pub torn: Vec<String>,
    /// The names of Parquet files that `gen` did not write.
    pub foreign: Vec<String>,
    described: bool,
    conflict: Option<Conflict>,
    /// Files of `gen` that must go before another data set can stand here.
    replaceable: Vec<String>,
    /// Temporary files that a killed run left behind.
    stale: Vec<String>,
}

/// Why a run must not write here.
#[derive(Debug)]
struct Conflict {
    name: Option<String>,
    what: String,
    /// Whether it stands even if what `gen` wrote may be replaced.
    final_: bool,
}

impl DataSetFolder {
    /// Opens the folder at `path`, made if need be with its parents, for writing `shard` to it.
    ///
    /// # Errors
    ///
    /// If there is no such folder and none can be made, or another run is writing to it. Runs that
    /// write different shards can share a folder.
    pub fn open(path: &Path, shard: Shard) -> Result<Self, Error> {
        let unusable = |source| Error::UnusableFolder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(unusable)?;
        let lock = File::open(path).map_err(unusable)?;
        let locked = if shard.is_whole() { lock.try_lock() } else { lock.try_lock_shared() };
        match locked {
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: path.to_owned() }),
            // No lock to be had on this file system: see the module's documentation.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { path: path.to_owned(), _lock: lock }),
        }
    }

    /// What the folder holds, seen from a run that writes the parts `parts` of `plan`. Reads
    /// footers, and no data.
    ///
    /// # Errors
    ///
    /// If the folder or a file in it cannot be read.
    pub fn contents(&self, plan: &Plan, parts: Range<u64>) -> Result<Contents, Error> {
        let mut contents = Contents::default();
        let mut candidates = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(|source| self.io(None, source))? {
            let entry = entry.map_err(|source| self.io(None, source))?;
            // A name that is not Unicode is none of ours; whether it is Parquet does not depend on it.
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type().map_err(|source| self.io(Some(&name), source))?.is_file();
            if name == DESCRIPTION_NAME {
                self.compare_description(plan, is_file, &mut contents)?;
            } else if is_file && is_stale(&name, plan, &parts) {
                contents.stale.push(name);
            } else if name.ends_with(".parquet") {
                candidates.push((name, is_file));
            }
        }
        candidates.sort();
        let inspected: Vec<_> = candidates
            .into_par_iter()
            .map(|(name, is_file)| {
                let index = plan.part_index(&name);
                if index.is_some_and(|index| !parts.contains(&index)) {
                    return Ok(None); // another shard's
                }
                // What is behind a link is not ours to judge or to replace.
                let inspected = if is_file {
                    Origin::inspect(&self.path.join(&name)).map_err(|source| self.io(Some(&name), source))?
                } else {
                    Inspected::Foreign
                };
                Ok(Some((name, index, inspected)))
            })
            .collect::<Result<_, Error>>()?;
        for (name, index, inspected) in inspected.into_iter().flatten() {
            contents.judge(plan, name, index, inspected);
        }
        Ok(contents)
    }

    fn compare_description(&self, plan: &Plan, is_file: bool, contents: &mut Contents) -> Result<(), Error> {
        let found = if is_file {
            FolderDescription::read(&self.path.join(DESCRIPTION_NAME))
        } else {
            Err(io::ErrorKind::InvalidData.into())
        };
        match found {
            Ok(found) => {
                contents.described = found.data_set == *plan.data_set() && found.layout == *plan.layout();
                if !contents.described {
                    contents.replaceable.push(DESCRIPTION_NAME.to_owned());
                    contents.conflict(None, difference(plan, &found.data_set, &found.layout), false);
                }
            }
            Err(source) if source.raw_os_error().is_some() => {
                return Err(self.io(Some(DESCRIPTION_NAME), source));
            }
            Err(_) => {
                let what = "not a description that this gen can read".to_owned();
                contents.conflict(Some(DESCRIPTION_NAME.to_owned()), what, true);
            }
        }
        Ok(())
    }

    /// Makes room for the run: refuses if there is a conflict that `overwrite` does not cover, and
    /// removes what is in the way, which is never a file that `gen` did not write.
    ///
    /// # Errors
    ///
    /// If there is such a conflict, or a file cannot be removed.
    pub fn make_room(&self, contents: &mut Contents, plan: &Plan, overwrite: bool) -> Result<(), Error> {
        if let Some(conflict) = contents.conflict.take_if(|conflict| conflict.final_ || !overwrite) {
            let way_out = match (&conflict.name, conflict.final_) {
                (_, true) => "move it away, or choose another --out",
                (Some(_), false) => "choose another --out, or give --overwrite to write beside it",
                (None, false) => "choose another --out, or give --overwrite to replace it",
            };
            let path = conflict.name.map_or(self.path.clone(), |name| self.path.join(name));
            return Err(Error::Occupied { path, what: conflict.what, way_out });
        }
        let mut removed = std::mem::take(&mut contents.stale);
        if overwrite {
            removed.append(&mut contents.replaceable);
            removed.append(&mut contents.torn);
            removed.extend(
                std::mem::take(&mut contents.finished).into_iter().map(|index| plan.part_name(index)),
            );
        }
        for name in removed {
            match fs::remove_file(self.path.join(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.io(Some(&name), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes the description of the data set, unless it is there.
    ///
    /// # Errors
    ///
    /// If it cannot be written: then no part can be either.
    pub fn describe(&self, contents: &Contents, plan: &Plan) -> Result<(), Error> {
        if contents.described {
            return Ok(());
        }
        let description = FolderDescription { data_set: plan.data_set().clone(), layout: *plan.layout() };
        let written =
            serde_json::to_vec_pretty(&description).map_err(io::Error::from).and_then(|mut json| {
                json.push(b'\n');
                // Shards may write it at the same time; all write the same.
                let temporary = format!(".{DESCRIPTION_NAME}.{}.tmp", std::process::id());
                let mut pending = PendingFile::create(&self.path, &temporary, DESCRIPTION_NAME)?;
                pending.file.write_all(&json)?;
                pending.publish()
            });
        written.map_err(|source| match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Error::UnusableFolder { path: self.path.clone(), source }
            }
            _ => self.io(Some(DESCRIPTION_NAME), source),
        })
    }

    /// The path of the file called `name`.
    pub fn file_path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Creates the part called `name`, which appears when it is published.
    pub(crate) fn create_part(&self, name: &str) -> io::Result<PendingFile> {
        PendingFile::create(&self.path, &temporary_name(name), name)
    }

    fn io(&self, name: Option<&str>, source: io::Error) -> Error {
        let path = name.map_or(self.path.clone(), |name| self.path.join(name));
        Error::Io { path, source }
    }
}

impl Contents {
    fn judge(&mut self, plan: &Plan, name: String, index: Option<u64>, inspected: Inspected) {
        match (index, inspected) {
            (Some(index), Inspected::Part(origin)) if *origin == Origin::new(plan, plan.part(index)) => {
                self.finished.insert(index);
            }
            (_, Inspected::Part(origin)) => {
                let what = difference(plan, &origin.data_set, &origin.layout);
                self.conflict(None, what, false);
                self.replaceable.push(name);
            }
            // Under the name of a part of the data set that this folder describes, it is that part.
            (Some(_), Inspected::Unreadable) if self.described => self.torn.push(name),
            (index, Inspected::Foreign | Inspected::Unreadable) => {
                self.conflict(Some(name.clone()), "not written by gen".to_owned(), index.is_some());
                self.foreign.push(name);
            }
        }
    }

    /// Notes a conflict. One that `--overwrite` does not solve comes before others.
    fn conflict(&mut self, name: Option<String>, what: String, final_: bool) {
        if self.conflict.as_ref().is_none_or(|known| final_ && !known.final_) {
            self.conflict = Some(Conflict { name, what, final_ });
        }
    }
}

/// In what a data set in a layout differs from the plan's, in words.
fn difference(plan: &Plan, data_set: &DataSet, layout: &Layout) -> String {
    if data_set == plan.data_set() && layout == plan.layout() {
        "it holds a part of this data set under another name".to_owned()
    } else if data_set == plan.data_set() {
        format!(
            "it holds the same data set in another layout (--batch-size {} --row-group-rows {} --compression {})",
            layout.batch_rows, layout.row_group_rows, layout.compression
        )
    } else {
        format!(
            "it holds another data set ({} from row {}, {} columns, seed {})",
            count_of_rows(data_set.rows().count()),
            data_set.rows().first(),
            data_set.schema().columns().len(),
            data_set.seed()
        )
    }
}

fn count_of_rows(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

fn temporary_name(name: &str) -> String {
    format!(".{name}.tmp")
}

/// Whether the file called `name` is a temporary one that no living run needs: any, for a run that has
/// the folder to itself; one of its own parts, for a shard.
fn is_stale(name: &str, plan: &Plan, parts: &Range<u64>) -> bool {
    let Some(target) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else {
        return false;
    };
    if *parts == (0..plan.part_count()) {
        let is_part = target.starts_with("part-") && target.contains("-of-") && target.ends_with(".parquet");
        is_part || target.starts_with(DESCRIPTION_NAME)
    } else {
        plan.part_index(target).is_some_and(|index| parts.contains(&index))
    }
}

/// A file under a temporary name. Dropping it removes it; only [`publish`](Self::publish) gives it
/// its name.
#[derive(Debug)]
pub(crate) struct PendingFile {
    pub(crate) file: File,
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl PendingFile {
    fn create(folder: &Path, temporary: &str, target: &str) -> io::Result<Self> {
        let temporary = folder.join(temporary);
        let file = File::create_new(&temporary)?;
        Ok(Self { file, temporary, target: folder.join(target), published: false })
    }

    pub(crate) fn publish(mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.target)?;
        self.published = true;
        Ok(())
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.published {
            // Nothing is left to be done about a failure: the next run removes the file.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
