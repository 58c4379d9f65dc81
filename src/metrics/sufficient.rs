//! What a Fréchet distance needs to know of a set of features, and no more: it can be stored, and parts of a set merged.
//!
//! A set with more samples than dimensions is known by its moments. One with fewer has a covariance of low rank, from which
//! the distance comes with less accuracy than from the samples themselves; these are also the fewer numbers. Knows no
//! distance and no file.

use super::moments::Moments;
use super::statistics::{FeaturesError, check_rows};

/// A set of features, as far as a Fréchet distance looks at it.
#[derive(Clone, Debug, PartialEq)]
pub enum SufficientStatistics {
    /// All features, of no more samples than there are dimensions.
    Samples {
        /// Row-major [n, d], with n from 1 to d.
        features: Vec<f32>,
        /// Features of a sample.
        d: usize,
    },
    /// Of more samples than there are dimensions.
    Moments(Moments),
}

impl SufficientStatistics {
    /// Those of `features`, row-major [n, d] with n at least 1.
    ///
    /// # Errors
    ///
    /// Where the values do not fill whole rows, there is no row, or a value is not finite.
    pub fn of(features: &[f32], d: usize) -> Result<Self, FeaturesError> {
        let count = check_rows(features, d, 1)?;
        Ok(match count > d {
            true => Self::Moments(Moments::of(features, d)?),
            false => Self::Samples {
                features: features.to_vec(),
                d,
            },
        })
    }

    /// Those of the samples of both, equal whatever the parts but for rounding (`moments.rs`).
    ///
    /// # Errors
    ///
    /// Where they differ in their number of features.
    pub fn merge(self, other: &Self) -> Result<Self, FeaturesError> {
        let (first, second) = (self.dimension(), other.dimension());
        if first != second {
            return Err(FeaturesError::DimensionsDiffer { first, second });
        }
        match (self, other) {
            (Self::Samples { features: a, d }, Self::Samples { features: b, .. }) => {
                Self::of(&[&a[..], b].concat(), d)
            }
            (whole, Self::Moments(part)) => Ok(Self::Moments(whole.into_moments()?.merge(part)?)),
            (whole, part) => Ok(Self::Moments(
                whole.into_moments()?.merge(&part.clone().into_moments()?)?,
            )),
        }
    }

    /// Count, mean and second moment.
    ///
    /// # Errors
    ///
    /// Where a value is not finite.
    pub fn into_moments(self) -> Result<Moments, FeaturesError> {
        match self {
            Self::Samples { features, d } => Moments::of(&features, d),
            Self::Moments(moments) => Ok(moments),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Samples { features, d } => features.len() / d,
            Self::Moments(moments) => moments.count(),
        }
    }

    /// Number of features, `d`.
    #[must_use]
    pub fn dimension(&self) -> usize {
        match self {
            Self::Samples { d, .. } => *d,
            Self::Moments(moments) => moments.dimension(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::metrics::fid::tests::features;
    use crate::metrics::{frechet_distance, frechet_distance_between};

    const D: usize = 6;

    #[test]
    fn samples_stay_until_they_fill_their_dimensions() {
        let all = features(0, 8, D);
        let of = |rows: usize| SufficientStatistics::of(&all[..rows * D], D).unwrap();
        for rows in 1..=D {
            assert!(matches!(of(rows), SufficientStatistics::Samples { .. }), "{rows}");
        }
        assert!(matches!(of(D + 1), SufficientStatistics::Moments(_)));
        for rows in [1, D, D + 1, 8] {
            assert_eq!((of(rows).count(), of(rows).dimension()), (rows, D));
        }
    }

    #[test]
    fn a_distance_does_not_depend_on_how_the_reference_was_cut() {
        let (reference, samples) = (features(0, 40, D), features(1, 30, D));
        let b = SufficientStatistics::of(&samples, D).unwrap();
        let whole = frechet_distance(&reference, &samples, D).unwrap().value;
        // Parts of few samples and of many, on either side of the number of dimensions.
        for cuts in [[3, 5], [2, 30], [20, 39], [10, 13]] {
            let ends = [0, cuts[0], cuts[1], 40];
            let parts = ends
                .windows(2)
                .map(|ends| SufficientStatistics::of(&reference[ends[0] * D..ends[1] * D], D).unwrap());
            let merged = parts.reduce(|a, b| a.merge(&b).unwrap()).unwrap();
            let found = frechet_distance_between(&merged, &b).unwrap().value;
            assert!(
                (found - whole).abs() <= 1e-12 * whole,
                "{cuts:?}: {found} {whole}"
            );
        }
    }

    #[test]
    fn features_of_low_rank_have_the_same_distance_however_they_were_cut() {
        // Four numbers that vary, and sums of them: every covariance has rank four of six.
        let of_rank_four = |set: usize, n: usize| -> Vec<f32> {
            let rows = features(set, n, 4);
            let row = |row: &[f32]| [row[0], row[1], row[2], row[3], row[0] + row[1], row[2] + row[3]];
            rows.chunks_exact(4).flat_map(row).collect()
        };
        let (reference, samples) = (of_rank_four(0, 40), of_rank_four(1, 30));
        let whole = frechet_distance(&reference, &samples, D).unwrap().value;
        let [a, b] = [&reference[..25 * D], &reference[25 * D..]]
            .map(|part| SufficientStatistics::of(part, D).unwrap());
        let samples = SufficientStatistics::of(&samples, D).unwrap();
        let found = frechet_distance_between(&a.merge(&b).unwrap(), &samples)
            .unwrap()
            .value;
        assert!((found - whole).abs() <= 1e-12 * whole, "{found} {whole}");
    }

    #[test]
    fn parts_of_few_samples_merge_to_their_samples() {
        let all = features(0, 5, D);
        let [a, b] = [&all[..2 * D], &all[2 * D..]].map(|part| SufficientStatistics::of(part, D).unwrap());
        assert_eq!(a.merge(&b).unwrap(), SufficientStatistics::of(&all, D).unwrap());
    }

    #[test]
    fn what_has_no_statistics_and_what_differs_in_dimensions_is_refused() {
        assert!(SufficientStatistics::of(&[], 2).is_err());
        assert!(SufficientStatistics::of(&[1.0, f32::NAN], 2).is_err());
        let [a, b] = [2, 3].map(|d| SufficientStatistics::of(&vec![1.0; 4 * d], d).unwrap());
        let differ = FeaturesError::DimensionsDiffer { first: 2, second: 3 };
        assert_eq!(a.merge(&b).unwrap_err(), differ);
        let few = [1, 2].map(|d| SufficientStatistics::of(&vec![1.0; d], d).unwrap());
        assert!(matches!(
            few[0].clone().merge(&few[1]),
            Err(FeaturesError::DimensionsDiffer { .. })
        ));
    }
}
