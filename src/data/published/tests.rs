//! What all published sets share: finding a form, counting, classes, and images in folders.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File};
use std::path::Path;

use image::{GrayImage, RgbImage};
use tempfile::TempDir;

use super::*;

/// The images of a split, one after the other.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Images {
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Vec<u8>,
}

impl Images {
    pub(super) fn add(&mut self, pixels: &[u8], label: Option<u8>) -> Result<(), DataError> {
        self.pixels.extend_from_slice(pixels);
        self.labels.extend(label);
        Ok(())
    }
}

pub(super) fn read(
    set: PublishedSet,
    files: &SetFiles,
    split: Split,
    resolution: usize,
) -> Result<Images, DataError> {
    let mut images = Images::default();
    set.read(files, split, resolution, &mut |pixels, label| {
        images.add(pixels, label)
    })?;
    Ok(images)
}

/// A file that other tools made; `tests/golden/published_sets.py`.
pub(super) fn golden(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/published_sets")
        .join(name)
}

/// An array of bytes that NumPy wrote.
pub(super) fn golden_array(name: &str) -> Vec<u8> {
    let bytes = fs::read(golden("arrays.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.tensor(name).unwrap().data().to_vec()
}

/// A file of so many zeros that takes no room.
pub(super) fn zeros(path: &Path, bytes: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().set_len(bytes).unwrap();
}

#[test]
fn every_set_can_be_found_by_its_name_and_says_what_fits() {
    for set in PublishedSet::ALL {
        let description = set.description();
        assert_eq!(PublishedSet::of_name(description.name), Some(set));
        for &resolution in description.resolutions {
            assert!(set.bringing(resolution).is_some(), "{description:?}");
        }
        let classes = description.classes.len();
        for split in [Split::Train, Split::Test] {
            let count = description.count(split);
            assert!(count > 0 && (classes == 0 || !description.balanced || count.is_multiple_of(classes)));
        }
    }
    assert_eq!(PublishedSet::of_name("polygons"), None);
}

#[test]
fn the_form_is_that_whose_files_are_there_and_the_preferred_one_of_several() {
    let folder = tempfile::tempdir().unwrap();
    let form = |form| PublishedSet::Cifar10.locate(Some(folder.path()), form).unwrap();
    let nothing = form(None);
    assert_eq!(nothing.files.form, Form::Binary);
    let message = nothing.missing.unwrap().to_string();
    assert!(
        message.starts_with("no file data_batch_1.bin or cifar-10-batches-bin/data_batch_1.bin in "),
        "{message}"
    );
    let python = folder.path().join("cifar-10-batches-py");
    for wanted in PublishedSet::Cifar10.wanted(Form::Python) {
        zeros(&python.join(wanted.name), 1);
    }
    let found = form(None);
    assert_eq!((found.files.form, found.missing.is_none()), (Form::Python, true));
    assert_eq!(found.files.path("test_batch"), python.join("test_batch"));
    for wanted in PublishedSet::Cifar10.wanted(Form::Binary) {
        zeros(&folder.path().join(wanted.places[0]), 1);
    }
    assert_eq!(form(None).files.form, Form::Binary);
    assert_eq!(form(Some(Form::Python)).files.form, Form::Python);
    fs::remove_file(python.join("data_batch_3")).unwrap();
    fs::remove_file(folder.path().join("data_batch_4.bin")).unwrap();
    fs::remove_file(folder.path().join("data_batch_5.bin")).unwrap();
    let nearest = form(None);
    assert_eq!(nearest.files.form, Form::Python, "the form that lacks least");
    assert!(nearest.missing.unwrap().to_string().contains("data_batch_3"));
    assert!(matches!(
        PublishedSet::Cifar10.locate(Some(folder.path()), Some(Form::Idx)),
        Err(DataError::UnknownForm { .. })
    ));
}

#[test]
fn a_plain_folder_of_images_is_taken_only_where_the_form_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("train/cats")).unwrap();
    fs::write(folder.path().join("train/cats/1.png"), [0]).unwrap();
    // CelebA has one form, images with a list beside them.
    let in_folders = |set: &PublishedSet| !matches!(set, PublishedSet::Celeba(..));
    for set in PublishedSet::ALL.into_iter().filter(in_folders) {
        let missing = set.locate(Some(folder.path()), None).unwrap().missing.unwrap();
        assert!(missing.hint().unwrap().contains("as: images"), "{missing}");
        let as_images = set.locate(Some(folder.path()), Some(Form::Images)).unwrap();
        assert!(as_images.missing.is_none());
        assert_eq!(as_images.files.files[0].path, folder.path());
    }
}

