//! CIFAR-10 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"): 50,000 + 10,000 images of
//! 32 x 32 x 3 in 10 classes.
//!
//! Both forms as <https://www.cs.toronto.edu/~kriz/cifar.html> describes them: five batches for training, in the order of
//! their numbers, and one to test with, of 10,000 images each. An image is 1024 red values, 1024 green ones and 1024 blue
//! ones, each row by row. The training batches together hold 5,000 images of each class, the test batch 1,000. Files of
//! the binary form do not say which batch they are; those of the Python form do, and are held to it.

use std::path::Path;

use super::files::{SetFiles, Wanted};
use super::form::Form;
use super::pickle::{self, Object, Value};
use super::records::{Records, class};
use super::{Description, Take};
use crate::data::error::DataError;
use crate::data::images::Split;

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PLANE: usize = SIDE * SIDE;
const IMAGE_BYTES: usize = PLANE * CHANNELS;
/// Images in each of the six files.
const BATCH: usize = 10_000;
const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];
const TRAIN: [&str; 5] = [
    "data_batch_1",
    "data_batch_2",
    "data_batch_3",
    "data_batch_4",
    "data_batch_5",
];
const TEST: [&str; 1] = ["test_batch"];
const NAMES: &str = "batches.meta";

pub(super) const DESCRIPTION: Description = Description {
    name: "cifar10",
    side: SIDE,
    channels: CHANNELS,
    classes: &CLASSES,
    train: 5 * BATCH,
    test: BATCH,
    balanced: true,
    resolutions: &[SIDE],
    forms: &[Form::Binary, Form::Python, Form::Images],
    usual_folder: None,
    package: None,
};

/// A file of the binary form, directly in the folder or in the one that its archive unpacks to.
macro_rules! binary {
    ($name:literal) => {
        binary!($name, ".bin")
    };
    ($name:literal, $extension:literal) => {
        Wanted {
            name: $name,
            places: &[
                concat!($name, $extension),
                concat!("cifar-10-batches-bin/", $name, $extension),
            ],
        }
    };
}

/// A file of the Python form.
macro_rules! python {
    ($name:literal) => {
        Wanted {
            name: $name,
            places: &[$name, concat!("cifar-10-batches-py/", $name)],
        }
    };
}

const BINARY: &[Wanted] = &[
    binary!("data_batch_1"),
    binary!("data_batch_2"),
    binary!("data_batch_3"),
    binary!("data_batch_4"),
    binary!("data_batch_5"),
    binary!("test_batch"),
    binary!("batches.meta", ".txt"),
];

const PYTHON: &[Wanted] = &[
    python!("data_batch_1"),
    python!("data_batch_2"),
    python!("data_batch_3"),
    python!("data_batch_4"),
    python!("data_batch_5"),
    python!("test_batch"),
    python!("batches.meta"),
];

pub(super) fn wanted(form: Form) -> &'static [Wanted] {
    match form {
        Form::Python => PYTHON,
        _ => BINARY,
    }
}

fn batches(split: Split) -> &'static [&'static str] {
    match split {
        Split::Train => &TRAIN,
        Split::Test => &TEST,
    }
}

/// Each record is a label and an image.
pub(super) fn read_binary<E: From<DataError>>(
    files: &SetFiles,
    split: Split,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    check_binary_names(files.path(NAMES))?;
    for batch in batches(split) {
        read_binary_batch(files.path(batch), BATCH, take)?;
    }
    Ok(())
}

/// Reads `count` images, which are all of the file.
fn read_binary_batch<E: From<DataError>>(path: &Path, count: usize, take: &mut Take<'_, E>) -> Result<(), E> {
    let records = Records {
        path,
        count,
        bytes: 1 + IMAGE_BYTES,
        content: "labelled images of 32 x 32 x 3",
    };
    let mut pixels = Vec::new();
    records.each(|index, record| {
        let class = class(record[0], 0, CLASSES.len(), path, index)?;
        interleave(&record[1..], &mut pixels);
        take(&pixels, Some(class))
    })
}

/// Each file is a dictionary with an array of images and a list of labels.
pub(super) fn read_python<E: From<DataError>>(
    files: &SetFiles,
    split: Split,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    check_python_names(files.path(NAMES))?;
    for (index, batch) in batches(split).iter().enumerate() {
        let label = match split {
            Split::Train => format!("training batch {} of 5", index + 1),
            Split::Test => "testing batch 1 of 1".to_owned(),
        };
        read_python_batch(files.path(batch), &label, BATCH, take)?;
    }
    Ok(())
}

