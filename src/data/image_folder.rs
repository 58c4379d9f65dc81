//! A folder of the user's own images: which of its files are images, which are test images, and what the folders' names say.
//!
//! Files come one after the other and images go out one after the other, so that a set may be larger than memory. A file is
//! given with its path below the folder and the digest of its content; who lists the folder and who keeps the pixels is not
//! known here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::decode::{Color, Decoded, decode};
use super::error::{CorruptFile, DataError};
use super::images::Split;
use super::resize::Resize;

/// Files that a message names; more are counted.
const MOST_NAMED: usize = 20;
/// The fewest images that a split may have: a covariance divides by n - 1.
const FEWEST_IMAGES: usize = 2;
/// The most classes, as a label is a byte.
const MOST_CLASSES: usize = 256;
/// The fewest classes that there is something to tell between.
const FEWEST_CLASSES: usize = 2;

/// How a folder of images becomes a data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageFolder {
    /// Height and width of every image, in pixels.
    pub resolution: usize,
    /// Colors of every image.
    pub color: Color,
    /// How images of other sizes are brought to the resolution.
    pub resize: Resize,
    /// The share of images that are test images, in (0, 1).
    pub test_fraction: f64,
    /// Where classes come from.
    pub labels: Labels,
    /// What becomes of images that cannot be decoded.
    pub corrupt: Corrupt,
}

/// Where the classes of images come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// There are none.
    None,
    /// The first folder of each image's path; classes are numbered in the order of the bytes of their names.
    Folder,
}

/// What becomes of images that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corrupt {
    /// They are an error that names them.
    Refuse,
    /// They are left out and counted.
    Skip,
}

/// One file below the folder.
#[derive(Clone, Copy, Debug)]
pub struct ImageFile<'f> {
    /// Its path below the folder with `/` between the parts, in bytes.
    pub name: &'f [u8],
    /// Where it lies.
    pub path: &'f Path,
    /// A digest of its content, each byte uniformly distributed.
    pub digest: &'f [u8; 32],
}

/// What was made of one file.
#[derive(Debug, PartialEq)]
pub enum PreparedFile {
    /// The pixels at the resolution, [resolution, resolution, c].
    Image(Vec<u8>),
    /// It is an image, or named as one, and cannot be decoded; and why.
    Corrupt(String),
    /// It is no image of a known format.
    Other,
}

impl ImageFolder {
    /// Reads one file, decodes it and brings it to the resolution.
    ///
    /// # Errors
    /// [`DataError::Read`] where the file cannot be read. That is no corruption and never skipped: another machine may
    /// read it, and would get another data set.
    pub fn prepare(&self, file: &ImageFile<'_>) -> Result<PreparedFile, DataError> {
        let decoded = decode(file.path, self.color).map_err(|source| DataError::Read {
            path: file.path.to_owned(),
            source,
        })?;
        Ok(match decoded {
            Decoded::Image(image) => PreparedFile::Image(image.resized(self.resolution, self.resize)),
            Decoded::Corrupt(reason) => PreparedFile::Corrupt(reason),
            Decoded::Other => PreparedFile::Other,
        })
    }

    /// The split of a file: a test file is one whose digest, read as a number in [0, 1), is below the test fraction.
    ///
    /// So it depends on the content alone: other files do not move it, and copies of one image are in one split.
    #[must_use]
    pub fn split(&self, digest: &[u8; 32]) -> Split {
        let leading = u64::from_be_bytes(*digest.first_chunk().expect("a digest has more than 8 bytes"));
        // The upper 53 bits, which f64 holds exactly.
        let position = (leading >> 11) as f64 / (1_u64 << 53) as f64;
        if position < self.test_fraction {
            Split::Test
        } else {
            Split::Train
        }
    }
}

/// What a folder held, once all of its files were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSummary {
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Images that were left out because they cannot be decoded.
    pub corrupt: Vec<CorruptFile>,
    /// How many these are; `corrupt` holds the first of them.
    pub corrupt_count: usize,
    /// Files that are no images of a known format, and were left out.
    pub other: usize,
    /// The first of them.
    pub first_other: Option<String>,
    /// Names of the classes in the order of their numbers; none without labels.
    pub classes: Vec<String>,
    /// The class of each training image; empty without labels.
    pub train_labels: Vec<u8>,
    /// The class of each test image; empty without labels.
    pub test_labels: Vec<u8>,
}

/// The reading of one folder: takes what was made of each file, in the order of their names.
pub struct FolderReading {
    settings: ImageFolder,
    folder: PathBuf,
    files: usize,
    train: usize,
    test: usize,
    corrupt: Vec<CorruptFile>,
    corrupt_count: usize,
    other: usize,
    first_other: Option<String>,
    /// A number for each class, in the order they appear.
    classes: BTreeMap<Vec<u8>, usize>,
    train_classes: Vec<usize>,
    test_classes: Vec<usize>,
    /// Images that lie in no folder, where folders are the labels.
    unlabelled: Vec<String>,
    unlabelled_count: usize,
}

