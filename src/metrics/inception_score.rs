//! The Inception score of class scores (Salimans et al. 2016, Section 4).
//!
//! ```text
//! score = exp( mean over x of KL( p(y|x) || p(y) ) ),   p(y) = mean over x of p(y|x)
//! ```
//!
//! Between 1 and the number of classes. It grows with the number of images, so the score of all images at once and the mean
//! over parts of them, as their code has it with 10, are different measures; and the order of the images moves the latter:
//! images sorted by class score far too low. Order, parts and the divisor of the deviation are therefore named. Knows no
//! classifier.

mod scores;

use self::scores::Row;
use crate::random::Stream;

pub use scores::{ClassScores, InceptionScoreError};

/// What the deviation of the parts' scores is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Divisor {
    /// The number of parts, as in NumPy.
    #[default]
    Population,
    /// One less, as in PyTorch.
    Sample,
}

impl Divisor {
    /// The divisor's name in stored results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Population => "population",
            Self::Sample => "sample",
        }
    }
}

/// How images are cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InceptionScoreSettings {
    /// Number of parts; part i of s has the images from `i n / s` to `(i + 1) n / s`, both rounded down.
    pub splits: usize,
    /// Seed of the order of the images; `None` leaves them as they come.
    pub shuffle: Option<u64>,
    /// Divisor of the deviation.
    pub divisor: Divisor,
}

impl Default for InceptionScoreSettings {
    fn default() -> Self {
        Self {
            splits: 1,
            shuffle: None,
            divisor: Divisor::default(),
        }
    }
}

/// An Inception score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InceptionScore {
    /// Mean over the parts.
    pub mean: f64,
    /// Standard deviation over the parts; of one there is none.
    pub standard_deviation: Option<f64>,
}

/// Computes the Inception score of `scores`, row-major [n, k].
///
/// A probability 0 adds nothing: p log p has the limit 0. The order comes from the stream `inception-score.order`.
///
/// # Errors
///
/// Where the values do not fill at least one row for each part, a probability is outside 0 to 1, a row of probabilities
/// does not sum to 1, or a logit is not finite; and where there is no part.
pub fn inception_score(
    scores: ClassScores<'_>,
    k: usize,
    settings: &InceptionScoreSettings,
) -> Result<InceptionScore, InceptionScoreError> {
    let count = scores.check(k, settings.splits)?;
    let order = match settings.shuffle {
        Some(seed) => Stream::new(seed, 0, "inception-score.order", 0).permutation(count),
        None => (0..count).collect(),
    };
    Ok(in_order(scores, k, &order, settings))
}

/// The score of images in a given order.
fn in_order(
    scores: ClassScores<'_>,
    k: usize,
    order: &[usize],
    settings: &InceptionScoreSettings,
) -> InceptionScore {
    let (count, splits) = (order.len(), settings.splits);
    let parts: Vec<f64> = (0..splits)
        .map(|i| score(scores, k, &order[i * count / splits..(i + 1) * count / splits]))
        .collect();
    let mean = parts.iter().sum::<f64>() / splits as f64;
    let squares: f64 = parts.iter().map(|part| (part - mean) * (part - mean)).sum();
    let divisor = match settings.divisor {
        Divisor::Population => splits,
        Divisor::Sample => splits - 1,
    };
    InceptionScore {
        mean,
        standard_deviation: (splits > 1).then(|| (squares / divisor as f64).sqrt()),
    }
}

/// The score of some images at once.
fn score(scores: ClassScores<'_>, k: usize, images: &[usize]) -> f64 {
    let count = images.len() as f64;
    let mut row = Row::new(k);
    let mut marginal = vec![0.0; k];
    for image in images {
        row.read(scores, *image);
        marginal
            .iter_mut()
            .zip(&row.probabilities)
            .for_each(|(sum, p)| *sum += p);
    }
    marginal.iter_mut().for_each(|sum| *sum /= count);
    let logarithms: Vec<f64> = marginal.iter().map(|q| libm::log(*q)).collect();
    let mut total = 0.0;
    for image in images {
        row.read(scores, *image);
        total += row.divergence(&logarithms);
    }
    libm::exp(total / count)
}

#[cfg(test)]
mod tests;
