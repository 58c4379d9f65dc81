//! STL-10 (Coates, Lee & Ng 2011, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning"): images of
//! 96 x 96 x 3 in 10 classes, 5,000 to train on and 8,000 to test with, and 100,000 without labels.
//!
//! The binary form as <https://cs.stanford.edu/~acoates/stl10/> describes it: an image is its red, its green and its blue
//! values, each column by column; labels are 1 to 10. There are 500 training and 800 test images of each class.
//! Generative models are usually trained on the unlabelled images at 48 x 48 (Warde-Farley & Bengio 2017; Miyato et al.
//! 2018, section 4), which is the default here.

use std::path::Path;

use super::files::{SetFiles, Wanted};
use super::form::Form;
use super::records::{Records, class};
use super::{Description, Take};
use crate::data::error::DataError;
use crate::data::images::Split;

const SIDE: usize = 96;
const CHANNELS: usize = 3;
const PLANE: usize = SIDE * SIDE;
const TRAIN: usize = 5_000;
const TEST: usize = 8_000;
const UNLABELED: usize = 100_000;
const CLASSES: [&str; 10] = [
    "airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck",
];

/// Which of the images are trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stl10Training {
    /// The 100,000 without labels.
    #[serde(rename = "unlabeled")]
    Unlabeled,
    /// The 5,000 with labels.
    #[serde(rename = "train")]
    Labeled,
    /// Both, those with labels first; labels are left out.
    #[serde(rename = "train+unlabeled")]
    Both,
}

/// A file directly in the folder or in the one that the archive unpacks to.
macro_rules! binary {
    ($name:literal, $file:literal) => {
        Wanted {
            name: $name,
            places: &[$file, concat!("stl10_binary/", $file)],
        }
    };
}

impl Stl10Training {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Unlabeled, Self::Labeled, Self::Both];

    /// The name, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unlabeled => "unlabeled",
            Self::Labeled => "train",
            Self::Both => "train+unlabeled",
        }
    }

    fn has_labels(self) -> bool {
        self == Self::Labeled
    }

    pub(super) fn description(self) -> Description {
        Description {
            name: "stl10",
            side: SIDE,
            channels: CHANNELS,
            classes: if self.has_labels() { &CLASSES } else { &[] },
            train: match self {
                Self::Unlabeled => UNLABELED,
                Self::Labeled => TRAIN,
                Self::Both => TRAIN + UNLABELED,
            },
            test: TEST,
            balanced: true,
            resolutions: &[SIDE / 2, SIDE],
            forms: &[Form::Binary, Form::Images],
            usual_folder: None,
            package: None,
        }
    }

    pub(super) fn wanted(self) -> &'static [Wanted] {
        match self {
            Self::Unlabeled => &[
                binary!("unlabeled-images", "unlabeled_X.bin"),
                binary!("test-images", "test_X.bin"),
            ],
            Self::Labeled => &[
                binary!("train-images", "train_X.bin"),
                binary!("train-labels", "train_y.bin"),
                binary!("test-images", "test_X.bin"),
                binary!("test-labels", "test_y.bin"),
            ],
            Self::Both => &[
                binary!("train-images", "train_X.bin"),
                binary!("unlabeled-images", "unlabeled_X.bin"),
                binary!("test-images", "test_X.bin"),
            ],
        }
    }

    pub(super) fn image_folders(self) -> &'static [&'static str] {
        match self {
            Self::Unlabeled => &["unlabeled"],
            Self::Labeled => &["train"],
            Self::Both => &["train", "unlabeled"],
        }
    }

    pub(super) fn read<E: From<DataError>>(
        self,
        files: &SetFiles,
        split: Split,
        take: &mut Take<'_, E>,
    ) -> Result<(), E> {
        let parts: &[(&str, &str, usize)] = match (split, self) {
            (Split::Test, _) => &[("test-images", "test-labels", TEST)],
            (Split::Train, Self::Unlabeled) => &[("unlabeled-images", "", UNLABELED)],
            (Split::Train, Self::Labeled) => &[("train-images", "train-labels", TRAIN)],
            (Split::Train, Self::Both) => &[("train-images", "", TRAIN), ("unlabeled-images", "", UNLABELED)],
        };
        for &(images, labels, count) in parts {
            let labels = match self.has_labels() {
                true => Some(read_labels(files.path(labels), count)?),
                false => None,
            };
            read_images(files.path(images), count, labels.as_deref(), take)?;
        }
        Ok(())
    }
}

/// Reads `count` images, which are all of the file.
fn read_images<E: From<DataError>>(
    path: &Path,
    count: usize,
    labels: Option<&[u8]>,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let records = Records {
        path,
        count,
        bytes: PLANE * CHANNELS,
        content: "images of 96 x 96 x 3",
    };
    let mut pixels = vec![0; PLANE * CHANNELS];
    records.each(|index, record| {
        upright(record, &mut pixels);
        take(&pixels, labels.map(|labels| labels[index]))
    })
}

/// Classes from 0, of labels from 1.
fn read_labels(path: &Path, count: usize) -> Result<Vec<u8>, DataError> {
    let records = Records {
        path,
        count,
        bytes: 1,
        content: "labels",
    };
    let mut labels = Vec::with_capacity(count);
    records.each(|index, record| {
        labels.push(class(record[0], 1, CLASSES.len(), path, index)?);
        Ok::<_, DataError>(())
    })?;
    Ok(labels)
}

/// An image [c, w, h] as [h, w, c].
fn upright(columns: &[u8], pixels: &mut [u8]) {
    for (channel, plane) in columns.chunks_exact(PLANE).enumerate() {
        for (column, values) in plane.chunks_exact(SIDE).enumerate() {
            for (row, &value) in values.iter().enumerate() {
                pixels[(row * SIDE + column) * CHANNELS + channel] = value;
            }
        }
    }
}

#[cfg(test)]
mod tests;
