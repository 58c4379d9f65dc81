//! A small convolutional classifier, trained on the labelled training images of the data set that is evaluated.
//!
//! Three convolutions (4x4, stride 2; 32, 64, 128 channels) and a dense layer of 128, each rectified; then one logit a
//! class. The 128 rectified numbers before the logits are the features. Trained with cross-entropy by Adam (1e-3, 0.9,
//! 0.999), batches of 64, three epochs but at least 400 steps, weights drawn
//! as He et al. (2015, equation 10); those of the logits, which nothing rectifies, with half that variance.

use std::convert::Infallible;

use gan_kernels::convolution::Geometry;
use gan_kernels::{Array, Device, ReadError, reduce};

use crate::autograd::Variable;
use crate::data::{Images, Labelled};
use crate::extractor::error::ExtractError;
use crate::extractor::features::{BATCH, Features, Found, OneSize, batch_of};
use crate::extractor::source::ImageSource;
use crate::nn::{Bound, Initial, Specification, Weights, WeightsError, convolution, dense, initialize};
use crate::optim::{Adam, AdamSettings};
use crate::random::Stream;

/// Raised whenever the same images would give another classifier.
pub const CLASSIFIER_VERSION: u32 = 1;

/// Numbers in a feature vector.
pub(super) const FEATURES: usize = 128;
const CONVOLUTIONS: [(&str, usize); 3] = [("conv1", 32), ("conv2", 64), ("conv3", 128)];
const EPOCHS: usize = 3;
const FEWEST_STEPS: usize = 400;
const PROTOCOL_SEED: u64 = 0;
const LEARNING_RATE: f64 = 1e-3;
const ADAM: AdamSettings = AdamSettings {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    is_corrected: true,
};

/// A trained classifier.
#[derive(Clone, Debug)]
pub struct Classifier {
    weights: Weights,
    classes: usize,
}

impl Classifier {
    /// Steps of a training on so many images: three epochs, but at least 400.
    #[must_use]
    pub fn steps(images: usize) -> usize {
        (EPOCHS * images).div_ceil(BATCH).max(FEWEST_STEPS)
    }

    /// Trains on labelled images, on the CPU device; `progress(done, total)` is told of every step and ends the training by `false`.
    ///
    /// Returns `None` when the training was ended early.
    ///
    /// # Errors
    /// [`ReadError`] when the device fails.
    ///
    /// # Panics
    /// Without images, labels, or classes.
    pub fn train(
        images: &Images,
        labels: &[u8],
        classes: usize,
        mut progress: impl FnMut(usize, usize) -> bool,
    ) -> Result<Option<Self>, ReadError> {
        assert!(
            images.count > 0 && labels.len() == images.count && classes > 0,
            "a classifier needs labelled images"
        );
        let steps = Self::steps(images.count);
        let mut weights = initialize(
            &Device::Cpu,
            &specifications(images, classes),
            "classifier",
            PROTOCOL_SEED,
            0,
        );
        let mut adam = Adam::new(&weights);
        let mut order = Vec::new();
        let mut epochs = 0..;
        for step in 0..steps {
            if !progress(step, steps) {
                return Ok(None);
            }
            while order.len() < BATCH {
                let epoch = epochs.next().unwrap_or(u64::MAX);
                let mut next =
                    Stream::new(PROTOCOL_SEED, 0, "classifier.order", epoch).permutation(images.count);
                next.append(&mut order);
                order = next;
            }
            let chosen = order.split_off(order.len() - BATCH);
            let bound = Bound::leaves(&weights);
            let logits = forward(&batch_of(&Device::Cpu, images, &chosen), &bound).logits;
            let loss = cross_entropy(
                &logits,
                &chosen.iter().map(|&index| labels[index]).collect::<Vec<_>>(),
            );
            weights = adam.update(ADAM, LEARNING_RATE, &weights, &bound.gradients(loss));
        }
        Ok(Some(Self { weights, classes }))
    }

