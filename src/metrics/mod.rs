//! Measures of how good generated images are: one metric a file, pure functions over host slices, in f64.
//!
//! A metric knows no file, stage or model: it takes features or class probabilities and returns a number. Sums run in a
//! fixed order, and what runs on several threads is cut by shape alone, so equal input gives equal bytes whatever the
//! thread count. `fid/device.rs` and `fid/device_covariance.rs` alone know devices.

mod bootstrap;
mod density_coverage;
mod fid;
mod fid_infinity;
#[cfg(test)]
mod golden;
mod inception_score;
mod kid;
mod memorization;
mod moments;
mod ms_ssim;
mod neighbours;
mod prd;
mod precision_recall;
mod products;
mod spectrum;
mod statistics;
mod sufficient;

pub use bootstrap::{BootstrapSettings, Interval, bootstrap};
pub use density_coverage::{DensityCoverage, density_coverage};
pub use fid::{
    CovarianceBy, DeviceFidError, DeviceSettings, ErrorEstimate, FidError, FrechetDistance, RootMethod,
    frechet_distance, frechet_distance_between, frechet_distance_between_on, frechet_distance_of_statistics,
    frechet_distance_of_statistics_on, frechet_distance_on,
};
pub use fid_infinity::{FidInfinity, FidInfinityError, FidInfinitySettings, fid_infinity, fid_infinity_from};
pub use inception_score::{
    ClassScores, Divisor, InceptionScore, InceptionScoreError, InceptionScoreSettings, inception_score,
};
pub use kid::{Kid, KidError, KidSubsetSettings, KidSubsets, kid, kid_subsets};
pub use memorization::{Memorization, memorization};
pub use moments::Moments;
pub use ms_ssim::{MsSsim, MsSsimError, MsSsimForm, MsSsimSettings, ms_ssim};
pub use neighbours::{FeatureSet, NeighbourError, NeighbourSettings};
pub use prd::{Prd, PrdError, PrdSettings, prd};
pub use precision_recall::{PrecisionRecall, precision_recall};
pub use spectrum::NoConvergence;
pub(crate) use spectrum::singular_values;
pub use statistics::{FeaturesError, Statistics};
pub use sufficient::SufficientStatistics;
