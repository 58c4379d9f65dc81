//! Training, cut into segments: drawing the initial weights, then one stage from each checkpoint to the next.
//!
//! A segment's key holds its first and last step and the digests of what it continues from, never the run's length:
//! a longer run, a crash and a shared beginning are all hits.

mod state_file;

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_kernels::Device;
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::images_file::labelled_from_blob;
use super::numerics::{count, numeric_parameters, on_threads};
use super::settings::{ImageExtents, initial_parameters, training_parameters, training_settings};
use crate::gan::{Batches, Trainer};
use crate::study;
pub(super) use state_file::{LossCurves, generator_from_bytes};

/// Steps between two reports of progress.
const REPORT_EVERY: u64 = 10;

/// One run of a study, as its stages need it.
#[derive(Clone)]
pub(super) struct TrainedRun {
    pub(super) name: String,
    pub(super) settings: study::Settings,
    pub(super) convention: study::Convention,
    pub(super) images: ImageExtents,
    /// The study's seed.
    pub(super) study_seed: u64,
    /// The run's seed.
    pub(super) run_seed: u64,
}

impl TrainedRun {
    fn device(&self) -> Device {
        Device::Cpu
    }

    /// A step with as many digits as the run's last one, so that names sort.
    pub(super) fn step_name(&self, step: u64) -> String {
        let width = self.settings.steps.to_string().len();
        format!("{step:0width$}")
    }

    pub(super) fn training_settings(&self) -> crate::gan::TrainingSettings {
        training_settings(&self.settings, self.convention, self.images)
    }

    /// A batch of more images than there are would hold some of them twice.
    fn refuse_small(&self, images: usize) -> Result<(), StageFailure> {
        let batch = self.settings.batch_size;
        if batch <= images {
            return Ok(());
        }
        let message = format!("a batch of {batch} needs as many training images, and there are {images}");
        Err(StageFailure::message(message)
            .with_blame(Blame::Data)
            .with_hint("lower base.batch_size, or train on more images"))
    }

    fn seeds(&self) -> [(String, Value); 2] {
        [
            ("study_seed".to_owned(), count(self.study_seed)),
            ("run_seed".to_owned(), count(self.run_seed)),
        ]
    }
}

/// Draws the weights of step 0.
pub(super) struct Initialize {
    pub(super) run: TrainedRun,
}

impl Stage for Initialize {
    fn kind(&self) -> &'static str {
        "initialize"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        format!("{}/train {}", self.run.name, self.run.step_name(0))
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = initial_parameters(&self.run.settings, self.run.convention, self.run.images);
        parameters.extend(self.run.seeds());
        parameters
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        // Small, and where every change of a setting starts again.
        state_outputs(Keep::Always)
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let TrainedRun {
            study_seed, run_seed, ..
        } = self.run;
        let trainer = Trainer::initial(
            &self.run.device(),
            self.run.training_settings(),
            study_seed,
            run_seed,
        );
        store(&trainer, context)?;
        Ok(Outcome::Completed)
    }
}

/// Trains from one checkpoint to the next.
pub(super) struct TrainSegment {
    pub(super) run: TrainedRun,
    /// Steps done before.
    pub(super) first: u64,
    /// Steps done after.
    pub(super) last: u64,
}

impl Stage for TrainSegment {
    fn kind(&self) -> &'static str {
        "train"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        let [first, last] = [self.first, self.last].map(|step| self.run.step_name(step));
        format!("{}/train {first}-{last}", self.run.name)
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = training_parameters(&self.run.settings, self.run.convention, self.run.images);
        parameters.extend(self.run.seeds());
        parameters.extend(numeric_parameters());
        parameters.insert("first_step".to_owned(), count(self.first + 1));
        parameters.insert("last_step".to_owned(), count(self.last));
        parameters
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        let mut outputs = state_outputs(Keep::UntilConsumed);
        outputs.push(OutputSpecification {
            name: "losses",
            keep: Keep::Always,
        });
        outputs
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let data = labelled_from_blob(context.input("data")?)?;
        self.run.refuse_small(data.images.count)?;
        let device = self.run.device();
        let settings = self.run.training_settings();
        let generator = generator_from_bytes(&device, &context.input("generator")?)?;
        let updates = [self.first / settings.discriminator_steps, self.first];
        let state =
            state_file::state_from_bytes(&device, &context.input("state")?, updates, &generator.weights)?;
        let mut trainer = Trainer::resume(settings, self.first, generator, state);
        let TrainedRun {
            study_seed, run_seed, ..
        } = self.run;
        let mut batches = Batches::new(
            &device,
            &data.images,
            settings.latent,
            settings.batch_size,
            study_seed,
            run_seed,
        );
        let (threads, watched) = (context.threads(), &*context);
        let curves = on_threads(threads, || self.train(&mut trainer, &mut batches, watched))?;

        context.output("losses", &curves.to_safetensors()?)?;
        let diverged_in_update = if trainer.is_finite()? {
            None
        } else {
            Some(self.last)
        };
        if let Some(step) = curves.diverged_at().or(diverged_in_update) {
            context.fact("diverged_at", step);
            return Ok(Outcome::Diverged);
        }
        store(&trainer, context)?;
        Ok(Outcome::Completed)
    }
}

impl TrainSegment {
    /// Trains to the last step, or to the first one with a loss that is not finite.
    fn train(
        &self,
        trainer: &mut Trainer,
        batches: &mut Batches<'_>,
        context: &StageContext<'_>,
    ) -> Result<LossCurves, StageFailure> {
        let mut curves = LossCurves::starting_after(self.first);
        let mut batch = batches.at(self.first + 1);
        for step in self.first + 1..=self.last {
            context.check_cancelled()?;
            // The next batch is drawn, and read from the disk where it must be, while this one is trained on.
            let following = || (step < self.last).then(|| batches.at(step + 1));
            let (losses, following) = rayon::join(|| trainer.step(&batch), following);
            let losses = losses?;
            curves.push(step, losses);
            if !losses.is_finite() {
                break;
            }
            if step.is_multiple_of(REPORT_EVERY) || step == self.last {
                context.progress(step - self.first, self.last - self.first, "steps");
            }
            if let Some(following) = following {
                batch = following;
            }
        }
        Ok(curves)
    }
}

fn state_outputs(keep_state: Keep) -> Vec<OutputSpecification> {
    vec![
        OutputSpecification {
            name: "generator",
            keep: Keep::Always,
        },
        OutputSpecification {
            name: "state",
            keep: keep_state,
        },
    ]
}

fn store(trainer: &Trainer, context: &mut StageContext<'_>) -> Result<(), StageFailure> {
    context.output("generator", &state_file::generator_to_bytes(trainer.generator())?)?;
    context.output("state", &state_file::state_to_bytes(trainer.state())?)?;
    Ok(())
}
