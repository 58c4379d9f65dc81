//! One builder for one key at a time, over all processes. Knows a file and the kernel's lock on it.
//!
//! The lock is `flock` through `File::lock`: the kernel releases it when its holder ends, however that happens,
//! so there are no stale locks. A collection may remove the file of a free lock, so whoever got one makes sure that
//! its file is still the one with the name: otherwise two could hold it. What the files contain only serves the
//! message to the one who waits.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::StoreError;

/// A holder writes its name right after it has locked, so one who finds no name looks again.
const LOOKS_FOR_HOLDER: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Who holds a lock, as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The process.
    pub pid: Option<u32>,
    /// The command line it was started with, as the system tells it to whoever waits.
    #[serde(skip)]
    pub command: Option<String>,
}

impl LockHolder {
    fn this_process() -> LockHolder {
        LockHolder {
            pid: Some(std::process::id()),
            command: None,
        }
    }

    fn read(path: &Path) -> LockHolder {
        for _ in 0..LOOKS_FOR_HOLDER {
            let content = fs::read(path).unwrap_or_default();
            if let Ok(LockHolder { pid, .. }) = serde_json::from_slice(&content) {
                return LockHolder {
                    pid,
                    command: pid.and_then(command_of),
                };
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        LockHolder::default()
    }

    fn write(&self, mut file: &File) -> io::Result<()> {
        file.set_len(0)?;
        file.write_all(&serde_json::to_vec(self)?)
    }
}

/// Writes `process 4711 (gan-pipe build study.yaml)`.
impl fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(formatter, "process {pid}")?,
            None => formatter.write_str("another process")?,
        }
        self.command
            .as_ref()
            .map_or(Ok(()), |command| write!(formatter, " ({command})"))
    }
}

/// The command line of a running process, where the system has a `/proc`.
fn command_of(pid: u32) -> Option<String> {
    let content = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = content.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let words: Vec<_> = words.map(String::from_utf8_lossy).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The right to build one key; dropping it, or the end of the process, gives it back.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct KeyLock {
    file: File,
}

impl Drop for KeyLock {
    fn drop(&mut self) {
        // Whoever waits next must not read this name; should it stay, only a message is out of date.
        self.file.set_len(0).unwrap_or_default();
    }
}

/// Locks a file, waiting for its holder; calls `on_wait` once if it must wait.
pub(crate) fn lock(path: &Path, on_wait: &mut dyn FnMut(&LockHolder)) -> Result<KeyLock, StoreError> {
    let failed = |error| StoreError::io("lock", path)(error);
    let mut has_waited = false;
    let file = loop {
        let file = open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut has_waited, true) {
                    on_wait(&LockHolder::read(path));
                }
                uninterrupted(|| file.lock()).map_err(failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if is_named(&file, path) {
            break file;
        }
    };
    if let Err(error) = LockHolder::this_process().write(&file) {
        tracing::debug!(path = %path.display(), %error, "the lock is held without a name in it");
    }
    Ok(KeyLock { file })
}

/// Locks a file, waiting also through signals.
pub(crate) fn uninterrupted(mut lock: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Opens the file of a lock, and makes it if there is none.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path)
}

/// Whether the path still names this file, which a collection may have removed since it was opened.
#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let (opened, named) = (file.metadata().map(identity), fs::metadata(path).map(identity));
    matches!((opened, named), (Ok(opened), Ok(named)) if opened == named)
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn is_named(_file: &File, _path: &Path) -> bool {
    true
}

/// Whether a process holds the lock. Holders write their name into the file, so an empty one is free.
pub(crate) fn is_held(path: &Path) -> bool {
    let is_empty = fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
    !is_empty && is_locked(path)
}

/// Whether a process holds a file locked. One that cannot be looked at, as it may be another user's, counts as such.
pub(crate) fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => file.try_lock_shared().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Removes the file of a lock that nobody holds; tells whether it did.
pub(crate) fn remove_free(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    match file.try_lock() {
        Ok(()) => fs::remove_file(path).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
