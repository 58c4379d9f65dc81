//! Sums over square windows that do not overlap, and the adjoint, repeating each pixel over such a window.
//!
//! `x [n, h, w, c]`, window side `k`. Law: `<window_sum(x, k), y> = <x, replicate(y, k)>`. An average pool is
//! `window_sum` scaled by `1 / k^2`; nearest-neighbour upsampling is `replicate`. Sums run over the window row by row;
//! tolerance between devices: `k^2` units in the last place.

mod cpu;
mod cube;

use crate::array::{Array, Storage, on_cpu};
use crate::shape::Shape;

/// Sums over windows of side `k`: `[n, h, w, c]` to `[n, h / k, w / k, c]`.
///
/// # Panics
/// Unless `k` divides both extents.
#[must_use]
pub fn window_sum(x: &Array, k: usize) -> Array {
    let [n, h, w, c] = x.shape().four();
    assert!(
        k >= 1 && h % k == 0 && w % k == 0,
        "windows of side {k} do not tile an image {}",
        x.shape()
    );
    let shape = Shape::from([n, h / k, w / k, c]);
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::window_sum(values, shape.count(), [w, c], k)),
        _ => on_cpu!("window_sum"; x => cpu::window_sum(x, [h, w, c], k)),
    };
    Array::new(shape, storage)
}

/// Repeats every pixel over a window of side `k`: `[n, h, w, c]` to `[n, h k, w k, c]`.
///
/// # Panics
/// When `k` is 0.
#[must_use]
pub fn replicate(x: &Array, k: usize) -> Array {
    let [n, h, w, c] = x.shape().four();
    assert!(k >= 1, "a window needs a side of at least 1");
    let shape = Shape::from([n, h * k, w * k, c]);
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::replicate(values, shape.count(), [w, c], k)),
        _ => on_cpu!("replicate"; x => cpu::replicate(x, [w, c], k)),
    };
    Array::new(shape, storage)
}
