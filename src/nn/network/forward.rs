//! What a network computes.

use gan_kernels::Device;
use gan_kernels::convolution::Geometry;
use gan_kernels::normalization;

use super::{Extents, GlobalPooling, Layer, Network, Placed, Upsampling, Weighted};
use crate::autograd::Variable;
use crate::nn::batch_norm::per_channel;
use crate::nn::layer::{convolution, dense, transposed_convolution};
use crate::nn::{Bound, Normalizing};

impl Network {
    /// The outputs for a batch of inputs, `[n, d]` or `[n, h, w, c]`.
    ///
    /// # Panics
    /// When the extents of `x` are not the network's, or a weight is not bound.
    #[must_use]
    pub fn forward(&self, x: &Variable, bound: &Bound, normalizing: &mut Normalizing<'_>) -> Variable {
        let mut extents = self.input;
        let mut x = x.clone();
        for Placed { layer, output } in &self.layers {
            x = layer.forward(&x, [extents, *output], bound, normalizing);
            extents = *output;
        }
        x
    }
}

impl Layer {
    /// The result for `x`, given the extents before and after.
    fn forward(
        &self,
        x: &Variable,
        [before, after]: [Extents; 2],
        bound: &Bound,
        normalizing: &mut Normalizing<'_>,
    ) -> Variable {
        let n = x.shape().extents()[0];
        match self {
            Self::Dense(weighted) => dense(&x.reshape([n, before.count()]), bound, &weighted.name),
            Self::Convolution {
                weighted,
                stride,
                slope,
            } => convolution(
                x,
                bound,
                &weighted.name,
                geometry(weighted, before, *stride),
                *slope,
            ),
            Self::TransposedConvolution(weighted) => {
                let [h, w, _] = image(after);
                transposed_convolution(x, bound, &weighted.name, geometry(weighted, after, 2), [h, w])
            }
            Self::BatchNorm { name, constants, .. } => constants.apply(x, bound, name, normalizing),
            Self::LayerNorm { name, epsilon, .. } => layer_norm(x, bound, name, *epsilon),
            Self::LeakyRelu(slope) => x.leaky_relu(*slope),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => x.sigmoid(),
            Self::Affine { scale, shift } => x.affine(*scale, *shift),
            Self::Reshape => match after {
                Extents::Vector(units) => x.reshape([n, units]),
                Extents::Image([h, w, c]) => x.reshape([n, h, w, c]),
            },
            Self::Upsample(Upsampling::Replicate) => x.replicate(2),
            Self::Upsample(Upsampling::Zeros) => zeros_between(x),
            Self::AveragePool if image(before)[..2] == [1, 1] => x.clone(),
            Self::AveragePool => even(x).average_pool(2),
            Self::GlobalPool(pooling) => {
                let c = after.channels();
                let pooled = match pooling {
                    GlobalPooling::Mean => x.mean([n, 1, 1, c]),
                    GlobalPooling::Sum => x.sum([n, 1, 1, c]),
                };
                pooled.reshape([n, c])
            }
            Self::Residual { main, shortcut } => {
                let main = main.forward(x, bound, normalizing);
                main.plus(&shortcut.forward(x, bound, normalizing))
            }
        }
    }
}

/// How a layer's filter moves over an image of these extents.
fn geometry(weighted: &Weighted, extents: Extents, stride: usize) -> Geometry {
    let [h, w, _] = image(extents);
    Geometry::same([h, w], [weighted.weight[0], weighted.weight[1]], stride)
}

fn image(extents: Extents) -> [usize; 3] {
    match extents {
        Extents::Image(extents) => extents,
        Extents::Vector(units) => [1, 1, units],
    }
}

/// `gamma (x - mean) / sqrt(variance + epsilon) + beta`, mean and variance (with divisor `h w c`) those of each image.
fn layer_norm(x: &Variable, bound: &Bound, name: &str, epsilon: f64) -> Variable {
    let mut each_image = [1; 4];
    each_image[0] = x.shape().extents()[0];
    let each_image = &each_image[..x.shape().rank()]; // [n, 1, 1, 1] or [n, 1]
    let row = per_channel(x.shape()); // [1, 1, 1, c] or [1, d]
    let gamma = bound.get(&format!("{name}.gamma")).reshape(row);
    let beta = bound.get(&format!("{name}.beta")).reshape(row);
    if !matches!(x.value().device(), Device::Cpu) {
        let moments = normalization::moments(x.value(), each_image, epsilon);
        return x.normalized(&moments, epsilon, &gamma, &beta);
    }
    let centred = x.minus(&x.mean(each_image));
    let variance = centred.square().mean(each_image);
    centred
        .over(&variance.affine(1.0, epsilon).square_root())
        .times(&gamma)
        .plus(&beta)
}

/// The image with its last row and column repeated where their number is odd: means over windows of two then are those
/// over the pixels that there are, as TensorFlow's `SAME` has them.
fn even(x: &Variable) -> Variable {
    let [n, h, w, c] = x.shape().four();
    let mut x = x.clone();
    if !w.is_multiple_of(2) {
        let last = x.slice([0, 0, w - 1, 0], [n, h, 1, c]);
        let wider = [n, h, w + 1, c];
        x = x.pad([0; 4], wider).plus(&last.pad([0, 0, w, 0], wider));
    }
    if !h.is_multiple_of(2) {
        let [_, _, w, _] = x.shape().four();
        let last = x.slice([0, h - 1, 0, 0], [n, 1, w, c]);
        let higher = [n, h + 1, w, c];
        x = x.pad([0; 4], higher).plus(&last.pad([0, h, 0, 0], higher));
    }
    x
}

/// Every pixel with a zero to its right and two below: `[n, h, w, c]` to `[n, 2 h, 2 w, c]`.
fn zeros_between(x: &Variable) -> Variable {
    let [n, h, w, c] = x.shape().four();
    let wide = x.reshape([n * h, w, 1, c]).pad([0; 4], [n * h, w, 2, c]);
    let high = wide
        .reshape([n, h, 1, 2 * w * c])
        .pad([0; 4], [n, h, 2, 2 * w * c]);
    high.reshape([n, 2 * h, 2 * w, c])
}
