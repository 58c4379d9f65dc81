//! A factor F of a covariance S = F F', in f64: the samples themselves, or a thin triangle. Knows no device.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt_pivoting::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::{Mat, Par};

use super::Samples;
use crate::metrics::statistics::Statistics;

/// Roundings of the largest variance, a dimension, up to which nothing is left of a covariance.
const ROUNDINGS: f64 = 16.0;

/// A matrix whose product with its own transpose is a covariance over `trace`, but for what is `missing`.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    /// Row-major, [d, rank] or [rank, d].
    pub(super) values: Vec<f64>,
    pub(super) shape: [usize; 2],
    /// Whether the rows are the dimensions.
    pub(super) by_dimension: bool,
    /// Trace of the covariance.
    pub(super) trace: f64,
    /// Trace of what the factor leaves out of the covariance.
    pub(super) missing: f64,
}

impl Factor {
    /// The centred samples over sqrt(n - 1), for sets that do not fill their dimensions.
    pub(super) fn of_samples(samples: &Samples<'_>) -> Self {
        let mut values = samples.scaled();
        let trace = values.iter().map(|x| x * x).sum();
        divide(&mut values, trace);
        Self {
            values,
            shape: [samples.count, samples.mean.len()],
            by_dimension: false,
            trace,
            missing: 0.0,
        }
    }

    /// The pivoted Cholesky factor (Higham 2002, section 10.3): each step takes the dimension whose variance the steps
    /// before explain least. It ends where no dimension has more than d 2^-52 of the largest variance left, so a
    /// covariance of low rank has a thin factor; nothing is added to the diagonal.
    ///
    /// `None` if the diagonal has a value below 0 or one that is not finite.
    pub(super) fn of_covariance(statistics: &Statistics) -> Option<Self> {
        let Triangle { lower, order, rank } = triangle(statistics)?;
        let (d, trace) = (order.len(), statistics.trace());
        let mut values = in_order(&lower, &order, rank);
        let missing = missing(statistics, &values, rank);
        divide(&mut values, trace);
        Some(Self {
            values,
            shape: [d, rank],
            by_dimension: true,
            trace,
            missing,
        })
    }

    /// Columns of F.
    pub(super) fn rank(&self) -> usize {
        self.shape[usize::from(self.by_dimension)]
    }

    /// `F v` [d] of `v` [rank].
    pub(super) fn times(&self, vector: &[f64]) -> Vec<f64> {
        self.product(vector, self.by_dimension)
    }

    /// `F' x` [rank] of `x` [d].
    pub(super) fn transposed_times(&self, vector: &[f64]) -> Vec<f64> {
        self.product(vector, !self.by_dimension)
    }

    /// The product of the values as they lie in memory, or of their transpose, with a vector.
    fn product(&self, vector: &[f64], as_they_lie: bool) -> Vec<f64> {
        let [rows, columns] = self.shape;
        let mut product = vec![0.0; if as_they_lie { rows } else { columns }];
        for (i, row) in self.values.chunks_exact(columns.max(1)).enumerate() {
            if as_they_lie {
                product[i] = row.iter().zip(vector).map(|(a, b)| a * b).sum();
            } else {
                product
                    .iter_mut()
                    .zip(row)
                    .for_each(|(sum, x)| *sum += x * vector[i]);
            }
        }
        product
    }
}

/// The pivoted Cholesky factor as faer leaves it.
pub(super) struct Triangle {
    /// [d, d], of which the first `rank` columns count, from the diagonal down.
    pub(super) lower: Mat<f64>,
    /// Which dimension each row is.
    pub(super) order: Vec<usize>,
    pub(super) rank: usize,
}

