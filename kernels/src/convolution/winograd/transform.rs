//! Between images or filters and the planes in which minimal filtering multiplies: each map and its adjoint.
//!
//! Planes are `[position in the tile, row, column]`. Of images, rows are tiles and columns are channels, phases first; of
//! filters, rows are input channels, phases first, and columns are output channels.

use rayon::prelude::*;

use super::algorithm::{Algorithm, both};
use super::lanes::{LANES, Lanes};
use super::tiling::{Planes, Tiling, grouped};
use crate::convolution::geometry::Problem;
use crate::cpu::vectorized;
use crate::element::Real;

/// Filter rows that a task transforms.
const ROWS: usize = 16;

/// What becomes of outputs before they are stored.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a, T> {
    /// Added to each output channel.
    pub(super) bias: Option<&'a [T]>,
    /// Then values at most 0 are multiplied by this.
    pub(super) negative_slope: Option<T>,
}

impl<T: Real> Finish<'_, T> {
    #[inline(always)]
    fn apply(&self, first: usize, count: usize, outputs: Lanes<T>) -> Lanes<T> {
        let outputs = match self.bias {
            Some(bias) => outputs + Lanes::load(&bias[first..][..count]),
            None => outputs,
        };
        match self.negative_slope {
            Some(slope) => outputs.map(
                #[inline(always)]
                |y| if y > T::ZERO { y } else { slope * y },
            ),
            None => outputs,
        }
    }
}

/// `B^T d B` of every tile of the images `x [.., h, w, c]`.
pub(super) fn inputs<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    tiling: &Tiling,
    x: &[T],
    (planes, values): (Planes, &mut [T]),
) {
    let &Problem { h, w, c, .. } = problem;
    let images = planes.groups(values, tiling.tiles()).into_par_iter();
    images.zip(x.par_chunks(h * w * c)).for_each(|(mut planes, x)| {
        vectorized(
            #[inline(always)]
            || {
                for (tile, phase) in tiling.tiles_and_phases() {
                    let pixels = Pixels::of_input(problem, tiling, tile, phase, M);
                    let column = tile * tiling.phases() * c + phase * c;
                    for_each_lanes(
                        c,
                        #[inline(always)]
                        |first, count| {
                            both(
                                #[inline(always)]
                                |x| A::input(x),
                                #[inline(always)]
                                |j| pixels.column(x, c, j, first, count),
                                #[inline(always)]
                                |i, row| store_row(i, row, &mut planes, column + first, count),
                            );
                        },
                    );
                }
            },
        );
    });
}

/// The adjoint of [`inputs`]: what lies on planes, added to where it was read, with 0 before.
pub(super) fn inputs_adjoint<
    T: Real,
    A: Algorithm<M, R, N>,
    const M: usize,
    const R: usize,
    const N: usize,
>(
    problem: &Problem,
    tiling: &Tiling,
    (planes, values): (Planes, &[T]),
    x: &mut [T],
) {
    let &Problem { h, w, c, .. } = problem;
    x.par_chunks_mut(h * w * c).enumerate().for_each(|(image, x)| {
        vectorized(
            #[inline(always)]
            || {
                x.fill(T::ZERO);
                for (tile, phase) in tiling.tiles_and_phases() {
                    let pixels = Pixels::of_input(problem, tiling, tile, phase, M);
                    let column = (image * tiling.tiles() + tile) * planes.columns + phase * c;
                    for_each_lanes(
                        c,
                        #[inline(always)]
                        |first, count| {
                            both(
                                #[inline(always)]
                                |x| A::input_adjoint(x),
                                #[inline(always)]
                                |j| load_column(&planes, values, j, column + first, count),
                                #[inline(always)]
                                |i, row: [_; N]| {
                                    pixels.for_each_in_row(
                                        i,
                                        N,
                                        #[inline(always)]
                                        |j, pixel| {
                                            let values = &mut x[pixel * c + first..][..count];
                                            (Lanes::load(values) + row[j]).store(values);
                                        },
                                    )
                                },
                            );
                        },
                    );
                }
            },
        );
    });
}

/// `A^T y A` of every tile on the planes: the images `y [.., p, q, k]`, finished.
pub(super) fn outputs<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    tiling: &Tiling,
    (planes, values): (Planes, &[T]),
    y: &mut [T],
    finish: Finish<'_, T>,
) {
    let &Problem { p, q, k, .. } = problem;
    y.par_chunks_mut(p * q * k).enumerate().for_each(|(image, y)| {
        vectorized(
            #[inline(always)]
            || {
                for tile in 0..tiling.tiles() {
                    let pixels = Pixels::of_output(problem, tiling, tile, M);
                    let column = (image * tiling.tiles() + tile) * k;
                    for_each_lanes(
                        k,
                        #[inline(always)]
                        |first, count| {
                            both(
                                #[inline(always)]
                                |x| A::output(x),
                                #[inline(always)]
                                |j| load_column(&planes, values, j, column + first, count),
                                #[inline(always)]
                                |i, row: [_; M]| {
                                    pixels.for_each_in_row(
                                        i,
                                        M,
                                        #[inline(always)]
                                        |j, pixel| {
                                            let values = &mut y[pixel * k + first..][..count];
                                            finish.apply(first, count, row[j]).store(values);
                                        },
                                    )
                                },
                            );
                        },
                    );
                }
            },
        );
    });
}

