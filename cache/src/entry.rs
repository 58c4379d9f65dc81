//! What a stage made, as one small readable file. Knows the file's form; does not know where it lies.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::checked::{self, Damage};
use crate::{Digest, Key, KeyDocument};

/// How a stage ended. Failures of the machine are never recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// With all its outputs.
    Completed,
    /// With a number that is not finite; a result of its settings, not a failure.
    Diverged,
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Status::Completed => "completed",
            Status::Diverged => "diverged",
        })
    }
}

/// Names one blob and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobReference {
    /// The digest of the content.
    pub digest: Digest,
    /// The length of the content.
    pub bytes: u64,
}

/// What it took to make a result. No part of the result: two entries that differ in it alone say the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Wall time of the stage's work, in seconds; finite.
    pub seconds: f64,
    /// Threads that the stage was given.
    pub threads: u32,
    /// When the work ended, in seconds since 1970.
    pub ended: u64,
}

/// The record of a stage that has run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The key of `document`.
    pub key: Key,
    /// What the result is a function of.
    pub document: KeyDocument,
    /// How the stage ended.
    pub status: Status,
    /// Named outputs, whose content lies in blobs.
    pub outputs: BTreeMap<String, BlobReference>,
    /// Small results in place: values of metrics, the first step that was not finite.
    pub facts: BTreeMap<String, serde_json::Value>,
    /// What the stage took, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// Why a file is not the entry of a key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntryDamage {
    #[error(transparent)]
    Damage(#[from] Damage),
    #[error("it is the entry of key {found}")]
    OtherKey { found: Key },
}

impl Entry {
    pub(crate) fn to_json(&self) -> io::Result<Vec<u8>> {
        checked::to_json(self)
    }

    /// Reads an entry, and makes sure that it is whole and that it is the one of `key`.
    pub(crate) fn from_json(json: &[u8], key: &Key) -> Result<Entry, EntryDamage> {
        let entry: Entry = checked::from_json(json)?;
        let found = entry.document.key();
        if found != *key || entry.key != *key {
            return Err(EntryDamage::OtherKey { found });
        }
        Ok(entry)
    }
}
