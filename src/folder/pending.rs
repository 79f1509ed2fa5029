//! Files that appear under their names only when they are complete.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Opens the file at `path` for reading, if it is a plain one: a link may lead anywhere, and a pipe has no end. An
/// error of the kind [`io::ErrorKind::InvalidInput`] says that it is none.
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
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
pub(super) fn remove_stale(path: &Path) -> io::Result<()> {
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
    pub(super) fn create(temporary: PathBuf, target: PathBuf) -> io::Result<Self> {
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
    pub(super) fn publish_new(self) -> io::Result<()> {
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
