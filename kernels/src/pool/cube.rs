//! Pools as CubeCL kernels: one unit an output element.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::{Moving, Pool};
use crate::cube::{CubeBuffer, larger};

/// `x [n, h, w, c]`, as `count` elements of the result.
pub(super) fn window_sum(x: &CubeBuffer, count: usize, [w, c]: [usize; 2], k: usize) -> CubeBuffer {
    CubeBuffer::computed("window_sum", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            // SAFETY: `x` holds k k count elements, and windows tile it; the kernel stays below.
            unsafe {
                add_windows::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x.argument(),
                    y.argument(),
                    count,
                    w / k,
                    c,
                    k,
                );
            }
        });
    })
}

/// `w` is the result's width over `k`.
#[cube(launch_unchecked)]
fn add_windows(x: &[f32], y: &mut [f32], count: usize, w: usize, c: usize, k: usize) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let channel = index % c;
        let pixel = index / c;
        let row = pixel / w; // Through all images.
        let start = (row * k * w + pixel % w) * k * c + channel;
        let mut total = 0.0f32;
        for i in 0..k {
            for j in 0..k {
                total += x[start + (i * w * k + j) * c];
            }
        }
        y[index] = total;
    }
}

/// `x [n, h, w, c]`, to `count` elements.
pub(super) fn replicate(x: &CubeBuffer, count: usize, [w, c]: [usize; 2], k: usize) -> CubeBuffer {
    CubeBuffer::computed("replicate", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            // SAFETY: `x` holds count / (k k) elements; the kernel stays below.
            unsafe {
                repeat::launch_unchecked(client, cubes, dim, x.argument(), y.argument(), count, w, c, k);
            }
        });
    })
}

#[cube(launch_unchecked)]
fn repeat(x: &[f32], y: &mut [f32], count: usize, w: usize, c: usize, k: usize) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let channel = index % c;
        let pixel = index / c;
        let row = pixel / (w * k) / k; // Through all images.
        let column = pixel % (w * k) / k;
        y[index] = x[(row * w + column) * c + channel];
    }
}

pub(super) fn moving(x: &CubeBuffer, count: usize, moving: Moving, pool: Pool) -> CubeBuffer {
    let Moving {
        input: [h, w],
        output: [p, q],
        channels,
        window: [r, s],
        geometry,
    } = moving;
    let [above, left] = geometry.padding.map(|padding| padding.before);
    CubeBuffer::computed("pool", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            let (x, y) = (x.argument(), y.argument());
            let image = SequenceArg::from([h, w, channels]);
            let output = SequenceArg::from([p, q]);
            let window = SequenceArg::from([r, s]);
            let stride = SequenceArg::from(geometry.stride);
            let padding = SequenceArg::from([above, left]);
            // SAFETY: every window sees at least one pixel, and only pixels of the image are read.
            unsafe {
                pool_windows::launch_unchecked(
                    client, cubes, dim, x, y, count, image, output, window, stride, padding, pool,
                );
            }
        });
    })
}

/// `image` is `[h, w, c]`; the others have one number an axis.
#[cube(launch_unchecked)]
fn pool_windows(
    x: &[f32],
    y: &mut [f32],
    count: usize,
    image: Sequence<usize>,
    output: Sequence<usize>,
    window: Sequence<usize>,
    stride: Sequence<usize>,
    padding: Sequence<usize>,
    #[comptime] pool: Pool,
) {
    let (h, w, c) = (*image.index(0), *image.index(1), *image.index(2));
    let (p, q) = (*output.index(0), *output.index(1));
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let channel = index % c;
        let pixel = index / c;
        let (first_row, end_row) = seen(
            pixel / q % p * *stride.index(0),
            *padding.index(0),
            *window.index(0),
            h,
        );
        let (first_column, end_column) = seen(
            pixel % q * *stride.index(1),
            *padding.index(1),
            *window.index(1),
            w,
        );
        let start = pixel / q / p * h;
        let mut pooled = match comptime!(pool) {
            Pool::Maximum => x[((start + first_row) * w + first_column) * c + channel],
            Pool::Average => 0.0f32,
        };
        for row in first_row..end_row {
            for column in first_column..end_column {
                let value = x[((start + row) * w + column) * c + channel];
                pooled = match comptime!(pool) {
                    Pool::Maximum => larger(pooled, value),
                    Pool::Average => pooled + value,
                };
            }
        }
        if comptime!(pool == Pool::Average) {
            pooled /= f32::cast_from((end_row - first_row) * (end_column - first_column));
        }
        y[index] = pooled;
    }
}

/// The first position of the image that a window starting at `start` sees, and the first it does not see any more.
#[cube]
fn seen(start: usize, before: usize, window: usize, extent: usize) -> (usize, usize) {
    let first = usize::max(start, before) - before;
    let end = usize::min(start + window - before, extent);
    (first, end)
}
