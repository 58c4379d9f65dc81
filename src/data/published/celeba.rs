//! CelebA (Liu, Luo, Wang & Tang 2015, "Deep Learning Face Attributes in the Wild"): 202,599 aligned faces of 218 x 178 x 3, of
//! which a list makes 162,770 for training, 19,867 for validation and 19,962 for testing.
//!
//! The list and the folder of images are as <https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html> distributes them. The list must
//! name the images 000001.jpg to 202599.jpg in this order, first those for training, then those for validation, then the test
//! images; the folder must hold exactly these. Attributes are not read. What is cut out of an image has a name, because results
//! depend on it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{SetFiles, Wanted};
use super::form::Form;
use super::images_form;
use super::prepared::{self, check_count, check_size, image_of_file};
use super::{Description, Take};
use crate::data::archive_error::ArchiveError;
use crate::data::decode::claims_to_be_an_image;
use crate::data::error::DataError;
use crate::data::images::Split;
use crate::data::resize::{Bitmap, Filter, Fit, Resize};

const HEIGHT: usize = 218;
const WIDTH: usize = 178;
/// Images of each partition: for training, for validation, for testing.
const PARTITIONS: [usize; 3] = [162_770, 19_867, 19_962];
/// The side of the square that compare_gan cuts out.
const COMPARE_GAN_SIDE: usize = 160;
const IMAGES: &str = "images";
const PARTITION: &str = "partition";

pub(super) const WANTED: &[Wanted] = &[
    Wanted {
        name: IMAGES,
        places: &["img_align_celeba/", "Img/img_align_celeba/"],
    },
    Wanted {
        name: PARTITION,
        places: &["list_eval_partition.txt", "Eval/list_eval_partition.txt"],
    },
];

/// Which square of a face is taken, and how it reaches the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CelebaCrop {
    /// As compare_gan: the middle 160 x 160, and the bilinear resizing of TensorFlow 1, which is not antialiased.
    CompareGan,
    /// The middle 160 x 160, and an antialiased filter.
    Center160(Filter),
    /// The middle 178 x 178, which is the whole width, and an antialiased filter.
    Center178(Filter),
}

/// Which images are trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CelebaTraining {
    /// The training images.
    Train,
    /// The training images, and behind them the validation images.
    TrainAndValidation,
}

impl CelebaCrop {
    /// The name, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CompareGan => "compare-gan",
            Self::Center160(_) => "center-160",
            Self::Center178(_) => "center-178",
        }
    }

    /// The filter, where there is a choice.
    pub fn filter(self) -> Option<Filter> {
        match self {
            Self::CompareGan => None,
            Self::Center160(filter) | Self::Center178(filter) => Some(filter),
        }
    }

    /// The square of an image, [resolution, resolution, 3].
    fn square(self, image: &Bitmap, resolution: usize) -> Vec<u8> {
        let resized = |side: usize, filter| {
            let fit = Fit::Crop;
            image
                .centered(side, side)
                .resized(resolution, Resize { filter, fit })
        };
        match self {
            Self::CompareGan => {
                let square = image.centered(COMPARE_GAN_SIDE, COMPARE_GAN_SIDE);
                square.interpolated(resolution)
            }
            Self::Center160(filter) => resized(160, filter),
            Self::Center178(filter) => resized(WIDTH, filter),
        }
    }
}

impl CelebaTraining {
    /// The name, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::TrainAndValidation => "train+validation",
        }
    }

    fn images(self, [train, validation, _]: [usize; 3]) -> usize {
        match self {
            Self::Train => train,
            Self::TrainAndValidation => train + validation,
        }
    }

    pub(super) fn description(self) -> Description {
        Description {
            name: "celeba",
            side: WIDTH,
            channels: 3,
            classes: &[],
            train: self.images(PARTITIONS),
            test: PARTITIONS[2],
            balanced: false,
            resolutions: &[64, 32, 128],
            forms: &[Form::Images],
            usual_folder: None,
            package: None,
        }
    }
}

/// Gives the images of a split to `take`, [resolution, resolution, 3].
pub(super) fn read<E: From<DataError>>(
    crop: CelebaCrop,
    training: CelebaTraining,
    files: &SetFiles,
    split: Split,
    resolution: usize,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let faces = Faces {
        list: files.path(PARTITION),
        folder: files.path(IMAGES),
        partitions: PARTITIONS,
    };
    faces.read(crop, training, split, resolution, take)
}

/// The files, and how many images there must be.
struct Faces<'f> {
    list: &'f Path,
    folder: &'f Path,
    partitions: [usize; 3],
}

impl Faces<'_> {
    fn read<E: From<DataError>>(
        &self,
        crop: CelebaCrop,
        training: CelebaTraining,
        split: Split,
        resolution: usize,
        take: &mut Take<'_, E>,
    ) -> Result<(), E> {
        self.check()?;
        let prepare = |path: &PathBuf| {
            let image = image_of_file(path)?;
            check_size(&image, [HEIGHT, WIDTH], path)?;
            Ok(crop.square(&image, resolution))
        };
        prepared::each(self.paths(training, split).map(Ok), prepare, take)
    }

    fn check(&self) -> Result<(), DataError> {
        let expected = self.partitions.iter().sum();
        let text = fs::read_to_string(self.list).map_err(|source| DataError::Read {
            path: self.list.to_owned(),
            source,
        })?;
        let mut lines = 0;
        for (index, line) in text.lines().enumerate() {
            self.check_line(index, line)?;
            lines = index + 1;
        }
        check_count(lines as u64, expected, self.list)?;
        let mut images = 0;
        images_form::below(self.folder, &mut |path| {
            images += u64::from(claims_to_be_an_image(&path));
        })?;
        check_count(images, expected, self.folder)
    }

    fn check_line(&self, index: usize, line: &str) -> Result<(), DataError> {
        let expected = match self.partition(index) {
            Some(partition) => format!("{} {partition}", name(index)),
            None => "no more lines".to_owned(),
        };
        if line.split_whitespace().eq(expected.split(' ')) {
            return Ok(());
        }
        let error = ArchiveError::PartitionLine {
            path: self.list.to_owned(),
            line: index + 1,
            found: line.chars().take(60).collect(),
            expected: format!("{expected:?}"),
        };
        Err(error.into())
    }

    /// The number of the partition of an image.
    fn partition(&self, index: usize) -> Option<usize> {
        let [train, validation, test] = self.partitions;
        let ends = [train, train + validation, train + validation + test];
        ends.iter().position(|&end| index < end)
    }

    fn paths(&self, training: CelebaTraining, split: Split) -> impl Iterator<Item = PathBuf> {
        let [train, validation, test] = self.partitions;
        let range = match split {
            Split::Train => 0..training.images(self.partitions),
            Split::Test => train + validation..train + validation + test,
        };
        range.map(|index| self.folder.join(name(index)))
    }
}

/// The name of an image, numbered from 0 here and from 1 there.
fn name(index: usize) -> String {
    format!("{:06}.jpg", index + 1)
}

#[cfg(test)]
mod tests;
