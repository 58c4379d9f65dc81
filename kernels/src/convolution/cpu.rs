//! Convolutions on the CPU: patches of some output rows are laid out as a matrix that fits the caches, and multiplied.
//!
//! Tasks are runs of whole images, cut by shape alone. The data gradient multiplies first and then adds each patch back
//! to the image, row after row, so a stride costs no multiplications by zero. The weight gradient keeps a partial sum
//! per task and adds them in order.

use rayon::prelude::*;

use super::geometry::Problem;
use super::patch::{add_patches, gather_patches};
use super::winograd::{self, Filtering};
use crate::cpu::{Buffer, Matrix, MatrixMut, for_each_block, for_each_row_block, product};
use crate::element::Real;

/// Bytes of the patch matrix that a task works on at a time.
const PATCH_BYTES: usize = 2 << 20;

/// Partial sums of a weight gradient, and so its tasks.
const PARTIAL_SUMS: usize = 8;

/// Tasks a batch is cut into, at most, where tasks share no output.
const TASKS: usize = 32;

/// Output pixels of a task, at least: every task reads the whole filter, which for late layers is larger than caches.
const PIXELS: usize = 64;

pub(super) fn forward<T: Real>(
    problem: &Problem,
    x: &[T],
    filter: &[T],
    bias: Option<&[T]>,
    negative_slope: Option<f64>,
) -> Buffer<T> {
    let &Problem {
        n, h, w, c, p, q, k, ..
    } = problem;
    let slope = negative_slope.map(T::from_f64);
    if let Some(filtering) = Filtering::of(problem) {
        return winograd::forward(filtering, problem, x, filter, bias, slope);
    }
    let mut y = Buffer::scratch(n * p * q * k);
    if y.is_empty() {
        return y;
    }
    let filter = Matrix::new(filter, problem.patch(), k);
    let images = images_at_a_time(problem);
    y.par_chunks_mut(images * p * q * k)
        .enumerate()
        .for_each(|(task, y)| {
            let x = &x[task * images * h * w * c..];
            for (first_row, y) in rows_per_block::<T>(problem, y) {
                forward_rows(problem, x, filter, first_row, y);
                finish(y, bias, slope);
            }
        });
    y
}

/// The output rows from `first_row` on of the images at `x`, without bias and activation.
fn forward_rows<T: Real>(problem: &Problem, x: &[T], filter: Matrix<'_, T>, first_row: usize, y: &mut [T]) {
    let &Problem { w, c, k, .. } = problem;
    let pixels = y.len() / k;
    let mut output = MatrixMut::new(y, pixels, k);
    if problem.is_pointwise() {
        let x = Matrix::new(&x[first_row * w * c..], pixels, c);
        product(&mut output, x, filter, false);
    } else {
        let mut patches = Buffer::scratch(pixels * problem.patch());
        gather_patches(problem, x, first_row, &mut patches);
        let patches = Matrix::new(&patches, pixels, problem.patch());
        product(&mut output, patches, filter, false);
    }
}

/// Images that a task works on where tasks share no output.
fn images_at_a_time(problem: &Problem) -> usize {
    let pixels = (problem.p * problem.q).max(1);
    problem.n.div_ceil(TASKS).max(PIXELS.div_ceil(pixels))
}

/// Cuts a task's outputs into runs of rows whose patches fit [`PATCH_BYTES`]; yields the first row of each.
fn rows_per_block<'a, T: Real>(
    problem: &Problem,
    y: &'a mut [T],
) -> impl Iterator<Item = (usize, &'a mut [T])> {
    let width = problem.q * problem.k;
    let rows = rows_at_a_time::<T>(problem);
    y.chunks_mut(rows * width)
        .enumerate()
        .map(move |(block, y)| (block * rows, y))
}

fn rows_at_a_time<T>(problem: &Problem) -> usize {
    let row_bytes = problem.q * problem.patch() * size_of::<T>();
    (PATCH_BYTES / row_bytes.max(1)).max(1)
}

fn finish<T: Real>(y: &mut [T], bias: Option<&[T]>, negative_slope: Option<T>) {
    if let Some(bias) = bias {
        for pixel in y.chunks_exact_mut(bias.len()) {
            pixel.iter_mut().zip(bias).for_each(|(y, bias)| *y += *bias);
        }
    }
    if let Some(slope) = negative_slope {
        y.iter_mut()
            .for_each(|y| *y = if *y > T::ZERO { *y } else { slope * *y });
    }
}

