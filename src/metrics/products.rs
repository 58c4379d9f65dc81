//! Products of matrices in f64 on all threads, with the same bits for any number of them. Knows no metric.
//!
//! What is computed is cut into panels of [`PANEL`] columns. The cut depends on the shape alone and each panel is
//! faer's on one thread, so threads only decide who computes a panel. Up to [`WIDE`] columns there is one panel.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{BlockStructure, matmul as triangular_matmul};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Columns up to which a product is not cut.
pub(super) const WIDE: usize = 256;

/// Columns of one panel.
const PANEL: usize = 256;

/// Adds X' X, of `rows` X [n, d], to the lower triangle of `sum` [d, d]; above the diagonal the values mean nothing.
pub(super) fn add_squares(sum: MatMut<'_, f64>, rows: MatRef<'_, f64>) {
    let d = rows.ncols();
    if d <= WIDE {
        let (whole, triangle) = (BlockStructure::Rectangular, BlockStructure::TriangularLower);
        let x = rows.transpose();
        triangular_matmul(sum, triangle, Accum::Add, x, whole, rows, whole, 1.0, Par::Seq);
        return;
    }
    panels(sum).into_par_iter().for_each(|(first, panel)| {
        let right = rows.subcols(first, panel.ncols());
        let left = rows.subcols(first, d - first).transpose();
        matmul(
            panel.subrows_mut(first, d - first),
            Accum::Add,
            left,
            right,
            1.0,
            Par::Seq,
        );
    });
}

/// The lower triangle of F' S F, of `factor` F [d, r] and a symmetric S [d, d] of which both triangles are read.
///
/// With `triangular`, F is 0 above its diagonal, and what it is multiplied with there is left out.
pub(super) fn congruence(factor: MatRef<'_, f64>, symmetric: MatRef<'_, f64>, triangular: bool) -> Mat<f64> {
    let (d, rank) = factor.shape();
    let begin = |column: usize| if triangular { column } else { 0 };
    let mut inner = Mat::zeros(rank, rank);
    panels(inner.as_mut())
        .into_par_iter()
        .for_each(|(first, mut panel)| {
            let (width, from) = (panel.ncols(), begin(first));
            let right = factor.submatrix(from, first, d - from, width);
            let mut product = Mat::zeros(d, width);
            matmul(
                product.as_mut(),
                Accum::Replace,
                symmetric.subcols(from, d - from),
                right,
                1.0,
                Par::Seq,
            );
            for row in (first..rank).step_by(PANEL) {
                let (height, from) = (PANEL.min(rank - row), begin(row));
                let left = factor.submatrix(from, row, d - from, height).transpose();
                let out = panel.as_mut().subrows_mut(row, height);
                matmul(
                    out,
                    Accum::Replace,
                    left,
                    product.subrows(from, d - from),
                    1.0,
                    Par::Seq,
                );
            }
        });
    inner
}

/// Cuts a matrix into panels, each with the number of its first column.
fn panels(mut rest: MatMut<'_, f64>) -> Vec<(usize, MatMut<'_, f64>)> {
    let columns = rest.ncols();
    let width = if columns <= WIDE { columns } else { PANEL };
    let mut panels = Vec::new();
    let mut first = 0;
    while first < columns {
        let (panel, other) = rest.split_at_col_mut(width.min(columns - first));
        panels.push((first, panel));
        rest = other;
        first += width;
    }
    panels
}
