//! The Inception score of class probabilities (Salimans et al. 2016, Section 4).
//!
//! ```text
//! score = exp( mean over x of KL( p(y|x) || p(y) ) ),   p(y) = mean over x of p(y|x)
//! ```
//!
//! Between 1 and the number of classes. Over all images at once: the mean over splits that some report differs, since
//! the score grows with the number of images. Knows no classifier.

/// How far from 1 a row of probabilities may sum: what a softmax in f32 over 1,000 classes leaves.
const SUM_TOLERANCE: f64 = 1e-3;

/// Probabilities without an Inception score.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InceptionScoreError {
    /// There is no image, or no class, or the values do not fill whole rows.
    #[error("{values} values do not fill whole rows of {classes} class probabilities, at least one of them")]
    PartialRow {
        /// How many values there are.
        values: usize,
        /// Classes that were announced.
        classes: usize,
    },
    /// A value is no probability.
    #[error("the probability of class {class} of image {image} is {value}, expected 0 to 1")]
    NotAProbability {
        /// Row of the first such value, from 0.
        image: usize,
        /// Column of the first such value, from 0.
        class: usize,
        /// The value.
        value: f32,
    },
    /// A row is no distribution.
    #[error("the class probabilities of image {image} sum to {sum}, expected 1; are they logits?")]
    NotADistribution {
        /// The first such row, from 0.
        image: usize,
        /// Its sum.
        sum: f64,
    },
}

/// Computes the Inception score of `probabilities`, row-major [n, k], over all n images at once.
///
/// A probability 0 adds nothing: p log p has the limit 0.
///
/// # Errors
///
/// Where the values do not fill at least one row, one is outside 0 to 1, or a row does not sum to 1.
pub fn inception_score(probabilities: &[f32], k: usize) -> Result<f64, InceptionScoreError> {
    check(probabilities, k)?;
    let count = (probabilities.len() / k) as f64;
    let mut marginal = vec![0.0; k];
    for row in probabilities.chunks_exact(k) {
        for (sum, &p) in marginal.iter_mut().zip(row) {
            *sum += f64::from(p);
        }
    }
    marginal.iter_mut().for_each(|sum| *sum /= count);
    let total: f64 = probabilities
        .chunks_exact(k)
        .map(|row| divergence(row, &marginal))
        .sum();
    Ok(libm::exp(total / count))
}

/// KL(row || marginal) in nats. The marginal is positive wherever the row is.
fn divergence(row: &[f32], marginal: &[f64]) -> f64 {
    let term = |(&p, q): (&f32, &f64)| {
        let p = f64::from(p);
        if p > 0.0 {
            p * (libm::log(p) - libm::log(*q))
        } else {
            0.0
        }
    };
    row.iter().zip(marginal).map(term).sum()
}

fn check(probabilities: &[f32], k: usize) -> Result<(), InceptionScoreError> {
    if k == 0 || probabilities.is_empty() || !probabilities.len().is_multiple_of(k) {
        return Err(InceptionScoreError::PartialRow {
            values: probabilities.len(),
            classes: k,
        });
    }
    if let Some(at) = probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(InceptionScoreError::NotAProbability {
            image: at / k,
            class: at % k,
            value: probabilities[at],
        });
    }
    for (image, row) in probabilities.chunks_exact(k).enumerate() {
        let sum: f64 = row.iter().map(|&p| f64::from(p)).sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(InceptionScoreError::NotADistribution { image, sum });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn random_probabilities_agree_with_numpy() {
        let file = std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/golden/fid.safetensors"
        ))
        .unwrap();
        let golden = safetensors::SafeTensors::deserialize(&file).unwrap();
        let stored = golden.tensor("inception_score.probabilities").unwrap();
        let probabilities: Vec<f32> = stored
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        let value = golden.tensor("inception_score.value").unwrap();
        let expected = f64::from_le_bytes(value.data().try_into().unwrap());
        let found = inception_score(&probabilities, stored.shape()[1]).unwrap();
        assert!((found - expected).abs() < 1e-12 * expected, "{found} {expected}");
    }

    #[test]
    fn certain_and_diverse_images_score_the_number_of_classes() {
        let one_hot = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        assert!((inception_score(&one_hot, 3).unwrap() - 3.0).abs() < 1e-14);
    }

    #[test]
    fn images_that_all_look_alike_score_one() {
        assert!((inception_score(&[0.2, 0.8, 0.2, 0.8, 0.2, 0.8], 2).unwrap() - 1.0).abs() < 1e-14);
        assert!((inception_score(&[1.0, 0.0, 1.0, 0.0], 2).unwrap() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let refusal = |probabilities: &[f32], k| inception_score(probabilities, k).unwrap_err();
        assert_eq!(
            refusal(&[], 2),
            InceptionScoreError::PartialRow {
                values: 0,
                classes: 2
            }
        );
        assert_eq!(
            refusal(&[0.5; 3], 2),
            InceptionScoreError::PartialRow {
                values: 3,
                classes: 2
            }
        );
        assert_eq!(
            refusal(&[0.5; 3], 0),
            InceptionScoreError::PartialRow {
                values: 3,
                classes: 0
            }
        );
        let negative = InceptionScoreError::NotAProbability {
            image: 1,
            class: 0,
            value: -0.5,
        };
        assert_eq!(refusal(&[0.5, 0.5, -0.5, 1.0], 2), negative);
        let nan = refusal(&[0.5, f32::NAN], 2).to_string();
        assert_eq!(
            nan,
            "the probability of class 1 of image 0 is NaN, expected 0 to 1"
        );
        assert_eq!(
            refusal(&[0.5, 0.5, 0.25, 0.25], 2),
            InceptionScoreError::NotADistribution { image: 1, sum: 0.5 }
        );
    }
}
