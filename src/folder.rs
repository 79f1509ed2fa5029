//! The folder of a data set: what is in it, what is finished, and how files appear in it.
//!
//! A file appears under its name only when it is complete: it is written under a temporary name in
//! the same folder and renamed. A [`DataSetFolder`] is locked while it is open, alone or shared with
//! other shards, and so is each temporary file while it is written; these locks end with the process.
//! Where the file system has no locks, two runs on one folder are not kept apart.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustix::fs::{Access, OFlags, access};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::dataset::DataSet;
use crate::description;
use crate::difference;
use crate::error::Error;
use crate::layout::Layout;
use crate::part::origin::{Inspected, Origin};
use crate::plan::{Plan, Shard, is_part_name};
use crate::progress::Progress;

/// The file that describes the data set of a folder.
pub const DESCRIPTION_NAME: &str = "_dataset.json";

/// The unit in which a file says how much of the disk it takes.
const BLOCK_BYTES: u64 = 512;

/// No description of ours is longer.
const MAX_DESCRIPTION_BYTES: u64 = 16 << 20;

/// What `_dataset.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderDescription {
    /// The data set.
    #[serde(rename = "dataset")]
    pub data_set: DataSet,
    /// The layout of its files.
    pub layout: Layout,
}

impl FolderDescription {
    /// The description of `plan`.
    pub fn of(plan: &Plan) -> Self {
        Self { data_set: plan.data_set().clone(), layout: *plan.layout() }
    }

    /// The bytes of the file.
    fn json(&self) -> io::Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads the description at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read (an error of the operating system), or describes nothing that this release
    /// knows (of the kind [`io::ErrorKind::InvalidData`] or [`io::ErrorKind::UnexpectedEof`]).
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut json = Vec::new();
        open_plain(path)?.take(MAX_DESCRIPTION_BYTES).read_to_end(&mut json)?;
        description::parse(json)
    }
}

/// A folder that parts of one data set are written to. Locked until it is dropped.
#[derive(Debug)]
pub struct DataSetFolder {
    path: PathBuf,
    /// How many folders were missing when it was opened, it and those above it.
    made_folders: usize,
    _lock: File,
}

/// Whether another process is writing to `folder` now, as far as its file system has locks. The lock is taken for this
/// moment only, and shared, as those of shards are.
pub fn is_being_written(folder: &Path) -> bool {
    File::open(folder).is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
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
    /// Whether the folder's description is the plan's.
    described: bool,
    conflict: Option<Conflict>,
    /// Files of `gen` that must go before another data set can stand here.
    replaceable: Vec<String>,
    /// Temporary files that a killed run may have left behind.
    temporary: Vec<String>,
}

/// Why a run must not write here.
#[derive(Debug)]
struct Conflict {
    name: Option<String>,
    what: String,
    /// Whether it stands even if what `gen` wrote may be replaced.
    is_final: bool,
}

/// What a Parquet file in the folder is to the run.
enum Standing {
    /// A complete part of the plan.
    Finished(u64),
    /// A part of the plan that is not whole.
    Torn,
    /// A part of another data set or layout, and in what it differs.
    Other(String),
    /// A file of `gen` that this release does not know, for this reason.
    Unknown(String),
    /// Not a file of `gen`; whether it has the name of a part of the plan.
    Foreign { in_the_way: bool },
}

impl DataSetFolder {
    /// Opens the folder at `path`, made if need be with its parents, for writing `shard` to it.
    ///
    /// # Errors
    ///
    /// If there is no such folder and none can be made, or another run is writing to it. Runs that
    /// write different shards can share a folder.
    pub fn open(path: &Path, shard: Shard) -> Result<Self, Error> {
        let made_folders =
            create_folder(path).map_err(|source| Error::UnusableFolder { path: path.to_owned(), source })?;
        Self::lock(path, shard, made_folders)
    }

    /// Opens the folder at `path` for a look at it, as a run that writes `shard` would find it; `None` if that run would
    /// make it.
    ///
    /// # Errors
    ///
    /// If the run would be refused: as [`open`](Self::open), or because nothing may be written there.
    pub fn look_at(path: &Path, shard: Shard) -> Result<Option<Self>, Error> {
        let unusable = |source| Error::UnusableFolder { path: path.to_owned(), source };
        let nearest = nearest_folder(path);
        if !nearest.metadata().map_err(unusable)?.is_dir() {
            let is_it = nearest == path;
            return Err(unusable(if is_it { Errno::EXIST } else { Errno::NOTDIR }.into()));
        }
        access(nearest, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| unusable(error.into()))?;
        if nearest == path { Self::lock(path, shard, 0).map(Some) } else { Ok(None) }
    }

