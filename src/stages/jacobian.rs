//! How the generator of one checkpoint is conditioned: the metric `jacobian`. Its values are facts of the entry; there is
//! no blob.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::{Checkpoint, EVALUATED};
use super::measurement::{Measurement, protocol_facts};
use super::metric::{metric_parameters, tell};
use super::train::generator_from_bytes;
use crate::gan::{JacobianError, jacobian_conditioning};
use crate::study::Metric;

/// Differentiates a generator at the first latents that it is evaluated on: input `generator`.
pub(super) struct Conditioning {
    pub(super) checkpoint: Checkpoint,
    pub(super) latents: usize,
}

impl Conditioning {
    fn metric(&self) -> Metric {
        Metric::Jacobian {
            latents: self.latents,
        }
    }
}

impl Stage for Conditioning {
    fn kind(&self) -> &'static str {
        "jacobian"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name(self.metric().name())
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.checkpoint.parameters();
        parameters.extend(metric_parameters(self.metric()));
        parameters
    }

    fn needs_device(&self) -> bool {
        self.checkpoint.run.device.is_gpu()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let generator = context.input("generator")?;
        let watched = &*context;
        let settings = self.checkpoint.run.training_settings();
        let found = self.checkpoint.run.device.compute(watched, |device| {
            let generator = generator_from_bytes(device, &generator)?;
            let progress = |done: usize, total: usize| {
                watched.progress(done as u64, total as u64, "latents");
                !watched.cancelled()
            };
            let latents = self.checkpoint.latents(EVALUATED);
            let found = jacobian_conditioning(device, &settings, &generator, latents, self.latents, progress);
            found.map_err(failure)?.ok_or(StageFailure::Cancelled)
        })?;
        let mut measured = Measurement::of([("jacobian-condition", found.mean_log_condition)])
            .fact("estimator", "mean logarithm of the condition of J'J")
            .fact("unresolved", found.unresolved)
            .fact("n_samples", found.latents);
        measured.values[0].standard_deviation = Some(found.standard_deviation);
        measured.facts.extend(protocol_facts(self.metric()));
        tell(&measured, self.metric(), context);
        Ok(Outcome::Completed)
    }
}

/// A device's failure as it is, since a device is blamed for it.
fn failure(error: JacobianError) -> StageFailure {
    match error {
        JacobianError::Read(error) => error.into(),
        other => other.into(),
    }
}
