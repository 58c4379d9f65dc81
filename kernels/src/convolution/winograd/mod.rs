//! Convolutions with 3x3 filters and stride 1, and with 4x4 filters and stride 2, by minimal filtering on tiles of 4x4
//! outputs (Winograd 1980; Lavin and Gray 2016, equation 8).
//!
//! A tile costs 36 multiplications an input and output channel in place of 144 (3x3), or 100 in place of 256 (4x4, in
//! four phases of 2x2 taps). The three operations are one bilinear form and its two adjoints: with planes `V = B^T d B`
//! of the image, `U = G g G^T` of the filter and `W = A y A^T` of the output gradient, the convolution is `A^T (V U) A`,
//! the data gradient `B (W U^T) B^T` and the weight gradient `G^T (V^T W) G`, each product one of matrices for every
//! position in the tile.
//!
//! What is not finite spreads over the tile it lies in.

mod algorithm;
mod filters;
mod images;
mod lanes;
mod pixels;
mod tiling;

use rayon::prelude::*;

use super::geometry::Problem;
use crate::cpu::{Buffer, Matrix, MatrixMut, product};
use crate::element::Real;
use algorithm::{Algorithm, ThreeTaps, TwoTaps};
use images::Finish;
use tiling::{Planes, Tiling};

/// Channels below which transforming costs more than it saves.
const CHANNELS: usize = 16;

/// Outputs of a tile along one axis.
const OUTPUTS: usize = 4;

/// The algorithm for a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filtering {
    /// 3x3 taps, stride 1.
    ThreeTaps,
    /// 4x4 taps, stride 2: phases of 2x2 taps.
    TwoTaps,
}

impl Filtering {
    /// The algorithm that saves time on a convolution, if one does. A function of the problem alone.
    pub(super) fn of(problem: &Problem) -> Option<Self> {
        let &Problem {
            n,
            p,
            q,
            c,
            k,
            r,
            s,
            geometry,
            ..
        } = problem;
        let filtering = match ([r, s], geometry.stride) {
            ([3, 3], [1, 1]) => Self::ThreeTaps,
            ([4, 4], [2, 2]) => Self::TwoTaps,
            _ => return None,
        };
        let tiles = p.div_ceil(OUTPUTS) * q.div_ceil(OUTPUTS);
        let (direct, minimal) = (p * q * r * s, tiles * filtering.multiplications());
        (n > 0 && tiles > 0 && c.min(k) >= CHANNELS && direct >= 2 * minimal).then_some(filtering)
    }

    /// Multiplications of a tile, an input and output channel.
    fn multiplications(self) -> usize {
        match self {
            Self::ThreeTaps => 36,
            Self::TwoTaps => 100,
        }
    }
}

/// `y [n, p, q, k]` of `x [n, h, w, c]` and `filter [r, s, c, k]`, with bias and leaky rectifier where given.
pub(super) fn forward<T: Real>(
    filtering: Filtering,
    problem: &Problem,
    x: &[T],
    filter: &[T],
    bias: Option<&[T]>,
    negative_slope: Option<T>,
) -> Buffer<T> {
    match filtering {
        Filtering::ThreeTaps => forward_with(problem, ThreeTaps, x, filter, bias, negative_slope),
        Filtering::TwoTaps => forward_with(problem, TwoTaps, x, filter, bias, negative_slope),
    }
}

/// `[n, h, w, c]` of `gradient [n, p, q, k]` and `filter [r, s, c, k]`.
pub(super) fn data_gradient<T: Real>(
    filtering: Filtering,
    problem: &Problem,
    gradient: &[T],
    filter: &[T],
) -> Buffer<T> {
    match filtering {
        Filtering::ThreeTaps => data_gradient_with(problem, ThreeTaps, gradient, filter),
        Filtering::TwoTaps => data_gradient_with(problem, TwoTaps, gradient, filter),
    }
}

/// `[r, s, c, k]` of `x [n, h, w, c]` and `gradient [n, p, q, k]`.
pub(super) fn weight_gradient<T: Real>(
    filtering: Filtering,
    problem: &Problem,
    x: &[T],
    gradient: &[T],
) -> Buffer<T> {
    match filtering {
        Filtering::ThreeTaps => weight_gradient_with(problem, ThreeTaps, x, gradient),
        Filtering::TwoTaps => weight_gradient_with(problem, TwoTaps, x, gradient),
    }
}

