//! Where things lie below the root of a store, and how a store is made. Knows names of files, not their content.
//!
//! ```text
//! CACHEDIR.TAG          tells backup programs to leave the folder out
//! format                the number of this layout
//! blobs/ab/<digest>     content, read-only
//! entries/ab/<key>.json what a stage made
//! locks/<key>           who builds a key right now
//! locks/gate            keeps lookups and removals apart
//! locks/collect         one collection at a time
//! builds/               the builds that run right now
//! tmp/                  files on their way in
//! partial/<key>         unfinished work of a stage
//! history/<study>       which keys a study has had
//! fingerprints/         digests of files outside the store
//! ```

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::durable::{self, Access};
use crate::{Digest, Key, StoreError};

/// The newest layout this version reads, and the one it makes.
pub(crate) const FORMAT: u32 = 1;

/// Signature of the Cache Directory Tagging Specification, <https://bford.info/cachedir/>.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This folder is the cache of gan-pipe. What is deleted here is computed again.\n";

/// A file on its way in lives for seconds; one this old was left behind by a process that was killed.
const LEFTOVER_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const FOLDERS: [&str; 8] = [
    "blobs",
    "entries",
    "locks",
    "builds",
    "tmp",
    "partial",
    "history",
    "fingerprints",
];

/// The paths of one store.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Makes the folders of a store, or accepts those that are there.
    pub(crate) fn open(root: &Path) -> Result<Layout, StoreError> {
        let root = std::path::absolute(root).map_err(StoreError::io("find the store folder", root))?;
        let layout = Layout { root };
        layout.refuse_other_formats()?;
        for folder in FOLDERS {
            let path = layout.root.join(folder);
            fs::create_dir_all(&path).map_err(StoreError::io("create the store folder", &path))?;
        }
        layout.write_once("CACHEDIR.TAG", TAG)?;
        layout.write_once("format", &format!("{FORMAT}\n"))?;
        layout.remove_leftovers();
        Ok(layout)
    }

    fn refuse_other_formats(&self) -> Result<(), StoreError> {
        let path = self.root.join("format");
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // A file where the folder should be is reported by its creation.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(StoreError::io("read the store's format", &path)(error)),
        };
        match text.trim().parse() {
            Ok(FORMAT) => Ok(()),
            Ok(found) if found > FORMAT => Err(StoreError::NewerFormat {
                root: self.root.clone(),
                found,
                supported: FORMAT,
            }),
            _ => Err(StoreError::UnknownFormat {
                path,
                found: text.trim().to_owned(),
            }),
        }
    }

    /// Writes a file of the root unless it is there; of two processes that do so one wins, with the same bytes.
    fn write_once(&self, name: &str, content: &str) -> Result<(), StoreError> {
        let path = self.root.join(name);
        if path.exists() {
            return Ok(());
        }
        let write = || -> std::io::Result<()> {
            let mut file = durable::create_temporary(&self.tmp(), Access::ReadWrite)?;
            file.write_all(content.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(StoreError::io("write the store's description", &path))
    }

    /// Removes what killed processes left in `tmp`. Failing is harmless: it is tried at every opening.
    fn remove_leftovers(&self) {
        let now = SystemTime::now();
        let age = |file: &fs::DirEntry| {
            let modified = file.metadata().and_then(|metadata| metadata.modified()).ok()?;
            now.duration_since(modified).ok()
        };
        for file in fs::read_dir(self.tmp()).into_iter().flatten().flatten() {
            if age(&file).is_some_and(|age| age > LEFTOVER_AGE) {
                let removed = fs::remove_file(file.path());
                tracing::debug!(path = %file.path().display(), ?removed, "left-over temporary file");
            }
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.root.join("blobs").join(&name[..2]).join(name)
    }

    pub(crate) fn entry(&self, key: &Key) -> PathBuf {
        let name = key.to_string();
        self.root.join("entries").join(&name[..2]).join(name + ".json")
    }

    pub(crate) fn lock(&self, key: &Key) -> PathBuf {
        self.root.join("locks").join(key.to_string())
    }

    /// Held shared while an entry is found and its use noted, alone while something is removed.
    pub(crate) fn gate(&self) -> PathBuf {
        self.locks().join("gate")
    }

    /// Held by the one collection that removes.
    pub(crate) fn collecting(&self) -> PathBuf {
        self.locks().join("collect")
    }

    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    pub(crate) fn builds(&self) -> PathBuf {
        self.root.join("builds")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub(crate) fn entries(&self) -> PathBuf {
        self.root.join("entries")
    }

    pub(crate) fn partials(&self) -> PathBuf {
        self.root.join("partial")
    }

    pub(crate) fn histories(&self) -> PathBuf {
        self.root.join("history")
    }

    pub(crate) fn partial(&self, key: &Key) -> PathBuf {
        self.root.join("partial").join(key.to_string())
    }

    pub(crate) fn fingerprints(&self) -> PathBuf {
        self.root.join("fingerprints")
    }

    /// The history of a study, whose name may hold any character.
    pub(crate) fn history(&self, study: &str) -> PathBuf {
        self.histories().join(file_name(study))
    }

    /// The study whose history has this file name; none for a file that is no history.
    pub(crate) fn study_of(name: &str) -> Option<String> {
        let study = unescaped(name)?;
        (file_name(&study) == name).then_some(study)
    }
}

/// Escapes a text so that it is a file name and different texts stay different: `%` and two digits for every
/// byte that is not a letter, a digit, `-`, `_` or an inner `.`.
fn file_name(text: &str) -> String {
    let mut name = String::new();
    for (index, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-_".contains(&byte) || (byte == b'.' && index > 0);
        if plain {
            name.push(byte.into())
        } else {
            name += &format!("%{byte:02x}")
        }
    }
    // An empty name must not be the folder itself; a lone `%` is no escape of anything.
    if name.is_empty() { "%".to_owned() } else { name }
}

/// Undoes [`file_name`]; none for a text that it never makes.
fn unescaped(name: &str) -> Option<String> {
    if name == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::new();
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        let plain = match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        };
        bytes.push(plain);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_study_of_a_history_is_read_from_its_file_name() {
        for study in ["", "quickstart", ".hidden", "a b/c", "größe", "100%"] {
            assert_eq!(Layout::study_of(&file_name(study)).as_deref(), Some(study));
        }
        for name in ["%zz", "a b", "%2", "%61"] {
            assert_eq!(Layout::study_of(name), None, "{name}");
        }
    }
}
