//! A convolutional network that nothing was learnt by: its weights are drawn once, from a seed of its own, for all studies.
//!
//! It needs no labels and no training. That features of random weights tell good images from bad ones much as learnt
//! features do was found by Naeem et al. 2020 (section 4, for density and coverage) and studied for metrics of generated
//! images by Lee, Kim & Lee 2022 ("Demystifying Randomly Initialized Networks for Evaluating Generative Models"); why
//! convolution and pooling do so much of the work by themselves is in Saxe et al. 2011.
//!
//! Three convolutions (4x4, stride 2; 64, 128, 256 channels), each followed by a leaky rectifier of slope 0.2; then the
//! mean over all positions of each of the 256 channels. Weights are normal with mean 0 and variance
//! `2 / ((1 + 0.2^2) inputs of one output)` (He et al. 2015, equation 15), so that every layer has the scale of the one
//! before; there is no bias. One position of the last layer sees 22 x 22 pixels.

use gan_kernels::Device;
use gan_kernels::convolution::Geometry;

use crate::autograd::Variable;
use crate::extractor::error::ExtractError;
use crate::extractor::features::{BATCH, Features, Found, OneSize};
use crate::extractor::source::ImageSource;
use crate::nn::{Bound, Initial, Specification, Weights, WeightsError, convolution, initialize};

/// Raised whenever the same images would give other features; a part of this extractor's name.
pub const RANDOM_CONVOLUTION_VERSION: u32 = 1;

/// Numbers in a feature vector: the channels of the last layer.
pub(super) const FEATURES: usize = 256;
const CONVOLUTIONS: [(&str, usize); 3] = [("conv1", 64), ("conv2", 128), ("conv3", FEATURES)];
const SIDE: usize = 4;
const SLOPE: f64 = 0.2;
const PROTOCOL_SEED: u64 = 0;

/// The network for images of some number of channels.
#[derive(Clone, Debug)]
pub struct RandomConvolution {
    weights: Weights,
}

impl RandomConvolution {
    /// Draws the weights for images of `channels` channels, on the CPU device: always the same ones.
    #[must_use]
    pub fn draw(channels: usize) -> Self {
        let specifications = specifications(channels);
        Self {
            weights: initialize(
                &Device::Cpu,
                &specifications,
                "random-convolution",
                PROTOCOL_SEED,
                0,
            ),
        }
    }

    /// The network of these weights.
    ///
    /// # Errors
    /// [`WeightsError::Missing`] when they are not those of such a network.
    pub fn from_weights(weights: Weights) -> Result<Self, WeightsError> {
        for Specification { name, .. } in specifications(1) {
            weights.find(&name)?;
        }
        Ok(Self { weights })
    }

    /// Its weights.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Features of every image, without class probabilities, on the device of the weights; results do not depend on how images are batched.
    ///
    /// `progress(done, total)` is told of every batch and ends the work by `false`, which gives `None`.
    ///
    /// # Errors
    /// [`ExtractError`] when an image cannot be had or is of another size, or the device fails.
    pub fn extract<S: ImageSource>(
        &self,
        images: &S,
        progress: impl FnMut(usize, usize) -> bool,
    ) -> Result<Option<Features>, ExtractError<S::Error>> {
        let bound = Bound::constants(&self.weights);
        let mut one_size = OneSize::on(self.weights.device());
        let features = Features::none(images.count(), FEATURES, 0);
        features.collect(images, BATCH, progress, |first, images| {
            Ok(Found {
                features: forward(&one_size.batch(first, images)?, &bound)
                    .value()
                    .to_f32()?,
                ..Found::default()
            })
        })
    }
}

fn specifications(channels: usize) -> Vec<Specification> {
    let inputs = [channels, CONVOLUTIONS[0].1, CONVOLUTIONS[1].1];
    let layers = CONVOLUTIONS.into_iter().zip(inputs);
    let of_layer = |((name, outputs), inputs): ((&str, usize), usize)| {
        let fan_in = (SIDE * SIDE * inputs) as f64;
        let deviation = (2.0 / ((1.0 + SLOPE * SLOPE) * fan_in)).sqrt();
        [
            Specification::new(
                format!("{name}.weight"),
                [SIDE, SIDE, inputs, outputs],
                Initial::Normal { deviation },
            ),
            Specification::new(format!("{name}.bias"), [outputs], Initial::Constant(0.0)),
        ]
    };
    layers.flat_map(of_layer).collect()
}

