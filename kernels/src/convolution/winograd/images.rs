//! Between images and the planes in which minimal filtering multiplies: each map and its adjoint.
//!
//! Planes are `[position in the tile, tile, channel]`, phases first among channels.

use rayon::prelude::*;

use super::algorithm::{Algorithm, both};
use super::lanes::{Lanes, for_each_lanes};
use super::pixels::Pixels;
use super::tiling::{Planes, Tiling, load_column, store_row};
use crate::convolution::geometry::Problem;
use crate::cpu::vectorized;
use crate::element::Real;

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
