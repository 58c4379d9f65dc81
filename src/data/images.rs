//! Images of bytes, with their labels. Knows no file.

use super::{DataError, Pixels};

/// `count` images of `height` x `width` pixels and `channels` channels, as bytes in the order NHWC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Number of images, `n`.
    pub count: usize,
    /// Height in pixels, `h`.
    pub height: usize,
    /// Width in pixels, `w`.
    pub width: usize,
    /// Channels of a pixel, `c`: 1 for grey, 3 for RGB.
    pub channels: usize,
    /// Brightness from 0, black, to 255; [n, h, w, c].
    pub pixels: Pixels,
}

/// How images are brought to a larger resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Black borders of one width on opposite sides.
    Zero,
}

impl Padding {
    /// The name of this policy, as keys and tables write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
        }
    }
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// What models are trained on.
    Train,
    /// What is held back.
    Test,
}

impl Split {
    /// The name of this split, as keys and tables write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// Images with a class for each, where the data set has classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The images.
    pub images: Images,
    /// The class of each image, 0 to `classes - 1`; `[n]`.
    pub labels: Option<Vec<u8>>,
    /// Number of classes; 0 without labels.
    pub classes: usize,
}

impl Images {
    /// Takes `pixels` as images of this size.
    ///
    /// # Errors
    ///
    /// Where the pixels are not as many as the size says.
    pub fn new(extents: [usize; 4], pixels: Vec<u8>) -> Result<Self, DataError> {
        Self::of_pixels(extents, pixels.into())
    }

    /// As [`Images::new`], of pixels that may lie elsewhere.
    ///
    /// # Errors
    ///
    /// Where the pixels are not as many as the size says.
    pub fn of_pixels(
        [count, height, width, channels]: [usize; 4],
        pixels: Pixels,
    ) -> Result<Self, DataError> {
        let expected = [height, width, channels]
            .iter()
            .fold(count, |product, &n| product.saturating_mul(n));
        let found = pixels.len();
        if expected != found {
            return Err(DataError::PixelCount {
                count,
                height,
                width,
                channels,
                expected,
                found,
            });
        }
        Ok(Self {
            count,
            height,
            width,
            channels,
            pixels,
        })
    }

    /// Bytes of one image, `h w c`.
    pub fn image_bytes(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Returns the pixels of image `index`, [h, w, c], or nothing past the last.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let start = index.checked_mul(self.image_bytes())?;
        self.pixels
            .get(start..start + self.image_bytes())
            .filter(|_| index < self.count)
    }

    /// Returns image `index` by itself, its pixels shared, or nothing past the last.
    pub fn one(&self, index: usize) -> Option<Self> {
        let start = index.checked_mul(self.image_bytes())?;
        let pixels = self.pixels.part(start..start + self.image_bytes())?;
        (index < self.count).then_some(Self {
            count: 1,
            pixels,
            ..*self
        })
    }

    /// Returns the chosen images one after the other, each pixel in [-1, 1]: `pixel / 127.5 - 1`; `[n, h, w, c]`.
    ///
    /// # Panics
    ///
    /// Where an index is past the last image.
    pub fn scaled(&self, chosen: impl IntoIterator<Item = usize>) -> Vec<f32> {
        let pixels = self.chosen(chosen);
        pixels.map(|pixel| f32::from(pixel) / 127.5 - 1.0).collect()
    }

    /// Returns the chosen images as [`Self::scaled`] does, each pixel in [0, 1]: `pixel / 255`.
    ///
    /// # Panics
    ///
    /// Where an index is past the last image.
    pub fn scaled_to_unit(&self, chosen: impl IntoIterator<Item = usize>) -> Vec<f32> {
        self.chosen(chosen)
            .map(|pixel| f32::from(pixel) / 255.0)
            .collect()
    }

