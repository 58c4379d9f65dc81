//! Power iteration for the largest singular value of each of a list of matrices.
//!
//! For `W [m, n]` and `u [n]`: `v = l2(W u)`, `u' = l2(W^T v)`, with `l2(x) = x / (|x| + 1e-12)`
//! (Miyato et al. 2018, algorithm 1, with the kept vector on the side of the columns). The largest singular value is
//! then about `v^T W u'`; it is formed by the caller, which may want to differentiate it. Tolerance between devices: as
//! for the two products.

use crate::array::Array;
use crate::elementwise::{Binary, Unary, binary, unary};
use crate::matmul::{Transpose, matmul};
use crate::reduce::sum;

/// Keeps a zero vector from being divided by zero.
const EPSILON: f64 = 1e-12;

/// The two vectors of one matrix.
#[derive(Clone, Debug)]
pub struct SingularVectors {
    /// The vector on the side of the rows, `[m, 1]`, of length 1.
    pub left: Array,
    /// The vector on the side of the columns, `[n, 1]`, of length 1.
    pub right: Array,
}

/// `v = l2(W u)` for every matrix `[m, n]` and kept vector `[n, 1]`; the kept vectors stay as they are.
///
/// # Panics
/// When the lists differ in length or shapes do not fit.
#[must_use]
pub fn follow(matrices: &[Array], kept: &[Array]) -> Vec<SingularVectors> {
    assert!(
        matrices.len() == kept.len(),
        "{} matrices, {} vectors",
        matrices.len(),
        kept.len()
    );
    let follow = |(matrix, kept): (&Array, &Array)| SingularVectors {
        left: normalized(&matmul(matrix, kept, Transpose::No, Transpose::No)), // [m, 1]
        right: kept.clone(),
    };
    matrices.iter().zip(kept).map(follow).collect()
}

/// One power iteration for every matrix `[m, n]` from its kept vector `[n, 1]`.
///
/// # Panics
/// When the lists differ in length or shapes do not fit.
#[must_use]
pub fn power_iteration(matrices: &[Array], kept: &[Array]) -> Vec<SingularVectors> {
    let advance = |(matrix, SingularVectors { left, .. }): (&Array, SingularVectors)| SingularVectors {
        right: normalized(&matmul(matrix, &left, Transpose::Yes, Transpose::No)), // [n, 1]
        left,
    };
    matrices.iter().zip(follow(matrices, kept)).map(advance).collect()
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
