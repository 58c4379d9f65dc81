//! Records of TensorFlow and a large image of Pillow (tests/golden/archives.py), and files that are not those of the set.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use image::{ImageFormat, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::data::golden::{Golden, archive, recipe};

fn records(path: &Path, count: usize, side: usize, split: Split) -> Result<Vec<u8>, DataError> {
    let mut pixels = Vec::new();
    read_records(path, count, side, split, &mut |image, _| {
        pixels.extend_from_slice(image);
        Ok::<_, DataError>(())
    })?;
    Ok(pixels)
}

fn images(folder: &Path, count: usize, side: usize, split: Split) -> Result<Vec<Vec<u8>>, DataError> {
    let mut pixels = Vec::new();
    read_images(folder, count, side, split, &mut |image, _| {
        pixels.push(image.to_vec());
        Ok::<_, DataError>(())
    })?;
    Ok(pixels)
}

/// A folder of images of one color each, its red the number of the image.
fn folder(names: &[&str], side: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (index, name) in names.iter().enumerate() {
        let image = RgbImage::from_pixel(side, side, image::Rgb([index as u8, 0, 0]));
        image
            .save_with_format(folder.path().join(name), ImageFormat::Png)
            .unwrap();
    }
    folder
}

#[test]
fn records_of_tensorflow_are_images_in_their_order_and_the_last_tenth_is_held_out() {
    let (_, expected) = Golden::read().bytes("records.r03");
    let path = archive("celebahq-r03.tfrecords");
    let train = records(&path, 20, 8, Split::Train).unwrap();
    let test = records(&path, 20, 8, Split::Test).unwrap();
    assert_eq!([train, test], [&expected[..18 * 192], &expected[18 * 192..]]);
}

#[test]
fn a_record_of_the_published_size_is_read() {
    let pixels = records(&archive("celebahq-r07.tfrecords"), 1, SIDE, Split::Train).unwrap();
    let expected = recipe(SIDE, SIDE);
    for (found, expected) in pixels.chunks(3).zip(expected) {
        assert_eq!(found, [0, 50, 100].map(|more: u8| expected.wrapping_add(more)));
    }
}

#[test]
fn another_level_or_number_of_records_is_refused() {
    let path = archive("celebahq-r03.tfrecords");
    let says = |count, side| {
        let error = records(&path, count, side, Split::Train).unwrap_err();
        assert!(error.hint().is_some());
        error.to_string().replace(path.to_str().unwrap(), "FILE")
    };
    assert_eq!(
        says(20, 128),
        "FILE holds [3, 8, 8] and 192, expected [3, 128, 128] and 49152 bytes in record 0"
    );
    assert_eq!(says(30, 8), "FILE holds 20, expected 30 images");
    assert_eq!(says(19, 8), "FILE holds 20, expected 19 images");
}

#[test]
fn records_that_are_cut_short_damaged_or_of_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("celebahq-r03.tfrecords");
    let whole = fs::read(archive("celebahq-r03.tfrecords")).unwrap();
    let says = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        // A damaged record of the other split is an error of either.
        let [train, test] =
            [Split::Train, Split::Test].map(|split| records(&path, 20, 8, split).unwrap_err().to_string());
        assert_eq!(train, test);
        train.replace(path.to_str().unwrap(), "FILE")
    };
    assert_eq!(
        says(&whole[..whole.len() - 1]),
        "FILE is cut short: record 19 needs 247 bytes, found 246"
    );
    assert_eq!(says(&whole[..247 * 19]), "FILE holds 19, expected 20 images");
    let mut damaged = whole.clone();
    damaged[247 * 18 + 100] ^= 1;
    let message = says(&damaged);
    assert!(
        message.starts_with("record 18 of FILE is damaged: the checksum of its content"),
        "{message}"
    );
    assert!(says(&whole[1..]).starts_with("record 0 of FILE is damaged: the checksum of its length"));
}

#[test]
fn a_large_image_is_reduced_as_numpy_does() {
    let (shape, expected) = Golden::read().bytes("reduced");
    assert_eq!(shape, [128, 128, 3]);
    let folder = tempfile::tempdir().unwrap();
    fs::copy(archive("imgHQ00000.png"), folder.path().join("imgHQ00000.png")).unwrap();
    let found = images(folder.path(), 1, LARGE_SIDE, Split::Train).unwrap();
    assert_eq!(found, [expected]);
}

#[test]
fn images_are_ordered_by_the_number_at_the_end_of_their_names() {
    let names = [
        "0.png", "1.png", "2.jpg", "3.png", "4.png", "5.png", "6.png", "7.png", "9.png", "10.png",
    ];
    let folder = folder(&names, 128);
    fs::write(folder.path().join("licence.txt"), "no image").unwrap();
    let red = |split| -> Vec<u8> {
        let images = images(folder.path(), 10, 128, split).unwrap();
        images.iter().map(|image| image[0]).collect()
    };
    assert_eq!(red(Split::Train), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(red(Split::Test), [9]);
}

#[test]
fn folders_of_another_count_size_or_kind_of_names_are_refused() {
    let says = |names: &[&str], count, side| {
        let folder = folder(names, 128);
        let error = images(folder.path(), count, side, Split::Train).unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        let path = folder.path().to_str().unwrap();
        error
            .to_string()
            .replace(&format!("{path}/"), "")
            .replace(path, "FOLDER")
    };
    assert_eq!(
        says(&["0.png", "1.png"], 3, 128),
        "FOLDER holds 2, expected 3 images"
    );
    assert_eq!(
        says(&["0.png", "img.png"], 2, 128),
        "img.png has no number at the end of its name"
    );
    assert_eq!(
        says(&["7.png", "img007.png"], 2, 128),
        "img007.png has the number 7, and so has 7.png"
    );
    assert_eq!(
        says(&["0.png"], 1, 1024),
        "0.png holds one of 128 x 128, expected an image of 1024 x 1024"
    );
}

#[test]
fn the_published_numbers_are_those_of_the_paper() {
    assert_eq!((DESCRIPTION.train, DESCRIPTION.test), (27_000, 3_000));
}
