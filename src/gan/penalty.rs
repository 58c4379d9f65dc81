//! Penalties that are added to the discriminator's loss.

use crate::autograd::{Variable, differentiable_gradients};
use crate::gan::Convention;

/// A penalty by name, with its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// None.
    None,
    /// The gradient penalty of WGAN-GP (Gulrajani et al. 2017, equation 3).
    Gradient {
        /// Its weight in the loss.
        lambda: f64,
    },
}

/// `mean over images of (|gradient| - target)^2`, `[1, 1]`, the gradient taken between real and generated images.
///
/// `real` and `fake` are `[n, h, w, c]`, `alpha [n, 1, 1, 1]` in [0, 1]; the point is `alpha real + (1 - alpha) fake`
/// (Gulrajani et al. 2017, algorithm 1, line 6). `|gradient|` is the length of the gradient of an image's logit by all
/// of its pixels; a small number under the root keeps its derivative finite at zero.
#[must_use]
pub fn gradient_penalty(
    discriminator: impl Fn(&Variable) -> Variable,
    real: &Variable,
    fake: &Variable,
    alpha: &Variable,
    convention: &Convention,
) -> Variable {
    let between = alpha.times(real).plus(&alpha.affine(-1.0, 1.0).times(fake));
    let point = Variable::leaf(between.value().clone());
    let gradient = differentiable_gradients(&discriminator(&point), std::slice::from_ref(&point)).remove(0);
    let [n, _, _, _] = point.shape().four();
    let squared = gradient.square().sum([n, 1, 1, 1]);
    let length = squared
        .affine(1.0, convention.gradient_penalty_epsilon)
        .square_root();
    length
        .affine(1.0, -convention.gradient_penalty_target)
        .square()
        .mean_of_all()
        .reshape([1, 1])
}
