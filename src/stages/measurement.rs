//! Metrics of features: from a metric's settings and sets of features to its values and what they were measured by.
//!
//! The one place where a metric's name meets its formula, for studies and for images of any origin. Knows no stage, no
//! generator and no device.

mod error;
mod resampling;

use serde_json::Value;

pub(super) use self::error::MeasureError;
pub(super) use self::resampling::Resampling;
use self::resampling::interval;

use crate::data::Images;
use crate::extractor::Features;
use crate::metrics::{
    self, ClassScores, FidError, FidInfinitySettings, FrechetDistance, InceptionScoreSettings, Interval,
    KidSubsetSettings, MsSsimSettings, NeighbourSettings, PrdSettings, SufficientStatistics,
    density_coverage, fid_infinity, fid_infinity_from, frechet_distance, frechet_distance_between,
    inception_score, kid, kid_subsets, memorization, ms_ssim, prd, precision_recall,
};
use crate::study::{self, Metric};

/// What metrics of features see.
#[derive(Clone, Copy)]
pub(super) struct FeatureSets<'f> {
    /// Of the generated images.
    pub(super) samples: &'f Features,
    /// Of the images that they are compared with; metrics that compare need it.
    pub(super) reference: Option<&'f KnownReference>,
    /// Of the images that the generator learned from; [`Metric::Memorization`] needs it.
    pub(super) training: Option<&'f Features>,
}

/// What is known of the images that others are compared with.
#[derive(Clone, Debug)]
pub(super) enum KnownReference {
    /// All of their features.
    Features(Features),
    /// As much as metrics need that [compare statistics](Metric::compares_statistics).
    Statistics(SufficientStatistics),
}

impl KnownReference {
    /// Number of images.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Features(features) => features.count,
            Self::Statistics(statistics) => statistics.count(),
        }
    }

    /// Features of an image.
    pub(super) fn dimension(&self) -> usize {
        match self {
            Self::Features(features) => features.dimension,
            Self::Statistics(statistics) => statistics.dimension(),
        }
    }
}

/// What a metric found, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Measurement {
    /// In the order of [`Metric::values`].
    pub(super) values: Vec<MeasuredValue>,
    /// What it was measured by, as facts of an entry.
    pub(super) facts: Vec<(&'static str, Value)>,
}

/// One number, with how certain it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct MeasuredValue {
    /// Its name in the table of metrics.
    pub(super) name: &'static str,
    pub(super) value: f64,
    pub(super) standard_error: Option<f64>,
    /// Over the parts that it is a mean over.
    pub(super) standard_deviation: Option<f64>,
    pub(super) interval: Option<Interval>,
}

impl MeasuredValue {
    pub(super) fn new(name: &'static str, value: f64) -> Self {
        Self {
            name,
            value,
            ..Self::default()
        }
    }
}

