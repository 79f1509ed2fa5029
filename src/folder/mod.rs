//! The folder of a data set: what is in it, what is finished, and how files appear in it.
//!
//! A file appears under its name only when it is complete: it is written under a temporary name in
//! the same folder and renamed. A [`DataSetFolder`] is locked while it is open, alone or shared with
//! other shards, and so is each temporary file while it is written; these locks end with the process.
//! Where the file system has no locks, two runs on one folder are not kept apart.

mod contents;
mod description;
mod disk;
mod error;
mod pending;

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustix::fs::{Access, access};
use rustix::io::Errno;

pub use contents::Contents;
pub use description::{DESCRIPTION_NAME, FolderDescription};
pub use disk::free_bytes;
pub use error::{FolderError, Holds};
pub(crate) use pending::PendingFile;

use self::contents::{difference, is_description_temporary, is_temporary, standing};
use self::disk::{create_folder, nearest_folder};
use self::pending::remove_stale;
use crate::part::origin::{Inspected, Origin};
use crate::plan::{Plan, Shard};
use crate::progress::Progress;
use crate::remedy::Remedy;

/// The unit in which a file says how much of the disk it takes.
const BLOCK_BYTES: u64 = 512;

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

impl DataSetFolder {
    /// Opens the folder at `path`, made if need be with its parents, for writing `shard` to it.
    ///
    /// # Errors
    ///
    /// If there is no such folder and none can be made, or another run is writing to it. Runs that
    /// write different shards can share a folder.
    pub fn open(path: &Path, shard: Shard) -> Result<Self, FolderError> {
        let made_folders =
            create_folder(path).map_err(|source| FolderError::Unusable { path: path.to_owned(), source })?;
        Self::lock(path, shard, made_folders)
    }

    /// Opens the folder at `path` for a look at it, as a run that writes `shard` would find it; `None` if that run would
    /// make it.
    ///
    /// # Errors
    ///
    /// If the run would be refused: as [`open`](Self::open), or because nothing may be written there.
    pub fn look_at(path: &Path, shard: Shard) -> Result<Option<Self>, FolderError> {
        let unusable = |source| FolderError::Unusable { path: path.to_owned(), source };
        let nearest = nearest_folder(path);
        if !nearest.metadata().map_err(unusable)?.is_dir() {
            let is_it = nearest == path;
            return Err(unusable(if is_it { Errno::EXIST } else { Errno::NOTDIR }.into()));
        }
        access(nearest, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| unusable(error.into()))?;
        if nearest == path { Self::lock(path, shard, 0).map(Some) } else { Ok(None) }
    }

    fn lock(path: &Path, shard: Shard, made_folders: usize) -> Result<Self, FolderError> {
        let lock =
            File::open(path).map_err(|source| FolderError::Unusable { path: path.to_owned(), source })?;
        let locked = if shard.is_whole() { lock.try_lock() } else { lock.try_lock_shared() };
        match locked {
            Err(TryLockError::WouldBlock) => Err(FolderError::Busy { path: path.to_owned() }),
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
    pub fn contents(
        &self,
        plan: &Plan,
        parts: Range<u64>,
        progress: &Progress,
    ) -> Result<Contents, FolderError> {
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
            .collect::<Result<_, FolderError>>()?;
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
    ) -> Result<Option<Plan>, FolderError> {
        let path = self.path.join(DESCRIPTION_NAME);
        let found =
            if is_file { FolderDescription::read(&path) } else { Err(io::ErrorKind::InvalidData.into()) };
        match found {
            Ok(found) => {
                contents.described = found.data_set == *plan.data_set() && found.layout == *plan.layout();
                if !contents.described {
                    contents.replaceable.push(DESCRIPTION_NAME.to_owned());
                    contents.conflict(None, difference(plan, found.data_set.named(), &found.layout), false);
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
                let reason = error.get_ref().map(ToString::to_string);
                let holds = Holds::UnknownDescription(reason);
                contents.conflict(Some(DESCRIPTION_NAME.to_owned()), holds, true);
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
    pub fn make_room(
        &self,
        contents: &mut Contents,
        plan: &Plan,
        overwrite: bool,
    ) -> Result<(), FolderError> {
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
    pub fn refuse_conflict(&self, contents: &mut Contents, overwrite: bool) -> Result<(), FolderError> {
        if let Some(conflict) = contents.conflict.take_if(|conflict| conflict.is_final || !overwrite) {
            let remedies = match (&conflict.name, conflict.is_final) {
                (_, true) => vec![Remedy::MoveAway, Remedy::AnotherFolder],
                (Some(_), false) => vec![Remedy::AnotherFolder, Remedy::OverwriteBeside],
                (None, false) => vec![Remedy::AnotherFolder, Remedy::Overwrite],
            };
            let path = conflict.name.map_or(self.path.clone(), |name| self.path.join(name));
            return Err(FolderError::Occupied { path, holds: conflict.holds, remedies });
        }
        Ok(())
    }

    /// Writes the description of the data set, unless it is there; `durable` if the disk has to have it.
    ///
    /// # Errors
    ///
    /// If it cannot be written: then no part can be either. If another run has described another data set
    /// meanwhile.
    pub fn describe(&self, contents: &Contents, plan: &Plan, durable: bool) -> Result<(), FolderError> {
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
                let holds = difference(plan, found.data_set.named(), &found.layout);
                let remedies = vec![Remedy::AnotherFolder];
                Err(FolderError::Occupied { path: self.path.clone(), holds, remedies })
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
    pub fn sync_file(&self, name: &str) -> Result<(), FolderError> {
        let synced = File::open(self.path.join(name)).and_then(|file| file.sync_all());
        synced.map_err(|source| FolderError::Io { path: self.path.join(name), source })
    }

    /// Waits until the disk has the names of all files in the folder, and those of the folders that were made for it.
    ///
    /// # Errors
    ///
    /// If the disk does not take them.
    pub fn sync(&self) -> Result<(), FolderError> {
        let absolute = std::path::absolute(&self.path).map_err(|source| self.io(None, source))?;
        // The name of a folder is in the one above it.
        for folder in absolute.ancestors().take(self.made_folders + 2) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| FolderError::Io { path: folder.to_owned(), source })?;
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
    pub(crate) fn create_part(&self, name: &str) -> Result<PendingFile, FolderError> {
        let temporary = temporary_name(name);
        PendingFile::create(self.path.join(&temporary), self.path.join(name)).map_err(|source| {
            match source.kind() {
                io::ErrorKind::WouldBlock => FolderError::Busy { path: self.path.clone() },
                _ => FolderError::Io { path: self.path.join(temporary), source },
            }
        })
    }

    /// An error of looking at the folder or making it ready.
    fn io(&self, name: Option<&str>, source: io::Error) -> FolderError {
        let path = name.map_or(self.path.clone(), |name| self.path.join(name));
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                FolderError::Unusable { path, source }
            }
            io::ErrorKind::WouldBlock => FolderError::Busy { path: self.path.clone() },
            _ => FolderError::Io { path, source },
        }
    }
}

fn temporary_name(name: &str) -> String {
    format!(".{name}.tmp")
}
