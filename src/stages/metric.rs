//! Metrics of one checkpoint, from features alone. Values are facts of the entry; there is no blob.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::Checkpoint;
use super::images_file::features_from_bytes;
use crate::extractor::Features;
use crate::metrics::{
    ClassScores, DeviceFidError, DeviceSettings, ErrorEstimate, FrechetDistance, InceptionScoreSettings,
    frechet_distance, frechet_distance_on, inception_score,
};
use crate::study::Metric;

/// What a distance on a GPU aims at.
const FID_AIM: f64 = 1e-5;

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
                let scores = ClassScores::Probabilities(&samples.probabilities);
                let settings = InceptionScoreSettings::default();
                context.fact("value", inception_score(scores, samples.classes, &settings)?.mean);
                context.fact("estimator", "one split");
                context.fact("splits", 1);
            }
        }
        context.fact("n_samples", samples.count);
        Ok(Outcome::Completed)
    }
}

impl Measure {
    /// In f64 on the processor; on a GPU in f32, with the estimate of its error as a fact. Where that is too large the
    /// distance is computed in f64 after all, which the missing estimate and the name of the root tell.
    fn distance(
        &self,
        context: &mut StageContext<'_>,
        reference: &Features,
        samples: &Features,
    ) -> Result<FrechetDistance, StageFailure> {
        let (reference, samples, d) = (&reference.features, &samples.features, samples.dimension);
        if self.needs_device() {
            let found = self.checkpoint.run.device.compute(context, |device| {
                let settings = DeviceSettings::with_accuracy(FID_AIM);
                accurate_enough(frechet_distance_on(device, reference, samples, d, &settings))
            })?;
            if let Some((distance, estimate)) = found {
                context.fact("numeric_error", estimate.total());
                return Ok(distance);
            }
        }
        Ok(frechet_distance(reference, samples, d)?)
    }
}

/// A distance whose estimated error can be accepted, if this is one; a device that failed is told as such.
fn accurate_enough(
    found: Result<(FrechetDistance, ErrorEstimate), DeviceFidError>,
) -> Result<Option<(FrechetDistance, ErrorEstimate)>, StageFailure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(DeviceFidError::NotAccurate {
            distance, estimate, ..
        }) => {
            let accepted = FID_ACCURACY.max(FID_RELATIVE_ACCURACY * distance.value);
            Ok((estimate.total() <= accepted).then_some((*distance, *estimate)))
        }
        Err(DeviceFidError::Device(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// What the device's method says of this distance with this estimate, asked for more.
    fn not_accurate(
        value: f64,
        convergence: f64,
    ) -> Result<(FrechetDistance, ErrorEstimate), DeviceFidError> {
        let features: Vec<f32> = (0..12u8).map(f32::from).collect();
        let distance = FrechetDistance {
            value,
            ..frechet_distance(&features, &features, 2).unwrap()
        };
        Err(DeviceFidError::NotAccurate {
            distance: Box::new(distance),
            estimate: Box::new(ErrorEstimate {
                convergence,
                ..ErrorEstimate::default()
            }),
            accuracy: FID_AIM,
        })
    }

    #[test]
    fn a_distance_on_a_device_is_taken_to_two_decimals_or_five_digits() {
        let value = |found| {
            accurate_enough(found)
                .unwrap()
                .map(|(distance, _)| distance.value)
        };
        assert_eq!(value(not_accurate(3.0, 0.004)), Some(3.0));
        assert_eq!(value(not_accurate(3.0, 0.006)), None);
        assert_eq!(value(not_accurate(6e4, 0.5)), Some(6e4));
        assert_eq!(value(not_accurate(6e4, 0.7)), None);
        assert_eq!(value(not_accurate(3.0, f64::NAN)), None);
    }
}
