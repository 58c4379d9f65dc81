//! Sums and maxima over axes.
//!
//! Law: `sum(x, shape)` adds all elements of `x` that broadcasting `shape` to `x`'s shape would fill from one element;
//! it is the adjoint of [`crate::elementwise::broadcast`]. Accumulates in the element type, in an order fixed by the
//! shape: sums of spans are formed first (4,096 neighbours in 16 lanes or 256 units, or 32 or 64 rows) and then added, so no
//! value takes part in many more additions than a span is long. Tolerance between devices: with `d` terms,
//! `min(d, 1024) 2^-24 * sum of |x|` (f32).

mod cpu;
pub(crate) mod cube;
mod groups;

pub(crate) use groups::{Group, groups};

use crate::array::{Array, Storage, on_cpu};
use crate::shape::Shape;

/// Sums over the axes on which `shape` has extent 1.
///
/// `x` of any shape, `shape` one that broadcasts to it; a sum over no elements is 0.
///
/// # Panics
/// When `shape` does not broadcast to the array's.
#[must_use]
pub fn sum(x: &Array, shape: impl Into<Shape>) -> Array {
    let (own, shape) = (x.shape(), shape.into());
    assert!(shape.broadcasts_to(&own), "cannot sum {own} to {shape}");
    if own == shape {
        return x.clone();
    }
    let groups = groups(own, shape);
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::sum(values, &groups)),
        _ => on_cpu!("sum"; x => cpu::sum(x, &groups)),
    };
    Array::new(shape, storage)
}

/// The largest element of each row of a matrix, `[n, d]` to `[n, 1]`; NaN if the row has one.
///
/// # Panics
/// When the rank is not 2 or a row is empty.
#[must_use]
pub fn row_maximum(x: &Array) -> Array {
    let [rows, columns] = x.shape().two();
    assert!(columns > 0, "the largest element of an empty row");
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::row_maximum(values, rows, columns)),
        _ => on_cpu!("row_maximum"; x => cpu::row_maximum(x, columns)),
    };
    Array::new([rows, 1].into(), storage)
}

/// How two values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fold {
    Sum,
    Maximum,
}