impl Measurement {
    /// Values without an error.
    pub(super) fn of<const N: usize>(values: [(&'static str, f64); N]) -> Self {
        Self {
            values: values
                .map(|(name, value)| MeasuredValue::new(name, value))
                .to_vec(),
            facts: Vec::new(),
        }
    }

    /// # Errors
    /// A value that is not finite.
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        match self.values.iter().find(|value| !value.value.is_finite()) {
            Some(MeasuredValue { name, value, .. }) => Err(MeasureError::NoNumber {
                value: name,
                found: *value,
            }),
            None => Ok(()),
        }
    }

    /// Adds what it was measured by.
    pub(super) fn fact(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// A Fréchet distance; the two ways to it say the same of themselves.
    pub(super) fn of_distance(distance: &FrechetDistance) -> Self {
        let measured = Self::of([("fid", distance.value)])
            .fact("mean_term", distance.mean_term)
            .fact("root", distance.method.name())
            .fact("estimator", "covariance with n - 1");
        match distance.clipped {
            true => measured.fact("fallback", "negative eigenvalues taken as 0"),
            false => measured,
        }
    }
}

/// Measures one metric of features, in f64 on the host.
///
/// # Errors
/// Those of the metric: sets too small, of two dimensions, or with values that are not finite. [`MeasureError::Stopped`] where
/// resampling was to stop.
///
/// # Panics
/// Where the metric needs a set that is not there, or features of which there are statistics alone, or no extractor.
pub(super) fn measure(
    metric: Metric,
    sets: FeatureSets<'_>,
    resampling: Option<Resampling<'_>>,
) -> Result<Measurement, MeasureError> {
    let (samples, d) = (sets.samples, sets.samples.dimension);
    let reference = || match sets.reference {
        Some(KnownReference::Features(features)) => features,
        Some(KnownReference::Statistics(_)) => panic!("{metric} needs features of the reference"),
        None => panic!("{metric} compares and was given no reference"),
    };
    let mut measured = match metric {
        Metric::Fid => {
            let distance = match sets.reference {
                Some(KnownReference::Statistics(reference)) => {
                    let samples = SufficientStatistics::of(&samples.features, d).map_err(FidError::Second)?;
                    frechet_distance_between(reference, &samples)?
                }
                _ => frechet_distance(&reference().features, &samples.features, d)?,
            };
            Measurement::of_distance(&distance)
        }
        Metric::FidInfinity {
            points,
            smallest,
            seed,
        } => {
            let settings = FidInfinitySettings {
                points,
                smallest,
                seed,
            };
            let found = match sets.reference {
                Some(KnownReference::Statistics(reference)) => {
                    fid_infinity_from(reference, &samples.features, d, &settings)?
                }
                _ => fid_infinity(&reference().features, &samples.features, d, &settings)?,
            };
            let mut measured = Measurement::of([("fid-infinity", found.value)])
                .fact("estimator", "line over 1/n, at 0")
                .fact("r_squared", found.r_squared)
                .fact("splits", found.points)
                .fact("subset_size", found.smallest);
            measured.values[0].standard_error = Some(found.standard_error);
            measured
        }
        Metric::Kid => {
            let found = kid(&reference().features, &samples.features, d)?;
            let mut measured =
                Measurement::of([("kid", found.value)]).fact("estimator", "cubic kernel, all pairs");
            measured.values[0].standard_error = Some(found.standard_error);
            measured
        }
        Metric::KidSubsets { subsets, size, seed } => {
            let settings = KidSubsetSettings { subsets, size, seed };
            let found = kid_subsets(&reference().features, &samples.features, d, &settings)?;
            let mut measured = Measurement::of([("kid-subsets", found.mean)])
                .fact("estimator", "cubic kernel, mean over subsets");
            measured.values[0].standard_deviation = Some(found.standard_deviation);
            measured
        }
        Metric::InceptionScore {
            splits,
            shuffle,
            divisor,
        } => {
            let settings = InceptionScoreSettings {
                splits,
                shuffle,
                divisor: match divisor {
                    study::Divisor::Population => metrics::Divisor::Population,
                    study::Divisor::Sample => metrics::Divisor::Sample,
                },
            };
            let found = inception_score(class_scores(samples), samples.classes, &settings)?;
            let estimator = if splits == 1 {
                "one split"
            } else {
                "mean over splits"
            };
            let mut measured =
                Measurement::of([("inception-score", found.mean)]).fact("estimator", estimator);
            measured.values[0].standard_deviation = found.standard_deviation;
            measured
        }
        Metric::PrecisionRecall { k } => {
            let settings = NeighbourSettings { k };
            let found = precision_recall(&reference().features, &samples.features, d, &settings)?;
            Measurement::of([("precision", found.precision), ("recall", found.recall)])
                .fact("estimator", "within the distance of a neighbour, itself included")
        }
        Metric::DensityCoverage { k } => {
            let settings = NeighbourSettings { k };
            let found = density_coverage(&reference().features, &samples.features, d, &settings)?;
            Measurement::of([("density", found.density), ("coverage", found.coverage)])
                .fact("estimator", "nearer than a neighbour")
        }
        Metric::Prd {
            clusters,
            angles,
            runs,
            seed,
        } => {
            let settings = PrdSettings {
                clusters,
                angles,
                runs,
                seed,
            };
            // The method is one for sets of equal size; of more samples the first are as good as any.
            let as_many = reference().features.len().min(samples.features.len());
            let found = prd(&reference().features, &samples.features[..as_many], d, &settings)?;
            let estimator = format!("{clusters} clusters, {angles} slopes");
            Measurement::of([("prd-f8", found.f8), ("prd-f1/8", found.f1_8)]).fact("estimator", estimator)
        }
        Metric::Memorization => {
            let training = sets.training.expect("memorization is given the training images");
            let found = memorization(&training.features, &samples.features, &reference().features, d)?;
            Measurement::of([
                ("memorization-authenticity", found.authenticity),
                ("memorization-data-copying", found.data_copying),
                ("memorization-copies", found.copies),
                ("memorization-distance-to-train", found.distance_to_train),
                ("memorization-distance-to-reference", found.distance_to_reference),
            ])
            .fact("estimator", "nearest neighbours")
            .fact("n_training", training.count)
        }
        Metric::MsSsim { .. } | Metric::Jacobian { .. } | Metric::DiscriminatorAccuracy { .. } => {
            panic!("{metric} is no metric of features")
        }
    };
    measured.check()?;
    measured.facts.extend(protocol_facts(metric));
    if let Some(reference) = sets.reference.filter(|_| metric.needs_reference()) {
        measured = measured.fact("n_reference", reference.count());
    }
    if let Some(resampling) = resampling.filter(|_| metric.has_intervals()) {
        let value = measured.values[0].value;
        measured.values[0].interval = Some(interval(metric, sets, resampling, value)?);
        measured = measured
            .fact("interval_level", resampling.bootstrap.level)
            .fact("interval_resamples", resampling.bootstrap.resamples);
    }
    let seen = match (metric, sets.reference) {
        (Metric::Prd { .. }, Some(reference)) => reference.count(),
        _ => samples.count,
    };
    Ok(measured.fact("n_samples", seen))
}

/// Measures how alike images are.
///
/// # Errors
/// Fewer than two images, or images too small for the form of the metric.
///
/// # Panics
/// Where the metric is another one than [`Metric::MsSsim`].
pub(super) fn similarity(metric: Metric, images: &Images) -> Result<Measurement, MeasureError> {
    let Metric::MsSsim { form, pairs, seed } = metric else {
        panic!("{metric} is no metric of images")
    };
    let settings = MsSsimSettings {
        form: match form {
            study::MsSsimForm::ShrinkingFilter => metrics::MsSsimForm::ShrinkingFilter,
            study::MsSsimForm::ShrinkingWidth => metrics::MsSsimForm::ShrinkingWidth,
            study::MsSsimForm::Standard => metrics::MsSsimForm::Standard,
        },
        pairs,
        seed,
    };
    let extents = [images.count, images.height, images.width, images.channels];
    let found = ms_ssim(&images.pixels, extents, &settings)?;
    let estimator = format!("five scales, {}", form.name());
    let mut measured = Measurement::of([("ms-ssim", found.mean)]).fact("estimator", estimator);
    measured.values[0].standard_deviation = Some(found.standard_deviation);
    measured.facts.extend(protocol_facts(metric));
    Ok(measured
        .fact("splits", found.pairs)
        .fact("n_samples", images.count))
}

/// What a metric's settings are called in the table of metrics.
pub(super) fn protocol_facts(metric: Metric) -> Vec<(&'static str, Value)> {
    match metric {
        Metric::Fid | Metric::Kid | Metric::Memorization | Metric::DiscriminatorAccuracy { .. } => Vec::new(),
        // The smallest number of images is what the number of all of them allows.
        Metric::FidInfinity { seed, .. } => vec![("metric_seed", seed.into())],
        Metric::KidSubsets { subsets, size, seed } => vec![
            ("splits", subsets.into()),
            ("subset_size", size.into()),
            ("metric_seed", seed.into()),
        ],
        Metric::InceptionScore {
            splits,
            shuffle,
            divisor,
        } => {
            let divisor = (splits > 1).then(|| ("divisor", divisor.name().into()));
            let seed = shuffle.map(|seed| ("metric_seed", seed.into()));
            [("splits", splits.into())]
                .into_iter()
                .chain(seed)
                .chain(divisor)
                .collect()
        }
        // How many pairs there were is what the metric finds.
        Metric::MsSsim { seed, .. } => vec![("metric_seed", seed.into())],
        Metric::PrecisionRecall { k } | Metric::DensityCoverage { k } => vec![("neighbours", k.into())],
        Metric::Prd { runs, seed, .. } => vec![("splits", runs.into()), ("metric_seed", seed.into())],
        Metric::Jacobian { latents } => vec![("splits", latents.into())],
    }
}

fn class_scores(features: &Features) -> ClassScores<'_> {
    match features.logits.is_empty() {
        true => ClassScores::Probabilities(&features.probabilities),
        false => ClassScores::Logits(&features.logits),
    }
}
