//! Data sets as arrays: images of bytes, NHWC, with their labels and splits.
//!
//! Knows published sets in the forms in which they are distributed, polygons, which are drawn rather than read, and
//! folders of images of any size. Knows no study, cache or device; where a file is looked for is an argument, and nothing
//! is downloaded.

mod archive_error;
mod decode;
mod error;
mod example;
#[cfg(test)]
mod golden;
mod idx;
mod image_file;
mod image_folder;
mod images;
mod interpolate;
mod lmdb;
mod pixels;
mod polygons;
mod published;
mod resize;
mod tfrecord;

pub use archive_error::ArchiveError;
pub use decode::Color;
pub use error::{CorruptFile, DataError};
pub use example::ExampleError;
pub use idx::{read_images, read_labels};
pub use image_file::{is_image_file, read_image_file};
pub use image_folder::{Corrupt, FolderReading, FolderSummary, ImageFile, ImageFolder, Labels, PreparedFile};
pub use images::{Images, Labelled, Padding, Split};
pub use lmdb::LmdbError;
pub use pixels::Pixels;
pub use polygons::Polygons;
pub(crate) use published::Bringing;
pub use published::{
    BedroomPreparation, CelebaCrop, CelebaTraining, Description, Download, FASHION_MNIST_FOLDER, Form,
    Located, Origin, PublishedSet, SetFile, SetFiles, Stl10Training, Take,
};
pub(crate) use resize::Bitmap;
pub use resize::{Filter, Fit, Resize};
pub use tfrecord::TfRecordError;