    /// A classifier from its weights.
    ///
    /// # Errors
    /// [`WeightsError::Missing`] when they are not those of a classifier.
    pub fn from_weights(weights: Weights) -> Result<Self, WeightsError> {
        let classes = weights.find("logits.bias")?.shape().count();
        for name in weight_names() {
            weights.find(&name)?;
        }
        Ok(Self { weights, classes })
    }

    /// Its weights.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Features and class probabilities of every image, on the device of the weights; results do not depend on how images are batched.
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
        let features = Features::none(images.count(), FEATURES, self.classes);
        features.collect(images, BATCH, progress, |first, images| {
            let Outputs { features, logits } = forward(&one_size.batch(first, images)?, &bound);
            Ok(Found {
                probabilities: softmax(&logits).value().to_f32()?,
                features: features.value().to_f32()?,
                ..Found::default()
            })
        })
    }

    /// The share of images whose most probable class is their label.
    ///
    /// # Errors
    /// [`ExtractError`] when the device fails.
    pub fn accuracy(&self, labelled: &Labelled) -> Result<f64, ExtractError<Infallible>> {
        let Some(found) = self.extract(&labelled.images, |_, _| true)? else {
            return Ok(0.0);
        };
        let labels = labelled.labels.as_deref().unwrap_or_default();
        let most_probable = found.probabilities.chunks_exact(self.classes.max(1)).map(|row| {
            let larger = |best: usize, index: usize| if row[index] > row[best] { index } else { best };
            (0..row.len()).reduce(larger).unwrap_or(0)
        });
        let right = most_probable
            .zip(labels)
            .filter(|(found, label)| *found == usize::from(**label))
            .count();
        Ok(right as f64 / labels.len().max(1) as f64)
    }
}

fn weight_names() -> impl Iterator<Item = String> {
    let layers = CONVOLUTIONS
        .iter()
        .map(|(name, _)| *name)
        .chain(["features", "logits"]);
    layers.flat_map(|layer| [format!("{layer}.weight"), format!("{layer}.bias")])
}

fn specifications(images: &Images, classes: usize) -> Vec<Specification> {
    let mut all = Vec::new();
    let mut inputs = images.channels;
    let [mut h, mut w] = [images.height, images.width];
    for (name, outputs) in CONVOLUTIONS {
        all.extend(weight_and_bias(name, &[4, 4, inputs, outputs], 2.0));
        [inputs, h, w] = [outputs, h / 2, w / 2];
    }
    all.extend(weight_and_bias("features", &[h * w * inputs, FEATURES], 2.0));
    all.extend(weight_and_bias("logits", &[FEATURES, classes], 1.0));
    all
}

/// Weights of variance `gain / inputs of one output`.
fn weight_and_bias(name: &str, weight: &[usize], gain: f64) -> [Specification; 2] {
    let outputs = weight[weight.len() - 1];
    let fan_in: usize = weight[..weight.len() - 1].iter().product();
    let deviation = (gain / fan_in as f64).sqrt();
    [
        Specification::new(format!("{name}.weight"), weight, Initial::Normal { deviation }),
        Specification::new(format!("{name}.bias"), [outputs], Initial::Constant(0.0)),
    ]
}

struct Outputs {
    /// `[n, d]`.
    features: Variable,
    /// `[n, k]`.
    logits: Variable,
}

fn forward(images: &Variable, bound: &Bound) -> Outputs {
    let mut x = images.clone();
    for (name, _) in CONVOLUTIONS {
        x = convolution(&x, bound, name, Geometry::square(2, 1), Some(0.0)); // [n, h / 2, w / 2, c]
    }
    let [n, h, w, c] = x.shape().four();
    let features = dense(&x.reshape([n, h * w * c]), bound, "features").relu();
    let logits = dense(&features, bound, "logits");
    Outputs { features, logits }
}

/// `log of the sum of e^logit` of each row, `[n, 1]`, without overflow.
fn log_sum_exponentials(logits: &Variable) -> Variable {
    let [n, _] = logits.shape().two();
    let largest = Variable::constant(reduce::row_maximum(logits.value()));
    logits
        .minus(&largest)
        .exponential()
        .sum([n, 1])
        .logarithm()
        .plus(&largest)
}

