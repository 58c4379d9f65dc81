//! Operands that do not fit are mistakes of the calling program: a panic that names both sides.

use gan_kernels::adam::{AdamStep, Moments, adam};
use gan_kernels::concatenation::concatenate;
use gan_kernels::convolution::{Epilogue, Geometry, convolution, data_gradient, weight_gradient};
use gan_kernels::elementwise::{Binary, binary, broadcast};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::normalization;
use gan_kernels::polar::nuclear_norm;
use gan_kernels::pool::window_sum;
use gan_kernels::reduce::{row_maximum, sum};
use gan_kernels::spectral::{SpectralUpdate, follow, normalize, pull_back};
use gan_kernels::window::{pad, slice};
use gan_kernels::{Array, Device, Shape};

fn zeros(shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    Array::from_f32(&Device::Cpu, shape, &vec![0.0; shape.count()])
}

#[test]
#[should_panic(expected = "shape [2, 3] has 6 elements, but 5 values were given")]
fn values_must_fill_the_shape() {
    let _ = Array::from_f32(&Device::Cpu, [2, 3], &[0.0; 5]);
}

#[test]
#[should_panic(expected = "cannot see [2, 3] as [4, 2]: the counts differ")]
fn a_reshaped_array_keeps_its_count() {
    let _ = zeros([2, 3]).reshape([4, 2]);
}

#[test]
#[should_panic(expected = "cannot multiply [2, 3] by [4, 5]: the inner extents are 3 and 4")]
fn inner_extents_must_agree() {
    let _ = matmul(&zeros([2, 3]), &zeros([4, 5]), Transpose::No, Transpose::No);
}

#[test]
#[should_panic(expected = "expected two axes, found shape [2, 3, 1]")]
fn a_product_wants_matrices() {
    let _ = matmul(&zeros([2, 3, 1]), &zeros([3, 5]), Transpose::No, Transpose::No);
}

#[test]
#[should_panic(
    expected = "cannot set [2, 3, 4, 7] beside [2, 3, 5, 7]: they differ in another axis than the last"
)]
fn images_that_are_set_side_by_side_have_one_size() {
    let _ = concatenate(&[&zeros([2, 3, 5, 7]), &zeros([2, 3, 4, 7])]);
}

#[test]
#[should_panic(expected = "expected two axes, found shape [6]")]
fn a_nuclear_norm_wants_a_matrix() {
    let _ = nuclear_norm(&zeros([6]), 0.0);
}

#[test]
#[should_panic(
    expected = "matmul has no implementation for [Array F32 [2, 3] on cpu, Array F64 [3, 2] on cpu]"
)]
fn element_types_must_agree() {
    let wide = Array::from_f64([3, 2], &[0.0; 6]);
    let _ = matmul(&zeros([2, 3]), &wide, Transpose::No, Transpose::No);
}

#[test]
#[should_panic(expected = "an image of shape [1, 5, 5, 3] has 3 channels, the filter [3, 3, 4, 2] wants 4")]
fn channels_must_agree() {
    let _ = convolution(
        &zeros([1, 5, 5, 3]),
        &zeros([3, 3, 4, 2]),
        Geometry::square(1, 1),
        Epilogue::default(),
    );
}

#[test]
#[should_panic(expected = "a filter of extents [3, 3] does not fit into an image of [2, 2]")]
fn a_filter_must_fit_into_the_padded_image() {
    let _ = convolution(
        &zeros([1, 2, 2, 3]),
        &zeros([3, 3, 3, 2]),
        Geometry::square(1, 0),
        Epilogue::default(),
    );
}

#[test]
#[should_panic(expected = "a filter moves by at least one pixel, not by [0, 0]")]
fn a_stride_of_zero_is_refused() {
    let _ = convolution(
        &zeros([1, 5, 5, 3]),
        &zeros([3, 3, 3, 2]),
        Geometry::square(0, 0),
        Epilogue::default(),
    );
}

#[test]
#[should_panic(expected = "bias [3] for 2 channels")]
fn a_bias_has_a_value_for_each_channel() {
    let bias = zeros([3]);
    let epilogue = Epilogue {
        bias: Some(&bias),
        negative_slope: None,
    };
    let _ = convolution(
        &zeros([1, 5, 5, 3]),
        &zeros([3, 3, 3, 2]),
        Geometry::square(1, 1),
        epilogue,
    );
}

#[test]
#[should_panic(expected = "a gradient of extents [4, 4] where [5, 5] fit")]
fn a_data_gradient_must_come_from_such_a_convolution() {
    let _ = data_gradient(
        &zeros([1, 4, 4, 2]),
        &zeros([3, 3, 3, 2]),
        Geometry::square(1, 1),
        [5, 5],
    );
}

#[test]
#[should_panic(expected = "2 images in [2, 5, 5, 3], but 1 in the gradient [1, 5, 5, 2]")]
fn a_weight_gradient_wants_as_many_images_on_both_sides() {
    let _ = weight_gradient(
        &zeros([2, 5, 5, 3]),
        &zeros([1, 5, 5, 2]),
        Geometry::square(1, 1),
        [3, 3],
    );
}

#[test]
#[should_panic(expected = "cannot combine shapes [2, 3] and [2, 4]")]
fn shapes_without_a_common_shape_are_refused() {
    let _ = binary(Binary::Add, &zeros([2, 3]), &zeros([2, 4]));
}

#[test]
#[should_panic(expected = "cannot repeat [2, 3] to fill [2, 6]")]
fn only_extents_of_one_are_repeated() {
    let _ = broadcast(&zeros([2, 3]), [2, 6]);
}

