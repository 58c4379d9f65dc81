//! What can be wrong with an LMDB file.

use std::path::{Path, PathBuf};

/// An LMDB file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LmdbError {
    /// The system does not let it be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It does not begin as an LMDB file.
    #[error("{} is no LMDB database: {what}", path.display())]
    NoDatabase {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// It is an LMDB file of a kind that is not read.
    #[error("{} is an LMDB database of a kind that is not read: {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What the kind is.
        what: String,
    },
    /// It ends before a page that it needs.
    #[error(
        "{} is cut short: it has {found} bytes, and its records reach beyond, to page {page} of {page_bytes} bytes each", path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// A page that is not there.
        page: u64,
        /// Bytes of a page.
        page_bytes: usize,
        /// Bytes of the file.
        found: u64,
    },
    /// A page is not what the pages that lead to it say.
    #[error("page {page} of {} is damaged: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The number of the page.
        page: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Fewer or more records than the file itself announces.
    #[error("{} announces {announced} records and holds {found}", path.display())]
    RecordCount {
        /// The file.
        path: PathBuf,
        /// How many it announces.
        announced: u64,
        /// How many there are.
        found: u64,
    },
}

impl LmdbError {
    pub(super) fn unsupported(path: &Path, what: &str) -> Self {
        Self::Unsupported {
            path: path.to_owned(),
            what: what.to_owned(),
        }
    }

    /// What may help.
    pub(in crate::data) fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => crate::data::error::read_hint(source.kind()),
            Self::NoDatabase { .. } => Some(
                "expected data.mdb of the unpacked archive; a zip must be unpacked, and a download completed".into(),
            ),
            Self::Unsupported { .. } => Some(
                "the data set as distributed has the format of LMDB 0.9 on 64 bits; write it anew there, or export its images"
                    .into(),
            ),
            Self::Truncated { .. } | Self::Corrupt { .. } | Self::RecordCount { .. } => {
                Some("the file is damaged; copy, unpack or download it again".into())
            }
        }
    }
}
