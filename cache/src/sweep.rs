//! Removes what a collection chose, unless it has been used since. Decides nothing else.
//!
//! The order makes it safe to end anywhere: an entry goes before its blobs, so nothing that is found lacks what was
//! promised with it. Removal happens in batches with the gate closed: in between, builds find and publish. One that
//! has begun since the collection was chosen is looked for at each batch.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::collection::Protection;
use crate::layout::Layout;
use crate::{
    Collection, Digest, Garbage, LockHolder, Object, StoreError, StoredHistory, inventory, lock, running,
};

/// Files that are removed without letting builds in.
const BATCH: usize = 64;

/// What became of something that could go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is gone, by this removal.
    Removed,
    /// Another process has removed it before, or replaced what was wrong with it.
    Gone,
    /// It stays: it was used or changed since it was chosen, a build that began since needs it, or it is a folder where
    /// a file should be.
    Spared,
}

pub(crate) fn sweep(
    layout: &Layout,
    collection: &Collection,
    on_wait: &mut dyn FnMut(&LockHolder),
    observer: &mut dyn FnMut(&Garbage, Fate),
) -> Result<(), StoreError> {
    let _alone = lock::lock(&layout.collecting(), on_wait)?;
    let mut sweep = Sweep {
        layout,
        spared: HashSet::new(),
        builds: None,
        protection: Protection::default(),
    };
    for batch in collection.garbage.chunks(BATCH) {
        let _gate = running::close_gate(layout)?;
        sweep.look_for_builds()?;
        for garbage in batch {
            observer(garbage, sweep.remove(garbage)?);
        }
    }
    Ok(())
}

struct Sweep<'a> {
    layout: &'a Layout,
    /// Blobs of entries that stay against the collection's choice.
    spared: HashSet<Digest>,
    /// The builds that the protection knows of.
    builds: Option<BTreeSet<PathBuf>>,
    protection: Protection,
}

impl Sweep<'_> {
    /// Takes builds into account that have begun since the last look. Those that ended meanwhile are no loss.
    fn look_for_builds(&mut self) -> Result<(), StoreError> {
        let builds = inventory::builds(self.layout)?;
        let running = builds.iter().filter(|build| build.is_running);
        let running: BTreeSet<PathBuf> = running.map(|build| build.file.path.clone()).collect();
        if self.builds.as_ref() == Some(&running) {
            return Ok(());
        }
        let studies = builds.iter().filter_map(|build| build.study.clone());
        let mut histories = Vec::new();
        for study in studies {
            let history = crate::History::new(self.layout.history(&study));
            let records = history.records()?;
            let file = crate::StoredFile {
                path: self.layout.history(&study),
                bytes: 0,
                modified: SystemTime::UNIX_EPOCH,
            };
            histories.push(StoredHistory { study, file, records });
        }
        self.protection = Protection::new(&builds, &histories, []);
        self.builds = Some(running);
        Ok(())
    }

    fn remove(&mut self, garbage: &Garbage) -> Result<Fate, StoreError> {
        match self.try_remove(garbage) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Fate::Gone),
            fate => fate.map_err(StoreError::io("remove", &garbage.path)),
        }
    }

    fn try_remove(&mut self, garbage: &Garbage) -> io::Result<Fate> {
        let is_removed = self.may_go(garbage)?
            && match &garbage.object {
                Object::Lock { .. } => lock::remove_free(&garbage.path)?,
                Object::Partial { key } => self.remove_partial(garbage, key)?,
                _ => remove_file(&garbage.path)?,
            };
        if is_removed {
            return Ok(Fate::Removed);
        }
        if let Object::Entry { blobs, .. } = &garbage.object {
            self.spared.extend(blobs);
        }
        Ok(Fate::Spared)
    }

    /// Whether nothing has happened to it since it was chosen.
    fn may_go(&self, garbage: &Garbage) -> io::Result<bool> {
        let modified = fs::symlink_metadata(&garbage.path)?.modified()?;
        Ok(modified == garbage.modified
            && match &garbage.object {
                Object::Entry { key, .. } => !self.protection.covers(key, modified),
                Object::Blob { digest } => {
                    !self.spared.contains(digest) && !self.protection.covers_blob(modified)
                }
                Object::Build => !running::is_running(&garbage.path),
                Object::Temporary | Object::History { .. } => {
                    !self.protection.covers_arriving(modified, SystemTime::now())
                }
                Object::Partial { .. } | Object::Lock { .. } | Object::Fingerprint => true,
            })
    }

    /// Removes unfinished work unless somebody is at it.
    fn remove_partial(&self, garbage: &Garbage, key: &crate::Key) -> io::Result<bool> {
        let path = self.layout.lock(key);
        let file = lock::open(&path)?;
        if file.try_lock().is_err() {
            return Ok(false);
        }
        match garbage.path.is_dir() {
            true => fs::remove_dir_all(&garbage.path)?,
            false => fs::remove_file(&garbage.path)?,
        }
        Ok(true)
    }
}

/// Removes a file; false if it is a folder, which nothing in a store is that goes this way.
pub(crate) fn remove_file(path: &Path) -> io::Result<bool> {
    if fs::symlink_metadata(path)?.is_dir() {
        return Ok(false);
    }
    fs::remove_file(path).map(|()| true)
}
