//! What becomes of numbers at the edge of the range, of infinities and of NaN, on every device and in both element types.

use gan_kernels::Array;
use gan_kernels::convolution::{Epilogue, Geometry, convolution};
use gan_kernels::elementwise::{Binary, Unary, binary, unary};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::reduce::{row_maximum, sum};

use crate::target::Target;

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

#[track_caller]
fn assert_maps(function: Unary, pairs: &[(f64, f64)]) {
    let (x, expected): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    for on in Target::all() {
        let y = unary(function, &on.array([x.len()], &x));
        on.assert_equal(&format!("{function:?}"), &y, [x.len()], &expected);
    }
}

#[test]
fn softplus_neither_overflows_nor_loses_its_tail() {
    let pairs = [
        (1000.0, 1000.0),
        (-1000.0, 0.0),
        (INFINITY, INFINITY),
        (-INFINITY, 0.0),
        (NAN, NAN),
    ];
    assert_maps(Unary::Softplus, &pairs);
    for on in Target::all() {
        let tail = unary(Unary::Softplus, &on.array([1], &[-50.0])).to_f64().unwrap()[0];
        assert!((tail / (-50f64).exp() - 1.0).abs() < 1e-6, "{tail:e}");
    }
}

#[test]
fn sigmoid_neither_overflows_nor_loses_its_tail() {
    let pairs = [
        (1000.0, 1.0),
        (-1000.0, 0.0),
        (INFINITY, 1.0),
        (-INFINITY, 0.0),
        (0.0, 0.5),
        (NAN, NAN),
    ];
    assert_maps(Unary::Sigmoid, &pairs);
    for on in Target::all() {
        let tail = unary(Unary::Sigmoid, &on.array([1], &[-50.0])).to_f64().unwrap()[0];
        assert!((tail / (-50f64).exp() - 1.0).abs() < 1e-6, "{tail:e}");
    }
}

#[test]
fn functions_have_the_limits_of_analysis() {
    assert_maps(
        Unary::Exponential,
        &[
            (-INFINITY, 0.0),
            (INFINITY, INFINITY),
            (1e4, INFINITY),
            (NAN, NAN),
        ],
    );
    assert_maps(
        Unary::Logarithm,
        &[(0.0, -INFINITY), (INFINITY, INFINITY), (-1.0, NAN), (NAN, NAN)],
    );
    assert_maps(
        Unary::SquareRoot,
        &[(0.0, 0.0), (INFINITY, INFINITY), (-1.0, NAN), (NAN, NAN)],
    );
    assert_maps(
        Unary::Reciprocal,
        &[(0.0, INFINITY), (-0.0, -INFINITY), (INFINITY, 0.0), (NAN, NAN)],
    );
    assert_maps(
        Unary::Tanh,
        &[(1000.0, 1.0), (-1000.0, -1.0), (INFINITY, 1.0), (NAN, NAN)],
    );
}

#[test]
fn a_leaky_rectifier_passes_nan_and_infinity_on() {
    let leaky = Unary::LeakyRelu { slope: 0.25 };
    assert_maps(
        leaky,
        &[
            (NAN, NAN),
            (INFINITY, INFINITY),
            (-INFINITY, -INFINITY),
            (-0.0, 0.0),
        ],
    );
}

#[test]
fn a_rectifier_passes_nan_on_and_makes_nan_of_minus_infinity() {
    assert_maps(
        Unary::LeakyRelu { slope: 0.0 },
        &[(NAN, NAN), (INFINITY, INFINITY), (-INFINITY, NAN)],
    );
}

#[test]
fn a_rectifiers_gradient_counts_a_nan_input_as_not_positive() {
    let function = Binary::LeakyReluGradient { slope: 0.25 };
    for on in Target::all() {
        let (a, b) = (on.array([3], &[4.0, NAN, NAN]), on.array([3], &[NAN, 1.0, -1.0]));
        on.assert_equal("the gradient", &binary(function, &a, &b), [3], &[1.0, NAN, NAN]);
    }
}

#[test]
fn nan_and_infinity_reach_every_sum_they_belong_to_and_no_other() {
    for on in Target::all() {
        let (a, b) = (
            on.array([2, 2], &[NAN, 1.0, 2.0, 3.0]),
            on.array([2, 1], &[1.0, 1.0]),
        );
        let product = matmul(&a, &b, Transpose::No, Transpose::No);
        on.assert_equal("the product", &product, [2, 1], &[NAN, 5.0]);
        let rows = on.array([2, 2], &[NAN, 1.0, 2.0, 3.0]);
        on.assert_equal("the sum", &sum(&rows, [2, 1]), [2, 1], &[NAN, 5.0]);
    }
}

#[test]
fn infinity_reaches_every_pixel_of_a_convolution_it_belongs_to_and_no_other() {
    for on in Target::all() {
        let x = on.array([1, 1, 4, 1], &[1.0, INFINITY, 2.0, 3.0]);
        let f = on.array([1, 1, 1, 1], &[2.0]);
        let y = convolution(&x, &f, Geometry::square(1, 0), Epilogue::default());
        on.assert_equal("the convolution", &y, [1, 1, 4, 1], &[2.0, INFINITY, 4.0, 6.0]);
    }
}

#[test]
fn an_output_that_nothing_contributes_to_is_zero_even_next_to_nan() {
    for on in Target::all() {
        // A buffer full of NaN goes back to be recycled before memory is asked for again.
        drop(Array::full_like(&on.array([1], &[0.0]), [40_000], NAN));
        let product = matmul(
            &on.array([200, 0], &[]),
            &on.array([0, 200], &[]),
            Transpose::No,
            Transpose::No,
        );
        on.assert_equal("the empty sum", &product, [200, 200], &vec![0.0; 40_000]);
    }
}

#[test]
fn the_largest_of_a_row_with_nan_is_nan_wherever_it_stands() {
    for on in Target::all() {
        let rows = [
            NAN, 1.0, 2.0, 1.0, NAN, 2.0, 1.0, 2.0, NAN, -INFINITY, 1.0, 0.0, -INFINITY, -INFINITY, -INFINITY,
        ];
        let y = row_maximum(&on.array([5, 3], &rows));
        on.assert_equal("the largest", &y, [5, 1], &[NAN, NAN, NAN, 1.0, -INFINITY]);
    }
}
