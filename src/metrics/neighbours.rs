//! Nearest neighbours among features, by Euclidean distance: what precision and recall, density and coverage, and
//! memorization count. Knows no metric.
//!
//! Distances are squared, in f64:
//!
//! ```text
//! D(a, b) = sum over j of (a_j - b_j)^2
//! ```
//!
//! summed in one order that depends on the number of features alone. Nobody keeps all distances: rows and columns meet in
//! tiles, whose distances are estimated as |a|^2 + |b|^2 - 2 ab by a product of matrices. The estimate loses digits where
//! a and b are close, so it decides only what its error bound leaves no doubt about; everything else is decided by D itself.
//! So each neighbour and each count is that of D, and the size of tiles, the order of samples, the number of threads and the
//! machine change nothing.

use std::fmt;
use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Rows and columns of a tile: enough for a fast product, little memory.
pub(super) const TILE: usize = 256;

/// Sums that a distance is added up from; as many as a vector register of any machine holds.
const LANES: usize = 16;

/// Which of the sets that a metric is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureSet {
    /// Features of real images that samples are compared with.
    Reference,
    /// Features of generated images.
    Samples,
    /// Features of the images that the generator was trained on.
    Train,
}

impl fmt::Display for FeatureSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Reference => "reference",
            Self::Samples => "samples",
            Self::Train => "training images",
        })
    }
}

/// Features without neighbours.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NeighbourError {
    /// The values do not fill whole rows of `d` features.
    #[error("of the {set}, {values} values do not fill whole rows of {d} features")]
    PartialRow {
        /// The set.
        set: FeatureSet,
        /// How many values there are.
        values: usize,
        /// Features per sample that were announced.
        d: usize,
    },
    /// There are too few samples.
    #[error("of the {set} there are {count}, and at least {needed} are needed")]
    TooFewSamples {
        /// The set.
        set: FeatureSet,
        /// How many samples there are.
        count: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A feature is infinite or not a number.
    #[error("feature {feature} of sample {sample} of the {set} is {value}, expected a finite number")]
    NonFinite {
        /// The set.
        set: FeatureSet,
        /// Row of the first such value, from 0.
        sample: usize,
        /// Column of the first such value, from 0.
        feature: usize,
        /// The value.
        value: f32,
    },
    /// No neighbour was asked for.
    #[error("the number of neighbours is 0, expected at least 1")]
    NoNeighbours,
}

/// How many neighbours a ball reaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourSettings {
    /// The ball around an image reaches to its k-th nearest neighbour, itself not counted; at least 1.
    pub k: usize,
}

/// A nearest neighbour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Neighbour {
    /// Its row, from 0.
    pub(super) index: usize,
    /// The squared distance to it.
    pub(super) distance: f64,
}

/// Checked features `[n, d]` with the squared length of each row.
pub(super) struct Points<'a> {
    features: &'a [f32],
    d: usize,
    squares: Vec<f64>,
}

impl<'a> Points<'a> {
    /// Takes features of at least `needed` samples, row-major `[n, d]`.
    pub(super) fn new(
        set: FeatureSet,
        features: &'a [f32],
        d: usize,
        needed: usize,
    ) -> Result<Self, NeighbourError> {
        let values = features.len();
        if d == 0 || !values.is_multiple_of(d) {
            return Err(NeighbourError::PartialRow { set, values, d });
        }
        let count = values / d;
        if count < needed {
            return Err(NeighbourError::TooFewSamples { set, count, needed });
        }
        if let Some(at) = features.iter().position(|value| !value.is_finite()) {
            return Err(NeighbourError::NonFinite {
                set,
                sample: at / d,
                feature: at % d,
                value: features[at],
            });
        }
        Ok(Self::of_finite(features, d))
    }

    /// Takes features that are known to be finite and to fill whole rows.
    pub(super) fn of_finite(features: &'a [f32], d: usize) -> Self {
        let square = |row: &[f32]| squared_length(row);
        Self {
            features,
            d,
            squares: features.chunks_exact(d).map(square).collect(),
        }
    }

    /// Number of samples, `n`.
    pub(super) fn count(&self) -> usize {
        self.squares.len()
    }