/// Reads `count` images, which are all of the file, of the batch of this label.
fn read_python_batch<E: From<DataError>>(
    path: &Path,
    label: &str,
    count: usize,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let batch = Batch::read(path)?;
    batch.check(path, label, count)?;
    let mut pixels = Vec::new();
    let images = batch.images.chunks_exact(IMAGE_BYTES).zip(&batch.labels);
    for (index, (image, &label)) in images.enumerate() {
        let class = class(label, 0, CLASSES.len(), path, index)?;
        interleave(image, &mut pixels);
        take(&pixels, Some(class))?;
    }
    Ok(())
}

/// What a pickled file holds.
struct Batch {
    /// As in "training batch 1 of 5".
    label: String,
    /// Of the array of images.
    shape: Vec<usize>,
    images: Vec<u8>,
    labels: Vec<u8>,
}

impl Batch {
    fn read(path: &Path) -> Result<Self, DataError> {
        let content = pickle::read(path)?;
        let field = |name: &str| pickle::field(&content, name, path);
        let Value::Object(Object::Array { shape, bytes }) = field("data")? else {
            return Err(pickle::unexpected(path, "data is no array of bytes"));
        };
        let labels = field("labels")?
            .list()
            .map(|all| all.iter().map(Value::byte).collect());
        let Some(Some(labels)) = labels else {
            return Err(pickle::unexpected(
                path,
                "labels is no list of numbers from 0 to 255",
            ));
        };
        let label = field("batch_label")?.text();
        Ok(Self {
            label: label
                .ok_or_else(|| pickle::unexpected(path, "batch_label is no text"))?
                .to_owned(),
            shape: shape.clone(),
            images: bytes.to_vec(),
            labels,
        })
    }

    fn check(&self, path: &Path, label: &str, count: usize) -> Result<(), DataError> {
        let wrong = |expected: String, found: String| DataError::WrongShape {
            path: path.to_owned(),
            expected,
            found,
        };
        if self.label != label {
            return Err(wrong(format!("the {label}"), format!("the {}", self.label)));
        }
        if self.shape != [count, IMAGE_BYTES] {
            let expected = format!("one of {count} x {IMAGE_BYTES}");
            return Err(wrong(expected, format!("an array of {}", extents(&self.shape))));
        }
        if self.labels.len() != count {
            let found = format!("{} labels", self.labels.len());
            return Err(wrong(count.to_string(), found));
        }
        Ok(())
    }
}

fn extents(shape: &[usize]) -> String {
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    extents.join(" x ")
}

fn check_binary_names(path: &Path) -> Result<(), DataError> {
    let text = std::fs::read_to_string(path).map_err(|source| DataError::Read {
        path: path.to_owned(),
        source,
    })?;
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    check_names(path, names.into_iter().filter(|name| !name.is_empty()).collect())
}

fn check_python_names(path: &Path) -> Result<(), DataError> {
    let content = pickle::read(path)?;
    let names = pickle::field(&content, "label_names", path)?.list();
    let text = |name: &Value| name.text().map(str::to_owned);
    let names = names.map(|names| names.iter().map(text).collect());
    match names {
        Some(Some(names)) => check_names(path, names),
        _ => Err(pickle::unexpected(path, "label_names is no list of names")),
    }
}

fn check_names(path: &Path, found: Vec<String>) -> Result<(), DataError> {
    if found == CLASSES {
        return Ok(());
    }
    let shown: Vec<&str> = found.iter().take(CLASSES.len()).map(String::as_str).collect();
    Err(DataError::WrongShape {
        path: path.to_owned(),
        expected: format!("those of CIFAR-10: {}", CLASSES.join(", ")),
        found: format!("{} names of classes: {}", found.len(), shown.join(", ")),
    })
}

/// An image of three planes [c, h, w] as [h, w, c].
fn interleave(planes: &[u8], pixels: &mut Vec<u8>) {
    pixels.clear();
    let (red, rest) = planes.split_at(PLANE);
    let (green, blue) = rest.split_at(PLANE);
    for ((red, green), blue) in red.iter().zip(green).zip(blue) {
        pixels.extend([*red, *green, *blue]);
    }
}

#[cfg(test)]
mod tests;
