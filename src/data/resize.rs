//! Bringing an image of any size to a square: which part of it, and by which filter.
//!
//! Every filter is antialiased: where an image gets smaller its filter gets wider by the same factor, so that every pixel
//! of the image counts (Parmar, Zhang & Zhu 2022, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation",
//! section 3). Pixels lie at centres of unit squares; weights add to 1 and are cut off at the edge. Both directions are
//! computed without rounding between them, as Pillow does for images of floating-point numbers, and rounded to bytes once.

use std::f64::consts::PI;

use serde::Serialize;

/// How images of other sizes become squares of the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// The weights of neighbouring pixels.
    pub filter: Filter,
    /// What becomes of an image that is not a square.
    pub fit: Fit,
}

/// A filter, as Pillow has it under this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// The mean of the pixels whose centres the new pixel covers.
    Box,
    /// A triangle.
    Bilinear,
    /// The cubic of Keys (1981, equation 4) with a = -0.5.
    Bicubic,
    /// A sinc under a sinc three times as wide (Duchon 1979).
    Lanczos3,
}

/// What becomes of an image that is not a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The largest square in its middle; of an odd rest the larger part goes at the right or below.
    Crop,
    /// All of it, its sides scaled by two factors.
    Stretch,
}

impl Filter {
    /// The name of this filter, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Lanczos3 => "lanczos3",
        }
    }

    /// The distance, in pixels, from which on the weight is 0.
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    /// The weight at a distance of `x` pixels, not normalized.
    fn weight(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            Self::Box => f64::from(x > -0.5 && x <= 0.5),
            Self::Bilinear => (1.0 - distance).max(0.0),
            Self::Bicubic if distance < 1.0 => (1.5 * distance - 2.5) * distance * distance + 1.0,
            Self::Bicubic if distance < 2.0 => ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0,
            Self::Lanczos3 if distance < 3.0 => sinc(x) * sinc(x / 3.0),
            Self::Bicubic | Self::Lanczos3 => 0.0,
        }
    }
}

impl Fit {
    /// The name of this fit, as studies and keys write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Stretch => "stretch",
        }
    }
}

/// `sin(pi x) / (pi x)`.
fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        libm::sin(PI * x) / (PI * x)
    }
}

/// An image of bytes in memory, [h, w, c].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bitmap {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// `c`: 1 or 3.
    pub(crate) channels: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Bitmap {
    /// The whole image as a square of `resolution` pixels a side by a filter, each value rounded to f32 and to no byte, so
    /// that a filter that overshoots leaves 0 to 255 (Pillow's resizing of images of mode F); [resolution, resolution, c].
    pub(crate) fn filtered(&self, resolution: usize, filter: Filter) -> Vec<f32> {
        let all = self.rows(0, 0, self.height, self.width);
        let square = resampled(all, [self.height, self.width], self.channels, resolution, filter);
        square.into_iter().map(|value| value as f32).collect()
    }

    /// The image as a square of `resolution` pixels a side; [resolution, resolution, c].
    pub(super) fn resized(&self, resolution: usize, resize: Resize) -> Vec<u8> {
        let [height, width] = match resize.fit {
            Fit::Stretch => [self.height, self.width],
            Fit::Crop => [self.height.min(self.width); 2],
        };
        let [top, left] = [(self.height - height) / 2, (self.width - width) / 2];
        if [height, width] == [resolution; 2] {
            return self.rows(top, left, height, width).flatten().copied().collect();
        }
        let part = self.rows(top, left, height, width);
        let square = resampled(part, [height, width], self.channels, resolution, resize.filter);
        square.into_iter().map(to_byte).collect()
    }

    /// The rows of a part of the image, each [width, c].
    fn rows(&self, top: usize, left: usize, height: usize, width: usize) -> impl Iterator<Item = &[u8]> {
        let channels = self.channels;
        let rows = self.pixels.chunks_exact(self.width * channels);
        rows.skip(top)
            .take(height)
            .map(move |row| &row[left * channels..(left + width) * channels])
    }
}

/// Rows [width, c] of an image of that height, as a square of `resolution` pixels a side: across, rounded to f32, then down;
/// [resolution, resolution, c].
fn resampled<'i>(
    rows: impl Iterator<Item = &'i [u8]>,
    [height, width]: [usize; 2],
    channels: usize,
    resolution: usize,
    filter: Filter,
) -> Vec<f64> {
    let [across, down] = [width, height].map(|size| taps(size, resolution, filter));
    let mut narrow = Vec::with_capacity(height * resolution * channels); // [h, resolution, c]
    for row in rows {
        for tap in &across {
            for channel in 0..channels {
                narrow.push(tap.sum(|x| f64::from(row[x * channels + channel])) as f32);
            }
        }
    }
    let row = resolution * channels;
    let mut square = Vec::with_capacity(resolution * row);
    for tap in &down {
        square.extend((0..row).map(|x| tap.sum(|y| f64::from(narrow[y * row + x]))));
    }
    square
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
fn to_byte(value: f64) -> u8 {
    (value + 0.5).floor().clamp(0.0, 255.0) as u8
}

/// The pixels that one new pixel is made of: the first, and the weight of each from there on.
struct Tap {
    first: usize,
    weights: Vec<f64>,
}

impl Tap {
    fn sum(&self, pixel: impl Fn(usize) -> f64) -> f64 {
        let weighted = self.weights.iter().zip(self.first..);
        weighted.fold(0.0, |sum, (weight, position)| sum + weight * pixel(position))
    }
}

/// For each of `after` pixels, what it takes of `before` pixels in one direction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions are clamped to the image first"
)]
fn taps(before: usize, after: usize, filter: Filter) -> Vec<Tap> {
    let scale = before as f64 / after as f64;
    let widening = scale.max(1.0);
    let reach = filter.support() * widening;
    let within = |position: f64| position.clamp(0.0, before as f64) as usize;
    let tap = |index| {
        let centre = (index as f64 + 0.5) * scale;
        let (first, end) = (within(centre - reach + 0.5), within(centre + reach + 0.5));
        let weight = |position: usize| filter.weight((position as f64 + 0.5 - centre) / widening);
        let weights: Vec<f64> = (first..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        Tap {
            first,
            weights: weights.into_iter().map(|weight| weight / sum).collect(),
        }
    };
    (0..after).map(tap).collect()
}

#[cfg(test)]
mod tests;
