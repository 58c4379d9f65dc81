//! CelebA-HQ at 128 x 128 x 3 (Karras, Aila, Laine & Lehtinen 2018, "Progressive Growing of GANs for Improved Quality, Stability,
//! and Variation", section 5 and appendix C): 30,000 faces, of which the last tenth in order are test images.
//!
//! Three forms: the images of 1024 x 1024; the TFRecord file of the level of 128 pixels; images of 128 x 128. The large images
//! are reduced by repeated means of 2 x 2 pixels, rounded once, which is what the levels of the TFRecords are. Images are ordered
//! by the number at the end of their names, records as they lie in their file: the two orders differ, and with them the split.
//! compare_gan trained on 27,000 and held out 3,000, the last ten of 100 shards whose making is not published; so the numbers
//! are those of the paper, and which images they are cannot be known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{SetFiles, Wanted};
use super::form::Form;
use super::images_form;
use super::prepared::{self, check_count, check_size, image_of_file};
use super::square;
use super::{Description, Take};
use crate::data::archive_error::ArchiveError;
use crate::data::decode::claims_to_be_an_image;
use crate::data::error::DataError;
use crate::data::example::{Example, ExampleError};
use crate::data::images::Split;
use crate::data::tfrecord::TfRecords;

const IMAGES: usize = 30_000;
const SIDE: usize = 128;
const LARGE_SIDE: usize = 1024;
const CHANNELS: usize = 3;
/// One of so many images is a test image.
const TEST_PART: usize = 10;
const FILES: &str = "images";

pub(super) const DESCRIPTION: Description = Description {
    name: "celeba-hq-128",
    side: SIDE,
    channels: CHANNELS,
    classes: &[],
    train: IMAGES - IMAGES / TEST_PART,
    test: IMAGES / TEST_PART,
    balanced: false,
    resolutions: &[SIDE, 64, 32],
    forms: &[Form::TfRecords, Form::Images, Form::Images1024],
    usual_folder: None,
    package: None,
};

const RECORDS: &[Wanted] = &[Wanted {
    name: FILES,
    places: &["*-r07.tfrecords", "celebahq/*-r07.tfrecords"],
}];
const FOLDER: &[Wanted] = &[Wanted {
    name: FILES,
    places: &[""],
}];

pub(super) fn wanted(form: Form) -> &'static [Wanted] {
    match form {
        Form::TfRecords => RECORDS,
        _ => FOLDER,
    }
}

/// Gives the images of a split to `take`, [128, 128, 3].
pub(super) fn read<E: From<DataError>>(
    files: &SetFiles,
    split: Split,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let path = files.path(FILES);
    match files.form {
        Form::TfRecords => read_records(path, IMAGES, SIDE, split, take),
        Form::Images1024 => read_images(path, IMAGES, LARGE_SIDE, split, take),
        _ => read_images(path, IMAGES, SIDE, split, take),
    }
}

/// The numbers of the images of a split, of `count` in order.
fn numbers(count: usize, split: Split) -> std::ops::Range<usize> {
    let train = count - count / TEST_PART;
    match split {
        Split::Train => 0..train,
        Split::Test => train..count,
    }
}

/// Records of `count` images of `side` x `side` pixels, channels first.
fn read_records<E: From<DataError>>(
    path: &Path,
    count: usize,
    side: usize,
    split: Split,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let records = TfRecords::open(path).map_err(|error| DataError::from(ArchiveError::from(error)))?;
    let wanted = numbers(count, split);
    let mut found = 0;
    let records = records.enumerate().map(|(number, record)| {
        found = number as u64 + 1;
        let record = record.map_err(|error| DataError::from(ArchiveError::from(error)))?;
        Ok((number, record))
    });
    // All of them are read, as only the end tells how many there are.
    let records = records.filter(|record| match record {
        Ok((number, _)) => wanted.contains(number),
        Err(_) => true,
    });
    let prepare = |(number, record): &(usize, Vec<u8>)| image_of_record(path, *number, record, side);
    prepared::each(records, prepare, take)?;
    Ok(check_count(found, count, path)?)
}

/// The image of a record, [side, side, 3].
fn image_of_record(path: &Path, number: usize, record: &[u8], side: usize) -> Result<Vec<u8>, DataError> {
    let wrong = |source: ExampleError| {
        DataError::from(ArchiveError::Example {
            path: path.to_owned(),
            record: number,
            source,
        })
    };
    let example = Example::read(record).map_err(wrong)?;
    let shape = example.whole("shape").map_err(wrong)?;
    let planes = example.bytes("data").map_err(wrong)?;
    let expected = [CHANNELS, side, side];
    let is_shape = shape
        .iter()
        .map(|&extent| usize::try_from(extent).ok())
        .eq(expected.map(Some));
    if !is_shape || planes.len() != CHANNELS * side * side {
        return Err(DataError::WrongShape {
            path: path.to_owned(),
            expected: format!(
                "{expected:?} and {} bytes in record {number}",
                CHANNELS * side * side
            ),
            found: format!("{shape:?} and {}", planes.len()),
        });
    }
    let plane = side * side;
    let pixels =
        (0..plane).flat_map(|pixel| (0..CHANNELS).map(move |channel| planes[channel * plane + pixel]));
    Ok(pixels.collect())
}

/// Image files, `count` of `side` x `side` pixels.
fn read_images<E: From<DataError>>(
    folder: &Path,
    count: usize,
    side: usize,
    split: Split,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let paths = ordered(folder)?;
    check_count(paths.len() as u64, count, folder)?;
    let resolution = side.min(SIDE);
    let prepare = |path: &PathBuf| {
        let image = image_of_file(path)?;
        check_size(&image, [side; 2], path)?;
        let mut square = Vec::new();
        square::bring(&image.pixels, side, CHANNELS, resolution, &mut square)?;
        Ok(square)
    };
    let wanted = paths[numbers(count, split)].iter().cloned();
    prepared::each(wanted.map(Ok), prepare, take)
}

/// The image files below a folder, by the number at the end of their names.
fn ordered(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut named = Vec::new();
    images_form::below(folder, &mut |path| {
        if claims_to_be_an_image(&path) {
            named.push(path);
        }
    })?;
    let mut paths: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for path in named {
        let Some(number) = number(&path) else {
            let problem = "has no number at the end of its name".to_owned();
            return Err(ArchiveError::ImageName { path, problem }.into());
        };
        if let Some(other) = paths.get(&number) {
            let problem = format!("has the number {number}, and so has {}", other.display());
            return Err(ArchiveError::ImageName { path, problem }.into());
        }
        paths.insert(number, path);
    }
    Ok(paths.into_values().collect())
}

fn number(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let digits = stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    stem[digits..].parse().ok()
}

#[cfg(test)]
mod tests;
