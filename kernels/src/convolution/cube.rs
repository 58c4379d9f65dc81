//! The three convolutions as CubeCL kernels: products of the tile engine whose operands are patches of images.
//!
//! | product | rows | columns | terms |
//! |---|---|---|---|
//! | forward | output pixels `n p q` | output channels `k` | taps `r s c` |
//! | data gradient | input pixels of a phase | input channels `c` | taps that meet the phase, and `k` |
//! | weight gradient | taps `r s c` | output channels `k` | output pixels `n p q` |
//!
//! A phase of the data gradient is the input pixels whose row and column have given remainders by the strides. Only every
//! `stride`-th tap meets one, and there is no multiplication by the zeros between pixels of a dilated gradient. All
//! phases are one launch.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::geometry::Problem;
use crate::cube::CubeBuffer;
use crate::tile::{
    Axis, Extents, Finish, Finishing, Form, Image, Launch, NOWHERE, Order, Scheme, Taps, Walk, accumulate,
    blocks_of_part, filter, line_of_unit, matrix, patches, place, product, row_starts, store, zeros,
};

/// The extents of a convolution, in kernels.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Window {
    n: usize,
    h: usize,
    w: usize,
    c: usize,
    p: usize,
    q: usize,
    k: usize,
    r: usize,
    s: usize,
    stride_y: usize,
    stride_x: usize,
    top: usize,
    left: usize,
}

/// Extents, strides and paddings from which on a pixel's number in 32 bits could not tell above from below an image.
const TOO_FAR: usize = 1 << 30;

impl Problem {
    /// # Panics
    /// When an extent, a stride or a padding is 2^30 or more.
    fn window(&self) -> WindowLaunch {
        let Self {
            h, w, r, s, geometry, ..
        } = *self;
        let padding = geometry.padding.map(|padding| padding.before.max(padding.after));
        let largest = [[h, w], [r, s], geometry.stride, padding]
            .concat()
            .into_iter()
            .max();
        assert!(
            largest < Some(TOO_FAR),
            "no kernel for images, filters, strides or paddings of 2^30 pixels or more: {self:?}"
        );
        WindowLaunch {
            n: self.n,
            h: self.h,
            w: self.w,
            c: self.c,
            p: self.p,
            q: self.q,
            k: self.k,
            r: self.r,
            s: self.s,
            stride_y: self.geometry.stride[0],
            stride_x: self.geometry.stride[1],
            top: self.geometry.padding[0].before,
            left: self.geometry.padding[1].before,
        }
    }
}

