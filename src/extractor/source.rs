//! Where an extractor takes images from, one after the other. Knows no network.

use std::convert::Infallible;
use std::error::Error;

use crate::data::Images;

/// Images by number; of one size or of several.
pub trait ImageSource {
    /// Why an image cannot be had.
    type Error: Error + Send + Sync + 'static;

    /// How many there are.
    fn count(&self) -> usize;

    /// Image `index`, as images of which there is one.
    ///
    /// # Errors
    /// When it cannot be had, for instance because its file cannot be read.
    ///
    /// # Panics
    /// May, past the last image.
    fn image(&self, index: usize) -> Result<Images, Self::Error>;
}

impl ImageSource for Images {
    type Error = Infallible;

    fn count(&self) -> usize {
        self.count
    }

    fn image(&self, index: usize) -> Result<Images, Infallible> {
        let image = self.one(index);
        Ok(image.unwrap_or_else(|| panic!("image {index} of {}", self.count)))
    }
}
