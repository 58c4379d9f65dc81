//! Data sets as arrays: images of bytes, NHWC, with their labels and splits.
//!
//! Knows files of the IDX format, the data sets of the MNIST family, and polygons, which are drawn rather than read.
//! Knows no study, cache or device; where a file is looked for is an argument, and nothing is downloaded.

mod error;
mod idx;
mod images;
mod mnist_family;
mod polygons;

pub use error::DataError;
pub use idx::{read_images, read_labels};
pub use images::{Images, Labelled, Padding, Split};
pub use mnist_family::{FASHION_MNIST_FOLDER, MnistFamily, Sources};
pub use polygons::Polygons;
