//! How many images a discriminator tells rightly: training images and held-back ones as real, generated ones as generated.
//! One that knows training images from held-back ones has learned them by heart (Kurach et al. 2019 report it so).
//!
//! A loss sets where the discriminator decides ([`Loss::decision`]). Images come as in training: scaled to the convention's range,
//! and generated ones as the generator that is evaluated makes them, not rounded to bytes. Nothing moves: vectors of spectral
//! normalization stay where training left them. Every batch is full, its last images being the first again where there are no
//! more; they count once.
//!
//! A discriminator with batch normalization has no running averages and judges each image by the batch that it comes in. Such
//! batches have the size of those of training and hold one kind of images, as in training; they are drawn at random, so that the
//! order of a data set does not matter.

use gan_kernels::{Array, Device, ReadError};

use crate::autograd::Variable;
use crate::data::Images;
use crate::gan::convention::{ImageRange, LeastSquares};
use crate::gan::spectral::Spectral;
use crate::gan::{DiscriminatorNormalization, EvaluationLatents, GeneratorState, Loss, TrainingSettings};
use crate::nn::{BatchStatistics, Bound, Network, Normalizing, SpectralUpdate, Weights};
use crate::random::Stream;

/// Images in a batch where they do not depend on each other.
const BATCH: usize = 64;

/// The seed of the choice of images: the protocol's own.
const PROTOCOL_SEED: u64 = 0;

/// What a discriminator is: its part of a run's state.
#[derive(Clone, Debug)]
pub struct DiscriminatorState {
    /// Its weights.
    pub weights: Weights,
    /// The vectors that spectral normalization keeps; empty without it.
    pub kept_vectors: Weights,
}

/// What a discriminator is shown.
#[derive(Clone, Copy, Debug)]
pub struct JudgedImages<'a> {
    /// Images that it was trained on.
    pub train: &'a Images,
    /// Images that it was not.
    pub test: &'a Images,
    /// The generator.
    pub generator: &'a GeneratorState,
    /// What it makes images of.
    pub latents: EvaluationLatents,
    /// How many images of each kind, or all that there are; at least 1.
    pub most: usize,
}

/// The share of images told rightly, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscriminatorAccuracy {
    /// Of training images.
    pub train: f64,
    /// Of held-back images.
    pub test: f64,
    /// Of generated images.
    pub samples: f64,
    /// How many images of each kind there were: training, held back, generated.
    pub counts: [usize; 3],
    /// Images in a batch.
    pub batch: usize,
}

/// A discriminator without an accuracy.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DiscriminatorAccuracyError {
    /// Its loss leaves open where it decides.
    #[error(
        "a discriminator with the Wasserstein loss says which of two images is more real, and of no image whether it is"
    )]
    NoDecision,
    /// There are no images of a kind.
    #[error("there are no {0} to judge")]
    NoImages(&'static str),
    /// The device failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Loss {
    /// The logit from which on the discriminator takes an image for real.
    ///
    /// Where the loss is on probabilities, or on logits with their sign, it is 0, a probability of one half; of squared logits,
    /// whose aims are 0 and 1, it is 1/2. The Wasserstein loss compares means, which any number can be added to, and has none.
    #[must_use]
    pub fn decision(self) -> Option<f64> {
        match self {
            Self::NonSaturating
            | Self::Minimax
            | Self::Hinge
            | Self::LeastSquares(LeastSquares::Probability) => Some(0.0),
            Self::LeastSquares(LeastSquares::Logit) => Some(0.5),
            Self::Wasserstein => None,
        }
    }
}

