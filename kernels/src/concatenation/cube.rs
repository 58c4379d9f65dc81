//! Concatenation as a CubeCL kernel: a launch an array, one unit an element.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::TOGETHER;
use crate::cube::CubeBuffer;

/// Two to [`TOGETHER`] arrays of `pixels` pixels, array `i` with `channels[i]` elements a pixel.
pub(super) fn concatenate(arrays: &[&CubeBuffer], channels: &[usize], pixels: usize) -> CubeBuffer {
    match *arrays {
        [a, b] => of([a, b], channels, pixels),
        [a, b, c] => of([a, b, c], channels, pixels),
        [a, b, c, d] => of([a, b, c, d], channels, pixels),
        _ => unreachable!(
            "{} arrays, of which at most {TOGETHER} are asked for",
            arrays.len()
        ),
    }
}

fn of<const ARRAYS: usize>(arrays: [&CubeBuffer; ARRAYS], channels: &[usize], pixels: usize) -> CubeBuffer {
    let width: usize = channels.iter().sum();
    CubeBuffer::computed("concatenate", arrays, pixels * width, |device, arrays, y| {
        let mut start = 0;
        for (x, &c) in arrays.into_iter().zip(channels) {
            let count = pixels * c;
            if count > 0 {
                device.launch_elements(count, |client, cubes, dim| {
                    let (x, y) = (x.argument(), y.argument());
                    // SAFETY: `x` holds `count` elements, and `y` a row of `width` for each `c` of them.
                    unsafe {
                        place::launch_unchecked(client, cubes, dim, x, y, count, c, width, start);
                    }
                });
            }
            start += c;
        }
    })
}

#[cube(launch_unchecked)]
fn place(x: &[f32], y: &mut [f32], count: usize, c: usize, width: usize, start: usize) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        y[index / c * width + start + index % c] = x[index];
    }
}
