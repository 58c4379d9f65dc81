//! What can go wrong in a store. Every message names the path and what was being done with it; the cause is
//! the error's source. Damage and absence of entries are no errors: they are misses.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Digest, Key};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store was made by a newer version of gan-pipe.
    #[error(
        "the store {} has format {found}, this gan-pipe reads formats up to {supported}; \
         hint: use the newer gan-pipe that made it, or another cache folder", root.display()
    )]
    NewerFormat {
        /// The folder of the store.
        root: PathBuf,
        /// The format of the store.
        found: u32,
        /// The newest format this version reads.
        supported: u32,
    },
    /// The file that states the store's format states none.
    #[error(
        "{} states no store format: expected a number, found `{found}`; \
         hint: is this folder a gan-pipe store? If so, move it away and build again", path.display()
    )]
    UnknownFormat {
        /// The format file.
        path: PathBuf,
        /// What it contains.
        found: String,
    },
    /// The file system refused something.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done, as a verb and its object: `write the entry`.
        doing: &'static str,
        /// The file or folder it was done to.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A stage published two outputs under one name.
    #[error("output `{output}` of {} is published twice", key.short())]
    OutputTwice {
        /// The key of the stage.
        key: Key,
        /// The name of the output.
        output: String,
    },
    /// An entry would not be the same after writing and reading, for instance because it is nested too deep.
    #[error("the entry of {} could not be read back ({reason}); hint: nest its document and facts less", key.short())]
    EntryNotReadable {
        /// The key of the stage.
        key: Key,
        /// What reading it gave.
        reason: String,
    },
    /// A link below an outside folder leads back to a folder that it lies in.
    #[error("{} leads back to a folder that it lies in; hint: remove the link", path.display())]
    FolderLoop {
        /// The link.
        path: PathBuf,
    },
    /// A link below an outside folder leads to nothing.
    #[error("{} leads to nothing; hint: remove the link, or restore what it leads to", path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// An outside file kept changing while its content was hashed.
    #[error("{} changes while it is read; hint: wait until it is complete", path.display())]
    FileChanging {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// Makes the closure that `map_err` wants.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        move |source| StoreError::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// Why a blob could not be handed out.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store does not hold it.
    #[error("the store has no blob {}", digest.short())]
    Missing {
        /// The digest asked for.
        digest: Digest,
    },
    /// Its bytes are not the ones that were stored.
    #[error("blob {} is damaged: its content has digest {}", path.display(), found.short())]
    Damaged {
        /// The digest asked for.
        digest: Digest,
        /// The digest of what the file holds.
        found: Digest,
        /// The file.
        path: PathBuf,
    },
    /// The file system refused to read it.
    #[error("cannot read the blob {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}