pub(super) fn data_gradient<T: Real>(problem: &Problem, gradient: &[T], filter: &[T]) -> Buffer<T> {
    let &Problem {
        n, h, w, c, p, q, k, ..
    } = problem;
    if let Some(filtering) = Filtering::of(problem) {
        return winograd::data_gradient(filtering, problem, gradient, filter);
    }
    let mut x = Buffer::scratch(n * h * w * c);
    if x.is_empty() {
        return x;
    }
    // Every task would otherwise transpose the filter while packing it, which costs more than the product of few pixels.
    let stride = transposed_stride::<T>(problem.patch());
    let filter = transposed(filter, problem.patch(), k, stride);
    let filter = Matrix::strided(&filter, k, problem.patch(), stride);
    let images = images_at_a_time(problem);
    x.par_chunks_mut(images * h * w * c)
        .enumerate()
        .for_each(|(task, x)| {
            let own_rows = x.len() / (h * w * c) * p;
            let gradient = &gradient[task * images * p * q * k..][..own_rows * q * k];
            if problem.is_pointwise() {
                product(
                    &mut MatrixMut::new(x, own_rows * q, c),
                    Matrix::new(gradient, own_rows * q, k),
                    filter,
                    false,
                );
                return;
            }
            x.fill(T::ZERO);
            if gradient.is_empty() {
                return;
            }
            let rows = rows_at_a_time::<T>(problem);
            for (block, gradient) in gradient.chunks(rows * q * k).enumerate() {
                let pixels = gradient.len() / k;
                let mut patches = Buffer::scratch(pixels * problem.patch());
                let mut output = MatrixMut::new(&mut patches, pixels, problem.patch());
                product(&mut output, Matrix::new(gradient, pixels, k), filter, false);
                add_patches(problem, &patches, block * rows, x);
            }
        });
    x
}

/// Elements between the rows of a transposed filter: never a multiple of a page, because rows a page apart compete for
/// the same lines of the first-level cache.
fn transposed_stride<T>(patch: usize) -> usize {
    let (page, line) = (4096 / size_of::<T>(), 64 / size_of::<T>());
    if patch.is_multiple_of(page) {
        patch + line
    } else {
        patch
    }
}

/// The transpose of a row-major matrix, its rows `stride` elements apart, copied in tiles that fit the first-level cache.
fn transposed<T: Real>(matrix: &[T], rows: usize, columns: usize, stride: usize) -> Buffer<T> {
    const TILE: usize = 16;
    let mut output = Buffer::scratch(columns * stride);
    for_each_row_block(&mut output, TILE * stride.max(1), |first_tile, block| {
        for (index, tile) in block.chunks_mut(TILE * stride).enumerate() {
            let first_column = (first_tile + index) * TILE;
            for first_row in (0..rows).step_by(TILE) {
                for (column, output) in tile.chunks_exact_mut(stride).enumerate() {
                    let output = &mut output[first_row..rows.min(first_row + TILE)];
                    for (row, output) in output.iter_mut().enumerate() {
                        *output = matrix[(first_row + row) * columns + first_column + column];
                    }
                }
            }
        }
    });
    output
}

pub(super) fn weight_gradient<T: Real>(problem: &Problem, x: &[T], gradient: &[T]) -> Buffer<T> {
    let &Problem {
        n, h, w, c, p, q, k, ..
    } = problem;
    if let Some(filtering) = Filtering::of(problem) {
        return winograd::weight_gradient(filtering, problem, x, gradient);
    }
    let mut filter = Buffer::zeros(problem.patch() * k);
    if n == 0 || filter.is_empty() {
        return filter;
    }
    let images = n.div_ceil(PARTIAL_SUMS);
    let partial: Vec<Buffer<T>> = gradient
        .par_chunks(images * p * q * k)
        .enumerate()
        .map(|(task, gradient)| partial_weight_gradient(problem, &x[task * images * h * w * c..], gradient))
        .collect();
    for_each_block(&mut filter, |first, block| {
        for partial in &partial {
            let partial = &partial[first..first + block.len()];
            block
                .iter_mut()
                .zip(partial)
                .for_each(|(total, partial)| *total += *partial);
        }
    });
    filter
}

fn partial_weight_gradient<T: Real>(problem: &Problem, x: &[T], gradient: &[T]) -> Buffer<T> {
    let &Problem { w, c, q, k, .. } = problem;
    let mut filter = Buffer::scratch(problem.patch() * k);
    let mut output = MatrixMut::new(&mut filter, problem.patch(), k);
    let rows = rows_at_a_time::<T>(problem);
    for (block, gradient) in gradient.chunks(rows * q * k).enumerate() {
        let pixels = gradient.len() / k;
        let gradient = Matrix::new(gradient, pixels, k);
        if problem.is_pointwise() {
            let x = Matrix::new(&x[block * rows * w * c..], pixels, c);
            product(&mut output, x.transposed(), gradient, block > 0);
        } else {
            let mut patches = Buffer::scratch(pixels * problem.patch());
            gather_patches(problem, x, block * rows, &mut patches);
            product(
                &mut output,
                Matrix::new(&patches, pixels, problem.patch()).transposed(),
                gradient,
                block > 0,
            );
        }
    }
    filter
}
