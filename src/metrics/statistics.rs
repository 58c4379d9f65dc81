//! Mean and covariance of features, in f64: what a Fréchet distance needs to know of one set of images.
//!
//! Knows no distance. `moments.rs` says how they are computed.

use faer::MatRef;

use super::moments::{Moments, check_parts};

/// Features that have no statistics.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FeaturesError {
    /// The values do not fill whole rows of `d` features.
    #[error("{values} values do not fill whole rows of {d} features")]
    PartialRow {
        /// How many values there are.
        values: usize,
        /// Features per sample that were announced.
        d: usize,
    },
    /// A covariance needs at least two samples, other measures more.
    #[error("at least {needed} samples are needed, found {count}")]
    TooFewSamples {
        /// How many samples there are.
        count: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A feature is infinite or not a number.
    #[error("feature {feature} of sample {sample} is {value}, expected a finite number")]
    NonFinite {
        /// Row of the first such value, from 0.
        sample: usize,
        /// Column of the first such value, from 0.
        feature: usize,
        /// The value.
        value: f32,
    },
    /// Sets that belong together differ in their number of features.
    #[error(
        "one set has {first} features a sample and the other {second}; they must come from one extractor"
    )]
    DimensionsDiffer {
        /// Features of the first set.
        first: usize,
        /// Features of the second set.
        second: usize,
    },
    /// A mean and a matrix that do not fit each other.
    #[error("a mean of {mean} values needs a matrix of as many rows and columns, found {matrix} values")]
    NoStatistics {
        /// Values of the mean.
        mean: usize,
        /// Values of the matrix.
        matrix: usize,
    },
    /// A mean or matrix holds what is infinite or not a number.
    #[error("the statistics hold {value}, expected finite numbers")]
    NonFiniteStatistic {
        /// The first such value.
        value: f64,
    },
}

/// Mean and covariance of `count` samples of `d` features.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Number of samples.
    pub count: usize,
    /// Mean of each feature, `[d]`.
    pub mean: Vec<f64>,
    /// Unbiased covariance (the centred second moment over `count - 1`), symmetric, row-major [d, d].
    pub covariance: Vec<f64>,
    /// What the covariance was rounded to, relative: `f64::EPSILON`, or more where a file has fewer digits.
    pub rounding: f64,
}

impl Statistics {
    /// Computes the statistics of `features`, row-major [n, d].
    ///
    /// # Errors
    ///
    /// Where the values do not fill whole rows, there are fewer than 2 rows, or a value is not finite.
    pub fn from_features(features: &[f32], d: usize) -> Result<Self, FeaturesError> {
        check(features, d)?;
        Ok(Self::around(features, mean(features, d)))
    }

    /// Takes statistics that were computed elsewhere: `mean` `[d]` and the unbiased `covariance`, row-major `[d, d]`.
    ///
    /// Of a covariance that is not symmetric the mean of both triangles counts. `rounding` is the relative spacing of the numbers
    /// that it was kept in.
    ///
    /// # Errors
    ///
    /// Where the sizes do not fit each other or a value is not finite.
    pub fn from_parts(
        count: usize,
        mean: Vec<f64>,
        covariance: Vec<f64>,
        rounding: f64,
    ) -> Result<Self, FeaturesError> {
        check_parts(&mean, &covariance)?;
        let d = mean.len();
        Ok(Self {
            count,
            covariance: mirrored(d, |row, column| {
                0.5 * (covariance[row * d + column] + covariance[column * d + row])
            }),
            mean,
            rounding,
        })
    }

    /// Computes the covariance of checked `features`, at least two rows, around their `mean`.
    pub(super) fn around(features: &[f32], mean: Vec<f64>) -> Self {
        let statistics = Moments::around(features, mean).into_statistics();
        statistics.expect("at least two samples were asked for")
    }

    /// Computes the statistics of some `rows`, at least two, of checked `features` [n, d].
    pub(super) fn of_rows(features: &[f32], d: usize, rows: &[usize]) -> Self {
        let statistics = Moments::of_rows(features, d, rows).into_statistics();
        statistics.expect("at least two rows were asked for")
    }

    /// Number of features, `d`.
    pub fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// Trace of the covariance.
    pub fn trace(&self) -> f64 {
        self.covariance.iter().step_by(self.dimension() + 1).sum()
    }

    /// The covariance as faer sees it, [d, d].
    pub(super) fn matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.covariance, self.dimension(), self.dimension())
    }
}

