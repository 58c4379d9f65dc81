//! Metrics of one checkpoint, from features alone. Values are facts of the entry; there is no blob.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::checkpoint::Checkpoint;
use super::device::on_threads;
use super::images_file::features_from_bytes;
use super::measurement::{FeatureSets, KnownReference, MeasureError, Measurement, Resampling, measure};
use super::numerics::{count, number};
use super::statistics::statistics_from_bytes;
use crate::extractor::Features;
use crate::metrics::{
    DeviceFidError, DeviceSettings, ErrorEstimate, FrechetDistance, SufficientStatistics,
    frechet_distance_between_on,
};
use crate::study::{Bootstrap, Metric};

/// Of all metrics of features, in studies and in comparisons of other images.
pub(super) const METRIC_VERSION: u32 = 2;

/// Of the likeness of images to each other, in studies and in comparisons of other images.
pub(super) const SIMILARITY_VERSION: u32 = 1;

/// What a distance on a GPU aims at.
const FID_AIM: f64 = 1e-5;

/// Largest estimated error with which a distance from a GPU is taken: what two decimals show.
const FID_ACCURACY: f64 = 0.005;

/// The same as a share of the distance, for features of a large scale.
const FID_RELATIVE_ACCURACY: f64 = 1e-5;

/// Measures one metric of features: input `samples`, and `reference` and `train` where the metric compares with them. A
/// metric for which the reference's statistics are enough has these as `reference`.
pub(super) struct Measure {
    pub(super) checkpoint: Checkpoint,
    pub(super) metric: Metric,
    /// How an interval is found, where the metric can have one.
    pub(super) bootstrap: Option<Bootstrap>,
}

impl Stage for Measure {
    fn kind(&self) -> &'static str {
        "metric"
    }

    fn version(&self) -> u32 {
        METRIC_VERSION
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name(self.metric.name())
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = metric_parameters(self.metric);
        if self.needs_device() {
            parameters.extend(self.checkpoint.run.device.parameters());
        }
        if let Some(bootstrap) = self.resampling() {
            parameters.insert("bootstrap".to_owned(), bootstrap_parameters(bootstrap));
        }
        parameters
    }

    // On the processor a distance is computed in f64, on a GPU in f32 with an estimate of its error. An interval is made of
    // many distances between few images, and is the processor's.
    fn needs_device(&self) -> bool {
        self.metric == Metric::Fid && self.resampling().is_none() && self.checkpoint.run.device.is_gpu()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let samples = features_from_bytes(&context.input("samples")?)?;
        let read = |name: &str, context: &mut StageContext<'_>| {
            Ok::<_, StageFailure>(features_from_bytes(&context.input(name)?)?)
        };
        let reference = match (self.metric.needs_reference(), self.reads_statistics()) {
            (false, _) => None,
            (true, true) => Some(KnownReference::Statistics(statistics_from_bytes(
                &context.input("reference")?,
            )?)),
            (true, false) => Some(KnownReference::Features(read("reference", context)?)),
        };
        let training = match self.metric.needs_training_features() {
            true => Some(read("train", context)?),
            false => None,
        };
        let found = match &reference {
            Some(KnownReference::Statistics(reference)) if self.needs_device() => {
                self.on_device(context, reference, &samples)?
            }
            _ => None,
        };
        let sets = FeatureSets {
            samples: &samples,
            reference: reference.as_ref(),
            training: training.as_ref(),
        };
        let measured = match found {
            Some(measured) => measured,
            None => measure_watched(context, self.metric, sets, self.resampling())?,
        };
        tell(&measured, self.metric, context);
        Ok(Outcome::Completed)
    }
}

/// Whether of the reference its statistics are enough; images that are drawn again need its features.
pub(super) fn reads_statistics(metric: Metric, resampling: Option<Bootstrap>) -> bool {
    metric.compares_statistics() && resampling.is_none()
}

/// Measures on the processor, on the stage's threads, until the build is asked to stop.
pub(super) fn measure_watched(
    context: &StageContext<'_>,
    metric: Metric,
    sets: FeatureSets<'_>,
    resampling: Option<Bootstrap>,
) -> Result<Measurement, StageFailure> {
    let is_stopped = || context.cancelled();
    let resampling = resampling.map(|bootstrap| Resampling {
        bootstrap,
        is_stopped: &is_stopped,
    });
    on_threads(context.threads(), || {
        measure(metric, sets, resampling).map_err(|error| match error {
            MeasureError::Stopped => StageFailure::Cancelled,
            other => {
                let reference = sets.reference.map(KnownReference::count);
                let hint = other.hint(metric, sets.samples.count.min(reference.unwrap_or(usize::MAX)));
                hint.into_iter().fold(other.into(), StageFailure::with_hint)
            }
        })
    })
}

