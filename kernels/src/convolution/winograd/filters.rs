//! Between filters and the planes in which minimal filtering multiplies: the map and its adjoint.
//!
//! Planes are `[position in the tile, input channel, output channel]`, phases first among input channels.

use rayon::prelude::*;

use super::algorithm::{Algorithm, both};
use super::lanes::{Lanes, for_each_lanes};
use super::tiling::{Planes, Tiling, grouped, load_column, store_row};
use crate::convolution::geometry::Problem;
use crate::cpu::vectorized;
use crate::element::Real;

/// Filter rows that a task transforms.
const ROWS: usize = 16;

/// `G g G^T` of a filter `[r, s, c, k]`, for every phase.
pub(super) fn filters<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    tiling: &Tiling,
    filter: &[T],
    (planes, values): (Planes, &mut [T]),
) {
    let &Problem { c, k, .. } = problem;
    let groups = planes.groups(values, ROWS).into_par_iter().enumerate();
    groups.for_each(|(group, mut planes)| {
        vectorized(
            #[inline(always)]
            || {
                for row in 0..planes[0].len() / k {
                    let (phase, channel) = ((group * ROWS + row) / c, (group * ROWS + row) % c);
                    for_each_lanes(
                        k,
                        #[inline(always)]
                        |first, count| {
                            both(
                                #[inline(always)]
                                |x| A::filter(x),
                                #[inline(always)]
                                |b| {
                                    let mut taps = [Lanes::ZERO; R];
                                    for (a, lanes) in taps.iter_mut().enumerate() {
                                        let tap = tiling.tap(problem, phase, [a, b]);
                                        *lanes =
                                            Lanes::load(&filter[(tap * c + channel) * k + first..][..count]);
                                    }
                                    taps
                                },
                                #[inline(always)]
                                |i, values| {
                                    store_row(i, values, &mut planes, row * k + first, count);
                                },
                            );
                        },
                    );
                }
            },
        );
    });
}

/// The adjoint of [`filters`]: the gradient `[r, s, c, k]`.
pub(super) fn filters_adjoint<
    T: Real,
    A: Algorithm<M, R, N>,
    const M: usize,
    const R: usize,
    const N: usize,
>(
    problem: &Problem,
    tiling: &Tiling,
    (planes, values): (Planes, &[T]),
    filter: &mut [T],
) {
    let &Problem { c, k, .. } = problem;
    let groups = grouped(filter.chunks_exact_mut(c * k), ROWS * k).into_par_iter();
    groups.enumerate().for_each(|(group, mut taps)| {
        vectorized(
            #[inline(always)]
            || {
                let rows = taps[0].len() / k;
                for (phase, row) in
                    (0..tiling.phases()).flat_map(|phase| (0..rows).map(move |row| (phase, row)))
                {
                    let column = (phase * c + group * ROWS + row) * k;
                    for_each_lanes(
                        k,
                        #[inline(always)]
                        |first, count| {
                            both(
                                #[inline(always)]
                                |x| A::filter_adjoint(x),
                                #[inline(always)]
                                |j| load_column(&planes, values, j, column + first, count),
                                #[inline(always)]
                                |a, gradient: [_; R]| {
                                    for (b, gradient) in gradient.iter().enumerate() {
                                        let tap = &mut taps[tiling.tap(problem, phase, [a, b])];
                                        gradient.store(&mut tap[row * k + first..][..count]);
                                    }
                                },
                            );
                        },
                    );
                }
            },
        );
    });
}
