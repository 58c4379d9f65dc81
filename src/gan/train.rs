//! The training loop's one step, and what it changes. Draws no random numbers and reads no data: batches come in.

use gan_kernels::{Array, Device, ReadError};

use crate::autograd::Variable;
use crate::gan::convention::{BatchNormMoves, GeneratorLatent};
use crate::gan::penalty::{PenaltyNoise, l2_penalty};
use crate::gan::spectral::Spectral;
use crate::gan::{GeneratorState, Penalty, PlayerOptimizer, TrainingSettings, TrainingState};
use crate::nn::{
    BatchStatistics, Bound, Network, NormalizedWeights, Normalizing, SpectralUpdate, Weights, initialize,
};
use crate::optim::{Optimizer, clip_norm, clip_weights};

/// The data and noise of one step.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Real images `[n, h, w, c]` in the convention's range.
    pub real: Array,
    /// Latents `[n, z]` of the images that the discriminator is shown.
    pub discriminator_latent: Array,
    /// Latents `[n, z]` of the generator's own update.
    pub generator_latent: Array,
    /// The penalty's number for each image, `[n, 1, 1, 1]` in [0, 1).
    pub alpha: Array,
    /// The penalty's number for each pixel, `[n, h, w, c]` in [0, 1), where it needs them.
    pub pixel_noise: Option<Array>,
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
    networks: Networks,
    /// Updates of the discriminator so far.
    step: u64,
    generator: GeneratorState,
    state: TrainingState,
}

/// Both networks, and which of their layers are spectrally normalized.
struct Networks {
    generator: Network,
    generator_spectral: Spectral,
    discriminator: Network,
    discriminator_spectral: Spectral,
}

impl Networks {
    fn new(settings: &TrainingSettings) -> Self {
        let (generator, discriminator) = (settings.generator(), settings.discriminator());
        Self {
            generator_spectral: Spectral::of_generator(settings, &generator),
            discriminator_spectral: Spectral::of_discriminator(settings, &discriminator),
            generator,
            discriminator,
        }
    }
}

