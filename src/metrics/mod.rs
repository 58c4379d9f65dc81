//! Measures of how good generated images are: one metric a file, pure functions over host slices, in f64.
//!
//! A metric knows no file, stage or model: it takes features or class probabilities and returns a number. Sums run in one
//! fixed order on one thread, so equal input gives equal bytes whatever the thread count. `fid/device.rs` and
//! `fid/device_covariance.rs` alone know devices.

mod fid;
mod inception_score;
mod spectrum;
mod statistics;

pub use fid::{
    CovarianceBy, DeviceFidError, DeviceSettings, ErrorEstimate, FidError, FrechetDistance, RootMethod,
    frechet_distance, frechet_distance_of_statistics, frechet_distance_of_statistics_on, frechet_distance_on,
};
pub use inception_score::{InceptionScoreError, inception_score};
pub use spectrum::NoConvergence;
pub use statistics::{FeaturesError, Statistics};
