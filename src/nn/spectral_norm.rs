//! Spectral normalization (Miyato et al. 2018, algorithm 1): a weight divided by its largest singular value.
//!
//! A weight `[r, s, c, k]` is seen as the matrix `W [r s c, k]`, a dense weight `[i, o]` as it is. One vector a weight is
//! kept between steps, on the side of its outputs, `u [k]`, or of its inputs, `u [r s c]`.
//!
//! On the side of outputs `v = l2(W u)` and `sigma = v^T W u'`, where `u'` is `l2(W^T v)` where the vector moves and `u`
//! where it stays. On the side of inputs `v = l2(W^T u)`, `u' = l2(W v)` and `sigma = u'^T W v`, whether or not `u'` is
//! kept. Gradients flow through `W` alone.
//!
//! Networks are given the normalized weights, and gradients are taken by those; [`NormalizedWeights::pull_back`] makes
//! gradients by the weights of them, for all layers at once. So the step from `W` to `W / sigma` is in no graph of
//! variables, and what is asked for in a graph cannot be differentiated by `W`: no loss needs that, the gradient penalty
//! differentiates by images.

use gan_kernels::matmul::Transpose;
use gan_kernels::spectral::{Normalized, SingularVectors, normalize, pull_back};
use gan_kernels::{Array, Shape};

pub use gan_kernels::spectral::SpectralUpdate;

use crate::autograd::Variable;
use crate::nn::{Initial, Specification, Weighted, Weights};

/// Added to a vector's length before it is divided by it, as everywhere in spectral normalization here.
const SHORTEST: f64 = 1e-12;

/// The side of the matrix that a kept vector is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpectralVector {
    /// `u [k]` (as the code of Miyato et al. 2018 has it).
    Outputs,
    /// `u [r s c]`.
    Inputs,
}

/// The kept vector of a layer: `<name>.u`.
#[must_use]
pub fn kept_vector(layer: &Weighted, side: SpectralVector) -> Specification {
    let (columns, rows) = layer.weight.split_last().expect("a weight has axes");
    let extent = match side {
        SpectralVector::Outputs => *columns,
        SpectralVector::Inputs => rows.iter().product(),
    };
    Specification::new(format!("{}.u", layer.name), [extent], Initial::Direction)
}

/// A network's weights with those of some layers normalized, and the way back for gradients by them.
#[derive(Clone, Debug)]
pub struct NormalizedWeights {
    /// All weights, as the network is to use them.
    pub weights: Weights,
    /// The kept vectors as they are then, `[k]` or `[r s c]` each.
    pub kept: Weights,
    /// Names of the normalized weights.
    names: Vec<String>,
    normalized: Normalized,
}

/// The weights with those of every named layer normalized; without layers they are as they were.
///
/// All layers go through one power iteration together.
///
/// # Panics
/// When a layer has no weight or no kept vector.
#[must_use]
pub fn spectrally_normalized(
    weights: &Weights,
    layers: &[String],
    kept: &Weights,
    side: SpectralVector,
    update: SpectralUpdate,
) -> NormalizedWeights {
    let names: Vec<String> = layers.iter().map(|layer| format!("{layer}.weight")).collect();
    let matrices: Vec<Array> = names.iter().map(|name| matrix(weights.get(name))).collect();
    let vectors: Vec<Array> = layers
        .iter()
        .map(|layer| kept.get(&format!("{layer}.u")))
        .map(|vector| vector.reshape([vector.shape().count(), 1]))
        .collect();
    let normalized = match side {
        SpectralVector::Outputs => normalize(&matrices, &vectors, update),
        SpectralVector::Inputs => {
            let right: Vec<Array> = matrices.iter().zip(&vectors).map(right_vector).collect();
            normalize(&matrices, &right, SpectralUpdate::Keep)
        }
    };
    let mut all = weights.clone();
    for (name, weight) in names.iter().zip(&normalized.weights) {
        all.insert(name, weight.reshape(weights.get(name).shape()));
    }
    let moved = |(layer, SingularVectors { left, right }): (&String, &SingularVectors)| {
        let vector = match side {
            SpectralVector::Outputs => right,
            SpectralVector::Inputs => left,
        };
        (format!("{layer}.u"), vector.reshape([vector.shape().count()]))
    };
    let kept = match (side, update) {
        (SpectralVector::Inputs, SpectralUpdate::Keep) => kept.clone(),
        _ => layers.iter().zip(&normalized.vectors).map(moved).collect(),
    };
    NormalizedWeights {
        weights: all,
        kept,
        names,
        normalized,
    }
}

/// `l2(W^T u)`, `[k, 1]`, for `W [m, k]` and `u [m, 1]`.
fn right_vector((matrix, left): (&Array, &Array)) -> Array {
    let [matrix, left] = [matrix, left].map(|array| Variable::constant(array.clone()));
    let product = matrix.matmul(&left, Transpose::Yes, Transpose::No);
    let length = product.square().sum([1, 1]).square_root();
    product.over(&length.affine(1.0, SHORTEST)).value().clone()
}

impl NormalizedWeights {
    /// The gradients by the weights, from the gradients by what the network has used.
    #[must_use]
    pub fn pull_back(&self, mut gradients: Weights) -> Weights {
        let by_normalized: Vec<Array> = self
            .names
            .iter()
            .map(|name| matrix(gradients.get(name)))
            .collect();
        for (name, pulled) in self.names.iter().zip(pull_back(&self.normalized, &by_normalized)) {
            gradients.insert(name, pulled.reshape(self.weights.get(name).shape()));
        }
        gradients
    }
}

/// A weight as the matrix `[r s c, k]`.
fn matrix(weight: &Array) -> Array {
    let shape: Shape = weight.shape();
    let columns = shape.extents()[shape.rank() - 1];
    weight.reshape([shape.count() / columns, columns])
}
