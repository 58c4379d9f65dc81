//! Two-dimensional convolution and its two adjoints.
//!
//! Names: `n` images, `h w` input extents, `c` input channels, `p q` output extents, `k` output channels, `r s` filter
//! extents. Activations are NHWC, filters HWIO: `x [n, h, w, c]`, `filter [r, s, c, k]`, `y [n, p, q, k]`. As everywhere
//! in deep learning this is cross-correlation:
//!
//! `y[n, p, q, k] = sum over r, s, c of x[n, p stride - top + r, q stride - left + s, c] filter[r, s, c, k]`
//!
//! Laws: the three operations are linear in each argument, and for all `x`, `f`, `g`
//! `<convolution(x, f), g> = <x, data_gradient(g, f)> = <f, weight_gradient(x, g)>`, so each is a derivative of the
//! others and the set is closed under differentiation. A transposed convolution is `data_gradient`.
//!
//! Tolerance between devices: as for [`crate::matmul`], with `r s c` terms (forward; one more for a bias and one for a
//! slope), `r s k` (data gradient) and `n p q` (weight gradient). On the CPU, convolutions of 3x3 filters with stride 1
//! and of 4x4 filters with stride 2 may be computed by minimal filtering where `c` and `k` are 16 or more: there the
//! tolerance of every value is that of the result's largest, and a value that is not finite spreads to its neighbours.
//! In tf32 and bf16 each of the three rounds its own two operands, and not the bias.
//!
//! Kernels number pixels in 32 bits: on a GPU all three operations also panic when the extents of an image or filter, a
//! stride or a padding are 2^30 or more.

mod cpu;
mod cube;
mod geometry;
mod patch;
mod winograd;

pub use geometry::{Geometry, Padding};

use crate::array::{Array, Storage, on_cpu};
use crate::cube::CubeBuffer;
use crate::tile::Finishing;
use geometry::Problem;

/// What a convolution does with its sums before it stores them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Added to each output channel, `[k]`.
    pub bias: Option<&'a Array>,
    /// Then values at most 0 are multiplied by this; 0 is the rectifier.
    pub negative_slope: Option<f64>,
}

/// The convolution of `x [n, h, w, c]` with `filter [r, s, c, k]`, giving `[n, p, q, k]`.
///
/// # Panics
/// When channels differ, the filter does not fit into the padded image, or the bias is not `[k]`.
#[must_use]
pub fn convolution(x: &Array, filter: &Array, geometry: Geometry, epilogue: Epilogue<'_>) -> Array {
    let problem = Problem::forward(x.shape(), filter.shape(), geometry);
    if let Some(bias) = epilogue.bias {
        assert!(
            bias.shape().extents() == [problem.k],
            "bias {} for {} channels",
            bias.shape(),
            problem.k
        );
    }
    let slope = epilogue.negative_slope;
    let storage = match (x.storage(), filter.storage(), epilogue.bias.map(Array::storage)) {
        (Storage::Cube(x), Storage::Cube(filter), None) => {
            Storage::Cube(cube::forward(&problem, x, filter, finishing(None, slope)))
        }
        (Storage::Cube(x), Storage::Cube(filter), Some(Storage::Cube(bias))) => {
            Storage::Cube(cube::forward(&problem, x, filter, finishing(Some(bias), slope)))
        }
        _ => match epilogue.bias {
            None => on_cpu!("convolution"; x, filter => cpu::forward(&problem, x, filter, None, slope)),
            Some(bias) => {
                on_cpu!("convolution"; x, filter, bias => cpu::forward(&problem, x, filter, Some(&bias[..]), slope))
            }
        },
    };
    Array::new(problem.output_shape(), storage)
}

fn finishing(bias: Option<&CubeBuffer>, negative_slope: Option<f64>) -> Finishing<'_> {
    Finishing {
        bias,
        negative_slope: negative_slope.map(|slope| slope as f32),
    }
}

/// The gradient by the input: `gradient [n, p, q, k]` and `filter [r, s, c, k]` give `[n, h, w, c]`.
///
/// `input` is `[h, w]`, which a stride above 1 leaves open.
///
/// # Panics
/// When the gradient's shape is not the output shape of such a convolution.
#[must_use]
pub fn data_gradient(gradient: &Array, filter: &Array, geometry: Geometry, input: [usize; 2]) -> Array {
    let problem = Problem::data_gradient(gradient.shape(), filter.shape(), geometry, input);
    let storage = match (gradient.storage(), filter.storage()) {
        (Storage::Cube(gradient), Storage::Cube(filter)) => {
            Storage::Cube(cube::data_gradient(&problem, gradient, filter))
        }
        _ => on_cpu!("data_gradient"; gradient, filter => cpu::data_gradient(&problem, gradient, filter)),
    };
    Array::new(problem.input_shape(), storage)
}

/// The gradient by the filter: `x [n, h, w, c]` and `gradient [n, p, q, k]` give `[r, s, c, k]`.
///
/// `kernel` is `[r, s]`.
///
/// # Panics
/// When the gradient's shape is not the output shape of such a convolution.
#[must_use]
pub fn weight_gradient(x: &Array, gradient: &Array, geometry: Geometry, kernel: [usize; 2]) -> Array {
    let problem = Problem::weight_gradient(x.shape(), gradient.shape(), geometry, kernel);
    let storage = match (x.storage(), gradient.storage()) {
        (Storage::Cube(x), Storage::Cube(gradient)) => {
            Storage::Cube(cube::weight_gradient(&problem, x, gradient))
        }
        _ => on_cpu!("weight_gradient"; x, gradient => cpu::weight_gradient(&problem, x, gradient)),
    };
    Array::new(problem.filter_shape(), storage)
}