/// How many images of each kind a discriminator tells rightly.
///
/// `progress(done, total)` is told of every batch and ends the work by `false`, which gives `None`.
///
/// # Errors
/// Where the loss has no decision, there are no images of a kind, or the device fails.
pub fn discriminator_accuracy(
    device: &Device,
    settings: &TrainingSettings,
    discriminator: &DiscriminatorState,
    judged: JudgedImages<'_>,
    mut progress: impl FnMut(usize, usize) -> bool,
) -> Result<Option<DiscriminatorAccuracy>, DiscriminatorAccuracyError> {
    let decision = settings
        .loss
        .decision()
        .ok_or(DiscriminatorAccuracyError::NoDecision)?;
    let JudgedImages {
        train, test, most, ..
    } = judged;
    let counts = [train.count.min(most), test.count.min(most), most];
    for (count, kind) in counts
        .into_iter()
        .zip(["training images", "test images", "samples"])
    {
        if count == 0 {
            return Err(DiscriminatorAccuracyError::NoImages(kind));
        }
    }
    let judge = Judge::new(device, settings, discriminator);
    let total: usize = counts.iter().sum();
    let mut done = 0;
    let mut shares = [0.0; 3];
    for ((count, share), kind) in counts.into_iter().zip(&mut shares).zip(0..) {
        let mut right = 0;
        let images: Box<dyn Fn(usize) -> Variable> = match kind {
            0 => Box::new(judge.real(train, "train")),
            1 => Box::new(judge.real(test, "test")),
            _ => Box::new(judge.generated(judged.generator, judged.latents)),
        };
        for first in (0..count).step_by(judge.batch) {
            if !progress(done, total) {
                return Ok(None);
            }
            let own = judge.batch.min(count - first);
            let logits = judge.logits(&images(first))?;
            let is_right = |logit: &&f64| match kind {
                0 | 1 => **logit >= decision,
                _ => **logit < decision,
            };
            right += logits[..own].iter().filter(is_right).count();
            done += own;
        }
        *share = right as f64 / count as f64;
    }
    let [train, test, samples] = shares;
    Ok(Some(DiscriminatorAccuracy {
        train,
        test,
        samples,
        counts,
        batch: judge.batch,
    }))
}

/// A discriminator that stays as it is.
struct Judge<'a> {
    device: &'a Device,
    settings: &'a TrainingSettings,
    network: Network,
    bound: Bound,
    batch: usize,
}

impl<'a> Judge<'a> {
    fn new(device: &'a Device, settings: &'a TrainingSettings, discriminator: &DiscriminatorState) -> Self {
        let network = settings.discriminator();
        let DiscriminatorState {
            weights,
            kept_vectors,
        } = discriminator;
        let spectral = Spectral::of_discriminator(settings, &network);
        let normalized = spectral.normalized(weights, kept_vectors, SpectralUpdate::Keep);
        Self {
            device,
            settings,
            bound: Bound::constants(&normalized.weights),
            network,
            batch: match settings.normalization {
                DiscriminatorNormalization::Batch => settings.batch_size,
                _ => BATCH,
            },
        }
    }

    /// The logits of a batch.
    fn logits(&self, images: &Variable) -> Result<Vec<f64>, ReadError> {
        let mut unused = BatchStatistics::default();
        let logits = self
            .network
            .forward(images, &self.bound, &mut Normalizing::Batch(&mut unused));
        logits.value().to_f64()
    }

    /// Batches of images in an order drawn for `name`, each by the place of its first image: `[batch, h, w, c]`.
    fn real(&self, images: &'a Images, name: &'static str) -> impl Fn(usize) -> Variable {
        let name = format!("discriminator-accuracy.{name}");
        let order = Stream::new(PROTOCOL_SEED, 0, &name, 0).permutation(images.count);
        move |first| {
            let chosen = order.iter().copied().cycle().skip(first).take(self.batch);
            let values = match self.settings.convention.image_range {
                ImageRange::Symmetric => images.scaled(chosen),
                ImageRange::Unit => images.scaled_to_unit(chosen),
            };
            let extents = [self.batch, images.height, images.width, images.channels];
            Variable::constant(Array::from_f32(self.device, extents, &values))
        }
    }

    /// Batches of generated images, each by the number of its first latent: `[batch, h, w, c]`.
    fn generated(
        &self,
        generator: &'a GeneratorState,
        latents: EvaluationLatents,
    ) -> impl Fn(usize) -> Variable {
        let network = self.settings.generator();
        let bound = Bound::constants(&generator.evaluated(self.settings));
        move |first| {
            let latents = Variable::constant(latents.draw(self.device, first, self.batch));
            network.forward(&latents, &bound, &mut Normalizing::Running(&generator.averages))
        }
    }
}

#[cfg(test)]
mod tests;
