//! Window sums and replication as CubeCL kernels: one unit an output element.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use crate::cube::CubeBuffer;

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