fn forward(images: &Variable, bound: &Bound) -> Variable {
    let mut x = images.clone();
    for (name, _) in CONVOLUTIONS {
        x = convolution(&x, bound, name, Geometry::square(2, 1), Some(SLOPE)); // [n, h / 2, w / 2, c]
    }
    let [n, _, _, d] = x.shape().four();
    x.mean([n, 1, 1, d]).reshape([n, d]) // [n, d]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::data::{Images, Padding, Polygons, Split};
    use crate::metrics::frechet_distance;
    use crate::random::Stream;

    fn polygons(split: Split) -> Images {
        let drawn = Polygons {
            train: 300,
            test: 300,
            ..Polygons::default()
        };
        drawn.generate(split).images.padded(32, Padding::Zero).unwrap()
    }

    fn features(images: &Images) -> Vec<f32> {
        let network = RandomConvolution::draw(images.channels);
        network.extract(images, |_, _| true).unwrap().unwrap().features
    }

    fn changed(images: &Images, mut change: impl FnMut(&mut Stream, u8) -> u8) -> Images {
        let mut stream = Stream::new(1, 1, "test", 1);
        let pixels: Vec<u8> = images
            .pixels
            .iter()
            .map(|&pixel| change(&mut stream, pixel))
            .collect();
        Images::new([images.count, 32, 32, images.channels], pixels).unwrap()
    }

    #[test]
    fn the_distance_of_images_grows_with_what_is_done_to_them() {
        let reference = features(&polygons(Split::Test));
        let train = polygons(Split::Train);
        let distance = |images: &Images| {
            frechet_distance(&reference, &features(images), FEATURES)
                .unwrap()
                .value
        };
        // Each pixel is replaced by noise with a growing probability, after Heusel et al. 2017, figure 3.
        let distances = [0.0, 0.02, 0.1, 0.5].map(|part| {
            distance(&changed(&train, |stream, pixel| {
                let (replaced, noise) = (stream.uniform() < part, stream.below(256) as u8);
                if replaced { noise } else { pixel }
            }))
        });
        assert!(distances.is_sorted(), "{distances:?}");
        assert!(distances[1] > 2.0 * distances[0], "{distances:?}");
        let one_image = Images::new([300, 32, 32, 1], train.image(0).unwrap().repeat(300)).unwrap();
        assert!(
            distance(&one_image) > 10.0 * distances[0],
            "one image in place of many"
        );
    }

    #[test]
    fn an_image_has_features_of_its_own_and_of_its_scale() {
        for channels in [1, 3] {
            let pixels: Vec<u8> = polygons(Split::Test).image(0).unwrap().repeat(70 * channels);
            let images = Images::new([70, 32, 32, channels], pixels).unwrap();
            let images = changed(&images, |stream, pixel| pixel ^ stream.below(64) as u8);
            let network = RandomConvolution::draw(channels);
            let all = network.extract(&images, |_, _| true).unwrap().unwrap();
            assert_eq!((all.dimension, all.classes, all.probabilities.len()), (256, 0, 0));
            let alone = Images::new([1, 32, 32, channels], images.image(69).unwrap().to_vec()).unwrap();
            assert_eq!(features(&alone), all.features[69 * FEATURES..]);
            let mean_square = all.features.iter().map(|x| x * x).sum::<f32>() / all.features.len() as f32;
            assert!((0.01..10.0).contains(&mean_square), "{mean_square}");
        }
    }

    #[test]
    fn weights_survive_and_others_are_refused() {
        let network = RandomConvolution::draw(3);
        let again = RandomConvolution::from_weights(network.weights().clone()).unwrap();
        assert_eq!(
            again.weights().to_safetensors().unwrap(),
            RandomConvolution::draw(3).weights().to_safetensors().unwrap()
        );
        assert!(RandomConvolution::from_weights(Weights::default()).is_err());
    }
}
