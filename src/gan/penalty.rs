//! Penalties that are added to the discriminator's loss.

use crate::autograd::{Variable, differentiable_gradients};
use crate::gan::Convention;
use crate::gan::convention::ImageRange;
use crate::nn::Bound;

/// A penalty by name, with its weight in the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// None.
    None,
    /// The gradient penalty of WGAN-GP (Gulrajani et al. 2017, equation 3).
    Gradient {
        /// Its weight.
        lambda: f64,
    },
    /// DRAGAN's (Kodali et al. 2017): the gradient's length near real images.
    Dragan {
        /// Its weight.
        lambda: f64,
        /// Where near them.
        form: DraganForm,
    },
    /// Half the squared weights.
    L2 {
        /// Its weight.
        lambda: f64,
    },
    /// R1 (Mescheder et al. 2018, equation 9): the gradient's squared length at real images.
    R1 {
        /// Its weight.
        lambda: f64,
    },
}

/// Where DRAGAN takes the gradient; with `s`, the standard deviation of all numbers of the batch, and `U` in [0, 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DraganForm {
    /// Of the logit at `real + s (U - 1/2)`, each pixel with its own `U`, kept within the range of images: as the code of
    /// Kurach et al. has it.
    Noise,
    /// Of the sigmoid at `real + alpha s U / 2`, each pixel with its own `U`, each image with its own `alpha`: as the code
    /// of Lucic et al. (2018) has it.
    Interpolated,
}

/// The random numbers of one step's penalty.
#[derive(Clone, Copy, Debug)]
pub struct PenaltyNoise<'a> {
    /// One for each image, `[n, 1, 1, 1]` in [0, 1).
    pub alpha: &'a Variable,
    /// One for each number of each image, `[n, h, w, c]` in [0, 1); only DRAGAN has it.
    pub pixels: Option<&'a Variable>,
}

impl Penalty {
    /// Its weight in the loss; 0 where there is none.
    #[must_use]
    pub fn lambda(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Gradient { lambda }
            | Self::Dragan { lambda, .. }
            | Self::L2 { lambda }
            | Self::R1 { lambda } => lambda,
        }
    }

    /// Whether it is on gradients by images, and so takes a pass through the discriminator and differentiates twice.
    #[must_use]
    pub fn is_on_gradients(self) -> bool {
        match self {
            Self::None | Self::L2 { .. } => false,
            Self::Gradient { .. } | Self::Dragan { .. } | Self::R1 { .. } => true,
        }
    }

    /// Whether each step needs a number for each pixel.
    #[must_use]
    pub fn needs_pixel_noise(self) -> bool {
        matches!(self, Self::Dragan { .. })
    }

    /// The penalty on gradients of the discriminator by images, `[1, 1]`, before its weight; `None` where it has none.
    ///
    /// `real` and `fake` are `[n, h, w, c]`.
    ///
    /// # Panics
    /// When there are no numbers for pixels and it needs them.
    #[must_use]
    pub fn on_gradients(
        self,
        discriminator: impl Fn(&Variable) -> Variable,
        real: &Variable,
        fake: &Variable,
        noise: PenaltyNoise<'_>,
        convention: &Convention,
    ) -> Option<Variable> {
        let PenaltyNoise { alpha, pixels } = noise;
        let pixels = || pixels.expect("a step with DRAGAN's penalty has numbers for pixels");
        match self {
            Self::None | Self::L2 { .. } => None,
            Self::Gradient { .. } => Some(gradient_penalty(discriminator, real, fake, alpha, convention)),
            Self::Dragan {
                form: DraganForm::Noise,
                ..
            } => {
                let noise = pixels().affine(1.0, -0.5).times(&deviation(real));
                let point = clipped(&real.plus(&noise), convention.image_range);
                Some(length_penalty(discriminator, &point, convention))
            }
            Self::Dragan {
                form: DraganForm::Interpolated,
                ..
            } => {
                let noise = pixels().scale(0.5).times(&deviation(real)).times(alpha);
                let probability = |images: &Variable| discriminator(images).sigmoid();
                Some(length_penalty(probability, &real.plus(&noise), convention))
            }
            Self::R1 { .. } => {
                let squared = squared_lengths(discriminator, real);
                Some(squared.scale(0.5).mean_of_all().reshape([1, 1]))
            }
        }
    }
}

/// `mean over images of (|gradient| - 1)^2`, `[1, 1]`, the gradient taken between real and generated images.
///
/// `real` and `fake` are `[n, h, w, c]`, `alpha [n, 1, 1, 1]` in [0, 1]; the point is `alpha real + (1 - alpha) fake`
/// (Gulrajani et al. 2017, algorithm 1, line 6).
#[must_use]
pub fn gradient_penalty(
    discriminator: impl Fn(&Variable) -> Variable,
    real: &Variable,
    fake: &Variable,
    alpha: &Variable,
    convention: &Convention,
) -> Variable {
    let between = alpha.times(real).plus(&alpha.affine(-1.0, 1.0).times(fake));
    length_penalty(discriminator, &between, convention)
}

/// Half the squared weights of each layer, averaged over the layers, `[1, 1]`; biases and normalizations are not in it.
///
/// # Panics
/// When no weight is bound.
#[must_use]
pub fn l2_penalty(bound: &Bound) -> Variable {
    let of_layer = |weight: &Variable| {
        let count = weight.shape().count();
        weight.square().reshape([1, count]).sum([1, 1]).scale(0.5)
    };
    let layers: Vec<Variable> = bound.weights_of_layers().map(of_layer).collect();
    let total = layers
        .iter()
        .skip(1)
        .fold(layers[0].clone(), |sum, layer| sum.plus(layer));
    total.scale(1.0 / layers.len() as f64)
}

/// `mean over images of (|gradient| - 1)^2`, `[1, 1]`, at the given images.
///
/// `|gradient|` is the length of the gradient of an image's output by all of its pixels; a small number under the root
/// keeps its derivative finite at zero.
fn length_penalty(
    output: impl Fn(&Variable) -> Variable,
    images: &Variable,
    convention: &Convention,
) -> Variable {
    let length = squared_lengths(output, images)
        .affine(1.0, convention.gradient_penalty_epsilon)
        .square_root();
    length
        .affine(1.0, -Convention::GRADIENT_TARGET)
        .square()
        .mean_of_all()
        .reshape([1, 1])
}

/// The squared length of the gradient of each image's output by its pixels, `[n, 1, 1, 1]`.
fn squared_lengths(output: impl Fn(&Variable) -> Variable, images: &Variable) -> Variable {
    let point = Variable::leaf(images.value().clone());
    let gradient = differentiable_gradients(&output(&point), std::slice::from_ref(&point)).remove(0);
    let [n, _, _, _] = point.shape().four();
    gradient.square().sum([n, 1, 1, 1])
}

/// The standard deviation of all numbers of a batch, with divisor `n h w c`, `[1, 1, 1, 1]`.
fn deviation(images: &Variable) -> Variable {
    images
        .minus(&images.mean_of_all())
        .square()
        .mean_of_all()
        .square_root()
}

/// `x` kept within the range of images: `x - relu(x - high) + relu(low - x)`.
fn clipped(x: &Variable, range: ImageRange) -> Variable {
    let low = match range {
        ImageRange::Symmetric => -1.0,
        ImageRange::Unit => 0.0,
    };
    let above = x.affine(1.0, -1.0).relu();
    x.minus(&above).plus(&x.affine(-1.0, low).relu())
}
