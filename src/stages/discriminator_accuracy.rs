//! How many images the discriminator of one checkpoint takes for what they are: the metric `discriminator-accuracy`. Its
//! values are facts of the entry; there is no blob.
//!
//! It looks at the state that training goes on from, and does not take its place: a state that would go waits for it.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::{Checkpoint, EVALUATED};
use super::features::TRAINING;
use super::images_file::labelled_from_blob;
use super::measurement::Measurement;
use super::metric::{metric_parameters, tell};
use super::parameters::training_parameters;
use super::train::{discriminator_from_bytes, generator_from_bytes};
use crate::gan::{DiscriminatorAccuracy, DiscriminatorAccuracyError, JudgedImages, discriminator_accuracy};
use crate::study::Metric;

/// Shows images to a discriminator: inputs `state`, `generator`, `train`, and the images that were not trained on, `test` or
/// `validation`.
pub(super) struct Judgement {
    pub(super) checkpoint: Checkpoint,
    /// The most images of each kind.
    pub(super) images: usize,
    /// The input with the images that were not trained on, named as the split.
    pub(super) held_out: &'static str,
}

impl Judgement {
    fn metric(&self) -> Metric {
        Metric::DiscriminatorAccuracy { images: self.images }
    }

    fn judged(&self, context: &mut StageContext<'_>) -> Result<DiscriminatorAccuracy, StageFailure> {
        let train = labelled_from_blob(context.input(TRAINING)?)?;
        let held_out = labelled_from_blob(context.input(self.held_out)?)?;
        let (state, generator) = (context.input("state")?, context.input("generator")?);
        let watched = &*context;
        let settings = self.checkpoint.run.training_settings();
        self.checkpoint.run.device.compute(watched, |device| {
            let generator = generator_from_bytes(device, &generator)?;
            let discriminator = discriminator_from_bytes(device, &state)?;
            let judged = JudgedImages {
                train: &train.images,
                test: &held_out.images,
                generator: &generator,
                latents: self.checkpoint.latents(EVALUATED),
                most: self.images,
            };
            let progress = |done: usize, total: usize| {
                watched.progress(done as u64, total as u64, "images");
                !watched.cancelled()
            };
            let found = discriminator_accuracy(device, &settings, &discriminator, judged, progress);
            found.map_err(failure)?.ok_or(StageFailure::Cancelled)
        })
    }
}

impl Stage for Judgement {
    fn kind(&self) -> &'static str {
        "discriminator-accuracy"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name(self.metric().name())
    }

    // Which of a run's settings a discriminator's judgement depends on is spread over all of them.
    fn parameters(&self) -> BTreeMap<String, Value> {
        let run = &self.checkpoint.run;
        let mut parameters = training_parameters(&run.settings, &run.convention, run.images);
        parameters.extend(run.device.parameters());
        parameters.extend(metric_parameters(self.metric()));
        parameters
    }

    fn needs_device(&self) -> bool {
        self.checkpoint.run.device.is_gpu()
    }

    fn consumes(&self, input: &str) -> bool {
        input != "state"
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let found = self.judged(context)?;
        let [train, held_out, samples] = found.counts;
        let measured = Measurement::of([
            ("discriminator-accuracy-train", found.train),
            ("discriminator-accuracy-test", found.test),
            ("discriminator-accuracy-samples", found.samples),
        ])
        .fact(
            "estimator",
            format!("share judged rightly, batches of {}", found.batch),
        )
        .fact("n_training", train)
        .fact("n_reference", held_out)
        .fact("n_samples", samples);
        tell(&measured, self.metric(), context);
        Ok(Outcome::Completed)
    }
}

/// A device's failure as it is, since a device is blamed for it.
fn failure(error: DiscriminatorAccuracyError) -> StageFailure {
    match error {
        DiscriminatorAccuracyError::Read(error) => error.into(),
        other => other.into(),
    }
}
