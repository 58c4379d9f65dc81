//! The Fréchet distance between two sets of features, each seen as a Gaussian (Heusel et al. 2017, "FID").
//!
//! ```text
//! distance = |m1 - m2|^2 + Tr S1 + Tr S2 - 2 Tr (S1 S2)^(1/2)        (Dowson & Landau 1982, Equation 4)
//! ```
//!
//! with means m and unbiased covariances S. Knows no network: with features of Inception-v3 it is the FID, with those
//! of another extractor a distance that must not be compared with it.
//!
//! The trace of the root never takes the root of a matrix that is not symmetric. With few samples S1 S2 has mostly
//! eigenvalues 0, whose computed values are rounding noise with a root that is not small; where a set has no more
//! samples than dimensions the trace is therefore taken from its samples, whose product has no such eigenvalues.
//!
//! `device.rs` has the same distance from products of matrices on a device.

mod deflation;
mod device;
mod device_covariance;
mod factor;
mod root;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};

use self::root::{sum_of_roots, trace_of_root};
use super::moments::check_parts;
use super::spectrum::{NoConvergence, eigenvalues, singular_values};
use super::statistics::{FeaturesError, Statistics, centre, check, mean};
use super::sufficient::SufficientStatistics;

pub(super) use root::CovarianceFactor;

pub use device::{
    CovarianceBy, DeviceFidError, DeviceSettings, ErrorEstimate, frechet_distance_between_on,
    frechet_distance_of_statistics_on, frechet_distance_on,
};

/// Two sets of features without a distance.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FidError {
    /// The first set has no statistics.
    #[error("in the first set of features: {0}")]
    First(FeaturesError),
    /// The second set has no statistics.
    #[error("in the second set of features: {0}")]
    Second(FeaturesError),
    /// The sets differ in their number of features.
    #[error(
        "the first set has {first} features a sample and the second {second}; they must come from one extractor"
    )]
    DimensionsDiffer {
        /// Features of the first set.
        first: usize,
        /// Features of the second set.
        second: usize,
    },
    /// The trace of the root was not found.
    #[error(transparent)]
    NoConvergence(#[from] NoConvergence),
}

/// How the trace of (S1 S2)^(1/2) was computed; all but the last are exact but for rounding in f64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootMethod {
    /// Singular values of X1 X2', with centred samples over sqrt(n - 1) as rows of X: neither set fills its dimensions.
    SamplesProduct,
    /// Eigenvalues of X S X', with the samples of the one set that does not fill its dimensions.
    SamplesInCovariance,
    /// Eigenvalues of F' S2 F with F F' = S1, F from the eigenvectors of S1 or by Cholesky's method (`fid/root.rs`).
    CovarianceRoot,
    /// Nuclear norm of F1' F2 with F F' = S, by products of matrices on a device.
    NuclearNorm,
}

impl RootMethod {
    /// The method's name in stored results.
    pub fn name(self) -> &'static str {
        match self {
            Self::SamplesProduct => "samples-product",
            Self::SamplesInCovariance => "samples-in-covariance",
            Self::CovarianceRoot => "covariance-root",
            Self::NuclearNorm => "nuclear-norm",
        }
    }
}

/// A Fréchet distance and its parts, in squared units of the features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrechetDistance {
    /// The distance. Rounding may leave a little less than 0 for equal sets.
    pub value: f64,
    /// |m1 - m2|^2.
    pub mean_term: f64,
    /// Tr S1.
    pub trace_a: f64,
    /// Tr S2.
    pub trace_b: f64,
    /// Tr (S1 S2)^(1/2).
    pub trace_root: f64,
    /// How `trace_root` was computed.
    pub method: RootMethod,
    /// Whether eigenvalues that are negative by more than rounding were taken as 0: a matrix that was given as a covariance
    /// is none. Covariances of features never are.
    pub clipped: bool,
}

/// Computes the Fréchet distance between `features_a` [n1, d] and `features_b` [n2, d], row-major.
///
/// # Errors
///
/// Where a set does not fill whole rows, has fewer than 2 samples, or a value that is not finite.
pub fn frechet_distance(
    features_a: &[f32],
    features_b: &[f32],
    d: usize,
) -> Result<FrechetDistance, FidError> {
    let a = SufficientStatistics::of(features_a, d).map_err(FidError::First)?;
    let b = SufficientStatistics::of(features_b, d).map_err(FidError::Second)?;
    frechet_distance_between(&a, &b)
}

/// As [`frechet_distance`], of sets whose statistics were stored or merged.
///
/// # Errors
///
/// Where the sets differ in dimension, or one has fewer than 2 samples.
pub fn frechet_distance_between(
    a: &SufficientStatistics,
    b: &SufficientStatistics,
) -> Result<FrechetDistance, FidError> {
    let [a, b] = sets(a, b)?;
    let (trace_root, method) = match (&a, &b) {
        (Set::Statistics(a), Set::Statistics(b)) => return frechet_distance_of_statistics(a, b),
        (Set::Statistics(whole), Set::Samples(few)) | (Set::Samples(few), Set::Statistics(whole)) => (
            samples_in_covariance(few, whole)?,
            RootMethod::SamplesInCovariance,
        ),
        (Set::Samples(a), Set::Samples(b)) => (samples_product(a, b)?, RootMethod::SamplesProduct),
    };
    let traces = [a.trace(), b.trace(), trace_root];
    Ok(FrechetDistance::from_parts(a.mean(), b.mean(), traces, method))
}

