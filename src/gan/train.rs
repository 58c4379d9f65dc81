//! The training loop's one step, and what it changes. Draws no random numbers and reads no data: batches come in.

use gan_kernels::{Array, Device, ReadError};

use crate::autograd::Variable;
use crate::gan::architecture::{Discriminator, Generator};
use crate::gan::{DiscriminatorNormalization, Penalty, TrainingSettings, gradient_penalty};
use crate::nn::{
    BatchStatistics, Bound, NormalizedWeights, Normalizing, SpectralUpdate, Weights, initialize, kept_vector,
    spectrally_normalized,
};
use crate::optim::{Adam, AdamSettings};

/// What a generator is: all that evaluation, sampling and export need.
#[derive(Clone, Debug)]
pub struct GeneratorState {
    /// Its weights.
    pub weights: Weights,
    /// Its running averages.
    pub averages: Weights,
}

/// What else is needed to train on.
#[derive(Clone, Debug)]
pub struct TrainingState {
    /// The discriminator's weights.
    pub discriminator: Weights,
    /// The vectors that spectral normalization keeps; empty without it.
    pub kept_vectors: Weights,
    /// The generator's optimizer.
    pub generator_adam: Adam,
    /// The discriminator's optimizer.
    pub discriminator_adam: Adam,
}

/// The data and noise of one step.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Real images `[n, h, w, c]` in [-1, 1].
    pub real: Array,
    /// Latents `[n, z]` of the images that the discriminator is shown.
    pub discriminator_latent: Array,
    /// Latents `[n, z]` of the generator's own update.
    pub generator_latent: Array,
    /// Where between real and generated images the gradient is penalised, `[n, 1, 1, 1]` in [0, 1).
    pub alpha: Array,
}

/// The losses of one step; any of them may be NaN or infinite, which the caller must look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepLosses {
    /// The discriminator's, with the weighted penalty.
    pub discriminator: f64,
    /// The penalty alone, before its weight; `None` without one.
    pub penalty: Option<f64>,
    /// The generator's; `None` on steps where it does not move.
    pub generator: Option<f64>,
}

impl StepLosses {
    /// Whether every loss is a number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        [Some(self.discriminator), self.penalty, self.generator]
            .into_iter()
            .flatten()
            .all(f64::is_finite)
    }
}

/// The losses of one step, still on the device.
#[derive(Clone, Debug)]
pub struct UnreadLosses {
    /// The discriminator's, with the weighted penalty, `[1, 1]`.
    pub discriminator: Array,
    /// The penalty alone, before its weight, `[1, 1]`; `None` without one.
    pub penalty: Option<Array>,
    /// The generator's, `[1, 1]`; `None` on steps where it does not move.
    pub generator: Option<Array>,
}

impl UnreadLosses {
    /// Waits for the device and reads the losses.
    ///
    /// # Errors
    /// [`ReadError`] when the device fails.
    pub fn read(&self) -> Result<StepLosses, ReadError> {
        let Self {
            discriminator,
            penalty,
            generator,
        } = self;
        Ok(StepLosses {
            discriminator: scalar(discriminator)?,
            penalty: penalty.as_ref().map(scalar).transpose()?,
            generator: generator.as_ref().map(scalar).transpose()?,
        })
    }
}

/// One training run, at some step.
pub struct Trainer {
    settings: TrainingSettings,
    generator_network: Box<dyn Generator>,
    discriminator_network: Box<dyn Discriminator>,
    /// Updates of the discriminator so far.
    step: u64,
    generator: GeneratorState,
    state: TrainingState,
}

impl Trainer {
    /// A run at step 0, with weights drawn for the study's seed and the run's.
    #[must_use]
    pub fn initial(device: &Device, settings: TrainingSettings, seed: u64, run: u64) -> Self {
        let (generator_network, discriminator_network) = networks(&settings);
        let draw = |specifications: &[_], player| initialize(device, specifications, player, seed, run);
        let generator = GeneratorState {
            weights: draw(&generator_network.weights(), "generator"),
            averages: draw(&generator_network.averages(), "generator"),
        };
        let discriminator = draw(&discriminator_network.weights(), "discriminator");
        let kept: Vec<_> = match settings.normalization {
            DiscriminatorNormalization::None => Vec::new(),
            DiscriminatorNormalization::Spectral => discriminator_network
                .layers()
                .into_iter()
                .map(|(layer, outputs)| kept_vector(layer, outputs))
                .collect(),
        };
        let state = TrainingState {
            kept_vectors: draw(&kept, "discriminator"),
            generator_adam: Adam::new(&generator.weights),
            discriminator_adam: Adam::new(&discriminator),
            discriminator,
        };
        Self {
            settings,
            generator_network,
            discriminator_network,
            step: 0,
            generator,
            state,
        }
    }

    /// A run that goes on after `step` updates of the discriminator.
    #[must_use]
    pub fn resume(
        settings: TrainingSettings,
        step: u64,
        generator: GeneratorState,
        state: TrainingState,
    ) -> Self {
        let (generator_network, discriminator_network) = networks(&settings);
        Self {
            settings,
            generator_network,
            discriminator_network,
            step,
            generator,
            state,
        }
    }

