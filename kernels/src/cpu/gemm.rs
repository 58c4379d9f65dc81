//! The matrix product of the CPU device: the `gemm` crate, called so that results do not depend on threads.
//!
//! Each call is sequential and sees at most [`DEPTH`] terms of the inner dimension, so for operands of one shape every
//! output is one chain of fused multiply-adds over blocks in a fixed order, whatever the machine's caches and however
//! many threads share the rows. Callers cut rows or columns into tasks by shape alone. A product of another shape may add
//! in another order, because the crate has its own ways for single rows and columns.

#![expect(
    unsafe_code,
    reason = "the gemm crate takes pointers; bounds are asserted here, once"
)]

use std::marker::PhantomData;

use crate::element::Real;

/// Terms of the inner dimension that one call accumulates.
const DEPTH: usize = 512;

/// A matrix seen in a slice: element (row, column) is at `row * row_stride + column * column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T: Real> Matrix<'a, T> {
    /// A row-major matrix.
    pub(crate) fn new(values: &'a [T], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    /// A row-major matrix whose rows start `row_stride` elements apart.
    pub(crate) fn strided(values: &'a [T], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(
            values.len() >= rows * row_stride && row_stride >= columns,
            "a {rows} x {columns} matrix of stride {row_stride} does not fit into {}",
            values.len()
        );
        Self {
            values,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        }
    }

    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// `count` rows from `first` on, which the matrix must have.
    pub(crate) fn rows(self, first: usize, count: usize) -> Self {
        Self {
            values: &self.values[(first * self.row_stride).min(self.values.len())..],
            rows: count,
            ..self
        }
    }

    /// `count` columns from `first` on, which the matrix must have.
    pub(crate) fn columns(self, first: usize, count: usize) -> Self {
        Self {
            values: &self.values[(first * self.column_stride).min(self.values.len())..],
            columns: count,
            ..self
        }
    }
}

/// A row-major matrix to write into.
pub(crate) struct MatrixMut<'a, T> {
    start: *mut T,
    rows: usize,
    columns: usize,
    row_stride: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

impl<'a, T: Real> MatrixMut<'a, T> {
    pub(crate) fn new(values: &'a mut [T], rows: usize, columns: usize) -> Self {
        assert!(
            values.len() >= rows * columns,
            "a {rows} x {columns} matrix does not fit into {}",
            values.len()
        );
        Self {
            start: values.as_mut_ptr(),
            rows,
            columns,
            row_stride: columns,
            lifetime: PhantomData,
        }
    }

    /// Rows and columns.
    pub(crate) fn extents(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn fill_zero(&mut self) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                // SAFETY: (row, column) is an element of this matrix, which lies inside the borrowed slice.
                unsafe { *self.start.add(row * self.row_stride + column) = T::ZERO };
            }
        }
    }

    /// Cuts the matrix into blocks of at most `rows` rows and `columns` columns, each with its first row and column.
    pub(crate) fn blocks(self, rows: usize, columns: usize) -> Vec<(usize, usize, Self)> {
        let mut blocks = Vec::new();
        for row in (0..self.rows).step_by(rows.max(1)) {
            for column in (0..self.columns).step_by(columns.max(1)) {
                let block = Self {
                    // SAFETY: (row, column) is an element of this matrix, which lies inside the borrowed slice.
                    start: unsafe { self.start.add(row * self.row_stride + column) },
                    rows: rows.min(self.rows - row),
                    columns: columns.min(self.columns - column),
                    ..self
                };
                blocks.push((row, column, block));
            }
        }
        blocks
    }
}

// SAFETY: a `MatrixMut` stands for a mutable borrow of its elements, and blocks cut from one share no element.
unsafe impl<T: Send> Send for MatrixMut<'_, T> {}

/// `output = left right`, or `output += left right` with `accumulate`.
pub(crate) fn product<T: Real>(
    output: &mut MatrixMut<'_, T>,
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    accumulate: bool,
) {
    assert!(left.rows == output.rows && right.columns == output.columns && left.columns == right.rows);
    if left.columns == 0 && !accumulate {
        output.fill_zero();
    }
    for first in (0..left.columns).step_by(DEPTH) {
        let depth = DEPTH.min(left.columns - first);
        block_product(
            output,
            left.columns(first, depth),
            right.rows(first, depth),
            accumulate || first > 0,
        );
    }
}

fn block_product<T: Real>(
    output: &mut MatrixMut<'_, T>,
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    accumulate: bool,
) {
    check(&left);
    check(&right);
    // SAFETY: `check` holds every element of both operands inside its slice; `output` was checked when made and is
    // borrowed mutably, so nothing aliases it.
    unsafe {
        gemm::gemm(
            output.rows,
            output.columns,
            left.columns,
            output.start,
            1,
            output.row_stride as isize,
            accumulate,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

fn check<T>(matrix: &Matrix<'_, T>) {
    if matrix.rows > 0 && matrix.columns > 0 {
        let last = (matrix.rows - 1) * matrix.row_stride + (matrix.columns - 1) * matrix.column_stride;
        assert!(
            last < matrix.values.len(),
            "matrix reaches past the end of its values"
        );
    }
}
