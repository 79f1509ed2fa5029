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
pub use description::{DESCRIPTION_NAME, DescribedTable, FolderDescription};
pub use disk::free_bytes;
pub use error::{FolderError, Holds};
pub(crate) use pending::PendingFile;

use self::contents::{Place, description_difference, is_description_temporary, is_temporary};
use self::disk::{create_folder, nearest_folder};
use self::pending::remove_stale;
use crate::part::origin::{Inspected, Origin};
use crate::plan::{Plan, Plans, Shard};
use crate::progress::Progress;
use crate::remedy::Remedy;

/// The unit in which a file says how much of the disk it takes.
const BLOCK_BYTES: u64 = 512;

/// A folder that parts of one data set are written to. Locked until it is dropped.
///
/// Tables with names have folders of their own in it, which are locked too: runs of different tables can share it.
#[derive(Debug)]
pub struct DataSetFolder {
    path: PathBuf,
    /// How many folders were missing when it was opened, it and those above it.
    made_folders: usize,
    /// The tables that have folders of their own, and whether they were missing.
    table_folders: Vec<(String, bool)>,
    locks: Vec<File>,
}

/// Whether another process is writing to `folder` now, as far as its file system has locks. The lock is taken for this
/// moment only, and shared, as those of shards are.
pub fn is_being_written(folder: &Path) -> bool {
    File::open(folder).is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The name of the folder that the table of `plan` has, if it has one of its own.
fn folder_name(plan: &Plan) -> Result<Option<&str>, FolderError> {
    let name = plan.data_set().table().name.as_deref();
    let is_passed_over = |name: &str| name.starts_with(['_', '.']) || name.contains(['/', '=']);
    match name.filter(|name| is_passed_over(name)) {
        Some(name) => Err(FolderError::TableName(name.to_owned())),
        None => Ok(name),
    }
}

impl DataSetFolder {
    /// Opens the folder at `path`, made if need be with its parents, for writing `shard` of the chosen tables of `plans`
    /// to it.
    ///
    /// # Errors
    ///
    /// If there is no such folder and none can be made, or another run is writing to it. Runs that
    /// write different shards or tables can share a folder.
    pub fn open(path: &Path, plans: &Plans, shard: Shard) -> Result<Self, FolderError> {
        let names: Vec<&str> =
            plans.chosen().filter_map(|plan| folder_name(plan).transpose()).collect::<Result<_, _>>()?;
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Unusable { path, source }
        };
        let made_folders = create_folder(path).map_err(unusable(path))?;
        let mut folder =
            Self { path: path.to_owned(), made_folders, table_folders: Vec::new(), locks: Vec::new() };
        let opened = folder.lock(path, shard.is_whole() && plans.is_whole()).and_then(|()| {
            names.into_iter().try_for_each(|name| {
                let path = folder.path.join(name);
                let is_made = create_folder(&path).map_err(unusable(&path))? > 0;
                folder.table_folders.push((name.to_owned(), is_made));
                folder.lock(&path, shard.is_whole())
            })
        });
        match opened {
            Ok(()) => Ok(folder),
            Err(error) => {
                folder.abandon();
                Err(error)
            }
        }
    }

    /// Opens the folder at `path` for a look at it, as a run that writes `shard` of the chosen tables of `plans` would
    /// find it; `None` if that run would make it.
    ///
    /// # Errors
    ///
    /// If the run would be refused: as [`open`](Self::open), or because nothing may be written there.
    pub fn look_at(path: &Path, plans: &Plans, shard: Shard) -> Result<Option<Self>, FolderError> {
        let names: Vec<&str> =
            plans.chosen().filter_map(|plan| folder_name(plan).transpose()).collect::<Result<_, _>>()?;
        if !is_writable_folder(path)? {
            return Ok(None);
        }
        let mut folder =
            Self { path: path.to_owned(), made_folders: 0, table_folders: Vec::new(), locks: Vec::new() };
        folder.lock(path, shard.is_whole() && plans.is_whole())?;
        for name in names {
            let path = folder.path.join(name);
            if is_writable_folder(&path)? {
                folder.table_folders.push((name.to_owned(), false));
                folder.lock(&path, shard.is_whole())?;
            }
        }
        Ok(Some(folder))
    }

    /// Locks the folder at `path`, for this run alone or shared with others.
    fn lock(&mut self, path: &Path, is_alone: bool) -> Result<(), FolderError> {
        let lock =
            File::open(path).map_err(|source| FolderError::Unusable { path: path.to_owned(), source })?;
        let locked = if is_alone { lock.try_lock() } else { lock.try_lock_shared() };
        match locked {
            Err(TryLockError::WouldBlock) => Err(FolderError::Busy { path: path.to_owned() }),
            // No lock to be had on this file system: see the module's documentation.
            Ok(()) | Err(TryLockError::Error(_)) => {
                self.locks.push(lock);
                Ok(())
            }
        }
    }

    /// What the folder holds, seen from a run that writes `shard` of the chosen tables of `plans`. Reads footers, and no
    /// data.
    ///
    /// # Errors
    ///
    /// If the folder or a file in it cannot be read, or `progress` is told to stop.
    pub fn contents(
        &self,
        plans: &Plans,
        shard: Shard,
        progress: &Progress,
    ) -> Result<Contents, FolderError> {
        let mut contents = Contents::of_tables(plans.chosen().len());
        let own = self.entries(None)?;
        let described = match own.iter().find(|entry| entry.name == DESCRIPTION_NAME) {
            Some(entry) => self.compare_description(plans, entry.is_file, &mut contents)?,
            None => Vec::new(),
        };
        let of_table = |table: Option<&str>| {
            described.iter().find(|plan| plan.data_set().table().name.as_deref() == table)
        };
        let runs = plans.chosen().enumerate().map(|(number, plan)| {
            let parts = shard.parts(plan.part_count());
            let table = plan.data_set().table().name.as_deref();
            Place { table, run: Some((number, plan, parts)), described: of_table(table) }
        });
        let mut places: Vec<Place<'_>> = runs.collect();
        // Files of other data sets: in the folder itself, if no table of the run stands there, and in those of tables
        // that are described and that this data set does not have.
        let is_of_run = |table: Option<&str>| {
            plans.tables().iter().any(|plan| plan.data_set().table().name.as_deref() == table)
        };
        let others = described.iter().map(|plan| plan.data_set().table().name.as_deref()).chain([None]);
        for table in others.filter(|table| !is_of_run(*table)) {
            if places.iter().all(|place| place.table != table) {
                places.push(Place { table, run: None, described: of_table(table) });
            }
        }
        for place in places {
            let entries = match place.table {
                None => own.clone(),
                Some(_) => self.entries(place.table)?,
            };
            self.judge(&place, entries, plans, &mut contents, progress)?;
        }
        if plans.tables().iter().all(|plan| plan.data_set().table().name.is_some()) {
            let temporary =
                own.into_iter().map(|entry| entry.name).filter(|name| is_description_temporary(name));
            contents.temporary.extend(temporary);
        }
        Ok(contents)
    }

    /// What is in the folder, or in that of a table; nothing if that is still to be made.
    fn entries(&self, table: Option<&str>) -> Result<Vec<Entry>, FolderError> {
        let folder = table.map_or(self.path.clone(), |table| self.path.join(table));
        let failed = |source| self.io(table, source);
        let listed = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && table.is_some() => return Ok(Vec::new()),
            listed => listed.map_err(failed)?,
        };
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.map_err(failed)?;
            // A name that is not Unicode is none of ours, and its file is found by its path.
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type().map_err(failed)?.is_file();
            Ok(Entry { name, path: entry.path(), is_file })
        };
        listed.map(entry).collect()
    }

    /// Notes what the files in `place` are to a run of `plans`.
    fn judge(
        &self,
        place: &Place<'_>,
        entries: Vec<Entry>,
        plans: &Plans,
        contents: &mut Contents,
        progress: &Progress,
    ) -> Result<(), FolderError> {
        let mut candidates = Vec::new();
        for Entry { name, path, is_file } in entries {
            let is_temporary =
                |(_, plan, parts): &(usize, &Plan, Range<u64>)| is_temporary(&name, plan, parts);
            if is_file && place.run.as_ref().is_some_and(is_temporary) {
                contents.temporary.push(place.path_of(&name));
            } else if path.extension().is_some_and(|ending| ending == "parquet") {
                candidates.push((name, path, is_file));
            }
        }
        candidates.sort();
        let is_described = contents.described;
        let standings: Vec<_> = candidates
            .into_par_iter()
            .map(|(name, path, is_file)| {
                progress.check()?;
                let index = place.part_index(&name);
                let is_of_run =
                    |index| place.run.as_ref().is_some_and(|(_, _, parts)| parts.contains(&index));
                if is_described && index.is_some_and(|index| !is_of_run(index)) {
                    return Ok(None); // another shard's
                }
                // What is behind a link is not ours to judge or to replace.
                let below = place.path_of(&name);
                let inspected = if is_file {
                    Origin::inspect(&path).map_err(|source| self.io(Some(&below), source))?
                } else {
                    Inspected::Foreign
                };
                let standing = place.standing(plans, &name, inspected);
                Ok(Some((below, standing)))
            })
            .collect::<Result<_, FolderError>>()?;
        for (below, standing) in standings.into_iter().flatten() {
            contents.note(below, standing, place);
        }
        Ok(())
    }

    /// Compares the folder's description with that of `plans`, and returns the plans of the tables that it describes.
    fn compare_description(
        &self,
        plans: &Plans,
        is_file: bool,
        contents: &mut Contents,
    ) -> Result<Vec<Plan>, FolderError> {
        let path = self.path.join(DESCRIPTION_NAME);
        let found =
            if is_file { FolderDescription::read(&path) } else { Err(io::ErrorKind::InvalidData.into()) };
        match found {
            Ok(found) => {
                let wanted = FolderDescription::of(plans);
                contents.described = found == wanted;
                if !contents.described {
                    contents.replaceable.push(DESCRIPTION_NAME.to_owned());
                    contents.conflict(None, description_difference(&wanted, &found), false);
                }
                let plan = |table: DescribedTable| Plan::new(table.data_set, table.layout).ok();
                Ok(found.tables.into_iter().filter_map(plan).collect())
            }
            Err(source) if source.raw_os_error().is_some() => Err(self.io(Some(DESCRIPTION_NAME), source)),
            // What a power loss leaves of a file that was just renamed.
            Err(_) if is_file && path.metadata().is_ok_and(|metadata| metadata.len() == 0) => {
                contents.replaceable.push(DESCRIPTION_NAME.to_owned());
                // So it was a young run of this data set, whose parts may be torn too.
                Ok(plans.tables().to_vec())
            }
            Err(error) => {
                let reason = error.get_ref().map(ToString::to_string);
                let holds = Holds::UnknownDescription(reason);
                contents.conflict(Some(DESCRIPTION_NAME.to_owned()), holds, true);
                Ok(Vec::new())
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
        plans: &Plans,
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
        for name in contents.take_replaced(plans, overwrite) {
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
    pub fn describe(&self, contents: &Contents, plans: &Plans, durable: bool) -> Result<(), FolderError> {
        if contents.described {
            return Ok(());
        }
        let description = FolderDescription::of(plans);
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
                let holds = description_difference(&description, &found);
                let remedies = vec![Remedy::AnotherFolder];
                Err(FolderError::Occupied { path: self.path.clone(), holds, remedies })
            }
            written => written.map_err(|source| self.io(Some(DESCRIPTION_NAME), source)),
        }
    }

    /// Bytes on the disk of the files that [`make_room`](Self::make_room) removes.
    pub fn removable_bytes(&self, contents: &Contents, plans: &Plans, overwrite: bool) -> u64 {
        let mut replaced = Contents { finished: contents.finished.clone(), ..Contents::default() };
        replaced.replaceable.clone_from(&contents.replaceable);
        replaced.torn.clone_from(&contents.torn);
        let names = replaced.take_replaced(plans, overwrite);
        let on_disk = |name: &String| {
            let metadata = fs::symlink_metadata(self.path.join(name)).ok()?;
            // What has another name stays where it is.
            (metadata.nlink() == 1).then(|| metadata.blocks().saturating_mul(BLOCK_BYTES))
        };
        names.iter().chain(&contents.temporary).filter_map(on_disk).sum()
    }

    /// Removes the folders that were made for this one, which is empty.
    pub fn abandon(self) {
        for (table, _) in self.table_folders.iter().filter(|(_, is_made)| *is_made) {
            let _ = fs::remove_dir(self.path.join(table));
        }
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

    /// Waits until the disk has the names of all files in the folder and in those of tables, and those of the folders that were made for it.
    ///
    /// # Errors
    ///
    /// If the disk does not take them.
    pub fn sync(&self) -> Result<(), FolderError> {
        let absolute = std::path::absolute(&self.path).map_err(|source| self.io(None, source))?;
        let tables = self.table_folders.iter().map(|(table, _)| self.path.join(table));
        // The name of a folder is in the one above it.
        let above = absolute.ancestors().take(self.made_folders + 2).map(Path::to_owned);
        for folder in tables.chain(above) {
            let synced = File::open(&folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| FolderError::Io { path: folder.clone(), source })?;
        }
        Ok(())
    }

    /// The path of the file that is at `name` below the folder.
    pub fn file_path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Creates the part at `name` below the folder, which appears when it is published.
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

/// Under which path the file at `name` is written, before it is complete.
fn temporary_name(name: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/.{name}.tmp"),
        None => format!(".{name}.tmp"),
    }
}

/// What stands in a folder.
#[derive(Clone)]
struct Entry {
    name: String,
    path: PathBuf,
    is_file: bool,
}

/// Whether there is a folder at `path`; else whether it can be made there is what the nearest folder above says.
fn is_writable_folder(path: &Path) -> Result<bool, FolderError> {
    let unusable = |source| FolderError::Unusable { path: path.to_owned(), source };
    let nearest = nearest_folder(path);
    if !nearest.metadata().map_err(unusable)?.is_dir() {
        let is_it = nearest == path;
        return Err(unusable(if is_it { Errno::EXIST } else { Errno::NOTDIR }.into()));
    }
    access(nearest, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| unusable(error.into()))?;
    Ok(nearest == path)
}
