//! Count, mean and centred second moment of features, in f64: statistics of parts that merge to those of the whole.
//!
//! ```text
//! n = na + nb,   mean = mean_a + delta nb / n,   M = Ma + Mb + delta delta' na nb / n,   delta = mean_b - mean_a
//! ```
//!
//! (Chan, Golub & LeVeque 1979, Equation 2.1, for vectors), with M the sum of (x - mean)(x - mean)' over the samples. So a
//! set can be cut into shards, each taken in two passes: first the mean, then products of centred rows, which costs no
//! digits of a large mean. Knows no distance and no file.
//!
//! Sums run over the samples in their order, and the bits do not depend on the number of threads.

use faer::{Mat, MatRef};

use super::products::add_squares;
use super::statistics::{FeaturesError, Statistics, centre, check_rows, mean, mirrored};

/// Rows that are centred and multiplied at a time: enough for a fast product, little memory.
pub(super) const BLOCK_ROWS: usize = 512;

/// What statistics of a set are made of, and what parts of a set can be merged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    count: usize,
    mean: Vec<f64>,
    second_moment: Vec<f64>,
}

impl Moments {
    /// Those of no sample of `d` features, with which merging changes nothing.
    #[must_use]
    pub fn empty(d: usize) -> Self {
        Self {
            count: 0,
            mean: vec![0.0; d],
            second_moment: vec![0.0; d * d],
        }
    }

    /// Those of `features`, row-major [n, d] with n at least 1.
    ///
    /// # Errors
    ///
    /// Where the values do not fill whole rows, there is no row, or a value is not finite.
    pub fn of(features: &[f32], d: usize) -> Result<Self, FeaturesError> {
        check_rows(features, d, 1)?;
        Ok(Self::around(features, mean(features, d)))
    }

    /// Those of checked `features` around their `mean`.
    pub(super) fn around(features: &[f32], mean: Vec<f64>) -> Self {
        let d = mean.len();
        let mut lower = Mat::zeros(d, d);
        for block in features.chunks(BLOCK_ROWS * d) {
            let centred = centre(block, &mean, 1.0);
            add_squares(
                lower.as_mut(),
                MatRef::from_row_major_slice(&centred, block.len() / d, d),
            );
        }
        Self {
            count: features.len() / d,
            mean,
            second_moment: mirrored(d, |row, column| lower[(row, column)]),
        }
    }

    /// Those of some rows of checked `features`.
    pub(super) fn of_rows(features: &[f32], d: usize, rows: &[usize]) -> Self {
        let gathered = |rows: &[usize]| -> Vec<f32> {
            rows.iter()
                .flat_map(|row| &features[row * d..][..d])
                .copied()
                .collect()
        };
        let mut mean = vec![0.0; d];
        for row in rows {
            let row = &features[row * d..][..d];
            mean.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += f64::from(*value));
        }
        mean.iter_mut().for_each(|sum| *sum /= rows.len() as f64);
        let mut lower = Mat::zeros(d, d);
        for block in rows.chunks(BLOCK_ROWS) {
            let centred = centre(&gathered(block), &mean, 1.0);
            add_squares(
                lower.as_mut(),
                MatRef::from_row_major_slice(&centred, block.len(), d),
            );
        }
        Self {
            count: rows.len(),
            mean,
            second_moment: mirrored(d, |row, column| lower[(row, column)]),
        }
    }

    /// Takes moments that were stored: `mean` `[d]` and `second_moment` `[d, d]`, which is the sum of (x - mean)(x - mean)'.
    ///
    /// # Errors
    ///
    /// Where the sizes do not fit each other or a value is not finite.
    pub fn from_parts(count: usize, mean: Vec<f64>, second_moment: Vec<f64>) -> Result<Self, FeaturesError> {
        check_parts(&mean, &second_moment)?;
        Ok(Self {
            count,
            mean,
            second_moment,
        })
    }

    /// Those of the samples of both.
    ///
    /// # Errors
    ///
    /// Where they differ in their number of features.
    pub fn merge(mut self, other: &Self) -> Result<Self, FeaturesError> {
        let d = self.dimension();
        if other.dimension() != d {
            return Err(FeaturesError::DimensionsDiffer {
                first: d,
                second: other.dimension(),
            });
        }
        if self.count == 0 || other.count == 0 {
            return Ok(if self.count == 0 { other.clone() } else { self });
        }
        let (own, part) = (self.count as f64, other.count as f64);
        let whole = own + part;
        let delta: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(b, a)| b - a).collect();
        let weight = own * part / whole;
        let rows = self
            .second_moment
            .chunks_exact_mut(d)
            .zip(other.second_moment.chunks_exact(d));
        for ((sums, parts), of_row) in rows.zip(&delta) {
            for ((sum, part), of_column) in sums.iter_mut().zip(parts).zip(&delta) {
                *sum = *sum + part + of_row * of_column * weight;
            }
        }
        for (mean, delta) in self.mean.iter_mut().zip(&delta) {
            *mean += delta * part / whole;
        }
        self.count += other.count;
        Ok(self)
    }

    /// Mean and unbiased covariance.
    ///
    /// # Errors
    ///
    /// Where there are fewer than 2 samples.
    pub fn into_statistics(self) -> Result<Statistics, FeaturesError> {
        let (count, mean, mut covariance) = self.into_parts();
        if count < 2 {
            return Err(FeaturesError::TooFewSamples { count, needed: 2 });
        }
        let divisor = (count - 1) as f64;
        covariance.iter_mut().for_each(|value| *value /= divisor);
        Ok(Statistics {
            count,
            mean,
            covariance,
            rounding: f64::EPSILON,
        })
    }

    /// Count, mean `[d]` and second moment `[d, d]`, as [`Self::from_parts`] takes them.
    #[must_use]
    pub fn into_parts(self) -> (usize, Vec<f64>, Vec<f64>) {
        (self.count, self.mean, self.second_moment)
    }

    /// Number of samples.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of features, `d`.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// Mean of each feature, `[d]`.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The sum of (x - mean)(x - mean)', symmetric, row-major [d, d].
    #[must_use]
    pub fn second_moment(&self) -> &[f64] {
        &self.second_moment
    }
}

/// Refuses a mean and a matrix that do not fit each other, or hold what is not finite.
pub(super) fn check_parts(mean: &[f64], matrix: &[f64]) -> Result<(), FeaturesError> {
    let d = mean.len();
    if d == 0 || matrix.len() != d * d {
        return Err(FeaturesError::NoStatistics {
            mean: d,
            matrix: matrix.len(),
        });
    }
    match mean.iter().chain(matrix).find(|value| !value.is_finite()) {
        Some(&value) => Err(FeaturesError::NonFiniteStatistic { value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
