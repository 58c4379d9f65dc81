//! The matrix product on the CPU: blocks of the output, cut by shape alone, in parallel.

use rayon::prelude::*;

use super::Problem;
use crate::cpu::{Buffer, Matrix, MatrixMut, product};
use crate::element::Real;

/// Tasks to aim for: enough to keep many cores busy, few enough that packing the operands stays cheap.
const TASKS: usize = 16;

/// Multiply-adds below which one task does it all.
const SMALL: usize = 64 * 64 * 64;

pub(super) fn matmul<T: Real>(problem: Problem, a: &[T], b: &[T]) -> Buffer<T> {
    let Problem {
        m,
        n,
        k,
        transpose_a,
        transpose_b,
    } = problem;
    let a = if transpose_a.is_yes() {
        Matrix::new(a, k, m).transposed()
    } else {
        Matrix::new(a, m, k)
    };
    let b = if transpose_b.is_yes() {
        Matrix::new(b, n, k).transposed()
    } else {
        Matrix::new(b, k, n)
    };
    let mut values = Buffer::scratch(m * n);
    let mut output = MatrixMut::new(&mut values, m, n);
    if m * n * k <= SMALL {
        product(&mut output, a, b, false);
    } else {
        let (rows, columns) = if m >= n {
            (task_extent(m), n)
        } else {
            (m, task_extent(n))
        };
        output
            .blocks(rows, columns)
            .into_par_iter()
            .for_each(|(row, column, mut block)| {
                let (rows, columns) = block.extents();
                product(&mut block, a.rows(row, rows), b.columns(column, columns), false);
            });
    }
    values
}

/// A multiple of 48, which every register tile of the `gemm` crate divides.
fn task_extent(extent: usize) -> usize {
    extent.div_ceil(TASKS).next_multiple_of(48)
}