    fn chosen(&self, chosen: impl IntoIterator<Item = usize>) -> impl Iterator<Item = u8> {
        let bytes = self.image_bytes();
        let of_image = move |index| &self.pixels[index * bytes..][..bytes];
        chosen.into_iter().flat_map(of_image).copied()
    }

    /// Returns the images with borders, so that height and width are `resolution`.
    ///
    /// # Errors
    ///
    /// Where the resolution is smaller than the images, or not larger by an even number.
    pub fn padded(&self, resolution: usize, padding: Padding) -> Result<Self, DataError> {
        let Self {
            count,
            height,
            width,
            channels,
            ..
        } = *self;
        let cannot = || DataError::CannotPad {
            height,
            width,
            resolution,
        };
        let top = margin(height, resolution).ok_or_else(cannot)?;
        let left = margin(width, resolution).ok_or_else(cannot)?;
        let Padding::Zero = padding;
        let mut pixels = vec![0; count * resolution * resolution * channels];
        let row_bytes = width * channels;
        if row_bytes > 0 {
            for (row, values) in self.pixels.chunks_exact(row_bytes).enumerate() {
                let (image, row) = (row / height, row % height);
                let start = ((image * resolution + top + row) * resolution + left) * channels;
                pixels[start..start + row_bytes].copy_from_slice(values);
            }
        }
        Ok(Self {
            count,
            height: resolution,
            width: resolution,
            channels,
            pixels: pixels.into(),
        })
    }
}

/// Half of what `size` lacks to `resolution`, where that is a whole number.
fn margin(size: usize, resolution: usize) -> Option<usize> {
    let missing = resolution.checked_sub(size)?;
    missing.is_multiple_of(2).then_some(missing / 2)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn padding_puts_each_image_in_the_middle_of_black() {
        let images = Images::new([2, 1, 2, 2], (1..=8).collect()).unwrap();
        assert!(
            images.padded(4, Padding::Zero).is_err(),
            "a height of 1 lacks 3 pixels to 4"
        );
        let images = Images::new([2, 2, 2, 1], (1..=8).collect()).unwrap();
        let padded = images.padded(4, Padding::Zero).unwrap();
        assert_eq!(
            (padded.count, padded.height, padded.width, padded.channels),
            (2, 4, 4, 1)
        );
        assert_eq!(
            padded.image(0).unwrap(),
            [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]
        );
        assert_eq!(
            padded.image(1).unwrap(),
            [0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0]
        );
        assert_eq!(padded.image(2), None);
        let one = padded.one(1).unwrap();
        assert_eq!((one.count, one.image(0)), (1, padded.image(1)));
        assert_eq!(padded.one(2), None);
    }

    #[test]
    fn padding_keeps_the_channels_of_a_pixel_together() {
        let images = Images::new([1, 1, 1, 3], vec![7, 8, 9]).unwrap();
        let padded = images.padded(3, Padding::Zero).unwrap();
        assert_eq!(padded.pixels[12..15], [7, 8, 9]);
        assert_eq!(padded.pixels.iter().map(|&x| u32::from(x)).sum::<u32>(), 24);
    }

    #[test]
    fn padding_to_the_own_size_changes_nothing_and_to_less_is_refused() {
        let images = Images::new([1, 2, 2, 1], vec![1, 2, 3, 4]).unwrap();
        assert_eq!(images.padded(2, Padding::Zero).unwrap(), images);
        let message = images.padded(1, Padding::Zero).unwrap_err().to_string();
        assert_eq!(message, "images of 2 x 2 cannot be padded evenly to 1 x 1");
    }

    #[test]
    fn pixels_of_another_size_are_refused() {
        let message = Images::new([2, 2, 2, 1], vec![0; 7]).unwrap_err().to_string();
        assert_eq!(message, "2 images of 2 x 2 x 1 need 8 bytes, found 7");
        assert!(Images::new([usize::MAX, 2, 2, 1], vec![0; 7]).is_err());
    }
}
