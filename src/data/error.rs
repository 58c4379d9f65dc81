//! What can be wrong with a data set, each with a hint where there is one to give.

use std::path::PathBuf;

use super::archive_error::ArchiveError;
use super::published::Form;

/// A data set that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// An archive of images, or an image of a published set, that is not as it must be.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file of the data set is in none of the places it may be.
    #[error("no file {places} in {}", folder.display())]
    MissingFile {
        /// Name of the data set.
        dataset: &'static str,
        /// Names that the file may have.
        places: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// The Debian package that installs it.
        package: Option<&'static str>,
        /// Whether the folder seems to be one of image files.
        images: bool,
    },
    /// A data set is not read in this form.
    #[error("{dataset} is not read in the form {}", form.name())]
    UnknownForm {
        /// Name of the data set.
        dataset: &'static str,
        /// The form.
        form: Form,
    },
    /// A file that Python pickled holds something else than it should.
    #[error("{} is no pickled batch: {reason}", path.display())]
    NotPickled {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A split has another number of images of a class than the set has.
    #[error("the {split} images in {} hold {found} of the class {class}, expected {expected}", folder.display())]
    Unbalanced {
        /// The folder of the files.
        folder: PathBuf,
        /// `training` or `test`.
        split: &'static str,
        /// The class.
        class: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The data set has no usual folder, and none was given.
    #[error("{dataset} has no usual folder, so the study must name the folder of its files")]
    FolderNotGiven {
        /// Name of the data set.
        dataset: &'static str,
    },
    /// A file could not be read or unpacked.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file does not begin as the IDX file it should be.
    #[error("{} is no IDX file of {expected}: it begins with {found:#010x}, expected {magic:#010x}", path.display())]
    WrongMagic {
        /// The file.
        path: PathBuf,
        /// `images` or `labels`.
        expected: &'static str,
        /// The magic number of such a file.
        magic: u32,
        /// Its first four bytes, big-endian.
        found: u32,
    },
    /// A file holds fewer or more bytes than its header announces.
    #[error("{} holds {found} bytes of {content}, expected {expected}", path.display())]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// `header`, `images` or `labels`.
        content: &'static str,
        /// Bytes that the header announces, or that a header has.
        expected: u64,
        /// A count, or `more`.
        found: Found,
    },
    /// A file's header announces no content.
    #[error("{} is empty: its header announces {count} {content} of {height} x {width} pixels", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// `images` or `labels`.
        content: &'static str,
        /// How many are announced.
        count: u32,
        /// Announced height; 1 for labels.
        height: u32,
        /// Announced width; 1 for labels.
        width: u32,
    },
    /// A file's header announces more than this reader takes.
    #[error("{} announces {bytes} bytes of {content}, more than the {limit} this reader takes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// `images` or `labels`.
        content: &'static str,
        /// Bytes that the header announces.
        bytes: u128,
        /// The most that is read.
        limit: u64,
    },
    /// A data set's file holds another number or size of images than the data set has.
    #[error("{} holds {found}, expected {expected}", path.display())]
    WrongShape {
        /// The file.
        path: PathBuf,
        /// Count and size that the data set has.
        expected: String,
        /// Count and size that the file has.
        found: String,
    },
    /// The files of images and of labels do not belong together.
    #[error("{} holds {images} images but {} holds {labels} labels", images_path.display(), labels_path.display())]
    CountsDiffer {
        /// The file of images.
        images_path: PathBuf,
        /// How many it holds.
        images: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// How many it holds.
        labels: usize,
    },
    /// A label names no class.
    #[error("label {index} of {} is {label}, expected {first} to {last}", path.display())]
    LabelOutOfRange {
        /// The file.
        path: PathBuf,
        /// Which label, from 0.
        index: usize,
        /// Its value.
        label: usize,
        /// The least label that the file may hold.
        first: usize,
        /// The largest one.
        last: usize,
    },
    /// Pixels that are not as many as the images' size says.
    #[error("{count} images of {height} x {width} x {channels} need {expected} bytes, found {found}")]
    PixelCount {
        /// Number of images.
        count: usize,
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
        /// Channels of a pixel.
        channels: usize,
        /// The product of these, or the largest number where there is none.
        expected: usize,
        /// How many bytes there are.
        found: usize,
    },
    /// A file that is no image that can be decoded.
    #[error("{} cannot be decoded: {reason}", path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// Why it cannot.
        reason: String,
    },
    /// Images of a folder that cannot be decoded.
    #[error("{corrupt} of {images} images in {} cannot be decoded:{}", folder.display(), Named(named, *corrupt))]
    CorruptImages {
        /// The folder.
        folder: PathBuf,
        /// Images in it, these among them.
        images: usize,
        /// How many cannot be decoded.
        corrupt: usize,
        /// The first of them.
        named: Vec<CorruptFile>,
    },
    /// Something else where a folder of images must be.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// What the study names.
        path: PathBuf,
    },
    /// A folder without an image.
    #[error("{} holds no PNG, JPEG or WebP image among {files} files", folder.display())]
    NoImages {
        /// The folder.
        folder: PathBuf,
        /// Files in it and below.
        files: usize,
    },
    /// A folder with so few images that one of the splits is as good as empty.
    #[error(
        "{} holds {train} training and {test} test images, expected at least {fewest} of each", folder.display()
    )]
    TooFewImages {
        /// The folder.
        folder: PathBuf,
        /// Training images.
        train: usize,
        /// Test images.
        test: usize,
        /// The fewest of each.
        fewest: usize,
        /// The share of images that were to be test images.
        test_fraction: f64,
    },
    /// Images outside every folder, where folders are the labels.
    #[error("{count} images lie in {} itself, in no folder that could be their label:{}", folder.display(), Named(named, *count))]
    UnlabelledImages {
        /// The folder.
        folder: PathBuf,
        /// How many there are.
        count: usize,
        /// The first of them.
        named: Vec<String>,
    },
    /// A class that nothing can be learnt of.
    #[error("every image of the class {class:?} in {} is a test image", folder.display())]
    UntrainedClass {
        /// The folder.
        folder: PathBuf,
        /// The name of the class.
        class: String,
    },
    /// Folders that are too few or too many to be classes.
    #[error("{} has {found} folders of images, expected {fewest} to {most} as labels", folder.display())]
    ClassCount {
        /// The folder.
        folder: PathBuf,
        /// Folders with images.
        found: usize,
        /// The fewest classes.
        fewest: usize,
        /// The most classes.
        most: usize,
    },
    /// Images that cannot be padded evenly to a resolution.
    #[error("images of {height} x {width} cannot be padded evenly to {resolution} x {resolution}")]
    CannotPad {
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
        /// The height and width that were asked for.
        resolution: usize,
    },
}

