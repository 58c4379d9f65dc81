//! Slicing and padding on the CPU: copies of contiguous runs.

use super::Place;
use crate::cpu::Buffer;
use crate::element::Real;

pub(super) fn slice<T: Real>(x: &[T], place: &Place) -> Buffer<T> {
    let mut y = Buffer::scratch(place.inner_count());
    if !y.is_empty() {
        let width = place.inner[3];
        y.chunks_exact_mut(width)
            .zip(place.runs())
            .for_each(|(y, start)| y.copy_from_slice(&x[start..start + width]));
    }
    y
}

pub(super) fn pad<T: Real>(x: &[T], place: &Place) -> Buffer<T> {
    let mut y = Buffer::zeros(place.outer_count());
    if !x.is_empty() {
        let width = place.inner[3];
        x.chunks_exact(width)
            .zip(place.runs())
            .for_each(|(x, start)| y[start..start + width].copy_from_slice(x));
    }
    y
}
