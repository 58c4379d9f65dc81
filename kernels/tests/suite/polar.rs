//! Nuclear norms of matrices whose singular values are known, since they were made from them.

use gan_kernels::Element;
use gan_kernels::polar::{NuclearNorm, nuclear_norm};

use crate::target::{Target, reals};

/// Rows and columns; tall, wide, square, and more than one tile and cube.
const EXTENTS: [[usize; 2]; 9] = [
    [1, 1],
    [1, 300],
    [7, 7],
    [31, 33],
    [33, 31],
    [70, 31],
    [31, 70],
    [128, 128],
    [131, 257],
];

/// Smallest of the singular values, where the largest is 1 and neighbours have equal ratios.
const SMALLEST: [f64; 4] = [1e-1, 1e-3, 1e-5, 1e-8];

pub(crate) fn nuclear_norms(target: &Target) {
    for [m, n] in EXTENTS {
        for smallest in SMALLEST {
            let p = m.min(n);
            let step = 1.0 / (p.max(2) - 1) as f64;
            let values: Vec<_> = (0..p).map(|i| smallest.powf(i as f64 * step)).collect();
            agrees(
                target,
                &format!("[{m}, {n}] from 1 to {smallest:e}"),
                &values,
                [m, n],
            );
        }
    }
    deficient(target);
    of_any_scale(target);
    without_values(target);
    not_a_number(target);
    says_that_it_did_not_converge(target);
}

/// Half of the singular values are 0, or tiny and equal.
fn deficient(target: &Target) {
    for rest in [0.0, 1e-7, 1e-10] {
        let values: Vec<f64> = (0..64).map(|i| if i < 32 { 1.0 } else { rest }).collect();
        agrees(
            target,
            &format!("half of the values are {rest:e}"),
            &values,
            [64, 90],
        );
    }
    agrees(target, "rank 1", &[&[2.0][..], &[0.0; 39]].concat(), [40, 40]);
}

fn of_any_scale(target: &Target) {
    for scale in [1e-12, 1e12] {
        let values: Vec<_> = (1..=20).map(|i| f64::from(i) * scale).collect();
        agrees(target, &format!("scale {scale:e}"), &values, [20, 23]);
    }
}

fn without_values(target: &Target) {
    for shape in [[0, 5], [5, 0], [0, 0]] {
        let norm = nuclear_norm(&target.array(shape, &[]), 0.0).unwrap();
        assert_eq!([norm.value, norm.error()], [0.0, 0.0], "{shape:?}");
    }
    let norm = nuclear_norm(&target.array([3, 4], &[0.0; 12]), 0.0).unwrap();
    assert_eq!([norm.value, norm.error()], [0.0, 0.0], "a matrix of zeros");
}

fn not_a_number(target: &Target) {
    for value in [f64::NAN, f64::INFINITY] {
        let norm = nuclear_norm(&target.array([2, 2], &[1.0, 2.0, value, 4.0]), 1e-3).unwrap();
        assert!(norm.value.is_nan() && norm.error().is_nan(), "{norm:?}");
    }
}

fn says_that_it_did_not_converge(target: &Target) {
    let values: Vec<_> = (0..16).map(|i| 10f64.powi(-i)).collect();
    let matrix = target.array([16, 16], &with_singular_values(&values, [16, 16]));
    let norm = nuclear_norm(&matrix, 0.0).unwrap();
    assert_eq!(norm.steps, 48);
    assert!(norm.unconverged > 0.0, "{norm:?}");
    let sooner = nuclear_norm(&matrix, 1e-3).unwrap();
    assert!(sooner.steps < 30 && sooner.unconverged <= 1e-3, "{sooner:?}");
}

fn agrees(target: &Target, case: &str, values: &[f64], shape: [usize; 2]) {
    let expected: f64 = values.iter().sum();
    let matrix = target.array(shape, &with_singular_values(values, shape));
    let asked = match target.element() {
        Element::F32 => 1e-7,
        Element::F64 => 1e-10,
    } * expected;
    let norm = nuclear_norm(&matrix, asked).unwrap();
    let NuclearNorm {
        value, unconverged, ..
    } = norm;
    assert!(unconverged <= asked, "{case} on {target:?}: {norm:?}");
    assert!(
        (value - expected).abs() <= norm.error(),
        "{case} on {target:?}: {value} where {expected} is right, off by {:e}, {norm:?}",
        value - expected
    );
    // The estimate itself stays small: a few roundings of the value, and what drowns in the largest singular values.
    let most = asked + target.rounding() * (6.0 * expected + values.len() as f64) + 1e-6 * expected;
    assert!(norm.error() <= most, "{case} on {target:?}: {norm:?}");
}

/// A matrix with these singular values: a diagonal one, reflected three times on each side.
fn with_singular_values(values: &[f64], [m, n]: [usize; 2]) -> Vec<f64> {
    let mut matrix = vec![0.0; m * n];
    for (i, value) in values.iter().enumerate() {
        matrix[i * n + i] = *value;
    }
    for seed in 0..3 {
        reflect(&mut matrix, n, &reals(10 + seed, m), |column, row| {
            row * n + column
        });
        reflect(&mut matrix, m, &reals(20 + seed, n), |row, column| {
            row * n + column
        });
    }
    matrix
}

/// Subtracts from each of `lines` lines of the matrix twice its projection on a direction (Householder).
fn reflect(matrix: &mut [f64], lines: usize, direction: &[f64], at: impl Fn(usize, usize) -> usize) {
    let length: f64 = direction.iter().map(|x| x * x).sum();
    for line in 0..lines {
        let dot: f64 = (0..direction.len())
            .map(|i| matrix[at(line, i)] * direction[i])
            .sum();
        for (i, x) in direction.iter().enumerate() {
            matrix[at(line, i)] -= 2.0 * dot / length * x;
        }
    }
}
