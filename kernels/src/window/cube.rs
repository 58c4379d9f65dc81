//! Slicing and padding as CubeCL kernels: a unit finds where its element comes from.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::Place;
use crate::cube::CubeBuffer;

pub(super) fn slice(x: &CubeBuffer, place: &Place) -> CubeBuffer {
    let count = place.inner_count();
    CubeBuffer::computed("slice", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            let [outer, start, inner] = place.arguments();
            // SAFETY: the box of `count` elements lies inside `x`, which `Place` checked; the kernel stays in the box.
            unsafe {
                cut::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x.argument(),
                    y.argument(),
                    count,
                    outer,
                    start,
                    inner,
                );
            }
        });
    })
}

pub(super) fn pad(x: &CubeBuffer, place: &Place) -> CubeBuffer {
    let count = place.outer_count();
    CubeBuffer::computed("pad", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            let [outer, start, inner] = place.arguments();
            // SAFETY: `y` holds `count` elements, and `x` is read only at positions inside the box that it fills.
            unsafe {
                set::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x.argument(),
                    y.argument(),
                    count,
                    outer,
                    start,
                    inner,
                );
            }
        });
    })
}

impl Place {
    /// Outer extents, start and inner extents as kernels take them.
    fn arguments(&self) -> [SequenceArg<usize>; 3] {
        [self.outer, self.start, self.inner].map(SequenceArg::from)
    }
}

#[cube(launch_unchecked)]
fn cut(
    x: &[f32],
    y: &mut [f32],
    count: usize,
    outer: Sequence<usize>,
    start: Sequence<usize>,
    inner: Sequence<usize>,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let mut rest = index;
        let mut from = 0usize;
        let mut stride = 1usize;
        #[unroll]
        for step in 0..4usize {
            let axis = comptime!(3 - step);
            let extent = *inner.index(axis);
            from += (rest % extent + *start.index(axis)) * stride;
            rest /= extent;
            stride *= *outer.index(axis);
        }
        y[index] = x[from];
    }
}

#[cube(launch_unchecked)]
fn set(
    x: &[f32],
    y: &mut [f32],
    count: usize,
    outer: Sequence<usize>,
    start: Sequence<usize>,
    inner: Sequence<usize>,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let mut rest = index;
        let mut from = 0usize;
        let mut stride = 1usize;
        let mut inside = true;
        #[unroll]
        for step in 0..4usize {
            let axis = comptime!(3 - step);
            let extent = *outer.index(axis);
            let position = rest % extent;
            let first = *start.index(axis);
            let length = *inner.index(axis);
            inside = inside && position >= first && position < first + length;
            from += (position - first) * stride; // Wraps around outside, where it is not used.
            rest /= extent;
            stride *= length;
        }
        let mut value = 0.0f32;
        if inside {
            value = x[from];
        }
        y[index] = value;
    }
}
