//! Boxes cut out of arrays and set into zeros.

use gan_kernels::window as operation;

use crate::target::{Target, at, positions, reals};

/// Outer extents, start and extents of a box inside them.
const BOXES: [[[usize; 4]; 3]; 8] = [
    [[2, 3, 5, 7], [0, 0, 0, 0], [2, 3, 5, 7]],
    [[2, 3, 5, 7], [1, 1, 2, 3], [1, 2, 3, 4]],
    [[2, 3, 5, 7], [0, 2, 4, 6], [2, 1, 1, 1]],
    [[33, 1, 31, 3], [32, 0, 7, 1], [1, 1, 13, 2]],
    [[257, 7, 1, 31], [3, 1, 0, 0], [200, 5, 1, 31]],
    [[2, 3, 5, 7], [2, 3, 5, 7], [0, 0, 0, 0]],
    [[2, 3, 5, 7], [1, 0, 0, 7], [1, 3, 5, 0]],
    [[0, 3, 5, 7], [0, 1, 1, 1], [0, 2, 2, 2]],
];

pub(crate) fn slice(target: &Target) {
    for [outer, start, inner] in BOXES {
        let x = reals(1, outer.iter().product());
        let expected: Vec<_> = positions(inner)
            .map(|position| x[at(outer, shifted(position, start))])
            .collect();
        let y = operation::slice(&target.array(outer, &x), &start, inner);
        target.assert_equal(
            &format!("{inner:?} at {start:?} of {outer:?}"),
            &y,
            inner,
            &expected,
        );
    }
    let line = target.array([5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
    target.assert_equal(
        "a part of a line",
        &operation::slice(&line, &[1], [3]),
        [3],
        &[2.0, 3.0, 4.0],
    );
}

pub(crate) fn pad(target: &Target) {
    for [outer, start, inner] in BOXES {
        let x = reals(1, inner.iter().product());
        let mut expected = vec![0.0; outer.iter().product()];
        for (position, x) in positions(inner).zip(&x) {
            expected[at(outer, shifted(position, start))] = *x;
        }
        let y = operation::pad(&target.array(inner, &x), &start, outer);
        target.assert_equal(
            &format!("{inner:?} at {start:?} in {outer:?}"),
            &y,
            outer,
            &expected,
        );
    }
}

fn shifted(position: [usize; 4], start: [usize; 4]) -> [usize; 4] {
    [0, 1, 2, 3].map(|axis| position[axis] + start[axis])
}
