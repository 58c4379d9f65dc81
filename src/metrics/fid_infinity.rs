//! The Fréchet distance that infinitely many generated images would have (Chong & Forsyth 2020, "FID infinity").
//!
//! The distance of N samples is too large by about c / N, with a c that differs between generators, so equal N is not yet
//! a fair comparison. Distances of random subsets of several sizes are therefore fitted by a line in 1 / N, of which the
//! intercept is given (their Section 4.1 and Algorithm 1), with its standard error and the fit's R^2. The reference is used
//! whole; what its own number of images adds stays in.
//!
//! Subsets overlap, and the largest is the whole set. So the points vary together, and the standard error tells how well
//! the line fits rather than how far another set of images would move it.

mod line;

use rayon::prelude::*;

use self::line::Line;
use super::fid::{CovarianceFactor, FidError};
use super::statistics::{Statistics, check_rows};
use super::sufficient::SufficientStatistics;
use crate::random::Stream;

/// Fewest points of which a line has an error.
const LEAST_POINTS: usize = 3;

/// Which distances are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FidInfinitySettings {
    /// Number of subsets, at least 3, in equal steps from the smallest to the whole.
    pub points: usize,
    /// Samples of the smallest subset; half of the samples where these are fewer than twice as many.
    pub smallest: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for FidInfinitySettings {
    fn default() -> Self {
        Self {
            points: 15,
            smallest: 5000,
            seed: 0,
        }
    }
}

/// A Fréchet distance for infinitely many samples, in squared units of the features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FidInfinity {
    /// The intercept of the line.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Part of the distances' variance that the line explains; 1 where they are all equal.
    pub r_squared: f64,
    /// Number of distances that were fitted.
    pub points: usize,
    /// Samples of the smallest subset.
    pub smallest: usize,
}

/// Two sets of features without a distance for infinitely many samples.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FidInfinityError {
    /// A line needs more points.
    #[error("{points} subsets have no line with an error, at least {LEAST_POINTS} are needed")]
    TooFewPoints {
        /// How many were asked for.
        points: usize,
    },
    /// Subsets of half of the samples would not fill their dimensions, or not differ in size.
    #[error(
        "{count} generated samples are too few for a line through distances of {points} subsets in {d} dimensions: \
         at least {needed} are needed, as subsets must have more samples than dimensions"
    )]
    TooFewSamples {
        /// How many samples there are.
        count: usize,
        /// How many there must be.
        needed: usize,
        /// Features of a sample.
        d: usize,
        /// Number of subsets.
        points: usize,
    },
    /// The sets have no distance.
    #[error(transparent)]
    Fid(#[from] FidError),
}

/// Computes the distance between `reference` [m, d] and infinitely many samples like `samples` [n, d], row-major.
///
/// Subset p takes the first rows of an order from the stream `fid-infinity.subset` at step p.
///
/// # Errors
///
/// Where a set has no statistics; where half of the samples are no more than the dimensions, or fewer than the points; and
/// where there are fewer than 3 points.
pub fn fid_infinity(
    reference: &[f32],
    samples: &[f32],
    d: usize,
    settings: &FidInfinitySettings,
) -> Result<FidInfinity, FidInfinityError> {
    let reference = SufficientStatistics::of(reference, d).map_err(FidError::First)?;
    fid_infinity_from(&reference, samples, d, settings)
}

/// As [`fid_infinity`], with a reference whose statistics were stored or merged.
///
/// # Errors
///
/// As [`fid_infinity`], and where the reference has another number of features than `d`.
pub fn fid_infinity_from(
    reference: &SufficientStatistics,
    samples: &[f32],
    d: usize,
    settings: &FidInfinitySettings,
) -> Result<FidInfinity, FidInfinityError> {
    let sizes = sizes(samples, d, settings)?;
    let first = reference.dimension();
    if first != d {
        return Err(FidError::DimensionsDiffer { first, second: d }.into());
    }
    let moments = reference.clone().into_moments().map_err(FidError::First)?;
    let reference = moments.into_statistics().map_err(FidError::First)?;
    let factor = CovarianceFactor::of(&reference).map_err(FidError::from)?;
    let distance = |(point, size): (usize, &usize)| -> Result<f64, FidInfinityError> {
        let mut order =
            Stream::new(settings.seed, 0, "fid-infinity.subset", point as u64).permutation(samples.len() / d);
        order.truncate(*size);
        let subset = Statistics::of_rows(samples, d, &order);
        Ok(factor.distance(&reference, &subset).map_err(FidError::from)?)
    };
    let distances = sizes
        .par_iter()
        .enumerate()
        .map(distance)
        .collect::<Result<Vec<f64>, _>>()?;
    let inverse: Vec<f64> = sizes.iter().map(|size| 1.0 / *size as f64).collect();
    let line = Line::fitted(&inverse, &distances);
    Ok(FidInfinity {
        value: line.intercept,
        standard_error: line.standard_error,
        r_squared: line.r_squared,
        points: sizes.len(),
        smallest: sizes[0],
    })
}

/// Checks the samples, and gives the sizes of the subsets in ascending order.
fn sizes(samples: &[f32], d: usize, settings: &FidInfinitySettings) -> Result<Vec<usize>, FidInfinityError> {
    let count = check_rows(samples, d, 1).map_err(FidError::Second)?;
    let points = settings.points;
    if points < LEAST_POINTS {
        return Err(FidInfinityError::TooFewPoints { points });
    }
    let needed = 2 * (d + 1).max(points);
    if count < needed {
        return Err(FidInfinityError::TooFewSamples {
            count,
            needed,
            d,
            points,
        });
    }
    let smallest = settings.smallest.clamp(needed / 2, count / 2);
    Ok((0..points)
        .map(|point| smallest + (count - smallest) * point / (points - 1))
        .collect())
}

#[cfg(test)]
mod tests;
