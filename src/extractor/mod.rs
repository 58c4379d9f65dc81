//! Networks that turn images into features and class probabilities for metrics.
//!
//! Knows no metric and no stage. An extractor's seed is its protocol's own, and it always runs on the CPU device, so
//! that numbers of different studies can be compared.

mod classifier;

pub use classifier::{CLASSIFIER_VERSION, Classifier, Features};
