//! MNIST (LeCun, Cortes & Burges 1998) and Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): 60,000 + 10,000 gray images
//! of 28 x 28 in 10 classes, in four IDX files of the same names.
//!
//! Fashion-MNIST has as many images of each class; MNIST has not.

use std::path::Path;

use super::files::{SetFiles, Wanted};
use super::form::Form;
use super::records::class;
use super::{Description, Take};
use crate::data::error::DataError;
use crate::data::idx::{read_images, read_labels};
use crate::data::images::{Images, Split};

/// Where Debian's package `dataset-fashion-mnist` installs its files.
pub const FASHION_MNIST_FOLDER: &str = "/usr/share/datasets/fashion-mnist";
const FASHION_MNIST_PACKAGE: &str = "dataset-fashion-mnist";
const SIDE: usize = 28;
const PADDED: usize = 32;
const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A data set that comes as MNIST does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MnistFamily {
    /// Handwritten digits.
    Mnist,
    /// Clothes from a shop.
    FashionMnist,
}

/// A file compressed as distributed is preferred to a plain one.
macro_rules! idx {
    ($name:literal, $file:literal) => {
        Wanted {
            name: $name,
            places: &[concat!($file, ".gz"), $file],
        }
    };
}

pub(super) const WANTED: &[Wanted] = &[
    idx!("train-images", "train-images-idx3-ubyte"),
    idx!("train-labels", "train-labels-idx1-ubyte"),
    idx!("test-images", "t10k-images-idx3-ubyte"),
    idx!("test-labels", "t10k-labels-idx1-ubyte"),
];

impl MnistFamily {
    pub(super) const fn description(self) -> Description {
        let is_fashion = matches!(self, Self::FashionMnist);
        Description {
            name: if is_fashion { "fashion-mnist" } else { "mnist" },
            side: SIDE,
            channels: 1,
            classes: &CLASSES,
            train: 60_000,
            test: 10_000,
            balanced: is_fashion,
            resolutions: &[PADDED, SIDE],
            forms: &[Form::Idx, Form::Images],
            usual_folder: if is_fashion {
                Some(FASHION_MNIST_FOLDER)
            } else {
                None
            },
            package: if is_fashion {
                Some(FASHION_MNIST_PACKAGE)
            } else {
                None
            },
        }
    }
}

/// Reads a split whole before it gives the first image: 47 MB at most.
pub(super) fn read<E: From<DataError>>(
    set: &Description,
    files: &SetFiles,
    split: Split,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let (images_path, labels_path) = match split {
        Split::Train => (files.path("train-images"), files.path("train-labels")),
        Split::Test => (files.path("test-images"), files.path("test-labels")),
    };
    let images = read_images(images_path)?;
    let labels = read_labels(labels_path)?;
    check_counts(&images, images_path, &labels, labels_path)?;
    check_shape(&images, images_path, set.count(split))?;
    for (index, &label) in labels.iter().enumerate() {
        class(label, 0, CLASSES.len(), labels_path, index)?;
    }
    let pixels = images.pixels.chunks_exact(images.image_bytes());
    for (pixels, &label) in pixels.zip(&labels) {
        take(pixels, Some(label))?;
    }
    Ok(())
}

fn check_counts(
    images: &Images,
    images_path: &Path,
    labels: &[u8],
    labels_path: &Path,
) -> Result<(), DataError> {
    if images.count == labels.len() {
        return Ok(());
    }
    Err(DataError::CountsDiffer {
        images_path: images_path.to_owned(),
        images: images.count,
        labels_path: labels_path.to_owned(),
        labels: labels.len(),
    })
}

fn check_shape(images: &Images, path: &Path, count: usize) -> Result<(), DataError> {
    if (images.count, images.height, images.width) == (count, SIDE, SIDE) {
        return Ok(());
    }
    let in_words = |count, height, width| format!("{count} images of {height} x {width}");
    Err(DataError::WrongShape {
        path: path.to_owned(),
        expected: in_words(count, SIDE, SIDE),
        found: in_words(images.count, images.height, images.width),
    })
}

#[cfg(test)]
mod tests;
