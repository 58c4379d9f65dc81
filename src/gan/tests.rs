//! Whole networks and trajectories against independent code.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "vulkan")]
mod devices;
mod landscape;
#[cfg(feature = "vulkan")]
mod launches;
mod penalty_gradient;
mod spectral_gradient;
mod step_cost;
mod trajectory;

use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{
    Convention, DiscriminatorNormalization, GeneratorNormalization, Latent, LatentDistribution, LearningRate,
    Loss, Penalty, PlayerOptimizer, TrainingSettings,
};
use crate::optim::{AdamSettings, OptimizerSettings};

/// Numbers in one latent of [`settings`].
const LATENT: usize = 8;

/// A small SNDCGAN on gray images of 16 pixels.
pub(super) fn settings() -> TrainingSettings {
    let player = adam(2e-4, [0.5, 0.999]);
    TrainingSettings {
        architecture: Architecture {
            generator: ArchitectureKind::Sndcgan,
            discriminator: ArchitectureKind::Sndcgan,
            width: 1.0 / 16.0,
            resolution: 16,
            channels: 1,
        },
        latent: Latent {
            dimension: LATENT,
            distribution: LatentDistribution::Normal,
        },
        loss: Loss::NonSaturating,
        normalization: DiscriminatorNormalization::None,
        penalty: Penalty::None,
        weight_clip: None,
        discriminator_steps: 1,
        generator_normalization: GeneratorNormalization::Batch,
        moving_average: None,
        generator_optimizer: player,
        discriminator_optimizer: player,
        batch_size: 4,
        convention: Convention::STANDARD,
    }
}

/// Adam with a constant step size.
pub(super) fn adam(learning_rate: f64, [beta1, beta2]: [f64; 2]) -> PlayerOptimizer {
    PlayerOptimizer {
        rule: OptimizerSettings::Adam(AdamSettings {
            beta1,
            beta2,
            epsilon: Convention::OPTIMIZER_EPSILON,
            is_corrected: true,
        }),
        learning_rate: LearningRate {
            initial: learning_rate,
            decay_until: None,
        },
        clip_norm: None,
    }
}
