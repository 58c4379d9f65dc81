//! Content digests of files outside the store, without reading a file again that has not changed.
//!
//! A hint maps what the system says about a file (device, inode, size, time of modification, time of change) to
//! its digest. The time of change cannot be set back by a program, so restoring the time of modification does
//! not fool it. A file that was touched just before it is read gets no hint: a second change within the
//! resolution of its timestamps would look the same ("racily clean" in git's terms). A lost or damaged hint costs
//! one reading of the file, never a wrong digest. The files of a folder have their hints together in one file: a folder
//! may hold a hundred thousand.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::durable::{self, Access};
use crate::layout::Layout;
use crate::{Digest, Folder, StoreError, checked};

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

/// The digest of a file's content, or of a folder's names and contents, as of now.
pub(crate) fn fingerprint(layout: &Layout, path: &Path) -> Result<Digest, StoreError> {
    if path.is_dir() {
        return folder(layout, path).map(|folder| folder.digest);
    }
    take(&layout.fingerprints(), &layout.tmp(), path, now()).map(|fingerprint| fingerprint.digest)
}

/// The files of a folder as of now.
pub(crate) fn folder(layout: &Layout, path: &Path) -> Result<Folder, StoreError> {
    take_folder(&layout.fingerprints(), &layout.tmp(), path, now()).map(|(folder, _)| folder)
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
    let known = |stamp: &Stamp| read_hint(hints, stamp);
    let (fingerprint, stamp) = settle(path, now, &known)?;
    if let Some(stamp) = stamp.filter(|_| fingerprint.was_read) {
        let digest = fingerprint.digest;
        write_hint(tmp, &stamp.hint_path(hints), &Hint { stamp, digest });
    }
    Ok(fingerprint)
}

/// The files of a folder, and how many of them were read.
fn take_folder(hints: &Path, tmp: &Path, path: &Path, now: Instant) -> Result<(Folder, usize), StoreError> {
    let metadata = fs::metadata(path).map_err(StoreError::io("list the folder", path))?;
    let place = Stamp::of(&metadata).map(|stamp| stamp.hint_path(hints).with_extension("files"));
    let remembered: BTreeMap<_, Hint> = place
        .as_deref()
        .and_then(read_checked::<Vec<Hint>>)
        .unwrap_or_default()
        .into_iter()
        .map(|hint| ((hint.stamp.device, hint.stamp.inode), hint))
        .collect();
    let known = |stamp: &Stamp| {
        let hint = remembered.get(&(stamp.device, stamp.inode))?;
        (hint.stamp == *stamp).then_some(hint.digest)
    };
    let (mut kept, mut were_read) = (Vec::new(), 0);
    let folder = Folder::read(path, |file| {
        let (fingerprint, stamp) = settle(file, now, &known)?;
        let digest = fingerprint.digest;
        kept.extend(stamp.map(|stamp| Hint { stamp, digest }));
        were_read += usize::from(fingerprint.was_read);
        Ok(digest)
    })?;
    if let Some(place) = place.filter(|_| were_read > 0) {
        write_hint(tmp, &place, &kept);
    }
    Ok((folder, were_read))
}

/// The digest of a file that holds still, and its stamp if that may be remembered.
fn settle(
    path: &Path,
    now: Instant,
    known: &dyn Fn(&Stamp) -> Option<Digest>,
) -> Result<(Fingerprint, Option<Stamp>), StoreError> {
    let failed = |error| StoreError::io("read", path)(error);
    for _ in 0..READINGS {
        let before = Stamp::of(&fs::metadata(path).map_err(failed)?);
        if let Some(digest) = before.as_ref().and_then(known) {
            let was_read = false;
            return Ok((Fingerprint { digest, was_read }, before));
        }
        let digest = Digest::of_file(path).map_err(failed)?;
        if Stamp::of(&fs::metadata(path).map_err(failed)?) != before {
            continue;
        }
        let was_read = true;
        let stamp = before.filter(|stamp| stamp.is_settled(now));
        return Ok((Fingerprint { digest, was_read }, stamp));
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
    let hint: Hint = read_checked(&stamp.hint_path(hints))?;
    (hint.stamp == *stamp).then_some(hint.digest)
}

fn read_checked<T: Serialize + DeserializeOwned>(path: &Path) -> Option<T> {
    checked::from_json(&fs::read(path).ok()?).ok()
}

/// Not flushed: its check tells whether it survived.
fn write_hint(tmp: &Path, path: &Path, hint: &impl Serialize) {
    let write = || -> io::Result<()> {
        let file = durable::write_temporary(tmp, &checked::to_json(hint)?, Access::ReadWrite)?;
        Ok(file.persist(path)?)
    };
    if let Err(error) = write() {
        tracing::warn!(path = %path.display(), %error, "what it is about will be read again next time");
    }
}

#[cfg(test)]
mod tests;
