//! What a classifier says of images: probabilities, or the logits before the softmax.

/// How far from 1 a row of probabilities may sum: what a softmax in f32 over 1,000 classes leaves.
const SUM_TOLERANCE: f64 = 1e-3;

/// A classifier's word on n images of k classes, row-major [n, k].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassScores<'a> {
    /// Probabilities, each row summing to 1.
    Probabilities(&'a [f32]),
    /// Logits, of which the softmax is taken in f64.
    Logits(&'a [f32]),
}

/// Class scores without an Inception score.
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
    /// There are fewer images than parts, or no part.
    #[error(
        "{images} images cannot be cut into {splits} parts: at least 1 part and as many images are needed"
    )]
    TooFewImages {
        /// How many images there are.
        images: usize,
        /// How many parts were asked for, which is the number of images needed.
        splits: usize,
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
    /// A logit is infinite or not a number.
    #[error("the logit of class {class} of image {image} is {value}, expected a finite number")]
    NonFiniteLogit {
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

impl ClassScores<'_> {
    /// Checks the scores, and returns of how many images they are.
    pub(super) fn check(self, k: usize, splits: usize) -> Result<usize, InceptionScoreError> {
        let (Self::Probabilities(values) | Self::Logits(values)) = self;
        if k == 0 || values.is_empty() || !values.len().is_multiple_of(k) {
            return Err(InceptionScoreError::PartialRow {
                values: values.len(),
                classes: k,
            });
        }
        let images = values.len() / k;
        if splits == 0 || images < splits {
            return Err(InceptionScoreError::TooFewImages { images, splits });
        }
        match self {
            Self::Probabilities(values) => check_probabilities(values, k)?,
            Self::Logits(values) => check_logits(values, k)?,
        }
        Ok(images)
    }
}

fn check_probabilities(probabilities: &[f32], k: usize) -> Result<(), InceptionScoreError> {
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

fn check_logits(logits: &[f32], k: usize) -> Result<(), InceptionScoreError> {
    match logits.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(InceptionScoreError::NonFiniteLogit {
            image: at / k,
            class: at % k,
            value: logits[at],
        }),
        None => Ok(()),
    }
}

/// Probabilities of one image and their logarithms, in f64.
pub(super) struct Row {
    pub(super) probabilities: Vec<f64>,
    /// Where the probability is above 0.
    logarithms: Vec<f64>,
}

impl Row {
    pub(super) fn new(k: usize) -> Self {
        Self {
            probabilities: vec![0.0; k],
            logarithms: vec![0.0; k],
        }
    }

    pub(super) fn read(&mut self, scores: ClassScores<'_>, image: usize) {
        let k = self.probabilities.len();
        match scores {
            ClassScores::Probabilities(values) => self.take(&values[image * k..][..k]),
            ClassScores::Logits(values) => self.soften(&values[image * k..][..k]),
        }
    }

    fn take(&mut self, probabilities: &[f32]) {
        let into = self.probabilities.iter_mut().zip(&mut self.logarithms);
        for ((p, logarithm), value) in into.zip(probabilities) {
            *p = f64::from(*value);
            *logarithm = libm::log(*p);
        }
    }

    /// The softmax: p = exp(l - m) / sum of exp(l - m), with m the largest logit.
    fn soften(&mut self, logits: &[f32]) {
        let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let sum: f64 = logits.iter().map(|l| libm::exp(f64::from(*l) - largest)).sum();
        let normalizer = largest + libm::log(sum);
        let into = self.probabilities.iter_mut().zip(&mut self.logarithms);
        for ((p, logarithm), logit) in into.zip(logits) {
            *logarithm = f64::from(*logit) - normalizer;
            *p = libm::exp(*logarithm);
        }
    }

    /// KL(row || marginal) in nats, from the marginal's logarithms. The marginal is positive wherever the row is.
    pub(super) fn divergence(&self, marginal: &[f64]) -> f64 {
        let terms = self.probabilities.iter().zip(&self.logarithms).zip(marginal);
        let term = |((&p, logarithm), marginal): ((&f64, &f64), &f64)| {
            if p > 0.0 { p * (logarithm - marginal) } else { 0.0 }
        };
        terms.map(term).sum()
    }
}
