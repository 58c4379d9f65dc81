//! The extractor without a network: features are the pixels, `pixel / 255`, row by row.

use gan_kernels::Device;

use crate::extractor::error::ExtractError;
use crate::extractor::features::{BATCH, Features, Found, OneSize};
use crate::extractor::source::ImageSource;

/// The pixels of every image, `h w c` numbers from 0 to 1.
pub(super) fn extract<S: ImageSource>(
    images: &S,
    progress: impl FnMut(usize, usize) -> bool,
) -> Result<Option<Features>, ExtractError<S::Error>> {
    let dimension = match images.count() {
        0 => 0,
        _ => images.image(0).map_err(ExtractError::Source)?.image_bytes(),
    };
    let mut one_size = OneSize::on(Device::Cpu);
    Features::none(images.count(), dimension, 0).collect(images, BATCH, progress, |first, images| {
        one_size.check(first, images)?;
        Ok(Found {
            features: images
                .iter()
                .flat_map(|image| image.scaled_to_unit([0]))
                .collect(),
            ..Found::default()
        })
    })
}
