//! Cutting a rectangle out of the middle of an image, and the bilinear resizing of TensorFlow 1.
//!
//! Both are what compare_gan's pipelines call. Its resizing looks at the four pixels around a point, however much smaller the
//! image gets, and its points begin at the corner of the first pixel: it aliases, unlike everything in [`super::resize`].

use super::resize::Bitmap;

impl Bitmap {
    /// The middle of the image, [height, width, c], with zeros where the image is smaller; of an odd rest the larger part goes
    /// at the right or below (TensorFlow, `resize_image_with_crop_or_pad`).
    pub(super) fn centered(&self, height: usize, width: usize) -> Self {
        let channels = self.channels;
        let mut pixels = vec![0; height * width * channels];
        let [rows, columns] = [overlap(self.height, height), overlap(self.width, width)];
        for row in 0..rows.length {
            let from = ((rows.from + row) * self.width + columns.from) * channels;
            let to = ((rows.to + row) * width + columns.to) * channels;
            let length = columns.length * channels;
            pixels[to..to + length].copy_from_slice(&self.pixels[from..from + length]);
        }
        Self {
            height,
            width,
            channels,
            pixels,
        }
    }

    /// The image as [`Self::interpolated_values`] makes it, rounded halves up; [resolution, resolution, c].
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a value between bytes is a byte"
    )]
    pub(super) fn interpolated(&self, resolution: usize) -> Vec<u8> {
        let values = self.interpolated_values(resolution);
        values.iter().map(|value| (value + 0.5).floor() as u8).collect()
    }

    /// The image as a square by interpolation between the four pixels around a point, corners not aligned, in f32 and not
    /// rounded to bytes; [resolution, resolution, c] (TensorFlow 1, `resize_bilinear`; the same bits as torch-fidelity's).
    pub(crate) fn interpolated_values(&self, resolution: usize) -> Vec<f32> {
        let [rows, columns] = [self.height, self.width].map(|size| between(size, resolution));
        let mut values = Vec::with_capacity(resolution * resolution * self.channels);
        for row in &rows {
            for column in &columns {
                for channel in 0..self.channels {
                    let at = |y: usize, x: usize| {
                        f32::from(self.pixels[(y * self.width + x) * self.channels + channel])
                    };
                    let across = |y: usize| {
                        let [left, right] = [at(y, column.first), at(y, column.second)];
                        left + (right - left) * column.share
                    };
                    let [top, bottom] = [across(row.first), across(row.second)];
                    values.push(top + (bottom - top) * row.share);
                }
            }
        }
        values
    }
}

/// Which part of one direction lies where.
struct Overlap {
    from: usize,
    to: usize,
    length: usize,
}

fn overlap(before: usize, after: usize) -> Overlap {
    Overlap {
        from: before.saturating_sub(after) / 2,
        to: after.saturating_sub(before) / 2,
        length: before.min(after),
    }
}

/// Two pixels in one direction, and the share of the second.
struct Between {
    first: usize,
    second: usize,
    share: f32,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions lie in the image"
)]
fn between(before: usize, after: usize) -> Vec<Between> {
    let scale = before as f32 / after as f32;
    let each = |index: usize| {
        let position = index as f32 * scale;
        let first = (position.floor() as usize).min(before - 1);
        Between {
            first,
            second: (first + 1).min(before - 1),
            share: position - first as f32,
        }
    };
    (0..after).map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::golden::{Golden, recipe};

    fn gray(height: usize, width: usize) -> Bitmap {
        Bitmap {
            height,
            width,
            channels: 1,
            pixels: recipe(height, width),
        }
    }

    #[test]
    fn the_middle_is_that_of_tensorflow() {
        let golden = Golden::read();
        for (height, width) in [(256, 341), (101, 300), (300, 101), (90, 131), (128, 128)] {
            let (_, expected) = golden.bytes(&format!("center.{height}.{width}"));
            assert_eq!(
                gray(height, width).centered(128, 128).pixels,
                expected,
                "{height} x {width}"
            );
        }
    }

    #[test]
    fn interpolation_is_that_of_tensorflow_one() {
        let golden = Golden::read();
        for (side, resolution) in [(160, 64), (160, 32), (37, 20), (20, 37)] {
            let expected = golden.real(&format!("interpolated.{side}.{resolution}"));
            let found = gray(side, side).interpolated_values(resolution);
            let differences = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
            // Values of at most 255 in 24 bits, rounded three times.
            assert!(differences.fold(0.0, f32::max) <= 1e-4, "{side} to {resolution}");
            assert_eq!(found.len(), expected.len());
        }
    }
}
