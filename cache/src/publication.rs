//! The way of one stage's outputs into the store. Keeps the order that makes it atomic: contents are flushed,
//! named and their names flushed before the entry that refers to them gets its own name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempPath;

use crate::durable::{self, Access};
use crate::layout::Layout;
use crate::store;
use crate::{BlobDraft, BlobReference, Cost, Digest, Entry, Key, KeyDocument, Status, StoreError, running};

/// The outputs of one stage on their way into the store.
///
/// Nothing is visible before [`commit`](Publication::commit); dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Publication {
    layout: Arc<Layout>,
    key: Key,
    document: KeyDocument,
    outputs: BTreeMap<String, BlobReference>,
    arriving: BTreeMap<Digest, TempPath>,
    cost: Option<Cost>,
}

impl Publication {
    pub(crate) fn new(layout: Arc<Layout>, document: &KeyDocument) -> Publication {
        Publication {
            layout,
            key: document.key(),
            document: document.clone(),
            outputs: BTreeMap::new(),
            arriving: BTreeMap::new(),
            cost: None,
        }
    }

    /// The key that will be published.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Notes what the stage took, for estimates of others like it.
    pub fn note_cost(&mut self, cost: Cost) {
        self.cost = Some(cost);
    }

    /// Takes one output. Content that the store already holds undamaged is not written again.
    ///
    /// # Errors
    /// [`StoreError::OutputTwice`] if the output has been taken already, [`StoreError::Io`] if the content
    /// cannot be written.
    pub fn blob(&mut self, output: &str, bytes: &[u8]) -> Result<BlobReference, StoreError> {
        self.refuse_twice(output)?;
        let reference = BlobReference {
            digest: Digest::of(bytes),
            bytes: bytes.len() as u64,
        };
        if !self.arriving.contains_key(&reference.digest) && !self.is_usable(&reference) {
            let path = self.layout.tmp();
            let file = durable::write_temporary(&path, bytes, Access::ReadOnly)
                .map_err(StoreError::io("write a blob to", &path))?;
            self.arriving.insert(reference.digest, file);
        }
        self.outputs.insert(output.to_owned(), reference);
        Ok(reference)
    }

    /// Takes one output that was written piece by piece.
    ///
    /// # Errors
    /// As [`blob`](Publication::blob).
    pub fn draft(&mut self, output: &str, draft: BlobDraft) -> Result<BlobReference, StoreError> {
        self.refuse_twice(output)?;
        let (file, reference) = draft.finish()?;
        if !self.arriving.contains_key(&reference.digest) && !self.is_usable(&reference) {
            self.arriving.insert(reference.digest, file);
        }
        self.outputs.insert(output.to_owned(), reference);
        Ok(reference)
    }

    fn refuse_twice(&self, output: &str) -> Result<(), StoreError> {
        match self.outputs.contains_key(output) {
            false => Ok(()),
            true => Err(StoreError::OutputTwice {
                key: self.key,
                output: output.to_owned(),
            }),
        }
    }

    /// Whether the store holds the content undamaged, and keeps it for this publication.
    fn is_usable(&self, reference: &BlobReference) -> bool {
        is_stored(&self.layout, reference)
            && running::keep_blob(&self.layout, &self.layout.blob(&reference.digest))
    }

    /// Makes the outputs and their entry visible, durably, and removes the stage's unfinished work.
    ///
    /// If another process has published the key meanwhile, and its blobs are all undamaged, that entry stays and
    /// is returned: results of one key are interchangeable, and others may already have used the first.
    ///
    /// # Errors
    /// [`StoreError::Io`] if something cannot be written, [`StoreError::EntryNotReadable`] if the entry would not
    /// survive being written. No entry is visible then.
    pub fn commit(
        self,
        status: Status,
        facts: BTreeMap<String, serde_json::Value>,
    ) -> Result<Entry, StoreError> {
        let Publication {
            layout,
            key,
            document,
            outputs,
            arriving,
            cost,
        } = self;
        let entry = Entry {
            key,
            document,
            status,
            outputs,
            facts,
            cost,
        };
        let json = readable_json(&entry)?;
        name_blobs(&layout, arriving)?;
        let committed = match name_entry(&layout, &key, &json)? {
            None => entry,
            Some(earlier) => earlier,
        };
        remove_partial(&layout.partial(&key));
        Ok(committed)
    }
}

