//! Products whose operands are rounded to tf32 or bf16: both operands and nothing else, on the device under test.

use gan_kernels::convolution::{self, Epilogue, Geometry};
use gan_kernels::elementwise::{self, Unary};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::polar::nuclear_norm;
use gan_kernels::reduce::sum;
use gan_kernels::spectral::{SpectralUpdate, normalize};
use gan_kernels::{Array, Device, Precision};

use crate::convolution::few_convolutions;
use crate::matmul::few_products;
use crate::target::{Target, reals};

const FEWER: [Precision; 2] = [Precision::Tf32, Precision::Bf16];

#[test]
fn a_matrix_product_is_that_of_the_rounded_operands() {
    for precision in FEWER {
        few_products(&Target::vulkan_in(precision));
    }
}

#[test]
fn convolutions_and_their_gradients_are_those_of_the_rounded_operands() {
    for precision in FEWER {
        few_convolutions(&Target::vulkan_in(precision));
    }
}

/// The operand of a product with the identity.
fn through_a_product(target: &Target, values: &[f64]) -> Vec<f32> {
    let (column, one) = (
        target.array([values.len(), 1], values),
        target.array([1, 1], &[1.0]),
    );
    matmul(&column, &one, Transpose::No, Transpose::No)
        .to_f32()
        .unwrap()
}

#[test]
fn operands_are_rounded_to_the_nearest_number_of_their_precision_and_half_to_even() {
    for (precision, last) in [
        (Precision::Tf32, 2f64.powi(-10)),
        (Precision::Bf16, 2f64.powi(-7)),
    ] {
        let target = Target::vulkan_in(precision);
        for scale in [1.0, -1.0, 2f64.powi(90), 2f64.powi(-100)] {
            let given = [0.0, 0.49, 0.5, 0.51, 1.0, 1.49, 1.5, 1.51, 2.5, 3.5];
            let right = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 4.0];
            let [given, right] = [given, right].map(|list| list.map(|part| scale * (1.0 + part * last)));
            let found = through_a_product(&target, &given);
            assert_eq!(found, right.map(|value| value as f32), "{precision} at {scale:e}");
        }
        // Half a unit below a power of two is as near to it as to the number below, which is odd.
        assert_eq!(through_a_product(&target, &[2.0 - last / 2.0]), [2.0]);
        let beyond = through_a_product(&target, &[f64::from(f32::MAX), f64::INFINITY, f64::NAN]);
        assert!(
            beyond[..2] == [f32::INFINITY; 2] && beyond[2].is_nan(),
            "{precision}: {beyond:?}"
        );
    }
}

#[test]
fn f32_rounds_no_operand() {
    let values = reals(1, 100);
    let found = through_a_product(&Target::vulkan_in(Precision::F32), &values);
    assert_eq!(
        found,
        values.iter().map(|value| *value as f32).collect::<Vec<_>>()
    );
}

#[test]
fn all_but_products_has_the_same_bits_in_every_precision() {
    let bits =
        |array: &Array| -> Vec<u32> { array.to_f32().unwrap().into_iter().map(f32::to_bits).collect() };
    let of = |precision| {
        let target = Target::vulkan_in(precision);
        let x = target.array([33, 20], &reals(1, 660));
        let kept = target.array([20, 1], &reals(2, 20));
        let spectral = normalize(std::slice::from_ref(&x), &[kept], SpectralUpdate::Iterate);
        [
            bits(&elementwise::unary(Unary::Tanh, &x)),
            bits(&sum(&x, [1, 20])),
            bits(&spectral.weights[0]),
        ]
    };
    let f32 = of(Precision::F32);
    for precision in FEWER {
        assert_eq!(of(precision), f32, "{precision}");
    }
}

#[test]
fn a_nuclear_norm_never_rounds_the_operands_of_its_products() {
    let of = |precision| {
        let matrix = Target::vulkan_in(precision).array([31, 40], &reals(1, 31 * 40));
        nuclear_norm(&matrix, 1e-6).unwrap()
    };
    for precision in FEWER {
        assert_eq!(of(precision), of(Precision::F32), "{precision}");
    }
}

#[test]
fn what_is_made_from_arrays_of_a_precision_is_of_that_precision() {
    let target = Target::vulkan_in(Precision::Bf16);
    let x = target.array([1, 4, 4, 1], &reals(1, 16));
    let filter = target.array([1, 1, 1, 1], &[1.0]);
    let y = convolution::convolution(&x, &filter, Geometry::square(1, 0), Epilogue::default());
    assert_eq!(sum(&y, [1, 1, 1, 1]).device().precision(), Precision::Bf16);
}

#[test]
#[should_panic(expected = "matmul of arrays for products in bf16 and in f32: one precision is needed")]
fn arrays_of_two_precisions_are_refused_together() {
    let [a, b] =
        [Precision::Bf16, Precision::F32].map(|precision| Target::vulkan_in(precision).array([1, 1], &[1.0]));
    let _ = matmul(&a, &b, Transpose::No, Transpose::No);
}

#[test]
fn the_cpu_has_f32_alone() {
    assert!(Device::Cpu.with_precision(Precision::F32).is_ok());
    for precision in FEWER {
        let refused = Device::Cpu
            .with_precision(precision)
            .expect_err("it has no such products");
        assert_eq!(
            refused.to_string(),
            format!("device \"cpu\" computes products in f32 only, and {precision} was asked for")
        );
    }
}
