//! Why a file could not be had.

use std::io;
use std::path::{Path, PathBuf};

/// A download that did not end well.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server does not give the file.
    #[error("the server answers {status} to {url}")]
    Refused {
        /// The file.
        url: String,
        /// The number and the words of the answer.
        status: String,
    },
    /// The server cannot be reached, or the connection breaks again and again.
    #[error("{url} broke off after {at} bytes: {reason}")]
    Broken {
        /// The file.
        url: String,
        /// Bytes that have come.
        at: u64,
        /// What was said the last time.
        reason: String,
    },
    /// What has come is not what it should be.
    #[error("{url} has the MD5 {found}, expected {expected}")]
    WrongDigest {
        /// The file.
        url: String,
        /// Its digest.
        found: String,
        /// The published digest, or the one of the first download.
        expected: String,
        /// The file with the digest of the first download, where none is published.
        noted: Option<PathBuf>,
    },
    /// A file or folder of this machine cannot be used.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// A verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An archive is not the one that it should be.
    #[error("{} holds no {member}", path.display())]
    NotInArchive {
        /// The archive.
        path: PathBuf,
        /// What it should hold.
        member: String,
    },
}

impl FetchError {
    /// Makes an error of one of the operating system.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// What may help.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Refused { .. } => {
                "the file may have moved; `--from URL` names another server that has it under the same name".into()
            }
            Self::Broken { .. } => {
                "run the same command again: it goes on where it ended; or name another server by `--from URL`".into()
            }
            Self::WrongDigest { noted: None, .. } => {
                "what came was removed; the server has another file, or something changed it on the way".into()
            }
            Self::WrongDigest {
                noted: Some(noted), ..
            } => format!(
                "what came was removed; no digest is published, {} has that of the first download: delete it if the file may \
                 be another one",
                noted.display()
            ),
            Self::File { .. } => "check that you may write there and that the disk is not full".into(),
            Self::NotInArchive { .. } => "it is the archive of something else; delete it and download it again".into(),
        }
    }
}
