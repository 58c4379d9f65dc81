//! Window sums and replication on the CPU, one output row after the other.

use crate::cpu::{Buffer, for_each_row_block};
use crate::element::Real;

pub(super) fn window_sum<T: Real>(x: &[T], [h, w, c]: [usize; 3], k: usize) -> Buffer<T> {
    let mut y = Buffer::scratch(x.len() / (k * k));
    let (rows, width) = (h / k, w / k * c);
    for_each_row_block(&mut y, width.max(1), |first_row, block| {
        for (index, y) in block.chunks_mut(width).enumerate() {
            y.fill(T::ZERO);
            let (image, row) = ((first_row + index) / rows, (first_row + index) % rows);
            for window_row in 0..k {
                let x = &x[(image * h + row * k + window_row) * w * c..][..w * c];
                for (y, window) in y.chunks_exact_mut(c).zip(x.chunks_exact(k * c)) {
                    for pixel in window.chunks_exact(c) {
                        y.iter_mut().zip(pixel).for_each(|(y, x)| *y += *x);
                    }
                }
            }
        }
    });
    y
}

pub(super) fn replicate<T: Real>(x: &[T], [w, c]: [usize; 2], k: usize) -> Buffer<T> {
    let mut y = Buffer::scratch(x.len() * k * k);
    for_each_row_block(&mut y, (w * k * c).max(1), |first_row, block| {
        for (index, y) in block.chunks_mut(w * k * c).enumerate() {
            let x = &x[(first_row + index) / k * w * c..][..w * c];
            for (window, pixel) in y.chunks_exact_mut(k * c).zip(x.chunks_exact(c)) {
                window.chunks_exact_mut(c).for_each(|y| y.copy_from_slice(pixel));
            }
        }
    });
    y
}
