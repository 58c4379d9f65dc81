//! Elementwise operations as CubeCL kernels: one unit an element, several elements a unit where there are many.

#![expect(
    unsafe_code,
    reason = "unchecked launches; the kernels check their own bounds"
)]

use cubecl::prelude::*;

use super::function::{exponential, hyperbolic_tangent, logarithm, sigmoid, softplus, square_root};
use super::index::walk;
use super::{Binary, Unary};
use crate::cube::CubeBuffer;
use crate::shape::Shape;

/// What is computed of one element; numbers that come with a function are arguments, so that one kernel serves all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Function {
    Affine,
    Exponential,
    Logarithm,
    SquareRoot,
    Reciprocal,
    Square,
    Tanh,
    Sigmoid,
    Softplus,
    LeakyRelu,
}

impl Function {
    /// The function, and its two numbers.
    fn of(function: Unary) -> (Self, f64, f64) {
        match function {
            Unary::Affine { scale, shift } => (Self::Affine, scale, shift),
            Unary::Exponential => (Self::Exponential, 0.0, 0.0),
            Unary::Logarithm => (Self::Logarithm, 0.0, 0.0),
            Unary::SquareRoot => (Self::SquareRoot, 0.0, 0.0),
            Unary::Reciprocal => (Self::Reciprocal, 0.0, 0.0),
            Unary::Square => (Self::Square, 0.0, 0.0),
            Unary::Tanh => (Self::Tanh, 0.0, 0.0),
            Unary::Sigmoid => (Self::Sigmoid, 0.0, 0.0),
            Unary::Softplus => (Self::Softplus, 0.0, 0.0),
            Unary::LeakyRelu { slope } => (Self::LeakyRelu, slope, 0.0),
        }
    }
}

/// What is computed of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    LeakyReluGradient,
}

impl Arithmetic {
    /// The arithmetic, and its number.
    fn of(function: Binary) -> (Self, f64) {
        match function {
            Binary::Add => (Self::Add, 0.0),
            Binary::Subtract => (Self::Subtract, 0.0),
            Binary::Multiply => (Self::Multiply, 0.0),
            Binary::Divide => (Self::Divide, 0.0),
            Binary::LeakyReluGradient { slope } => (Self::LeakyReluGradient, slope),
        }
    }
}

pub(crate) fn unary(function: Unary, count: usize, x: &CubeBuffer) -> CubeBuffer {
    let (function, first, second) = Function::of(function);
    CubeBuffer::computed("unary", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            // SAFETY: both buffers hold `count` elements; the kernel stays below.
            unsafe {
                map::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x.argument(),
                    y.argument(),
                    count,
                    first as f32,
                    second as f32,
                    function,
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
fn map(x: &[f32], y: &mut [f32], count: usize, first: f32, second: f32, #[comptime] function: Function) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let x = x[index];
        y[index] = match comptime!(function) {
            Function::Affine => first * x + second,
            Function::Exponential => exponential(x),
            Function::Logarithm => logarithm(x),
            Function::SquareRoot => square_root(x),
            Function::Reciprocal => 1.0f32 / x,
            Function::Square => x * x,
            Function::Tanh => hyperbolic_tangent(x),
            Function::Sigmoid => sigmoid(x),
            Function::Softplus => softplus(x),
            Function::LeakyRelu => leaky(x, x, first),
        };
    }
}

/// `value` where `input` is positive, else `slope value`.
#[cube]
fn leaky(value: f32, input: f32, slope: f32) -> f32 {
    let mut passed = slope * value;
    if input > 0.0f32 {
        passed = value;
    }
    passed
}

pub(super) fn binary(
    function: Binary,
    shape: Shape,
    (a, a_shape): (&CubeBuffer, Shape),
    (b, b_shape): (&CubeBuffer, Shape),
) -> CubeBuffer {
    let (arithmetic, slope) = Arithmetic::of(function);
    let (count, walk) = (shape.count(), walk(shape, [a_shape, b_shape]));
    CubeBuffer::computed("binary", [a, b], count, |device, [a, b], y| {
        device.launch_elements(count, |client, cubes, dim| {
            // SAFETY: `y` holds `count` elements, `a` and `b` those of their shapes, from which the strides were made.
            unsafe {
                combine::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    a.argument(),
                    b.argument(),
                    y.argument(),
                    count,
                    walk.extents().collect(),
                    walk.strides(0).collect(),
                    walk.strides(1).collect(),
                    slope as f32,
                    arithmetic,
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
fn combine(
    a: &[f32],
    b: &[f32],
    y: &mut [f32],
    count: usize,
    extents: Sequence<usize>,
    a_strides: Sequence<usize>,
    b_strides: Sequence<usize>,
    slope: f32,
    #[comptime] arithmetic: Arithmetic,
) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        let a = a[offset(index, &extents, &a_strides)];
        let b = b[offset(index, &extents, &b_strides)];
        y[index] = match comptime!(arithmetic) {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            Arithmetic::LeakyReluGradient => leaky(a, b, slope),
        };
    }
}

pub(super) fn broadcast(shape: Shape, x: &CubeBuffer, x_shape: Shape) -> CubeBuffer {
    let (count, walk) = (shape.count(), walk(shape, [x_shape]));
    CubeBuffer::computed("broadcast", [x], count, |device, [x], y| {
        device.launch_elements(count, |client, cubes, dim| {
            // SAFETY: `y` holds `count` elements, `x` those of its shape, from which the strides were made.
            unsafe {
                repeat::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    x.argument(),
                    y.argument(),
                    count,
                    walk.extents().collect(),
                    walk.strides(0).collect(),
                );
            }
        });
    })
}

#[cube(launch_unchecked)]
fn repeat(x: &[f32], y: &mut [f32], count: usize, extents: Sequence<usize>, strides: Sequence<usize>) {
    for index in range_stepped(ABSOLUTE_POS, count, CUBE_COUNT * CUBE_DIM as usize) {
        y[index] = x[offset(index, &extents, &strides)];
    }
}

/// Where an operand of these strides shows what element `index` of these extents is made of.
#[cube]
fn offset(index: usize, extents: &Sequence<usize>, strides: &Sequence<usize>) -> usize {
    let axes = extents.len();
    let mut rest = index;
    let mut offset = 0usize;
    #[unroll]
    for axis in 0..axes {
        let axis = comptime!(axes - 1 - axis);
        if comptime!(axis == 0) {
            offset += rest * *strides.index(axis);
        } else {
            let extent = *extents.index(axis);
            offset += rest % extent * *strides.index(axis);
            rest /= extent;
        }
    }
    offset
}
