//! The choices on which papers and their code disagree, by name, so that a result says which it was made under.

use crate::nn::BatchNorm;

/// One set of choices; `docs/conventions.md` has the table with the reason of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convention {
    /// The name used in studies and tables.
    pub name: &'static str,
    /// Constants of batch normalization in the generator.
    pub batch_norm: BatchNorm,
    /// Added to the root of Adam's corrected second moment.
    pub adam_epsilon: f64,
    /// Added under the root of a gradient's squared length.
    pub gradient_penalty_epsilon: f64,
    /// Length that the gradient penalty pulls gradients to.
    pub gradient_penalty_target: f64,
}

impl Convention {
    /// The papers' choices: images in [-1, 1]; spectral normalization's vector on the side of output channels, moved
    /// once in each update of the discriminator; running averages moved only by the generator's own updates; a step is
    /// one update of the discriminator, and the generator moves on every `discriminator steps`-th, with a fresh latent.
    pub const STANDARD: Self = Self {
        name: "standard",
        batch_norm: BatchNorm {
            epsilon: 2e-5,
            decay: 0.9,
        },
        adam_epsilon: 1e-8,
        gradient_penalty_epsilon: 1e-12,
        gradient_penalty_target: 1.0,
    };
}
