//! Folders that are there or are still to be made, and the room on their disks.

use std::path::Path;
use std::{fs, io};

/// How many bytes the file system at `path` has for this user, or that which a folder there would be made in; `None` if
/// it does not say.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(nearest_folder(path)).ok()?;
    // Some file systems have no fixed size, and say 0 of everything.
    (told.f_blocks > 0).then(|| told.f_bavail.saturating_mul(told.f_frsize))
}

/// The folder at `path`, or the nearest above it that is there.
pub(super) fn nearest_folder(path: &Path) -> &Path {
    let there =
        path.ancestors().find(|folder| !folder.as_os_str().is_empty() && folder.symlink_metadata().is_ok());
    there.unwrap_or(Path::new(if path.is_absolute() { "/" } else { "." }))
}

/// Creates the folder at `path` with its parents, or none of them, and returns how many were missing.
pub(super) fn create_folder(path: &Path) -> io::Result<usize> {
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
