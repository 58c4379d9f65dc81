//! Precision and recall of samples (Kynkäänniemi et al. 2019, Equations 1 and 2, "improved precision and recall").
//!
//! Around each image of a set lies a ball that reaches to its k-th nearest neighbour in the set. Precision is the share of
//! samples in some ball of the reference, recall the share of the reference in some ball of the samples; what lies on the
//! surface of a ball is in it. Knows no network.

use std::ops::Range;

use super::neighbours::{
    FeatureSet, NeighbourError, NeighbourSettings, Points, Tile, check_k, squared_radii, sweep,
};

/// Precision and recall, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionRecall {
    /// Share of the samples that lie where the reference does.
    pub precision: f64,
    /// Share of the reference that lies where samples do.
    pub recall: f64,
}

/// Which images of a strip of the reference, and which samples, lie in a ball of the other set.
struct Hits {
    reference: Vec<bool>,
    samples: Vec<bool>,
}

/// Computes precision and recall of `samples` `[n, d]` against `reference` `[m, d]`, row-major; the paper has `k` 3.
///
/// # Errors
///
/// Where `k` is 0, a set does not fill whole rows or has no more than `k` of them, or a value is not finite.
pub fn precision_recall(
    reference: &[f32],
    samples: &[f32],
    d: usize,
    settings: &NeighbourSettings,
) -> Result<PrecisionRecall, NeighbourError> {
    let k = check_k(settings)?;
    let reference = Points::new(FeatureSet::Reference, reference, d, k + 1)?;
    let samples = Points::new(FeatureSet::Samples, samples, d, k + 1)?;
    let (reference_radii, sample_radii) = (squared_radii(&reference, k), squared_radii(&samples, k));
    let begin = |strip: Range<usize>| Hits {
        reference: vec![false; strip.len()],
        samples: vec![false; samples.count()],
    };
    let visit = |hits: &mut Hits, tile: &Tile<'_>| {
        for (row, is_hit) in tile.rows().zip(&mut hits.reference) {
            for column in tile.columns() {
                if !hits.samples[column] {
                    hits.samples[column] = tile.is_at_most(row, column, reference_radii[row]);
                }
                if !*is_hit {
                    *is_hit = tile.is_at_most(row, column, sample_radii[column]);
                }
            }
        }
    };
    let strips = sweep(&reference, &samples, begin, visit);
    let in_some_strip = |sample: &usize| strips.iter().any(|strip| strip.samples[*sample]);
    let precise = (0..samples.count()).filter(in_some_strip).count();
    let recalled: usize = strips
        .iter()
        .map(|strip| strip.reference.iter().filter(|&&is_hit| is_hit).count())
        .sum();
    Ok(PrecisionRecall {
        precision: precise as f64 / samples.count() as f64,
        recall: recalled as f64 / reference.count() as f64,
    })
}

#[cfg(test)]
mod tests;