fn forward_with<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    _: A,
    x: &[T],
    filter: &[T],
    bias: Option<&[T]>,
    negative_slope: Option<T>,
) -> Buffer<T> {
    let &Problem {
        n, h, w, c, p, q, k, ..
    } = problem;
    let tiling = Tiling::new(problem, M);
    let (filter_planes, filters) = transformed_filter::<T, A, M, R, N>(problem, &tiling, filter);
    let finish = Finish { bias, negative_slope };
    let mut y = Buffer::scratch(n * p * q * k);
    let images = tiling.images_at_a_time();
    for (y, x) in y.chunks_mut(images * p * q * k).zip(x.chunks(images * h * w * c)) {
        let tiles = y.len() / (p * q * k) * tiling.tiles();
        let (input_planes, output_planes) = (planes(N, tiles, tiling.phases() * c), planes(N, tiles, k));
        let mut inputs = Buffer::scratch(input_planes.values());
        images::inputs::<T, A, M, R, N>(problem, &tiling, x, (input_planes, &mut inputs));
        let mut products = Buffer::scratch(output_planes.values());
        multiply(output_planes, &mut products, false, |position| {
            let inputs = Matrix::new(input_planes.plane(&inputs, position), tiles, input_planes.columns);
            let filters = Matrix::new(filter_planes.plane(&filters, position), filter_planes.rows, k);
            (inputs, filters)
        });
        images::outputs::<T, A, M, R, N>(problem, &tiling, (output_planes, &products), y, finish);
    }
    y
}

fn data_gradient_with<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    _: A,
    gradient: &[T],
    filter: &[T],
) -> Buffer<T> {
    let &Problem {
        n, h, w, c, p, q, k, ..
    } = problem;
    let tiling = Tiling::new(problem, M);
    let (filter_planes, filters) = transformed_filter::<T, A, M, R, N>(problem, &tiling, filter);
    let mut x = Buffer::scratch(n * h * w * c);
    let images = tiling.images_at_a_time();
    for (x, gradient) in x
        .chunks_mut(images * h * w * c)
        .zip(gradient.chunks(images * p * q * k))
    {
        let tiles = gradient.len() / (p * q * k) * tiling.tiles();
        let (input_planes, output_planes) = (planes(N, tiles, tiling.phases() * c), planes(N, tiles, k));
        let mut gradients = Buffer::scratch(output_planes.values());
        images::outputs_adjoint::<T, A, M, R, N>(problem, &tiling, gradient, (output_planes, &mut gradients));
        let mut products = Buffer::scratch(input_planes.values());
        multiply(input_planes, &mut products, false, |position| {
            let gradients = Matrix::new(output_planes.plane(&gradients, position), tiles, k);
            let filters = Matrix::new(filter_planes.plane(&filters, position), filter_planes.rows, k);
            (gradients, filters.transposed())
        });
        images::inputs_adjoint::<T, A, M, R, N>(problem, &tiling, (input_planes, &products), x);
    }
    x
}

fn weight_gradient_with<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    _: A,
    x: &[T],
    gradient: &[T],
) -> Buffer<T> {
    let &Problem { h, w, c, p, q, k, .. } = problem;
    let tiling = Tiling::new(problem, M);
    let filter_planes = planes(N, tiling.phases() * c, k);
    let mut sums = Buffer::scratch(filter_planes.values());
    let images = tiling.images_at_a_time();
    let chunks = x
        .chunks(images * h * w * c)
        .zip(gradient.chunks(images * p * q * k));
    for (chunk, (x, gradient)) in chunks.enumerate() {
        let tiles = gradient.len() / (p * q * k) * tiling.tiles();
        let (input_planes, output_planes) = (planes(N, tiles, tiling.phases() * c), planes(N, tiles, k));
        let mut inputs = Buffer::scratch(input_planes.values());
        images::inputs::<T, A, M, R, N>(problem, &tiling, x, (input_planes, &mut inputs));
        let mut gradients = Buffer::scratch(output_planes.values());
        images::outputs_adjoint::<T, A, M, R, N>(problem, &tiling, gradient, (output_planes, &mut gradients));
        multiply(filter_planes, &mut sums, chunk > 0, |position| {
            let inputs = Matrix::new(input_planes.plane(&inputs, position), tiles, input_planes.columns);
            let gradients = Matrix::new(output_planes.plane(&gradients, position), tiles, k);
            (inputs.transposed(), gradients)
        });
    }
    let mut filter = Buffer::scratch(problem.patch() * k);
    filters::filters_adjoint::<T, A, M, R, N>(problem, &tiling, (filter_planes, &sums), &mut filter);
    filter
}

fn planes(tile: usize, rows: usize, columns: usize) -> Planes {
    Planes {
        count: tile * tile,
        rows,
        columns,
    }
}

fn transformed_filter<T: Real, A: Algorithm<M, R, N>, const M: usize, const R: usize, const N: usize>(
    problem: &Problem,
    tiling: &Tiling,
    filter: &[T],
) -> (Planes, Buffer<T>) {
    let planes = planes(N, tiling.phases() * problem.c, problem.k);
    let mut values = Buffer::scratch(planes.values());
    filters::filters::<T, A, M, R, N>(problem, tiling, filter, (planes, &mut values));
    (planes, values)
}

/// The product of two matrices for every position in the tile; positions are shared out to threads.
fn multiply<'a, T: Real>(
    planes: Planes,
    output: &mut [T],
    accumulate: bool,
    operands: impl Fn(usize) -> (Matrix<'a, T>, Matrix<'a, T>) + Sync,
) {
    output
        .par_chunks_exact_mut(planes.between())
        .enumerate()
        .for_each(|(position, output)| {
            let (left, right) = operands(position);
            let mut output = MatrixMut::new(output, planes.rows, planes.columns);
            product(&mut output, left, right, accumulate);
        });
}
