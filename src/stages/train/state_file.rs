//! A run's state and losses as blobs: safetensors files with documented names.
//!
//! `generator`: `weights.*`, `averages.*`, and where it has them `kept.*` and `moving.*`. `state`: `discriminator.*`,
//! `kept.*`, and each player's `adam.<player>.first.*` and `.second.*`, `rmsprop.<player>.*` or `sgd.<player>.*`. `losses`: `after_step [1]`, the steps
//! before the first; `discriminator` and `penalty`, a value a step; `generator`, a value for each of `generator_steps`.

use gan_kernels::{Array, Device};

use crate::gan::{DiscriminatorState, GeneratorState, StepLosses, TrainingSettings, TrainingState};
use crate::nn::{Weights, WeightsError};
use crate::optim::Optimizer;

/// The players, as the names of what their optimizers remember begin.
const PLAYERS: [&str; 2] = ["generator", "discriminator"];

pub(crate) fn generator_to_bytes(generator: &GeneratorState) -> Result<Vec<u8>, WeightsError> {
    let mut all = Weights::default();
    all.extend_under("weights.", &generator.weights);
    all.extend_under("averages.", &generator.averages);
    all.extend_under("kept.", &generator.kept_vectors);
    all.extend_under("moving.", &generator.moving_average);
    all.to_safetensors()
}

pub(crate) fn generator_from_bytes(device: &Device, bytes: &[u8]) -> Result<GeneratorState, WeightsError> {
    let all = Weights::from_safetensors(device, bytes)?;
    Ok(GeneratorState {
        weights: all.under("weights."),
        averages: all.under("averages."),
        kept_vectors: all.under("kept."),
        moving_average: all.under("moving."),
    })
}

pub(super) fn state_to_bytes(state: &TrainingState) -> Result<Vec<u8>, WeightsError> {
    let mut all = Weights::default();
    all.extend_under("discriminator.", &state.discriminator);
    all.extend_under("kept.", &state.kept_vectors);
    // Before its first update an optimizer remembers zeros, and they are left out.
    for (player, optimizer) in PLAYERS
        .into_iter()
        .zip([&state.generator_optimizer, &state.discriminator_optimizer])
    {
        if optimizer.updates() > 0 {
            optimizer.store(player, &mut all);
        }
    }
    all.to_safetensors()
}

/// The state of a run after so many steps of its discriminator.
pub(super) fn state_from_bytes(
    device: &Device,
    bytes: &[u8],
    settings: &TrainingSettings,
    steps: u64,
    generator_weights: &Weights,
) -> Result<TrainingState, WeightsError> {
    let all = Weights::from_safetensors(device, bytes)?;
    let discriminator = all.under("discriminator.");
    let restore = |rule, player, updates, weights: &Weights| match updates {
        0 => Optimizer::new(rule, weights),
        _ => Optimizer::restore(rule, player, &all, updates),
    };
    Ok(TrainingState {
        kept_vectors: all.under("kept."),
        generator_optimizer: restore(
            settings.generator_optimizer.rule,
            PLAYERS[0],
            settings.generator_updates(steps),
            generator_weights,
        ),
        discriminator_optimizer: restore(
            settings.discriminator_optimizer.rule,
            PLAYERS[1],
            steps,
            &discriminator,
        ),
        discriminator,
    })
}

/// The discriminator in a run's state.
pub(crate) fn discriminator_from_bytes(
    device: &Device,
    bytes: &[u8],
) -> Result<DiscriminatorState, WeightsError> {
    let all = Weights::from_safetensors(device, bytes)?;
    Ok(DiscriminatorState {
        weights: all.under("discriminator."),
        kept_vectors: all.under("kept."),
    })
}

/// The losses of a segment, one value for each step that has one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LossCurves {
    /// Steps before the first.
    after: u64,
    /// Of every step.
    pub(crate) discriminator: Vec<f64>,
    /// Of every step, where there is a penalty.
    pub(crate) penalty: Vec<f64>,
    /// Of the steps at which the generator moved, with those steps.
    pub(crate) generator: Vec<(u64, f64)>,
}

impl LossCurves {
    pub(super) fn starting_after(step: u64) -> Self {
        Self {
            after: step,
            discriminator: Vec::new(),
            penalty: Vec::new(),
            generator: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, step: u64, losses: StepLosses) {
        self.discriminator.push(losses.discriminator);
        self.penalty.extend(losses.penalty);
        self.generator.extend(losses.generator.map(|value| (step, value)));
    }

    /// The steps of `discriminator` and `penalty`.
    pub(crate) fn steps(&self) -> impl Iterator<Item = u64> {
        self.after + 1..
    }

    /// The first step with a loss that is not finite; only the last one pushed can be.
    pub(super) fn diverged_at(&self) -> Option<u64> {
        let last = self.after + self.discriminator.len() as u64;
        let generator = self
            .generator
            .last()
            .filter(|(step, _)| *step == last)
            .map(|(_, value)| value);
        let values = [self.discriminator.last(), self.penalty.last(), generator];
        values
            .into_iter()
            .flatten()
            .any(|value| !value.is_finite())
            .then_some(last)
    }

    pub(super) fn to_safetensors(&self) -> Result<Vec<u8>, WeightsError> {
        let array = |values: &[f64]| Array::from_f64([values.len()], values);
        let (steps, generator): (Vec<f64>, Vec<f64>) = self
            .generator
            .iter()
            .map(|(step, value)| (*step as f64, *value))
            .unzip();
        Weights::from_iter([
            ("after_step", array(&[self.after as f64])),
            ("discriminator", array(&self.discriminator)),
            ("penalty", array(&self.penalty)),
            ("generator_steps", array(&steps)),
            ("generator", array(&generator)),
        ])
        .to_safetensors()
    }

    /// The inverse of `to_safetensors`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "steps were counts below 2^53"
    )]
    pub(crate) fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        let all = Weights::from_safetensors(&Device::Cpu, bytes)?;
        let values = |name: &str| Ok::<_, WeightsError>(all.find(name)?.to_f64()?);
        let steps = values("generator_steps")?.into_iter().map(|step| step as u64);
        Ok(Self {
            after: values("after_step")?.first().map_or(0, |step| *step as u64),
            discriminator: values("discriminator")?,
            penalty: values("penalty")?,
            generator: steps.zip(values("generator")?).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn losses(discriminator: f64, generator: Option<f64>) -> StepLosses {
        StepLosses {
            discriminator,
            penalty: None,
            generator,
        }
    }

    #[test]
    fn losses_survive_their_file_with_their_steps() {
        let mut curves = LossCurves::starting_after(10);
        curves.push(11, losses(1.5, None));
        curves.push(12, losses(0.1, Some(2.25)));
        let read = LossCurves::from_safetensors(&curves.to_safetensors().unwrap()).unwrap();
        assert_eq!(read, curves);
        assert_eq!(read.steps().take(2).collect::<Vec<_>>(), [11, 12]);
        assert_eq!(read.generator, [(12, 2.25)]);
        assert_eq!(read.diverged_at(), None);
    }

    #[test]
    fn the_first_loss_that_is_not_finite_names_its_step() {
        let mut curves = LossCurves::starting_after(10);
        curves.push(11, losses(1.5, Some(1.0)));
        curves.push(12, losses(0.1, Some(f64::NAN)));
        assert_eq!(curves.diverged_at(), Some(12));
        let mut curves = LossCurves::starting_after(0);
        curves.push(1, losses(f64::INFINITY, None));
        assert_eq!(curves.diverged_at(), Some(1));
    }
}
