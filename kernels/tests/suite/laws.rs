//! The laws that the operations' documentation states, over generated shapes, in f64.

use gan_kernels::convolution::{Epilogue, Geometry, Padding, convolution, data_gradient, weight_gradient};
use gan_kernels::elementwise::{Binary, binary, broadcast};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::pool::{replicate, window_sum};
use gan_kernels::reduce::sum;
use gan_kernels::window::{pad, slice};
use gan_kernels::{Array, Shape};
use proptest::prelude::*;

use crate::target::reals;

/// Relative to the number of terms, all of magnitude at most 1.
const TOLERANCE: f64 = 1e-13;

fn array(seed: u64, shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    Array::from_f64(shape, &reals(seed, shape.count()))
}

/// The inner product of two arrays of one shape.
fn inner(a: &Array, b: &Array) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let (a, b) = (a.to_f64().unwrap(), b.to_f64().unwrap());
    a.iter().zip(&b).map(|(a, b)| a * b).sum()
}

fn agree(one: f64, other: f64, terms: usize) -> Result<(), TestCaseError> {
    prop_assert!(
        (one - other).abs() <= TOLERANCE * (1 + terms) as f64,
        "{one} and {other}"
    );
    Ok(())
}

fn padding() -> impl Strategy<Value = Padding> {
    (0..4usize, 0..4usize).prop_map(|(before, after)| Padding { before, after })
}

fn geometry() -> impl Strategy<Value = Geometry> {
    ([1..=3usize, 1..=3usize], [padding(), padding()])
        .prop_map(|(stride, padding)| Geometry { stride, padding })
}

/// Extents of four axes, and for each whether it is left at 1.
fn repeated() -> impl Strategy<Value = ([usize; 4], [usize; 4])> {
    (
        prop::array::uniform4(0..6usize),
        prop::array::uniform4(any::<bool>()),
    )
        .prop_map(|(full, kept)| {
            (
                full,
                [0, 1, 2, 3].map(|axis| if kept[axis] { full[axis] } else { 1 }),
            )
        })
}

/// Outer extents, and start and extents of a box inside.
fn boxes() -> impl Strategy<Value = ([usize; 4], [usize; 4], [usize; 4])> {
    prop::array::uniform4((0..4usize, 0..4usize, 0..4usize)).prop_map(|axes| {
        (
            axes.map(|(before, inside, after)| before + inside + after),
            axes.map(|(before, ..)| before),
            axes.map(|(_, inside, _)| inside),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_three_convolutions_are_adjoint(
        n in 0..4usize,
        image in [1..9usize, 1..9usize],
        c in 1..6usize,
        k in 1..6usize,
        kernel in [1..8usize, 1..8usize],
        geometry in geometry(),
    ) {
        let fits = (0..2).all(|axis| {
            image[axis] + geometry.padding[axis].before + geometry.padding[axis].after >= kernel[axis]
        });
        prop_assume!(fits);
        let [p, q] = geometry.output(image, kernel);
        let x = array(1, [n, image[0], image[1], c]);
        let f = array(2, [kernel[0], kernel[1], c, k]);
        let g = array(3, [n, p, q, k]);
        let forward = inner(&convolution(&x, &f, geometry, Epilogue::default()), &g);
        let terms = n * p * q * k * kernel[0] * kernel[1] * c;
        agree(forward, inner(&x, &data_gradient(&g, &f, geometry, image)), terms)?;
        agree(forward, inner(&f, &weight_gradient(&x, &g, geometry, kernel)), terms)?;
    }

    #[test]
    fn a_product_is_adjoint_to_products_with_the_transposed(m in 0..20usize, n in 0..20usize, k in 0..20usize) {
        let (a, b, g) = (array(1, [m, k]), array(2, [k, n]), array(3, [m, n]));
        let forward = inner(&matmul(&a, &b, Transpose::No, Transpose::No), &g);
        agree(forward, inner(&a, &matmul(&g, &b, Transpose::No, Transpose::Yes)), m * n * k)?;
        agree(forward, inner(&b, &matmul(&a, &g, Transpose::Yes, Transpose::No)), m * n * k)?;
    }

    #[test]
    fn a_transposed_operand_is_the_transpose(m in 1..20usize, n in 1..20usize, k in 1..20usize) {
        // (a b)^T = b^T a^T, with a and b stored transposed.
        let (a, b) = (array(1, [k, m]), array(2, [n, k]));
        let one = matmul(&a, &b, Transpose::Yes, Transpose::Yes);
        let other = matmul(&b, &a, Transpose::No, Transpose::No);
        let probe = array(3, [m, 1]);
        let one = matmul(&one, &probe, Transpose::Yes, Transpose::No);
        let other = matmul(&other, &probe, Transpose::No, Transpose::No);
        for (one, other) in one.to_f64().unwrap().into_iter().zip(other.to_f64().unwrap()) {
            agree(one, other, m * k)?;
        }
    }

    #[test]
    fn a_sum_is_adjoint_to_repetition((full, kept) in repeated()) {
        let (x, y) = (array(1, full), array(2, kept));
        agree(inner(&sum(&x, kept), &y), inner(&x, &broadcast(&y, full)), x.shape().count())?;
    }

    #[test]
    fn operands_are_combined_as_if_repeated((full, kept) in repeated()) {
        let (x, y) = (array(1, full), array(2, kept));
        let implied = binary(Binary::Subtract, &x, &y);
        let explicit = binary(Binary::Subtract, &x, &broadcast(&y, full));
        prop_assert_eq!(implied.to_f64().unwrap(), explicit.to_f64().unwrap());
    }

    #[test]
    fn a_slice_is_adjoint_to_padding((outer, start, extents) in boxes()) {
        let (x, y) = (array(1, outer), array(2, extents));
        agree(inner(&slice(&x, &start, extents), &y), inner(&x, &pad(&y, &start, outer)), y.shape().count())?;
    }

    #[test]
    fn what_was_padded_is_cut_out_again((outer, start, extents) in boxes()) {
        let y = array(1, extents);
        prop_assert_eq!(slice(&pad(&y, &start, outer), &start, extents).to_f64().unwrap(), y.to_f64().unwrap());
    }

    #[test]
    fn a_window_sum_is_adjoint_to_replication(small in prop::array::uniform4(0..5usize), k in 1..5usize) {
        let [n, h, w, c] = small;
        let (x, y) = (array(1, [n, h * k, w * k, c]), array(2, small));
        agree(inner(&window_sum(&x, k), &y), inner(&x, &replicate(&y, k)), x.shape().count())?;
    }
}
