//! From images of any size to what a published network was trained on: its side, three channels, its range.

use gan_kernels::{Array, Device};
use rayon::prelude::*;

use super::error::ExtractError;
use super::resize::{InputResize, resize};
use crate::data::Images;

const CHANNELS: usize = 3;

/// What is done to pixels from 0 to 255 before a network sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Normalization {
    /// `(x - 128) / 128`: what TensorFlow's graph of 2015 does, and so torch-fidelity, torchmetrics and clean-fid.
    Graph2015,
    /// `2 x / 255 - 1`: pytorch-fid; also what torchvision's Inception-v3 makes of ImageNet's normalization by its
    /// `transform_input`.
    Symmetric,
    /// `(x / 255 - mean) / deviation` with those of each channel over ImageNet: torchvision's other networks.
    ImageNet,
}

/// How images become a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) side: usize,
    pub(super) resize: InputResize,
    pub(super) normalization: Normalization,
}

impl Normalization {
    /// The value of a pixel in a channel.
    fn of(self, channel: usize, x: f32) -> f32 {
        const MEAN: [f32; CHANNELS] = [0.485, 0.456, 0.406];
        const DEVIATION: [f32; CHANNELS] = [0.229, 0.224, 0.225];
        match self {
            Self::Graph2015 => (x - 128.0) / 128.0,
            Self::Symmetric => 2.0 * (x / 255.0) - 1.0,
            Self::ImageNet => (x - 255.0 * MEAN[channel]) / (255.0 * DEVIATION[channel]),
        }
    }
}

impl Input {
    /// The images from number `first` on, each by itself, as `[n, side, side, 3]` on a device; grey ones three times.
    pub(super) fn batch<E: std::error::Error>(
        &self,
        device: &Device,
        first: usize,
        images: &[Images],
    ) -> Result<Array, ExtractError<E>> {
        for (index, image) in (first..).zip(images) {
            match (image.channels, image.image_bytes()) {
                (1 | CHANNELS, 0) => return Err(ExtractError::Empty { index }),
                (1 | CHANNELS, _) => {}
                (found, _) => return Err(ExtractError::Channels { index, found }),
            }
        }
        let values_of_image = self.side * self.side * CHANNELS;
        let mut values = vec![0.0; images.len() * values_of_image];
        values
            .par_chunks_exact_mut(values_of_image)
            .zip(images)
            .for_each(|(values, image)| self.fill(values, image));
        let shape = [images.len(), self.side, self.side, CHANNELS];
        Ok(Array::from_f32(device, shape, &values))
    }

    fn fill(&self, values: &mut [f32], image: &Images) {
        let resized = resize(image, self.resize, self.side);
        let pixels = resized.chunks_exact(image.channels);
        for (values, pixel) in values.chunks_exact_mut(CHANNELS).zip(pixels) {
            for (channel, value) in values.iter_mut().enumerate() {
                *value = self.normalization.of(channel, pixel[channel % pixel.len()]);
            }
        }
    }
}
