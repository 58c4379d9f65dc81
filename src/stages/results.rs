//! From entries to rows of the result tables and to files beside them. Knows no Parquet and writes no file.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use gan_cache::{BlobError, BlobReference, Entry, Status, Store};
use gan_pipeline::StageId;
use serde_json::Value;
use thiserror::Error;

use super::compile::{Compiled, CompiledRun};
use super::train::LossCurves;
use crate::gan::{Convention, SwitchValue};
use crate::nn::WeightsError;
use crate::study::{self, Study};
use crate::table::{ConventionSwitches, GeneratorLearning, Learning, LossRow, Player, RunRow, RunStatus};

/// What is known of each stage, during or after a build.
pub struct Known {
    /// The entry of each stage that has one, by [`StageId::index`].
    pub entries: Vec<Option<Arc<Entry>>>,
    /// The stages that failed.
    pub failed: BTreeSet<StageId>,
}

impl Known {
    pub(super) fn entry(&self, id: StageId) -> Option<&Entry> {
        self.entries.get(id.index())?.as_deref()
    }

    pub(super) fn completed(&self, id: StageId) -> Option<&Entry> {
        self.entry(id).filter(|entry| entry.status == Status::Completed)
    }

    pub(super) fn output(&self, id: StageId, output: &str) -> Option<BlobReference> {
        self.completed(id)?.outputs.get(output).copied()
    }

    fn diverged(&self, id: StageId) -> Option<&Entry> {
        self.entry(id).filter(|entry| entry.status == Status::Diverged)
    }
}

/// Results that cannot be read from the store.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// A blob is gone or damaged.
    #[error("the losses of run {run:?} cannot be read from the store")]
    Blob {
        /// The run.
        run: String,
        /// Why.
        #[source]
        error: BlobError,
    },
    /// A blob is not what its stage should have written.
    #[error("the losses of run {run:?} are not valid")]
    Content {
        /// The run.
        run: String,
        /// Why.
        #[source]
        error: WeightsError,
    },
}

/// A file to copy out of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Where, below the results folder.
    pub path: PathBuf,
    /// What.
    pub blob: BlobReference,
}

/// Grids as `samples/<run>/<step>.png`, last generators as `export/<run>/generator.safetensors`.
#[must_use]
pub fn exports(compiled: &Compiled, known: &Known) -> Vec<Export> {
    let of_run = |run: &CompiledRun| {
        let last_step = run.segments.last().map_or(0, |(step, _)| *step);
        let width = last_step.to_string().len();
        let mut all: Vec<Export> = Vec::new();
        for (step, id) in &run.grids {
            let path = PathBuf::from("samples")
                .join(&run.name)
                .join(format!("{step:0width$}.png"));
            all.extend(known.output(*id, "grid").map(|blob| Export { path, blob }));
        }
        let last = run
            .segments
            .last()
            .and_then(|(_, id)| known.output(*id, "generator"));
        let path = PathBuf::from("export")
            .join(&run.name)
            .join("generator.safetensors");
        all.extend(last.map(|blob| Export { path, blob }));
        all
    };
    compiled.runs.iter().flat_map(of_run).collect()
}