/// A set of images as MNIST's test split has them, of which one file is written by `change`.
fn digits(change: impl Fn(&Path)) -> (TempDir, SetFiles) {
    let folder = tempfile::tempdir().unwrap();
    for class in 0..10_u8 {
        let of_class = folder.path().join("test").join(class.to_string());
        fs::create_dir_all(&of_class).unwrap();
        let image = GrayImage::from_pixel(28, 28, image::Luma([class * 20]));
        image.save(of_class.join("b.png")).unwrap();
    }
    change(folder.path());
    let located = PublishedSet::Mnist.locate(Some(folder.path()), Some(Form::Images));
    (folder, located.unwrap().files)
}

fn digits_refused(change: impl Fn(&Path)) -> String {
    let (folder, files) = digits(change);
    let error = read(PublishedSet::Mnist, &files, Split::Test, 28).unwrap_err();
    error
        .to_string()
        .replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn images_in_folders_are_counted_and_have_the_sets_own_size_and_classes() {
    assert_eq!(
        digits_refused(|_| ()),
        "FOLDER holds 10 test images, expected 10000"
    );
    let wide = GrayImage::new(32, 28);
    assert_eq!(
        digits_refused(|folder| wide.save(folder.join("test/3/a.png")).unwrap()),
        "FOLDER/test/3/a.png holds an image of 28 x 32, expected one of 28 x 28"
    );
    assert_eq!(
        digits_refused(|folder| fs::create_dir(folder.join("test/ten")).unwrap()),
        "FOLDER/test holds \"ten\", expected only folders of its classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    );
    let corrupt = digits_refused(|folder| fs::write(folder.join("test/9/z.png"), "no image").unwrap());
    assert!(
        corrupt.contains("1 of 1 images in FOLDER/test/9 cannot be decoded:\n  z.png ("),
        "{corrupt}"
    );
    assert_eq!(
        digits_refused(|folder| fs::rename(folder.join("test"), folder.join("tests")).unwrap()),
        "cannot read FOLDER/test"
    );
}

#[test]
fn images_in_folders_come_in_the_order_of_their_paths_with_the_class_of_their_folder() {
    let (_folder, files) = digits(|folder| {
        let first = GrayImage::from_pixel(28, 28, image::Luma([255]));
        first.save(folder.join("test/4/a.png")).unwrap();
        fs::write(folder.join("test/4/.hidden"), [0]).unwrap();
        fs::write(folder.join("test/4/notes.txt"), "no image").unwrap();
    });
    let mut found = Vec::new();
    let ended = PublishedSet::Mnist.read(&files, Split::Test, 28, &mut |pixels, label| {
        found.push((pixels[0], label));
        Ok::<_, DataError>(())
    });
    assert!(ended.is_err(), "11 images are not all of MNIST's");
    let expected = [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9].map(Some);
    let labels: Vec<_> = found.iter().map(|(_, label)| *label).collect();
    assert_eq!(labels, expected);
    assert_eq!(found[4], (255, Some(4)));
    assert_eq!(found[5], (80, Some(4)));
}

#[test]
fn unlabelled_images_are_taken_from_every_folder_below() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "unlabeled/b/1.png",
        "unlabeled/a/1.png",
        "test/1.png",
        "train/1.png",
    ] {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        let shade = name.as_bytes()[name.len() - 7];
        let image = RgbImage::from_pixel(96, 96, image::Rgb([shade, 0, 0]));
        image.save(folder.path().join(name)).unwrap();
    }
    let shades = |training, split| {
        let set = PublishedSet::Stl10(training);
        let located = set.locate(Some(folder.path()), Some(Form::Images)).unwrap();
        let mut found = Vec::new();
        let ended = set.read(&located.files, split, 48, &mut |pixels, label| {
            assert_eq!((pixels.len(), label), (48 * 48 * 3, None));
            found.push(pixels[0]);
            Ok::<_, DataError>(())
        });
        assert!(ended.unwrap_err().to_string().contains(" images, expected "));
        found
    };
    assert_eq!(shades(Stl10Training::Unlabeled, Split::Train), *b"ab");
    assert_eq!(shades(Stl10Training::Both, Split::Train), *b"nab");
    assert_eq!(shades(Stl10Training::Unlabeled, Split::Test), *b"t");
}

#[test]
fn the_reading_ends_with_the_first_error_of_whoever_takes_the_images() {
    let (_folder, files) = digits(|_| ());
    let mut taken = 0;
    let ended = PublishedSet::Mnist.read(&files, Split::Test, 28, &mut |_, _| {
        taken += 1;
        match taken {
            3 => Err(DataError::NotAFolder {
                path: "enough".into(),
            }),
            _ => Ok(()),
        }
    });
    assert_eq!(
        (ended.unwrap_err().to_string().as_str(), taken),
        ("enough is not a folder", 3)
    );
}
