//! Metrics of one checkpoint, from features alone. Values are facts of the entry; there is no blob.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::Checkpoint;
use super::images_file::features_from_bytes;
use crate::metrics::{frechet_distance, inception_score};
use crate::study::Metric;

/// Measures one metric: input `samples`, and `reference` where the metric compares.
pub(super) struct Measure {
    pub(super) checkpoint: Checkpoint,
    pub(super) metric: Metric,
}

/// Whether a metric compares with the reference images.
pub(super) fn needs_reference(metric: Metric) -> bool {
    match metric {
        Metric::Fid => true,
        Metric::InceptionScore => false,
    }
}

impl Stage for Measure {
    fn kind(&self) -> &'static str {
        "metric"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name(self.metric.name())
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        BTreeMap::from([("metric".to_owned(), Value::from(self.metric.name()))])
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let samples = features_from_bytes(&context.input("samples")?)?;
        match self.metric {
            Metric::Fid => {
                let reference = features_from_bytes(&context.input("reference")?)?;
                let distance = frechet_distance(&reference.features, &samples.features, samples.dimension)?;
                context.fact("value", distance.value);
                context.fact("mean_term", distance.mean_term);
                context.fact("root", distance.method.name());
                context.fact("estimator", "covariance with n - 1");
                context.fact("n_reference", reference.count);
            }
            Metric::InceptionScore => {
                context.fact("value", inception_score(&samples.probabilities, samples.classes)?);
                context.fact("estimator", "one split");
                context.fact("splits", 1);
            }
        }
        context.fact("n_samples", samples.count);
        Ok(Outcome::Completed)
    }
}
