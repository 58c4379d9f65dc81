//! Whether samples are copies of training images: distances of samples to their nearest training images, judged against
//! those of training images to each other and of held-back images. Knows no network.
//!
//! - Authenticity (Alaa et al. 2022): a sample is authentic where it is farther from its nearest training image than
//!   that image is from the training image nearest to it.
//! - Data copying (Meehan et al. 2020): the Mann-Whitney test of whether samples lie as far from the training
//!   images as held-back images do, over the whole space as one cell:
//!
//! ```text
//! U = pairs (sample, held-back image) with the sample farther, ties half;    z = (U - n m / 2 + 1/2) / sqrt(n m (n + m + 1) / 12)
//! ```

use std::collections::BTreeSet;

use super::neighbours::{FeatureSet, Neighbour, NeighbourError, Points, nearest};

/// How near samples lie to training images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memorization {
    /// Share of authentic samples, from 0 to 1. Of a hundred new images of the same distribution fewer than a hundred are: those
    /// that fall near a training image count as copies. Compare it with that of other generators.
    pub authenticity: f64,
    /// z of the test of data copying: far below 0 where samples lie nearer to training images than held-back images do, which is
    /// copying; near 0 where they lie alike; far above 0 where they lie farther, which is underfitting.
    pub data_copying: f64,
    /// Share of samples whose features are those of a training image, from 0 to 1.
    pub copies: f64,
    /// Median over samples of the distance to the nearest training image, in units of the features.
    pub distance_to_train: f64,
    /// Median over samples of the distance to the nearest image of the reference, in units of the features.
    pub distance_to_reference: f64,
}

/// Judges `samples` `[n, d]` by the images `train` `[t, d]` that the generator has seen and `reference` `[m, d]` that it has not.
///
/// # Errors
///
/// Where a set does not fill whole rows, there are fewer than 2 training images or no others, or a value is not finite.
pub fn memorization(
    train: &[f32],
    samples: &[f32],
    reference: &[f32],
    d: usize,
) -> Result<Memorization, NeighbourError> {
    let train = Points::new(FeatureSet::Train, train, d, 2)?;
    let samples = Points::new(FeatureSet::Samples, samples, d, 1)?;
    let reference = Points::new(FeatureSet::Reference, reference, d, 1)?;
    let of_samples = nearest(&samples, &train, 1, |_| None);
    let of_reference = nearest(&reference, &train, 1, |_| None);
    let to_reference = nearest(&samples, &reference, 1, |_| None);
    let copies = of_samples.iter().filter(|near| near.distance == 0.0).count();
    let count = samples.count() as f64;
    Ok(Memorization {
        authenticity: authentic(&train, &of_samples) as f64 / count,
        data_copying: mann_whitney(&of_samples, &of_reference),
        copies: copies as f64 / count,
        distance_to_train: median_distance(&of_samples),
        distance_to_reference: median_distance(&to_reference),
    })
}

/// How many samples are authentic, from each one's nearest training image.
fn authentic(train: &Points<'_>, of_samples: &[Neighbour]) -> usize {
    // Only training images that are nearest to a sample are asked for their own neighbours.
    let asked: BTreeSet<usize> = of_samples.iter().map(|near| near.index).collect();
    let asked: Vec<usize> = asked.into_iter().collect();
    let features: Vec<f32> = asked
        .iter()
        .flat_map(|&index| train.row(index))
        .copied()
        .collect();
    let rows = Points::of_finite(&features, train.dimension());
    let among_train = nearest(&rows, train, 1, |row| Some(asked[row]));
    let is_authentic = |near: &&Neighbour| {
        let place = asked.partition_point(|&index| index < near.index);
        among_train[place].distance < near.distance
    };
    of_samples.iter().filter(is_authentic).count()
}

/// z of the number of pairs in which the first is farther.
fn mann_whitney(first: &[Neighbour], second: &[Neighbour]) -> f64 {
    let distances = |of: &[Neighbour]| {
        let mut distances: Vec<f64> = of.iter().map(|near| near.distance).collect();
        distances.sort_by(f64::total_cmp);
        distances
    };
    let (first, second) = (distances(first), distances(second));
    let twice = |distance: &f64| {
        let nearer = second.partition_point(|other| other < distance);
        let not_farther = second.partition_point(|other| other <= distance);
        nearer + not_farther
    };
    let u = first.iter().map(twice).sum::<usize>() as f64 / 2.0;
    let (n, m) = (first.len() as f64, second.len() as f64);
    (u - (n * m / 2.0 - 0.5)) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

fn median_distance(of: &[Neighbour]) -> f64 {
    let mut distances: Vec<f64> = of.iter().map(|near| near.distance.sqrt()).collect();
    distances.sort_by(f64::total_cmp);
    let (low, high) = (
        distances[(distances.len() - 1) / 2],
        distances[distances.len() / 2],
    );
    low + (high - low) / 2.0
}

#[cfg(test)]
mod tests;