/// Computes the Fréchet distance of two sets from their statistics alone, by [`RootMethod::CovarianceRoot`].
///
/// For sets with more samples than dimensions it equals [`frechet_distance`]; for others it does but for rounding, to which
/// a covariance of low rank is more open than the samples.
///
/// Matrices that are no covariances have a distance too, with [`FrechetDistance::clipped`] set.
///
/// # Errors
///
/// Where the sets differ in dimension, or a mean or matrix holds a value that is not finite.
pub fn frechet_distance_of_statistics(a: &Statistics, b: &Statistics) -> Result<FrechetDistance, FidError> {
    let (first, second) = (a.dimension(), b.dimension());
    if first != second {
        return Err(FidError::DimensionsDiffer { first, second });
    }
    check_parts(&a.mean, &a.covariance).map_err(FidError::First)?;
    check_parts(&b.mean, &b.covariance).map_err(FidError::Second)?;
    let root = trace_of_root(a, b)?;
    let traces = [a.trace(), b.trace(), root.trace];
    let distance = FrechetDistance::from_parts(&a.mean, &b.mean, traces, RootMethod::CovarianceRoot);
    Ok(FrechetDistance {
        clipped: root.clipped,
        ..distance
    })
}

impl FrechetDistance {
    fn from_parts(mean_a: &[f64], mean_b: &[f64], traces: [f64; 3], method: RootMethod) -> Self {
        let [trace_a, trace_b, trace_root] = traces;
        let mean_term: f64 = mean_a.iter().zip(mean_b).map(|(a, b)| (a - b) * (a - b)).sum();
        let value = mean_term + (trace_a + trace_b - 2.0 * trace_root);
        Self {
            value,
            mean_term,
            trace_a,
            trace_b,
            trace_root,
            method,
            clipped: false,
        }
    }
}

/// A set as the distance computes with it: samples only where they are no more than dimensions.
enum Set<'a> {
    Samples(Samples<'a>),
    Statistics(Statistics),
}

impl<'a> Set<'a> {
    fn new(known: &'a SufficientStatistics) -> Result<Self, FeaturesError> {
        Ok(match known {
            SufficientStatistics::Samples { features, d } => Self::Samples(Samples::new(features, *d)?),
            SufficientStatistics::Moments(moments) => Self::Statistics(moments.clone().into_statistics()?),
        })
    }

    fn mean(&self) -> &[f64] {
        match self {
            Self::Samples(samples) => &samples.mean,
            Self::Statistics(statistics) => &statistics.mean,
        }
    }

    fn trace(&self) -> f64 {
        match self {
            Self::Samples(samples) => samples.trace(),
            Self::Statistics(statistics) => statistics.trace(),
        }
    }
}

/// Both sets, which must have one dimension.
fn sets<'a>(a: &'a SufficientStatistics, b: &'a SufficientStatistics) -> Result<[Set<'a>; 2], FidError> {
    let (first, second) = (a.dimension(), b.dimension());
    if first != second {
        return Err(FidError::DimensionsDiffer { first, second });
    }
    let (a, b) = (
        Set::new(a).map_err(FidError::First)?,
        Set::new(b).map_err(FidError::Second)?,
    );
    Ok([a, b])
}

/// Checked features [n, d] and their mean.
struct Samples<'a> {
    features: &'a [f32],
    count: usize,
    mean: Vec<f64>,
}

impl<'a> Samples<'a> {
    fn new(features: &'a [f32], d: usize) -> Result<Self, FeaturesError> {
        let count = check(features, d)?;
        Ok(Self {
            features,
            count,
            mean: mean(features, d),
        })
    }

    /// Whether the samples' covariance may have full rank, which is at most `count - 1`.
    fn fills_dimensions(&self) -> bool {
        self.count > self.mean.len()
    }

    fn statistics(&self) -> Statistics {
        Statistics::around(self.features, self.mean.clone())
    }

    /// The centred samples over sqrt(n - 1), row-major [n, d]: X with X' X the covariance.
    fn scaled(&self) -> Vec<f64> {
        centre(self.features, &self.mean, 1.0 / ((self.count - 1) as f64).sqrt())
    }

    fn trace(&self) -> f64 {
        self.scaled().iter().map(|x| x * x).sum()
    }
}

/// Sum of the singular values of X1 X2', whose squares are the eigenvalues of S1 S2.
fn samples_product(a: &Samples<'_>, b: &Samples<'_>) -> Result<f64, NoConvergence> {
    let d = a.mean.len();
    let (rows_a, rows_b) = (a.scaled(), b.scaled());
    let first = MatRef::from_row_major_slice(&rows_a, a.count, d);
    let second = MatRef::from_row_major_slice(&rows_b, b.count, d);
    Ok(singular_values(product(first, second.transpose()).as_ref())?
        .iter()
        .sum())
}

/// Sum of the roots of the eigenvalues of X S X', [n, n], which are those of X' X S.
fn samples_in_covariance(samples: &Samples<'_>, other: &Statistics) -> Result<f64, NoConvergence> {
    let rows = samples.scaled();
    let x = MatRef::from_row_major_slice(&rows, samples.count, samples.mean.len());
    let values = eigenvalues(product(product(x, other.matrix()).as_ref(), x.transpose()).as_ref())?;
    // Centred samples span one dimension less than their number, so the least eigenvalue is 0 but for rounding.
    Ok(sum_of_roots(&values[1..]))
}

fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(product.as_mut(), Accum::Replace, left, right, 1.0, Par::Seq);
    product
}

#[cfg(test)]
pub(super) mod tests;
