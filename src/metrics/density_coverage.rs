//! Density and coverage of samples (Naeem et al. 2020, section 3).
//!
//! Around each image of the reference lies a ball that reaches to its k-th nearest neighbour in the reference. Density
//! counts in how many balls a sample lies, over k; coverage is the share of balls that hold a sample. What lies on the
//! surface of a ball is not in it, as in the authors' code. Knows no network.

use super::neighbours::{
    FeatureSet, NeighbourError, NeighbourSettings, Points, Tile, check_k, squared_radii, sweep,
};

/// Density and coverage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensityCoverage {
    /// Mean number of balls that a sample lies in, over k: at least 0, may exceed 1, near 1 for equal distributions.
    pub density: f64,
    /// Share of balls with a sample, from 0 to 1.
    pub coverage: f64,
}

/// What a strip of the reference has counted.
#[derive(Default)]
struct Count {
    /// Pairs of a ball and a sample in it.
    inside: u64,
    /// Whether each ball holds a sample.
    is_covered: Vec<bool>,
}

/// Computes density and coverage of `samples` `[n, d]` by balls around `reference` `[m, d]`, row-major; the paper has `k` 5.
///
/// # Errors
///
/// Where `k` is 0, a set does not fill whole rows, the reference has no more than `k` of them or the samples none, or a
/// value is not finite.
pub fn density_coverage(
    reference: &[f32],
    samples: &[f32],
    d: usize,
    settings: &NeighbourSettings,
) -> Result<DensityCoverage, NeighbourError> {
    let k = check_k(settings)?;
    let reference = Points::new(FeatureSet::Reference, reference, d, k + 1)?;
    let samples = Points::new(FeatureSet::Samples, samples, d, 1)?;
    let radii = squared_radii(&reference, k);
    let visit = |count: &mut Count, tile: &Tile<'_>| {
        count.is_covered.resize(tile.rows().len(), false);
        for (row, is_covered) in tile.rows().zip(&mut count.is_covered) {
            let inside = tile
                .columns()
                .filter(|&column| tile.is_less(row, column, radii[row]))
                .count();
            count.inside += inside as u64;
            *is_covered |= inside > 0;
        }
    };
    let strips = sweep(&reference, &samples, |_| Count::default(), visit);
    let inside: u64 = strips.iter().map(|strip| strip.inside).sum();
    let covered: usize = strips
        .iter()
        .map(|strip| strip.is_covered.iter().filter(|&&is_covered| is_covered).count())
        .sum();
    Ok(DensityCoverage {
        density: inside as f64 / (k as f64 * samples.count() as f64),
        coverage: covered as f64 / reference.count() as f64,
    })
}

#[cfg(test)]
mod tests;
