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
    /// It was asked to stop.
    #[error("stopped before the last resample")]
    Stopped,
}

impl MeasureError {
    /// What may help, where the metric's settings ask for more images than there are.
    pub(in crate::stages) fn hint(&self, metric: Metric) -> Option<String> {
        let name = metric.name();
        match (self, metric) {
            (
                Self::Neighbour(NeighbourError::TooFewSamples { count, .. }),
                Metric::PrecisionRecall { k } | Metric::DensityCoverage { k },
            ) if *count > 1 => Some(format!(
                "k is {k}; set less: {{ {name}: {{ k: {} }} }} at most",
                count - 1
            )),
            (
                Self::Kid(
                    KidError::Reference(FeaturesError::TooFewSamples { count, .. })
                    | KidError::Samples(FeaturesError::TooFewSamples { count, .. }),
                ),
                Metric::KidSubsets { size, .. },
            ) if *count > 1 => Some(format!(
                "subsets have {size} images; set less: {{ {name}: {{ size: {count} }} }} at most"
            )),
            (Self::FidInfinity(FidInfinityError::TooFewSamples { .. }), _) => {
                Some("measure more images, or features of fewer dimensions".to_owned())
            }
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
        let hint = MeasureError::from(KidError::Samples(few())).hint(subsets);
        assert!(hint.is_some_and(|hint| hint.contains("{ kid-subsets: { size: 24 } }")));
        let no_number = FeaturesError::NonFinite {
            sample: 0,
            feature: 0,
            value: f32::NAN,
        };
        assert_eq!(
            MeasureError::from(KidError::Samples(no_number)).hint(subsets),
            None
        );
        assert_eq!(
            MeasureError::from(KidError::Samples(few())).hint(Metric::Kid),
            None
        );
    }
}
