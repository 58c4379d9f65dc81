//! What can be wrong with an archive of images, or with one image in it.

use std::path::PathBuf;

use super::example::ExampleError;
use super::lmdb::LmdbError;
use super::tfrecord::TfRecordError;

/// An archive that cannot be used as a data set.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// An LMDB file that cannot be read.
    #[error(transparent)]
    Lmdb(#[from] LmdbError),
    /// A TFRecord file that cannot be read.
    #[error(transparent)]
    TfRecord(#[from] TfRecordError),
    /// A record of a TFRecord file without an image.
    #[error("record {record} of {} holds no image: {source}", path.display())]
    Example {
        /// The file.
        path: PathBuf,
        /// Which record, from 0.
        record: usize,
        /// What is wrong.
        source: ExampleError,
    },
    /// A record whose value is no image, or a broken one.
    #[error("the record {record} of {} is no image that can be decoded: {reason}", path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// The key of the record.
        record: String,
        /// Why not.
        reason: String,
    },
    /// A file of images that cannot be decoded.
    #[error("{} is no image that can be decoded: {reason}", path.display())]
    NotAnImageFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A line of a list of partitions that is not as it must be.
    #[error("line {line} of {} is {found:?}, expected {expected}", path.display())]
    PartitionLine {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What stands there.
        found: String,
        /// What must stand there.
        expected: String,
    },
    /// An image file whose name does not say which image it is.
    #[error("{} {problem}", path.display())]
    ImageName {
        /// The file.
        path: PathBuf,
        /// What is wrong with its name.
        problem: String,
    },
}

impl ArchiveError {
    /// What may help.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Lmdb(error) => error.hint(),
            Self::TfRecord(error) => error.hint(),
            Self::Example { .. } => Some(
                "expected the files that progressive_growing_of_gans writes, with the features \"shape\" and \"data\""
                    .into(),
            ),
            Self::NotAnImage { .. } | Self::NotAnImageFile { .. } => {
                Some("copy, unpack or download it again; a published set is used whole or not at all".into())
            }
            Self::PartitionLine { .. } => {
                Some("expected list_eval_partition.txt of CelebA as it is distributed".into())
            }
            Self::ImageName { .. } => Some(
                "images are ordered by the number at the end of their names, as in imgHQ00042.png or 42.jpg".into(),
            ),
        }
    }
}