    /// Features of a sample, `d`.
    pub(super) fn dimension(&self) -> usize {
        self.d
    }

    /// The features of a sample, `[d]`.
    pub(super) fn row(&self, index: usize) -> &'a [f32] {
        &self.features[index * self.d..][..self.d]
    }

    /// The squared length of a sample's features.
    pub(super) fn square(&self, index: usize) -> f64 {
        self.squares[index]
    }

    /// Rows in f64, `[rows, d]`, into `into`.
    pub(super) fn widen(&self, rows: Range<usize>, into: &mut Vec<f64>) {
        let values = &self.features[rows.start * self.d..rows.end * self.d];
        into.clear();
        into.extend(values.iter().map(|&value| f64::from(value)));
    }
}

/// D of two rows of equal length.
pub(super) fn squared_distance<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            let difference: f64 = a.into() - b.into();
            *sum += difference * difference;
        }
    }
    for (sum, (&a, &b)) in sums.iter_mut().zip(rest) {
        let difference: f64 = a.into() - b.into();
        *sum += difference * difference;
    }
    sums.iter().sum()
}

/// The squared length of a row.
pub(super) fn squared_length<A: Copy + Into<f64>>(row: &[A]) -> f64 {
    row.iter()
        .map(|&value| {
            let value: f64 = value.into();
            value * value
        })
        .sum()
}

/// How far |a|^2 + |b|^2 - 2 ab may be from D, both as computed, in proportion to |a|^2 + |b|^2.
///
/// With unit roundoff u, a sum of d products in any order is off by at most g times the sum of their sizes, g = d u / (1 - d u)
/// (Higham 2002, section 3.1). Each squared length is so off by g |a|^2, and twice the product by 2 g |a| |b|, which is at most
/// g (|a|^2 + |b|^2); D is off by at most (g + 3 u) D, and D is at most 2 (|a|^2 + |b|^2). So the two differ by at most 4 g and some
/// u; twice that is allowed.
pub(super) fn slack(d: usize) -> f64 {
    8.0 * (d + 8) as f64 * (f64::EPSILON / 2.0)
}

/// Estimated distances between some rows and some columns.
pub(super) struct Tile<'a> {
    rows: &'a Points<'a>,
    columns: &'a Points<'a>,
    row_range: Range<usize>,
    column_range: Range<usize>,
    /// `[rows, columns]` of the tile.
    products: &'a [f64],
    slack: f64,
}

impl Tile<'_> {
    /// Numbers of the rows.
    pub(super) fn rows(&self) -> Range<usize> {
        self.row_range.clone()
    }

    /// Numbers of the columns.
    pub(super) fn columns(&self) -> Range<usize> {
        self.column_range.clone()
    }

    /// Between what bounds the squared distance of a row and a column lies.
    #[inline]
    fn bounds(&self, row: usize, column: usize) -> (f64, f64) {
        let width = self.column_range.len();
        let product =
            self.products[(row - self.row_range.start) * width + (column - self.column_range.start)];
        let squares = self.rows.squares[row] + self.columns.squares[column];
        let (estimate, slack) = (squares - 2.0 * product, self.slack * squares);
        (estimate - slack, estimate + slack)
    }

    /// D of a row and a column.
    pub(super) fn distance(&self, row: usize, column: usize) -> f64 {
        squared_distance(self.rows.row(row), self.columns.row(column))
    }

    /// D of a row and a column where it is less than `limit`.
    #[inline]
    pub(super) fn distance_below(&self, row: usize, column: usize, limit: f64) -> Option<f64> {
        if limit == 0.0 || self.bounds(row, column).0 >= limit {
            return None;
        }
        let distance = self.distance(row, column);
        (distance < limit).then_some(distance)
    }

    /// Whether D of a row and a column is at most `limit`.
    #[inline]
    pub(super) fn is_at_most(&self, row: usize, column: usize, limit: f64) -> bool {
        let (low, high) = self.bounds(row, column);
        high <= limit || (low <= limit && self.distance(row, column) <= limit)
    }

    /// Whether D of a row and a column is less than `limit`.
    #[inline]
    pub(super) fn is_less(&self, row: usize, column: usize, limit: f64) -> bool {
        let (low, high) = self.bounds(row, column);
        high < limit || (low < limit && limit > 0.0 && self.distance(row, column) < limit)
    }
}

