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
        vectorized(|| {
            for (tile, phase) in tiling.tiles_and_phases() {
                let pixels = Pixels::of_input(problem, tiling, tile, phase, M);
                let column = tile * tiling.phases() * c + phase * c;
                for_each_lanes(c, |first, count| {
                    let d = pixels.load::<T, N>(x, c, first, count);
                    store(both(A::input, d), &mut planes, column + first, count);
                });
            }
        });
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
        vectorized(|| {
            x.fill(T::ZERO);
            for (tile, phase) in tiling.tiles_and_phases() {
                let pixels = Pixels::of_input(problem, tiling, tile, phase, M);
                let column = (image * tiling.tiles() + tile) * planes.columns + phase * c;
                for_each_lanes(c, |first, count| {
                    let d = both(A::input_adjoint, load(&planes, values, column + first, count));
                    pixels.add(d, x, c, first, count);
                });
            }
        });
    });
}

/// `A^T y A` of every tile on the planes: the images `y [.., p, q, k]`, each value finished by its channel's function.
pub(super) fn outputs<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    tiling: &Tiling,
    (planes, values): (Planes, &[T]),
    y: &mut [T],
    finish: impl Fn(usize, usize, Lanes<T>) -> Lanes<T> + Sync,
) {
    let &Problem { p, q, k, .. } = problem;
    y.par_chunks_mut(p * q * k).enumerate().for_each(|(image, y)| {
        vectorized(|| {
            for tile in 0..tiling.tiles() {
                let pixels = Pixels::of_output(problem, tiling, tile, M);
                let column = (image * tiling.tiles() + tile) * k;
                for_each_lanes(k, |first, count| {
                    let outputs = both(A::output, load(&planes, values, column + first, count));
                    let finished = outputs.map(|row| row.map(|lanes| finish(first, count, lanes)));
                    pixels.store(finished, y, k, first, count);
                });
            }
        });
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
        vectorized(|| {
            for tile in 0..tiling.tiles() {
                let pixels = Pixels::of_output(problem, tiling, tile, M);
                for_each_lanes(k, |first, count| {
                    let y = pixels.load::<T, M>(y, k, first, count);
                    store(both(A::output_adjoint, y), &mut planes, tile * k + first, count);
                });
            }
        });
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
        vectorized(|| {
            for row in 0..planes[0].len() / k {
                let (phase, channel) = ((group * ROWS + row) / c, (group * ROWS + row) % c);
                for_each_lanes(k, |first, count| {
                    let mut taps = [[Lanes::ZERO; R]; R];
                    for (a, b) in positions(R) {
                        let tap = tiling.tap(problem, phase, [a, b]);
                        taps[a][b] = Lanes::load(&filter[(tap * c + channel) * k + first..][..count]);
                    }
                    store(both(A::filter, taps), &mut planes, row * k + first, count);
                });
            }
        });
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
        vectorized(|| {
            let rows = taps[0].len() / k;
            for (phase, row) in (0..tiling.phases()).flat_map(|phase| (0..rows).map(move |row| (phase, row)))
            {
                let column = (phase * c + group * ROWS + row) * k;
                for_each_lanes(k, |first, count| {
                    let gradient = both(A::filter_adjoint, load(&planes, values, column + first, count));
                    for (a, b) in positions(R) {
                        let tap = &mut taps[tiling.tap(problem, phase, [a, b])];
                        gradient[a][b].store(&mut tap[row * k + first..][..count]);
                    }
                });
            }
        });
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

fn positions(side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..side).flat_map(move |row| (0..side).map(move |column| (row, column)))
}

/// The values of one tile at `column` of every plane.
#[inline(always)]
fn load<T: Real, const N: usize>(
    planes: &Planes,
    values: &[T],
    column: usize,
    count: usize,
) -> [[Lanes<T>; N]; N] {
    let mut tile = [[Lanes::ZERO; N]; N];
    for (index, lanes) in tile.as_flattened_mut().iter_mut().enumerate() {
        *lanes = Lanes::load(&values[index * planes.between() + column..][..count]);
    }
    tile
}

/// Writes one tile to `column` of every plane.
#[inline(always)]
fn store<T: Real, const N: usize>(
    tile: [[Lanes<T>; N]; N],
    planes: &mut [&mut [T]],
    column: usize,
    count: usize,
) {
    for (plane, lanes) in planes.iter_mut().zip(tile.as_flattened()) {
        lanes.store(&mut plane[column..][..count]);
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

    /// Some channels of the tile; 0 outside the image.
    #[inline(always)]
    fn load<T: Real, const N: usize>(
        &self,
        image: &[T],
        channels: usize,
        first: usize,
        count: usize,
    ) -> [[Lanes<T>; N]; N] {
        let mut tile = [[Lanes::ZERO; N]; N];
        for (row, column) in positions(N) {
            if let Some(pixel) = self.index(row, column) {
                tile[row][column] = Lanes::load(&image[pixel * channels + first..][..count]);
            }
        }
        tile
    }

    /// Writes what lies on the image.
    #[inline(always)]
    fn store<T: Real, const N: usize>(
        &self,
        tile: [[Lanes<T>; N]; N],
        image: &mut [T],
        channels: usize,
        first: usize,
        count: usize,
    ) {
        for (row, column) in positions(N) {
            if let Some(pixel) = self.index(row, column) {
                tile[row][column].store(&mut image[pixel * channels + first..][..count]);
            }
        }
    }

    /// Adds what lies on the image.
    #[inline(always)]
    fn add<T: Real, const N: usize>(
        &self,
        tile: [[Lanes<T>; N]; N],
        image: &mut [T],
        channels: usize,
        first: usize,
        count: usize,
    ) {
        for (row, column) in positions(N) {
            if let Some(pixel) = self.index(row, column) {
                let values = &mut image[pixel * channels + first..][..count];
                (Lanes::load(values) + tile[row][column]).store(values);
            }
        }
    }
}
