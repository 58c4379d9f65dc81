//! The bedrooms of LSUN (Yu, Seff, Zhang, Song, Funkhouser & Xiao 2015, "LSUN: Construction of a Large-scale Image Dataset using
//! Deep Learning with Humans in the Loop"): 3,033,042 images, 256 pixels on the shorter side.
//!
//! Two forms: the LMDB as <https://github.com/fyu/lsun> distributes it, whose records are image files under keys that are
//! hashes; and a folder of such files named by their keys. Both are read in the order of keys. The 300 validation images of the
//! distribution are too few for a distance and are not used. The GAN Landscape tests on one of 100 shards of the training images,
//! 30,588, whose making cannot be reproduced; here the last hundredth in the order of keys are the test images, 30,330.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{SetFiles, Wanted};
use super::form::Form;
use super::images_form;
use super::prepared::{self, check_count, image_of_file};
use super::{Description, Take};
use crate::data::archive_error::ArchiveError;
use crate::data::decode::{Color, claims_to_be_an_image, decode_bytes};
use crate::data::error::DataError;
use crate::data::images::Split;
use crate::data::lmdb::{Entry, Lmdb, LmdbError};
use crate::data::resize::{Bitmap, Filter, Fit, Resize};

const IMAGES: usize = 3_033_042;
/// One of so many images is a test image.
const TEST_PART: usize = 100;
const SHORTER_SIDE: usize = 256;
const CHANNELS: usize = 3;
/// The longest value that may be an image of the set; the published ones have some ten thousand bytes.
const LONGEST: usize = 4 << 20;
const DATABASE: &str = "database";
const FOLDER: &str = "images";

const LMDB: &[Wanted] = &[Wanted {
    name: DATABASE,
    places: &["bedroom_train_lmdb/data.mdb", "data.mdb"],
}];
const IMAGE_FILES: &[Wanted] = &[Wanted {
    name: FOLDER,
    places: &[""],
}];

/// How images become squares of the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BedroomPreparation {
    /// The middle of each image, not resized, as the GAN Landscape takes it.
    CenterCrop,
    /// The largest square in the middle of each image, resized by an antialiased filter, as is usual.
    CropResize(Filter),
}

impl BedroomPreparation {
    /// The name, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CenterCrop => "center-crop",
            Self::CropResize(_) => "crop-resize",
        }
    }

    /// The filter, where there is a choice.
    pub fn filter(self) -> Option<Filter> {
        match self {
            Self::CenterCrop => None,
            Self::CropResize(filter) => Some(filter),
        }
    }

    fn square(self, image: &Bitmap, resolution: usize) -> Vec<u8> {
        match self {
            Self::CenterCrop => image.centered(resolution, resolution).pixels,
            Self::CropResize(filter) => {
                let fit = Fit::Crop;
                image.resized(resolution, Resize { filter, fit })
            }
        }
    }

    pub(super) fn description(self) -> Description {
        Description {
            name: "lsun-bedroom",
            side: SHORTER_SIDE,
            channels: CHANNELS,
            classes: &[],
            train: IMAGES - IMAGES / TEST_PART,
            test: IMAGES / TEST_PART,
            balanced: false,
            resolutions: match self {
                Self::CenterCrop => &[128],
                Self::CropResize(_) => &[128, 32, 64, 256],
            },
            forms: &[Form::Lmdb, Form::Images],
            usual_folder: None,
            package: None,
        }
    }
}

pub(super) fn wanted(form: Form) -> &'static [Wanted] {
    match form {
        Form::Lmdb => LMDB,
        _ => IMAGE_FILES,
    }
}

/// Gives the images of a split to `take`, [resolution, resolution, 3].
pub(super) fn read<E: From<DataError>>(
    preparation: BedroomPreparation,
    files: &SetFiles,
    split: Split,
    resolution: usize,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let rooms = Rooms {
        preparation,
        count: IMAGES,
        resolution,
    };
    match files.form {
        Form::Lmdb => rooms.read_database(files.path(DATABASE), split, take),
        _ => rooms.read_images(files.path(FOLDER), split, take),
    }
}

