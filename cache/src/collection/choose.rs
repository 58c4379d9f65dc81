//! Decides from an inventory, a policy and the time what can go. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, SystemTime};

use super::garbage::{Collection, Garbage, Object, Policy, Reason};
use super::protection::Protection;
use crate::running::USE_RESOLUTION;
use crate::{Digest, Inventory, Key, StoredBlob, StoredEntry, StoredFile, StoredHistory};

/// Hints that are older go, unless the policy names another age.
const HINT_AGE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

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
            in_use: HashSet::new(),
        };
        chooser.choose_entries();
        let blobs = chooser.blobs();
        chooser.shrink(&blobs);
        Collection {
            garbage: chooser.garbage(),
            bytes_before: inventory.bytes(),
            in_use: chooser.in_use.len(),
        }
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
    /// The entries that would go if no build ran.
    in_use: HashSet<Key>,
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
        if is_in_use {
            self.in_use.insert(entry.key);
        }
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
        let staying: HashSet<Key> = self.staying().map(|entry| entry.key).collect();
        let temporary = self
            .inventory
            .temporary
            .iter()
            .filter(|file| self.is_settled(file));
        let temporary = temporary.map(|file| garbage(Object::Temporary, file, Reason::Leftover));
        let builds = self.inventory.builds.iter().filter(|build| !build.is_running);
        let builds = builds.map(|build| garbage(Object::Build, &build.file, Reason::Leftover));
        temporary
            .chain(self.partial_garbage(&staying))
            .chain(self.orphaned_locks(&staying))
            .chain(self.orphaned_histories(&staying))
            .chain(builds)
            .chain(self.outdated_fingerprints())
            .collect()
    }

    /// Whether a file that no entry names is on its way to none.
    fn is_settled(&self, file: &StoredFile) -> bool {
        !self.protection.covers_arriving(file.modified, self.now)
    }

    fn partial_garbage(&self, staying: &HashSet<Key>) -> impl Iterator<Item = Garbage> {
        let partial = self.inventory.partial.iter();
        let idle = partial.filter(|partial| !self.building.contains(&partial.key));
        idle.filter_map(|partial| {
            let since = partial.file.modified;
            let age = self.now.duration_since(since).unwrap_or_default();
            let reason = match self.policy.unused_for {
                _ if staying.contains(&partial.key) => Reason::Finished,
                Some(limit) if age >= limit && self.is_settled(&partial.file) => Reason::Unused { since },
                _ => return None,
            };
            Some(garbage(
                Object::Partial { key: partial.key },
                &partial.file,
                reason,
            ))
        })
    }

    /// The files of free locks whose key has no entry.
    fn orphaned_locks(&self, staying: &HashSet<Key>) -> impl Iterator<Item = Garbage> {
        let free = self.inventory.locks.iter().filter(|lock| !lock.is_held);
        free.filter(|lock| !staying.contains(&lock.key) && self.is_settled(&lock.file))
            .map(|lock| garbage(Object::Lock { key: lock.key }, &lock.file, Reason::Orphaned))
    }

    /// Histories of which no entry is left, and whose study is not being built.
    fn orphaned_histories(&self, staying: &HashSet<Key>) -> impl Iterator<Item = Garbage> {
        let is_alive = |history: &&StoredHistory| {
            let mut names = history.records.iter().map(|record| &record.key);
            names.any(|key| staying.contains(key) || self.protection.names(key))
        };
        let histories = self.inventory.histories.iter();
        let orphaned = histories.filter(move |history| !is_alive(history) && self.is_settled(&history.file));
        orphaned.map(|history| {
            let study = history.study.clone();
            garbage(Object::History { study }, &history.file, Reason::Orphaned)
        })
    }

    /// Remembered digests of files that have changed or gone since have no other end.
    fn outdated_fingerprints(&self) -> impl Iterator<Item = Garbage> {
        let limit = self.policy.unused_for.unwrap_or(HINT_AGE);
        self.inventory.fingerprints.iter().filter_map(move |file| {
            let since = file.modified;
            let age = self.now.duration_since(since).unwrap_or_default();
            (age >= limit).then(|| garbage(Object::Fingerprint, file, Reason::Outdated { since }))
        })
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
