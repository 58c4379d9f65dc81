//! Spectral normalization on the CPU, one matrix after the other: products, sums and quotients of whole arrays, in the
//! order in which the chain rule over [the formulas](super) would do them.

use super::{Normalized, SingularVectors, SpectralUpdate};
use crate::array::Array;
use crate::elementwise::{Binary, Unary, binary, unary};
use crate::matmul::{Transpose, matmul};
use crate::reduce::sum;

/// Keeps a zero vector from being divided by zero.
pub(super) const EPSILON: f64 = 1e-12;

pub(super) fn follow(matrices: &[Array], kept: &[Array]) -> Vec<SingularVectors> {
    let follow = |(matrix, kept): (&Array, &Array)| SingularVectors {
        left: normalized(&matmul(matrix, kept, Transpose::No, Transpose::No)), // [m, 1]
        right: kept.clone(),
    };
    matrices.iter().zip(kept).map(follow).collect()
}

pub(super) fn power_iteration(matrices: &[Array], kept: &[Array]) -> Vec<SingularVectors> {
    let advance = |(matrix, SingularVectors { left, .. }): (&Array, SingularVectors)| SingularVectors {
        right: normalized(&matmul(matrix, &left, Transpose::Yes, Transpose::No)), // [n, 1]
        left,
    };
    matrices.iter().zip(follow(matrices, kept)).map(advance).collect()
}

pub(super) fn normalize(matrices: &[Array], kept: &[Array], update: SpectralUpdate) -> Normalized {
    let vectors = match update {
        SpectralUpdate::Iterate => power_iteration(matrices, kept),
        SpectralUpdate::Keep => follow(matrices, kept),
    };
    let sigma = |(matrix, SingularVectors { left, right }): (&Array, &SingularVectors)| {
        let product = matmul(matrix, right, Transpose::No, Transpose::No); // [m, 1]
        matmul(left, &product, Transpose::Yes, Transpose::No) // [1, 1]
    };
    let sigmas: Vec<Array> = matrices.iter().zip(&vectors).map(sigma).collect();
    let divide = |(matrix, sigma)| binary(Binary::Divide, matrix, sigma);
    let weights = matrices.iter().zip(&sigmas).map(divide).collect();
    Normalized {
        weights,
        vectors,
        sigmas,
    }
}

pub(super) fn pull_back(normalized: &Normalized, gradients: &[Array]) -> Vec<Array> {
    let Normalized {
        weights,
        vectors,
        sigmas,
    } = normalized;
    let parts = weights.iter().zip(vectors).zip(sigmas).zip(gradients);
    parts
        .map(|(((weight, SingularVectors { left, right }), sigma), gradient)| {
            let of_quotient = binary(Binary::Divide, gradient, sigma); // [m, n]
            let products = binary(Binary::Divide, &binary(Binary::Multiply, gradient, weight), sigma);
            let negated = Unary::Affine {
                scale: -1.0,
                shift: 0.0,
            };
            let of_sigma = sum(&unary(negated, &products), [1, 1]);
            let of_product = matmul(left, &of_sigma, Transpose::No, Transpose::No); // [m, 1]
            let through_sigma = matmul(&of_product, right, Transpose::No, Transpose::Yes); // [m, n]
            binary(Binary::Add, &of_quotient, &through_sigma)
        })
        .collect()
}

fn normalized(x: &Array) -> Array {
    let length = unary(Unary::SquareRoot, &sum(&unary(Unary::Square, x), [1, 1]));
    let guarded = unary(
        Unary::Affine {
            scale: 1.0,
            shift: EPSILON,
        },
        &length,
    );
    binary(Binary::Divide, x, &guarded)
}