/// A metric's name, and its settings where it has any that are not as they once were without saying.
pub(super) fn metric_parameters(metric: Metric) -> BTreeMap<String, Value> {
    let mut parameters = BTreeMap::from([("metric".to_owned(), Value::from(metric.name()))]);
    let settings = settings(metric);
    if !settings.is_empty() {
        parameters.insert("settings".to_owned(), Value::map(settings));
    }
    parameters
}

fn settings(metric: Metric) -> Vec<(&'static str, Value)> {
    match metric {
        // One split is what all scores were of before there were settings.
        Metric::Fid | Metric::Kid | Metric::Memorization | Metric::INCEPTION_SCORE => Vec::new(),
        Metric::FidInfinity {
            points,
            smallest,
            seed,
        } => vec![
            ("points", count(points)),
            ("smallest", count(smallest)),
            ("seed", count(seed)),
        ],
        Metric::KidSubsets { subsets, size, seed } => vec![
            ("subsets", count(subsets)),
            ("size", count(size)),
            ("seed", count(seed)),
        ],
        Metric::InceptionScore {
            splits,
            shuffle,
            divisor,
        } => {
            let shuffle = shuffle.map(|seed| ("shuffle", count(seed)));
            let own = [
                ("splits", count(splits)),
                ("divisor", Value::from(divisor.name())),
            ];
            own.into_iter().chain(shuffle).collect()
        }
        Metric::MsSsim { form, pairs, seed } => vec![
            ("form", Value::from(form.name())),
            ("pairs", count(pairs)),
            ("seed", count(seed)),
        ],
        Metric::PrecisionRecall { k } | Metric::DensityCoverage { k } => vec![("k", count(k))],
        Metric::Prd {
            clusters,
            angles,
            runs,
            seed,
        } => vec![
            ("clusters", count(clusters)),
            ("angles", count(angles)),
            ("runs", count(runs)),
            ("seed", count(seed)),
        ],
        Metric::Jacobian { latents } => vec![("latents", count(latents))],
        Metric::DiscriminatorAccuracy { images } => vec![("images", count(images))],
    }
}

pub(super) fn bootstrap_parameters(bootstrap: Bootstrap) -> Value {
    Value::map([
        ("resamples", count(bootstrap.resamples)),
        ("level", number(bootstrap.level)),
        ("seed", count(bootstrap.seed)),
    ])
}

/// Where the facts of a metric's value stand in its entry: those of a value with the metric's own name have no name in front.
pub(super) fn fact_name(metric: Metric, value: &str, fact: &str) -> String {
    match (metric.values(), fact) {
        ([_], _) => fact.to_owned(),
        (_, "value") => value.to_owned(),
        _ => format!("{value}.{fact}"),
    }
}

/// Leaves a measurement as facts.
pub(super) fn tell(measured: &Measurement, metric: Metric, context: &mut StageContext<'_>) {
    for found in &measured.values {
        let facts = [
            ("value", Some(found.value)),
            ("standard_error", found.standard_error),
            ("standard_deviation", found.standard_deviation),
            ("interval_low", found.interval.map(|interval| interval.low)),
            ("interval_high", found.interval.map(|interval| interval.high)),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                context.fact(&fact_name(metric, found.name, name), value);
            }
        }
    }
    for (name, value) in &measured.facts {
        context.fact(name, value.clone());
    }
}

impl Measure {
    fn resampling(&self) -> Option<Bootstrap> {
        self.bootstrap.filter(|_| self.metric.has_intervals())
    }

    /// Whether the input `reference` is statistics instead of features.
    pub(super) fn reads_statistics(&self) -> bool {
        reads_statistics(self.metric, self.resampling())
    }

    /// The distance in f32, with the estimate of its error as a fact. Where that is too large the distance is computed in f64
    /// after all, which the missing estimate and the name of the root tell.
    fn on_device(
        &self,
        context: &StageContext<'_>,
        reference: &SufficientStatistics,
        samples: &Features,
    ) -> Result<Option<Measurement>, StageFailure> {
        let found = self.checkpoint.run.device.compute(context, |device| {
            let settings = DeviceSettings::with_accuracy(FID_AIM);
            let samples = SufficientStatistics::of(&samples.features, samples.dimension)?;
            accurate_enough(frechet_distance_between_on(
                device, reference, &samples, &settings,
            ))
        })?;
        Ok(found.map(|(distance, estimate)| {
            Measurement::of_distance(&distance)
                .fact("numeric_error", estimate.total())
                .fact("n_reference", reference.count())
                .fact("n_samples", samples.count)
        }))
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
    use crate::metrics::frechet_distance;

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
