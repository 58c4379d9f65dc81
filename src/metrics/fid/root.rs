//! The trace of (S1 S2)^(1/2) from covariances alone, on the host in f64.
//!
//! ```text
//! Tr (S1 S2)^(1/2) = sum of the roots of the eigenvalues of F' S2 F,   F F' = S1
//! ```
//!
//! since F F' S2 = S1 S2. F is the pivoted Cholesky factor of the covariance with the lower rank, so that F' S2 F has no
//! eigenvalue that should be 0, whose rounding noise has a root that is not small. A matrix that has no such factor, being
//! no covariance, gets one from its eigenvectors, with what should not be negative taken as 0; that is told.

use faer::{Mat, MatRef};

use super::factor::{Triangle, triangle};
use super::{FrechetDistance, RootMethod};
use crate::metrics::products::congruence;
use crate::metrics::spectrum::{NoConvergence, eigenvalues, eigenvectors};
use crate::metrics::statistics::Statistics;

/// Roundings of the largest eigenvalue, a dimension, below 0 up to which an eigenvalue counts as 0 but for rounding.
const ROUNDINGS: f64 = 16.0;

/// A trace of a root, and whether eigenvalues that are negative by more than rounding were taken as 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Root {
    pub(super) trace: f64,
    pub(super) clipped: bool,
}

/// Computes the trace of the root of a product of two covariances of one dimension.
pub(super) fn trace_of_root(a: &Statistics, b: &Statistics) -> Result<Root, NoConvergence> {
    let (first, second) = rayon::join(|| CovarianceFactor::of(a), || CovarianceFactor::of(b));
    let (first, second) = (first?, second?);
    let clipped = first.clipped || second.clipped;
    let root = if first.rank() <= second.rank() {
        first.root_with(b)
    } else {
        second.root_with(a)
    }?;
    Ok(Root {
        clipped: clipped || root.clipped,
        ..root
    })
}

/// A factor F [d, rank] of a covariance, which can be used for many roots.
pub(in crate::metrics) struct CovarianceFactor {
    factor: Mat<f64>,
    /// Where the factor is a triangle: which dimension each of its rows is.
    order: Option<Vec<usize>>,
    /// Trace of the covariance, which no eigenvalue exceeds.
    trace: f64,
    /// What the covariance was rounded to.
    rounding: f64,
    clipped: bool,
}

impl CovarianceFactor {
    /// The pivoted Cholesky factor, or where there is none that of the eigenvectors.
    pub(in crate::metrics) fn of(statistics: &Statistics) -> Result<Self, NoConvergence> {
        match triangle(statistics) {
            Some(triangle) if triangle.explains(statistics) => {
                let Triangle { lower, order, rank } = triangle;
                Ok(Self {
                    factor: Mat::from_fn(order.len(), rank, |i, j| if i >= j { lower[(i, j)] } else { 0.0 }),
                    order: Some(order),
                    trace: statistics.trace(),
                    rounding: statistics.rounding,
                    clipped: false,
                })
            }
            _ => Self::of_eigenvectors(statistics),
        }
    }

    /// The eigenvectors, each times the root of its eigenvalue.
    fn of_eigenvectors(statistics: &Statistics) -> Result<Self, NoConvergence> {
        let (values, mut factor) = eigenvectors(statistics.matrix())?;
        for (value, column) in values.iter().zip(factor.col_iter_mut()) {
            let root = value.max(0.0).sqrt();
            column.iter_mut().for_each(|x| *x *= root);
        }
        let largest = values
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        Ok(Self {
            factor,
            order: None,
            trace: statistics.trace(),
            rounding: statistics.rounding,
            clipped: is_clipped(&values, largest, statistics.rounding),
        })
    }

    /// The Fréchet distance between the `first` statistics, of which this is the factor, and the `second`.
    pub(in crate::metrics) fn distance(
        &self,
        first: &Statistics,
        second: &Statistics,
    ) -> Result<f64, NoConvergence> {
        let traces = [first.trace(), second.trace(), self.root_with(second)?.trace];
        let (a, b) = (&first.mean, &second.mean);
        Ok(FrechetDistance::from_parts(a, b, traces, RootMethod::CovarianceRoot).value)
    }

    fn rank(&self) -> usize {
        self.factor.ncols()
    }

    /// The trace of the root of this covariance and another.
    pub(super) fn root_with(&self, other: &Statistics) -> Result<Root, NoConvergence> {
        if self.rank() == 0 {
            return Ok(Root {
                trace: 0.0,
                clipped: self.clipped,
            });
        }
        let values = eigenvalues(self.inner(other).as_ref())?;
        let scale = self.trace.abs() * largest_entry(other);
        Ok(Root {
            trace: sum_of_roots(&values),
            clipped: self.clipped || is_clipped(&values, scale, self.rounding.max(other.rounding)),
        })
    }

    /// F' S F, of which the lower triangle counts.
    fn inner(&self, other: &Statistics) -> Mat<f64> {
        let (factor, matrix) = (self.factor.as_ref(), other.matrix());
        match &self.order {
            None => congruence(factor, matrix, false),
            Some(order) => congruence(factor, permuted(matrix, order).as_ref(), true),
        }
    }
}

/// Adds the square roots of eigenvalues, taking those below 0 as 0.
pub(super) fn sum_of_roots(eigenvalues: &[f64]) -> f64 {
    eigenvalues.iter().map(|value| value.max(0.0).sqrt()).sum()
}

/// Whether ascending eigenvalues of a matrix of this scale go below 0 by more than rounding.
fn is_clipped(eigenvalues: &[f64], scale: f64, rounding: f64) -> bool {
    let rounding = ROUNDINGS * eigenvalues.len() as f64 * rounding * scale;
    eigenvalues.first().is_some_and(|least| *least < -rounding)
}

fn largest_entry(statistics: &Statistics) -> f64 {
    statistics
        .covariance
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()))
}

/// The matrix with rows and columns in another order.
fn permuted(matrix: MatRef<'_, f64>, order: &[usize]) -> Mat<f64> {
    Mat::from_fn(order.len(), order.len(), |i, j| matrix[(order[i], order[j])])
}
