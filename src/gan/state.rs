//! What a training run has learned, and what else it needs to go on.

use crate::gan::spectral::Spectral;
use crate::gan::{MovingAverage, TrainingSettings};
use crate::nn::{SpectralUpdate, Weights};
use crate::optim::Optimizer;

/// What a generator is: all that evaluation, sampling and export need.
#[derive(Clone, Debug)]
pub struct GeneratorState {
    /// Its weights.
    pub weights: Weights,
    /// The running averages of its batch normalizations.
    pub averages: Weights,
    /// The vectors that spectral normalization keeps; empty without it.
    pub kept_vectors: Weights,
    /// The moving average of its weights; empty without one.
    pub moving_average: Weights,
}

/// What else is needed to train on.
#[derive(Clone, Debug)]
pub struct TrainingState {
    /// The discriminator's weights.
    pub discriminator: Weights,
    /// The vectors that spectral normalization of the discriminator keeps; empty without it.
    pub kept_vectors: Weights,
    /// The generator's optimizer.
    pub generator_optimizer: Optimizer,
    /// The discriminator's optimizer.
    pub discriminator_optimizer: Optimizer,
}

impl GeneratorState {
    /// The weights that images are made with outside of training: averaged where there is an average, and normalized.
    #[must_use]
    pub fn evaluated(&self, settings: &TrainingSettings) -> Weights {
        let weights = match settings.moving_average {
            Some(_) => &self.moving_average,
            None => &self.weights,
        };
        let spectral = Spectral::of_generator(settings, &settings.generator());
        spectral
            .normalized(weights, &self.kept_vectors, SpectralUpdate::Keep)
            .weights
    }

    /// Moves the average after an update of the generator at a step of the discriminator.
    pub(super) fn follow(&mut self, average: MovingAverage, step: u64) {
        self.moving_average = if step < average.from {
            self.weights.clone()
        } else {
            self.moving_average
                .scaled(average.decay)
                .plus(&self.weights.scaled(1.0 - average.decay))
        };
    }
}