/// How many images there must be, and what is made of each.
#[derive(Clone, Copy, Debug)]
struct Rooms {
    preparation: BedroomPreparation,
    count: usize,
    resolution: usize,
}

impl Rooms {
    /// How many images come before those of a split, and how many are in it.
    fn part(&self, split: Split) -> (usize, usize) {
        let test = self.count / TEST_PART;
        match split {
            Split::Train => (0, self.count - test),
            Split::Test => (self.count - test, test),
        }
    }

    fn read_database<E: From<DataError>>(
        &self,
        path: &Path,
        split: Split,
        take: &mut Take<'_, E>,
    ) -> Result<(), E> {
        let failed = |error: LmdbError| DataError::from(ArchiveError::from(error));
        let lmdb = Lmdb::open(path).map_err(failed)?;
        check_count(lmdb.records(), self.count, path)?;
        let (before, count) = self.part(split);
        let record = |entry: Result<Entry, LmdbError>| {
            let entry = entry.map_err(failed)?;
            if entry.value_bytes() > LONGEST {
                let reason = format!(
                    "it has {} bytes, more than an image of the set",
                    entry.value_bytes()
                );
                return Err(not_an_image(path, &entry.key, reason));
            }
            let value = lmdb.value(&entry).map_err(failed)?;
            Ok((entry.key, value))
        };
        // Errors before the split are errors too: a tree that cannot be walked has no order.
        let mut entries = lmdb.entries();
        for passed in entries.by_ref().take(before) {
            passed.map_err(failed)?;
        }
        let prepare = |(key, value): &(Vec<u8>, Vec<u8>)| self.square_of_record(path, key, value);
        prepared::each(entries.by_ref().take(count).map(record), prepare, take)?;
        // Behind the last record the file says whether it was.
        match split {
            Split::Test => Ok(entries.try_for_each(|entry| entry.map(drop)).map_err(failed)?),
            Split::Train => Ok(()),
        }
    }

    fn square_of_record(&self, path: &Path, key: &[u8], value: &[u8]) -> Result<Vec<u8>, DataError> {
        let image = decode_bytes(value, Color::Rgb).map_err(|reason| not_an_image(path, key, reason))?;
        self.square(&image).ok_or_else(|| DataError::WrongShape {
            path: path.to_owned(),
            expected: format!("images of {SHORTER_SIDE} pixels on the shorter side"),
            found: format!(
                "one of {} x {} in the record {}",
                image.height,
                image.width,
                String::from_utf8_lossy(key)
            ),
        })
    }

    fn read_images<E: From<DataError>>(
        &self,
        folder: &Path,
        split: Split,
        take: &mut Take<'_, E>,
    ) -> Result<(), E> {
        let mut paths = Vec::new();
        images_form::below(folder, &mut |path| {
            if claims_to_be_an_image(&path) {
                paths.push(path);
            }
        })?;
        check_count(paths.len() as u64, self.count, folder)?;
        // Folders that are beginnings of keys leave their order as it is.
        paths.sort_unstable_by(|a, b| a.file_name().cmp(&b.file_name()));
        let (before, count) = self.part(split);
        let prepare = |path: &PathBuf| {
            let image = image_of_file(path)?;
            self.square(&image).ok_or_else(|| DataError::WrongShape {
                path: path.clone(),
                expected: format!("an image of {SHORTER_SIDE} pixels on the shorter side"),
                found: format!("one of {} x {}", image.height, image.width),
            })
        };
        let paths = paths.into_iter().skip(before).take(count);
        prepared::each(paths.map(Ok), prepare, take)
    }

    /// The square of an image; none of one that has another size than the images of the set.
    fn square(&self, image: &Bitmap) -> Option<Vec<u8>> {
        let shorter = image.height.min(image.width);
        (shorter == SHORTER_SIDE).then(|| self.preparation.square(image, self.resolution))
    }
}

fn not_an_image(path: &Path, key: &[u8], reason: String) -> DataError {
    let error = ArchiveError::NotAnImage {
        path: path.to_owned(),
        record: String::from_utf8_lossy(key).into_owned(),
        reason,
    };
    error.into()
}

#[cfg(test)]
mod tests;
