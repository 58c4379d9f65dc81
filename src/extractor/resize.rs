//! Bringing an image to the side that a network expects, by the rule of one of the programs whose numbers are published.
//!
//! The rules differ most where images get larger, as those of CIFAR-10 do: which rule it was belongs to a result. None rounds
//! to bytes. Knows no network; what a network does to the values is its own.

mod torch;

use crate::data::{Bitmap, Filter, Images};

/// How images are brought to the side of a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputResize {
    /// `tf.image.resize_bilinear` of TensorFlow 1: points begin at the corner of the first pixel, and four pixels around a
    /// point count, however much smaller the image gets. What the network of 2015 has in its graph, and torch-fidelity.
    TensorflowBilinear,
    /// PyTorch's `interpolate(mode="bilinear", align_corners=False)`: the same between centres of pixels. What pytorch-fid does.
    TorchBilinear,
    /// PyTorch's `interpolate(mode="bilinear", align_corners=False, antialias=True)`: a triangle that gets wider as the image
    /// gets smaller. What torchmetrics does where nothing is said.
    TorchAntialias,
    /// Pillow's bicubic filter on each channel as floating-point numbers, cut off at 0 and 255. The "clean" of clean-fid.
    PillowBicubic,
}

impl InputResize {
    /// All rules.
    pub const ALL: [Self; 4] = [
        Self::TensorflowBilinear,
        Self::TorchBilinear,
        Self::TorchAntialias,
        Self::PillowBicubic,
    ];

    /// The name of this rule, as studies, keys and tables write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TensorflowBilinear => "tensorflow-bilinear",
            Self::TorchBilinear => "torch-bilinear",
            Self::TorchAntialias => "torch-antialias",
            Self::PillowBicubic => "pillow-bicubic",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// The first of `images`, [h, w, c], as a square of `side` pixels a side, each value from 0 to 255; [side, side, c].
///
/// A function of the pixels alone, with the same bits on every machine.
///
/// # Panics
///
/// When there is no image, or it or the square has no pixel.
#[must_use]
pub fn resize(images: &Images, rule: InputResize, side: usize) -> Vec<f32> {
    let Images {
        height,
        width,
        channels,
        ..
    } = *images;
    let pixels = images.image(0).unwrap_or_default().to_vec();
    assert!(
        side > 0 && !pixels.is_empty(),
        "an image of {height} x {width} x {channels} cannot be brought to a side of {side}"
    );
    let image = Bitmap {
        height,
        width,
        channels,
        pixels,
    };
    match rule {
        InputResize::TensorflowBilinear => image.interpolated_values(side),
        InputResize::TorchBilinear => torch::resized(&image, side, torch::bilinear),
        InputResize::TorchAntialias => torch::resized(&image, side, torch::antialias),
        InputResize::PillowBicubic => {
            let mut values = image.filtered(side, Filter::Bicubic);
            values
                .iter_mut()
                .for_each(|value| *value = value.clamp(0.0, 255.0));
            values
        }
    }
}

#[cfg(test)]
mod tests;
