//! Spectral normalization: each step against plain loops, many steps against a known singular value, and the way back
//! for gradients against its formula and against finite differences.

use gan_kernels::Array;
use gan_kernels::spectral::{self as operation, Normalized, SingularVectors, SpectralUpdate};

use crate::target::{Expected, Target, reals};

/// One row, one column, extents around powers of two, and enough rows to be summed in several pieces.
const MATRICES: [[usize; 2]; 12] = [
    [1, 1],
    [7, 31],
    [33, 5],
    [257, 33],
    [1, 257],
    [257, 1],
    [31, 7],
    [33, 257],
    [1031, 7],
    [4100, 1],
    [0, 3],
    [3, 0],
];

/// Matrices that are zero everywhere come after the others.
const ZEROS: [[usize; 2]; 2] = [[7, 33], [300, 2]];

/// Matrices with their kept vectors, as values and as arrays.
struct Operands {
    extents: Vec<[usize; 2]>,
    matrices: Vec<Vec<f64>>,
    kept: Vec<Vec<f64>>,
    matrix_arrays: Vec<Array>,
    kept_arrays: Vec<Array>,
}

fn operands(target: &Target, extents: &[[usize; 2]], zeros: &[[usize; 2]]) -> Operands {
    let drawn = extents
        .iter()
        .enumerate()
        .map(|(seed, [m, n])| reals(seed as u64, m * n));
    let matrices: Vec<_> = drawn.chain(zeros.iter().map(|[m, n]| vec![0.0; m * n])).collect();
    let extents: Vec<_> = extents.iter().chain(zeros).copied().collect();
    let array = |(shape, values): (&[usize; 2], &Vec<f64>)| target.array(*shape, values);
    let matrix_arrays = extents.iter().zip(&matrices).map(array).collect();
    let kept_arrays: Vec<_> = extents
        .iter()
        .map(|[_, n]| target.array([*n, 1], &normalized(reals(2, *n))))
        .collect();
    Operands {
        kept: kept_arrays.iter().map(|kept| kept.to_f64().unwrap()).collect(),
        extents,
        matrices,
        matrix_arrays,
        kept_arrays,
    }
}

pub(crate) fn follow(target: &Target) {
    let operands = operands(target, &MATRICES, &ZEROS);
    let found = operation::follow(&operands.matrix_arrays, &operands.kept_arrays);
    check_vectors(target, &operands, SpectralUpdate::Keep, &found);
}

pub(crate) fn power_iteration(target: &Target) {
    let operands = operands(target, &MATRICES, &ZEROS);
    let found = operation::power_iteration(&operands.matrix_arrays, &operands.kept_arrays);
    check_vectors(target, &operands, SpectralUpdate::Iterate, &found);
    finds_the_largest_singular_value(target);
    assert!(operation::power_iteration(&[], &[]).is_empty());
}

pub(crate) fn normalize(target: &Target) {
    for update in [SpectralUpdate::Keep, SpectralUpdate::Iterate] {
        let all = operands(target, &MATRICES, &ZEROS);
        let one = operands(target, &[[33, 5]], &[]);
        let many = operands(target, &[[5, 3]; 70], &[]);
        for operands in [all, one, many] {
            let found = operation::normalize(&operands.matrix_arrays, &operands.kept_arrays, update);
            check_vectors(target, &operands, update, &found.vectors);
            check_quotients(target, &operands, &found);
        }
    }
}

pub(crate) fn pull_back(target: &Target) {
    for update in [SpectralUpdate::Keep, SpectralUpdate::Iterate] {
        let all = operands(target, &MATRICES, &[]);
        let many = operands(target, &[[5, 3]; 70], &[]);
        for operands in [all, many] {
            let found = operation::normalize(&operands.matrix_arrays, &operands.kept_arrays, update);
            check_pulled_back(target, &operands, &found);
        }
    }
}

fn check_vectors(target: &Target, operands: &Operands, update: SpectralUpdate, found: &[SingularVectors]) {
    assert_eq!(found.len(), operands.extents.len());
    for (index, [m, n]) in operands.extents.iter().copied().enumerate() {
        let (matrix, kept) = (&operands.matrices[index], &operands.kept[index]);
        let left = normalized(times(matrix, [m, n], kept, false));
        let right = match update {
            SpectralUpdate::Iterate => normalized(times(matrix, [m, n], &left, true)),
            SpectralUpdate::Keep => kept.clone(),
        };
        // Two products of up to `m` or `n` terms and a length: lengths are near 1, so the bound is absolute.
        let tolerance = 8.0 * (m + n) as f64 * target.rounding();
        let SingularVectors { left: v, right: u } = &found[index];
        target.assert_close(
            &format!("left of [{m}, {n}]"),
            v,
            [m, 1],
            &within(left, tolerance),
        );
        target.assert_close(
            &format!("right of [{m}, {n}]"),
            u,
            [n, 1],
            &within(right, tolerance),
        );
    }
}

fn check_quotients(target: &Target, operands: &Operands, found: &Normalized) {
    for (index, [m, n]) in operands.extents.iter().copied().enumerate() {
        let (matrix, vectors) = (&operands.matrices[index], &found.vectors[index]);
        let [left, right] = [&vectors.left, &vectors.right].map(|vector| vector.to_f64().unwrap());
        let product = times(matrix, [m, n], &right, false);
        let sigma = left
            .iter()
            .zip(product)
            .map(|(left, product)| left * product)
            .sum();
        let tolerance = 8.0 * (m + n) as f64 * target.rounding() * normal(matrix);
        let sigmas = &found.sigmas[index];
        target.assert_close(
            &format!("sigma of [{m}, {n}]"),
            sigmas,
            [1, 1],
            &within(vec![sigma], tolerance),
        );

        let sigma = sigmas.to_f64().unwrap()[0];
        let quotient = |value: &f64| Expected {
            value: value / sigma,
            tolerance: 4.0 * target.unit() * (value / sigma).abs(),
        };
        let expected: Vec<_> = matrix.iter().map(quotient).collect();
        target.assert_close(
            &format!("[{m}, {n}] normalized"),
            &found.weights[index],
            [m, n],
            &expected,
        );
    }
}

