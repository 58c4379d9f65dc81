//! CIFAR-10 against files that Python made, and a whole set of files that are made up.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};

use tempfile::TempDir;

use super::*;
use crate::data::PublishedSet;
use crate::data::published::tests::{Images, golden, golden_array, read, zeros};

const RECORD: u64 = 1 + IMAGE_BYTES as u64;
const LABEL: &str = "training batch 1 of 5";

#[test]
fn every_form_that_python_wrote_gives_the_array_of_numpy() {
    let expected = Images {
        pixels: golden_array("cifar10.images"),
        labels: golden_array("cifar10.labels"),
    };
    let mut binary = Images::default();
    read_binary_batch(&golden("cifar10.bin"), 6, &mut |pixels, label| {
        binary.add(pixels, label)
    })
    .unwrap();
    assert_eq!(binary, expected);
    for name in ["cifar10.python2", "cifar10.python3", "cifar10.python3-protocol4"] {
        let mut python = Images::default();
        read_python_batch(&golden(name), LABEL, 6, &mut |pixels, label| {
            python.add(pixels, label)
        })
        .unwrap();
        assert_eq!(python, expected, "{name}");
    }
    check_python_names(&golden("cifar10-names.python2")).unwrap();
}

#[test]
fn a_pickled_batch_is_held_to_its_label_and_its_count() {
    let path = golden("cifar10.python2");
    let refused = |label: &str, count| {
        let error = read_python_batch::<DataError>(&path, label, count, &mut |_, _| Ok(()));
        let error = error.unwrap_err().to_string();
        error.replace(&path.display().to_string(), "FILE")
    };
    assert_eq!(
        refused("testing batch 1 of 1", 6),
        "FILE holds the training batch 1 of 5, expected the testing batch 1 of 1"
    );
    assert_eq!(
        refused(LABEL, 10_000),
        "FILE holds an array of 6 x 3072, expected one of 10000 x 3072"
    );
    let names = check_python_names(&path).unwrap_err().to_string();
    assert!(names.ends_with("it has no \"label_names\""), "{names}");
}

/// The binary form with every file at its length: labels 0 to 9 by turns, the first red value of an image the number of
/// its file.
fn whole_set() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, wanted) in BINARY[..6].iter().enumerate() {
        let path = folder.path().join(wanted.places[0]);
        let mut file = BufWriter::with_capacity(1 << 20, fs::File::create(path).unwrap());
        let mut record = [0; RECORD as usize];
        record[1] = number as u8 + 1;
        for index in 0..BATCH {
            record[0] = (index % 10) as u8;
            file.write_all(&record).unwrap();
        }
        file.flush().unwrap();
    }
    fs::write(
        folder.path().join("batches.meta.txt"),
        CLASSES.join("\n") + "\n\n",
    )
    .unwrap();
    folder
}

fn refusal(folder: &TempDir, split: Split) -> String {
    let located = PublishedSet::Cifar10.locate(Some(folder.path()), None).unwrap();
    assert!(located.missing.is_none(), "{:?}", located.missing);
    let error = PublishedSet::Cifar10.read(&located.files, split, 32, &mut |_, _| Ok::<_, DataError>(()));
    let error = error.unwrap_err().to_string();
    error.replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn a_whole_set_is_read_in_the_order_of_its_batches_and_its_classes_are_counted() {
    let folder = whole_set();
    let located = PublishedSet::Cifar10.locate(Some(folder.path()), None).unwrap();
    let mut index = 0;
    let train = &mut |pixels: &[u8], label: Option<u8>| {
        let batch = (index / BATCH) as u8 + 1;
        assert_eq!((pixels.len(), pixels[0], pixels[1]), (IMAGE_BYTES, batch, 0));
        assert_eq!(label, Some((index % 10) as u8));
        index += 1;
        Ok::<_, DataError>(())
    };
    PublishedSet::Cifar10
        .read(&located.files, Split::Train, 32, train)
        .unwrap();
    assert_eq!(index, 50_000);
    let test = read(PublishedSet::Cifar10, &located.files, Split::Test, 32).unwrap();
    assert_eq!((test.labels.len(), test.pixels[0]), (10_000, 6));

    let path = folder.path().join("test_batch.bin");
    let label = |index: u64, label: u8| {
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(index * RECORD)).unwrap();
        file.write_all(&[label]).unwrap();
    };
    label(0, 1);
    assert_eq!(
        refusal(&folder, Split::Test),
        "the test images in FOLDER hold 999 of the class airplane, expected 1000"
    );
    label(7, 10);
    assert_eq!(
        refusal(&folder, Split::Test),
        "label 7 of FOLDER/test_batch.bin is 10, expected 0 to 9"
    );
}

/// The binary form with files of zeros.
fn empty_set() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for wanted in &BINARY[..6] {
        zeros(&folder.path().join(wanted.places[0]), BATCH as u64 * RECORD);
    }
    fs::write(folder.path().join("batches.meta.txt"), CLASSES.join("\r\n")).unwrap();
    folder
}

#[test]
fn files_of_another_length_are_refused_before_an_image_is_read() {
    let folder = empty_set();
    let path = folder.path().join("data_batch_2.bin");
    zeros(&path, BATCH as u64 * RECORD - 1);
    assert_eq!(
        refusal(&folder, Split::Train),
        "FOLDER/data_batch_2.bin holds 30729999 bytes of labelled images of 32 x 32 x 3, expected 30730000"
    );
    zeros(&path, (BATCH as u64 + 1) * RECORD);
    assert_eq!(
        refusal(&folder, Split::Train),
        "FOLDER/data_batch_2.bin holds 10001 labelled images of 32 x 32 x 3, expected 10000"
    );
}

#[test]
fn names_of_other_classes_are_refused() {
    let folder = empty_set();
    fs::write(folder.path().join("batches.meta.txt"), "apple\nfish\n").unwrap();
    assert_eq!(
        refusal(&folder, Split::Train),
        "FOLDER/batches.meta.txt holds 2 names of classes: apple, fish, expected those of CIFAR-10: airplane, automobile, \
         bird, cat, deer, dog, frog, horse, ship, truck"
    );
}
