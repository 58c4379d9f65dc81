//! What a side of a comparison is: found out from its path alone, before anything is computed.

use std::path::{Path, PathBuf};

use super::error::ScoreError;
use crate::arrays::{self, ArrayFile, Element};
use crate::data::{DataError, is_image_file};

/// Arrays that NumPy's `savez` names where nobody does.
const UNNAMED: &str = "arr_0";
pub(super) const MEAN: &str = "mu";
pub(super) const COVARIANCE: &str = "sigma";

/// What helps where these are others.
pub(super) const STATISTICS_HINT: &str =
    "expected what pytorch-fid, clean-fid and the original program keep: mu [d] and sigma [d, d]";

/// One side: images, or what was made of images elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreInput {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub content: Content,
}

/// What a side is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A folder of images, which may lie in folders of their own.
    ImageFolder,
    /// Images as an array of bytes.
    ImageArray {
        /// The array's name in its archive; "" where it is alone.
        name: String,
        /// In which order the extents stand.
        layout: Layout,
    },
    /// Features `[n, d]`.
    Features {
        /// The array's name in its archive; "" where it is alone.
        name: String,
        /// Features of an image.
        dimension: usize,
    },
    /// Logits of classes `[n, k]`.
    Logits {
        /// The array's name in its archive; "" where it is alone.
        name: String,
    },
    /// Mean and covariance of features, as `mu [d]` and `sigma [d, d]`.
    Statistics {
        /// Features of an image.
        dimension: usize,
    },
}

/// The order of the extents of an array of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[n, h, w]`: grey.
    Grey,
    /// `[n, h, w, c]`.
    ChannelsLast,
    /// `[n, c, h, w]`.
    ChannelsFirst,
}

/// What arrays are to be taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArraysAre {
    /// Images of bytes.
    #[default]
    Images,
    /// Features `[n, d]`.
    Features,
    /// Logits `[n, k]`.
    Logits,
}

impl Layout {
    /// The name in keys and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Grey => "NHW",
            Self::ChannelsLast => "NHWC",
            Self::ChannelsFirst => "NCHW",
        }
    }
}

impl Content {
    /// What it is, in words.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ImageFolder => "image folder",
            Self::ImageArray { .. } => "image array",
            Self::Features { .. } => "features",
            Self::Logits { .. } => "logits",
            Self::Statistics { .. } => "statistics",
        }
    }

    /// Features of an image, where the file says how many; none of logits.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        match self {
            Self::Features { dimension, .. } | Self::Statistics { dimension } => Some(*dimension),
            Self::ImageFolder | Self::ImageArray { .. } | Self::Logits { .. } => None,
        }
    }

    /// Whether an extractor has to look at it.
    #[must_use]
    pub fn is_images(&self) -> bool {
        matches!(self, Self::ImageFolder | Self::ImageArray { .. })
    }
}

