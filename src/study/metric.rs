//! The metrics of a study: what is measured, with every setting that changes the value.
//!
//! Plain data. Knows no formula.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::word::names;

names! {
    /// What a variance is divided by.
    Divisor {
        /// The count.
        Population = "population",
        /// One less than the count.
        Sample = "sample",
    }
}

names! {
    /// What becomes of MS-SSIM's filter of 11 pixels on images that it does not fit into.
    MsSsimForm {
        /// It is cut to the image.
        ShrinkingFilter = "shrinking-filter",
        /// It shrinks as a whole.
        ShrinkingWidth = "shrinking-width",
        /// Images must be larger.
        Standard = "standard",
    }
}

/// A measure of generated images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Metric {
    /// Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017, equation 6).
    Fid,
    /// What it tends to with the number of images (Chong and Forsyth 2020).
    FidInfinity {
        /// Numbers of images that the line is fitted to.
        points: usize,
        /// The smallest of them; half of the images where these are fewer than twice as many.
        smallest: usize,
        /// Of the choice of images.
        seed: u64,
    },
    /// Squared maximum mean discrepancy over all pairs (Binkowski et al. 2018).
    Kid,
    /// The mean of it over subsets.
    KidSubsets {
        /// How many subsets.
        subsets: usize,
        /// Images in each.
        size: usize,
        /// Of their choice.
        seed: u64,
    },
    /// Inception score (Salimans et al. 2016, section 4).
    InceptionScore {
        /// Parts that it is averaged over.
        splits: usize,
        /// The seed that images are shuffled by before they are split, if they are.
        shuffle: Option<u64>,
        /// Of the variance over the parts.
        divisor: Divisor,
    },
    /// Similarity of pairs of generated images (Odena et al. 2017, section 4.2).
    MsSsim {
        /// What becomes of the filter at small scales.
        form: MsSsimForm,
        /// The most pairs.
        pairs: usize,
        /// Of their choice.
        seed: u64,
    },
    /// Improved precision and recall (Kynkäänniemi et al. 2019, equations 1 and 2).
    PrecisionRecall {
        /// Which neighbour's distance is the radius.
        k: usize,
    },
    /// Density and coverage (Naeem et al. 2020, equations 4 and 5).
    DensityCoverage {
        /// Which neighbour's distance is the radius.
        k: usize,
    },
    /// Precision and recall of distributions (Sajjadi et al. 2018, algorithm 1).
    Prd {
        /// Clusters of the features.
        clusters: usize,
        /// Slopes that the curve is computed at.
        angles: usize,
        /// Clusterings that are averaged.
        runs: usize,
        /// Of the clusterings.
        seed: u64,
    },
    /// Distances to the nearest training images.
    Memorization,
    /// How the generator's Jacobian is conditioned (Odena et al. 2018, section 3).
    Jacobian {
        /// Latent vectors that it is taken at.
        latents: usize,
    },
    /// The share of images that the discriminator takes for what they are.
    DiscriminatorAccuracy {
        /// The most images of each kind.
        images: usize,
    },
}

impl Metric {
    /// The Inception score over all images at once.
    pub const INCEPTION_SCORE: Self = Self::InceptionScore {
        splits: 1,
        shuffle: None,
        divisor: Divisor::Population,
    };

