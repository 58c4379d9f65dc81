//! Sums over square windows and repetition over them.

use gan_kernels::pool as operation;

use crate::target::{Sum, Target, Values, at, positions, reals};

/// Extents of the pooled array and the side of the window.
const CASES: [([usize; 4], usize); 9] = [
    ([2, 3, 5, 7], 1),
    ([2, 3, 5, 7], 2),
    ([1, 1, 2, 1], 7),
    ([3, 1, 2, 2], 2),
    ([33, 4, 4, 3], 2),
    ([3, 31, 33, 5], 3),
    ([0, 3, 5, 7], 2),
    ([2, 0, 5, 7], 2),
    ([2, 3, 5, 0], 3),
];

pub(crate) fn window_sum(target: &Target) {
    for (small, k) in CASES {
        for values in Values::BOTH {
            let large = enlarged(small, k);
            let x = values.draw(1, large.iter().product());
            let mut sums = vec![Sum::default(); small.iter().product()];
            for ([n, row, column, c], x) in positions(large).zip(&x) {
                sums[at(small, [n, row / k, column / k, c])].add(*x);
            }
            let expected: Vec<_> = sums.into_iter().map(|sum| sum.expected(target, values)).collect();
            let y = operation::window_sum(&target.array(large, &x), k);
            target.assert_close(&format!("windows of {k} on {large:?}"), &y, small, &expected);
        }
    }
}

pub(crate) fn replicate(target: &Target) {
    for (small, k) in CASES {
        let large = enlarged(small, k);
        let x = reals(1, small.iter().product());
        let expected: Vec<_> = positions(large)
            .map(|[n, row, column, c]| x[at(small, [n, row / k, column / k, c])])
            .collect();
        let y = operation::replicate(&target.array(small, &x), k);
        target.assert_equal(&format!("{small:?} over windows of {k}"), &y, large, &expected);
    }
}

fn enlarged([n, h, w, c]: [usize; 4], k: usize) -> [usize; 4] {
    [n, h * k, w * k, c]
}
