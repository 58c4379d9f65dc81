//! A checkpoint of a run as evaluation sees it: a generator, and the images it makes of the protocol's latents.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_kernels::Device;
use gan_pipeline::{StageContext, StageFailure};

use super::parameters::generator_parameters;
use super::train::TrainedRun;
use crate::data::Images;
use crate::gan::{EvaluationLatents, GeneratorState, generate};

/// What the latents of evaluated images are for, and so which ones they are.
pub(super) const EVALUATED: &str = "evaluation.latent";

/// One run at one step.
#[derive(Clone)]
pub(super) struct Checkpoint {
    pub(super) run: TrainedRun,
    pub(super) step: u64,
}

impl Checkpoint {
    /// The name of a stage that looks at this checkpoint.
    pub(super) fn stage_name(&self, stage: &str) -> String {
        format!("{}/{stage} {}", self.run.name, self.run.step_name(self.step))
    }

    /// What images of this checkpoint depend on, besides the generator.
    pub(super) fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = generator_parameters(&self.run.settings, &self.run.convention, self.run.images);
        parameters.extend(self.run.device.parameters());
        parameters
    }

    /// The latents of a purpose.
    pub(super) fn latents(&self, purpose: &'static str) -> EvaluationLatents {
        EvaluationLatents {
            latent: self.run.training_settings().latent,
            purpose,
        }
    }

    /// Makes `count` images, on the generator's device, of the latents that `purpose` names; tells progress and obeys a request to stop.
    pub(super) fn images(
        &self,
        device: &Device,
        generator: &GeneratorState,
        purpose: &'static str,
        count: usize,
        context: &StageContext<'_>,
    ) -> Result<Images, StageFailure> {
        let settings = self.run.training_settings();
        let latents = self.latents(purpose);
        let progress = |done: usize, total: usize| {
            context.progress(done as u64, total as u64, "images");
            !context.cancelled()
        };
        let images = generate(device, &settings, generator, latents, count, progress)?;
        images.ok_or(StageFailure::Cancelled)
    }
}
