//! Images that are decoded on all threads and given on in their order, a few at a time, so that a set may be larger than
//! memory.

use std::path::Path;

use rayon::prelude::*;

use super::Take;
use crate::data::archive_error::ArchiveError;
use crate::data::decode::{Color, Decoded, decode};
use crate::data::error::DataError;
use crate::data::resize::Bitmap;

/// Images that are in memory at once.
const AT_ONCE: usize = 64;

/// Gives what `prepare` makes of each image to `take`, in their order. Ends with the first error.
pub(super) fn each<I: Send + Sync, E: From<DataError>>(
    mut images: impl Iterator<Item = Result<I, DataError>>,
    prepare: impl Fn(&I) -> Result<Vec<u8>, DataError> + Sync,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    loop {
        let some: Vec<I> = images.by_ref().take(AT_ONCE).collect::<Result<_, _>>()?;
        if some.is_empty() {
            return Ok(());
        }
        let prepared: Vec<_> = some.par_iter().map(&prepare).collect();
        for pixels in prepared {
            take(&pixels?, None)?;
        }
    }
}

/// The image of a file, RGB.
///
/// # Errors
/// Where it cannot be read, or is no image that can be decoded.
pub(super) fn image_of_file(path: &Path) -> Result<Bitmap, DataError> {
    let decoded = decode(path, Color::Rgb).map_err(|source| DataError::Read {
        path: path.to_owned(),
        source,
    })?;
    let reason = match decoded {
        Decoded::Image(image) => return Ok(image),
        Decoded::Corrupt(reason) => reason,
        Decoded::Other => "the content is not PNG, JPEG or WebP".to_owned(),
    };
    let path = path.to_owned();
    Err(ArchiveError::NotAnImageFile { path, reason }.into())
}

/// Refuses an image of another size.
pub(super) fn check_size(image: &Bitmap, [height, width]: [usize; 2], path: &Path) -> Result<(), DataError> {
    if [image.height, image.width] == [height, width] {
        return Ok(());
    }
    Err(DataError::WrongShape {
        path: path.to_owned(),
        expected: format!("an image of {height} x {width}"),
        found: format!("one of {} x {}", image.height, image.width),
    })
}

/// Refuses another number of images than the set has.
pub(super) fn check_count(found: u64, expected: usize, path: &Path) -> Result<(), DataError> {
    if found == expected as u64 {
        return Ok(());
    }
    Err(DataError::WrongShape {
        path: path.to_owned(),
        expected: format!("{expected} images"),
        found: found.to_string(),
    })
}
