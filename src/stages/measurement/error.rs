//! Why a metric of features has no value, and what may help. Knows no stage.

use crate::metrics::{
    FeaturesError, FidError, FidInfinityError, InceptionScoreError, KidError, MsSsimError, NeighbourError,
    PrdError,
};
use crate::study::Metric;

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub(in crate::stages) enum MeasureError {
    #[error(transparent)]
    Fid(#[from] FidError),
    #[error(transparent)]
    FidInfinity(#[from] FidInfinityError),
    #[error(transparent)]
    Kid(#[from] KidError),
    #[error(transparent)]
    InceptionScore(#[from] InceptionScoreError),
    #[error(transparent)]
    Neighbour(#[from] NeighbourError),
    #[error(transparent)]
    Prd(#[from] PrdError),
    #[error(transparent)]
    MsSsim(#[from] MsSsimError),
    /// Numbers too large or too small for the arithmetic.
    #[error("{value} comes out as {found}: the features are beyond what numbers of 64 bits can measure")]
    NoNumber {
        /// The value's name.
        value: &'static str,
        /// What it came out as.
        found: f64,
    },
    /// It was asked to stop.
    #[error("stopped before the last resample")]
    Stopped,
}

impl MeasureError {
    /// What may help, where the metric's settings ask for more images than there are: `fewest` on one of the sides.
    pub(in crate::stages) fn hint(&self, metric: Metric, fewest: usize) -> Option<String> {
        let name = metric.name();
        match (self, metric) {
            (
                Self::Neighbour(NeighbourError::TooFewSamples { .. }),
                Metric::PrecisionRecall { k } | Metric::DensityCoverage { k },
            ) if fewest > 1 => Some(format!(
                "k is {k}; set {} at most: {{ {name}: {{ k: {} }} }}",
                fewest - 1,
                fewest - 1
            )),
            (
                Self::Kid(
                    KidError::Reference(FeaturesError::TooFewSamples { .. })
                    | KidError::Samples(FeaturesError::TooFewSamples { .. }),
                ),
                Metric::KidSubsets { size, .. },
            ) if fewest > 1 => Some(format!(
                "subsets have {size} images; set {fewest} at most: {{ {name}: {{ size: {fewest} }} }}"
            )),
            (Self::FidInfinity(FidInfinityError::TooFewSamples { .. }), _) => {
                Some("measure more images, or features of fewer dimensions".to_owned())
            }
            (Self::Prd(PrdError::Unbalanced { reference, .. }), _) => Some(format!(
                "set evaluate.samples to {reference} or more: of more, the first are taken"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_tell_settings_that_fit_and_only_where_settings_are_why() {
        let few = || FeaturesError::TooFewSamples {
            count: 24,
            needed: 1000,
        };
        let subsets = Metric::KidSubsets {
            subsets: 100,
            size: 1000,
            seed: 0,
        };
        let hint = MeasureError::from(KidError::Samples(few())).hint(subsets, 24);
        assert!(hint.is_some_and(|hint| hint.contains("{ kid-subsets: { size: 24 } }")));
        let no_number = FeaturesError::NonFinite {
            sample: 0,
            feature: 0,
            value: f32::NAN,
        };
        assert_eq!(
            MeasureError::from(KidError::Samples(no_number)).hint(subsets, 24),
            None
        );
        assert_eq!(
            MeasureError::from(KidError::Samples(few())).hint(Metric::Kid, 24),
            None
        );
    }
}
