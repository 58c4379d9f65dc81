//! Content digests of files outside the store, without reading a file again that has not changed.
//!
//! A hint maps what the system says about a file (device, inode, size, time of modification, time of change) to
//! its digest. The time of change cannot be set back by a program, so restoring the time of modification does
//! not fool it. A file that was touched just before it is read gets no hint: a second change within the
//! resolution of its timestamps would look the same ("racily clean" in git's terms). A lost or damaged hint costs
//! one reading of the file, never a wrong digest.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::durable::{self, Access};
use crate::layout::Layout;
use crate::{Digest, StoreError, checked};

/// The coarsest timestamps in use are those of FAT: two seconds.
const RESOLUTION_SECONDS: i64 = 2;

/// A file that is being written is given this many chances to stay the same while it is read.
const READINGS: u32 = 3;

/// A point in time: seconds since 1970 and nanoseconds within the second.
type Instant = (i64, i64);

/// What the system says about a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: Instant,
    changed: Instant,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    stamp: Stamp,
    digest: Digest,
}

/// A digest, and whether the file was read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint {
    digest: Digest,
    was_read: bool,
}

/// The digest of a file's content as of now.
pub(crate) fn fingerprint(layout: &Layout, path: &Path) -> Result<Digest, StoreError> {
    take(&layout.fingerprints(), &layout.tmp(), path, now()).map(|fingerprint| fingerprint.digest)
}

fn now() -> Instant {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    (
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        since.subsec_nanos().into(),
    )
}

fn take(hints: &Path, tmp: &Path, path: &Path, now: Instant) -> Result<Fingerprint, StoreError> {
    let failed = |error| StoreError::io("read", path)(error);
    for _ in 0..READINGS {
        let before = Stamp::of(&fs::metadata(path).map_err(failed)?);
        if let Some(digest) = before.as_ref().and_then(|stamp| read_hint(hints, stamp)) {
            return Ok(Fingerprint {
                digest,
                was_read: false,
            });
        }
        let digest = Digest::of_file(path).map_err(failed)?;
        if Stamp::of(&fs::metadata(path).map_err(failed)?) != before {
            continue;
        }
        if let Some(stamp) = before.filter(|stamp| stamp.is_settled(now)) {
            write_hint(hints, tmp, &Hint { stamp, digest });
        }
        return Ok(Fingerprint {
            digest,
            was_read: true,
        });
    }
    Err(StoreError::FileChanging {
        path: path.to_owned(),
    })
}

impl Stamp {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        Some(Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// Systems that do not tell the time of change get no hints: their files are always read.
    #[cfg(not(unix))]
    fn of(_metadata: &Metadata) -> Option<Stamp> {
        None
    }

    /// Whether a change from `now` on is certain to change the stamp.
    fn is_settled(&self, now: Instant) -> bool {
        let (seconds, nanoseconds) = self.modified.max(self.changed);
        (seconds.saturating_add(RESOLUTION_SECONDS), nanoseconds) < now
    }

    /// One hint for one inode: a changed file replaces its own.
    fn hint_path(&self, hints: &Path) -> PathBuf {
        hints.join(format!("{:x}-{:x}", self.device, self.inode))
    }
}

fn read_hint(hints: &Path, stamp: &Stamp) -> Option<Digest> {
    let json = fs::read(stamp.hint_path(hints)).ok()?;
    let hint: Hint = checked::from_json(&json).ok()?;
    (hint.stamp == *stamp).then_some(hint.digest)
}

/// Not flushed: its check tells whether it survived.
fn write_hint(hints: &Path, tmp: &Path, hint: &Hint) {
    let path = hint.stamp.hint_path(hints);
    let write = || -> io::Result<()> {
        let file = durable::write_temporary(tmp, &checked::to_json(hint)?, Access::ReadWrite)?;
        Ok(file.persist(&path)?)
    };
    if let Err(error) = write() {
        tracing::warn!(path = %path.display(), %error, "the file will be read again next time");
    }
}

#[cfg(test)]
mod tests;