impl FolderReading {
    /// Begins; `folder` is for messages.
    #[must_use]
    pub fn new(settings: ImageFolder, folder: &Path) -> Self {
        Self {
            settings,
            folder: folder.to_owned(),
            files: 0,
            train: 0,
            test: 0,
            corrupt: Vec::new(),
            corrupt_count: 0,
            other: 0,
            first_other: None,
            classes: BTreeMap::new(),
            train_classes: Vec::new(),
            test_classes: Vec::new(),
            unlabelled: Vec::new(),
            unlabelled_count: 0,
        }
    }

    /// Notes a file and returns the pixels to keep, with the split they belong to.
    ///
    /// Once it is certain that the folder will be refused nothing is to be kept, but every file is still looked at, so that
    /// all that is wrong is named.
    pub fn take(&mut self, file: &ImageFile<'_>, prepared: PreparedFile) -> Option<(Split, Vec<u8>)> {
        self.files += 1;
        let name = || String::from_utf8_lossy(file.name).into_owned();
        match prepared {
            PreparedFile::Other => {
                self.other += 1;
                self.first_other.get_or_insert_with(name);
                None
            }
            PreparedFile::Corrupt(reason) => {
                self.corrupt_count += 1;
                if self.corrupt.len() < MOST_NAMED {
                    self.corrupt.push(CorruptFile { name: name(), reason });
                }
                None
            }
            PreparedFile::Image(pixels) => {
                let split = self.settings.split(file.digest);
                self.note_class(file.name, split);
                match split {
                    Split::Train => self.train += 1,
                    Split::Test => self.test += 1,
                }
                (!self.is_refused()).then_some((split, pixels))
            }
        }
    }

    fn note_class(&mut self, name: &[u8], split: Split) {
        if self.settings.labels == Labels::None {
            return;
        }
        let Some(end) = name.iter().position(|&byte| byte == b'/') else {
            self.unlabelled_count += 1;
            if self.unlabelled.len() < MOST_NAMED {
                self.unlabelled.push(String::from_utf8_lossy(name).into_owned());
            }
            return;
        };
        let next = self.classes.len();
        let class = *self.classes.entry(name[..end].to_vec()).or_insert(next);
        match split {
            Split::Train => self.train_classes.push(class),
            Split::Test => self.test_classes.push(class),
        }
    }

    fn is_refused(&self) -> bool {
        let corrupt = self.corrupt_count > 0 && self.settings.corrupt == Corrupt::Refuse;
        corrupt || self.unlabelled_count > 0
    }

    /// Ends; the labels of each split are in the order in which its images were taken.
    ///
    /// # Errors
    /// Where the folder cannot be a data set: corrupt images that are not to be skipped, too few images, or folders that
    /// cannot be classes.
    pub fn finish(self) -> Result<FolderSummary, DataError> {
        if self.corrupt_count > 0 && self.settings.corrupt == Corrupt::Refuse {
            return Err(DataError::CorruptImages {
                folder: self.folder,
                images: self.train + self.test + self.corrupt_count,
                corrupt: self.corrupt_count,
                named: self.corrupt,
            });
        }
        self.check_counts()?;
        self.check_classes()?;
        // The map is sorted by name: its order is the number of a class, its value the provisional one.
        let mut numbers = vec![0; self.classes.len()];
        for (number, provisional) in self.classes.values().enumerate() {
            numbers[*provisional] = u8::try_from(number).unwrap_or(u8::MAX);
        }
        let labels = |classes: &[usize]| classes.iter().map(|&class| numbers[class]).collect();
        let name = |name: &Vec<u8>| String::from_utf8_lossy(name).into_owned();
        Ok(FolderSummary {
            train_labels: labels(&self.train_classes),
            test_labels: labels(&self.test_classes),
            classes: self.classes.keys().map(name).collect(),
            train: self.train,
            test: self.test,
            corrupt: self.corrupt,
            corrupt_count: self.corrupt_count,
            other: self.other,
            first_other: self.first_other,
        })
    }

    fn check_counts(&self) -> Result<(), DataError> {
        if self.train + self.test == 0 {
            return Err(DataError::NoImages {
                folder: self.folder.clone(),
                files: self.files,
            });
        }
        if self.train < FEWEST_IMAGES || self.test < FEWEST_IMAGES {
            return Err(DataError::TooFewImages {
                folder: self.folder.clone(),
                train: self.train,
                test: self.test,
                fewest: FEWEST_IMAGES,
                test_fraction: self.settings.test_fraction,
            });
        }
        Ok(())
    }

    fn check_classes(&self) -> Result<(), DataError> {
        if self.settings.labels == Labels::None {
            return Ok(());
        }
        if self.unlabelled_count > 0 {
            return Err(DataError::UnlabelledImages {
                folder: self.folder.clone(),
                count: self.unlabelled_count,
                named: self.unlabelled.clone(),
            });
        }
        let trained: BTreeSet<usize> = self.train_classes.iter().copied().collect();
        let untrained = self.classes.iter().find(|(_, class)| !trained.contains(class));
        if let Some((name, _)) = untrained {
            return Err(DataError::UntrainedClass {
                folder: self.folder.clone(),
                class: String::from_utf8_lossy(name).into_owned(),
            });
        }
        if !(FEWEST_CLASSES..=MOST_CLASSES).contains(&self.classes.len()) {
            return Err(DataError::ClassCount {
                folder: self.folder.clone(),
                found: self.classes.len(),
                fewest: FEWEST_CLASSES,
                most: MOST_CLASSES,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
