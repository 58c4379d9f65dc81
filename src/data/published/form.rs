//! The forms in which sets are distributed.

use serde::{Deserialize, Serialize};

/// The form of a set's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// IDX files, plain or compressed by gzip.
    Idx,
    /// Records of bytes of one length.
    Binary,
    /// Arrays that Python pickled.
    Python,
    /// An image file for each image, in folders of the splits and, where there are classes, of the classes.
    Images,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Idx, Self::Binary, Self::Python, Self::Images];

    /// The form of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// The name, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idx => "idx",
            Self::Binary => "binary",
            Self::Python => "python",
            Self::Images => "images",
        }
    }
}
