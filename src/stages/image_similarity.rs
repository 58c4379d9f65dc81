//! How alike the images of one checkpoint are, from the images themselves: the metric `ms-ssim`. Its values are facts of
//! the entry; there is no blob.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::{Checkpoint, EVALUATED};
use super::device::on_threads;
use super::measurement::similarity;
use super::metric::{SIMILARITY_VERSION, metric_parameters, tell};
use super::numerics::count;
use super::train::generator_from_bytes;
use crate::study::Metric;

/// Measures the images that features are found in: input `generator`.
pub(super) struct ImageSimilarity {
    pub(super) checkpoint: Checkpoint,
    /// [`Metric::MsSsim`].
    pub(super) metric: Metric,
    /// Images to make.
    pub(super) samples: usize,
}

impl Stage for ImageSimilarity {
    fn kind(&self) -> &'static str {
        "image-similarity"
    }

    fn version(&self) -> u32 {
        SIMILARITY_VERSION
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name(self.metric.name())
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.checkpoint.parameters();
        parameters.insert("samples".to_owned(), count(self.samples));
        parameters.extend(metric_parameters(self.metric));
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
        let images = self.checkpoint.run.device.compute(watched, |device| {
            let generator = generator_from_bytes(device, &generator)?;
            self.checkpoint
                .images(device, &generator, EVALUATED, self.samples, watched)
        })?;
        let measured = on_threads(context.threads(), || Ok(similarity(self.metric, &images)?))?;
        tell(&measured, self.metric, context);
        Ok(Outcome::Completed)
    }
}
