//! Intervals of a metric's value, from images that are drawn again. Knows no stage.

use super::{FeatureSets, KnownReference, MeasureError, measure};
use crate::extractor::Features;
use crate::metrics::{BootstrapSettings, Interval, bootstrap};
use crate::study::{Bootstrap, Metric};

/// How an interval is found, which takes as long as many measurements.
#[derive(Clone, Copy)]
pub(in crate::stages) struct Resampling<'r> {
    pub(in crate::stages) bootstrap: Bootstrap,
    /// Asked before each resample.
    pub(in crate::stages) is_stopped: &'r (dyn Fn() -> bool + Sync),
}

/// The interval around a metric's first `value`, from images that are drawn again.
pub(super) fn interval(
    metric: Metric,
    sets: FeatureSets<'_>,
    resampling: Resampling<'_>,
    value: f64,
) -> Result<Interval, MeasureError> {
    let Bootstrap {
        resamples,
        level,
        seed,
    } = resampling.bootstrap;
    let settings = BootstrapSettings {
        resamples,
        seed,
        level,
    };
    let reference = match sets.reference {
        Some(KnownReference::Features(features)) => Some(features),
        Some(KnownReference::Statistics(_)) => {
            panic!("an interval of {metric} needs features of the reference")
        }
        None => None,
    };
    let drawn = |of_reference: &[usize], samples: &[usize]| {
        if (resampling.is_stopped)() {
            return Err(MeasureError::Stopped);
        }
        let reference = reference.map(|features| KnownReference::Features(chosen(features, of_reference)));
        let again = FeatureSets {
            samples: &chosen(sets.samples, samples),
            reference: reference.as_ref(),
            training: None,
        };
        Ok(measure(metric, again, None)?.values[0].value)
    };
    let of_reference = reference.map_or(0, |features| features.count);
    bootstrap(of_reference, sets.samples.count, &settings, value, drawn)
}

/// What was found in these images.
fn chosen(features: &Features, images: &[usize]) -> Features {
    let rows = |values: &[f32], width: usize| -> Vec<f32> {
        if values.is_empty() {
            return Vec::new();
        }
        let row = |image: &usize| &values[image * width..(image + 1) * width];
        images.iter().flat_map(row).copied().collect()
    };
    Features {
        count: images.len(),
        dimension: features.dimension,
        features: rows(&features.features, features.dimension),
        classes: features.classes,
        probabilities: rows(&features.probabilities, features.classes),
        logits: rows(&features.logits, features.classes),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn resampling_stops_when_asked() {
        let features = Features {
            count: 20,
            dimension: 2,
            features: (0..40u8).map(f32::from).collect(),
            classes: 0,
            probabilities: Vec::new(),
            logits: Vec::new(),
        };
        let reference = KnownReference::Features(features.clone());
        let sets = FeatureSets {
            samples: &features,
            reference: Some(&reference),
            training: None,
        };
        let asked = AtomicUsize::new(0);
        let is_stopped = || asked.fetch_add(1, Ordering::Relaxed) >= 3;
        let bootstrap = Bootstrap {
            resamples: 1000,
            level: 0.95,
            seed: 0,
        };
        let stopped = measure(
            Metric::Fid,
            sets,
            Some(Resampling {
                bootstrap,
                is_stopped: &is_stopped,
            }),
        );
        assert!(matches!(stopped, Err(MeasureError::Stopped)));
        assert!(
            asked.load(Ordering::Relaxed) < 1000,
            "the others were not measured"
        );
    }
}
