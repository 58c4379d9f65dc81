//! From a study's settings to those of the training loop.

use crate::gan::architecture::Architecture;
use crate::gan::convention::AdamEpsilon;
use crate::gan::{
    Convention, DraganForm, GeneratorNormalization, Latent, LatentDistribution, LearningRate, Loss,
    MovingAverage, Penalty, PlayerOptimizer, TrainingSettings,
};
use crate::optim::{AdamSettings, OptimizerSettings, RmsPropSettings, SgdSettings};
use crate::study;

/// Extents of the images that networks are made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImageExtents {
    pub(super) resolution: usize,
    pub(super) channels: usize,
}

/// The training loop's settings for one run of a study.
pub(super) fn training_settings(
    settings: &study::Settings,
    convention: &study::Convention,
    images: ImageExtents,
) -> TrainingSettings {
    let convention = convention.choices();
    let optimizer = |optimizer| player_optimizer(optimizer, &convention);
    let study::Discriminator {
        normalization,
        penalty,
        steps,
        weight_clip,
    } = settings.discriminator;
    TrainingSettings {
        architecture: architecture(&settings.architecture, images),
        latent: latent(&settings.latent),
        loss: loss(settings.loss, &convention),
        normalization: normalization.kind(),
        penalty: of_penalty(penalty),
        weight_clip,
        discriminator_steps: steps,
        generator_normalization: match settings.generator.normalization {
            study::GeneratorNormalization::None => GeneratorNormalization::None,
            study::GeneratorNormalization::Batch => GeneratorNormalization::Batch,
            study::GeneratorNormalization::Spectral => GeneratorNormalization::Spectral,
        },
        moving_average: settings
            .generator
            .moving_average
            .map(|study::MovingAverage { decay, from }| MovingAverage { decay, from }),
        generator_optimizer: optimizer(settings.generator.optimizer.unwrap_or(settings.optimizer)),
        discriminator_optimizer: optimizer(settings.optimizer),
        batch_size: settings.batch_size,
        convention,
    }
}

pub(super) fn architecture(architecture: &study::Architecture, images: ImageExtents) -> Architecture {
    let study::Architecture {
        name,
        discriminator,
        width,
    } = *architecture;
    Architecture {
        generator: name.kind(),
        discriminator: discriminator.unwrap_or(name).kind(),
        width,
        resolution: images.resolution,
        channels: images.channels,
    }
}

fn latent(latent: &study::Latent) -> Latent {
    Latent {
        dimension: latent.dimension,
        distribution: match latent.distribution {
            study::Distribution::Uniform => LatentDistribution::Uniform,
            study::Distribution::Normal => LatentDistribution::Normal,
        },
    }
}

fn loss(loss: study::Loss, convention: &Convention) -> Loss {
    match loss {
        study::Loss::NonSaturating => Loss::NonSaturating,
        study::Loss::Minimax => Loss::Minimax,
        study::Loss::LeastSquares => Loss::LeastSquares(convention.least_squares),
        study::Loss::Wasserstein => Loss::Wasserstein,
        study::Loss::Hinge => Loss::Hinge,
    }
}

fn of_penalty(penalty: study::Penalty) -> Penalty {
    match penalty {
        study::Penalty::None => Penalty::None,
        study::Penalty::Gradient { lambda } => Penalty::Gradient { lambda },
        study::Penalty::Dragan { lambda, form } => Penalty::Dragan {
            lambda,
            form: match form {
                study::DraganForm::Noise => DraganForm::Noise,
                study::DraganForm::Interpolated => DraganForm::Interpolated,
            },
        },
        study::Penalty::L2 { lambda } => Penalty::L2 { lambda },
        study::Penalty::R1 { lambda } => Penalty::R1 { lambda },
    }
}

fn player_optimizer(optimizer: study::Optimizer, convention: &Convention) -> PlayerOptimizer {
    let epsilon = Convention::OPTIMIZER_EPSILON;
    PlayerOptimizer {
        rule: match optimizer {
            study::Optimizer::Adam { beta1, beta2, .. } => OptimizerSettings::Adam(AdamSettings {
                beta1,
                beta2,
                epsilon,
                is_corrected: convention.adam_epsilon_place == AdamEpsilon::Corrected,
            }),
            study::Optimizer::Rmsprop { decay, .. } => {
                OptimizerSettings::RmsProp(RmsPropSettings { decay, epsilon })
            }
            study::Optimizer::Sgd { momentum, .. } => OptimizerSettings::Sgd(SgdSettings { momentum }),
        },
        learning_rate: LearningRate {
            initial: optimizer.learning_rate(),
            decay_until: optimizer.decay_until(),
        },
        clip_norm: optimizer.clip_norm(),
    }
}
