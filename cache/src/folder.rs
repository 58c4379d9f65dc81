//! Folders outside the store: which files one holds, in which order, and one digest for all of them.
//!
//! The digest is a function of the files' names below the folder and of their content, so a folder that was moved or
//! copied keeps it, and a file that was added, changed or renamed gives another one. Hidden files and folders, whose
//! names begin with a dot, are passed over: systems and editors put them there. Links are followed. Knows nothing of what
//! the files are.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{Digest, StoreError};

/// What the digest of a folder is for, so that it never equals the digest of some content.
const PURPOSE: &str = "gan-pipe 2026-11 files of a folder, version 1";

/// The files of a folder and of those below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The digest of all names and contents.
    pub digest: Digest,
    /// The files, in ascending order of the bytes of their names.
    pub files: Vec<FolderFile>,
}

/// One file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFile {
    /// The path below the folder, with `/` between its parts on every system; bytes, as it need not be text.
    pub name: Vec<u8>,
    /// Where the file lies.
    pub path: PathBuf,
    /// The digest of its content.
    pub digest: Digest,
}

impl Folder {
    /// Reads a folder; `digest_of` gives the digest of one file.
    pub(crate) fn read(
        folder: &Path,
        mut digest_of: impl FnMut(&Path) -> Result<Digest, StoreError>,
    ) -> Result<Folder, StoreError> {
        let mut found = Vec::new();
        list(folder, &[], &mut Vec::new(), &mut found)?;
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut files = Vec::with_capacity(found.len());
        for (name, path) in found {
            let digest = digest_of(&path)?;
            files.push(FolderFile { name, path, digest });
        }
        Ok(Folder {
            digest: Digest::of_purpose(PURPOSE, &encoded(&files)),
            files,
        })
    }
}

/// For each file the length of its name in 8 bytes, little-endian, the name and the digest: no two lists look the same.
fn encoded(files: &[FolderFile]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend_from_slice(&(file.name.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&file.name);
        bytes.extend_from_slice(file.digest.as_bytes());
    }
    bytes
}

/// Appends the files below a folder by name and path; `above` are the real paths of the folders that lead to it.
fn list(
    folder: &Path,
    name: &[u8],
    above: &mut Vec<PathBuf>,
    found: &mut Vec<(Vec<u8>, PathBuf)>,
) -> Result<(), StoreError> {
    let real = fs::canonicalize(folder).map_err(StoreError::io("list the folder", folder))?;
    if above.contains(&real) {
        return Err(StoreError::FolderLoop {
            path: folder.to_owned(),
        });
    }
    above.push(real);
    for entry in fs::read_dir(folder).map_err(StoreError::io("list the folder", folder))? {
        let entry = entry.map_err(StoreError::io("list the folder", folder))?;
        let own = entry.file_name().into_encoded_bytes();
        if own.starts_with(b".") {
            continue;
        }
        let separator: &[u8] = if name.is_empty() { b"" } else { b"/" };
        let (name, path) = ([name, separator, &own].concat(), entry.path());
        // Follows links, so that a link to nothing is an error here and not a file that is silently left out.
        let metadata = fs::metadata(&path).map_err(|error| unreadable(&path, error))?;
        if metadata.is_dir() {
            list(&path, &name, above, found)?;
        } else if metadata.is_file() {
            found.push((name, path));
        }
    }
    above.pop();
    Ok(())
}

fn unreadable(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::NotFound if path.is_symlink() => StoreError::DanglingLink {
            path: path.to_owned(),
        },
        _ => StoreError::io("read", path)(error),
    }
}

#[cfg(test)]
mod tests;
