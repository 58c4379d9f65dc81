//! What one training run is made of, as the training loop sees it.

use crate::gan::architecture::Architecture;
use crate::gan::convention::GeneratorMoves;
use crate::gan::{Convention, Loss, Penalty};
use crate::nn::Network;
use crate::optim::OptimizerSettings;

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
    /// Weight clipping (Arjovsky et al. 2017, algorithm 1): after each update of the discriminator every number that it
    /// learns is kept within `[-c, c]`.
    pub weight_clip: Option<f64>,
    /// Updates of the discriminator for one of the generator, at least 1.
    pub discriminator_steps: u64,
    /// How the generator's weights or activations are normalized.
    pub generator_normalization: GeneratorNormalization,
    /// The generator that is evaluated, where it is not the one that learns.
    pub moving_average: Option<MovingAverage>,
    /// How the generator learns.
    pub generator_optimizer: PlayerOptimizer,
    /// How the discriminator learns.
    pub discriminator_optimizer: PlayerOptimizer,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiscriminatorNormalization {
    /// Not at all.
    None,
    /// Batch normalization (Ioffe and Szegedy 2015), each pass by the statistics of its own batch.
    Batch,
    /// Layer normalization (Ba et al. 2016).
    Layer,
    /// Every weight is divided by its largest singular value (Miyato et al. 2018).
    Spectral,
}

/// How the generator is normalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorNormalization {
    /// Not at all.
    None,
    /// Batch normalization (Ioffe and Szegedy 2015).
    Batch,
    /// Every weight is divided by its largest singular value (Miyato et al. 2018).
    Spectral,
}

/// An exponential moving average of the generator's weights: `decay average + (1 - decay) weights` after each update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MovingAverage {
    /// What it keeps of itself, in [0, 1).
    pub decay: f64,
    /// The step of its first update; before that it is the weights themselves.
    pub from: u64,
}

/// How one player learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayerOptimizer {
    /// The rule of its updates.
    pub rule: OptimizerSettings,
    /// The step size.
    pub learning_rate: LearningRate,
    /// Gradients that are longer, over all of the player's arrays together, are shortened to this.
    pub clip_norm: Option<f64>,
}

/// A step size that may fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    /// The step size of the first step, above 0.
    pub initial: f64,
    /// The step at whose end a linear fall reaches 0; constant without.
    pub decay_until: Option<u64>,
}

impl LearningRate {
    /// The step size at a step of the discriminator, counted from 1: `initial max(0, 1 - (step - 1) / decay_until)`.
    #[must_use]
    pub fn at(&self, step: u64) -> f64 {
        let left = |until: u64| (1.0 - (step - 1) as f64 / until as f64).max(0.0);
        self.initial * self.decay_until.map_or(1.0, left)
    }
}

impl TrainingSettings {
    /// The generator's network.
    #[must_use]
    pub fn generator(&self) -> Network {
        let Self {
            architecture,
            latent,
            generator_normalization,
            convention,
            ..
        } = self;
        architecture.generator(latent.dimension, *generator_normalization, convention)
    }

    /// The discriminator's network.
    #[must_use]
    pub fn discriminator(&self) -> Network {
        self.architecture
            .discriminator(self.normalization, &self.convention)
    }

    /// Whether the generator moves at a step of the discriminator, counted from 1.
    #[must_use]
    pub fn generator_moves(&self, step: u64) -> bool {
        match self.convention.generator_moves {
            GeneratorMoves::Last => step.is_multiple_of(self.discriminator_steps),
            GeneratorMoves::First => (step - 1).is_multiple_of(self.discriminator_steps),
        }
    }

    /// How often the generator has moved after so many steps of the discriminator.
    #[must_use]
    pub fn generator_updates(&self, steps: u64) -> u64 {
        match self.convention.generator_moves {
            GeneratorMoves::Last => steps / self.discriminator_steps,
            GeneratorMoves::First => steps.div_ceil(self.discriminator_steps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learning_rate_falls_linearly_to_zero_and_stays_there() {
        let rate = |decay_until, step| {
            LearningRate {
                initial: 0.5,
                decay_until,
            }
            .at(step)
        };
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(|step| rate(Some(4), step)),
            [0.5, 0.375, 0.25, 0.125, 0.0, 0.0]
        );
        assert_eq!(rate(None, 1_000_000), 0.5);
    }

    #[test]
    fn the_generator_moves_once_in_as_many_steps_as_asked() {
        for (generator_moves, expected) in [
            (GeneratorMoves::Last, [0, 0, 1, 1, 1, 2]),
            (GeneratorMoves::First, [1, 1, 1, 2, 2, 2]),
        ] {
            let settings = TrainingSettings {
                discriminator_steps: 3,
                convention: Convention {
                    generator_moves,
                    ..Convention::STANDARD
                },
                ..crate::gan::tests::settings()
            };
            let mut moves = 0;
            for step in 1..=6 {
                moves += u64::from(settings.generator_moves(step));
                assert_eq!(
                    moves,
                    settings.generator_updates(step),
                    "{generator_moves:?} {step}"
                );
                assert_eq!(moves, expected[step as usize - 1], "{generator_moves:?} {step}");
            }
        }
    }
}
