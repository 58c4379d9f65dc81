//! Power iteration: each step against plain loops, and many steps against a known singular value.

use gan_kernels::Array;
use gan_kernels::spectral as operation;

use crate::target::{Expected, Target, reals};

const MATRICES: [[usize; 2]; 4] = [[1, 1], [7, 31], [33, 5], [257, 33]];

pub(crate) fn follow(target: &Target) {
    check(target, false);
}

pub(crate) fn power_iteration(target: &Target) {
    check(target, true);
    finds_the_largest_singular_value(target);
}

fn check(target: &Target, advance: bool) {
    let matrices: Vec<_> = MATRICES.map(|[m, n]| reals(1, m * n)).into();
    let kept: Vec<_> = MATRICES.map(|[_, n]| normalized(reals(2, n))).into();
    let arrays: Vec<_> = MATRICES
        .iter()
        .zip(&matrices)
        .map(|(shape, values)| target.array(*shape, values))
        .collect();
    let vectors: Vec<_> = kept
        .iter()
        .map(|values| target.array([values.len(), 1], values))
        .collect();
    let found = match advance {
        true => operation::power_iteration(&arrays, &vectors),
        false => operation::follow(&arrays, &vectors),
    };
    for (index, [m, n]) in MATRICES.into_iter().enumerate() {
        let kept: Vec<_> = vectors[index].to_f64().unwrap();
        let left = normalized(times(&matrices[index], [m, n], &kept, false));
        let right = if advance {
            normalized(times(&matrices[index], [m, n], &left, true))
        } else {
            kept
        };
        // Two products of up to `m` or `n` terms and a length: lengths are near 1, so the bound is absolute.
        let tolerance = 8.0 * (m + n) as f64 * target.rounding();
        let within = |values: Vec<f64>| -> Vec<_> {
            values
                .into_iter()
                .map(|value| Expected { value, tolerance })
                .collect()
        };
        target.assert_close(
            &format!("left of [{m}, {n}]"),
            &found[index].left,
            [m, 1],
            &within(left),
        );
        target.assert_close(
            &format!("right of [{m}, {n}]"),
            &found[index].right,
            [n, 1],
            &within(right),
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
    let right = kept[0].to_f64().unwrap();
    let value = normal(&times(
        &[1.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 2.0],
        [3, 3],
        &right,
        false,
    ));
    assert!((value - 3.0).abs() < 1e-6, "{value}");
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
