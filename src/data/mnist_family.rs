//! MNIST (LeCun, Cortes & Burges 1998) and Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): 60,000 + 10,000 grey images
//! of 28 x 28 in 10 classes, in four IDX files of the same names.
//!
//! Finding the files and reading them are two functions, so that a plan can name what a build would read. Downloads
//! nothing and reads no environment variable.

use std::path::{Path, PathBuf};

use super::error::DataError;
use super::idx::{read_images, read_labels};
use super::images::{Images, Labelled, Split};

/// Where Debian's package `dataset-fashion-mnist` installs its files.
pub const FASHION_MNIST_FOLDER: &str = "/usr/share/datasets/fashion-mnist";
const FASHION_MNIST_PACKAGE: &str = "dataset-fashion-mnist";
const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";
const SIZE: usize = 28;
const CLASSES: usize = 10;

/// A data set that comes as MNIST does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MnistFamily {
    /// Handwritten digits.
    Mnist,
    /// Clothes from a shop.
    FashionMnist,
}

/// The four files of a data set of the family, each plain or compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Images of the training split.
    pub train_images: PathBuf,
    /// Labels of the training split.
    pub train_labels: PathBuf,
    /// Images of the test split.
    pub test_images: PathBuf,
    /// Labels of the test split.
    pub test_labels: PathBuf,
}

impl Sources {
    /// The four files in `folder`: each where it is or, where it is not, where it is expected as distributed.
    pub fn expected(folder: &Path) -> Self {
        let at = |file: &str| {
            let [compressed, plain] = candidates(folder, file);
            if plain.is_file() && !compressed.is_file() {
                plain
            } else {
                compressed
            }
        };
        Self {
            train_images: at(TRAIN_IMAGES),
            train_labels: at(TRAIN_LABELS),
            test_images: at(TEST_IMAGES),
            test_labels: at(TEST_LABELS),
        }
    }

    /// The four files in a fixed order, each with what it is.
    pub fn named(&self) -> [(&'static str, &Path); 4] {
        [
            ("train-images", &self.train_images),
            ("train-labels", &self.train_labels),
            ("test-images", &self.test_images),
            ("test-labels", &self.test_labels),
        ]
    }
}

impl MnistFamily {
    /// The name of this data set, as studies, keys and tables write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
        }
    }

    /// Number of images in a split.
    pub fn count(self, split: Split) -> usize {
        match split {
            Split::Train => 60_000,
            Split::Test => 10_000,
        }
    }

    /// Finds the four files in `folder`, or where the system installs them, without reading them.
    ///
    /// A file compressed as distributed, with `.gz`, is preferred to a plain one.
    ///
    /// # Errors
    ///
    /// Where a file is not there, or no folder is given for a data set without a usual one.
    pub fn sources(self, folder: Option<&Path>) -> Result<Sources, DataError> {
        let folder = match (folder, self) {
            (Some(folder), _) => folder,
            (None, Self::FashionMnist) => Path::new(FASHION_MNIST_FOLDER),
            (None, Self::Mnist) => return Err(DataError::FolderNotGiven { dataset: self.name() }),
        };
        let find = |file| self.find(folder, file);
        Ok(Sources {
            train_images: find(TRAIN_IMAGES)?,
            train_labels: find(TRAIN_LABELS)?,
            test_images: find(TEST_IMAGES)?,
            test_labels: find(TEST_LABELS)?,
        })
    }

    fn find(self, folder: &Path, file: &'static str) -> Result<PathBuf, DataError> {
        let package = match self {
            Self::Mnist => None,
            Self::FashionMnist => Some(FASHION_MNIST_PACKAGE),
        };
        let missing = || DataError::MissingFile {
            file,
            folder: folder.to_owned(),
            package,
        };
        candidates(folder, file)
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(missing)
    }

    /// Reads one split: 28 x 28 x 1 pixels, labels 0 to 9.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, or is not of this data set's count, size and classes.
    pub fn load(self, sources: &Sources, split: Split) -> Result<Labelled, DataError> {
        let (images_path, labels_path) = match split {
            Split::Train => (&sources.train_images, &sources.train_labels),
            Split::Test => (&sources.test_images, &sources.test_labels),
        };
        let images = read_images(images_path)?;
        let labels = read_labels(labels_path)?;
        check_counts(&images, images_path, &labels, labels_path)?;
        check_shape(&images, images_path, self.count(split))?;
        check_labels(&labels, labels_path)?;
        Ok(Labelled {
            images,
            labels: Some(labels),
            classes: CLASSES,
        })
    }
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
    if (images.count, images.height, images.width) == (count, SIZE, SIZE) {
        return Ok(());
    }
    let in_words = |count, height, width| format!("{count} images of {height} x {width}");
    Err(DataError::WrongShape {
        path: path.to_owned(),
        expected: in_words(count, SIZE, SIZE),
        found: in_words(images.count, images.height, images.width),
    })
}

fn check_labels(labels: &[u8], path: &Path) -> Result<(), DataError> {
    match labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        Some(index) => Err(DataError::LabelOutOfRange {
            path: path.to_owned(),
            index,
            label: labels[index],
            classes: CLASSES,
        }),
        None => Ok(()),
    }
}

/// A file's two forms, the one that is preferred first.
fn candidates(folder: &Path, file: &str) -> [PathBuf; 2] {
    [folder.join(format!("{file}.gz")), folder.join(file)]
}

#[cfg(test)]
mod tests;