/// Runs one of the kernels, which all take the same arguments.
macro_rules! run {
    ($kernel:ident, $problem:expr, $run:expr, $forms:expr) => {{
        let (problem, run): (&Problem, Launch<'_>) = ($problem, $run);
        let division = run.division;
        let scheme = Scheme::on(run.device, division.tile, $forms);
        run.device
            .launch(division.cubes, division.tile.units(), |client, count, dim| {
                // SAFETY: the buffers hold as many values as the problem's shapes say (the output as many for each part
                // of the sums), which the operation checked; the kernel reads and writes only elements whose pixel,
                // tap, channel and part are within the problem's extents.
                unsafe {
                    $kernel::launch_unchecked(
                        client,
                        count,
                        dim,
                        scheme.forms[0].width,
                        scheme.forms[1].width,
                        scheme.output_width(),
                        run.a.argument(),
                        run.b.argument(),
                        run.bias.argument(),
                        run.output.argument(),
                        problem.window(),
                        division.parts,
                        division.blocks,
                        run.finish,
                        scheme,
                    );
                }
            });
    }};
}

/// `[n, p, q, k]` of `x [n, h, w, c]` and the filter `weights [r, s, c, k]`.
pub(super) fn forward(
    problem: &Problem,
    x: &CubeBuffer,
    weights: &CubeBuffer,
    finishing: Finishing<'_>,
) -> CubeBuffer {
    let &Problem {
        n, h, w, p, q, c, k, ..
    } = problem;
    let extents = Extents {
        rows: n * p * q,
        columns: k,
        terms: problem.patch(),
        phases: 1,
    };
    product(
        "convolution",
        &extents,
        [x, weights],
        n * p * q * k,
        finishing,
        |launch| {
            let forms = [
                Form::new(Walk::Patches, Order::ByTerm, c, n * h * w * c),
                Form::new(Walk::Matrix, Order::ByLine, k, problem.patch() * k),
            ];
            run!(multiply_patches, problem, launch, forms);
        },
    )
}

/// `[n, h, w, c]` of `gradient [n, p, q, k]` and the filter `weights [r, s, c, k]`.
pub(super) fn data_gradient(problem: &Problem, gradient: &CubeBuffer, weights: &CubeBuffer) -> CubeBuffer {
    let &Problem {
        n,
        h,
        w,
        p,
        q,
        c,
        k,
        r,
        s,
        geometry,
    } = problem;
    let [stride_y, stride_x] = geometry.stride;
    let extents = Extents {
        rows: n * h.div_ceil(stride_y) * w.div_ceil(stride_x),
        columns: c,
        terms: r.div_ceil(stride_y) * s.div_ceil(stride_x) * k,
        phases: stride_y.min(h) * stride_x.min(w),
    };
    let finishing = Finishing::default();
    product(
        "data_gradient",
        &extents,
        [gradient, weights],
        n * h * w * c,
        finishing,
        |launch| {
            let forms = [
                Form::new(Walk::Patches, Order::ByTerm, k, n * p * q * k),
                Form::new(Walk::Filter, Order::ByTerm, k, problem.patch() * k),
            ];
            run!(convolve_back, problem, launch, forms);
        },
    )
}

/// `[r, s, c, k]` of `x [n, h, w, c]` and `gradient [n, p, q, k]`.
pub(super) fn weight_gradient(problem: &Problem, x: &CubeBuffer, gradient: &CubeBuffer) -> CubeBuffer {
    let &Problem {
        n, h, w, p, q, c, k, ..
    } = problem;
    let extents = Extents {
        rows: problem.patch(),
        columns: k,
        terms: n * p * q,
        phases: 1,
    };
    let (count, finishing) = (problem.patch() * k, Finishing::default());
    product(
        "weight_gradient",
        &extents,
        [x, gradient],
        count,
        finishing,
        |launch| {
            let forms = [
                Form::new(Walk::Patches, Order::ByLine, c, n * h * w * c),
                Form::new(Walk::Matrix, Order::ByLine, k, n * p * q * k),
            ];
            run!(multiply_patches, problem, launch, forms);
        },
    )
}

/// Patches of `x`, or patches transposed, times a matrix: the filter, or the gradient.
#[cube(launch_unchecked)]
fn multiply_patches<LeftWidth: Size, RightWidth: Size, OutputWidth: Size>(
    x: &[Vector<f32, LeftWidth>],
    right: &[Vector<f32, RightWidth>],
    bias: &[f32],
    output: &mut [Vector<f32, OutputWidth>],
    window: Window,
    parts: usize,
    blocks: usize,
    finish: Finish,
    #[comptime] scheme: Scheme,
) {
    let order = comptime!(scheme.forms[0].order);
    let pixels = Axis {
        first: window.n,
        second: window.p,
        third: window.q,
    };
    let taps = Axis {
        first: window.r,
        second: window.s,
        third: max(window.c, 1),
    };
    let image = Image {
        height: window.h,
        width: window.w,
        channels: window.c,
        stride_y: window.stride_y,
        stride_x: window.stride_x,
        top: window.top,
        left: window.left,
    };
    let (all_pixels, all_taps) = (window.n * window.p * window.q, window.r * window.s * window.c);
    let (rows, terms) = if comptime!(order == Order::ByTerm) {
        (all_pixels, all_taps)
    } else {
        (all_taps, all_pixels)
    };
    let place = place(rows, window.k, 1usize, scheme.tile);
    let mut sums = zeros(scheme);
    accumulate::<LeftWidth, RightWidth>(
        x,
        &patches(pixels, taps, image, order),
        right,
        &matrix(window.k, terms, Order::ByLine),
        &place,
        place.part * blocks,
        blocks_of_part(terms, place.part, blocks),
        &mut sums,
        scheme,
    );
    let starts = row_starts(rows, window.k, &place, parts, scheme);
    store::<OutputWidth>(&sums, output, &starts, &place, window.k, bias, &finish, scheme);
}

/// Along one axis, the taps that meet the pixels of a phase, and which output pixel the last of them meets.
#[derive(CubeType, Clone, Copy)]
struct Meeting {
    /// Taps that meet the phase.
    taps: usize,
    /// The last of them, if there is one.
    last: usize,
    /// The phase's first pixel is under the last tap of the output pixel with this number, below 0 wrapped.
    output: usize,
}

/// With `pixel = stride i + phase`, tap `t` meets output `(pixel + padding - t) / stride` where that is whole: for
/// `t = (phase + padding) mod stride + stride j` it is `i + (phase + padding) / stride - j`.
#[cube]
fn meeting(phase: usize, padding: usize, stride: usize, taps: usize) -> Meeting {
    let first = (phase + padding) % stride;
    let mut count = 0usize;
    if first < taps {
        count = (taps - 1 - first) / stride + 1;
    }
    Meeting {
        taps: count,
        last: first + count * stride - stride,
        output: (phase + padding) / stride + 1 - count,
    }
}

/// The gradient by the input, phase by phase: patches of the gradient times the taps that meet the phase, last to first.
#[cube(launch_unchecked)]
fn convolve_back<LeftWidth: Size, RightWidth: Size, OutputWidth: Size>(
    gradient: &[Vector<f32, LeftWidth>],
    weights: &[Vector<f32, RightWidth>],
    bias: &[f32],
    output: &mut [Vector<f32, OutputWidth>],
    window: Window,
    parts: usize,
    blocks: usize,
    finish: Finish,
    #[comptime] scheme: Scheme,
) {
    let high = window.h.div_ceil(window.stride_y);
    let wide = window.w.div_ceil(window.stride_x);
    let phases_x = min(window.stride_x, window.w);
    let rows = window.n * high * wide;
    let place = place(
        rows,
        window.c,
        min(window.stride_y, window.h) * phases_x,
        scheme.tile,
    );
    let (phase_y, phase_x) = (place.phase / phases_x, place.phase % phases_x);
    let y = meeting(phase_y, window.top, window.stride_y, window.r);
    let x = meeting(phase_x, window.left, window.stride_x, window.s);
    let terms = y.taps * x.taps * window.k;
    let pixels = Axis {
        first: window.n,
        second: high,
        third: wide,
    };
    let term = Axis {
        first: y.taps,
        second: max(x.taps, 1),
        third: max(window.k, 1),
    };
    let image = Image {
        height: window.p,
        width: window.q,
        channels: window.k,
        stride_y: 1usize.runtime(),
        stride_x: 1usize.runtime(),
        top: 0 - y.output,
        left: 0 - x.output,
    };
    let taps = Taps {
        last_row: y.last,
        last_column: x.last,
        stride_y: window.stride_y,
        stride_x: window.stride_x,
        columns: window.s,
    };
    let mut sums = zeros(scheme);
    accumulate::<LeftWidth, RightWidth>(
        gradient,
        &patches(pixels, term, image, Order::ByTerm),
        weights,
        &filter(window.c, term, taps),
        &place,
        place.part * blocks,
        blocks_of_part(terms, place.part, blocks),
        &mut sums,
        scheme,
    );
    let mut starts = Array::<usize>::new(comptime!(scheme.tile.own[0]));
    #[unroll]
    for i in 0..comptime!(scheme.tile.own[0]) {
        let row = place.row + line_of_unit(i, 0usize, scheme);
        let image = row / wide / high;
        let h = row / wide % high * window.stride_y + phase_y;
        let w = row % wide * window.stride_x + phase_x;
        starts[i] = NOWHERE.runtime();
        if row < rows && h < window.h && w < window.w && place.part < parts {
            let pixel = ((place.part * window.n + image) * window.h + h) * window.w + w;
            starts[i] = pixel * window.c;
        }
    }
    store::<OutputWidth>(&sums, output, &starts, &place, window.c, bias, &finish, scheme);
}

#[cfg(all(test, feature = "cuda"))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tile::offline::{assert_uses_matrix_units, buffer, card, finish, schemes, settings};

    fn window() -> WindowCompilationArg {
        WindowCompilationArg {
            n: (),
            h: (),
            w: (),
            c: (),
            p: (),
            q: (),
            k: (),
            r: (),
            s: (),
            stride_y: (),
            stride_x: (),
            top: (),
            left: (),
        }
    }

    /// The kernel of a scheme must be for matrix units.
    macro_rules! assert_multiplies {
        ($kernel:path, $forms:expr) => {
            for scheme in schemes($forms) {
                let [left, right] = scheme.forms.map(|form| form.width);
                use $kernel as Kernel;
                let kernel = Kernel::new(
                    settings(scheme),
                    card(),
                    Arc::new(TargetProperties::default()),
                    buffer(),
                    buffer(),
                    buffer(),
                    buffer(),
                    window(),
                    (),
                    (),
                    finish(),
                    left,
                    right,
                    scheme.output_width(),
                    scheme,
                );
                assert_uses_matrix_units(&kernel, scheme);
            }
        };
    }

    #[test]
    fn matrix_units_multiply_patches_of_images_and_of_gradients() {
        let patches = |order, width| Form::new(Walk::Patches, order, width, 64);
        let filter = |width| Form::new(Walk::Filter, Order::ByTerm, width, 64);
        let matrix = Form::new(Walk::Matrix, Order::ByLine, 4, 64);
        // Forward, with three channels too; by the weights; by the input.
        assert_multiplies!(
            multiply_patches::MultiplyPatches,
            [patches(Order::ByTerm, 4), matrix]
        );
        assert_multiplies!(
            multiply_patches::MultiplyPatches,
            [patches(Order::ByTerm, 3), matrix]
        );
        assert_multiplies!(
            multiply_patches::MultiplyPatches,
            [patches(Order::ByLine, 4), matrix]
        );
        assert_multiplies!(
            convolve_back::ConvolveBack,
            [patches(Order::ByTerm, 4), filter(4)]
        );
        assert_multiplies!(
            convolve_back::ConvolveBack,
            [patches(Order::ByTerm, 3), filter(1)]
        );
    }
}
