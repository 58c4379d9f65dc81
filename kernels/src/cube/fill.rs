//! The kernel that writes one value everywhere.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::{CubeBuffer, CubeDevice};

pub(super) fn filled(device: &CubeDevice, count: usize, value: f32) -> CubeBuffer {
    let [filled] = CubeBuffer::made("fill", device, [count], |device, [output]| {
        device.launch_elements(count, |client, cubes, dim| {
            // SAFETY: the buffer holds `count` elements; the kernel stays below.
            unsafe { fill::launch_unchecked(client, cubes, dim, output.argument(), count, value) };
        });
    });
    filled
}

#[cube(launch_unchecked)]
fn fill(output: &mut [f32], count: usize, value: f32) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        output[index] = value;
    }
}
