//! Concatenation on the CPU: copies of one pixel's channels after the other.

use crate::cpu::{Buffer, for_each_row_block};
use crate::element::Real;

/// To `count` elements; array `i` has `channels[i]` of them a pixel.
pub(super) fn concatenate<T: Real>(arrays: &[&[T]], channels: &[usize], count: usize) -> Buffer<T> {
    let mut y = Buffer::scratch(count);
    let width: usize = channels.iter().sum();
    for_each_row_block(&mut y, width.max(1), |first_pixel, block| {
        let mut start = 0;
        for (x, &c) in arrays.iter().zip(channels) {
            let pixels = x[first_pixel * c..].chunks_exact(c.max(1));
            for (y, x) in block.chunks_exact_mut(width).zip(pixels) {
                y[start..start + c].copy_from_slice(&x[..c]);
            }
            start += c;
        }
    });
    y
}
