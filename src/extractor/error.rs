//! Why features could not be extracted.

use std::error::Error;

use gan_kernels::ReadError;
use thiserror::Error;

/// Features could not be extracted; `E` is why an image could not be had.
#[derive(Debug, Error)]
pub enum ExtractError<E: Error + 'static> {
    /// The source of images failed.
    #[error(transparent)]
    Source(E),
    /// The extractor sees images of one size only, and these have several.
    #[error(
        "image {index} is {found}, and those before it {expected}; this extractor needs images of one size"
    )]
    Extents {
        /// Which image.
        index: usize,
        /// Its extents.
        found: Extents,
        /// Those of the first image.
        expected: Extents,
    },
    /// The image is neither grey nor of three colours.
    #[error("image {index} has {found} channels; this extractor needs 3, or 1, which it repeats")]
    Channels {
        /// Which image.
        index: usize,
        /// Its channels.
        found: usize,
    },
    /// The image has no pixels.
    #[error("image {index} has no pixels")]
    Empty {
        /// Which image.
        index: usize,
    },
    /// The device failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Height, width and channels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extents(pub [usize; 3]);

impl std::fmt::Display for Extents {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [h, w, c] = self.0;
        write!(formatter, "{h} x {w} x {c}")
    }
}
