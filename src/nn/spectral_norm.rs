//! Spectral normalization (Miyato et al. 2018, algorithm 1): a weight divided by its largest singular value.
//!
//! A weight `[r, s, c, k]` is seen as the matrix `W [r s c, k]`, a dense weight `[i, o]` as it is. One vector `u [k]` a
//! weight is kept between steps; with `v = l2(W u)`
//! it is `sigma = v^T W u`, where `u` has moved to `l2(W^T v)` in an update of the discriminator and stays in one of the
//! generator. Gradients flow through `W` alone.
//!
//! Networks are given the normalized weights, and gradients are taken by those; [`NormalizedWeights::pull_back`] makes
//! gradients by the weights of them, for all layers at once. So the step from `W` to `W / sigma` is in no graph of
//! variables, and what is asked for in a graph cannot be differentiated by `W`: no loss needs that, the gradient penalty
//! differentiates by images.

use gan_kernels::spectral::{Normalized, SingularVectors, normalize, pull_back};
use gan_kernels::{Array, Shape};

pub use gan_kernels::spectral::SpectralUpdate;

use crate::nn::{Initial, Specification, Weights};

/// The kept vector of a layer whose weight has `outputs` output channels: `<name>.u`.
#[must_use]
pub fn kept_vector(name: &str, outputs: usize) -> Specification {
    Specification::new(format!("{name}.u"), [outputs], Initial::Direction)
}

/// A network's weights with those of some layers normalized, and the way back for gradients by them.
#[derive(Clone, Debug)]
pub struct NormalizedWeights {
    /// All weights, as the network is to use them.
    pub weights: Weights,
    /// The kept vectors as they are then, `[k]` each.
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
    layers: &[&str],
    kept: &Weights,
    update: SpectralUpdate,
) -> NormalizedWeights {
    let names: Vec<String> = layers.iter().map(|layer| format!("{layer}.weight")).collect();
    let matrices: Vec<Array> = names.iter().map(|name| matrix(weights.get(name))).collect();
    let vectors: Vec<Array> = layers
        .iter()
        .map(|layer| kept.get(&format!("{layer}.u")))
        .map(|vector| vector.reshape([vector.shape().count(), 1]))
        .collect();
    let normalized = normalize(&matrices, &vectors, update);
    let mut all = weights.clone();
    for (name, weight) in names.iter().zip(&normalized.weights) {
        all.insert(name, weight.reshape(weights.get(name).shape()));
    }
    let moved = |(layer, SingularVectors { right, .. }): (&&str, &SingularVectors)| {
        (format!("{layer}.u"), right.reshape([right.shape().count()]))
    };
    NormalizedWeights {
        weights: all,
        kept: layers.iter().zip(&normalized.vectors).map(moved).collect(),
        names,
        normalized,
    }
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