/// One row a run; reads no blob.
#[must_use]
pub fn run_rows(study: &Study, compiled: &Compiled, known: &Known) -> Vec<RunRow> {
    let data_digest = known
        .output(compiled.data, "train")
        .map(|blob| blob.digest.to_string());
    let data_fact = |name: &str| known.completed(compiled.data)?.facts.get(name)?.as_i64();
    let row = |(run, stages): (&study::Run, &CompiledRun)| {
        let settings = &run.settings;
        let (penalty, generator) = (settings.discriminator.penalty, &settings.generator);
        let last = stages
            .segments
            .iter()
            .rev()
            .find_map(|(step, id)| Some((*step, known.output(*id, "generator")?)));
        let (status, diverged_at) = status(compiled, stages, known);
        RunRow {
            study: study.name.clone(),
            run: run.name.clone(),
            setting: run.setting.clone(),
            seed: integer(run.seed),
            study_seed: integer(study.seed),
            dataset: study.data.dataset.name().to_owned(),
            resolution: integer(study.data.resolution),
            channels: integer(study.data.channels()),
            train_images: data_fact("train_images"),
            corrupt_images: data_fact("corrupt_images"),
            data_digest: data_digest.clone(),
            convention: study.convention.name().to_owned(),
            switches: switches(&study.convention, settings.architecture.name),
            device: compiled.device.name().to_owned(),
            precision: study.precision.name().to_owned(),
            numerics: compiled.device.numerics(),
            architecture: settings.architecture.name.name().to_owned(),
            discriminator_architecture: settings
                .architecture
                .discriminator
                .unwrap_or(settings.architecture.name)
                .name()
                .to_owned(),
            width: settings.architecture.width,
            latent_dimension: integer(settings.latent.dimension),
            latent_distribution: settings.latent.distribution.name().to_owned(),
            loss: settings.loss.name().to_owned(),
            discriminator_normalization: settings.discriminator.normalization.name().to_owned(),
            discriminator_penalty: penalty.name().to_owned(),
            penalty_lambda: penalty.lambda(),
            penalty_form: match penalty {
                study::Penalty::Dragan { form, .. } => Some(form.name().to_owned()),
                _ => None,
            },
            weight_clip: settings.discriminator.weight_clip,
            discriminator_steps: integer(settings.discriminator.steps),
            generator_normalization: generator.normalization.name().to_owned(),
            moving_average_decay: generator.moving_average.map(|average| average.decay),
            moving_average_from: generator.moving_average.map(|average| integer(average.from)),
            discriminator_learning: learning(settings.optimizer),
            generator_learning: GeneratorLearning::from(learning(
                generator.optimizer.unwrap_or(settings.optimizer),
            )),
            batch_size: integer(settings.batch_size),
            steps: integer(settings.steps),
            checkpoint_every: integer(settings.checkpoint_every),
            status,
            diverged_at,
            generator_digest: last.map(|(_, blob)| blob.digest.to_string()),
            last_step: last.map(|(step, _)| integer(step)),
        }
    };
    study.runs.iter().zip(&compiled.runs).map(row).collect()
}

fn status(compiled: &Compiled, run: &CompiledRun, known: &Known) -> (RunStatus, Option<i64>) {
    if let Some(entry) = run.segments.iter().find_map(|(_, id)| known.diverged(*id)) {
        return (
            RunStatus::Diverged,
            entry.facts.get("diverged_at").and_then(Value::as_i64),
        );
    }
    let own = || run.segments.iter().map(|(_, id)| *id);
    let status = if run
        .segments
        .last()
        .is_some_and(|(_, id)| known.completed(*id).is_some())
    {
        RunStatus::Completed
    } else if own().any(|id| known.failed.contains(&id)) {
        RunStatus::Failed
    } else if known.failed.contains(&compiled.data) {
        RunStatus::Skipped
    } else {
        RunStatus::Incomplete
    };
    (status, None)
}

fn learning(optimizer: study::Optimizer) -> Learning {
    let (beta1, beta2, rms_decay, momentum) = match optimizer {
        study::Optimizer::Adam { beta1, beta2, .. } => (Some(beta1), Some(beta2), None, None),
        study::Optimizer::Rmsprop { decay, .. } => (None, None, Some(decay), None),
        study::Optimizer::Sgd { momentum, .. } => (None, None, None, Some(momentum)),
    };
    Learning {
        optimizer: optimizer.name().to_owned(),
        learning_rate: optimizer.learning_rate(),
        beta1,
        beta2,
        rms_decay,
        momentum,
        clip_norm: optimizer.clip_norm(),
        decay_until: optimizer.decay_until().map(integer),
    }
}

