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
    /// Image files of 1024 pixels a side, directly in the folder.
    #[serde(rename = "images-1024")]
    Images1024,
    /// A database of image files.
    Lmdb,
    /// A file of records of TensorFlow.
    #[serde(rename = "tfrecords")]
    TfRecords,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 7] = [
        Self::Idx,
        Self::Binary,
        Self::Python,
        Self::Images,
        Self::Images1024,
        Self::Lmdb,
        Self::TfRecords,
    ];

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
            Self::Images1024 => "images-1024",
            Self::Lmdb => "lmdb",
            Self::TfRecords => "tfrecords",
        }
    }

    /// Whether it is a folder of images like any other, which is taken for a set only where the form is named.
    pub(super) fn is_plain_folder(self) -> bool {
        matches!(self, Self::Images | Self::Images1024)
    }
}
