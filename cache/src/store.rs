//! The store: the one handle through which the rest of the program reaches entries, blobs, locks and hints.
//! Decides what is a miss and what an error; does not know what a stage is or why something is asked for.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::layout::Layout;
use crate::{
    Blob, BlobDraft, BlobError, BlobReference, Collection, Digest, Entry, Fate, Folder, Garbage, History,
    Inventory, Key, KeyDocument, KeyLock, LockHolder, Publication, RunningBuild, StoreError, running, sweep,
};

/// A content-addressed store below one folder; clones share it, and any number of processes may use it at once.
///
/// There is no index of keys: finding an entry is reading one small file (about 20 microseconds), which an index
/// that can be out of date would not improve on.
#[derive(Clone, Debug)]
pub struct Store {
    layout: Arc<Layout>,
    /// Whether finding an entry counts as using it, which only a build does.
    notes_use: bool,
}

impl Store {
    /// Opens the store below `root`, and makes it if there is none.
    ///
    /// # Errors
    /// [`StoreError::NewerFormat`] for a store of a newer version, [`StoreError::UnknownFormat`] for a folder
    /// whose `format` file is something else, [`StoreError::Io`] if the folder cannot be made.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        Ok(Store {
            layout: Arc::new(Layout::open(root)?),
            notes_use: false,
        })
    }

    /// The folder of the store, as an absolute path.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Finds what the stage with this key made.
    ///
    /// A file that is damaged, unreadable or the entry of another key is a miss. It is left for inspection, and the
    /// next commit of the key replaces it.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the store itself is out of reach: no permission, or its folder is no folder.
    pub fn entry(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let entry = read_entry(&self.layout, key)?;
        match self.notes_use && entry.is_some() {
            true => Ok(entry.filter(|_| running::note_use(&self.layout, &self.layout.entry(key)))),
            false => Ok(entry),
        }
    }

    /// Says that a build of a study runs, until the result is dropped or the process ends.
    ///
    /// What is found through [`RunningBuild::store`] counts as used, and no collection removes it meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Io`] if that cannot be noted in the store.
    pub fn begin_build(&self, study: &str) -> Result<RunningBuild, StoreError> {
        let store = Store {
            layout: Arc::clone(&self.layout),
            notes_use: true,
        };
        RunningBuild::begin(store, study)
    }

    /// Looks at everything that lies in the store; reads every entry and no blob.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a folder cannot be listed or a history not read. An entry that is damaged or cannot be read
    /// is listed as such.
    pub fn inventory(&self) -> Result<Inventory, StoreError> {
        Inventory::take(&self.layout)
    }

    /// Every entry that can be read, in the order of keys.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the entries cannot be listed.
    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let stored = crate::inventory::entries(&self.layout)?;
        Ok(stored
            .into_iter()
            .filter_map(|entry| entry.content.ok())
            .collect())
    }

    /// Removes what a collection lists, except what has been used since; `observer` is told each fate.
    ///
    /// Another collection is waited for, of which `on_wait` is told. Entries go before their blobs, so that ending
    /// half-way leaves a store in which everything that is found is complete.
    ///
    /// # Errors
    /// [`StoreError::Io`] if something cannot be removed or locked; what was removed before stays removed.
    pub fn remove(
        &self,
        collection: &Collection,
        on_wait: &mut dyn FnMut(&LockHolder),
        observer: &mut dyn FnMut(&Garbage, Fate),
    ) -> Result<(), StoreError> {
        sweep::sweep(&self.layout, collection, on_wait, observer)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Opens content and verifies all of its bytes.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Damaged`] or, if the file cannot be read, [`BlobError::Io`].
    pub fn blob(&self, digest: &Digest) -> Result<Blob, BlobError> {
        Blob::open(&self.layout.blob(digest), digest)
    }

    /// Tells whether content with this length is there, without reading it.
    pub fn has_blob(&self, reference: &BlobReference) -> bool {
        has_blob(&self.layout, reference)
    }

    /// Removes content; it is fine if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it is there and cannot be removed.
    pub fn remove_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        let path = self.layout.blob(digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(StoreError::io("remove the blob", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes content that is not what its digest promises, or cannot be read, if that is still so.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be removed, or the store not be locked.
    pub fn remove_damaged_blob(&self, digest: &Digest) -> Result<Fate, StoreError> {
        let path = self.layout.blob(digest);
        let _gate = running::close_gate(&self.layout)?;
        if matches!(self.blob(digest), Ok(_) | Err(BlobError::Missing { .. })) {
            return Ok(Fate::Gone);
        }
        match sweep::remove_file(&path) {
            Ok(true) => Ok(Fate::Removed),
            Ok(false) => Ok(Fate::Spared),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Fate::Gone),
            Err(error) => Err(StoreError::io("remove the blob", &path)(error)),
        }
    }

    /// Begins to publish what the stage with this document made.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the store's folder is gone.
    pub fn publish(&self, document: &KeyDocument) -> Result<Publication, StoreError> {
        let tmp = self.layout.tmp();
        fs::metadata(&tmp).map_err(StoreError::io("publish through", &tmp))?;
        Ok(Publication::new(Arc::clone(&self.layout), document))
    }

    /// Begins to write a blob whose content is too large to be in memory at once.
    ///
    /// # Errors
    /// [`StoreError::Io`] if no file can be made in the store.
    pub fn draft(&self) -> Result<BlobDraft, StoreError> {
        BlobDraft::new(&self.layout.tmp())
    }

    /// Takes the right to build a key, waiting for whoever has it; `on_wait` is called once if that is so.
    ///
    /// The kernel gives the lock back when the holder's process ends, also when it is killed.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the lock's file cannot be made, or the file system has no locks.
    pub fn lock(&self, key: &Key, on_wait: &mut dyn FnMut(&LockHolder)) -> Result<KeyLock, StoreError> {
        crate::lock::lock(&self.layout.lock(key), on_wait)
    }

    /// Where the stage with this key may keep unfinished work, as a file or a folder it makes itself.
    ///
    /// It is never taken for a result; committing the key removes it.
    pub fn partial(&self, key: &Key) -> PathBuf {
        self.layout.partial(key)
    }

    /// The content digest of a file or folder outside the store, of which only what may have changed is read.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a file cannot be read or a folder not listed, [`StoreError::FolderLoop`] or
    /// [`StoreError::DanglingLink`] if a link leads back to a folder above it or to nothing, [`StoreError::FileChanging`]
    /// if a file does not hold still.
    pub fn fingerprint(&self, path: &Path) -> Result<Digest, StoreError> {
        crate::fingerprint::fingerprint(&self.layout, path)
    }

    /// The files of a folder outside the store, with their digests and the folder's own.
    ///
    /// # Errors
    /// As [`fingerprint`](Store::fingerprint), also if there is a file in the folder's place.
    pub fn folder(&self, path: &Path) -> Result<Folder, StoreError> {
        crate::fingerprint::folder(&self.layout, path)
    }

    /// The history of a study; empty if it has none yet.
    pub fn history(&self, study: &str) -> History {
        History::new(self.layout.history(study))
    }
}

pub(crate) fn read_entry(layout: &Layout, key: &Key) -> Result<Option<Entry>, StoreError> {
    let path = layout.entry(key);
    let json = match fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // These say something about the store and not about the entry; a miss would hide them.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::NotADirectory
            ) =>
        {
            return Err(StoreError::io("read the entry", &path)(error));
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "an entry cannot be read and is taken for a miss");
            return Ok(None);
        }
    };
    let entry = Entry::from_json(&json, key);
    Ok(entry
        .inspect_err(|damage| tracing::warn!(path = %path.display(), %damage, "a damaged entry is a miss"))
        .ok())
}

pub(crate) fn has_blob(layout: &Layout, reference: &BlobReference) -> bool {
    fs::metadata(layout.blob(&reference.digest))
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == reference.bytes)
}
