//! One image file as it is, in color and at its own size. Knows no folder and no resolution.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::decode::{Color, Decoded, claims_to_be_an_image, decode, is_beginning_of_an_image};
use super::error::DataError;
use super::images::Images;

/// Bytes that tell the format.
const BEGINNING_BYTES: u64 = 32;

/// Whether a file is an image of a format that is read, by its beginning, or is named as one.
///
/// # Errors
/// [`DataError::Read`] where it cannot be read.
pub fn is_image_file(path: &Path) -> Result<bool, DataError> {
    if claims_to_be_an_image(path) {
        return Ok(true);
    }
    let mut beginning = Vec::new();
    File::open(path)
        .and_then(|file| file.take(BEGINNING_BYTES).read_to_end(&mut beginning))
        .map_err(|source| unread(path, source))?;
    Ok(is_beginning_of_an_image(&beginning))
}

/// Decodes a file as one image `[1, h, w, 3]`; grey is repeated, and what is transparent lies on white.
///
/// # Errors
/// [`DataError::Read`] where it cannot be read, [`DataError::NotAnImage`] where it is no image that can be decoded.
pub fn read_image_file(path: &Path) -> Result<Images, DataError> {
    let refused = |reason: String| DataError::NotAnImage {
        path: path.to_owned(),
        reason,
    };
    match decode(path, Color::Rgb).map_err(|source| unread(path, source))? {
        Decoded::Image(bitmap) => {
            let extents = [1, bitmap.height, bitmap.width, Color::Rgb.channels()];
            Images::new(extents, bitmap.pixels)
        }
        Decoded::Corrupt(reason) => Err(refused(reason)),
        Decoded::Other => Err(refused("the content is not PNG, JPEG or WebP".to_owned())),
    }
}

fn unread(path: &Path, source: std::io::Error) -> DataError {
    DataError::Read {
        path: path.to_owned(),
        source,
    }
}
