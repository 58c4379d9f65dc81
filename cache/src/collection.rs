//! What of a store can go, and why. Pure: decides from an inventory, a policy and the time; removes nothing.
//!
//! An entry goes only if the policy says so or nobody can read it; whatever is below it in a graph is then found by
//! nobody. A blob goes when no entry that stays names it. An entry whose blobs are gone stays: keys below need it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::inventory::{StoredBuild, StoredHistory};
use crate::running::USE_RESOLUTION;
use crate::{Digest, Inventory, Key, StoredBlob, StoredEntry, StoredFile};

/// What no entry names may be on its way to one for this long, even if no build says that it runs.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// Which entries a collection removes, beside those that nobody can read.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Those that no build has used for this long; none if absent.
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
}

/// What a collection leaves alone because of builds that run.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    /// When the oldest running build began.
    oldest: Option<SystemTime>,
    /// The keys that histories of their studies name, and those that are being built.
    keys: HashSet<Key>,
}

impl Protection {
    pub(crate) fn new(
        builds: &[StoredBuild],
        histories: &[StoredHistory],
        building: impl IntoIterator<Item = Key>,
    ) -> Protection {
        let running = || builds.iter().filter(|build| build.is_running);
        let studies: HashSet<&str> = running().filter_map(|build| build.study.as_deref()).collect();
        let histories = histories
            .iter()
            .filter(|history| studies.contains(&*history.study));
        let named = histories.flat_map(|history| history.records.iter().map(|record| record.key));
        Protection {
            oldest: running().map(|build| build.started).min(),
            keys: named.chain(building).collect(),
        }
    }

    /// Whether a running build has used an entry or is likely to come to it.
    pub(crate) fn covers(&self, key: &Key, used: SystemTime) -> bool {
        // A build that found it since noted that, unless another had done so within the resolution.
        let is_recent = |oldest| used + USE_RESOLUTION >= oldest;
        self.keys.contains(key) || self.oldest.is_some_and(is_recent)
    }

    /// Whether a running build may have found this blob stored already, for an entry that it is about to make.
    pub(crate) fn covers_blob(&self, modified: SystemTime) -> bool {
        self.oldest.is_some_and(|oldest| modified >= oldest)
    }

    /// Whether something that no entry names may be on its way to one.
    pub(crate) fn covers_arriving(&self, modified: SystemTime, now: SystemTime) -> bool {
        modified + GRACE >= self.oldest.unwrap_or(now).min(now)
    }
}

impl Collection {
    /// Decides what can go, as of `now`.
    pub fn choose(inventory: &Inventory, policy: &Policy, now: SystemTime) -> Collection {
        let held = inventory.locks.iter().filter(|lock| lock.is_held);
        let building: HashSet<Key> = held.map(|lock| lock.key).collect();
        let protection = Protection::new(&inventory.builds, &inventory.histories, building.iter().copied());
        let mut chooser = Chooser {
            inventory,
            policy,
            protection,
            building,
            now,
            going: BTreeMap::new(),
            in_use: 0,
        };
        chooser.choose_entries();
        let blobs = chooser.blobs();
        chooser.shrink(&blobs);
        Collection {
            garbage: chooser.garbage(),
            bytes_before: inventory.bytes(),
            in_use: chooser.in_use,
        }
    }

    /// The length of everything that can go.
    pub fn bytes(&self) -> u64 {
        self.garbage.iter().map(|garbage| garbage.bytes).sum()
    }
}

struct Chooser<'a> {
    inventory: &'a Inventory,
    policy: &'a Policy,
    protection: Protection,
    /// Keys whose lock is held.
    building: HashSet<Key>,
    now: SystemTime,
    /// The entries that go, by position.
    going: BTreeMap<usize, Reason>,
    in_use: usize,
}

