//! Layers with weights: each reads `<name>.weight` and, where there is one, `<name>.bias` from what is bound.

use gan_kernels::convolution::Geometry;
use gan_kernels::matmul::Transpose;

use crate::autograd::Variable;
use crate::nn::Bound;

/// `x W + b`: `x [n, i]`, weight `[i, o]`, bias `[o]`, result `[n, o]`.
#[must_use]
pub fn dense(x: &Variable, bound: &Bound, name: &str) -> Variable {
    let (weight, bias) = arrays(bound, name);
    let product = x.matmul(weight, Transpose::No, Transpose::No);
    match bias {
        Some(bias) => product.plus(&bias.reshape([1, bias.shape().count()])),
        None => product,
    }
}

/// A convolution, perhaps with a leaky rectifier: `x [n, h, w, c]`, weight `[r, s, c, k]`, bias `[k]`.
#[must_use]
pub fn convolution(
    x: &Variable,
    bound: &Bound,
    name: &str,
    geometry: Geometry,
    slope: Option<f64>,
) -> Variable {
    let (weight, bias) = arrays(bound, name);
    x.convolution(weight, bias, geometry, slope)
}

/// A transposed convolution: the adjoint of the convolution with this geometry and weight `[r, s, o, i]`.
///
/// `x [n, p, q, i]` becomes `[n, h, w, o]`, where `output` is `[h, w]`; bias `[o]`.
#[must_use]
pub fn transposed_convolution(
    x: &Variable,
    bound: &Bound,
    name: &str,
    geometry: Geometry,
    output: [usize; 2],
) -> Variable {
    let (weight, bias) = arrays(bound, name);
    let y = x.convolution_data_gradient(weight, geometry, output);
    match bias {
        Some(bias) => y.plus(&bias.reshape([1, 1, 1, bias.shape().count()])),
        None => y,
    }
}

fn arrays<'b>(bound: &'b Bound, name: &str) -> (&'b Variable, Option<&'b Variable>) {
    (
        bound.get(&format!("{name}.weight")),
        bound.find(&format!("{name}.bias")),
    )
}