/// Factors a covariance; `None` if its diagonal has a value below 0 or one that is not finite, at first or on the way.
pub(super) fn triangle(statistics: &Statistics) -> Option<Triangle> {
    let d = statistics.dimension();
    let mut variances = statistics.covariance.iter().step_by(d + 1);
    if !variances.all(|variance| *variance >= 0.0 && variance.is_finite()) {
        return None;
    }
    let mut lower = statistics.matrix().to_owned();
    let (mut order, mut inverse) = ((0..d).collect::<Vec<_>>(), vec![0usize; d]);
    if statistics.trace() == 0.0 {
        return Some(Triangle {
            lower,
            order,
            rank: 0,
        });
    }
    let scratch = cholesky_in_place_scratch::<usize, f64>(d, Par::Seq, Default::default());
    let rank = cholesky_in_place(
        lower.as_mut(),
        &mut order,
        &mut inverse,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .ok()?
    .0
    .rank;
    // Of a covariance with fewer digits more of the last pivots, which descend, are nothing but rounding.
    let nothing = d as f64 * statistics.rounding * largest_variance(statistics);
    let rank = (0..rank)
        .take_while(|&i| lower[(i, i)] * lower[(i, i)] > nothing)
        .count();
    Some(Triangle { lower, order, rank })
}

impl Triangle {
    /// Whether F F' is the covariance, but for rounding: what is left of rows that the factor does not span must be
    /// nothing, off the diagonal as well.
    pub(super) fn explains(&self, statistics: &Statistics) -> bool {
        let (d, rank) = (self.order.len(), self.rank);
        let rounding = ROUNDINGS * d as f64 * statistics.rounding * largest_variance(statistics);
        let rest = self.lower.submatrix(rank, 0, d - rank, rank);
        let explained = super::product(rest, rest.transpose());
        let left = |i: usize, j: usize| {
            let at = self.order[rank + i] * d + self.order[rank + j];
            (statistics.covariance[at] - explained[(i, j)]).abs()
        };
        (0..d - rank).all(|i| (0..=i).all(|j| left(i, j) <= rounding))
    }
}

fn largest_variance(statistics: &Statistics) -> f64 {
    let variances = statistics.covariance.iter().step_by(statistics.dimension() + 1);
    variances.fold(0.0, |a: f64, b| a.max(*b))
}

/// The first `rank` columns of a lower triangle, its rows put back where they were.
fn in_order(lower: &Mat<f64>, order: &[usize], rank: usize) -> Vec<f64> {
    let mut values = vec![0.0; order.len() * rank];
    if rank > 0 {
        for (row, dimension) in order.iter().enumerate() {
            for column in 0..rank.min(row + 1) {
                values[dimension * rank + column] = lower[(row, column)];
            }
        }
    }
    values
}

/// Sum over the dimensions of the part of the variance that the factor does not have.
fn missing(statistics: &Statistics, values: &[f64], rank: usize) -> f64 {
    let variances = statistics.covariance.iter().step_by(statistics.dimension() + 1);
    if rank == 0 {
        return variances.sum();
    }
    let explained = values
        .chunks_exact(rank)
        .map(|row| row.iter().map(|x| x * x).sum::<f64>());
    variances
        .zip(explained)
        .map(|(variance, explained)| (variance - explained).abs())
        .sum()
}

/// Makes the sum of the squares 1, so that products in f32 stay within its range whatever the features' units.
fn divide(values: &mut [f64], trace: f64) {
    let scale = 1.0 / trace.sqrt();
    if trace > 0.0 {
        values.iter_mut().for_each(|x| *x *= scale);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn statistics(rows: &[&[f64]]) -> Statistics {
        Statistics {
            count: 2,
            mean: vec![0.0; rows.len()],
            covariance: rows.concat(),
            rounding: f64::EPSILON,
        }
    }

    #[test]
    fn a_factor_times_its_transpose_is_the_covariance() {
        let covariance = statistics(&[&[4.0, 2.0, 0.4], &[2.0, 9.0, -3.0], &[0.4, -3.0, 7.0]]);
        let factor = Factor::of_covariance(&covariance).unwrap();
        assert_eq!((factor.shape, factor.trace), ([3, 3], 20.0));
        for i in 0..3 {
            for j in 0..3 {
                let rows = (&factor.values[3 * i..][..3], &factor.values[3 * j..][..3]);
                let product: f64 = rows.0.iter().zip(rows.1).map(|(a, b)| a * b).sum();
                let expected = covariance.covariance[3 * i + j] / 20.0;
                assert!(
                    (product - expected).abs() < 1e-15,
                    "{i} {j}: {product} {expected}"
                );
            }
        }
        assert!(factor.missing < 1e-14);
    }

    #[test]
    fn a_covariance_of_low_rank_has_a_thin_factor() {
        let covariance = statistics(&[&[1.0, 0.0, 2.0], &[0.0, 0.0, 0.0], &[2.0, 0.0, 4.0]]);
        let factor = Factor::of_covariance(&covariance).unwrap();
        assert_eq!((factor.shape, factor.missing), ([3, 1], 0.0));
        let nothing = Factor::of_covariance(&statistics(&[&[0.0, 0.0], &[0.0, 0.0]])).unwrap();
        assert_eq!(
            (nothing.shape, nothing.missing, nothing.trace),
            ([2, 0], 0.0, 0.0)
        );
    }

    #[test]
    fn what_is_no_covariance_has_no_factor() {
        assert!(Factor::of_covariance(&statistics(&[&[1.0, 0.0], &[0.0, -1.0]])).is_none());
        assert!(Factor::of_covariance(&statistics(&[&[f64::NAN]])).is_none());
    }
}
