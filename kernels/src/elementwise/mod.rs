//! Functions of single elements, and arithmetic of two arrays that may be repeated along axes of extent 1.
//!
//! Law: `binary(a, b)[i] = f(a[i], b[i])` after both are repeated to their common shape; `unary(x)[i] = f(x[i])`.
//! Tolerance between devices: 4 units in the last place for transcendental functions, 1 for arithmetic ([`Unary::Affine`]:
//! of `|scale x| + |shift|`), and 3 for divisions and roots, which Vulkan asks to be right to 2.5 units only. Numbers
//! below 2^-126 may be taken for 0 by a GPU. NaN in gives NaN out.

mod cpu;
pub(crate) mod cube;
mod function;
mod index;

pub(crate) use index::walk;

use crate::array::{Array, Storage, on_cpu};
use crate::shape::Shape;

/// A function of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// `scale x + shift`.
    Affine {
        /// Factor.
        scale: f64,
        /// Added after scaling.
        shift: f64,
    },
    /// `e^x`.
    Exponential,
    /// Natural logarithm; NaN below zero, minus infinity at zero.
    Logarithm,
    /// Square root; NaN below zero.
    SquareRoot,
    /// `1 / x`.
    Reciprocal,
    /// `x^2`.
    Square,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e^-x)`, without overflow.
    Sigmoid,
    /// `log(1 + e^x)`, without overflow.
    Softplus,
    /// `x` where positive, else `slope x`; slope 0 is the rectifier. NaN stays NaN; a rectifier makes NaN of minus
    /// infinity, which is `0 x`.
    LeakyRelu {
        /// Factor for `x <= 0`.
        slope: f64,
    },
}

/// Arithmetic of two elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binary {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a b`.
    Multiply,
    /// `a / b`.
    Divide,
    /// `a` where `b` is positive, else `slope a`: a leaky rectifier's gradient `a` at its input (or output) `b`. A NaN
    /// in `b` counts as not positive.
    LeakyReluGradient {
        /// Factor for `b <= 0`.
        slope: f64,
    },
}

/// Applies a function to every element.
///
/// Any shape in, the same shape out.
#[must_use]
pub fn unary(function: Unary, x: &Array) -> Array {
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::unary(function, x.shape().count(), values)),
        _ => on_cpu!("unary"; x => cpu::unary(function, x)),
    };
    Array::new(x.shape(), storage)
}

/// Combines two arrays element by element; axes of extent 1 are repeated.
///
/// # Panics
/// When the shapes have no common shape, for instance `[2, 3]` and `[2, 4]`, or differ in rank.
#[must_use]
pub fn binary(function: Binary, a: &Array, b: &Array) -> Array {
    let shape = a.shape().broadcast_with(&b.shape());
    let shape = shape.unwrap_or_else(|| panic!("cannot combine shapes {} and {}", a.shape(), b.shape()));
    let (a_shape, b_shape) = (a.shape(), b.shape());
    let storage = match (a.storage(), b.storage()) {
        (Storage::Cube(a), Storage::Cube(b)) => {
            Storage::Cube(cube::binary(function, shape, (a, a_shape), (b, b_shape)))
        }
        _ => on_cpu!("binary"; a, b => cpu::binary(function, shape, (a, a_shape), (b, b_shape))),
    };
    Array::new(shape, storage)
}

/// Repeats an array along its axes of extent 1 to fill a shape.
///
/// # Panics
/// When the array does not broadcast to the shape.
#[must_use]
pub fn broadcast(x: &Array, shape: impl Into<Shape>) -> Array {
    let (own, shape) = (x.shape(), shape.into());
    assert!(own.broadcasts_to(&shape), "cannot repeat {own} to fill {shape}");
    let storage = match x.storage() {
        Storage::Cube(values) => Storage::Cube(cube::broadcast(shape, values, own)),
        _ => on_cpu!("broadcast"; x => cpu::broadcast(shape, x, own)),
    };
    Array::new(shape, storage)
}

/// Rounds or widens every element to another element type, on the CPU device.
#[must_use]
pub fn cast(x: &Array, element: crate::Element) -> Array {
    use crate::array::refuse;
    use crate::element::{Element, Real};
    let storage = match (x.storage(), element) {
        (Storage::F32(values), Element::F64) => {
            let mut wide = crate::cpu::Buffer::scratch(values.len());
            wide.iter_mut()
                .zip(values.iter())
                .for_each(|(wide, value)| *wide = f64::from(*value));
            wide.into()
        }
        (Storage::F64(values), Element::F32) => {
            let mut narrow = crate::cpu::Buffer::scratch(values.len());
            narrow
                .iter_mut()
                .zip(values.iter())
                .for_each(|(narrow, value)| *narrow = f32::from_f64(*value));
            narrow.into()
        }
        (Storage::F32(_), Element::F32) | (Storage::F64(_), Element::F64) => return x.clone(),
        (Storage::Cube(_), _) => refuse("cast", &[x]),
    };
    Array::new(x.shape(), storage)
}
