//! Normalization on the CPU: composed of elementwise operations and sums, which makes it the oracle of the fused kernels.

use super::{Layout, Moments};
use crate::array::Array;
use crate::elementwise::{Binary, Unary, binary, unary};
use crate::reduce::sum;
use crate::shape::Shape;

pub(super) fn moments(x: &Array, layout: &Layout, epsilon: f64) -> Moments {
    let mean = mean(x, layout);
    let deviation = binary(Binary::Subtract, x, &mean);
    let variance = self::mean(&unary(Unary::Square, &deviation), layout);
    let guarded = affine(&variance, 1.0, epsilon);
    Moments {
        reciprocal_deviation: unary(Unary::Reciprocal, &unary(Unary::SquareRoot, &guarded)),
        mean,
        variance,
    }
}

pub(super) fn normalize(x: &Array, moments: &Moments, gamma: &Array, beta: &Array) -> Array {
    let scaled = binary(Binary::Multiply, &normalized(x, moments), gamma);
    binary(Binary::Add, &scaled, beta)
}

pub(super) fn input_gradient(
    x: &Array,
    moments: &Moments,
    gamma: &Array,
    g: &Array,
    layout: &Layout,
) -> Array {
    let h = binary(Binary::Multiply, g, gamma);
    let z = normalized(x, moments);
    let along = mean(&binary(Binary::Multiply, &h, &z), layout);
    let centred = binary(Binary::Subtract, &h, &mean(&h, layout));
    let across = binary(Binary::Subtract, &centred, &binary(Binary::Multiply, &z, &along));
    binary(Binary::Multiply, &across, &moments.reciprocal_deviation)
}

pub(super) fn scale_gradient(x: &Array, moments: &Moments, g: &Array, layout: &Layout) -> Array {
    sum(
        &binary(Binary::Multiply, g, &normalized(x, moments)),
        layout.row(),
    )
}

/// `(x - mean) r`.
fn normalized(x: &Array, moments: &Moments) -> Array {
    let deviation = binary(Binary::Subtract, x, &moments.mean);
    binary(Binary::Multiply, &deviation, &moments.reciprocal_deviation)
}

fn mean(x: &Array, layout: &Layout) -> Array {
    let statistics: Shape = layout.statistics;
    affine(&sum(x, statistics), 1.0 / layout.group.middle as f64, 0.0)
}

fn affine(x: &Array, scale: f64, shift: f64) -> Array {
    unary(Unary::Affine { scale, shift }, x)
}
