//! Sums over every set of axes, and the largest element of a row.

use gan_kernels::Shape;
use gan_kernels::reduce as operation;

use crate::target::{Expected, Sum, Target, Values, at, positions, reals};

/// Extents, some of which make a sum long enough to be cut into spans and blocks.
const EXTENTS: [[usize; 4]; 10] = [
    [2, 3, 5, 7],
    [1, 1, 1, 257],
    [33, 1, 31, 3],
    [1, 1, 1, 70_001],
    [257, 31, 1, 17],
    [3, 1, 9001, 2],
    [1, 40_000, 1, 3],
    // More sums of neighbours than a grid is wide.
    [70_000, 1, 1, 2],
    [2, 0, 3, 4],
    [0, 1, 1, 0],
];

pub(crate) fn sum(target: &Target) {
    for extents in EXTENTS {
        for axes in 0..16 {
            let result = [0, 1, 2, 3].map(|axis| if axes >> axis & 1 == 1 { 1 } else { extents[axis] });
            for values in Values::BOTH {
                sum_agrees(target, values, extents, result);
            }
        }
    }
    let scalar = target.array(Shape::new(&[]), &[2.0]);
    target.assert_equal(
        "a scalar",
        &operation::sum(&scalar, Shape::new(&[])),
        Shape::new(&[]),
        &[2.0],
    );
}

fn sum_agrees(target: &Target, values: Values, extents: [usize; 4], result: [usize; 4]) {
    let x = values.draw(1, extents.iter().product());
    let mut sums = vec![Sum::default(); result.iter().product()];
    for (position, x) in positions(extents).zip(&x) {
        sums[at(
            result,
            [0, 1, 2, 3].map(|axis| position[axis].min(result[axis] - 1)),
        )]
        .add(*x);
    }
    let expected: Vec<_> = sums
        .into_iter()
        .map(|mut sum| {
            sum.terms = sum.terms.min(1024.0);
            sum.expected(target, values)
        })
        .collect();
    let y = operation::sum(&target.array(extents, &x), result);
    target.assert_close(
        &format!("{extents:?} summed to {result:?}, {values:?}"),
        &y,
        result,
        &expected,
    );
}

pub(crate) fn row_maximum(target: &Target) {
    for [rows, columns] in [[1, 1], [0, 3], [7, 31], [257, 33], [33, 1], [3, 40_000]] {
        let mut x = reals(1, rows * columns);
        if let Some(last) = x.last_mut() {
            *last = 2.0;
        }
        let expected: Vec<_> = x
            .chunks(columns)
            .map(|row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max))
            .map(Expected::exactly)
            .collect();
        let y = operation::row_maximum(&target.array([rows, columns], &x));
        target.assert_close(&format!("rows of [{rows}, {columns}]"), &y, [rows, 1], &expected);
    }
}