fn check_pulled_back(target: &Target, operands: &Operands, found: &Normalized) {
    let values: Vec<_> = operands
        .extents
        .iter()
        .enumerate()
        .map(|(index, [m, n])| reals(90 + index as u64, m * n))
        .collect();
    let gradients: Vec<_> = operands
        .extents
        .iter()
        .zip(&values)
        .map(|(shape, values)| target.array(*shape, values))
        .collect();
    let pulled = operation::pull_back(found, &gradients);
    assert_eq!(pulled.len(), gradients.len());
    for (index, [m, n]) in operands.extents.iter().copied().enumerate() {
        let SingularVectors { left, right } = &found.vectors[index];
        let [weight, left, right] = [&found.weights[index], left, right].map(|array| array.to_f64().unwrap());
        let sigma = found.sigmas[index].to_f64().unwrap()[0];
        let products = || {
            weight
                .iter()
                .zip(&values[index])
                .map(|(weight, gradient)| weight * gradient)
        };
        let inner: f64 = products().sum();
        let magnitude: f64 = products().map(f64::abs).sum();
        let terms = ((m * n).min(1024) + 8) as f64;
        let expected: Vec<_> = values[index]
            .iter()
            .enumerate()
            .map(|(element, gradient)| {
                let outer = left[element / n] * right[element % n];
                let rounded = 8.0 * (gradient / sigma).abs() + terms * magnitude * (outer / sigma).abs();
                Expected {
                    value: gradient / sigma - inner / sigma * outer,
                    tolerance: target.rounding() * rounded,
                }
            })
            .collect();
        target.assert_close(
            &format!("pulled back to [{m}, {n}]"),
            &pulled[index],
            [m, n],
            &expected,
        );
    }
}

fn finds_the_largest_singular_value(target: &Target) {
    // A diagonal matrix with singular values 3, 2 and 1.
    let matrix = target.array([3, 3], &[1.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 2.0]);
    let mut kept: Vec<Array> = vec![target.array([3, 1], &normalized(vec![1.0, 1.0, 1.0]))];
    for _ in 0..40 {
        kept = operation::power_iteration(std::slice::from_ref(&matrix), &kept)
            .into_iter()
            .map(|found| found.right)
            .collect();
    }
    let normalized = operation::normalize(std::slice::from_ref(&matrix), &kept, SpectralUpdate::Keep);
    let value = normalized.sigmas[0].to_f64().unwrap()[0];
    assert!((value - 3.0).abs() < 1e-6, "{value}");
}

#[test]
fn a_pulled_back_gradient_is_the_one_that_finite_differences_find() {
    const STEP: f64 = 1e-6;
    for [m, n] in [[1, 1], [7, 5], [5, 7], [33, 1]] {
        let (target, extents) = (Target::CpuF64, [[m, n]]);
        let operands = operands(&target, &extents, &[]);
        let (matrix, weights) = (&operands.matrices[0], reals(5, m * n));
        let gradients = [target.array([m, n], &weights)];
        let found = operation::normalize(
            &operands.matrix_arrays,
            &operands.kept_arrays,
            SpectralUpdate::Iterate,
        );
        let pulled = operation::pull_back(&found, &gradients)[0].to_f64().unwrap();
        let [left, right] =
            [&found.vectors[0].left, &found.vectors[0].right].map(|vector| vector.to_f64().unwrap());
        // A weighted sum of the normalized matrix, for vectors that stay.
        let value = |matrix: &[f64]| -> f64 {
            let product = times(matrix, [m, n], &right, false);
            let sigma: f64 = left
                .iter()
                .zip(product)
                .map(|(left, product)| left * product)
                .sum();
            matrix
                .iter()
                .zip(&weights)
                .map(|(value, weight)| value / sigma * weight)
                .sum()
        };
        for index in 0..m * n {
            let at = |step: f64| {
                let mut moved = matrix.clone();
                moved[index] += step;
                value(&moved)
            };
            let expected = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!(
                (pulled[index] - expected).abs() <= 1e-7 * (1.0 + expected.abs()),
                "[{m}, {n}] at {index}: {} by the formula, {expected} by differences",
                pulled[index]
            );
        }
    }
}

fn within(values: Vec<f64>, tolerance: f64) -> Vec<Expected> {
    values
        .into_iter()
        .map(|value| Expected { value, tolerance })
        .collect()
}

fn times(matrix: &[f64], [m, n]: [usize; 2], vector: &[f64], transposed: bool) -> Vec<f64> {
    let mut product = vec![0.0; if transposed { n } else { m }];
    for (row, column) in (0..m).flat_map(|row| (0..n).map(move |column| (row, column))) {
        let (to, from) = if transposed { (column, row) } else { (row, column) };
        product[to] += matrix[row * n + column] * vector[from];
    }
    product
}

fn normal(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn normalized(values: Vec<f64>) -> Vec<f64> {
    let length = normal(&values) + 1e-12;
    values.into_iter().map(|value| value / length).collect()
}
