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

use gan_kernels::Array;
use safetensors::tensor::{SafeTensors, TensorView};

use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{
    Convention, DiscriminatorNormalization, GeneratorNormalization, Latent, LatentDistribution, LearningRate,
    Loss, Penalty, PlayerOptimizer, TrainingSettings,
};
use crate::nn::Weights;
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

/// Arrays of `tests/golden/<file>.safetensors` below a prefix: those that learn, and averages and kept vectors. Those with more
/// than four axes are flattened.
pub(super) fn golden_arrays(file: &str, prefix: &str) -> (Weights, Weights) {
    let path = format!("{}/tests/golden/{file}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let read = |(name, view): (&str, TensorView<'_>)| {
        let values: Vec<f64> = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .collect();
        let flat = [values.len()];
        let shape = if view.shape().len() > 4 {
            &flat[..]
        } else {
            view.shape()
        };
        (name.to_owned(), Array::from_f64(shape, &values))
    };
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let all: Weights = file.iter().map(read).collect();
    let all = all.under(prefix);
    let is_aside = |name: &str| [".mean", ".variance", ".u"].iter().any(|end| name.ends_with(end));
    let part = |aside: bool| {
        let of_part = all.iter().filter(|(name, _)| is_aside(name) == aside);
        of_part
            .map(|(name, array)| (name.to_owned(), array.clone()))
            .collect()
    };
    (part(false), part(true))
}
