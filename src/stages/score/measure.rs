//! Metrics of two sets of features. Values are facts of the entry.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Blame, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::parts::{joined_features, merged_statistics};
use crate::extractor::Features;
use crate::stages::device::on_threads;
use crate::stages::measurement::{FeatureSets, Reference, Resampling, measure};
use crate::stages::metric::{METRIC_VERSION, bootstrap_parameters, metric_parameters, tell};
use crate::study::{Bootstrap, Metric};

/// The input of the generated side, and that of the reference.
pub(super) const SAMPLES: &str = "samples";
pub(super) const REFERENCE: &str = "reference";

/// Measures one metric of features: inputs `samples`, and `reference` where the metric compares, of as many parts as a side
/// has. Of a metric for which the reference's statistics are enough, `reference` is these.
///
/// Kind, version, parameters and inputs are those of a study's metric on the processor, so that equal features are measured
/// once.
pub(super) struct MeasureFeatures {
    pub(super) metric: Metric,
    pub(super) bootstrap: Option<Bootstrap>,
    /// Parts of the reference.
    pub(super) reference: usize,
    /// Parts of the generated side.
    pub(super) generated: usize,
}

impl MeasureFeatures {
    pub(super) fn reads_statistics(metric: Metric, bootstrap: Option<Bootstrap>) -> bool {
        metric.compares_statistics() && bootstrap.is_none()
    }
}

impl Stage for MeasureFeatures {
    fn kind(&self) -> &'static str {
        "metric"
    }

    fn version(&self) -> u32 {
        METRIC_VERSION
    }

    fn name(&self) -> String {
        self.metric.name().to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = metric_parameters(self.metric);
        if let Some(bootstrap) = self.bootstrap {
            parameters.insert("bootstrap".to_owned(), bootstrap_parameters(bootstrap));
        }
        parameters
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let samples = joined_features(context, SAMPLES, self.generated)?;
        let (mut features, mut statistics) = (None, None);
        let reads_statistics = Self::reads_statistics(self.metric, self.bootstrap);
        match (self.metric.needs_reference(), reads_statistics) {
            (false, _) => {}
            (true, true) => statistics = Some(merged_statistics(context, REFERENCE, self.reference)?),
            (true, false) => features = Some(joined_features(context, REFERENCE, self.reference)?),
        }
        let statistics = statistics
            .as_ref()
            .map(|known| (Reference::Statistics(known), known.dimension()));
        let features = features
            .as_ref()
            .map(|known| (Reference::Features(known), known.dimension));
        let reference = statistics.or(features);
        if let Some((reference, dimension)) = reference {
            refuse_unlike(dimension, &samples)?;
            refuse_unequal(self.metric, reference.count(), &samples)?;
        }
        let sets = FeatureSets {
            samples: &samples,
            reference: reference.map(|(reference, _)| reference),
            training: None,
        };
        let watched = &*context;
        let is_stopped = || watched.cancelled();
        let resampling = self.bootstrap.map(|bootstrap| Resampling {
            bootstrap,
            is_stopped: &is_stopped,
        });
        let measured = on_threads(watched.threads(), || {
            measure(self.metric, sets, resampling).map_err(|error| {
                let hint = error.hint(self.metric);
                let failure = error.failure().with_blame(Blame::Data);
                hint.into_iter().fold(failure, StageFailure::with_hint)
            })
        })?;
        tell(&measured, self.metric, context);
        Ok(Outcome::Completed)
    }
}

fn refuse_unlike(dimension: usize, samples: &Features) -> Result<(), StageFailure> {
    match dimension == samples.dimension {
        true => Ok(()),
        false => Err(StageFailure::message(format!(
            "the reference has {dimension} features an image and the generated side {}",
            samples.dimension
        ))
        .with_blame(Blame::Data)
        .with_hint("features of both sides must come from one extractor; pixels need images of one size")),
    }
}

/// Refuses sets of unequal size where they must be equal: a folder's images have an order, so that its first are no sample
/// of it.
fn refuse_unequal(metric: Metric, reference: usize, samples: &Features) -> Result<(), StageFailure> {
    match matches!(metric, Metric::Prd { .. }) && reference != samples.count {
        false => Ok(()),
        true => Err(StageFailure::message(format!(
            "{metric} compares as many images on both sides, and there are {reference} reference images and {} generated ones",
            samples.count
        ))
        .with_blame(Blame::Data)
        .with_hint("leave out some of the larger side, chosen at random")),
    }
}