#[test]
#[should_panic(expected = "cannot sum [2, 6] to [2, 3]")]
fn axes_are_summed_to_one_element() {
    let _ = sum(&zeros([2, 6]), [2, 3]);
}

#[test]
#[should_panic(expected = "the largest element of an empty row")]
fn an_empty_row_has_no_largest_element() {
    let _ = row_maximum(&zeros([2, 0]));
}

#[test]
#[should_panic(expected = "a box of shape [2, 2] at [1, 2] does not lie inside [3, 3]")]
fn a_slice_lies_inside() {
    let _ = slice(&zeros([3, 3]), &[1, 2], [2, 2]);
}

#[test]
#[should_panic(expected = "a box of shape [3, 3] at [0, 0] does not lie inside [3, 2]")]
fn a_padded_array_lies_inside() {
    let _ = pad(&zeros([3, 3]), &[0, 0], [3, 2]);
}

#[test]
#[should_panic(expected = "windows of side 2 do not tile an image [1, 4, 5, 3]")]
fn windows_tile_the_image() {
    let _ = window_sum(&zeros([1, 4, 5, 3]), 2);
}

#[test]
#[should_panic(expected = "statistics of shape [1, 1, 1, 4] for [2, 3, 3, 5]")]
fn statistics_are_repeated_over_what_is_normalized() {
    let _ = normalization::moments(&zeros([2, 3, 3, 5]), [1, 1, 1, 4], 1e-5);
}

#[test]
#[should_panic(expected = "elements that are normalized together lie along neighbouring axes")]
fn elements_that_are_normalized_together_are_neighbours() {
    let _ = normalization::moments(&zeros([2, 3, 3, 5]), [1, 3, 1, 5], 1e-5);
}

#[test]
#[should_panic(expected = "means [1, 1, 1, 5], variances [1, 1, 1, 5] and reciprocal deviations [5]")]
fn moments_have_one_shape() {
    let (x, channels) = (zeros([2, 3, 3, 5]), zeros([1, 1, 1, 5]));
    let mut moments = normalization::moments(&x, [1, 1, 1, 5], 1e-5);
    moments.reciprocal_deviation = zeros([5]);
    let _ = normalization::normalize(&x, &moments, &channels, &channels);
}

#[test]
#[should_panic(expected = "[1, 5] where one value a channel, [1, 1, 1, 5], is needed")]
fn a_normalization_has_one_factor_a_channel() {
    let (x, channels) = (zeros([2, 3, 3, 5]), zeros([1, 5]));
    let moments = normalization::moments(&x, [1, 1, 1, 5], 1e-5);
    let _ = normalization::normalize(&x, &moments, &channels, &channels);
}

#[test]
#[should_panic(expected = "a gradient of shape [2, 3, 5] for [2, 3, 3, 5]")]
fn a_normalizations_gradient_has_the_shape_of_its_result() {
    let x = zeros([2, 3, 3, 5]);
    let moments = normalization::moments(&x, [1, 1, 1, 5], 1e-5);
    let _ = normalization::scale_gradient(&x, &moments, &zeros([2, 3, 5]));
}

#[test]
#[should_panic(expected = "1 matrices, 0 vectors")]
fn every_matrix_has_its_vector() {
    let _ = follow(&[zeros([2, 3])], &[]);
}

#[test]
#[should_panic(expected = "a kept vector [2, 1] for a matrix [2, 3]: expected [3, 1]")]
fn a_kept_vector_is_on_the_side_of_the_columns() {
    let _ = normalize(&[zeros([2, 3])], &[zeros([2, 1])], SpectralUpdate::Keep);
}

#[test]
#[should_panic(expected = "a gradient of shape [3, 2] for [2, 3]")]
fn a_gradient_has_the_shape_of_the_normalized_matrix() {
    let found = normalize(&[zeros([2, 3])], &[zeros([3, 1])], SpectralUpdate::Keep);
    let _ = pull_back(&found, &[zeros([3, 2])]);
}

fn moments(value: [usize; 1], second: [usize; 1]) -> Moments {
    Moments {
        value: zeros(value),
        first: zeros(value),
        second: zeros(second),
    }
}

fn step(step: u64) -> AdamStep {
    AdamStep {
        learning_rate: 1e-3,
        beta1: 0.5,
        beta2: 0.999,
        epsilon: 1e-8,
        step,
    }
}

#[test]
#[should_panic(expected = "vectors [2, 1] and [2, 1] and a singular value [1, 1] for [3, 2]")]
fn what_was_found_belongs_to_its_matrix() {
    let mut found = normalize(&[zeros([3, 2])], &[zeros([2, 1])], SpectralUpdate::Iterate);
    found.vectors[0].left = zeros([2, 1]);
    let _ = pull_back(&found, &[zeros([3, 2])]);
}

#[test]
#[should_panic(expected = "a gradient of shape [3] for [2]")]
fn a_gradient_has_the_shape_of_its_parameter() {
    let _ = adam(step(1), &[moments([2], [2])], &[zeros([3])]);
}

#[test]
#[should_panic(expected = "moments of shapes [2] and [3] for [2]")]
fn moments_have_the_shape_of_their_parameter() {
    let _ = adam(step(1), &[moments([2], [3])], &[zeros([2])]);
}

#[test]
#[should_panic(expected = "updates are counted from 1")]
fn updates_are_counted_from_one() {
    let _ = adam(step(0), &[moments([2], [2])], &[zeros([2])]);
}