    fn lock(path: &Path, shard: Shard, made_folders: usize) -> Result<Self, Error> {
        let lock =
            File::open(path).map_err(|source| Error::UnusableFolder { path: path.to_owned(), source })?;
        let locked = if shard.is_whole() { lock.try_lock() } else { lock.try_lock_shared() };
        match locked {
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: path.to_owned() }),
            // No lock to be had on this file system: see the module's documentation.
            Ok(()) | Err(TryLockError::Error(_)) => {
                Ok(Self { path: path.to_owned(), made_folders, _lock: lock })
            }
        }
    }

    /// What the folder holds, seen from a run that writes the parts `parts` of `plan`. Reads
    /// footers, and no data.
    ///
    /// # Errors
    ///
    /// If the folder or a file in it cannot be read, or `progress` is told to stop.
    pub fn contents(&self, plan: &Plan, parts: Range<u64>, progress: &Progress) -> Result<Contents, Error> {
        let mut contents = Contents::default();
        let mut described = None;
        let mut candidates = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(|source| self.io(None, source))? {
            let entry = entry.map_err(|source| self.io(None, source))?;
            let path = entry.path();
            // A name that is not Unicode is none of ours, and its file is found by its path.
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type().map_err(|source| self.io(Some(&name), source))?.is_file();
            if name == DESCRIPTION_NAME {
                described = self.compare_description(plan, is_file, &mut contents)?;
            } else if is_file && is_temporary(&name, plan, &parts) {
                contents.temporary.push(name);
            } else if path.extension().is_some_and(|ending| ending == "parquet") {
                candidates.push((name, path, is_file));
            }
        }
        candidates.sort();
        let standings: Vec<_> = candidates
            .into_par_iter()
            .map(|(name, path, is_file)| {
                progress.check()?;
                let index = plan.part_index(&name);
                if contents.described && index.is_some_and(|index| !parts.contains(&index)) {
                    return Ok(None); // another shard's
                }
                // What is behind a link is not ours to judge or to replace.
                let inspected = if is_file {
                    Origin::inspect(&path).map_err(|source| self.io(Some(&name), source))?
                } else {
                    Inspected::Foreign
                };
                let standing = standing(plan, described.as_ref(), &name, index, inspected);
                Ok(Some((name, standing)))
            })
            .collect::<Result<_, Error>>()?;
        for (name, standing) in standings.into_iter().flatten() {
            contents.note(name, standing, &parts);
        }
        Ok(contents)
    }

    /// Compares the folder's description with the plan, and returns the plan that it describes.
    fn compare_description(
        &self,
        plan: &Plan,
        is_file: bool,
        contents: &mut Contents,
    ) -> Result<Option<Plan>, Error> {
        let path = self.path.join(DESCRIPTION_NAME);
        let found =
            if is_file { FolderDescription::read(&path) } else { Err(io::ErrorKind::InvalidData.into()) };
        match found {
            Ok(found) => {
                contents.described = found.data_set == *plan.data_set() && found.layout == *plan.layout();
                if !contents.described {
                    contents.replaceable.push(DESCRIPTION_NAME.to_owned());
                    contents.conflict(None, difference(plan, &found.data_set, &found.layout), false);
                }
                Ok(Plan::new(found.data_set, found.layout).ok())
            }
            Err(source) if source.raw_os_error().is_some() => Err(self.io(Some(DESCRIPTION_NAME), source)),
            // What a power loss leaves of a file that was just renamed.
            Err(_) if is_file && path.metadata().is_ok_and(|metadata| metadata.len() == 0) => {
                contents.replaceable.push(DESCRIPTION_NAME.to_owned());
                // So it was a young run of this data set, whose parts may be torn too.
                Ok(Some(plan.clone()))
            }
            Err(error) => {
                let what = match error.get_ref() {
                    Some(reason) => format!("not a description that this gen can read: {reason}"),
                    None => "not a description that this gen can read".to_owned(),
                };
                contents.conflict(Some(DESCRIPTION_NAME.to_owned()), what, true);
                Ok(None)
            }
        }
    }

    /// Makes room for the run: refuses if there is a conflict that `overwrite` does not cover, and
    /// removes what is in the way, which is never a file that `gen` did not write.
    ///
    /// # Errors
    ///
    /// If there is such a conflict, or a file cannot be removed.
    pub fn make_room(&self, contents: &mut Contents, plan: &Plan, overwrite: bool) -> Result<(), Error> {
        self.refuse_conflict(contents, overwrite)?;
        for name in std::mem::take(&mut contents.temporary) {
            match remove_stale(&self.path.join(&name)) {
                // Another shard is writing the description.
                Err(error)
                    if error.kind() == io::ErrorKind::WouldBlock && is_description_temporary(&name) => {}
                removed => removed.map_err(|source| self.io(Some(&name), source))?,
            }
        }
        for name in contents.take_replaced(plan, overwrite) {
            match fs::remove_file(self.path.join(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.io(Some(&name), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses a run that would mix its files with what the folder holds, or destroy it.
    ///
    /// # Errors
    ///
    /// If there is a conflict that `overwrite` does not cover.
    pub fn refuse_conflict(&self, contents: &mut Contents, overwrite: bool) -> Result<(), Error> {
        if let Some(conflict) = contents.conflict.take_if(|conflict| conflict.is_final || !overwrite) {
            let way_out = match (&conflict.name, conflict.is_final) {
                (_, true) => "move it away, or choose another --out",
                (Some(_), false) => "choose another --out, or give --overwrite to write beside it",
                (None, false) => "choose another --out, or give --overwrite to replace it",
            };
            let path = conflict.name.map_or(self.path.clone(), |name| self.path.join(name));
            return Err(Error::Occupied { path, what: conflict.what, way_out });
        }
        Ok(())
    }

    /// Writes the description of the data set, unless it is there; `durable` if the disk has to have it.
    ///
    /// # Errors
    ///
    /// If it cannot be written: then no part can be either. If another run has described another data set
    /// meanwhile.
    pub fn describe(&self, contents: &Contents, plan: &Plan, durable: bool) -> Result<(), Error> {
        if contents.described {
            return Ok(());
        }
        let description = FolderDescription::of(plan);
        let path = self.path.join(DESCRIPTION_NAME);
        let write = |json: &[u8]| {
            // Shards may write it at the same time; the name of each one's temporary is its own.
            let temporary = format!(".{DESCRIPTION_NAME}.{:016x}.tmp", rand::random::<u64>());
            let mut pending = PendingFile::create(self.path.join(temporary), path.clone())?;
            pending.file.write_all(json)?;
            if durable {
                pending.file.sync_all()?;
            }
            pending.publish_new()
        };
        let written = description.json().and_then(|json| {
            // Before it is locked, another shard may have taken the temporary for one that was left behind.
            const ATTEMPTS: usize = 10;
            let is_busy = |written: &io::Result<()>| {
                written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            };
            let mut attempts = (1..ATTEMPTS).map(|_| write(&json));
            attempts.find(|written| !is_busy(written)).unwrap_or_else(|| write(&json))
        });
        match written {
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                let found = FolderDescription::read(&path)
                    .map_err(|source| self.io(Some(DESCRIPTION_NAME), source))?;
                if found == description {
                    return Ok(());
                }
                let what = difference(plan, &found.data_set, &found.layout);
                Err(Error::Occupied { path: self.path.clone(), what, way_out: "choose another --out" })
            }
            written => written.map_err(|source| self.io(Some(DESCRIPTION_NAME), source)),
        }
    }

    /// Bytes on the disk of the files that [`make_room`](Self::make_room) removes.
    pub fn removable_bytes(&self, contents: &Contents, plan: &Plan, overwrite: bool) -> u64 {
        let mut replaced = Contents { finished: contents.finished.clone(), ..Contents::default() };
        replaced.replaceable.clone_from(&contents.replaceable);
        replaced.torn.clone_from(&contents.torn);
        let names = replaced.take_replaced(plan, overwrite);
        let on_disk = |name: &String| {
            let metadata = fs::symlink_metadata(self.path.join(name)).ok()?;
            // What has another name stays where it is.
            (metadata.nlink() == 1).then(|| metadata.blocks().saturating_mul(BLOCK_BYTES))
        };
        names.iter().chain(&contents.temporary).filter_map(on_disk).sum()
    }

    /// Removes the folders that were made for this one, which is empty.
    pub fn abandon(self) {
        for folder in self.path.ancestors().take(self.made_folders) {
            // One that is not empty has become somebody else's.
            let _ = fs::remove_dir(folder);
        }
    }

    /// Waits until the disk has the file called `name`.
    ///
    /// # Errors
    ///
    /// If the disk does not take it.
    pub fn sync_file(&self, name: &str) -> Result<(), Error> {
        let synced = File::open(self.path.join(name)).and_then(|file| file.sync_all());
        synced.map_err(|source| Error::Io { path: self.path.join(name), source })
    }

    /// Waits until the disk has the names of all files in the folder, and those of the folders that were made for it.
    ///
    /// # Errors
    ///
    /// If the disk does not take them.
    pub fn sync(&self) -> Result<(), Error> {
        let absolute = std::path::absolute(&self.path).map_err(|source| self.io(None, source))?;
        // The name of a folder is in the one above it.
        for folder in absolute.ancestors().take(self.made_folders + 2) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        }
        Ok(())
    }

    /// The path of the file called `name`.
    pub fn file_path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Creates the part called `name`, which appears when it is published.
    ///
    /// # Errors
    ///
    /// If it cannot be created, or another run is writing it.
    pub(crate) fn create_part(&self, name: &str) -> Result<PendingFile, Error> {
        let temporary = temporary_name(name);
        PendingFile::create(self.path.join(&temporary), self.path.join(name)).map_err(|source| {
            match source.kind() {
                io::ErrorKind::WouldBlock => Error::Busy { path: self.path.clone() },
                _ => Error::Io { path: self.path.join(temporary), source },
            }
        })
    }

    /// An error of looking at the folder or making it ready.
    fn io(&self, name: Option<&str>, source: io::Error) -> Error {
        let path = name.map_or(self.path.clone(), |name| self.path.join(name));
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Error::UnusableFolder { path, source }
            }
            io::ErrorKind::WouldBlock => Error::Busy { path: self.path.clone() },
            _ => Error::Io { path, source },
        }
    }
}

