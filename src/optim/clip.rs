//! Two things that are both called clipping: of weights, and of the length of gradients.

use gan_kernels::Array;

use crate::autograd::Variable;
use crate::nn::Weights;

/// Gradients shortened to length `most` where they are longer, over all arrays together (Pascanu et al. 2013, section
/// 3.2).
///
/// The length stays on the device: the factor is `most / max(|g|, most)`, with `max(a, b) = b + relu(a - b)`.
#[must_use]
pub fn clip_norm(gradients: &Weights, most: f64) -> Weights {
    let squared_length = |(_, array): (&str, &Array)| {
        let gradient = Variable::constant(array.clone());
        let count = gradient.shape().count();
        gradient.square().reshape([1, count]).sum([1, 1])
    };
    let Some(squared) = gradients
        .iter()
        .map(squared_length)
        .reduce(|sum, one| sum.plus(&one))
    else {
        return gradients.clone();
    };
    let longer = squared.square_root().affine(1.0, -most).relu().affine(1.0, most);
    let factor = longer.reciprocal().scale(most); // [1, 1]
    let shortened = |(name, array): (&str, &Array)| {
        let gradient = Variable::constant(array.clone());
        let ones = [1; 4];
        let factor = factor.reshape(&ones[..gradient.shape().rank()]);
        (name.to_owned(), gradient.times(&factor).value().clone())
    };
    gradients.iter().map(shortened).collect()
}

/// Every number kept within `[-most, most]` (Arjovsky et al. 2017, algorithm 1), up to a rounding; numbers that are there
/// already stay as they are: `w - relu(w - most) + relu(-w - most)`.
#[must_use]
pub fn clip_weights(weights: &Weights, most: f64) -> Weights {
    let clipped = |(name, array): (&str, &Array)| {
        let weight = Variable::constant(array.clone());
        let (above, below) = (
            weight.affine(1.0, -most).relu(),
            weight.affine(-1.0, -most).relu(),
        );
        let clipped = weight.minus(&above).plus(&below);
        (name.to_owned(), clipped.value().clone())
    };
    weights.iter().map(clipped).collect()
}
