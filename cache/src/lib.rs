//! The content-addressed store of gan-pipe: bytes become digests, digests make key documents, and a key finds
//! the entry of a stage that has already run.
//!
//! The crate knows bytes, names and files. It does not know what a stage computes, what a study is, or when
//! something should run; and it never prints.
//!
//! * [`Digest`] and [`Key`]: BLAKE3 of content, and of a key document.
//! * [`KeyDocument`]: everything a stage's result is a function of; it hashes itself and explains how it
//!   differs from another.
//! * [`Store`]: entries, blobs, locks, unfinished work, hints and histories below one folder.
//! * [`Inventory`] and [`Collection`]: what lies in a store, and what of it can go and why.
//!
//! Promises, each held by a test: a reader never sees a half-written entry; a blob's bytes are verified each
//! time it is opened; damage is a miss and never a wrong answer; two documents with one key are equal; a collection
//! removes nothing that a running build has used.

mod blob;
mod checked;
mod collection;
mod digest;
mod document;
mod draft;
mod durable;
mod entry;
mod error;
mod fingerprint;
mod folder;
mod history;
mod inventory;
mod layout;
mod lock;
mod publication;
mod running;
mod store;
mod sweep;

pub use blob::Blob;
pub use collection::{Collection, Garbage, Object, Policy, Reason};
pub use digest::{Digest, DigestError, Key};
pub use document::{Difference, DocumentError, Finite, KeyDocument, Value};
pub use draft::BlobDraft;
pub use entry::{BlobReference, Cost, Entry, Status};
pub use error::{BlobError, StoreError};
pub use folder::{Folder, FolderFile};
pub use history::{History, HistoryRecord};
pub use inventory::{
    Inventory, StoredBlob, StoredBuild, StoredEntry, StoredFile, StoredHistory, StoredLock, StoredPartial,
};
pub use lock::{KeyLock, LockHolder};
pub use publication::Publication;
pub use running::RunningBuild;
pub use store::Store;
pub use sweep::Fate;