    /// The generator as it is now.
    #[must_use]
    pub fn generator(&self) -> &GeneratorState {
        &self.generator
    }

    /// The rest of the run's state.
    #[must_use]
    pub fn state(&self) -> &TrainingState {
        &self.state
    }

    /// Whether both networks consist of finite numbers: a step's losses come before its updates, so that what the last
    /// update did shows in no loss.
    ///
    /// # Errors
    /// [`ReadError`] when the device fails.
    pub fn is_finite(&self) -> Result<bool, ReadError> {
        let GeneratorState { weights, averages } = &self.generator;
        Ok(weights.is_finite()? && averages.is_finite()? && self.state.discriminator.is_finite()?)
    }

    /// One step, as [`Self::advance`], whose losses are waited for.
    ///
    /// # Errors
    /// [`ReadError`] when the device fails.
    pub fn step(&mut self, batch: &Batch) -> Result<StepLosses, ReadError> {
        self.advance(batch).read()
    }

    /// One step: the discriminator moves, and on every `discriminator_steps`-th step the generator too. A GPU is given its
    /// work and not waited for.
    pub fn advance(&mut self, batch: &Batch) -> UnreadLosses {
        self.step += 1;
        let (discriminator, penalty) = self.update_discriminator(batch);
        let moves = self.step.is_multiple_of(self.settings.discriminator_steps);
        UnreadLosses {
            discriminator,
            penalty,
            generator: moves.then(|| self.update_generator(batch)),
        }
    }

    /// The loss and the penalty, `[1, 1]`.
    fn update_discriminator(&mut self, batch: &Batch) -> (Array, Option<Array>) {
        let latent = Variable::constant(batch.discriminator_latent.clone());
        let frozen = Bound::constants(&self.generator.weights);
        let mut unused = BatchStatistics::default();
        let fake = self
            .generator_network
            .forward(&latent, &frozen, &mut Normalizing::Batch(&mut unused));
        let real = Variable::constant(batch.real.clone());

        let normalized = self.normalized(SpectralUpdate::Iterate);
        let bound = Bound::leaves(&normalized.weights);
        let network = |images: &Variable| self.discriminator_network.forward(images, &bound);
        let mut loss = self.settings.loss.discriminator(&network(&real), &network(&fake));
        let mut penalty = None;
        if let Penalty::Gradient { lambda } = self.settings.penalty {
            let alpha = Variable::constant(batch.alpha.clone());
            let value = gradient_penalty(network, &real, &fake, &alpha, &self.settings.convention);
            loss = loss.plus(&value.scale(lambda));
            penalty = Some(value.value().clone());
        }
        let loss_value = loss.value().clone();
        let gradients = normalized.pull_back(bound.gradients(loss));
        let adam = self.adam();
        self.state.discriminator =
            self.state
                .discriminator_adam
                .update(adam, &self.state.discriminator, &gradients);
        self.state.kept_vectors = normalized.kept;
        (loss_value, penalty)
    }

    /// The loss, `[1, 1]`.
    fn update_generator(&mut self, batch: &Batch) -> Array {
        let leaves = Bound::leaves(&self.generator.weights);
        let latent = Variable::constant(batch.generator_latent.clone());
        let mut statistics = BatchStatistics::default();
        let fake = self
            .generator_network
            .forward(&latent, &leaves, &mut Normalizing::Batch(&mut statistics));

        let bound = Bound::constants(&self.normalized(SpectralUpdate::Keep).weights);
        let loss = self
            .settings
            .loss
            .generator(&self.discriminator_network.forward(&fake, &bound));
        drop(fake);
        let loss_value = loss.value().clone();
        let gradients = leaves.gradients(loss);
        let adam = self.adam();
        self.generator.weights = self
            .state
            .generator_adam
            .update(adam, &self.generator.weights, &gradients);
        self.generator.averages = self
            .settings
            .convention
            .batch_norm
            .updated(&self.generator.averages, &statistics);
        loss_value
    }

    /// The discriminator's weights as its network uses them.
    fn normalized(&self, update: SpectralUpdate) -> NormalizedWeights {
        let layers: Vec<_> = match self.settings.normalization {
            DiscriminatorNormalization::None => Vec::new(),
            DiscriminatorNormalization::Spectral => self
                .discriminator_network
                .layers()
                .into_iter()
                .map(|(layer, _)| layer)
                .collect(),
        };
        let TrainingState {
            discriminator,
            kept_vectors,
            ..
        } = &self.state;
        spectrally_normalized(discriminator, &layers, kept_vectors, update)
    }

    fn adam(&self) -> AdamSettings {
        let TrainingSettings {
            learning_rate,
            beta1,
            beta2,
            convention,
            ..
        } = self.settings;
        AdamSettings {
            learning_rate,
            beta1,
            beta2,
            epsilon: convention.adam_epsilon,
        }
    }
}

fn networks(settings: &TrainingSettings) -> (Box<dyn Generator>, Box<dyn Discriminator>) {
    let architecture = settings.architecture;
    let generator = architecture.generator(settings.latent.dimension, settings.convention.batch_norm);
    (generator, architecture.discriminator())
}

fn scalar(array: &Array) -> Result<f64, ReadError> {
    Ok(array.to_f64()?[0])
}
