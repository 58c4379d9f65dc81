//! Everything that lies in a store, listed. Reads every entry and no blob; changes nothing and decides nothing.

use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use crate::layout::Layout;
use crate::running::BuildRecord;
use crate::{Digest, Entry, HistoryRecord, Key, StoreError, history, lock, running};

/// Everything in a store at one moment, each list in the order of its names.
#[derive(Debug, Default)]
pub struct Inventory {
    /// What stages have made.
    pub entries: Vec<StoredEntry>,
    /// Content.
    pub blobs: Vec<StoredBlob>,
    /// Files on their way in, and those that a killed process left.
    pub temporary: Vec<StoredFile>,
    /// Unfinished work.
    pub partial: Vec<StoredPartial>,
    /// Files of locks, held or free.
    pub locks: Vec<StoredLock>,
    /// Which keys studies have had.
    pub histories: Vec<StoredHistory>,
    /// Remembered digests of files outside the store.
    pub fingerprints: Vec<StoredFile>,
    /// Builds that run, and those that were killed.
    pub builds: Vec<StoredBuild>,
}

/// A file, with what the file system says about it.
#[derive(Clone, Debug)]
pub struct StoredFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its length; of a folder that of all files in it.
    pub bytes: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// The file of an entry.
#[derive(Debug)]
pub struct StoredEntry {
    /// The key it is stored under.
    pub key: Key,
    /// Its file; it was last used when that was last modified, to within a day.
    pub file: StoredFile,
    /// What it says, or why that is no entry.
    pub content: Result<Entry, String>,
}

/// Content under its digest. Whether it is intact shows when it is read.
#[derive(Debug)]
pub struct StoredBlob {
    /// The digest it is stored under.
    pub digest: Digest,
    /// Its file.
    pub file: StoredFile,
}

/// Unfinished work of a stage.
#[derive(Debug)]
pub struct StoredPartial {
    /// The key of the stage.
    pub key: Key,
    /// Its file or folder.
    pub file: StoredFile,
}

/// The file of a lock.
#[derive(Debug)]
pub struct StoredLock {
    /// The key it is the lock of.
    pub key: Key,
    /// Its file.
    pub file: StoredFile,
    /// Whether a process builds the key.
    pub is_held: bool,
}

/// The history of a study.
#[derive(Debug)]
pub struct StoredHistory {
    /// The name of the study.
    pub study: String,
    /// Its file.
    pub file: StoredFile,
    /// The keys it names, oldest first.
    pub records: Vec<HistoryRecord>,
}

/// A build that runs, or one that was killed.
#[derive(Debug)]
pub struct StoredBuild {
    /// Its file.
    pub file: StoredFile,
    /// Whether its process still has it.
    pub is_running: bool,
    /// Its process, if it says so.
    pub pid: Option<u32>,
    /// The name of its study, if it says so.
    pub study: Option<String>,
    /// When it began; of one that does not say so, long ago.
    pub started: SystemTime,
}

impl Inventory {
    pub(crate) fn take(layout: &Layout) -> Result<Inventory, StoreError> {
        Ok(Inventory {
            // Before everything else: what starts later finds what is listed later.
            builds: builds(layout)?,
            entries: entries(layout)?,
            blobs: blobs(layout)?,
            temporary: files(&layout.tmp())?,
            partial: partial(layout)?,
            locks: locks(layout)?,
            histories: histories(layout)?,
            fingerprints: files(&layout.fingerprints())?,
        })
    }

    /// The length of all files together.
    pub fn bytes(&self) -> u64 {
        let named = (self.entries.iter().map(|entry| &entry.file))
            .chain(self.blobs.iter().map(|blob| &blob.file))
            .chain(self.partial.iter().map(|partial| &partial.file))
            .chain(self.locks.iter().map(|lock| &lock.file))
            .chain(self.histories.iter().map(|history| &history.file))
            .chain(self.builds.iter().map(|build| &build.file));
        let files = named.chain(&self.temporary).chain(&self.fingerprints);
        files.map(|file| file.bytes).sum()
    }
}

/// The builds that have a file, running or not.
pub(crate) fn builds(layout: &Layout) -> Result<Vec<StoredBuild>, StoreError> {
    let build = |file: StoredFile| {
        let is_running = running::is_running(&file.path);
        let record: Option<BuildRecord> = fs::read(&file.path)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok());
        let started = record.as_ref().map_or(0, |record| record.started);
        StoredBuild {
            file,
            is_running,
            pid: record.as_ref().map(|record| record.pid),
            study: record.map(|record| record.study),
            started: SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_secs(started))
                .unwrap_or(SystemTime::UNIX_EPOCH),
        }
    };
    Ok(files(&layout.builds())?.into_iter().map(build).collect())
}

