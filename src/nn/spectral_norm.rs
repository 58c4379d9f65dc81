//! Spectral normalization (Miyato et al. 2018, algorithm 1): a weight divided by its largest singular value.
//!
//! A weight `[r, s, c, k]` is seen as the matrix `W [r s c, k]`, a dense weight `[i, o]` as it is. One vector `u [k]` a
//! weight is kept between steps; with `v = l2(W u)`
//! it is `sigma = v^T W u`, where `u` has moved to `l2(W^T v)` in an update of the discriminator and stays in one of the
//! generator. Gradients flow through `W` alone.

use gan_kernels::matmul::Transpose;
use gan_kernels::spectral::{SingularVectors, follow, power_iteration};
use gan_kernels::{Array, Shape};

use crate::autograd::Variable;
use crate::nn::{Bound, Initial, Specification, Weights};

/// Whether the kept vectors move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpectralUpdate {
    /// One power iteration, as in every update of the discriminator.
    Iterate,
    /// They stay, as in updates of the generator.
    Keep,
}

/// The kept vector of a layer whose weight has `outputs` output channels: `<name>.u`.
#[must_use]
pub fn kept_vector(name: &str, outputs: usize) -> Specification {
    Specification::new(format!("{name}.u"), [outputs], Initial::Direction)
}

/// What is bound, with the weight of every named layer normalized, and the kept vectors as they are then.
///
/// All layers go through one power iteration together.
#[must_use]
pub fn spectrally_normalized(
    bound: &Bound,
    layers: &[&str],
    kept: &Weights,
    update: SpectralUpdate,
) -> (Bound, Weights) {
    let weights: Vec<Variable> = layers
        .iter()
        .map(|layer| bound.get(&format!("{layer}.weight")).clone())
        .collect();
    let matrices: Vec<Variable> = weights
        .iter()
        .map(|weight| weight.reshape(matrix(weight.shape())))
        .collect();
    let values: Vec<Array> = matrices.iter().map(|matrix| matrix.value().clone()).collect();
    let vectors: Vec<Array> = layers
        .iter()
        .map(|layer| kept.get(&format!("{layer}.u")))
        .map(|vector| vector.reshape([vector.shape().count(), 1]))
        .collect();
    let found = match update {
        SpectralUpdate::Iterate => power_iteration(&values, &vectors),
        SpectralUpdate::Keep => follow(&values, &vectors),
    };
    let mut normalized = bound.clone();
    let mut moved = Weights::default();
    for ((layer, weight), (matrix, vectors)) in layers.iter().zip(&weights).zip(matrices.iter().zip(&found)) {
        let sigma = largest_singular_value(matrix, vectors); // [1, 1]
        let shape = weight.shape();
        normalized.replace(&format!("{layer}.weight"), matrix.over(&sigma).reshape(shape));
        moved.insert(
            format!("{layer}.u"),
            vectors.right.reshape([vectors.right.shape().count()]),
        );
    }
    (normalized, moved)
}

fn matrix(shape: Shape) -> Shape {
    let columns = shape.extents()[shape.rank() - 1];
    [shape.count() / columns, columns].into()
}

/// `v^T W u`, `[1, 1]`.
fn largest_singular_value(matrix: &Variable, vectors: &SingularVectors) -> Variable {
    let [left, right] = [&vectors.left, &vectors.right].map(|vector| Variable::constant(vector.clone()));
    left.matmul(
        &matrix.matmul(&right, Transpose::No, Transpose::No),
        Transpose::Yes,
        Transpose::No,
    )
}
