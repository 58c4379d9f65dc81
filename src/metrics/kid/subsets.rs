//! The kernel distance as most programs report it: mean and deviation over random subsets of one size.

use rayon::prelude::*;

use super::kernel::{Rows, between, within};
use super::{KidError, distance};
use crate::metrics::statistics::check_rows;
use crate::random::Stream;

/// Which subsets are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KidSubsetSettings {
    /// Number of subsets.
    pub subsets: usize,
    /// Samples of each set in a subset.
    pub size: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for KidSubsetSettings {
    fn default() -> Self {
        Self {
            subsets: 100,
            size: 1000,
            seed: 0,
        }
    }
}

/// Kernel distances of subsets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KidSubsets {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, over the number of subsets. Subsets overlap and are smaller than the sets, so it is not
    /// the error of the mean.
    pub standard_deviation: f64,
}

/// Computes the kernel distances between random subsets of `reference` [m, d] and `samples` [n, d], row-major.
///
/// Subset s takes its rows, without replacement, from the streams `kid.reference` and `kid.samples` at step s.
///
/// # Errors
///
/// Where a set does not fill whole rows, has fewer samples than a subset, or a value that is not finite; and where there
/// is no subset, or subsets have fewer than 2 samples.
pub fn kid_subsets(
    reference: &[f32],
    samples: &[f32],
    d: usize,
    settings: &KidSubsetSettings,
) -> Result<KidSubsets, KidError> {
    let KidSubsetSettings { subsets, size, seed } = *settings;
    if subsets == 0 || size < 2 {
        return Err(KidError::Subsets { subsets, size });
    }
    let m = check_rows(reference, d, size).map_err(KidError::Reference)?;
    let n = check_rows(samples, d, size).map_err(KidError::Samples)?;
    let rows = |subset: usize| {
        [
            chosen(seed, "kid.reference", subset as u64, m, size),
            chosen(seed, "kid.samples", subset as u64, n, size),
        ]
    };
    Ok(over_subsets(reference, samples, d, subsets, rows))
}

/// `size` different rows of `count`.
fn chosen(seed: u64, name: &str, subset: u64, count: usize, size: usize) -> Vec<usize> {
    let mut rows = Stream::new(seed, 0, name, subset).permutation(count);
    rows.truncate(size);
    rows
}

/// Mean and deviation over subsets, of which `rows` gives the rows of the reference and of the samples.
pub(super) fn over_subsets(
    reference: &[f32],
    samples: &[f32],
    d: usize,
    subsets: usize,
    rows: impl Fn(usize) -> [Vec<usize>; 2] + Sync,
) -> KidSubsets {
    let distances: Vec<f64> = (0..subsets)
        .into_par_iter()
        .map(|subset| {
            let [first, second] = rows(subset);
            let x = Rows::chosen(reference, d, &first);
            let y = Rows::chosen(samples, d, &second);
            let sums = [within(&x), within(&y), between(&x, &y).0];
            let totals = sums.map(|sums| sums.iter().sum::<f64>());
            distance(totals, first.len() as f64, second.len() as f64)
        })
        .collect();
    let count = distances.len() as f64;
    let mean = distances.iter().sum::<f64>() / count;
    let squares: f64 = distances
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    KidSubsets {
        mean,
        standard_deviation: (squares / count).sqrt(),
    }
}
