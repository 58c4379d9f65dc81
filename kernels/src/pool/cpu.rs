//! Pools on the CPU, one output row after the other.

use super::{Moving, Pool};
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

/// To `count` elements.
pub(super) fn moving<T: Real>(x: &[T], count: usize, moving: Moving, pool: Pool) -> Buffer<T> {
    let Moving {
        input: [h, w],
        output: [p, q],
        channels: c,
        ..
    } = moving;
    let mut y = Buffer::scratch(count);
    for_each_row_block(&mut y, (q * c).max(1), |first_row, block| {
        for (index, y) in block.chunks_mut(q * c).enumerate() {
            let (image, row) = ((first_row + index) / p, (first_row + index) % p);
            let x = &x[image * h * w * c..][..h * w * c];
            for (column, y) in y.chunks_exact_mut(c).enumerate() {
                let (rows, columns) = (moving.seen(0, row), moving.seen(1, column));
                let seen = rows.len() * columns.len();
                let pixels = rows.flat_map(|row| columns.clone().map(move |column| row * w + column));
                pool_pixels(y, pixels.map(|pixel| &x[pixel * c..][..c]), seen, pool);
            }
        }
    });
    y
}

fn pool_pixels<'a, T: Real>(y: &mut [T], mut pixels: impl Iterator<Item = &'a [T]>, seen: usize, pool: Pool) {
    y.copy_from_slice(pixels.next().expect("a window sees a pixel"));
    for pixel in pixels {
        for (y, x) in y.iter_mut().zip(pixel) {
            match pool {
                Pool::Average => *y += *x,
                Pool::Maximum if *x > *y || x.to_f64().is_nan() => *y = *x,
                Pool::Maximum => {}
            }
        }
    }
    if pool == Pool::Average {
        let seen = T::from_f64(seen as f64);
        y.iter_mut().for_each(|y| *y = *y / seen);
    }
}
