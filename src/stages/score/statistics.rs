//! The Fréchet distance where a side is a mean and a covariance, as the programs in Python keep them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gan_cache::Value;
use gan_pipeline::{Blame, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use super::Side;
use super::error::ScoreError;
use super::extract::of_input;
use super::input::{COVARIANCE, MEAN, STATISTICS_HINT};
use super::parts::{Wanted, joined_features, merged_statistics};
use crate::arrays::{self, ArrayFile, Element};
use crate::metrics::{FeaturesError, Moments, Statistics, frechet_distance_of_statistics};
use crate::stages::device::on_threads;
use crate::stages::measurement::Measurement;
use crate::stages::metric::{METRIC_VERSION, metric_parameters, tell};
use crate::study::Metric;

/// The spacing of numbers of 16 bits at 1.
const HALF_EPSILON: f64 = 1.0 / 1024.0;

/// How far a covariance may be from symmetric, as a share of its largest number: what summing in f32 leaves.
const ASYMMETRY: f64 = 1e-4;

/// Measures the distance of two sides, of which some are files of statistics: inputs `reference` and `samples` are of the
/// others, statistics of the reference's parts and features of the generated side's.
pub(super) struct MeasureStatistics {
    pub(super) reference: StatisticsOf,
    pub(super) generated: StatisticsOf,
}

/// Where the statistics of a side come from.
pub(super) enum StatisticsOf {
    /// A file of them.
    File(PathBuf),
    /// So many parts.
    Parts(usize),
}

pub(super) const REFERENCE_FILE: &str = "reference_statistics";
pub(super) const GENERATED_FILE: &str = "generated_statistics";

impl Stage for MeasureStatistics {
    fn kind(&self) -> &'static str {
        "metric"
    }

    fn version(&self) -> u32 {
        METRIC_VERSION
    }

    fn name(&self) -> String {
        Metric::Fid.name().to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = metric_parameters(Metric::Fid);
        parameters.insert("of".to_owned(), Value::from("statistics"));
        parameters
    }

    fn sources(&self) -> Vec<Source> {
        let sides = [
            (REFERENCE_FILE, &self.reference),
            (GENERATED_FILE, &self.generated),
        ];
        let sources = sides.into_iter().filter_map(|(name, side)| match side {
            StatisticsOf::File(path) => Some(Source {
                name: name.to_owned(),
                path: path.clone(),
            }),
            StatisticsOf::Parts(_) => None,
        });
        sources.collect()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let (reference, n_reference) = match &self.reference {
            StatisticsOf::File(path) => (read(path).map_err(of_input)?, None),
            StatisticsOf::Parts(parts) => {
                let known = merged_statistics(context, Side::Reference, *parts)?;
                let count = known.count();
                (of_sample(Side::Reference, known.into_moments())?, Some(count))
            }
        };
        let (generated, n_samples) = match &self.generated {
            StatisticsOf::File(path) => (read(path).map_err(of_input)?, None),
            StatisticsOf::Parts(parts) => {
                let features = joined_features(context, Side::Generated, *parts, Wanted::Features)?;
                let moments = Moments::of(&features.features, features.dimension);
                (of_sample(Side::Generated, moments)?, Some(features.count))
            }
        };
        let distance = on_threads(context.threads(), || {
            frechet_distance_of_statistics(&reference, &generated)
                .map_err(|error| StageFailure::from(error).with_blame(Blame::Data))
        })?;
        let mut measured = Measurement::of_distance(&distance);
        measured
            .check()
            .map_err(|error| StageFailure::from(error).with_blame(Blame::Data))?;
        for (name, count) in [("n_reference", n_reference), ("n_samples", n_samples)] {
            if let Some(count) = count {
                measured = measured.fact(name, count);
            }
        }
        tell(&measured, Metric::Fid, context);
        Ok(Outcome::Completed)
    }
}

fn of_sample(side: Side, moments: Result<Moments, FeaturesError>) -> Result<Statistics, StageFailure> {
    let statistics = moments.and_then(Moments::into_statistics);
    statistics.map_err(|error| {
        StageFailure::message(format!("of the {} side: {error}", side.name())).with_blame(Blame::Data)
    })
}

/// Reads `mu [d]` and `sigma [d, d]`. How many images they are of the files do not say.
fn read(path: &Path) -> Result<Statistics, ScoreError> {
    let refused = |array: &ArrayFile, expected| ScoreError::of_array(array, expected, STATISTICS_HINT);
    let (mean, covariance) = (
        arrays::open_named(path, MEAN)?,
        arrays::open_named(path, COVARIANCE)?,
    );
    let (mean_values, values) = (mean.to_f64()?, covariance.to_f64()?);
    for (array, values, expected) in [
        (&mean, &mean_values, "finite numbers in mu"),
        (&covariance, &values, "finite numbers in sigma"),
    ] {
        if !values.iter().all(|value| value.is_finite()) {
            return Err(refused(array, expected));
        }
    }
    let d = mean_values.len();
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let is_symmetric = (0..d * d).all(|at| {
        let mirrored = values[at % d * d + at / d];
        (values[at] - mirrored).abs() <= ASYMMETRY * largest
    });
    if !is_symmetric {
        return Err(refused(&covariance, "a covariance, which is symmetric"));
    }
    if (0..d).any(|at| values[at * d + at] < 0.0) {
        return Err(refused(
            &covariance,
            "a covariance, whose diagonal is not negative",
        ));
    }
    let rounding = match covariance.element() {
        Element::F16 => HALF_EPSILON,
        Element::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    // Of the count the distance makes no use.
    let statistics = Statistics::from_parts(0, mean_values, values, rounding);
    statistics.map_err(|_| refused(&covariance, "sigma of shape [d, d], with the d of mu"))
}
