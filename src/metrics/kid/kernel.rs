//! Sums of the kernel (x.y / d + 1)^3 over pairs of samples, in f64, in tiles on all threads.
//!
//! A tile is a function of the rows it is of, and tiles are added in their order, so the bits do not depend on the number
//! of threads. Memory is that of a few tiles for each thread, and a vector of sums for each band of tiles.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

/// Rows and columns of a tile: enough for a fast product.
const TILE: usize = 512;

/// Rows of features [n, d], all of them or some in an order.
pub(super) struct Rows<'a> {
    features: &'a [f32],
    d: usize,
    chosen: Option<&'a [usize]>,
}

impl<'a> Rows<'a> {
    pub(super) fn all(features: &'a [f32], d: usize) -> Self {
        Self {
            features,
            d,
            chosen: None,
        }
    }

    pub(super) fn chosen(features: &'a [f32], d: usize, chosen: &'a [usize]) -> Self {
        Self {
            features,
            d,
            chosen: Some(chosen),
        }
    }

    fn count(&self) -> usize {
        self.chosen.map_or(self.features.len() / self.d, <[usize]>::len)
    }

    fn tiles(&self) -> usize {
        self.count().div_ceil(TILE)
    }

    /// The rows of a tile, [rows, d], row-major.
    fn tile(&self, index: usize) -> Vec<f64> {
        let end = self.count().min((index + 1) * TILE);
        let mut values = Vec::with_capacity((end - index * TILE) * self.d);
        for place in index * TILE..end {
            let row = self.chosen.map_or(place, |chosen| chosen[place]);
            let row = &self.features[row * self.d..][..self.d];
            values.extend(row.iter().map(|value| f64::from(*value)));
        }
        values
    }
}

/// For each row the sum of the kernel with every other.
pub(super) fn within(x: &Rows<'_>) -> Vec<f64> {
    // Kernels are symmetric, so of two tiles that mirror each other one is computed.
    let bands: Vec<_> = (0..x.tiles())
        .into_par_iter()
        .map(|band| {
            let left = x.tile(band);
            let mut sums = vec![0.0; x.count().min((band + 1) * TILE)];
            for other in 0..band {
                let tile = kernels(&left, &x.tile(other), x.d);
                add_rows(&tile, &mut sums[band * TILE..]);
                add_columns(&tile, &mut sums[other * TILE..]);
            }
            let mut tile = kernels(&left, &left, x.d);
            (0..tile.nrows()).for_each(|i| tile[(i, i)] = 0.0);
            add_rows(&tile, &mut sums[band * TILE..]);
            sums
        })
        .collect();
    added(bands, x.count())
}

/// For each row of `x` the sum of the kernel with all of `y`, and for each of `y` that with all of `x`.
pub(super) fn between(x: &Rows<'_>, y: &Rows<'_>) -> (Vec<f64>, Vec<f64>) {
    let (rows, columns): (Vec<_>, Vec<_>) = (0..x.tiles())
        .into_par_iter()
        .map(|band| {
            let left = x.tile(band);
            let mut rows = vec![0.0; left.len() / x.d];
            let mut columns = vec![0.0; y.count()];
            for other in 0..y.tiles() {
                let tile = kernels(&left, &y.tile(other), x.d);
                add_rows(&tile, &mut rows);
                add_columns(&tile, &mut columns[other * TILE..]);
            }
            (rows, columns)
        })
        .unzip();
    (rows.concat(), added(columns, y.count()))
}

/// Adds the bands' sums in the order of the bands; each begins at the first row.
fn added(bands: Vec<Vec<f64>>, count: usize) -> Vec<f64> {
    let mut total = vec![0.0; count];
    for band in bands {
        total.iter_mut().zip(band).for_each(|(sum, value)| *sum += value);
    }
    total
}

/// The kernel of each row of `left` with each of `right`.
fn kernels(left: &[f64], right: &[f64], d: usize) -> Mat<f64> {
    let x = MatRef::from_row_major_slice(left, left.len() / d, d);
    let y = MatRef::from_row_major_slice(right, right.len() / d, d);
    let mut kernels = Mat::zeros(x.nrows(), y.nrows());
    matmul(
        kernels.as_mut(),
        Accum::Replace,
        x,
        y.transpose(),
        1.0 / d as f64,
        Par::Seq,
    );
    for column in kernels.col_iter_mut() {
        column
            .iter_mut()
            .for_each(|value| *value = (*value + 1.0) * (*value + 1.0) * (*value + 1.0));
    }
    kernels
}

/// Adds each row's sum to `sums`.
fn add_rows(tile: &Mat<f64>, sums: &mut [f64]) {
    for column in tile.col_iter() {
        sums.iter_mut()
            .zip(column.iter())
            .for_each(|(sum, value)| *sum += value);
    }
}

/// Adds each column's sum to `sums`.
fn add_columns(tile: &Mat<f64>, sums: &mut [f64]) {
    for (sum, column) in sums.iter_mut().zip(tile.col_iter()) {
        *sum += column.iter().sum::<f64>();
    }
}