/// The entries, in the order of their keys.
pub(crate) fn entries(layout: &Layout) -> Result<Vec<StoredEntry>, StoreError> {
    let mut found = in_parallel(&folders(&layout.entries())?, |folder| {
        let mut entries = Vec::new();
        for file in files(folder)? {
            let stem = name_of(&file.path).and_then(|name| name.strip_suffix(".json"));
            if let Some(key) = stem.and_then(|stem| stem.parse().ok()) {
                entries.extend(entry(key, file));
            }
        }
        Ok(entries)
    })?;
    found.sort_by_key(|entry| entry.key);
    Ok(found)
}

/// Reads an entry; none if it has gone meanwhile. One that cannot be read is damaged: it must not hide the others.
fn entry(key: Key, file: StoredFile) -> Option<StoredEntry> {
    let content = match fs::read(&file.path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => Err(format!("it cannot be read: {error}")),
        Ok(json) => Entry::from_json(&json, &key).map_err(|damage| damage.to_string()),
    };
    Some(StoredEntry { key, file, content })
}

fn blobs(layout: &Layout) -> Result<Vec<StoredBlob>, StoreError> {
    let mut found = in_parallel(&folders(&layout.blobs())?, |folder| {
        let blob = |file: StoredFile| {
            let digest = name_of(&file.path)?.parse().ok()?;
            Some(StoredBlob { digest, file })
        };
        Ok(files(folder)?.into_iter().filter_map(blob).collect())
    })?;
    found.sort_by_key(|blob| blob.digest);
    Ok(found)
}

fn partial(layout: &Layout) -> Result<Vec<StoredPartial>, StoreError> {
    let partial = |file: StoredFile| {
        let key = name_of(&file.path)?.parse().ok()?;
        Some(StoredPartial { key, file })
    };
    Ok(files(&layout.partials())?
        .into_iter()
        .filter_map(partial)
        .collect())
}

fn locks(layout: &Layout) -> Result<Vec<StoredLock>, StoreError> {
    let lock = |file: StoredFile| {
        let key = name_of(&file.path)?.parse().ok()?;
        let is_held = lock::is_held(&file.path);
        Some(StoredLock { key, file, is_held })
    };
    Ok(files(&layout.locks())?.into_iter().filter_map(lock).collect())
}

fn histories(layout: &Layout) -> Result<Vec<StoredHistory>, StoreError> {
    let mut found = Vec::new();
    for file in files(&layout.histories())? {
        if let Some(study) = name_of(&file.path).and_then(Layout::study_of) {
            let records = history::History::new(file.path.clone()).records()?;
            found.push(StoredHistory { study, file, records });
        }
    }
    Ok(found)
}

/// The files and folders right below a folder, by name; those that go meanwhile are left out.
fn files(folder: &Path) -> Result<Vec<StoredFile>, StoreError> {
    let mut found = Vec::new();
    for item in list(folder)? {
        let path = item.path();
        match stored(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            file => found.push(file.map_err(StoreError::io("look at", &path))?),
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let found = list(folder)?.into_iter();
    Ok(found
        .map(|item| item.path())
        .filter(|path| path.is_dir())
        .collect())
}

fn list(folder: &Path) -> Result<Vec<DirEntry>, StoreError> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect);
    listed.map_err(StoreError::io("list", folder))
}

fn stored(path: &Path) -> std::io::Result<StoredFile> {
    let metadata = fs::symlink_metadata(path)?;
    let bytes = match metadata.is_dir() {
        true => bytes_below(path),
        false => metadata.len(),
    };
    Ok(StoredFile {
        path: path.to_owned(),
        bytes,
        modified: metadata.modified()?,
    })
}

/// The length of all files below a folder, as far as they can be seen.
fn bytes_below(folder: &Path) -> u64 {
    let items = fs::read_dir(folder).into_iter().flatten().flatten();
    let below = items.filter_map(|item| stored(&item.path()).ok());
    below.map(|file| file.bytes).sum()
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// What `look` makes of each folder, with as many threads as there are cores: reading many small files is waiting.
fn in_parallel<T: Send>(
    folders: &[PathBuf],
    look: impl Fn(&Path) -> Result<Vec<T>, StoreError> + Sync,
) -> Result<Vec<T>, StoreError> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Ok(Vec::new())));
    let look_at_some = || {
        while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            let looked = look(folder);
            let Ok(mut found) = found.lock() else { return };
            match (&mut *found, looked) {
                (Ok(all), Ok(more)) => all.extend(more),
                (Ok(_), Err(error)) => *found = Err(error),
                (Err(_), _) => return,
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(look_at_some);
        }
        look_at_some();
    });
    found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
