//! GANs: architectures, losses, penalties, and the training loop. Knows no YAML, no cache and no stage.

pub mod architecture;
mod batches;
mod convention;
mod evaluation;
mod loss;
mod penalty;
mod settings;
mod train;

#[cfg(test)]
mod tests;

pub use batches::Batches;
pub use convention::Convention;
pub use evaluation::{EvaluationLatents, generate, quantize};
pub use loss::Loss;
pub use penalty::{Penalty, gradient_penalty};
pub use settings::{DiscriminatorNormalization, Latent, LatentDistribution, TrainingSettings};
pub use train::{Batch, GeneratorState, StepLosses, Trainer, TrainingState, UnreadLosses};
