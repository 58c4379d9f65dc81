//! Removes what a collection chose, unless it has been used since. Decides nothing else.
//!
//! The order makes it safe to end anywhere: an entry goes before its blobs, so nothing that is found lacks what was
//! promised with it. Removal happens in batches with the gate closed: in between, builds find and publish. One that
//! has begun since the collection was chosen is looked for at each batch.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
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
    /// It is gone.
    Removed,
    /// It was used or changed since it was chosen, or is needed by a build that began since, and stays.
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
        let failed = |error| StoreError::io("remove", &garbage.path)(error);
        if !self.may_go(garbage).map_err(failed)? {
            if let Object::Entry { blobs, .. } = &garbage.object {
                self.spared.extend(blobs);
            }
            return Ok(Fate::Spared);
        }
        let removed = match &garbage.object {
            Object::Lock { .. } => lock::remove_free(&garbage.path),
            Object::Partial { key } => self.remove_partial(garbage, key),
            _ => gone(fs::remove_file(&garbage.path)),
        };
        match removed.map_err(failed)? {
            true => Ok(Fate::Removed),
            false => Ok(Fate::Spared),
        }
    }

    /// Whether nothing has happened to it since it was chosen.
    fn may_go(&self, garbage: &Garbage) -> io::Result<bool> {
        let modified = match fs::symlink_metadata(&garbage.path) {
            // It is as if this one had removed it.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            metadata => metadata?.modified()?,
        };
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
                Object::Partial { .. } | Object::Lock { .. } => true,
            })
    }

    /// Removes unfinished work unless somebody is at it.
    fn remove_partial(&self, garbage: &Garbage, key: &crate::Key) -> io::Result<bool> {
        let path = self.layout.lock(key);
        let file = lock::open(&path)?;
        if file.try_lock().is_err() {
            return Ok(false);
        }
        gone(match garbage.path.is_dir() {
            true => fs::remove_dir_all(&garbage.path),
            false => fs::remove_file(&garbage.path),
        })
    }
}

/// That something is gone already is as good as having removed it.
fn gone(removed: io::Result<()>) -> io::Result<bool> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(true),
    }
}
