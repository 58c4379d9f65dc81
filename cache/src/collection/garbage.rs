//! What can go from a store, and why: the words of a collection. Decides nothing.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::{Digest, Key};

/// Which entries a collection removes, beside those that nobody can read.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Those that no build has used for this long; none if absent. Hints that are as old go too.
    pub unused_for: Option<Duration>,
    /// The longest unused, until the store is no larger; none if absent.
    pub max_bytes: Option<u64>,
    /// Never these.
    pub keep: HashSet<Key>,
}

/// What can go from a store, entries first.
#[derive(Debug)]
pub struct Collection {
    /// Each with its reason.
    pub garbage: Vec<Garbage>,
    /// The length of everything in the store.
    pub bytes_before: u64,
    /// How many entries would go by the policy, and stay because a running build uses or may use them.
    pub in_use: usize,
}

/// One thing that can go.
#[derive(Clone, Debug)]
pub struct Garbage {
    /// What it is.
    pub object: Object,
    /// Where it lies.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// When it was last changed, or used, as far as known: if that moves, it stays.
    pub modified: SystemTime,
    /// Why it can go.
    pub reason: Reason,
}

/// The sorts of things in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// What a stage made.
    Entry {
        /// Its key.
        key: Key,
        /// The kind of stage, if it can be read.
        kind: Option<String>,
        /// The blobs that are named by it and stay as long as it does.
        blobs: Vec<Digest>,
    },
    /// Content.
    Blob {
        /// Its digest.
        digest: Digest,
    },
    /// A file on its way in.
    Temporary,
    /// Unfinished work.
    Partial {
        /// The key of the stage.
        key: Key,
    },
    /// The file of a lock.
    Lock {
        /// The key it is the lock of.
        key: Key,
    },
    /// The history of a study.
    History {
        /// The name of the study.
        study: String,
    },
    /// The file of a build.
    Build,
    /// Remembered digests of files outside the store.
    Fingerprint,
}

/// Why something can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is an entry that cannot be read.
    Damaged {
        /// What is wrong with it.
        why: String,
    },
    /// No build has used it for as long as the policy says.
    Unused {
        /// When it was last used.
        since: SystemTime,
    },
    /// The store is larger than the policy says, and this is the longest unused.
    OverSize {
        /// When it was last used.
        since: SystemTime,
    },
    /// It is a blob, and every entry that names it goes.
    WithEntry {
        /// One of them.
        key: Key,
    },
    /// It is a blob that no entry names.
    Unreferenced,
    /// The process that it belonged to has ended.
    Leftover,
    /// It is unfinished work of a stage that has an entry.
    Finished,
    /// Nothing is left of what it is about.
    Orphaned,
    /// It is a hint that was written long ago; if somebody still goes by it, its loss costs one reading.
    Outdated {
        /// When it was written.
        since: SystemTime,
    },
}

impl Collection {
    /// The length of everything that can go.
    pub fn bytes(&self) -> u64 {
        self.garbage.iter().map(|garbage| garbage.bytes).sum()
    }
}
