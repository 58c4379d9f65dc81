//! Reductions as CubeCL kernels: spans of terms are summed first, their sums in the same way, until one is left.
//!
//! Which terms a sum adds, and in which order, follows from the shape and the size of a cube alone.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::Fold;
use super::groups::Group;
use crate::cube::{CubeBuffer, larger};

/// Neighbours that a cube sums.
const SPAN: usize = 4096;

/// Rows that one unit adds for its column.
const ROWS: usize = 32;

/// Columns from which on neighbouring units add neighbouring columns; with fewer, a cube takes a column at a time.
const ENOUGH_COLUMNS: usize = 16;

/// How the terms of a group are cut into spans, whose sums come first: `[outer, middle, inner]` to
/// `[outer, spans, inner]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    group: Group,
    length: usize,
    spans: usize,
}

impl Span {
    pub(crate) fn of(group: Group) -> Self {
        let length = if group.inner >= ENOUGH_COLUMNS { ROWS } else { SPAN };
        Self::of_length(group, length)
    }

    fn of_length(group: Group, length: usize) -> Self {
        Self {
            group,
            length,
            spans: group.middle.div_ceil(length),
        }
    }

    /// Whether a unit adds a span by itself; otherwise a cube does.
    pub(crate) fn is_by_rows(&self) -> bool {
        self.group.inner >= ENOUGH_COLUMNS
    }

    /// Terms of one sum, at most.
    pub(crate) fn length(&self) -> usize {
        self.length.min(self.group.middle)
    }

    /// Number of sums.
    pub(crate) fn outputs(&self) -> usize {
        self.group.outer * self.spans * self.group.inner
    }

    /// What is left to be summed.
    pub(crate) fn rest(&self) -> Group {
        Group {
            middle: self.spans,
            ..self.group
        }
    }

    /// `[middle, inner, length, spans]`, as kernels take them.
    pub(crate) fn sizes(&self) -> SequenceArg<usize> {
        SequenceArg::from([self.group.middle, self.group.inner, self.length, self.spans])
    }
}

#[cube]
impl Span {
    /// Of the sum at `index`: where its column starts, and its first and last row, the last excluded; `sizes` as in
    /// [`Span::sizes`].
    pub(crate) fn terms(index: usize, sizes: &Sequence<usize>) -> (usize, usize, usize) {
        let (middle, inner) = (*sizes.index(0), *sizes.index(1));
        let (length, spans) = (*sizes.index(2), *sizes.index(3));
        let first = index / inner % spans * length;
        let start = index / inner / spans * middle * inner + index % inner;
        (start, first, usize::min(first + length, middle))
    }
}

pub(super) fn sum(x: &CubeBuffer, groups: &[Group]) -> CubeBuffer {
    groups.iter().fold(x.clone(), |x, group| sum_group(&x, *group))
}

/// `[outer, middle, inner]` to `[outer, inner]`.
pub(crate) fn sum_group(x: &CubeBuffer, group: Group) -> CubeBuffer {
    if group.middle == 0 {
        return x.device().filled(group.outer * group.inner, 0.0);
    }
    let (mut x, mut group) = (x.clone(), group);
    while group.middle > 1 {
        let span = Span::of(group);
        x = fold("sum", &x, span, Fold::Sum);
        group = span.rest();
    }
    x
}

pub(super) fn row_maximum(x: &CubeBuffer, rows: usize, columns: usize) -> CubeBuffer {
    let rows = Group {
        outer: rows,
        middle: columns,
        inner: 1,
    };
    fold("row_maximum", x, Span::of_length(rows, columns), Fold::Maximum)
}

/// Every span of `x` folded to one value.
fn fold(operation: &str, x: &CubeBuffer, span: Span, fold: Fold) -> CubeBuffer {
    let count = span.outputs();
    CubeBuffer::computed(operation, [x], count, |device, [x], y| {
        let (x, y, sizes) = (x.argument(), y.argument(), span.sizes());
        if span.is_by_rows() {
            device.launch_each(count, |client, cubes, dim| {
                // SAFETY: spans cover the elements of `x`, and `y` holds `count`; the kernel stays below both.
                unsafe { add_rows::launch_unchecked(client, cubes, dim, x, y, count, sizes) };
            });
        } else {
            let units = device.units_that_fold(span.length());
            device.launch(count, units, |client, cubes, dim| {
                // SAFETY: as above.
                unsafe { fold_span::launch_unchecked(client, cubes, dim, x, y, count, sizes, units, fold) };
            });
        }
    })
}

/// A unit adds up to a span of rows of one column, in order.
#[cube(launch_unchecked)]
fn add_rows(x: &[f32], y: &mut [f32], count: usize, sizes: Sequence<usize>) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let (start, first, end) = Span::terms(index, &sizes);
        let mut total = 0.0f32;
        for row in first..end {
            total += x[start + row * *sizes.index(1)];
        }
        y[index] = total;
    }
}

/// A cube folds up to a span of terms of one output: each unit every `units`-th of them, then units among each other.
#[cube(launch_unchecked)]
fn fold_span(
    x: &[f32],
    y: &mut [f32],
    count: usize,
    sizes: Sequence<usize>,
    #[comptime] units: usize,
    #[comptime] fold: Fold,
) {
    let index = CUBE_POS;
    // The same for all units of the cube, so that none waits for one that has left.
    if index < count {
        let (start, first, end) = Span::terms(index, &sizes);
        let inner = *sizes.index(1);
        // The first term stands for what a unit without terms has: a maximum does not mind it twice.
        let mut total = match comptime!(fold) {
            Fold::Sum => 0.0f32,
            Fold::Maximum => x[start + first * inner],
        };
        for row in range_stepped(first + UNIT_POS as usize, end, units) {
            total = folded(total, x[start + row * inner], fold);
        }
        let total = fold_units(total, units, fold);
        if UNIT_POS == 0 {
            y[index] = total;
        }
    }
}

/// The values of all units of a cube folded to one, which every unit gets: pairs of units, pairs of pairs and so on.
#[cube]
pub(crate) fn fold_units(value: f32, #[comptime] units: usize, #[comptime] fold: Fold) -> f32 {
    let mut shared = Shared::<[f32]>::new_slice(units);
    let unit = UNIT_POS as usize;
    shared[unit] = value;
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
    shared[0]
}

#[cube]
fn folded(a: f32, b: f32, #[comptime] fold: Fold) -> f32 {
    match comptime!(fold) {
        Fold::Sum => a + b,
        Fold::Maximum => larger(a, b),
    }
}