/// How many bytes the file system at `path` has for this user, or that which a folder there would be made in; `None` if
/// it does not say.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(nearest_folder(path)).ok()?;
    // Some file systems have no fixed size, and say 0 of everything.
    (told.f_blocks > 0).then(|| told.f_bavail.saturating_mul(told.f_frsize))
}

/// The folder at `path`, or the nearest above it that is there.
fn nearest_folder(path: &Path) -> &Path {
    let there =
        path.ancestors().find(|folder| !folder.as_os_str().is_empty() && folder.symlink_metadata().is_ok());
    there.unwrap_or(Path::new(if path.is_absolute() { "/" } else { "." }))
}

/// Creates the folder at `path` with its parents, or none of them, and returns how many were missing.
fn create_folder(path: &Path) -> io::Result<usize> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    fs::create_dir_all(path).inspect_err(|_| {
        for folder in &missing {
            // Only what was made just now, and is empty, can be removed.
            let _ = fs::remove_dir(folder);
        }
    })?;
    Ok(missing.len())
}

/// What the file called `name` is to `plan`, which has a part `index` of that name or none.
fn standing(
    plan: &Plan,
    described: Option<&Plan>,
    name: &str,
    index: Option<u64>,
    inspected: Inspected,
) -> Standing {
    match (index, inspected) {
        (Some(index), Inspected::Part(origin)) if origin.is_part(plan, index) => Standing::Finished(index),
        (_, Inspected::Part(origin)) => Standing::Other(difference(plan, &origin.data_set, &origin.layout)),
        (_, Inspected::Unknown(reason)) => Standing::Unknown(reason),
        // Under the name of a part of the data set that this folder describes, it is that part.
        (index, Inspected::Unreadable) if described.is_some_and(|plan| plan.part_index(name).is_some()) => {
            match described {
                Some(described) if index.is_some() && described.data_set() == plan.data_set() => {
                    Standing::Torn
                }
                _ => Standing::Other(
                    "the folder holds a truncated part of another data set or layout".to_owned(),
                ),
            }
        }
        (index, Inspected::Foreign | Inspected::Unreadable) => {
            Standing::Foreign { in_the_way: index.is_some() }
        }
    }
}

