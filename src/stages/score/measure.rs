//! Metrics of two sets of features. Values are facts of the entry.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Blame, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::Side;
use super::parts::{Wanted, joined_features, merged_statistics};
use crate::extractor::Features;
use crate::stages::measurement::{FeatureSets, KnownReference};
use crate::stages::metric::{
    METRIC_VERSION, bootstrap_parameters, measure_watched, metric_parameters, reads_statistics, tell,
};
use crate::study::{Bootstrap, Metric};

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
        let wanted = Wanted::by(self.metric);
        let samples = joined_features(context, Side::Generated, self.generated, wanted)?;
        let reference = match (self.metric.needs_reference(), self.bootstrap) {
            (false, _) => None,
            (true, bootstrap) if reads_statistics(self.metric, bootstrap) => Some(
                KnownReference::Statistics(merged_statistics(context, Side::Reference, self.reference)?),
            ),
            (true, _) => Some(KnownReference::Features(joined_features(
                context,
                Side::Reference,
                self.reference,
                wanted,
            )?)),
        };
        if let Some(reference) = &reference {
            refuse_unlike(reference.dimension(), &samples)?;
            refuse_unequal(self.metric, reference.count(), &samples)?;
        }
        let sets = FeatureSets {
            samples: &samples,
            reference: reference.as_ref(),
            training: None,
        };
        let measured = measure_watched(context, self.metric, sets, self.bootstrap)
            .map_err(|failure| failure.with_blame(Blame::Data))?;
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