    /// Returns the name in a study file, without its settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fid => "fid",
            Self::FidInfinity { .. } => "fid-infinity",
            Self::Kid => "kid",
            Self::KidSubsets { .. } => "kid-subsets",
            Self::InceptionScore { .. } => "inception-score",
            Self::MsSsim { .. } => "ms-ssim",
            Self::PrecisionRecall { .. } => "precision-recall",
            Self::DensityCoverage { .. } => "density-coverage",
            Self::Prd { .. } => "prd",
            Self::Memorization => "memorization",
            Self::Jacobian { .. } => "jacobian",
            Self::DiscriminatorAccuracy { .. } => "discriminator-accuracy",
        }
    }

    /// Returns the names of its values, each a row of the table of metrics.
    #[must_use]
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Fid => &["fid"],
            Self::FidInfinity { .. } => &["fid-infinity"],
            Self::Kid => &["kid"],
            Self::KidSubsets { .. } => &["kid-subsets"],
            Self::InceptionScore { .. } => &["inception-score"],
            Self::MsSsim { .. } => &["ms-ssim"],
            Self::PrecisionRecall { .. } => &["precision", "recall"],
            Self::DensityCoverage { .. } => &["density", "coverage"],
            Self::Prd { .. } => &["prd-f8", "prd-f1/8"],
            Self::Memorization => &[
                "memorization-authenticity",
                "memorization-data-copying",
                "memorization-copies",
                "memorization-distance-to-train",
                "memorization-distance-to-reference",
            ],
            Self::Jacobian { .. } => &["jacobian-condition"],
            Self::DiscriminatorAccuracy { .. } => &[
                "discriminator-accuracy-train",
                "discriminator-accuracy-test",
                "discriminator-accuracy-samples",
            ],
        }
    }

    /// Tells whether it is computed from class probabilities.
    #[must_use]
    pub fn needs_classes(self) -> bool {
        matches!(self, Self::InceptionScore { .. })
    }

    /// Tells whether it sees what an extractor finds; others see images, or the networks.
    #[must_use]
    pub fn needs_extractor(self) -> bool {
        !matches!(
            self,
            Self::MsSsim { .. } | Self::Jacobian { .. } | Self::DiscriminatorAccuracy { .. }
        )
    }

    /// Tells whether it sees generated images, be it by an extractor.
    #[must_use]
    pub fn sees_images(self) -> bool {
        !matches!(self, Self::Jacobian { .. })
    }

    /// Tells whether it compares with features of the reference images.
    #[must_use]
    pub fn needs_reference(self) -> bool {
        self.needs_extractor() && !self.needs_classes()
    }

    /// Tells whether of the reference's features their statistics are enough; intervals need the features.
    #[must_use]
    pub fn compares_statistics(self) -> bool {
        matches!(self, Self::Fid | Self::FidInfinity { .. })
    }

    /// Tells whether it sees the images that others are compared with, be it by an extractor.
    #[must_use]
    pub fn compares(self) -> bool {
        self.needs_reference() || matches!(self, Self::DiscriminatorAccuracy { .. })
    }

    /// Tells whether it compares with features of the training images.
    #[must_use]
    pub fn needs_training_features(self) -> bool {
        self == Self::Memorization
    }

    /// Tells whether intervals can be found by drawing images again: with copies of an image among them, distances to the
    /// nearest others are 0, and pairs are no longer pairs of two.
    #[must_use]
    pub fn has_intervals(self) -> bool {
        matches!(self, Self::Fid | Self::InceptionScore { splits: 1, .. })
    }

    /// Returns the fewest generated images the metric is defined for, of so many features each.
    #[must_use]
    pub fn minimum_samples(self, features: usize) -> usize {
        match self {
            // A covariance divides by n - 1.
            Self::Fid => 2,
            // The error of a mean over pairs is found without each sample in turn.
            Self::Kid => 3,
            // One image is its own mean: the score is 1 whatever the image.
            Self::InceptionScore { splits, .. } => splits.saturating_mul(2),
            // Half of them must be more than the dimensions, and as many more as there are points.
            Self::FidInfinity { points, .. } => points.max(features.saturating_add(1)).saturating_mul(2),
            Self::KidSubsets { size, .. } => size,
            Self::MsSsim { .. } => 2,
            Self::PrecisionRecall { k } | Self::DensityCoverage { k } => k.saturating_add(1),
            Self::Prd { clusters, .. } => clusters,
            Self::Memorization | Self::Jacobian { .. } | Self::DiscriminatorAccuracy { .. } => 1,
        }
    }

    /// Returns the fewest reference images the metric is defined for.
    #[must_use]
    pub fn minimum_reference(self) -> usize {
        match self {
            Self::FidInfinity { .. } => 2,
            // Of no other metric that compares does it depend on the features.
            _ if self.needs_reference() => self.minimum_samples(0),
            _ => 0,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