impl Contents {
    /// Takes the names of the files that have to go before the run writes.
    fn take_replaced(&mut self, plan: &Plan, overwrite: bool) -> Vec<String> {
        let mut replaced = std::mem::take(&mut self.replaceable);
        if overwrite {
            replaced.append(&mut self.torn);
            replaced
                .extend(std::mem::take(&mut self.finished).into_iter().map(|index| plan.part_name(index)));
        }
        replaced
    }

    /// Bytes of the description of `plan`, if it is still to be written.
    pub(crate) fn missing_description_bytes(&self, plan: &Plan) -> io::Result<u64> {
        if self.described { Ok(0) } else { Ok(FolderDescription::of(plan).json()?.len() as u64) }
    }

    fn note(&mut self, name: String, standing: Standing, parts: &Range<u64>) {
        match standing {
            Standing::Finished(index) => {
                if parts.contains(&index) {
                    self.finished.insert(index);
                }
            }
            Standing::Torn => self.torn.push(name),
            Standing::Other(difference) => {
                self.conflict(None, difference, false);
                self.replaceable.push(name);
            }
            Standing::Unknown(reason) => self.conflict(Some(name), reason, true),
            Standing::Foreign { in_the_way } => {
                self.conflict(Some(name.clone()), "not written by gen".to_owned(), in_the_way);
                self.foreign.push(name);
            }
        }
    }

