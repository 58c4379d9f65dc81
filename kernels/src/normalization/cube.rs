//! Normalization as CubeCL kernels: terms are formed while they are summed, and results in one pass.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::Layout;
use crate::cube::{CubeBuffer, Values};
use crate::elementwise::{Unary, cube::unary};
use crate::reduce::cube::{Span, fold_units, sum_group};
use crate::reduce::{Fold, Group};

/// What is summed, with the names of the folder's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Term {
    /// `(x - mean)^2`.
    SquaredDeviation,
    /// `h = g gamma`.
    Gradient,
    /// `h z`.
    GradientAlong,
    /// `g z`.
    ScaleGradient,
}

/// What the terms of one sum have in common, so that it need not be divided out of each one's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Along {
    one_statistic: bool,
    one_channel: bool,
}

/// Mean, variance and reciprocal deviation.
pub(super) fn moments(x: &CubeBuffer, layout: &Layout, epsilon: f64) -> [CubeBuffer; 3] {
    let count = layout.statistics.count();
    let share = 1.0 / layout.group.middle as f64;
    let affine = Unary::Affine {
        scale: share,
        shift: 0.0,
    };
    let mean = unary(affine, count, &sum_group(x, layout.group));
    let squares = sum_terms(Term::SquaredDeviation, [x, &mean, x, x, x], layout, layout.group);
    let [variance, reciprocal] = CubeBuffer::computed_together(
        "moments",
        [&squares],
        [count, count],
        |device, [squares], [variance, reciprocal]| {
            device.launch_elements(count, |client, cubes, dim| {
                let (variance, reciprocal) = (variance.argument(), reciprocal.argument());
                let (share, epsilon) = (share as f32, epsilon as f32);
                // SAFETY: all three hold `count` elements; the kernel stays below.
                unsafe {
                    deviations::launch_unchecked(
                        client,
                        cubes,
                        dim,
                        squares.argument(),
                        variance,
                        reciprocal,
                        count,
                        share,
                        epsilon,
                    );
                }
            });
        },
    );
    [mean, variance, reciprocal]
}

#[cube(launch_unchecked)]
fn deviations(
    squares: &[f32],
    variance: &mut [f32],
    reciprocal: &mut [f32],
    count: usize,
    share: f32,
    epsilon: f32,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let value = squares[index] * share;
        variance[index] = value;
        reciprocal[index] = 1.0f32 / f32::sqrt(value + epsilon);
    }
}

/// Sums of terms along the middle of a group; operands are `x`, `mean`, `r`, `gamma` and `g`, of which a term reads some.
fn sum_terms(term: Term, operands: [&CubeBuffer; 5], layout: &Layout, group: Group) -> CubeBuffer {
    let span = Span::of(group);
    let count = span.outputs();
    let sums = CubeBuffer::computed("normalization", operands, count, |device, operands, sums| {
        let [x, mean, r, gamma, g] = operands.map(Values::argument);
        let (span_sizes, statistics) = (span.sizes(), sizes(layout));
        let along = Along {
            one_statistic: group == layout.group,
            one_channel: group.inner.is_multiple_of(layout.channels.max(1)),
        };
        let (channels, sums) = (layout.channels, sums.argument());
        if span.is_by_rows() {
            device.launch_each(count, |client, cubes, dim| {
                // SAFETY: spans cover the elements of `x` and `g`, which have the layout's shape; the others are read
                // at the statistic and the channel of such an element.
                unsafe {
                    add_terms::launch_unchecked(
                        client, cubes, dim, x, mean, r, gamma, g, sums, count, span_sizes, statistics,
                        channels, term, along,
                    );
                }
            });
        } else {
            let units = device.units_that_fold(span.length());
            device.launch(count, units, |client, cubes, dim| {
                // SAFETY: as above.
                unsafe {
                    fold_terms::launch_unchecked(
                        client, cubes, dim, x, mean, r, gamma, g, sums, count, span_sizes, statistics,
                        channels, term, along, units,
                    );
                }
            });
        }
    });
    sum_group(&sums, span.rest())
}

