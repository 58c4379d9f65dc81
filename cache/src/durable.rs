//! Files that survive a crash: written beside their target, flushed, then renamed. Knows bytes and paths only.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::{NamedTempFile, TempPath};

/// Flushes waiting for the disk at the same time; the file system writes its journal once for all of them.
const CONCURRENT_FLUSHES: usize = 16;

/// Who may write a finished file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

/// Makes a temporary file that its maker may write to. It disappears when the result is dropped.
pub(crate) fn create_temporary(folder: &Path, access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("");
    set_access(&mut builder, access);
    builder.tempfile_in(folder)
}

/// Writes a temporary file without flushing it. It disappears when the result is dropped.
pub(crate) fn write_temporary(folder: &Path, bytes: &[u8], access: Access) -> io::Result<TempPath> {
    let mut file = create_temporary(folder, access)?;
    file.write_all(bytes)?;
    // Closing it keeps a publication of a thousand outputs within the limit of open files.
    Ok(file.into_temp_path())
}

#[cfg(unix)]
fn set_access(builder: &mut tempfile::Builder<'_, '_>, access: Access) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if access == Access::ReadOnly { 0o444 } else { 0o644 };
    builder.permissions(fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn set_access(_builder: &mut tempfile::Builder<'_, '_>, _access: Access) {}

/// Flushes files or folders to the disk, several at a time.
///
/// # Errors
/// The first failure, with the path it belongs to.
pub(crate) fn flush_all(paths: &[PathBuf]) -> Result<(), (PathBuf, io::Error)> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    let flush_some = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = flush(path)
                && let Ok(mut failure) = failure.lock()
            {
                failure.get_or_insert_with(|| (path.clone(), error));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..paths.len().min(CONCURRENT_FLUSHES) {
            scope.spawn(flush_some);
        }
        flush_some();
    });
    match failure.into_inner() {
        Ok(Some(failure)) => Err(failure),
        _ => Ok(()),
    }
}

/// Flushes one file, or the names in one folder.
pub(crate) fn flush(path: &Path) -> io::Result<()> {
    // Only Unix can open a folder as a file; elsewhere renames are as durable as the system makes them.
    if cfg!(not(unix)) && path.is_dir() {
        return Ok(());
    }
    File::open(path)?.sync_all()
}

/// Makes a folder whose parent exists, and says whether it is new.
pub(crate) fn create_folder(path: &Path) -> io::Result<bool> {
    match fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(error) => Err(error),
    }
}
