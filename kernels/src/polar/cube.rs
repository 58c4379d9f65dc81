//! The passes of the polar iteration beside its products, as CubeCL kernels.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use crate::cube::CubeBuffer;

/// Units of a cube, at most; a power of two, since sums halve it.
const UNITS: usize = 256;

pub(super) fn polynomial(a: &CubeBuffer, b: &CubeBuffer, p: usize, coefficients: [f64; 3]) -> CubeBuffer {
    let [c0, c1, c2] = coefficients.map(|c| c as f32);
    let count = p * p;
    CubeBuffer::computed("polynomial", [a, b], count, |device, [a, b], output| {
        let units = units(device.limits().units_per_cube);
        device.launch(count.div_ceil(units), units, |client, cubes, dim| {
            // SAFETY: all three buffers hold `count` values, and the kernel touches only those below it.
            unsafe {
                evaluate_polynomial::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    a.argument(),
                    b.argument(),
                    output.argument(),
                    count,
                    p,
                    c0,
                    c1,
                    c2,
                    units,
                );
            }
        });
    })
}

pub(super) fn inner_of_rows(a: &CubeBuffer, b: &CubeBuffer, m: usize, n: usize) -> CubeBuffer {
    CubeBuffer::computed("inner_of_rows", [a, b], m, |device, [a, b], output| {
        let units = units(device.limits().units_per_cube);
        device.launch(m, units, |client, cubes, dim| {
            // SAFETY: the operands hold `m n` values and the output `m`; rows and columns are checked against these.
            unsafe {
                multiply_rows::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    a.argument(),
                    b.argument(),
                    output.argument(),
                    m,
                    n,
                    units,
                );
            }
        });
    })
}

/// The largest power of two that a cube may have, up to [`UNITS`].
fn units(most: usize) -> usize {
    1 << most.clamp(1, UNITS).ilog2()
}

/// `output = c0 I + c1 a + c2 b` for matrices `[p, p]` of `count` elements.
#[cube(launch_unchecked)]
fn evaluate_polynomial(
    a: &[f32],
    b: &[f32],
    output: &mut [f32],
    count: usize,
    p: usize,
    c0: f32,
    c1: f32,
    c2: f32,
    #[comptime] units: usize,
) {
    let index = CUBE_POS * units + UNIT_POS as usize;
    if index < count {
        let mut value = c1 * a[index] + c2 * b[index];
        if index / p == index % p {
            value += c0;
        }
        output[index] = value;
    }
}

/// `output[row] = sum over columns of a[row, column] b[row, column]`, a cube a row: every unit adds each `units`-th
/// term in order, then halves are added until one sum is left.
#[cube(launch_unchecked)]
fn multiply_rows(a: &[f32], b: &[f32], output: &mut [f32], m: usize, n: usize, #[comptime] units: usize) {
    let row = CUBE_POS;
    let unit = UNIT_POS as usize;
    let mut sums = Shared::<[f32]>::new_slice(units);
    let mut sum = 0.0f32;
    if row < m {
        for block in 0..n.div_ceil(units) {
            let column = block * units + unit;
            if column < n {
                sum = fma(a[row * n + column], b[row * n + column], sum);
            }
        }
    }
    sums[unit] = sum;
    sync_cube();
    #[unroll]
    for halving in 0..comptime!(units.ilog2() as usize) {
        let half = comptime!(units >> (halving + 1));
        if unit < half {
            let other = sums[unit + half];
            sums[unit] += other;
        }
        sync_cube();
    }
    if row < m && unit == 0 {
        output[row] = sums[0];
    }
}