/// Middle and inner extents of the elements that are normalized together.
fn sizes(layout: &Layout) -> SequenceArg<usize> {
    SequenceArg::from([layout.group.middle, layout.group.inner])
}

/// One term, of the element at `index` with its statistic and channel.
#[cube]
fn term_at(
    x: &[f32],
    mean: &[f32],
    r: &[f32],
    gamma: &[f32],
    g: &[f32],
    index: usize,
    statistic: usize,
    channel: usize,
    #[comptime] term: Term,
) -> f32 {
    match comptime!(term) {
        Term::SquaredDeviation => {
            let deviation = x[index] - mean[statistic];
            deviation * deviation
        }
        Term::Gradient => g[index] * gamma[channel],
        Term::GradientAlong => {
            let z = (x[index] - mean[statistic]) * r[statistic];
            g[index] * gamma[channel] * z
        }
        Term::ScaleGradient => {
            let z = (x[index] - mean[statistic]) * r[statistic];
            g[index] * z
        }
    }
}

/// Which of the statistics an element has a part in; `statistics` is `[middle, inner]`.
#[cube]
fn statistic_of(index: usize, statistics: &Sequence<usize>) -> usize {
    let (middle, inner) = (*statistics.index(0), *statistics.index(1));
    index / (middle * inner) * inner + index % inner
}

/// The terms of every `step`-th row of a column from `first` to `end`, added in order.
#[cube]
fn sum_along(
    x: &[f32],
    mean: &[f32],
    r: &[f32],
    gamma: &[f32],
    g: &[f32],
    start: usize,
    first: usize,
    end: usize,
    step: usize,
    inner: usize,
    statistics: &Sequence<usize>,
    channels: usize,
    #[comptime] term: Term,
    #[comptime] along: Along,
) -> f32 {
    let mut statistic = statistic_of(start, statistics);
    let mut channel = start % channels;
    let mut total = 0.0f32;
    for row in range_stepped(first, end, step) {
        let at = start + row * inner;
        if comptime!(!along.one_statistic) {
            statistic = statistic_of(at, statistics);
        }
        if comptime!(!along.one_channel) {
            channel = at % channels;
        }
        total += term_at(x, mean, r, gamma, g, at, statistic, channel, term);
    }
    total
}

/// A unit adds the terms of up to a span of rows of one column, in order; `span` as in [`Span::sizes`].
#[cube(launch_unchecked)]
fn add_terms(
    x: &[f32],
    mean: &[f32],
    r: &[f32],
    gamma: &[f32],
    g: &[f32],
    sums: &mut [f32],
    count: usize,
    span: Sequence<usize>,
    statistics: Sequence<usize>,
    channels: usize,
    #[comptime] term: Term,
    #[comptime] along: Along,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let (start, first, end) = Span::terms(index, &span);
        let inner = *span.index(1);
        sums[index] = sum_along(
            x,
            mean,
            r,
            gamma,
            g,
            start,
            first,
            end,
            1,
            inner,
            &statistics,
            channels,
            term,
            along,
        );
    }
}

/// A cube adds the terms of a span, as in the sum over neighbours.
#[cube(launch_unchecked)]
fn fold_terms(
    x: &[f32],
    mean: &[f32],
    r: &[f32],
    gamma: &[f32],
    g: &[f32],
    sums: &mut [f32],
    count: usize,
    span: Sequence<usize>,
    statistics: Sequence<usize>,
    channels: usize,
    #[comptime] term: Term,
    #[comptime] along: Along,
    #[comptime] units: usize,
) {
    let index = CUBE_POS;
    if index < count {
        let (start, first, end) = Span::terms(index, &span);
        let inner = *span.index(1);
        let own = first + UNIT_POS as usize;
        let total = sum_along(
            x,
            mean,
            r,
            gamma,
            g,
            start,
            own,
            end,
            units,
            inner,
            &statistics,
            channels,
            term,
            along,
        );
        let total = fold_units(total, units, Fold::Sum);
        if UNIT_POS == 0 {
            sums[index] = total;
        }
    }
}

