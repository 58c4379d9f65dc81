//! Reductions as CubeCL kernels: spans of terms are summed first, their sums in the same way, until one is left.
//!
//! Which terms a sum adds, and in which order, follows from the shape and the size of a cube alone.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::groups::Group;
use crate::cube::{CubeBuffer, CubeDevice, larger};

/// Units of a cube that sums neighbours; a power of two.
const UNITS: usize = 256;

/// Neighbours that a cube sums.
const SPAN: usize = 4096;

/// Rows that one unit adds for its column.
const ROWS: usize = 64;

/// Columns from which on neighbouring units add neighbouring columns; with fewer, a cube takes a column at a time.
const ENOUGH_COLUMNS: usize = 16;

pub(super) fn sum(x: &CubeBuffer, groups: &[Group]) -> CubeBuffer {
    groups.iter().fold(x.clone(), |x, group| sum_group(&x, *group))
}

/// `[outer, middle, inner]` to `[outer, inner]`.
fn sum_group(x: &CubeBuffer, group: Group) -> CubeBuffer {
    if group.middle == 0 {
        return x.device().filled(group.outer * group.inner, 0.0);
    }
    let (mut x, mut group) = (x.clone(), group);
    while group.middle > 1 {
        let span = if group.inner >= ENOUGH_COLUMNS { ROWS } else { SPAN };
        let spans = group.middle.div_ceil(span);
        x = sum_spans(&x, group, span, spans);
        group.middle = spans;
    }
    x
}

/// `[outer, middle, inner]` to `[outer, spans, inner]`.
fn sum_spans(x: &CubeBuffer, group: Group, span: usize, spans: usize) -> CubeBuffer {
    let Group { outer, middle, inner } = group;
    let count = outer * spans * inner;
    CubeBuffer::computed("sum", [x], count, |device, [x], y| {
        let (x, y) = (x.argument(), y.argument());
        if inner >= ENOUGH_COLUMNS {
            device.launch_elements(count, |client, cubes, dim| {
                // SAFETY: `x` holds outer middle inner elements and `y` `count`; the kernel stays below both.
                unsafe {
                    add_rows::launch_unchecked(client, cubes, dim, x, y, count, middle, inner, span, spans);
                }
            });
        } else {
            let units = units(device);
            device.launch(count, units, |client, cubes, dim| {
                // SAFETY: as above.
                unsafe {
                    fold_span::launch_unchecked(
                        client,
                        cubes,
                        dim,
                        x,
                        y,
                        count,
                        middle,
                        inner,
                        span,
                        spans,
                        units,
                        Fold::Sum,
                    );
                }
            });
        }
    })
}

pub(super) fn row_maximum(x: &CubeBuffer, rows: usize, columns: usize) -> CubeBuffer {
    CubeBuffer::computed("row_maximum", [x], rows, |device, [x], y| {
        let units = units(device);
        device.launch(rows, units, |client, cubes, dim| {
            let (x, y) = (x.argument(), y.argument());
            // SAFETY: `x` holds rows columns elements and `y` `rows`; the kernel stays below both.
            unsafe {
                fold_span::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x,
                    y,
                    rows,
                    columns,
                    1,
                    columns,
                    1,
                    units,
                    Fold::Maximum,
                );
            }
        });
    })
}

/// Units of a cube, a power of two within the device's limits.
fn units(device: &CubeDevice) -> usize {
    let limits = device.limits();
    let most = limits.units_per_cube.min(limits.shared_bytes / size_of::<f32>());
    UNITS.min(1 << most.ilog2())
}

/// How two values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fold {
    Sum,
    Maximum,
}

/// A unit adds up to `span` rows of one column, in order.
#[cube(launch_unchecked)]
fn add_rows(x: &[f32], y: &mut [f32], count: usize, middle: usize, inner: usize, span: usize, spans: usize) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let column = index % inner;
        let first = index / inner % spans * span;
        let end = usize::min(first + span, middle);
        let start = index / inner / spans * middle * inner + column;
        let mut total = 0.0f32;
        for row in first..end {
            total += x[start + row * inner];
        }
        y[index] = total;
    }
}

/// A cube folds up to `span` terms of one output: each unit every `units`-th of them, then pairs of units, pairs of
/// pairs and so on.
#[cube(launch_unchecked)]
fn fold_span(
    x: &[f32],
    y: &mut [f32],
    count: usize,
    middle: usize,
    inner: usize,
    span: usize,
    spans: usize,
    #[comptime] units: usize,
    #[comptime] fold: Fold,
) {
    let mut shared = Shared::<[f32]>::new_slice(units);
    let unit = UNIT_POS as usize;
    let index = CUBE_POS;
    // The same for all units of the cube, so that none waits for one that has left.
    if index < count {
        let first = index / inner % spans * span;
        let end = usize::min(first + span, middle);
        let start = index / inner / spans * middle * inner + index % inner;
        // The first term stands for what a unit without terms has: a maximum does not mind it twice.
        let mut total = match comptime!(fold) {
            Fold::Sum => 0.0f32,
            Fold::Maximum => x[start + first * inner],
        };
        for term in range_stepped(first + unit, end, units) {
            total = folded(total, x[start + term * inner], fold);
        }
        shared[unit] = total;
        sync_cube();
        let steps = comptime!(units.ilog2());
        #[unroll]
        for step in 0..steps {
            let half = comptime!(units >> (step + 1));
            if unit < half {
                shared[unit] = folded(shared[unit], shared[unit + half], fold);
            }
            sync_cube();
        }
        if unit == 0 {
            y[index] = shared[0];
        }
    }
}

#[cube]
fn folded(a: f32, b: f32, #[comptime] fold: Fold) -> f32 {
    match comptime!(fold) {
        Fold::Sum => a + b,
        Fold::Maximum => larger(a, b),
    }
}
