//! The passes of the polar iteration beside its products, as CubeCL kernels.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use crate::cube::CubeBuffer;
use crate::reduce::Fold;
use crate::reduce::cube::fold_units;

pub(super) fn polynomial(a: &CubeBuffer, b: &CubeBuffer, p: usize, coefficients: [f64; 3]) -> CubeBuffer {
    let [c0, c1, c2] = coefficients.map(|c| c as f32);
    let count = p * p;
    CubeBuffer::computed("polynomial", [a, b], count, |device, [a, b], output| {
        device.launch_elements(count, |client, cubes, dim| {
            let (a, b, output) = (a.argument(), b.argument(), output.argument());
            // SAFETY: all three buffers hold `count` values, and the kernel touches only those below it.
            unsafe {
                evaluate_polynomial::launch_unchecked(client, cubes, dim, a, b, output, count, p, c0, c1, c2)
            };
        });
    })
}

pub(super) fn inner_of_rows(a: &CubeBuffer, b: &CubeBuffer, m: usize, n: usize) -> CubeBuffer {
    CubeBuffer::computed("inner_of_rows", [a, b], m, |device, [a, b], output| {
        let units = device.units_that_fold(n);
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
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let mut value = c1 * a[index] + c2 * b[index];
        if index / p == index % p {
            value += c0;
        }
        output[index] = value;
    }
}

/// `output[row] = sum over columns of a[row, column] b[row, column]`, a cube a row: every unit adds each `units`-th
/// term in order, then units are added among each other.
#[cube(launch_unchecked)]
fn multiply_rows(a: &[f32], b: &[f32], output: &mut [f32], m: usize, n: usize, #[comptime] units: usize) {
    let row = CUBE_POS;
    // The same for all units of the cube, so that none waits for one that has left.
    if row < m {
        let mut sum = 0.0f32;
        for column in range_stepped(UNIT_POS as usize, n, units) {
            sum = fma(a[row * n + column], b[row * n + column], sum);
        }
        let sum = fold_units(sum, units, Fold::Sum);
        if UNIT_POS == 0 {
            output[row] = sum;
        }
    }
}