/// Visits all pairs of a row and a column tile by tile; what is found of each strip of rows, in their order.
///
/// Strips run in parallel; each begins with what `begin` makes for its rows and sees the columns in order.
pub(super) fn sweep<S: Send>(
    rows: &Points<'_>,
    columns: &Points<'_>,
    begin: impl Fn(Range<usize>) -> S + Sync,
    visit: impl Fn(&mut S, &Tile<'_>) + Sync,
) -> Vec<S> {
    let strips: Vec<Range<usize>> = tiles(rows.count()).collect();
    let of_strip = |row_range: Range<usize>| {
        let mut found = begin(row_range.clone());
        let (mut left, mut right, mut products) = (Vec::new(), Vec::new(), Vec::new());
        rows.widen(row_range.clone(), &mut left);
        for column_range in tiles(columns.count()) {
            columns.widen(column_range.clone(), &mut right);
            products.resize(row_range.len() * column_range.len(), 0.0);
            multiply(&left, &right, rows.d, &mut products);
            let tile = Tile {
                rows,
                columns,
                row_range: row_range.clone(),
                column_range,
                products: &products,
                slack: slack(rows.d),
            };
            visit(&mut found, &tile);
        }
        found
    };
    strips.into_par_iter().map(of_strip).collect()
}

/// 0..n in pieces of a tile.
pub(super) fn tiles(n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n)
        .step_by(TILE)
        .map(move |start| start..(start + TILE).min(n))
}

/// The products of all rows of `left` `[m, d]` with all of `right` `[n, d]`, `[m, n]`.
pub(super) fn multiply(left: &[f64], right: &[f64], d: usize, products: &mut [f64]) {
    let (m, n) = (left.len() / d, right.len() / d);
    matmul(
        MatMut::from_row_major_slice_mut(products, m, n),
        Accum::Replace,
        MatRef::from_row_major_slice(left, m, d),
        MatRef::from_row_major_slice(right, n, d).transpose(),
        1.0,
        Par::Seq,
    );
}

/// The `k` nearest columns of each row, nearest first, `[rows, k]`; of equally near ones the first.
///
/// A row does not see the column that `excluded` names for it. There must be `k` columns that it sees.
pub(super) fn nearest(
    rows: &Points<'_>,
    columns: &Points<'_>,
    k: usize,
    excluded: impl Fn(usize) -> Option<usize> + Sync,
) -> Vec<Neighbour> {
    let nobody = Neighbour {
        index: usize::MAX,
        distance: f64::INFINITY,
    };
    let begin = |strip: Range<usize>| vec![nobody; strip.len() * k];
    let visit = |found: &mut Vec<Neighbour>, tile: &Tile<'_>| {
        for (row, list) in tile.rows().zip(found.chunks_exact_mut(k)) {
            let excluded = excluded(row);
            for column in tile.columns() {
                if excluded == Some(column) {
                    continue;
                }
                if let Some(distance) = tile.distance_below(row, column, list[k - 1].distance) {
                    let place = list.partition_point(|known| known.distance <= distance);
                    list[place..].rotate_right(1);
                    list[place] = Neighbour {
                        index: column,
                        distance,
                    };
                }
            }
        }
    };
    sweep(rows, columns, begin, visit).concat()
}

/// The squared distance of each sample to its k-th nearest among the others, `[n]`: a duplicate is a neighbour at 0.
pub(super) fn squared_radii(points: &Points<'_>, k: usize) -> Vec<f64> {
    let neighbours = nearest(points, points, k, Some);
    neighbours
        .chunks_exact(k)
        .map(|list| list[k - 1].distance)
        .collect()
}

/// Refuses balls that reach to no neighbour.
pub(super) fn check_k(settings: &NeighbourSettings) -> Result<usize, NeighbourError> {
    match settings.k {
        0 => Err(NeighbourError::NoNeighbours),
        k => Ok(k),
    }
}

#[cfg(test)]
pub(super) mod golden;
#[cfg(test)]
mod tests;
