//! What may be wrong with a file of arrays.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// An array cannot be had from its file.
#[derive(Debug, Error)]
pub enum ArrayError {
    /// The file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is no file of arrays, or a damaged one.
    #[error("{} is no {format} that can be read: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// `.npy file` or `.npz file`.
        format: &'static str,
        /// What is wrong, as the end of a sentence about the file.
        reason: String,
    },
    /// An array is not there.
    #[error("{} holds no array {name:?}, but {}", path.display(), names.join(", "))]
    Missing {
        /// The file.
        path: PathBuf,
        /// The array.
        name: String,
        /// Those that are there.
        names: Vec<String>,
    },
}

impl ArrayError {
    /// What may help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check that the file is there and that you may read it",
            Self::Format { reason, .. } if reason.contains("objects") => {
                "expected numbers, as numpy.save writes an array of them; pickled objects are never run"
            }
            Self::Format { .. } => "write it again with numpy.save or numpy.savez",
            Self::Missing { .. } => "numpy.savez(path, name=array) names an array",
        }
    }
}

pub(super) fn unread(path: &Path, source: io::Error) -> ArrayError {
    ArrayError::Read {
        path: path.to_owned(),
        source,
    }
}

pub(super) fn refused(path: &Path, format: &'static str, reason: String) -> ArrayError {
    ArrayError::Format {
        path: path.to_owned(),
        format,
        reason,
    }
}
