//! A store in a temporary folder, and a document to publish in it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gan_cache::{Digest, Entry, Key, KeyDocument, Status, Store, Value};
use tempfile::TempDir;

/// A store that disappears with the test.
pub(crate) struct Bench {
    folder: TempDir,
    pub(crate) store: Store,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        Bench { folder, store }
    }

    /// A folder outside the store.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.store.root().join("blobs").join(&name[..2]).join(name)
    }

    pub(crate) fn entry_path(&self, key: &Key) -> PathBuf {
        let name = key.to_string();
        self.store
            .root()
            .join("entries")
            .join(&name[..2])
            .join(format!("{name}.json"))
    }

    /// Publishes one output named `generator`, and one fact.
    pub(crate) fn publish(&self, document: &KeyDocument, content: &[u8]) -> Entry {
        publish(&self.store, document, content)
    }

    /// Another store with the same entries and blobs, all of them last changed so long ago.
    pub(crate) fn copy_aged(&self, age: Duration) -> Bench {
        let copy = Bench::new();
        for from in [self.files("entries"), self.files("blobs")].concat() {
            let to = copy
                .store
                .root()
                .join(from.strip_prefix(self.store.root()).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&from, &to).unwrap();
            copy.age(&to, age);
        }
        copy
    }

    /// Makes a file look as if it had last been changed so long ago.
    pub(crate) fn age(&self, path: &Path, age: Duration) {
        let file = fs::File::open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    /// Everything below a folder of the store that is not a folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        files_below(&self.store.root().join(folder))
    }
}

pub(crate) fn publish(store: &Store, document: &KeyDocument, content: &[u8]) -> Entry {
    let mut publication = store.publish(document).unwrap();
    publication.blob("generator", content).unwrap();
    let facts = BTreeMap::from([("fid".to_owned(), serde_json::json!(12.345_678_901_234_567))]);
    publication.commit(Status::Completed, facts).unwrap()
}

/// A document that differs for each seed.
pub(crate) fn document(seed: u32) -> KeyDocument {
    KeyDocument {
        kind: "train".to_owned(),
        version: 1,
        parameters: BTreeMap::from([("seed".to_owned(), Value::from(seed))]),
        inputs: BTreeMap::from([("data".to_owned(), Digest::of(b"data"))]),
    }
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut files: Vec<PathBuf> = fs::read_dir(path)
        .unwrap()
        .flat_map(|item| files_below(&item.unwrap().path()))
        .collect();
    files.sort();
    files
}

/// Replaces a file that may be read-only.
pub(crate) fn overwrite(path: &Path, content: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, content).unwrap();
}