    /// Notes a conflict. One that `--overwrite` does not solve comes before others.
    fn conflict(&mut self, name: Option<String>, what: String, is_final: bool) {
        if self.conflict.as_ref().is_none_or(|known| is_final && !known.is_final) {
            self.conflict = Some(Conflict { name, what, is_final });
        }
    }
}

/// What a folder holds that differs from `plan`: a data set or a layout that other options make.
fn difference(plan: &Plan, data_set: &DataSet, layout: &Layout) -> String {
    if data_set != plan.data_set() {
        let difference = difference::of_data_sets(data_set, plan.data_set());
        format!("the folder holds another data set ({difference})")
    } else if layout != plan.layout() {
        let difference = difference::of_layouts(layout, plan.layout());
        format!("the folder holds the same data set in another layout ({difference})")
    } else {
        "the folder holds a part of this data set under another name".to_owned()
    }
}

fn temporary_name(name: &str) -> String {
    format!(".{name}.tmp")
}

/// Whether the file called `name` is a temporary one that this run may clear away: any that `gen` makes, for a
/// run that has the folder to itself; one of its own parts, for a shard.
fn is_temporary(name: &str, plan: &Plan, parts: &Range<u64>) -> bool {
    let Some(target) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else {
        return false;
    };
    if *parts == (0..plan.part_count()) {
        is_part_name(target) || is_description_temporary(name)
    } else {
        plan.part_index(target).is_some_and(|index| parts.contains(&index)) || is_description_temporary(name)
    }
}

/// Whether `name` is that of a temporary file of a description.
fn is_description_temporary(name: &str) -> bool {
    let number = name.strip_prefix('.').and_then(|name| name.strip_prefix(DESCRIPTION_NAME));
    let number = number.and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".tmp"));
    number.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Opens the file at `path` for reading, if it is a plain one: a link may lead anywhere, and a pipe has no end. An
/// error of the kind [`io::ErrorKind::InvalidInput`] says that it is none.
pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
    let not_plain = || io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file: move it away");
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(not_plain());
    }
    // It may have become something else meanwhile.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_plain()) }
}

/// Removes the file at `path` unless a living run holds it.
fn remove_stale(path: &Path) -> io::Result<()> {
    match open_plain(path) {
        Ok(file) => {
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            // Only the file that was locked: meanwhile another may have taken its name.
            if is_at(&file, path)? { fs::remove_file(path) } else { Err(io::ErrorKind::WouldBlock.into()) }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether `file` is what stands at `path`.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, there) = (file.metadata()?, fs::symlink_metadata(path));
    match there {
        Ok(there) => Ok((open.dev(), open.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file under a temporary name, locked. Dropping it removes it; only publishing gives it its name.
#[derive(Debug)]
pub(crate) struct PendingFile {
    pub(crate) file: File,
    temporary: PathBuf,
    target: PathBuf,
    is_temporary: bool,
}

impl PendingFile {
    /// Creates the file. An error of the kind [`io::ErrorKind::WouldBlock`] says that another run has it.
    fn create(temporary: PathBuf, target: PathBuf) -> io::Result<Self> {
        let file = match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove_stale(&temporary)?;
                File::create_new(&temporary)
            }
            created => created,
        }?;
        let locked = !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        // Between creation and lock, another run may have taken it for a stale one, or the folder may be gone.
        if !locked || !is_at(&file, &temporary)? {
            let is_gone = temporary.parent().is_some_and(|folder| !folder.exists());
            return Err(if is_gone { Errno::NOENT.into() } else { io::ErrorKind::WouldBlock.into() });
        }
        Ok(Self { file, temporary, target, is_temporary: true })
    }

    /// Gives the file its name, in place of any that has it.
    pub(crate) fn publish(mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.target)?;
        self.is_temporary = false;
        Ok(())
    }

    /// Gives the file its name unless there is one that has it: then an error of the kind
    /// [`io::ErrorKind::AlreadyExists`] says so.
    fn publish_new(self) -> io::Result<()> {
        match fs::hard_link(&self.temporary, &self.target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => self.publish(), // no hard links here
            linked => linked,
        }
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if self.is_temporary {
            // Nothing is left to be done about a failure: the next run removes the file.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
