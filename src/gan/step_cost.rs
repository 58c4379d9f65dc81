//! What a training step costs, in multiplications with an addition: counted from the networks, not measured.
//!
//! With `G` and `D` for one image's multiplications going forward ([`crate::nn::Network::multiplications`]), and one of each
//! pair of products that differentiate a product costing what that product does:
//!
//! | Pass | Multiplications for one image of the batch |
//! |---|---|
//! | generated images, nothing flows back | `G` |
//! | the discriminator on real and on generated images, forward | `2 D` |
//! | their gradients by weights and by inputs of layers | `4 D` |
//! | a penalty on gradients: forward, and the gradient by the image | `2 D` |
//! | that gradient differentiated, by weights and by gradients of layers | `2 D` |
//! | and by the layers' own values, where a normalization makes them matter | `2 D` |
//! | the generator's update: both networks forward | `G + D` |
//! | back through the discriminator by inputs alone, and through the generator | `D + 2 G` |
//!
//! Rectifiers are linear in pieces, so without a normalization of activations the second derivative has no path through the
//! layers' values. That the first layer needs no gradient by its input is not taken off. Normalizations, losses, optimizers
//! and what has no product are not counted, nor is what an algorithm for convolutions saves.

use super::{DiscriminatorNormalization, TrainingSettings};

/// Multiplications of one image of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCost {
    /// Of one update of the discriminator.
    pub discriminator: u64,
    /// Of one update of the generator.
    pub generator: u64,
}

impl TrainingSettings {
    /// What each player's update costs for one image of the batch.
    #[must_use]
    pub fn step_cost(&self) -> StepCost {
        let generator = self.generator().multiplications();
        let discriminator = self.discriminator().multiplications();
        let passes_of_penalty = match self.normalization {
            _ if !self.penalty.is_on_gradients() => 0,
            DiscriminatorNormalization::None | DiscriminatorNormalization::Spectral => 4,
            DiscriminatorNormalization::Batch | DiscriminatorNormalization::Layer => 6,
        };
        StepCost {
            discriminator: generator + (6 + passes_of_penalty) * discriminator,
            generator: 3 * generator + 2 * discriminator,
        }
    }

    /// Multiplications of the discriminator's updates after the first ones up to the last, and of the generator's among them.
    #[must_use]
    pub fn multiplications(&self, first: u64, last: u64) -> f64 {
        let StepCost {
            discriminator,
            generator,
        } = self.step_cost();
        let of_generator = self.generator_updates(last) - self.generator_updates(first);
        let of_image = (last - first) as f64 * discriminator as f64 + of_generator as f64 * generator as f64;
        self.batch_size as f64 * of_image
    }
}
