//! Metrics of one checkpoint, from features alone. Values are facts of the entry; there is no blob.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::Checkpoint;
use super::images_file::features_from_bytes;
use crate::extractor::Features;
use crate::metrics::{
    DeviceFidError, DeviceSettings, ErrorEstimate, FrechetDistance, frechet_distance, frechet_distance_on,
    inception_score,
};
use crate::study::Metric;

/// Largest estimated error with which a distance from a GPU is taken: what two decimals show.
const FID_ACCURACY: f64 = 0.005;

/// The same as a share of the distance, for features of a large scale.
const FID_RELATIVE_ACCURACY: f64 = 1e-5;

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
        let mut parameters = BTreeMap::from([("metric".to_owned(), Value::from(self.metric.name()))]);
        if self.needs_device() {
            parameters.extend(self.checkpoint.run.device.parameters());
        }
        parameters
    }

    // On the processor a distance is computed in f64, on a GPU in f32 with an estimate of its error.
    fn needs_device(&self) -> bool {
        self.metric == Metric::Fid && self.checkpoint.run.device.is_gpu()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let samples = features_from_bytes(&context.input("samples")?)?;
        match self.metric {
            Metric::Fid => {
                let reference = features_from_bytes(&context.input("reference")?)?;
                let distance = self.distance(context, &reference, &samples)?;
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

impl Measure {
    fn distance(
        &self,
        context: &mut StageContext<'_>,
        reference: &Features,
        samples: &Features,
    ) -> Result<FrechetDistance, StageFailure> {
        let (reference, d) = (&reference.features, samples.dimension);
        if !self.needs_device() {
            return Ok(frechet_distance(reference, &samples.features, d)?);
        }
        let settings = DeviceSettings::with_accuracy(FID_ACCURACY);
        let found = self.checkpoint.run.device.compute(context, |device| {
            frechet_distance_on(device, reference, &samples.features, d, &settings)
                .or_else(accurate_for_its_scale)
        });
        let (distance, estimate) = found?;
        context.fact("numeric_error", estimate.total());
        Ok(distance)
    }
}

/// A distance whose error is small for it; a device that failed is told as such.
fn accurate_for_its_scale(error: DeviceFidError) -> Result<(FrechetDistance, ErrorEstimate), StageFailure> {
    match error {
        DeviceFidError::NotAccurate {
            distance, estimate, ..
        } if estimate.total() <= FID_RELATIVE_ACCURACY * distance.value => Ok((*distance, *estimate)),
        DeviceFidError::Device(error) => Err(error.into()),
        error => Err(StageFailure::from(error).with_hint("`--device cpu` computes distances in f64")),
    }
}
