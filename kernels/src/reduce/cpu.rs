//! Reductions on the CPU. The order of additions is a function of the shape, never of threads.

use rayon::prelude::*;

use super::groups::Group;
use crate::cpu::{BLOCK, Buffer, for_each_block};
use crate::element::Real;

/// Independent accumulators of a contiguous sum: two vectors of eight.
const LANES: usize = 16;

/// Elements whose sum is formed before it is added to others.
const SPAN: usize = 4096;

/// Sums over one group of axes after the other.
pub(super) fn sum<T: Real>(x: &[T], groups: &[Group]) -> Buffer<T> {
    let sum_group = |current: Option<Buffer<T>>, &Group { outer, middle, inner }: &Group| {
        Some(sum_middle(current.as_deref().unwrap_or(x), outer, middle, inner))
    };
    groups
        .iter()
        .fold(None, sum_group)
        .unwrap_or_else(|| Buffer::from_slice(x))
}

/// `[outer, middle, inner]` to `[outer, inner]`.
fn sum_middle<T: Real>(x: &[T], outer: usize, middle: usize, inner: usize) -> Buffer<T> {
    match (outer, inner) {
        _ if middle == 0 || outer == 0 || inner == 0 => Buffer::zeros(outer * inner),
        (_, 1) => sum_rows(x, outer, middle),
        (1, _) => sum_columns(x, middle, inner),
        _ => {
            let mut output = Buffer::zeros(outer * inner);
            output
                .par_chunks_mut(inner)
                .zip(x.par_chunks(middle * inner))
                .for_each(|(output, x)| add_rows(output, x));
            output
        }
    }
}

fn sum_rows<T: Real>(x: &[T], rows: usize, columns: usize) -> Buffer<T> {
    let mut output = Buffer::scratch(rows);
    if rows == 1 && columns > BLOCK {
        let spans: Vec<T> = x.par_chunks(SPAN).map(sum_span).collect();
        output[0] = sum_contiguous(&spans);
    } else {
        for_each_block(&mut output, |first, block| {
            for (index, output) in block.iter_mut().enumerate() {
                *output = sum_contiguous(&x[(first + index) * columns..][..columns]);
            }
        });
    }
    output
}

fn sum_contiguous<T: Real>(x: &[T]) -> T {
    x.chunks(SPAN)
        .map(sum_span)
        .fold(T::ZERO, |total, span| total + span)
}

fn sum_span<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let whole = x.chunks_exact(LANES);
    let rest = whole.remainder();
    for chunk in whole {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += *value;
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += *value;
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            let other = lanes[lane + width];
            lanes[lane] += other;
        }
        width /= 2;
    }
    lanes[0]
}

/// Sums the rows of `[rows, columns]`: partial sums of fixed blocks of rows in parallel, then the partial sums in order.
fn sum_columns<T: Real>(x: &[T], rows: usize, columns: usize) -> Buffer<T> {
    let block_rows = (4 * BLOCK / columns).clamp(1, rows);
    let partial: Vec<Buffer<T>> = x
        .par_chunks(block_rows * columns)
        .map(|block| {
            let mut output = Buffer::zeros(columns);
            add_rows(&mut output, block);
            output
        })
        .collect();
    let mut output = Buffer::zeros(columns);
    for partial in &partial {
        add_rows(&mut output, partial);
    }
    output
}

/// Adds every row of `x` to `output`, in spans whose sum is formed first so that long columns keep their precision.
fn add_rows<T: Real>(output: &mut [T], x: &[T]) {
    let columns = output.len();
    let mut span = vec![T::ZERO; columns];
    for rows in x.chunks(64 * columns) {
        span.fill(T::ZERO);
        for row in rows.chunks_exact(columns) {
            span.iter_mut()
                .zip(row)
                .for_each(|(total, value)| *total += *value);
        }
        output
            .iter_mut()
            .zip(&span)
            .for_each(|(total, value)| *total += *value);
    }
}

pub(super) fn row_maximum<T: Real>(x: &[T], columns: usize) -> Buffer<T> {
    let mut output = Buffer::scratch(x.len() / columns);
    for_each_block(&mut output, |first, block| {
        for (index, output) in block.iter_mut().enumerate() {
            let row = &x[(first + index) * columns..][..columns];
            *output = row.iter().fold(row[0], |largest, &value| {
                if value > largest || value.to_f64().is_nan() {
                    value
                } else {
                    largest
                }
            });
        }
    });
    output
}
