//! Data sets as arrays: images of bytes, NHWC, with their labels and splits.
//!
//! Knows published sets in the forms in which they are distributed, polygons, which are drawn rather than read, and
//! folders of images of any size. Knows no study, cache or device; where a file is looked for is an argument, and nothing
//! is downloaded.

mod decode;
mod error;
mod idx;
mod image_folder;
mod images;
mod pixels;
mod polygons;
mod published;
mod resize;

pub use decode::Color;
pub use error::{CorruptFile, DataError};
pub use idx::{read_images, read_labels};
pub use image_folder::{Corrupt, FolderReading, FolderSummary, ImageFile, ImageFolder, Labels, PreparedFile};
pub use images::{Images, Labelled, Padding, Split};
pub use pixels::Pixels;
pub use polygons::Polygons;
pub(crate) use published::Bringing;
pub use published::{
    Description, Download, FASHION_MNIST_FOLDER, Form, Located, Origin, PublishedSet, SetFile, SetFiles,
    Stl10Training, Take,
};
pub use resize::{Filter, Fit, Resize};
