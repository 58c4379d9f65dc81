//! What one training run is made of, as the training loop sees it.

use crate::gan::architecture::Architecture;
use crate::gan::{Convention, Loss, Penalty};

/// The settings of one training run, without its seed, length or data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingSettings {
    /// Both networks, for the image extents.
    pub architecture: Architecture,
    /// What the generator starts from.
    pub latent: Latent,
    /// What the players minimise.
    pub loss: Loss,
    /// How the discriminator's weights or activations are normalized.
    pub normalization: DiscriminatorNormalization,
    /// What is added to the discriminator's loss.
    pub penalty: Penalty,
    /// Updates of the discriminator for one of the generator, at least 1.
    pub discriminator_steps: u64,
    /// Adam's step size, for both players.
    pub learning_rate: f64,
    /// Adam's decay of the first moment.
    pub beta1: f64,
    /// Adam's decay of the second moment.
    pub beta2: f64,
    /// Images in a batch, at least 1.
    pub batch_size: usize,
    /// Where papers and code disagree.
    pub convention: Convention,
}

/// The generator's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latent {
    /// Numbers in one latent vector.
    pub dimension: usize,
    /// How each is drawn.
    pub distribution: LatentDistribution,
}

/// The distribution of each latent number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatentDistribution {
    /// U(-1, 1).
    Uniform,
    /// N(0, 1).
    Normal,
}

/// How the discriminator is normalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscriminatorNormalization {
    /// Not at all.
    None,
    /// Every weight is divided by its largest singular value (Miyato et al. 2018).
    Spectral,
}
