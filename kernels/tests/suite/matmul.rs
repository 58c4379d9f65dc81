//! Matrix products of awkward extents, with every combination of transpositions.

use gan_kernels::matmul::{Transpose, matmul as product};

use crate::target::{Sum, Target, Values};

const EXTENTS: [usize; 6] = [0, 1, 7, 31, 33, 257];

/// `[m, n, k]` beyond all combinations of [`EXTENTS`]: long sums, and outputs that reach each tile of a GPU kernel.
const LARGE: [[usize; 3]; 7] = [
    [5, 6, 1100],
    [33, 31, 513],
    [370, 371, 17],
    [730, 724, 18],
    [1530, 630, 5],
    [1430, 1452, 19],
    [20_000, 1, 3],
];

const TRANSPOSES: [Transpose; 2] = [Transpose::No, Transpose::Yes];

pub(crate) fn matmul(target: &Target) {
    for m in EXTENTS {
        for n in EXTENTS {
            for k in EXTENTS {
                agrees(target, Values::Reals, [m, n, k]);
            }
        }
    }
    for extents in LARGE {
        agrees(target, Values::Integers, extents);
        agrees(target, Values::Reals, extents);
    }
}

/// Fewer extents, for further precisions of one device: whole tiles and cut ones, and a sum in parts.
#[cfg(feature = "vulkan")]
pub(crate) fn few_products(target: &Target) {
    for m in [1, 7, 33] {
        for n in [1, 31, 33] {
            for k in [0, 1, 7, 257] {
                agrees(target, Values::Reals, [m, n, k]);
            }
        }
    }
    for extents in [[5, 6, 1100], [33, 32, 516], [370, 371, 17]] {
        agrees(target, Values::Integers, extents);
        agrees(target, Values::Reals, extents);
    }
}

fn agrees(target: &Target, values: Values, [m, n, k]: [usize; 3]) {
    let (a, b) = (values.draw(1, m * k), values.draw(2, k * n));
    let expected: Vec<_> = reference(&target.operand(&a), &target.operand(&b), [m, n, k])
        .into_iter()
        .map(|sum| sum.expected(target, values))
        .collect();
    for transpose_a in TRANSPOSES {
        for transpose_b in TRANSPOSES {
            let a = match transpose_a {
                Transpose::No => target.array([m, k], &a),
                Transpose::Yes => target.array([k, m], &transposed(&a, [m, k])),
            };
            let b = match transpose_b {
                Transpose::No => target.array([k, n], &b),
                Transpose::Yes => target.array([n, k], &transposed(&b, [k, n])),
            };
            let case = format!("[{m}, {k}] times [{k}, {n}], transposed {transpose_a:?} {transpose_b:?}");
            target.assert_close(
                &case,
                &product(&a, &b, transpose_a, transpose_b),
                [m, n],
                &expected,
            );
        }
    }
}

fn reference(a: &[f64], b: &[f64], [m, n, k]: [usize; 3]) -> Vec<Sum> {
    let mut sums = vec![Sum::default(); m * n];
    for row in 0..m {
        for column in 0..n {
            for term in 0..k {
                sums[row * n + column].add(a[row * k + term] * b[term * n + column]);
            }
        }
    }
    sums
}

fn transposed(matrix: &[f64], [rows, columns]: [usize; 2]) -> Vec<f64> {
    let mut transposed = vec![0.0; matrix.len()];
    for row in 0..rows {
        for column in 0..columns {
            transposed[column * rows + row] = matrix[row * columns + column];
        }
    }
    transposed
}