impl<'a> Chooser<'a> {
    fn choose_entries(&mut self) {
        for (index, entry) in self.inventory.entries.iter().enumerate() {
            let since = entry.file.modified;
            let age = self.now.duration_since(since).unwrap_or_default();
            let reason = match &entry.content {
                Err(why) => Reason::Damaged { why: why.clone() },
                Ok(_) if self.policy.unused_for.is_some_and(|limit| age >= limit) => Reason::Unused { since },
                Ok(_) => continue,
            };
            if self.may_go(entry) {
                self.going.insert(index, reason);
            }
        }
    }

    fn may_go(&mut self, entry: &StoredEntry) -> bool {
        if self.policy.keep.contains(&entry.key) {
            return false;
        }
        let is_in_use = self.protection.covers(&entry.key, entry.file.modified);
        self.in_use += usize::from(is_in_use);
        !is_in_use
    }

    fn blobs(&self) -> HashMap<Digest, &'a StoredBlob> {
        let blobs = self.inventory.blobs.iter();
        blobs.map(|blob| (blob.digest, blob)).collect()
    }

    /// Has the longest unused entries go, the largest first among those of one day, until the store is small enough.
    fn shrink(&mut self, blobs: &HashMap<Digest, &StoredBlob>) {
        let Some(limit) = self.policy.max_bytes else {
            return;
        };
        let mut references = self.references();
        let mut bytes = self.inventory.bytes();
        for garbage in self.garbage() {
            bytes -= garbage.bytes;
        }
        let mut staying: Vec<usize> = (0..self.inventory.entries.len())
            .filter(|index| !self.going.contains_key(index))
            .collect();
        let size = |index: usize| -> u64 {
            let named = digests(&self.inventory.entries[index]).filter_map(|digest| blobs.get(&digest));
            named.map(|blob| blob.file.bytes).sum()
        };
        staying.sort_by_cached_key(|index| {
            let age = self
                .now
                .duration_since(self.inventory.entries[*index].file.modified);
            std::cmp::Reverse((
                age.unwrap_or_default().as_secs() / USE_RESOLUTION.as_secs(),
                size(*index),
            ))
        });
        for index in staying {
            if bytes <= limit {
                break;
            }
            let entry = &self.inventory.entries[index];
            if self.may_go(entry) {
                bytes -= entry.file.bytes + freed(entry, &mut references, blobs);
                let since = entry.file.modified;
                self.going.insert(index, Reason::OverSize { since });
            }
        }
    }

    /// By how many entries that stay each blob is named.
    fn references(&self) -> HashMap<Digest, usize> {
        let mut references = HashMap::new();
        for (index, entry) in self.inventory.entries.iter().enumerate() {
            if !self.going.contains_key(&index) {
                for digest in digests(entry) {
                    *references.entry(digest).or_default() += 1;
                }
            }
        }
        references
    }

    fn garbage(&self) -> Vec<Garbage> {
        let mut garbage: Vec<Garbage> = self.entry_garbage().collect();
        garbage.extend(self.blob_garbage());
        garbage.extend(self.other_garbage());
        garbage
    }

    fn entry_garbage(&self) -> impl Iterator<Item = Garbage> {
        self.going.iter().map(|(index, reason)| {
            let entry = &self.inventory.entries[*index];
            let kind = entry
                .content
                .as_ref()
                .ok()
                .map(|entry| entry.document.kind.clone());
            let object = Object::Entry {
                key: entry.key,
                kind,
                blobs: digests(entry).collect(),
            };
            garbage(object, &entry.file, reason.clone())
        })
    }

    fn blob_garbage(&self) -> impl Iterator<Item = Garbage> {
        let staying = self.references();
        let going: HashMap<Digest, Key> = self
            .going
            .keys()
            .map(|index| &self.inventory.entries[*index])
            .flat_map(|entry| digests(entry).map(|digest| (digest, entry.key)))
            .collect();
        self.inventory.blobs.iter().filter_map(move |blob| {
            let reason = match going.get(&blob.digest) {
                _ if staying.contains_key(&blob.digest) => return None,
                _ if self.protection.covers_blob(blob.file.modified) => return None,
                Some(&key) => Reason::WithEntry { key },
                None if self.protection.covers_arriving(blob.file.modified, self.now) => return None,
                None => Reason::Unreferenced,
            };
            let object = Object::Blob { digest: blob.digest };
            Some(garbage(object, &blob.file, reason))
        })
    }

    /// Everything that is neither entry nor blob.
    fn other_garbage(&self) -> Vec<Garbage> {
        let Inventory {
            temporary,
            partial,
            locks,
            histories,
            builds,
            ..
        } = self.inventory;
        let is_settled = |file: &StoredFile| !self.protection.covers_arriving(file.modified, self.now);
        let entries: HashSet<Key> = self.staying().map(|entry| entry.key).collect();
        let temporary = temporary.iter().filter(|file| is_settled(file));
        let temporary = temporary.map(|file| garbage(Object::Temporary, file, Reason::Leftover));
        let partial = partial
            .iter()
            .filter(|partial| !self.building.contains(&partial.key));
        let partial = partial.filter_map(|partial| {
            let since = partial.file.modified;
            let age = self.now.duration_since(since).unwrap_or_default();
            let reason = match self.policy.unused_for {
                _ if entries.contains(&partial.key) => Reason::Finished,
                Some(limit) if age >= limit && is_settled(&partial.file) => Reason::Unused { since },
                _ => return None,
            };
            Some(garbage(
                Object::Partial { key: partial.key },
                &partial.file,
                reason,
            ))
        });
        let locks = locks
            .iter()
            .filter(|lock| !lock.is_held && !entries.contains(&lock.key));
        let locks = locks
            .filter(|lock| is_settled(&lock.file))
            .map(|lock| garbage(Object::Lock { key: lock.key }, &lock.file, Reason::Orphaned));
        let is_alive = |history: &&StoredHistory| {
            let mut names = history.records.iter().map(|record| &record.key);
            names.any(|key| entries.contains(key) || self.protection.keys.contains(key))
        };
        let histories = histories
            .iter()
            .filter(|history| !is_alive(history) && is_settled(&history.file));
        let histories = histories.map(|history| {
            let study = history.study.clone();
            garbage(Object::History { study }, &history.file, Reason::Orphaned)
        });
        let builds = builds.iter().filter(|build| !build.is_running);
        let builds = builds.map(|build| garbage(Object::Build, &build.file, Reason::Leftover));
        temporary
            .chain(partial)
            .chain(locks)
            .chain(histories)
            .chain(builds)
            .collect()
    }

    fn staying(&self) -> impl Iterator<Item = &StoredEntry> {
        let entries = self.inventory.entries.iter().enumerate();
        entries
            .filter(|(index, _)| !self.going.contains_key(index))
            .map(|(_, entry)| entry)
    }
}

/// What goes with an entry: its blobs that no other entry names any more.
fn freed(
    entry: &StoredEntry,
    references: &mut HashMap<Digest, usize>,
    blobs: &HashMap<Digest, &StoredBlob>,
) -> u64 {
    let mut bytes = 0;
    for digest in digests(entry) {
        if let Some(count) = references.get_mut(&digest) {
            *count -= 1;
            if *count == 0 {
                bytes += blobs.get(&digest).map_or(0, |blob| blob.file.bytes);
            }
        }
    }
    bytes
}

fn garbage(object: Object, file: &StoredFile, reason: Reason) -> Garbage {
    Garbage {
        object,
        path: file.path.clone(),
        bytes: file.bytes,
        modified: file.modified,
        reason,
    }
}

/// The blobs that an entry names; those of one that cannot be read are not known.
fn digests(entry: &StoredEntry) -> impl Iterator<Item = Digest> {
    let outputs = entry.content.iter().flat_map(|entry| entry.outputs.values());
    outputs.map(|reference| reference.digest)
}
