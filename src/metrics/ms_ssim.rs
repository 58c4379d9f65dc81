//! Multi-scale structural similarity among generated images (Wang et al. 2003; as a measure of diversity Odena et al. 2017,
//! section 4.2): the mean over random pairs of images. Near 1 where all look alike. Knows no network.
//!
//! Three codes are in use, and they differ where images are small; [`MsSsimForm`] names them. `similarity.rs` compares two images.

mod similarity;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::random::Stream;
use similarity::Scales;

/// Least extent of images for [`MsSsimForm::Standard`]: at the fifth scale they must still be as large as the filter.
const STANDARD_LEAST: usize = 161;

/// Whose code: what becomes of the Gaussian filter of 11 pixels and standard deviation 1.5 on images that are smaller, at the
/// first scale or after halving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MsSsimForm {
    /// It is cut to the image's smaller extent. The powers are taken of each channel, and images of odd extents are halved with
    /// their last row or column repeated: the code of Kurach et al. 2019 and of TensorFlow.
    ShrinkingFilter,
    /// It is shrunk as a whole, its standard deviation with it. The powers are taken of means over all channels; otherwise as
    /// before: the code of the TensorFlow models, from which those of Karras et al. 2018 and MMGeneration come.
    ShrinkingWidth,
    /// Images must have at least 161 pixels a side. The powers are taken of each channel, and images of odd extents are halved
    /// with zeros around them: pytorch-msssim 1.0.0.
    Standard,
}

impl MsSsimForm {
    /// The form's name in stored results.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShrinkingFilter => "shrinking-filter",
            Self::ShrinkingWidth => "shrinking-width",
            Self::Standard => "standard",
        }
    }
}

/// How similarity among images is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsSsimSettings {
    /// Whose code.
    pub form: MsSsimForm,
    /// Different pairs to draw, at least 1; all pairs where there are no more.
    pub pairs: usize,
    /// Seed of the pairs.
    pub seed: u64,
}

/// Similarity over pairs of images, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MsSsim {
    /// Mean over the pairs.
    pub mean: f64,
    /// Standard deviation over the pairs, with their number as divisor.
    pub standard_deviation: f64,
    /// How many pairs there were.
    pub pairs: usize,
}

/// Images without a similarity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MsSsimError {
    /// The pixels are not as many as the extents say.
    #[error("{count} images of {height} x {width} x {channels} need as many bytes, found {found}")]
    PixelCount {
        /// Images.
        count: usize,
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
        /// Channels.
        channels: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// There is no pair.
    #[error("a pair needs at least 2 images, found {count}")]
    TooFewImages {
        /// Images.
        count: usize,
    },
    /// The images are too small for the standard form.
    #[error(
        "images of {height} x {width} are too small for the standard form, which needs at least {STANDARD_LEAST} x {STANDARD_LEAST}"
    )]
    TooSmall {
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
    },
    /// No pair was asked for.
    #[error("the number of pairs is 0, expected at least 1")]
    NoPairs,
}

/// Measures the similarity of random pairs among images `[n, h, w, c]`, whose pixels are bytes.
///
/// # Errors
///
/// Where the pixels are not as many as the extents say, an extent is 0, there are fewer than 2 images, they are too small for
/// the form, or no pair was asked for.
pub fn ms_ssim(pixels: &[u8], extents: [usize; 4], settings: &MsSsimSettings) -> Result<MsSsim, MsSsimError> {
    check(pixels, extents, settings)?;
    let [count, height, width, channels] = extents;
    let bytes = height * width * channels;
    let scales = Scales::new(settings.form, [height, width, channels]);
    let image = |index: usize| &pixels[index * bytes..][..bytes];
    let values: Vec<f64> = pairs(count, settings)
        .into_par_iter()
        .map(|[a, b]| scales.similarity(image(a), image(b)))
        .collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / n;
    Ok(MsSsim {
        mean,
        standard_deviation: variance.sqrt(),
        pairs: values.len(),
    })
}

fn check(pixels: &[u8], extents: [usize; 4], settings: &MsSsimSettings) -> Result<(), MsSsimError> {
    let [count, height, width, channels] = extents;
    let expected = extents
        .iter()
        .try_fold(1_usize, |product, &n| product.checked_mul(n));
    if expected != Some(pixels.len()) || height * width * channels == 0 {
        return Err(MsSsimError::PixelCount {
            count,
            height,
            width,
            channels,
            found: pixels.len(),
        });
    }
    if count < 2 {
        return Err(MsSsimError::TooFewImages { count });
    }
    if settings.form == MsSsimForm::Standard && height.min(width) < STANDARD_LEAST {
        return Err(MsSsimError::TooSmall { height, width });
    }
    if settings.pairs == 0 {
        return Err(MsSsimError::NoPairs);
    }
    Ok(())
}

/// Different pairs of different images, each equally likely, in the order of their numbers (Floyd's algorithm: Bentley 1987).
fn pairs(count: usize, settings: &MsSsimSettings) -> Vec<[usize; 2]> {
    let all = count as u64 * (count as u64 - 1) / 2;
    let wanted = (settings.pairs as u64).min(all);
    let mut stream = Stream::new(settings.seed, 0, "ms-ssim.pairs", 0);
    let mut chosen = BTreeSet::new();
    for last in all - wanted..all {
        let drawn = stream.below(last + 1);
        if !chosen.insert(drawn) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().map(pair).collect()
}

/// The pair of a number: 0 is (0, 1), 1 is (0, 2), 2 is (1, 2), 3 is (0, 3) and so on.
fn pair(number: u64) -> [usize; 2] {
    let mut larger = ((2.0 * number as f64 + 0.25).sqrt() + 0.5) as u64;
    // The root of a large number may be off by one.
    while larger * (larger - 1) / 2 > number {
        larger -= 1;
    }
    while larger * (larger + 1) / 2 <= number {
        larger += 1;
    }
    [(number - larger * (larger - 1) / 2) as usize, larger as usize]
}

#[cfg(test)]
mod tests;