/// Returns how many samples `features` holds, for a covariance.
///
/// # Errors
///
/// As [`Statistics::from_features`].
pub(super) fn check(features: &[f32], d: usize) -> Result<usize, FeaturesError> {
    check_rows(features, d, 2)
}

/// Returns how many samples `features` holds, at least `needed`.
///
/// # Errors
///
/// Where the values do not fill whole rows, there are fewer than `needed`, or a value is not finite.
pub(super) fn check_rows(features: &[f32], d: usize, needed: usize) -> Result<usize, FeaturesError> {
    if d == 0 || !features.len().is_multiple_of(d) {
        return Err(FeaturesError::PartialRow {
            values: features.len(),
            d,
        });
    }
    let count = features.len() / d;
    if count < needed {
        return Err(FeaturesError::TooFewSamples { count, needed });
    }
    match features.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(FeaturesError::NonFinite {
            sample: at / d,
            feature: at % d,
            value: features[at],
        }),
        None => Ok(count),
    }
}

/// Mean of each column of `features` [n, d].
pub(super) fn mean(features: &[f32], d: usize) -> Vec<f64> {
    let mut sums = vec![0.0; d];
    for row in features.chunks_exact(d) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    let count = (features.len() / d) as f64;
    sums.iter_mut().for_each(|sum| *sum /= count);
    sums
}

/// Returns the rows of `features` less `mean`, times `scale`.
pub(super) fn centre(features: &[f32], mean: &[f64], scale: f64) -> Vec<f64> {
    let centre_row = |row: &[f32]| -> Vec<f64> {
        row.iter()
            .zip(mean)
            .map(|(&value, mean)| (f64::from(value) - mean) * scale)
            .collect()
    };
    features.chunks_exact(mean.len()).flat_map(centre_row).collect()
}

/// The symmetric matrix, row-major [d, d], whose lower triangle is given by row and column.
pub(super) fn mirrored(d: usize, lower: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut matrix = vec![0.0; d * d];
    for row in 0..d {
        for column in 0..=row {
            let value = lower(row, column);
            matrix[row * d + column] = value;
            matrix[column * d + row] = value;
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::metrics::moments::BLOCK_ROWS;

    #[test]
    fn statistics_of_three_points_are_those_worked_out_by_hand() {
        let statistics = Statistics::from_features(&[1.0, 2.0, 3.0, 2.0, 5.0, 8.0], 2).unwrap();
        assert_eq!(statistics.count, 3);
        assert_eq!(statistics.mean, [3.0, 4.0]);
        assert_eq!(statistics.covariance, [4.0, 6.0, 6.0, 12.0]);
        assert_eq!(statistics.trace(), 16.0);
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        let near_zero: Vec<f32> = (0..1200).map(|i| ((i * 7) % 16) as f32).collect();
        let far: Vec<f32> = near_zero.iter().map(|x| x + 1_048_576.0).collect();
        let (near_zero, far) = (
            Statistics::from_features(&near_zero, 2).unwrap(),
            Statistics::from_features(&far, 2).unwrap(),
        );
        for (a, b) in near_zero.covariance.iter().zip(&far.covariance) {
            assert!((a - b).abs() < 1e-10, "{a} {b}");
        }
    }

    #[test]
    fn more_samples_than_a_block_are_all_counted() {
        let n = 2 * BLOCK_ROWS + 3;
        let features: Vec<f32> = (0..n).map(|i| i as f32).collect();
        let statistics = Statistics::from_features(&features, 1).unwrap();
        let n = n as f64;
        assert!((statistics.trace() - n * (n + 1.0) / 12.0).abs() < 1e-9);
    }

    #[test]
    fn features_without_statistics_are_refused() {
        let refusal = |features: &[f32], d| Statistics::from_features(features, d).unwrap_err();
        assert_eq!(
            refusal(&[1.0; 5], 2),
            FeaturesError::PartialRow { values: 5, d: 2 }
        );
        assert_eq!(
            refusal(&[1.0; 5], 0),
            FeaturesError::PartialRow { values: 5, d: 0 }
        );
        assert_eq!(
            refusal(&[1.0; 3], 3),
            FeaturesError::TooFewSamples { count: 1, needed: 2 }
        );
        assert_eq!(
            refusal(&[], 3),
            FeaturesError::TooFewSamples { count: 0, needed: 2 }
        );
        let message = refusal(&[1.0, 2.0, 3.0, f32::NAN], 2).to_string();
        assert_eq!(message, "feature 1 of sample 1 is NaN, expected a finite number");
    }
}
