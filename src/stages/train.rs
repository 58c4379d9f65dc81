//! Training, cut into segments: drawing the initial weights, then one stage from each checkpoint to the next.
//!
//! A segment's key holds its first and last step and the digests of what it continues from, never the run's length:
//! a longer run, a crash and a shared beginning are all hits.

mod loss_block;
mod state_file;

use std::collections::BTreeMap;
use std::sync::Arc;

use gan_cache::Value;
use gan_kernels::Device;
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::device::StudyDevice;
use super::images_file::labelled_from_blob;
use super::numerics::count;
use super::parameters::{initial_parameters, training_parameters};
use super::settings::{ImageExtents, training_settings};
use crate::data::Images;
use crate::gan::{Batches, Trainer};
use crate::nn::WeightsError;
use crate::study;
use loss_block::LossBlock;
pub(super) use state_file::{LossCurves, discriminator_from_bytes, generator_from_bytes};

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
    /// Where it is trained and evaluated.
    pub(super) device: Arc<StudyDevice>,
}

impl TrainedRun {
    /// A step with as many digits as the run's last one, so that names sort.
    pub(super) fn step_name(&self, step: u64) -> String {
        let width = self.settings.steps.to_string().len();
        format!("{step:0width$}")
    }

    pub(super) fn training_settings(&self) -> crate::gan::TrainingSettings {
        training_settings(&self.settings, &self.convention, self.images)
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

/// Draws the weights of step 0, on the host: they are the same for every device.
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
        let mut parameters = initial_parameters(&self.run.settings, &self.run.convention, self.run.images);
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
        let trainer = Trainer::initial(&Device::Cpu, self.run.training_settings(), study_seed, run_seed);
        store(&Files::of(&trainer)?, context)?;
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
        let mut parameters = training_parameters(&self.run.settings, &self.run.convention, self.run.images);
        parameters.extend(self.run.seeds());
        parameters.extend(self.run.device.training_parameters());
        parameters.insert("first_step".to_owned(), count(self.first + 1));
        parameters.insert("last_step".to_owned(), count(self.last));
        parameters
    }

    fn needs_device(&self) -> bool {
        self.run.device.is_gpu()
    }

    fn operations(&self) -> Option<f64> {
        let settings = self.run.training_settings();
        // A multiplication and an addition.
        Some(2.0 * settings.multiplications(self.first, self.last))
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
        let (generator, state) = (context.input("generator")?, context.input("state")?);
        let watched = &*context;
        let trained = self.run.device.train(watched, |device| {
            let trainer = self.trainer(device, &generator, &state)?;
            self.trained(device, trainer, &data.images, watched)
        })?;
        context.output("losses", &trained.curves.to_safetensors()?)?;
        match &trained.end {
            End::Diverged { step } => {
                context.fact("diverged_at", *step);
                Ok(Outcome::Diverged)
            }
            End::Completed(files) => {
                store(files, context)?;
                Ok(Outcome::Completed)
            }
        }
    }
}

/// What a segment leaves.
struct Trained {
    curves: LossCurves,
    end: End,
}

/// How a segment ended.
enum End {
    Completed(Files),
    /// At this step a loss, or a weight after the last step, was not finite.
    Diverged {
        step: u64,
    },
}

impl TrainSegment {
    /// The run as the segment before left it, on a device.
    fn trainer(&self, device: &Device, generator: &[u8], state: &[u8]) -> Result<Trainer, WeightsError> {
        let settings = self.run.training_settings();
        let generator = generator_from_bytes(device, generator)?;
        let state = state_file::state_from_bytes(device, state, &settings, self.first, &generator.weights)?;
        Ok(Trainer::resume(settings, self.first, generator, state))
    }

    fn trained(
        &self,
        device: &Device,
        mut trainer: Trainer,
        images: &Images,
        context: &StageContext<'_>,
    ) -> Result<Trained, StageFailure> {
        let TrainedRun {
            study_seed, run_seed, ..
        } = self.run;
        let settings = self.run.training_settings();
        let mut batches = Batches::new(device, images, settings, study_seed, run_seed);
        let block = LossBlock::new(device, self.first + 1);
        let curves = self.train(&mut trainer, &mut batches, block, context)?;
        let diverged_at = match curves.diverged_at() {
            None if !trainer.is_finite()? => Some(self.last),
            found => found,
        };
        let end = match diverged_at {
            Some(step) => End::Diverged { step },
            None => End::Completed(Files::of(&trainer)?),
        };
        Ok(Trained { curves, end })
    }

    /// Trains to the last step, or until a loss that is not finite has been read; nothing is in the curves after that.
    fn train(
        &self,
        trainer: &mut Trainer,
        batches: &mut Batches<'_>,
        mut block: LossBlock,
        context: &StageContext<'_>,
    ) -> Result<LossCurves, StageFailure> {
        let mut curves = LossCurves::starting_after(self.first);
        let mut told = self.first;
        let mut batch = batches.at(self.first + 1);
        for step in self.first + 1..=self.last {
            context.check_cancelled()?;
            // The next batch is drawn, and read from the disk where it must be, while this one is trained on: on the CPU
            // device by another thread, on a GPU by its owner, which does not wait for what it has launched.
            let following = || (step < self.last).then(|| batches.at(step + 1));
            let (losses, following) = rayon::join(|| trainer.advance(&batch), following);
            block.push(losses);
            if block.is_full() || step == self.last {
                if !block.read_into(&mut curves)? {
                    break;
                }
                if step / REPORT_EVERY > told / REPORT_EVERY || step == self.last {
                    context.progress(step - self.first, self.last - self.first, "steps");
                    told = step;
                }
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

/// A run at a checkpoint, as blobs.
struct Files {
    generator: Vec<u8>,
    state: Vec<u8>,
}

impl Files {
    fn of(trainer: &Trainer) -> Result<Self, WeightsError> {
        Ok(Self {
            generator: state_file::generator_to_bytes(trainer.generator())?,
            state: state_file::state_to_bytes(trainer.state())?,
        })
    }
}

fn store(files: &Files, context: &mut StageContext<'_>) -> Result<(), StageFailure> {
    context.output("generator", &files.generator)?;
    context.output("state", &files.state)?;
    Ok(())
}
