//! Measures of how good generated images are: one metric a file, pure functions over host slices, in f64.
//!
//! A metric knows no file, stage, device or model: it takes features or class probabilities and returns a number. Sums
//! run in one fixed order on one thread, so equal input gives equal bytes whatever the thread count.

mod fid;
mod inception_score;
mod spectrum;
mod statistics;

pub use fid::{FidError, FrechetDistance, RootMethod, frechet_distance, frechet_distance_of_statistics};
pub use inception_score::{InceptionScoreError, inception_score};
pub use spectrum::NoConvergence;
pub use statistics::{FeaturesError, Statistics};