impl Trainer {
    /// A run at step 0, with weights drawn for the study's seed and the run's.
    #[must_use]
    pub fn initial(device: &Device, settings: TrainingSettings, seed: u64, run: u64) -> Self {
        let networks = Networks::new(&settings);
        let draw = |specifications: &[_], player| initialize(device, specifications, player, seed, run);
        let weights = draw(&networks.generator.weights(), "generator");
        let generator = GeneratorState {
            averages: draw(&networks.generator.averages(), "generator"),
            kept_vectors: draw(&networks.generator_spectral.kept_vectors(), "generator"),
            moving_average: settings
                .moving_average
                .map(|_| weights.clone())
                .unwrap_or_default(),
            weights,
        };
        let discriminator = draw(&networks.discriminator.weights(), "discriminator");
        let state = TrainingState {
            kept_vectors: draw(&networks.discriminator_spectral.kept_vectors(), "discriminator"),
            generator_optimizer: Optimizer::new(settings.generator_optimizer.rule, &generator.weights),
            discriminator_optimizer: Optimizer::new(settings.discriminator_optimizer.rule, &discriminator),
            discriminator,
        };
        Self {
            settings,
            networks,
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
        Self {
            networks: Networks::new(&settings),
            settings,
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
        let GeneratorState {
            weights, averages, ..
        } = &self.generator;
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
        let moves = self.settings.generator_moves(self.step);
        UnreadLosses {
            discriminator,
            penalty,
            generator: moves.then(|| self.update_generator(batch)),
        }
    }

    /// The loss and the penalty, `[1, 1]`.
    fn update_discriminator(&mut self, batch: &Batch) -> (Array, Option<Array>) {
        let fake = self.generated(&batch.discriminator_latent);
        let real = Variable::constant(batch.real.clone());
        let passes = self.discriminator_passes();
        let bounds: Vec<Bound> = passes.iter().map(|pass| Bound::leaves(&pass.weights)).collect();
        let own = |pass: usize| &bounds[if bounds.len() == 1 { 0 } else { pass }];
        let judged = |images: &Variable, pass| self.discriminated(images, own(pass));
        let mut loss = self
            .settings
            .loss
            .discriminator(&judged(&real, 0), &judged(&fake, 1));
        let (lambda, penalty) = (self.settings.penalty.lambda(), self.settings.penalty);
        let alpha = Variable::constant(batch.alpha.clone());
        let pixels = batch.pixel_noise.clone().map(Variable::constant);
        let noise = PenaltyNoise {
            alpha: &alpha,
            pixels: pixels.as_ref(),
        };
        let on_gradients = penalty.on_gradients(
            |images| judged(images, 2),
            &real,
            &fake,
            noise,
            &self.settings.convention,
        );
        if let Some(value) = &on_gradients {
            loss = loss.plus(&value.scale(lambda));
        }
        let mut penalty_value = on_gradients.map(|value| value.value().clone());
        let mut loss_value = loss.value().clone();
        let gradients = Bound::gradients_of_all(&bounds.iter().collect::<Vec<_>>(), loss);
        let pulled_back = passes
            .iter()
            .zip(gradients)
            .map(|(pass, gradients)| pass.pull_back(gradients));
        let mut gradients = pulled_back
            .reduce(|sum, pass| sum.plus(&pass))
            .expect("a step has passes through the discriminator");
        if let Penalty::L2 { .. } = penalty {
            // On the weights themselves, also where the network sees normalized ones.
            let bound = Bound::leaves(&self.state.discriminator);
            let value = l2_penalty(&bound);
            let weighted = value.scale(lambda);
            penalty_value = Some(value.value().clone());
            loss_value = Variable::constant(loss_value).plus(&weighted).value().clone();
            gradients = gradients.plus(&bound.gradients(weighted));
        }
        if let Some(last) = passes.last() {
            self.state.kept_vectors = last.kept.clone();
        }
        let updated = update(
            &mut self.state.discriminator_optimizer,
            &self.settings.discriminator_optimizer,
            self.step,
            &self.state.discriminator,
            &gradients,
        );
        self.state.discriminator = match self.settings.weight_clip {
            Some(most) => clip_weights(&updated, most),
            None => updated,
        };
        (loss_value, penalty_value)
    }

    /// The discriminator's weights for its passes over real images, generated images and the penalty's; one for all where
    /// they share it.
    fn discriminator_passes(&self) -> Vec<NormalizedWeights> {
        let spectral = &self.networks.discriminator_spectral;
        let next =
            |kept: &Weights| spectral.normalized(&self.state.discriminator, kept, SpectralUpdate::Iterate);
        let mut passes = vec![next(&self.state.kept_vectors)];
        if spectral.moves_in_every_pass() {
            for _ in 0..1 + usize::from(self.settings.penalty.is_on_gradients()) {
                let following = next(&passes[passes.len() - 1].kept);
                passes.push(following);
            }
        }
        passes
    }

    /// Images that the discriminator is shown, `[n, h, w, c]`; nothing flows back through them.
    fn generated(&mut self, latent: &Array) -> Variable {
        let spectral = &self.networks.generator_spectral;
        let GeneratorState {
            weights,
            kept_vectors,
            ..
        } = &self.generator;
        let normalized = spectral.normalized(weights, kept_vectors, spectral.in_the_others_update());
        let frozen = Bound::constants(&normalized.weights);
        let mut statistics = BatchStatistics::default();
        let latent = Variable::constant(latent.clone());
        let network = &self.networks.generator;
        let images = network.forward(&latent, &frozen, &mut Normalizing::Batch(&mut statistics));
        self.generator.kept_vectors = normalized.kept;
        if self.settings.convention.batch_norm_moves == BatchNormMoves::EveryPass {
            self.follow_statistics(&statistics);
        }
        images
    }

    /// Logits `[n, 1]`; batch normalization in the discriminator is always by the batch at hand.
    fn discriminated(&self, images: &Variable, bound: &Bound) -> Variable {
        let mut unused = BatchStatistics::default();
        let network = &self.networks.discriminator;
        network.forward(images, bound, &mut Normalizing::Batch(&mut unused))
    }

    /// The loss, `[1, 1]`.
    fn update_generator(&mut self, batch: &Batch) -> Array {
        let latent = match self.settings.convention.generator_latent {
            GeneratorLatent::Fresh => &batch.generator_latent,
            GeneratorLatent::Shared => &batch.discriminator_latent,
        };
        let normalized = self.networks.generator_spectral.normalized(
            &self.generator.weights,
            &self.generator.kept_vectors,
            SpectralUpdate::Iterate,
        );
        let leaves = Bound::leaves(&normalized.weights);
        let mut statistics = BatchStatistics::default();
        let latent = Variable::constant(latent.clone());
        let network = &self.networks.generator;
        let fake = network.forward(&latent, &leaves, &mut Normalizing::Batch(&mut statistics));

        let spectral = &self.networks.discriminator_spectral;
        let TrainingState {
            discriminator,
            kept_vectors,
            ..
        } = &self.state;
        let opponent = spectral.normalized(discriminator, kept_vectors, spectral.in_the_others_update());
        let bound = Bound::constants(&opponent.weights);
        let loss = self.settings.loss.generator(&self.discriminated(&fake, &bound));
        drop(fake);
        let loss_value = loss.value().clone();
        let gradients = normalized.pull_back(leaves.gradients(loss));
        self.state.kept_vectors = opponent.kept;
        self.generator.kept_vectors = normalized.kept;
        self.generator.weights = update(
            &mut self.state.generator_optimizer,
            &self.settings.generator_optimizer,
            self.step,
            &self.generator.weights,
            &gradients,
        );
        self.follow_statistics(&statistics);
        if let Some(average) = self.settings.moving_average {
            self.generator.follow(average, self.step);
        }
        loss_value
    }

    /// Moves the running averages of the generator's batch normalizations.
    fn follow_statistics(&mut self, statistics: &BatchStatistics) {
        let TrainingSettings {
            convention,
            architecture,
            ..
        } = &self.settings;
        let batch_norm = convention.batch_norm(architecture.generator);
        self.generator.averages = batch_norm.updated(&self.generator.averages, statistics);
    }
}

/// A player's weights after an update at a step of the discriminator.
fn update(
    optimizer: &mut Optimizer,
    settings: &PlayerOptimizer,
    step: u64,
    weights: &Weights,
    gradients: &Weights,
) -> Weights {
    let rate = settings.learning_rate.at(step);
    match settings.clip_norm {
        Some(most) => optimizer.update(settings.rule, rate, weights, &clip_norm(gradients, most)),
        None => optimizer.update(settings.rule, rate, weights, gradients),
    }
}

fn scalar(array: &Array) -> Result<f64, ReadError> {
    Ok(array.to_f64()?[0])
}
