//! Networks that turn images into features, and into class probabilities where they know classes, for metrics.
//!
//! Knows no metric and no stage. An extractor's seed is its protocol's own, and its weights are always made on the CPU
//! device, so that numbers of different studies and devices can be compared; it extracts on the device of its weights.

mod classifier;
mod features;
mod random_convolution;
mod resize;

pub use classifier::{CLASSIFIER_VERSION, Classifier};
pub use features::Features;
pub use random_convolution::{RANDOM_CONVOLUTION_VERSION, RandomConvolution};
pub use resize::{InputResize, resize};
