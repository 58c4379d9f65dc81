//! Sums over square windows that do not overlap, and the adjoint, repeating each pixel over such a window; largest
//! values and means of windows that move as a filter does.
//!
//! `x [n, h, w, c]`, window side `k`. Law: `<window_sum(x, k), y> = <x, replicate(y, k)>`. An average pool is
//! `window_sum` scaled by `1 / k^2`; nearest-neighbour upsampling is `replicate`. Sums run over the window row by row;
//! tolerance between devices: `k^2` units in the last place.
//!
//! A moving window sees only the pixels of the image: [`maximum`] never takes padding for a value, and [`average`] divides
//! by the number of pixels seen (TensorFlow's average pool with `SAME`; PyTorch's with `count_include_pad=False`). Both
//! serve extractors, which nothing is differentiated through. Tolerance of the mean of `d` pixels between devices:
//! `(d + 3) 2^-24` of the mean of magnitudes (`d - 1` additions, and a division that may be off by 2.5 units); the
//! maximum is exact, and NaN if a pixel of the window is.

mod cpu;
mod cube;

use crate::array::{Array, Storage, on_cpu};
use crate::convolution::Geometry;
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

/// The largest value under a window: `[n, h, w, c]` to `[n, p, q, c]`, where `window` is `[r, s]` and `p`, `q` are as for
/// a filter of these extents.
///
/// # Panics
/// When the window does not fit into the padded image, or may lie on padding alone.
#[must_use]
pub fn maximum(x: &Array, window: [usize; 2], geometry: Geometry) -> Array {
    moving(x, window, geometry, Pool::Maximum)
}

/// The mean of the pixels under a window, padding not counted: `[n, h, w, c]` to `[n, p, q, c]`, as for [`maximum`].
///
/// # Panics
/// As [`maximum`].
#[must_use]
pub fn average(x: &Array, window: [usize; 2], geometry: Geometry) -> Array {
    moving(x, window, geometry, Pool::Average)
}

fn moving(x: &Array, window: [usize; 2], geometry: Geometry, pool: Pool) -> Array {
    let [n, h, w, c] = x.shape().four();
    let output = geometry.output([h, w], window);
    let reaches = |axis: usize| {
        let padding = geometry.padding[axis];
        let last = (output[axis] - 1) * geometry.stride[axis];
        [h, w][axis] > 0 && padding.before < window[axis] && last < [h, w][axis] + padding.before
    };
    assert!(
        n == 0 || c == 0 || (reaches(0) && reaches(1)),
        "a window of extents {window:?} would lie beside the image {} with {geometry:?}",
        x.shape()
    );
    let moving = Moving {
        input: [h, w],
        output,
        channels: c,
        window,
        geometry,
    };
    let shape = Shape::from([n, output[0], output[1], c]);
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::moving(values, shape.count(), moving, pool)),
        _ => on_cpu!("pool"; x => cpu::moving(x, shape.count(), moving, pool)),
    };
    Array::new(shape, storage)
}

/// What becomes of the pixels under a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pool {
    Maximum,
    Average,
}

/// A window that moves over images of `channels` channels.
#[derive(Clone, Copy, Debug)]
struct Moving {
    input: [usize; 2],
    output: [usize; 2],
    channels: usize,
    window: [usize; 2],
    geometry: Geometry,
}

impl Moving {
    /// The rows (or columns) of the image that the window sees at an output position.
    fn seen(&self, axis: usize, position: usize) -> std::ops::Range<usize> {
        let start = position * self.geometry.stride[axis];
        let before = self.geometry.padding[axis].before;
        start.saturating_sub(before)..(start + self.window[axis] - before).min(self.input[axis])
    }
}
