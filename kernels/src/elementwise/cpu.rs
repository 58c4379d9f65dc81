//! Elementwise operations on the CPU: blocks of fixed size in parallel, each a plain loop the compiler vectorises.

use super::{Binary, Unary, walk};
use crate::cpu::{Buffer, for_each_block, for_each_row_block};
use crate::element::Real;
use crate::shape::Shape;

pub(super) fn unary<T: Real>(function: Unary, x: &[T]) -> Buffer<T> {
    let map = |f: &(dyn Fn(&[T], &mut [T]) + Sync)| {
        let mut output = Buffer::scratch(x.len());
        for_each_block(&mut output, |first, block| {
            f(&x[first..first + block.len()], block)
        });
        output
    };
    match function {
        Unary::Affine { scale, shift } => {
            let (scale, shift) = (T::from_f64(scale), T::from_f64(shift));
            map(&each(|x: T| scale * x + shift))
        }
        Unary::Exponential => map(&each(T::exponential)),
        Unary::Logarithm => map(&each(T::logarithm)),
        Unary::SquareRoot => map(&each(T::square_root)),
        Unary::Reciprocal => map(&each(|x: T| T::ONE / x)),
        Unary::Square => map(&each(|x: T| x * x)),
        Unary::Tanh => map(&each(T::hyperbolic_tangent)),
        Unary::Sigmoid => map(&each(sigmoid)),
        Unary::Softplus => map(&each(softplus)),
        Unary::LeakyRelu { slope } => {
            let slope = T::from_f64(slope);
            map(&each(|x: T| if x > T::ZERO { x } else { slope * x }))
        }
    }
}

fn each<T: Real>(f: impl Fn(T) -> T + Sync) -> impl Fn(&[T], &mut [T]) + Sync {
    move |x, output| output.iter_mut().zip(x).for_each(|(output, x)| *output = f(*x))
}

fn sigmoid<T: Real>(x: T) -> T {
    let small = (-x.absolute()).exponential();
    let numerator = if x >= T::ZERO { T::ONE } else { small };
    numerator / (T::ONE + small)
}

fn softplus<T: Real>(x: T) -> T {
    let positive = if x > T::ZERO { x } else { T::ZERO };
    if x.to_f64().is_nan() {
        x
    } else {
        positive + (-x.absolute()).exponential().logarithm_of_one_plus()
    }
}

pub(super) fn binary<T: Real>(
    function: Binary,
    shape: Shape,
    a: (&[T], Shape),
    b: (&[T], Shape),
) -> Buffer<T> {
    match function {
        Binary::Add => combine(shape, a, b, |a, b| a + b),
        Binary::Subtract => combine(shape, a, b, |a, b| a - b),
        Binary::Multiply => combine(shape, a, b, |a, b| a * b),
        Binary::Divide => combine(shape, a, b, |a, b| a / b),
        Binary::LeakyReluGradient { slope } => {
            let slope = T::from_f64(slope);
            combine(shape, a, b, move |a, b| if b > T::ZERO { a } else { slope * a })
        }
    }
}

fn combine<T: Real>(
    shape: Shape,
    a: (&[T], Shape),
    b: (&[T], Shape),
    f: impl Fn(T, T) -> T + Sync,
) -> Buffer<T> {
    let ((a, a_shape), (b, b_shape)) = (a, b);
    let mut output = Buffer::scratch(shape.count());
    if a_shape == b_shape {
        for_each_block(&mut output, |first, block| {
            let range = first..first + block.len();
            block
                .iter_mut()
                .zip(a[range.clone()].iter().zip(&b[range]))
                .for_each(|(o, (a, b))| *o = f(*a, *b));
        });
        return output;
    }
    let walk = walk(shape, [a_shape, b_shape]);
    for_each_row_block(&mut output, walk.run, |first_run, block| {
        for (index, run) in block.chunks_mut(walk.run).enumerate() {
            let [a_start, b_start] = walk.offsets(first_run + index);
            match walk.moves {
                [true, true] => {
                    let pairs = a[a_start..a_start + run.len()]
                        .iter()
                        .zip(&b[b_start..b_start + run.len()]);
                    run.iter_mut().zip(pairs).for_each(|(o, (a, b))| *o = f(*a, *b));
                }
                [true, false] => {
                    let b = b[b_start];
                    run.iter_mut().zip(&a[a_start..]).for_each(|(o, a)| *o = f(*a, b));
                }
                [false, true] => {
                    let a = a[a_start];
                    run.iter_mut().zip(&b[b_start..]).for_each(|(o, b)| *o = f(a, *b));
                }
                [false, false] => run.fill(f(a[a_start], b[b_start])),
            }
        }
    });
    output
}

pub(super) fn broadcast<T: Real>(shape: Shape, x: &[T], x_shape: Shape) -> Buffer<T> {
    let mut output = Buffer::scratch(shape.count());
    let walk = walk(shape, [x_shape]);
    for_each_row_block(&mut output, walk.run, |first_run, block| {
        for (index, run) in block.chunks_mut(walk.run).enumerate() {
            let [start] = walk.offsets(first_run + index);
            if walk.moves[0] {
                run.copy_from_slice(&x[start..start + run.len()])
            } else {
                run.fill(x[start])
            }
        }
    });
    output
}
