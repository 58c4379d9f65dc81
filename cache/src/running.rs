//! Which builds run, and when an entry was last used: what a collection has to leave alone.
//!
//! A build keeps a file in `builds/` locked, so that the kernel tells when it has ended, however it ended. An entry's
//! time of modification is when a build last found or made it, to within [`USE_RESOLUTION`]: a build that finds it
//! again within that time writes nothing. Noting a use and removing something exclude each other through the gate.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::durable::{self, Access};
use crate::layout::Layout;
use crate::{Store, StoreError, lock};

/// Uses of an entry that are closer together than this are noted as one.
pub(crate) const USE_RESOLUTION: Duration = Duration::from_secs(24 * 60 * 60);

/// What a build says about itself in its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BuildRecord {
    pub(crate) pid: u32,
    pub(crate) study: String,
    /// Seconds since 1970.
    pub(crate) started: u64,
}

/// A build that collections know of; dropping it, or the end of the process, ends that.
#[derive(Debug)]
#[must_use = "collections no longer know of the build when this is dropped"]
pub struct RunningBuild {
    store: Store,
    /// Locked as long as it is open, and removed when it is dropped.
    _file: NamedTempFile,
}

impl RunningBuild {
    pub(crate) fn begin(store: Store, study: &str) -> Result<RunningBuild, StoreError> {
        let folder = store.layout().builds();
        let failed = |error| StoreError::io("note the running build in", &folder)(error);
        // A collection lists builds with the gate closed, so it never sees a file that is not locked yet.
        let _gate = share_gate(store.layout())?;
        // Other users of the store have to see that it is locked.
        let file = durable::create_temporary(&folder, Access::ReadWrite).map_err(failed)?;
        file.as_file().lock().map_err(failed)?;
        let record = BuildRecord {
            pid: std::process::id(),
            study: study.to_owned(),
            started: seconds(SystemTime::now()),
        };
        let json = serde_json::to_vec(&record).map_err(|error| failed(error.into()))?;
        file.as_file().write_all(&json).map_err(failed)?;
        Ok(RunningBuild { store, _file: file })
    }

    /// The store, in which finding an entry counts as using it.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// Seconds since 1970.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Keeps collections from removing anything until the result is dropped.
pub(crate) fn share_gate(layout: &Layout) -> Result<File, StoreError> {
    let path = layout.gate();
    let failed = |error| StoreError::io("lock", &path)(error);
    let file = lock::open(&path).map_err(failed)?;
    lock::uninterrupted(|| file.lock_shared()).map_err(failed)?;
    Ok(file)
}

/// Keeps builds from finding anything anew until the result is dropped.
pub(crate) fn close_gate(layout: &Layout) -> Result<File, StoreError> {
    let path = layout.gate();
    let failed = |error| StoreError::io("lock", &path)(error);
    let file = lock::open(&path).map_err(failed)?;
    lock::uninterrupted(|| file.lock()).map_err(failed)?;
    Ok(file)
}

/// Whether a process holds the file of a build locked, or may do so.
pub(crate) fn is_running(path: &Path) -> bool {
    lock::is_locked(path)
}

/// Notes that an entry is used now, unless that was noted lately. False if a collection has removed it.
pub(crate) fn note_use(layout: &Layout, path: &Path) -> bool {
    match fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Ok(used) if !is_old(used) => true,
        Ok(_) => touch(layout, path),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// Has a blob that no entry may name yet kept for the entry that is on its way. False if it is gone.
pub(crate) fn keep_blob(layout: &Layout, path: &Path) -> bool {
    touch(layout, path)
}

/// Sets the time of a file. One that cannot be changed, as in a store that is only read, counts as it is.
fn touch(layout: &Layout, path: &Path) -> bool {
    let touch = || {
        let _gate = share_gate(layout).map_err(io::Error::other)?;
        File::open(path)?.set_modified(SystemTime::now())
    };
    match touch() {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "its use is not noted");
            true
        }
        Ok(()) => true,
    }
}

fn is_old(used: SystemTime) -> bool {
    // A time in the future is that of another clock, and not long ago.
    used.elapsed().is_ok_and(|age| age > USE_RESOLUTION)
}