/// The file of an entry, once it is certain that it can be read.
fn readable_json(entry: &Entry) -> Result<Vec<u8>, StoreError> {
    let refused = |reason: String| StoreError::EntryNotReadable {
        key: entry.key,
        reason,
    };
    let json = entry.to_json().map_err(|error| refused(error.to_string()))?;
    match Entry::from_json(&json, &entry.key) {
        Ok(read) if read == *entry => Ok(json),
        Ok(_) => Err(refused("it reads differently".to_owned())),
        Err(damage) => Err(refused(damage.to_string())),
    }
}

/// Flushes all contents, then gives them their names, then flushes the names.
fn name_blobs(layout: &Layout, arriving: BTreeMap<Digest, TempPath>) -> Result<(), StoreError> {
    let temporary: Vec<PathBuf> = arriving.values().map(|file| file.to_path_buf()).collect();
    flush_all("flush a blob in", &temporary)?;
    let mut folders = BTreeSet::new();
    for (digest, file) in arriving {
        let path = layout.blob(&digest);
        make_folder_of(&path, &mut folders)?;
        file.persist(&path)
            .map_err(|error| StoreError::io("write the blob", &path)(error.error))?;
    }
    flush_all("flush the folder", &folders.into_iter().collect::<Vec<_>>())
}

/// Gives the entry its name, unless a complete one has it already, which is then returned.
fn name_entry(layout: &Layout, key: &Key, json: &[u8]) -> Result<Option<Entry>, StoreError> {
    let path = layout.entry(key);
    let failed = |error| StoreError::io("write the entry", &path)(error);
    let file = durable::write_temporary(&layout.tmp(), json, Access::ReadWrite).map_err(failed)?;
    durable::flush(&file).map_err(failed)?;
    let mut folders = BTreeSet::new();
    make_folder_of(&path, &mut folders)?;
    if let Err(refused) = file.persist_noclobber(&path) {
        let earlier = store::read_entry(layout, key)?;
        if let Some(earlier) = earlier.filter(|earlier| is_complete(layout, earlier)) {
            return Ok(Some(earlier));
        }
        refused.path.persist(&path).map_err(|error| failed(error.error))?;
    }
    flush_all("flush the folder", &folders.into_iter().collect::<Vec<_>>())?;
    Ok(None)
}

fn is_complete(layout: &Layout, entry: &Entry) -> bool {
    entry
        .outputs
        .values()
        .all(|reference| is_stored(layout, reference))
}

/// Reads the content again rather than trusting its name, so that publishing repairs what is damaged.
fn is_stored(layout: &Layout, reference: &BlobReference) -> bool {
    store::has_blob(layout, reference)
        && Digest::of_file(&layout.blob(&reference.digest)).is_ok_and(|found| found == reference.digest)
}

/// Makes the folder a file will lie in, and notes which folders must be flushed for the file to stay.
fn make_folder_of(path: &Path, to_flush: &mut BTreeSet<PathBuf>) -> Result<(), StoreError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let created = durable::create_folder(folder).map_err(StoreError::io("create the folder", folder))?;
    to_flush.insert(folder.to_owned());
    if created && let Some(parent) = folder.parent() {
        to_flush.insert(parent.to_owned());
    }
    Ok(())
}

fn flush_all(doing: &'static str, paths: &[PathBuf]) -> Result<(), StoreError> {
    durable::flush_all(paths).map_err(|(path, source)| StoreError::Io { doing, path, source })
}

/// Work that stays behind only takes space, so failing to remove it does not undo the commit.
fn remove_partial(path: &Path) {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    if let Err(error) = removed
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "unfinished work stays behind");
    }
}
