//! Sums over square windows and repetition over them; largest values and means under windows that move.

use gan_kernels::convolution::{Geometry, Padding};
use gan_kernels::pool as operation;

use crate::target::{Expected, Sum, Target, Values, at, positions, reals};

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

/// Images, a window and how it moves: the pools of Inception (3x3, stride 2, no padding; 3x3, stride 1, one pixel
/// around), and windows that see one pixel, all of them, or parts on every side.
fn moving() -> Vec<([usize; 4], [usize; 2], Geometry)> {
    let sides = |top, bottom, left, right| {
        let padding = |(before, after)| Padding { before, after };
        [(top, bottom), (left, right)].map(padding)
    };
    let irregular = Geometry {
        stride: [2, 3],
        padding: sides(1, 1, 2, 0),
    };
    vec![
        ([2, 9, 11, 5], [3, 3], Geometry::square(2, 0)),
        ([2, 7, 5, 33], [3, 3], Geometry::square(1, 1)),
        ([1, 1, 1, 1], [1, 1], Geometry::square(1, 0)),
        ([3, 1, 1, 7], [3, 3], Geometry::square(1, 1)),
        ([1, 31, 4, 3], [31, 4], Geometry::square(1, 0)),
        ([2, 7, 8, 3], [2, 4], irregular),
        ([257, 2, 2, 1], [2, 2], Geometry::same([2, 2], [2, 2], 1)),
        ([0, 4, 4, 3], [3, 3], Geometry::square(1, 1)),
        ([2, 4, 4, 0], [3, 3], Geometry::square(1, 1)),
    ]
}

/// The pixels under the window at every position of the result, in its order.
fn windows(x: &[f64], extents: [usize; 4], window: [usize; 2], geometry: Geometry) -> Vec<Vec<f64>> {
    let [_, h, w, _] = extents;
    let pixel = |axis: usize, position: usize, tap: usize| {
        let padded = position * geometry.stride[axis] + tap;
        let inside = |pixel: &usize| *pixel < [h, w][axis];
        padded.checked_sub(geometry.padding[axis].before).filter(inside)
    };
    let seen = |[n, p, q, c]: [usize; 4]| {
        let taps = (0..window[0]).flat_map(|r| (0..window[1]).map(move |s| (r, s)));
        taps.filter_map(|(r, s)| Some(x[at(extents, [n, pixel(0, p, r)?, pixel(1, q, s)?, c])]))
            .collect()
    };
    positions(pooled(extents, window, geometry)).map(seen).collect()
}

fn pooled([n, h, w, c]: [usize; 4], window: [usize; 2], geometry: Geometry) -> [usize; 4] {
    let [p, q] = geometry.output([h, w], window);
    [n, p, q, c]
}

pub(crate) fn maximum(target: &Target) {
    for (extents, window, geometry) in moving() {
        let mut x: Vec<f64> = reals(1, extents.iter().product())
            .iter()
            .map(|x| (x - 1.0) / 2.0)
            .collect();
        if let Some(last) = x.last_mut() {
            *last = f64::NAN;
        }
        let largest = |seen: &Vec<f64>| {
            let nan = seen.iter().copied().find(|x| x.is_nan());
            nan.unwrap_or_else(|| seen.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        };
        let expected: Vec<_> = windows(&x, extents, window, geometry)
            .iter()
            .map(largest)
            .collect();
        let y = operation::maximum(&target.array(extents, &x), window, geometry);
        let case = format!("the largest under {window:?} on {extents:?}, {geometry:?}");
        target.assert_equal(&case, &y, pooled(extents, window, geometry), &expected);
    }
}

pub(crate) fn average(target: &Target) {
    for (extents, window, geometry) in moving() {
        let x = reals(1, extents.iter().product());
        let mean = |seen: &Vec<f64>| {
            let d = seen.len() as f64;
            let magnitude = seen.iter().map(|x| x.abs()).sum::<f64>() / d;
            Expected {
                value: seen.iter().sum::<f64>() / d,
                tolerance: (d + 3.0) * target.rounding() * magnitude,
            }
        };
        let expected: Vec<_> = windows(&x, extents, window, geometry).iter().map(mean).collect();
        let y = operation::average(&target.array(extents, &x), window, geometry);
        let case = format!("the mean under {window:?} on {extents:?}, {geometry:?}");
        target.assert_close(&case, &y, pooled(extents, window, geometry), &expected);
    }
}

#[test]
#[should_panic(expected = "would lie beside the image")]
fn a_window_on_padding_alone_is_refused() {
    let x = Target::CpuF32.array([1, 4, 4, 1], &[0.0; 16]);
    let _ = operation::average(&x, [2, 2], Geometry::square(1, 2));
}