impl ScoreInput {
    /// Finds out what lies at a path; reads no more than beginnings of files.
    ///
    /// # Errors
    /// [`ScoreError`] where nothing lies there, or nothing that can be compared.
    pub fn find(path: &Path, arrays: ArraysAre) -> Result<Self, ScoreError> {
        let metadata = path.metadata().map_err(|source| ScoreError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let content = match (metadata.is_dir(), metadata.is_file()) {
            (true, _) => Content::ImageFolder,
            (_, true) => of_file(path, arrays)?,
            // To read a pipe could take forever.
            (false, false) => {
                return Err(ScoreError::UnknownFile {
                    path: path.to_owned(),
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            content,
        })
    }
}

fn of_file(path: &Path, arrays: ArraysAre) -> Result<Content, ScoreError> {
    let is_array = arrays::is_array_file(path).map_err(|source| ScoreError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    if !is_array {
        return Err(match is_image_file(path) {
            Ok(true) => ScoreError::OneImage {
                path: path.to_owned(),
            },
            Ok(false) => ScoreError::UnknownFile {
                path: path.to_owned(),
            },
            Err(DataError::Read { path, source }) => ScoreError::Unreadable { path, source },
            Err(error) => error.into(),
        });
    }
    let mut names = arrays::names(path)?;
    let has = |name: &str| names.iter().any(|own| own == name);
    if arrays != ArraysAre::Logits && has(MEAN) && has(COVARIANCE) && !has(UNNAMED) {
        return statistics(path);
    }
    let half = [MEAN, COVARIANCE].into_iter().find(|half| has(half));
    if let Some(half) = half.filter(|_| arrays != ArraysAre::Logits && names.len() == 1) {
        return Err(ScoreError::Array {
            path: path.to_owned(),
            found: format!("{half} alone"),
            expected: "mu [d] and sigma [d, d]",
            hint: "numpy.savez(path, mu=mu, sigma=sigma) writes both",
        });
    }
    let name = match (names.len(), has(UNNAMED)) {
        (0, _) => {
            return Err(ScoreError::UnknownFile {
                path: path.to_owned(),
            });
        }
        (1, _) => names.remove(0),
        (_, true) => UNNAMED.to_owned(),
        (_, false) => {
            return Err(ScoreError::WhichArray {
                path: path.to_owned(),
                names,
            });
        }
    };
    let array = arrays::open_named(path, &name)?;
    some_rows(&array, "an array with rows")?;
    match arrays {
        ArraysAre::Images => image_array(name, &array),
        ArraysAre::Features => Ok(Content::Features {
            dimension: columns(&array, "features [n, d]")?,
            name,
        }),
        ArraysAre::Logits => {
            columns(&array, "logits [n, k]")?;
            Ok(Content::Logits { name })
        }
    }
}

/// Refuses an array without rows: of no images nothing can be known.
fn some_rows(array: &ArrayFile, expected: &'static str) -> Result<(), ScoreError> {
    match array.shape().first() {
        Some(0) => {
            let hint = "an array of at least one image, or its features";
            Err(ScoreError::of_array(array, expected, hint))
        }
        _ => Ok(()),
    }
}

fn image_array(name: String, array: &ArrayFile) -> Result<Content, ScoreError> {
    let refused = |expected, hint| ScoreError::of_array(array, expected, hint);
    let images = "images of bytes: uint8 of shape [n, h, w, 3], [n, 3, h, w] or [n, h, w]";
    if array.element() != Element::U8 {
        let hint = match (array.element(), array.shape().len()) {
            (element, 2) if element.is_real() => {
                "`--features` takes an array for features [n, d], and `--logits` for logits [n, k]"
            }
            (element, _) if element.is_real() => {
                "bring them to 0 to 255: x * 255 where they go from 0 to 1, (x + 1) * 127.5 where they go from -1 to 1; \
                 then .round().clip(0, 255).astype(\"uint8\")"
            }
            (Element::Whole(1), _) => {
                "truth values: (x * 255).astype(\"uint8\"); bytes with a sign: bring them to 0 to 255 first"
            }
            (Element::Whole(2), _) => {
                "where they go to 65535, (x / 257).round().astype(\"uint8\"); where they end at 255, .astype(\"uint8\")"
            }
            _ => {
                "where they lie between 0 and 255, .astype(\"uint8\"); others would wrap around, so scale them first"
            }
        };
        return Err(refused(images, hint));
    }
    let is_channels = |extent: usize| matches!(extent, 1 | 3);
    let layout = match *array.shape() {
        [n, h, w] if h > 0 && w > 0 && !(is_channels(w) && h > 3) && !(n == 3 && h > 3 && w > 3) => {
            Layout::Grey
        }
        [_, a, h, c] if is_channels(c) && !is_channels(a) && h > 0 && a > 0 => Layout::ChannelsLast,
        [_, c, h, a] if is_channels(c) && !is_channels(a) && h > 0 && a > 0 => Layout::ChannelsFirst,
        [_, _, _, 4] | [_, 4, _, _] => {
            let hint = "with transparency? Leave it out: array[..., :3], or array[:, :3]";
            return Err(refused(images, hint));
        }
        [_, a, _, b] if is_channels(a) && is_channels(b) => {
            return Err(refused(
                "images whose channels are told from their rows",
                "the second and the last extent could both be channels; write them as PNG files in a folder",
            ));
        }
        [3, _, _] | [_, _, 1 | 3] => {
            return Err(refused(
                images,
                "a single image, or one without its number? Write an array of several as [n, h, w, 3]",
            ));
        }
        _ => return Err(refused(images, "transpose or reshape it")),
    };
    if array.is_fortran() {
        return Err(refused(
            "rows that lie together",
            "write it again with numpy.ascontiguousarray",
        ));
    }
    Ok(Content::ImageArray { name, layout })
}

/// Holds a mean and a covariance to each other, as far as their headers say.
fn statistics(path: &Path) -> Result<Content, ScoreError> {
    let refused = |array, expected| Err(ScoreError::of_array(array, expected, STATISTICS_HINT));
    let (mean, covariance) = (
        arrays::open_named(path, MEAN)?,
        arrays::open_named(path, COVARIANCE)?,
    );
    match *mean.shape() {
        [dimension] if dimension > 0 && covariance.shape() == [dimension, dimension] => {
            Ok(Content::Statistics { dimension })
        }
        [dimension] if dimension > 0 => refused(&covariance, "sigma of shape [d, d], with the d of mu"),
        _ => refused(&mean, "mu of shape [d]"),
    }
}

/// Columns of a matrix of real numbers.
fn columns(array: &ArrayFile, expected: &'static str) -> Result<usize, ScoreError> {
    match (array.element().is_real(), array.shape()) {
        (true, &[_, columns]) if columns > 0 => Ok(columns),
        _ => {
            let hint = "an array of float32 or float64 with a row for each image";
            Err(ScoreError::of_array(array, expected, hint))
        }
    }
}
