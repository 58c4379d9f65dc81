//! Cutting a box out of an array, and the adjoint, setting an array into a box of zeros.
//!
//! Law: `<slice(x, box), y> = <x, pad(y, box)>`; both are exact.

mod cpu;
mod cube;

use crate::array::{Array, Storage, on_cpu};
use crate::shape::{MAXIMUM_RANK, Shape};

/// Copies the box of extents `shape` that starts at `start`.
///
/// # Panics
/// When the box reaches outside the array or ranks differ.
#[must_use]
pub fn slice(x: &Array, start: &[usize], shape: impl Into<Shape>) -> Array {
    let (own, shape) = (x.shape(), shape.into());
    let place = Place::new(own, start, shape);
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::slice(values, &place)),
        _ => on_cpu!("slice"; x => cpu::slice(x, &place)),
    };
    Array::new(shape, storage)
}

/// Sets an array into zeros of extents `shape`, starting at `start`.
///
/// # Panics
/// When the array reaches outside `shape` or ranks differ.
#[must_use]
pub fn pad(x: &Array, start: &[usize], shape: impl Into<Shape>) -> Array {
    let (own, shape) = (x.shape(), shape.into());
    let place = Place::new(shape, start, own);
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::pad(values, &place)),
        _ => on_cpu!("pad"; x => cpu::pad(x, &place)),
    };
    Array::new(shape, storage)
}

/// A box inside an array, both seen with four axes.
struct Place {
    outer: [usize; MAXIMUM_RANK],
    start: [usize; MAXIMUM_RANK],
    inner: [usize; MAXIMUM_RANK],
}

impl Place {
    fn new(outer: Shape, start: &[usize], inner: Shape) -> Self {
        let fits = outer.rank() == inner.rank()
            && outer.rank() == start.len()
            && (0..start.len()).all(|axis| start[axis] + inner.extents()[axis] <= outer.extents()[axis]);
        assert!(
            fits,
            "a box of shape {inner} at {start:?} does not lie inside {outer}"
        );
        let four = |extents: &[usize], fill: usize| {
            let mut all = [fill; MAXIMUM_RANK];
            all[MAXIMUM_RANK - extents.len()..].copy_from_slice(extents);
            all
        };
        Self {
            outer: four(outer.extents(), 1),
            start: four(start, 0),
            inner: four(inner.extents(), 1),
        }
    }

    fn outer_count(&self) -> usize {
        self.outer.iter().product()
    }

    fn inner_count(&self) -> usize {
        self.inner.iter().product()
    }

    /// Where each contiguous run of the box starts in the outer array, in the box's own order.
    fn runs(&self) -> impl Iterator<Item = usize> {
        let [_, b, c, d] = self.outer;
        let start = self.start;
        let [inner_a, inner_b, inner_c, _] = self.inner;
        (0..inner_a * inner_b * inner_c).map(move |index| {
            let (i, rest) = (index / (inner_b * inner_c), index % (inner_b * inner_c));
            let (j, k) = (rest / inner_c, rest % inner_c);
            (((i + start[0]) * b + j + start[1]) * c + k + start[2]) * d + start[3]
        })
    }
}
