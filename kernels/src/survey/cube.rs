//! A copy as a CubeCL kernel: what a device's memory can do at best.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use crate::cube::CubeBuffer;

/// Values that a unit moves at once, 16 bytes.
const WIDTH: usize = 4;

/// Units of a cube, where the device has as many.
const UNITS: usize = 256;

/// A copy of `count` values, a multiple of four.
pub(super) fn copy(values: &CubeBuffer, count: usize) -> CubeBuffer {
    assert!(
        count.is_multiple_of(WIDTH),
        "{count} values are not copied in fours"
    );
    let vectors = count / WIDTH;
    CubeBuffer::computed("copy", [values], count, |device, [values], output| {
        let units = UNITS.min(device.limits().units_per_cube);
        device.launch(vectors.div_ceil(units), units, |client, cubes, dim| {
            // SAFETY: both buffers hold `count` values, which are `vectors` vectors; the kernel stays below these.
            unsafe {
                copy_vectors::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    WIDTH,
                    values.argument(),
                    output.argument(),
                    vectors,
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
fn copy_vectors<N: Size>(input: &[Vector<f32, N>], output: &mut [Vector<f32, N>], count: usize) {
    let index = CUBE_POS * CUBE_DIM as usize + UNIT_POS as usize;
    if index < count {
        output[index] = input[index];
    }
}