/// The adjoint of [`outputs`]: `A y A^T` of every tile of the gradients `y [.., p, q, k]`.
pub(super) fn outputs_adjoint<
    T: Real,
    A: Algorithm<M, R, N>,
    const M: usize,
    const R: usize,
    const N: usize,
>(
    problem: &Problem,
    tiling: &Tiling,
    y: &[T],
    (planes, values): (Planes, &mut [T]),
) {
    let &Problem { p, q, k, .. } = problem;
    let images = planes.groups(values, tiling.tiles()).into_par_iter();
    images.zip(y.par_chunks(p * q * k)).for_each(|(mut planes, y)| {
        vectorized(
            #[inline(always)]
            || {
                for tile in 0..tiling.tiles() {
                    let pixels = Pixels::of_output(problem, tiling, tile, M);
                    for_each_lanes(
                        k,
                        #[inline(always)]
                        |first, count| {
                            both(
                                #[inline(always)]
                                |x| A::output_adjoint(x),
                                #[inline(always)]
                                |j| pixels.column(y, k, j, first, count),
                                #[inline(always)]
                                |i, row| store_row(i, row, &mut planes, tile * k + first, count),
                            );
                        },
                    );
                }
            },
        );
    });
}

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

/// Calls `work(first, count)` for all channels, [`LANES`] or fewer at a time.
#[inline(always)]
fn for_each_lanes(channels: usize, mut work: impl FnMut(usize, usize)) {
    let whole = channels / LANES * LANES;
    for first in (0..whole).step_by(LANES) {
        work(first, LANES);
    }
    if whole < channels {
        work(whole, channels - whole);
    }
}

/// Column `j` of one tile that lies at `at` of every plane.
#[inline(always)]
fn load_column<T: Real, const N: usize>(
    planes: &Planes,
    values: &[T],
    j: usize,
    at: usize,
    count: usize,
) -> [Lanes<T>; N] {
    let mut column = [Lanes::ZERO; N];
    for (i, lanes) in column.iter_mut().enumerate() {
        *lanes = Lanes::load(&values[(i * N + j) * planes.between() + at..][..count]);
    }
    column
}

/// Writes row `i` of one tile to `at` of every plane.
#[inline(always)]
fn store_row<T: Real, const N: usize>(
    i: usize,
    row: [Lanes<T>; N],
    planes: &mut [&mut [T]],
    at: usize,
    count: usize,
) {
    for (j, plane) in planes[i * N..][..N].iter_mut().enumerate() {
        row[j].store(&mut plane[at..][..count]);
    }
}

/// The pixels of one tile and phase in an image: every `step`-th from `origin`, some of which may lie outside.
struct Pixels {
    /// Of the image: height and width.
    extents: [usize; 2],
    /// The first pixel; one before the image has wrapped around.
    origin: [usize; 2],
    step: usize,
}

impl Pixels {
    fn of_input(problem: &Problem, tiling: &Tiling, tile: usize, phase: usize, outputs: usize) -> Self {
        let (tile, phase) = (tiling.tile(tile), tiling.phase(phase));
        let origin = [0, 1].map(|axis| {
            let padded = tile[axis] * outputs * tiling.stride + phase[axis];
            padded.wrapping_sub(problem.geometry.padding[axis].before)
        });
        Self {
            extents: [problem.h, problem.w],
            origin,
            step: tiling.stride,
        }
    }

    fn of_output(problem: &Problem, tiling: &Tiling, tile: usize, outputs: usize) -> Self {
        Self {
            extents: [problem.p, problem.q],
            origin: tiling.tile(tile).map(|tile| tile * outputs),
            step: 1,
        }
    }

    /// The index of a pixel of the tile in the image, unless it lies outside.
    #[inline(always)]
    fn index(&self, row: usize, column: usize) -> Option<usize> {
        let row = self.origin[0].wrapping_add(row * self.step);
        let column = self.origin[1].wrapping_add(column * self.step);
        (row < self.extents[0] && column < self.extents[1]).then(|| row * self.extents[1] + column)
    }

    /// Some channels of column `j` of the tile; 0 outside the image.
    #[inline(always)]
    fn column<T: Real, const N: usize>(
        &self,
        image: &[T],
        channels: usize,
        j: usize,
        first: usize,
        count: usize,
    ) -> [Lanes<T>; N] {
        let mut column = [Lanes::ZERO; N];
        for (i, lanes) in column.iter_mut().enumerate() {
            if let Some(pixel) = self.index(i, j) {
                *lanes = Lanes::load(&image[pixel * channels + first..][..count]);
            }
        }
        column
    }

    /// Calls `visit(column, pixel)` for what lies on the image of row `i` of a tile with `side` columns.
    #[inline(always)]
    fn for_each_in_row(&self, i: usize, side: usize, mut visit: impl FnMut(usize, usize)) {
        for j in 0..side {
            if let Some(pixel) = self.index(i, j) {
                visit(j, pixel);
            }
        }
    }
}
