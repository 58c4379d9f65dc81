//! GANs: architectures, losses, penalties, and the training loop. Knows no YAML, no cache and no stage.

pub mod architecture;
mod batches;
pub mod convention;
mod discriminator_accuracy;
mod evaluation;
mod jacobian;
mod loss;
mod penalty;
mod settings;
mod spectral;
mod state;
mod step_cost;
mod train;

#[cfg(test)]
mod tests;

pub use batches::Batches;
pub use convention::{Convention, SwitchValue};
pub use discriminator_accuracy::{
    DiscriminatorAccuracy, DiscriminatorAccuracyError, DiscriminatorState, JudgedImages,
    discriminator_accuracy,
};
pub use evaluation::{EvaluationLatents, generate, quantize};
pub use jacobian::{JacobianConditioning, JacobianError, jacobian_conditioning};
pub use loss::Loss;
pub use penalty::{DraganForm, Penalty, PenaltyNoise, gradient_penalty, l2_penalty};
pub use settings::{
    DiscriminatorNormalization, GeneratorNormalization, Latent, LatentDistribution, LearningRate,
    MovingAverage, PlayerOptimizer, TrainingSettings,
};
pub use state::{GeneratorState, TrainingState};
pub use step_cost::StepCost;
pub use train::{Batch, StepLosses, Trainer, UnreadLosses};