/// `mean over images of -log p(label)`, `[1, 1]`.
fn cross_entropy(logits: &Variable, labels: &[u8]) -> Variable {
    let [n, k] = logits.shape().two();
    let mut marks = vec![0.0; n * k];
    for (row, &label) in labels.iter().enumerate() {
        marks[row * k + usize::from(label)] = 1.0;
    }
    let marks = Variable::constant(Array::from_f32(&Device::Cpu, [n, k], &marks));
    log_sum_exponentials(logits)
        .minus(&logits.times(&marks).sum([n, 1]))
        .mean_of_all()
}

fn softmax(logits: &Variable) -> Variable {
    logits.minus(&log_sum_exponentials(logits)).exponential()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::data::{Padding, Polygons, Split};

    fn polygons(split: Split, count: usize) -> Labelled {
        let drawn = Polygons {
            train: count,
            test: count,
            ..Polygons::default()
        }
        .generate(split);
        Labelled {
            images: drawn.images.padded(32, Padding::Zero).unwrap(),
            ..drawn
        }
    }

    #[test]
    fn the_classifier_learns_to_tell_triangles_from_squares() {
        let train = polygons(Split::Train, 2000);
        let labels = train.labels.as_deref().unwrap();
        let classifier = Classifier::train(&train.images, labels, 2, |_, _| true)
            .unwrap()
            .unwrap();
        let accuracy = classifier.accuracy(&polygons(Split::Test, 400)).unwrap();
        assert!(accuracy >= 0.9, "test accuracy {accuracy}");
    }

    #[test]
    fn features_do_not_depend_on_the_batch_and_probabilities_add_to_one() {
        let train = polygons(Split::Train, 300);
        let mut steps = 0;
        let ended = Classifier::train(&train.images, train.labels.as_deref().unwrap(), 2, |step, _| {
            steps = step;
            step < 3
        });
        assert!(
            ended.unwrap().is_none(),
            "the training went on after it was told to end"
        );
        assert_eq!(steps, 3);

        let weights = initialize(
            &Device::Cpu,
            &specifications(&train.images, 2),
            "classifier",
            0,
            0,
        );
        let classifier = Classifier::from_weights(weights).unwrap();
        let together = classifier.extract(&train.images, |_, _| true).unwrap().unwrap();
        let alone = Images::new([1, 32, 32, 1], train.images.image(200).unwrap().to_vec()).unwrap();
        let alone = classifier.extract(&alone, |_, _| true).unwrap().unwrap();
        assert_eq!(alone.features, together.features[200 * FEATURES..201 * FEATURES]);
        for row in together.probabilities.chunks_exact(2) {
            assert!((row[0] + row[1] - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn images_of_every_size_and_color_can_be_learnt_from_and_have_as_many_features() {
        for (side, channels) in [(28, 1), (32, 3), (48, 3), (96, 1), (128, 3)] {
            let pixels = (0..4 * side * side * channels)
                .map(|at| (at % 253) as u8)
                .collect();
            let images = Images::new([4, side, side, channels], pixels).unwrap();
            let weights = initialize(&Device::Cpu, &specifications(&images, 2), "classifier", 0, 0);
            let classifier = Classifier::from_weights(weights).unwrap();
            let all = classifier.extract(&images, |_, _| true).unwrap().unwrap();
            assert_eq!((all.count, all.dimension, all.classes), (4, FEATURES, 2));
            assert_eq!(
                crate::extractor::ExtractorKind::Classifier.features([32, 32, 1]),
                FEATURES
            );
            assert!(all.features.iter().all(|feature| feature.is_finite()));
            let network = crate::extractor::RandomConvolution::draw(channels);
            let all = network.extract(&images, |_, _| true).unwrap().unwrap();
            assert!(all.features.iter().all(|feature| feature.is_finite()));
            assert_eq!(all.features.len(), 4 * all.dimension);
            let one_step = Classifier::train(&images, &[0, 1, 0, 1], 2, |step, _| step < 1);
            assert!(one_step.unwrap().is_none(), "{side} x {side} x {channels}");
        }
    }
}