fn switches(convention: &study::Convention, generator: study::ArchitectureName) -> ConventionSwitches {
    let choices = convention.choices();
    let batch_norm = choices.batch_norm(generator.kind());
    let all = choices.switches();
    let word = |name: &str| match all.iter().find(|(own, _)| *own == name) {
        Some((_, SwitchValue::Word(word))) => (*word).to_owned(),
        other => panic!("the switch {name} is no word: {other:?}"),
    };
    ConventionSwitches {
        image_range: word("image_range"),
        unpooling: word("unpooling"),
        shortcut: word("shortcut"),
        first_block: word("first_block"),
        hidden_width: word("hidden_width"),
        global_pooling: word("global_pooling"),
        last_bias: word("last_bias"),
        initial_weights: word("initial_weights"),
        least_squares: word("least_squares"),
        spectral_vector_side: word("spectral_vector_side"),
        spectral_vector_moves: word("spectral_vector_moves"),
        batch_norm_epsilon: batch_norm.epsilon,
        batch_norm_decay: batch_norm.decay,
        batch_norm_moves: word("batch_norm_moves"),
        batch_norm_variance: word("batch_norm_variance"),
        layer_norm_epsilon: choices.layer_norm_epsilon,
        adam_epsilon: Convention::OPTIMIZER_EPSILON,
        adam_epsilon_place: word("adam_epsilon_place"),
        gradient_penalty_epsilon: choices.gradient_penalty_epsilon,
        gradient_penalty_target: Convention::GRADIENT_TARGET,
        generator_moves: word("generator_moves"),
        generator_latent: word("generator_latent"),
    }
}

/// One row a step and player, from the blobs of finished segments.
///
/// # Errors
/// [`ResultsError`] when a blob is gone, damaged, or not what its stage should have written.
pub fn loss_rows(
    study: &Study,
    compiled: &Compiled,
    known: &Known,
    store: &Store,
) -> Result<Vec<LossRow>, ResultsError> {
    let mut rows = Vec::new();
    let name: Arc<str> = study.name.as_str().into();
    for (run, stages) in study.runs.iter().zip(&compiled.runs) {
        let [run_name, setting]: [Arc<str>; 2] = [run.name.as_str().into(), run.setting.as_str().into()];
        let row = |step: u64, player: Player, value: f64| LossRow {
            study: Arc::clone(&name),
            run: Arc::clone(&run_name),
            setting: Arc::clone(&setting),
            seed: integer(run.seed),
            step: integer(step),
            player,
            value: single(value),
        };
        for (_, id) in &stages.segments {
            let Some(losses) = known.entry(*id).and_then(|entry| entry.outputs.get("losses")) else {
                continue;
            };
            let blob = store.blob(&losses.digest).map_err(|error| ResultsError::Blob {
                run: run.name.clone(),
                error,
            })?;
            let curves = LossCurves::from_safetensors(&blob).map_err(|error| ResultsError::Content {
                run: run.name.clone(),
                error,
            })?;
            let steps = || curves.steps();
            rows.extend(
                steps()
                    .zip(&curves.discriminator)
                    .map(|(step, value)| row(step, Player::Discriminator, *value)),
            );
            rows.extend(
                steps()
                    .zip(&curves.penalty)
                    .map(|(step, value)| row(step, Player::Penalty, *value)),
            );
            rows.extend(
                curves
                    .generator
                    .iter()
                    .map(|(step, value)| row(*step, Player::Generator, *value)),
            );
        }
    }
    Ok(rows)
}

/// A loss as it was computed, in f32; null where it is no number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "training computes in f32; f64 only carried the value"
)]
fn single(value: f64) -> Option<f32> {
    (!value.is_nan()).then_some(value as f32)
}

/// A count as a column's integer.
///
/// # Panics
/// When it is beyond 2^63, which the study's checks exclude.
pub(super) fn integer(value: impl TryInto<i64>) -> i64 {
    value
        .try_into()
        .ok()
        .expect("a validated study holds counts below 2^63 only")
}
