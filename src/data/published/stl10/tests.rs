//! STL-10 against files that NumPy made, and files of the right and the wrong length.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::*;
use crate::data::PublishedSet;
use crate::data::published::square;
use crate::data::published::tests::{Images, golden, golden_array, zeros};

const IMAGE: u64 = (PLANE * CHANNELS) as u64;

#[test]
fn columns_become_rows_as_numpy_transposes_them_and_means_are_those_of_numpy() {
    let labels = read_labels(&golden("stl10-labels.bin"), 2).unwrap();
    let (mut whole, mut reduced) = (Images::default(), Images::default());
    let path = golden("stl10-images.bin");
    read_images(&path, 2, Some(&labels), &mut |pixels, label| {
        let mut square = Vec::new();
        square::bring(pixels, SIDE, CHANNELS, 48, &mut square)?;
        reduced.add(&square, label)?;
        whole.add(pixels, label)
    })
    .unwrap();
    assert_eq!(whole.labels, golden_array("stl10.labels"));
    assert_eq!(whole.pixels, golden_array("stl10.images"));
    assert_eq!(reduced.pixels, golden_array("stl10.images48"));
}

#[test]
fn labels_count_from_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train_y.bin");
    for (label, refused) in [(0, true), (1, false), (10, false), (11, true)] {
        fs::write(&path, [1, label]).unwrap();
        let labels = read_labels(&path, 2);
        assert_eq!(labels.is_err(), refused, "{labels:?}");
        if let Err(error) = labels {
            let message = error.to_string();
            assert!(
                message.ends_with(&format!("train_y.bin is {label}, expected 1 to 10")),
                "{message}"
            );
        }
    }
}

fn refusal(training: Stl10Training, split: Split, lengths: &[(&str, u64)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, length) in lengths {
        zeros(&folder.path().join("stl10_binary").join(name), *length);
    }
    let set = PublishedSet::Stl10(training);
    let located = set.locate(Some(folder.path()), None).unwrap();
    assert!(located.missing.is_none(), "{:?}", located.missing);
    let error = set.read(&located.files, split, 48, &mut |_, _| Ok::<_, DataError>(()));
    let error = error.unwrap_err().to_string();
    error.replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn each_choice_needs_its_own_files_at_their_lengths() {
    let test = ("test_X.bin", 8_000 * IMAGE);
    assert_eq!(
        refusal(
            Stl10Training::Unlabeled,
            Split::Train,
            &[("unlabeled_X.bin", 5_000 * IMAGE), test]
        ),
        "FOLDER/stl10_binary/unlabeled_X.bin holds 5000 images of 96 x 96 x 3, expected 100000"
    );
    assert_eq!(
        refusal(
            Stl10Training::Both,
            Split::Test,
            &[("train_X.bin", 0), ("unlabeled_X.bin", 0), ("test_X.bin", 7)]
        ),
        "FOLDER/stl10_binary/test_X.bin holds 7 bytes of images of 96 x 96 x 3, expected 221184000"
    );
    let labels = ("train_y.bin", 5_000);
    assert_eq!(
        refusal(
            Stl10Training::Labeled,
            Split::Train,
            &[("train_X.bin", 0), labels, test, ("test_y.bin", 8_000)]
        ),
        "label 0 of FOLDER/stl10_binary/train_y.bin is 0, expected 1 to 10"
    );
}
