//! The kernel distance between two sets of features (Bińkowski et al. 2018, "KID"): the squared maximum mean discrepancy.
//!
//! ```text
//! k(x, y) = (x.y / d + 1)^3
//! KID = mean of k(x, x') over x != x'  +  mean of k(y, y') over y != y'  -  2 mean of k(x, y)
//! ```
//!
//! (Gretton et al. 2012, Equation 3; Bińkowski et al. 2018, Section 4). It has no bias, so it may be a little below 0, and
//! two sets of other sizes measure the same thing. [`kid`] takes all pairs; [`kid_subsets`] is the mean over random subsets
//! that most programs report. Knows no network: with features of Inception-v3 it is the KID, with those of another extractor
//! a distance that must not be compared with it.
//!
//! The error of [`kid`] is that of the jackknife for two samples (Arvesen 1969, Section 4):
//!
//! ```text
//! error^2 = (m - 1) / m sum over i of (KID without x_i - their mean)^2  +  the same over y
//! ```
//!
//! Where both sets have one distribution the pairs alone vary, and the error is estimated too large.

mod kernel;
mod subsets;

use self::kernel::{Rows, between, within};
use super::statistics::{FeaturesError, check_rows};

pub use subsets::{KidSubsetSettings, KidSubsets, kid_subsets};

/// Samples that a set needs: without one of them there must be a pair left.
const LEAST: usize = 3;

/// Two sets of features without a kernel distance.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum KidError {
    /// The reference has too few samples, or values that are no features.
    #[error("in the reference features: {0}")]
    Reference(FeaturesError),
    /// The samples are too few, or have values that are no features.
    #[error("in the generated features: {0}")]
    Samples(FeaturesError),
    /// Subsets have fewer than 2 samples, or there is none.
    #[error("{subsets} subsets of {size} samples measure nothing, at least 1 of 2 is needed")]
    Subsets {
        /// How many subsets were asked for.
        subsets: usize,
        /// Their size.
        size: usize,
    },
}

/// A kernel distance over all pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kid {
    /// The distance, which may be below 0.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// Computes the kernel distance between `reference` [m, d] and `samples` [n, d], row-major, over all pairs.
///
/// Kernels are computed in tiles in f64, so memory does not grow with the square of the samples, and the bits do not depend
/// on the number of threads.
///
/// # Errors
///
/// Where a set does not fill whole rows, has fewer than 3 samples, or a value that is not finite.
pub fn kid(reference: &[f32], samples: &[f32], d: usize) -> Result<Kid, KidError> {
    check_rows(reference, d, LEAST).map_err(KidError::Reference)?;
    check_rows(samples, d, LEAST).map_err(KidError::Samples)?;
    let (x, y) = (Rows::all(reference, d), Rows::all(samples, d));
    Ok(Sums::of(&x, &y).kid())
}

/// Sums of the kernel over pairs, for each sample.
struct Sums {
    /// Of x_i with the other x.
    xx: Vec<f64>,
    /// Of y_j with the other y.
    yy: Vec<f64>,
    /// Of x_i with the y.
    xy: Vec<f64>,
    /// Of y_j with the x.
    yx: Vec<f64>,
}

impl Sums {
    fn of(x: &Rows<'_>, y: &Rows<'_>) -> Self {
        let (xy, yx) = between(x, y);
        Self {
            xx: within(x),
            yy: within(y),
            xy,
            yx,
        }
    }

    fn kid(&self) -> Kid {
        let totals = [&self.xx, &self.yy, &self.xy].map(|sums| sums.iter().sum::<f64>());
        let [xx, yy, xy] = totals;
        let (m, n) = (self.xx.len() as f64, self.yy.len() as f64);
        let value = distance([xx, yy, xy], m, n);
        let without_x = self.xx.iter().zip(&self.xy);
        let without_x = without_x.map(|(own, cross)| distance([xx - 2.0 * own, yy, xy - cross], m - 1.0, n));
        let without_y = self.yy.iter().zip(&self.yx);
        let without_y = without_y.map(|(own, cross)| distance([xx, yy - 2.0 * own, xy - cross], m, n - 1.0));
        let variance = jackknife_variance(without_x, value) + jackknife_variance(without_y, value);
        Kid {
            value,
            standard_error: variance.sqrt(),
        }
    }
}

/// The distance of m and n samples from sums of the kernel over ordered pairs within x, within y, and between.
fn distance([xx, yy, xy]: [f64; 3], m: f64, n: f64) -> f64 {
    xx / (m * (m - 1.0)) + yy / (n * (n - 1.0)) - 2.0 * xy / (m * n)
}

/// `(n - 1) / n` times the sum of squares of the values around their mean, which lies near `about`.
fn jackknife_variance(values: impl Iterator<Item = f64>, about: f64) -> f64 {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        let difference = value - about;
        count += 1.0;
        sum += difference;
        squares += difference * difference;
    }
    (count - 1.0) / count * (squares - sum * sum / count).max(0.0)
}

#[cfg(test)]
mod tests;