/// An image that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorruptFile {
    /// Its path below the folder.
    pub name: String,
    /// Why it cannot.
    pub reason: String,
}

impl std::fmt::Display for CorruptFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

/// The first of some things, a line each, and how many there are besides.
struct Named<'n, T>(&'n [T], usize);

impl<T: std::fmt::Display> std::fmt::Display for Named<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for one in self.0 {
            write!(f, "\n  {one}")?;
        }
        match self.1.saturating_sub(self.0.len()) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// How many bytes a file holds, as far as they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This many.
    Exactly(u64),
    /// More than were announced; they are not counted.
    More,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(bytes) => bytes.fmt(f),
            Self::More => f.write_str("more"),
        }
    }
}

impl DataError {
    /// Says what may help, where something may.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.hint(),
            Self::MissingFile {
                dataset: "celeba-hq-128" | "lsun-bedroom",
                images: true,
                ..
            } => Some(
                "it seems to hold image files; with `as: images` in the study's data these are read, and counted"
                    .into(),
            ),
            Self::MissingFile { images: true, .. } => Some(
                "it seems to hold image files; with `as: images` in the study's data those in train/ and test/ are read, and \
                 counted"
                    .into(),
            ),
            Self::MissingFile {
                package: Some(package),
                ..
            } => Some(format!(
                "on Debian and Ubuntu: apt install {package}; or name the folder that holds the files"
            )),
            Self::MissingFile { dataset, .. } => Some(format!(
                "name the folder that holds the files of {dataset}, as they are distributed"
            )),
            Self::NotPickled { .. } => Some(
                "nothing in it was executed; is it a file of CIFAR-10's Python version? copy or download it again"
                    .into(),
            ),
            Self::Unbalanced { .. } => {
                Some("are files of the two splits, or of another data set, under each other's names?".into())
            }
            Self::WrongMagic { expected, found, .. } => wrong_magic_hint(expected, *found),
            Self::WrongLength {
                found: Found::Exactly(found),
                expected,
                ..
            } if found < expected => Some("the file is cut short; copy or download it again".into()),
            Self::WrongLength { .. } => {
                Some("it is another file, or two files were joined; copy or download it again".into())
            }
            Self::Read { source, .. } => read_hint(source.kind()),
            Self::FolderNotGiven { .. } => {
                Some("set data.path to the folder of its files, as in --set data.path=FOLDER".into())
            }
            Self::Empty { .. } | Self::TooLarge { .. } => {
                Some("its header is damaged; copy or download it again".into())
            }
            Self::WrongShape { .. } => Some("is it a file of another data set?".into()),
            Self::LabelOutOfRange { .. } => Some("are these the labels of another data set?".into()),
            Self::CountsDiffer { .. } => Some("the two files may be of different splits".into()),
            Self::NotAnImage { .. } => Some("mend it, or take it out of the folder".into()),
            Self::CorruptImages { .. } => Some(
                "mend or remove them, or leave them out, counted, by `corrupt: skip` in the study's data"
                    .into(),
            ),
            Self::NotAFolder { .. } | Self::NoImages { .. } => Some(
                "data.path names the folder above the images, which may lie in folders of their own".into(),
            ),
            Self::TooFewImages { test_fraction, .. } => Some(format!(
                "the share of test images is {test_fraction}, data.test_fraction in the study; more images, or another share"
            )),
            Self::UnlabelledImages { .. } => {
                Some("put every image into a folder of its class, or leave out `labels: folder`".into())
            }
            Self::UntrainedClass { .. } => Some("give it more images, or leave out `labels: folder`".into()),
            Self::ClassCount { .. } => {
                Some("each folder directly below data.path is a class; or leave out `labels: folder`".into())
            }
            Self::CannotPad { .. } => {
                Some("the resolution must be the images' own, or larger by an even number".into())
            }
            _ => None,
        }
    }
}

/// Says what may help where a file is there and cannot be read, or cannot be unpacked.
pub(super) fn read_hint(kind: std::io::ErrorKind) -> Option<String> {
    use std::io::ErrorKind::{InvalidData, InvalidInput, PermissionDenied};
    match kind {
        InvalidData | InvalidInput => Some("the file is damaged; copy or download it again".into()),
        PermissionDenied => Some("check that you may read it".into()),
        _ => None,
    }
}

fn wrong_magic_hint(expected: &str, found: u32) -> Option<String> {
    let held = match found {
        super::idx::IMAGES_MAGIC => "images",
        super::idx::LABELS_MAGIC => "labels",
        _ => return Some("expected an IDX file as MNIST has them, plain or compressed by gzip".into()),
    };
    Some(format!(
        "this is a file of {held}; {expected} are in the file named after them"
    ))
}
