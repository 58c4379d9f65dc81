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
    // A quotient of equal numbers is 1 exactly; a product with the reciprocal is not always.
    let factor = longer.scale(0.0).affine(1.0, most).over(&longer); // [1, 1]
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn weights(values: &[(&'static str, &[f64])]) -> Weights {
        let array =
            |(name, values): &(&'static str, &[f64])| (*name, Array::from_f64([values.len()], values));
        values.iter().map(array).collect()
    }

    fn values(weights: &Weights, name: &str) -> Vec<f64> {
        weights.get(name).to_f64().unwrap()
    }

    #[test]
    fn long_gradients_are_shortened_together_and_short_ones_stay_as_they_are() {
        let gradients = weights(&[("a", &[3.0, 0.0]), ("b", &[-4.0])]);
        let shortened = clip_norm(&gradients, 1.0);
        for (found, expected) in [
            (values(&shortened, "a")[0], 0.6),
            (values(&shortened, "b")[0], -0.8),
        ] {
            assert!((found - expected).abs() < 1e-15, "{found}");
        }
        for most in [5.0, 5.5, 41.0, 49.0, 97.0, 1e30] {
            let left = clip_norm(&gradients, most);
            let left = [values(&left, "a"), values(&left, "b")].concat();
            assert_eq!(left, [3.0, 0.0, -4.0], "{most}");
        }
        let nothing = clip_norm(&weights(&[("a", &[0.0])]), 1.0);
        assert_eq!(values(&nothing, "a"), [0.0]);
        let enormous = clip_norm(&weights(&[("a", &[1e12])]), 1.0);
        assert!((values(&enormous, "a")[0] - 1.0).abs() < 1e-15);
    }

    #[test]
    fn weights_beyond_the_bound_are_brought_to_it_and_others_stay_as_they_are() {
        let clipped = clip_weights(&weights(&[("a", &[0.25, -0.125, 1e-9, -7.0, 0.1])]), 0.125);
        assert_eq!(values(&clipped, "a"), [0.125, -0.125, 1e-9, -0.125, 0.1]);
    }
}
