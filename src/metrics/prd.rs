//! Precision and recall for distributions (Sajjadi et al. 2018), as the two numbers F8 and F1/8.
//!
//! Both sets are clustered together, and their shares of the clusters are two discrete distributions P (reference) and Q
//! (samples). For each slope s = tan(angle), at equal steps of the angle from 0 to a right angle (Algorithm 1 there),
//!
//! ```text
//! precision(s) = sum over clusters of min(s P, Q),    recall(s) = precision(s) / s
//! ```
//!
//! Curves are averaged over several clusterings. F8 and F1/8 are the largest F scores on the curve with recall weighing 8 times
//! as much as precision, and the reverse (section 4.3 there). Clusters are those of `clusters.rs`; from the histograms on, the
//! arithmetic is that of the authors' code. Knows no network.

mod clusters;

use std::f64::consts::FRAC_PI_2;

use rayon::prelude::*;

use super::neighbours::{FeatureSet, NeighbourError, Points};
use clusters::histograms;

/// How far the first and last angle are from 0 and a right angle; also what keeps F scores of nothing from 0 / 0. Both as in the
/// authors' code.
const EPSILON: f64 = 1e-10;

/// How precision and recall for distributions are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrdSettings {
    /// Clusters, at least 1; the authors have 20.
    pub clusters: usize,
    /// Angles of the curve, at least 3; the authors have 1001.
    pub angles: usize,
    /// Clusterings that the curve is averaged over, at least 1; the authors have 10.
    pub runs: usize,
    /// Seed of the clusterings.
    pub seed: u64,
}

/// Precision and recall for distributions as two numbers, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prd {
    /// Recall above all: low where samples lack what the reference has.
    pub f8: f64,
    /// Precision above all: low where samples are what the reference is not.
    pub f1_8: f64,
}

/// Features without precision and recall for distributions.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PrdError {
    /// A set is not made of finite features.
    #[error(transparent)]
    Features(#[from] NeighbourError),
    /// The sets differ in size, and clusters would follow the larger one.
    #[error("the reference has {reference} images and the samples are {samples}; both must be as many")]
    Unbalanced {
        /// Images of the reference.
        reference: usize,
        /// Samples.
        samples: usize,
    },
    /// A setting is too small.
    #[error("{setting} is {value}, expected at least {least}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What it is.
        value: usize,
        /// What it must be at least.
        least: usize,
    },
}

/// Precision and recall at each angle.
#[derive(Clone, Debug, PartialEq)]
struct Curve {
    precision: Vec<f64>,
    recall: Vec<f64>,
}

/// Computes precision and recall for distributions of `samples` `[n, d]` against `reference` `[n, d]`, row-major.
///
/// # Errors
///
/// Where the sets are not equally many whole rows of finite features, or a setting is too small.
pub fn prd(reference: &[f32], samples: &[f32], d: usize, settings: &PrdSettings) -> Result<Prd, PrdError> {
    check(settings)?;
    let reference = Points::new(FeatureSet::Reference, reference, d, 1)?;
    let samples = Points::new(FeatureSet::Samples, samples, d, 1)?;
    if reference.count() != samples.count() {
        return Err(PrdError::Unbalanced {
            reference: reference.count(),
            samples: samples.count(),
        });
    }
    let sets = [&reference, &samples];
    let of_run = |run: usize| {
        let [reference, samples] = histograms(sets, settings.clusters, settings.seed, run as u64);
        curve(&reference, &samples, settings.angles)
    };
    // Each run has a thread to itself, and their sum is taken in their order.
    let curves: Vec<Curve> = (0..settings.runs).into_par_iter().map(of_run).collect();
    let precision = mean(curves.iter().map(|curve| &curve.precision[..]));
    let recall = mean(curves.iter().map(|curve| &curve.recall[..]));
    Ok(largest_f_scores(&Curve { precision, recall }))
}

fn check(settings: &PrdSettings) -> Result<(), PrdError> {
    let PrdSettings {
        clusters,
        angles,
        runs,
        seed: _,
    } = *settings;
    let all = [
        ("clusters", clusters, 1),
        ("angles", angles, 3),
        ("runs", runs, 1),
    ];
    match all.into_iter().find(|(_, value, least)| value < least) {
        Some((setting, value, least)) => Err(PrdError::Setting {
            setting,
            value,
            least,
        }),
        None => Ok(()),
    }
}

/// The curve of two distributions over the same clusters.
fn curve(reference: &[f64], samples: &[f64], angles: usize) -> Curve {
    let step = (FRAC_PI_2 - EPSILON - EPSILON) / (angles - 1) as f64;
    let slope = |index: usize| match index + 1 == angles {
        true => libm::tan(FRAC_PI_2 - EPSILON),
        false => libm::tan(EPSILON + index as f64 * step),
    };
    let slopes: Vec<f64> = (0..angles).map(slope).collect();
    let shared = |slope: &f64| -> f64 {
        let smaller = reference.iter().zip(samples).map(|(p, q)| (p * slope).min(*q));
        // Rounding may carry a sum of shares past 1.
        smaller.sum::<f64>().min(1.0)
    };
    let precision: Vec<f64> = slopes.iter().map(shared).collect();
    let recall = precision
        .iter()
        .zip(&slopes)
        .map(|(precision, slope)| (precision / slope).min(1.0))
        .collect();
    Curve { precision, recall }
}

fn mean<'a>(rows: impl ExactSizeIterator<Item = &'a [f64]>) -> Vec<f64> {
    let count = rows.len() as f64;
    let add = |mut sum: Vec<f64>, row: &[f64]| {
        sum.resize(row.len(), 0.0);
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        sum
    };
    rows.fold(Vec::new(), add).iter().map(|sum| sum / count).collect()
}

fn largest_f_scores(curve: &Curve) -> Prd {
    Prd {
        f8: largest_f_score(curve, 8.0),
        f1_8: largest_f_score(curve, 1.0 / 8.0),
    }
}

/// The largest `(1 + b^2) p r / (b^2 p + r)` on a curve.
fn largest_f_score(curve: &Curve, beta: f64) -> f64 {
    let square = beta * beta;
    let score = |(precision, recall): (&f64, &f64)| {
        (1.0 + square) * (precision * recall) / (square * precision + recall + EPSILON)
    };
    curve
        .precision
        .iter()
        .zip(&curve.recall)
        .map(score)
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests;