/// Operands are `x`, `mean`, `r`, `gamma` and `beta`.
pub(super) fn normalize(operands: [&CubeBuffer; 5], layout: &Layout) -> CubeBuffer {
    let count = layout.shape.count();
    CubeBuffer::computed("normalize", operands, count, |device, operands, y| {
        device.launch_elements(count, |client, cubes, dim| {
            let [x, mean, r, gamma, beta] = operands.map(Values::argument);
            let (statistics, channels) = (sizes(layout), layout.channels);
            // SAFETY: `x` and `y` hold `count` elements; the others are read at an element's statistic and channel.
            unsafe {
                scale_and_shift::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x,
                    mean,
                    r,
                    gamma,
                    beta,
                    y.argument(),
                    count,
                    statistics,
                    channels,
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
fn scale_and_shift(
    x: &[f32],
    mean: &[f32],
    r: &[f32],
    gamma: &[f32],
    beta: &[f32],
    y: &mut [f32],
    count: usize,
    statistics: Sequence<usize>,
    channels: usize,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let statistic = statistic_of(index, &statistics);
        let channel = index % channels;
        let z = (x[index] - mean[statistic]) * r[statistic];
        y[index] = z * gamma[channel] + beta[channel];
    }
}

/// Operands are `x`, `mean`, `r`, `gamma` and `g`.
pub(super) fn input_gradient(operands: [&CubeBuffer; 5], layout: &Layout) -> CubeBuffer {
    let level = sum_terms(Term::Gradient, operands, layout, layout.group);
    let along = sum_terms(Term::GradientAlong, operands, layout, layout.group);
    let [x, mean, r, gamma, g] = operands;
    let (count, share) = (layout.shape.count(), 1.0 / layout.group.middle as f64);
    let operands = [x, mean, r, gamma, g, &level, &along];
    CubeBuffer::computed("normalization", operands, count, |device, operands, gradient| {
        device.launch_elements(count, |client, cubes, dim| {
            let [x, mean, r, gamma, g, level, along] = operands.map(Values::argument);
            let (statistics, channels, share) = (sizes(layout), layout.channels, share as f32);
            let gradient = gradient.argument();
            // SAFETY: `x`, `g` and `gradient` hold `count` elements; the others are read at an element's statistic and
            // channel.
            unsafe {
                through_moments::launch_unchecked(
                    client, cubes, dim, x, mean, r, gamma, g, level, along, gradient, count, statistics,
                    channels, share,
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
fn through_moments(
    x: &[f32],
    mean: &[f32],
    r: &[f32],
    gamma: &[f32],
    g: &[f32],
    level: &[f32],
    along: &[f32],
    gradient: &mut [f32],
    count: usize,
    statistics: Sequence<usize>,
    channels: usize,
    share: f32,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let statistic = statistic_of(index, &statistics);
        let h = g[index] * gamma[index % channels];
        let z = (x[index] - mean[statistic]) * r[statistic];
        let across = h - level[statistic] * share - z * (along[statistic] * share);
        gradient[index] = across * r[statistic];
    }
}

/// Operands are `x`, `mean`, `r` and `g`.
pub(super) fn scale_gradient([x, mean, r, g]: [&CubeBuffer; 4], layout: &Layout) -> CubeBuffer {
    let by_channel = Group {
        outer: 1,
        middle: layout.shape.count() / layout.channels.max(1),
        inner: layout.channels,
    };
    sum_terms(Term::ScaleGradient, [x, mean, r, x, g], layout, by_channel)
}
