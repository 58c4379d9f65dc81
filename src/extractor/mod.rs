//! Networks that turn images into features, and into classes where they know classes, for metrics.
//!
//! Knows no metric and no stage. The seed of an extractor that is trained or drawn is its protocol's own, and its weights
//! are always made on the CPU device, so that numbers of different studies and devices can be compared; it extracts on
//! the device of its weights.

mod classifier;
mod error;
#[expect(
    clippy::module_inception,
    reason = "the room's main type has a file of its own, as every type"
)]
mod extractor;
mod features;
mod inception;
mod input;
mod kind;
mod network;
mod pixels;
mod published;
mod random_convolution;
mod resize;
mod source;
mod vgg16;

pub use classifier::{CLASSIFIER_VERSION, Classifier};
pub use error::{Extents, ExtractError};
pub use extractor::Extractor;
pub use features::Features;
pub use kind::{ExtractorKind, InceptionLayer, LogitBias, Vgg16Layer};
pub use published::published_arrays;
pub use random_convolution::{RANDOM_CONVOLUTION_VERSION, RandomConvolution};
pub use resize::{InputResize, resize};
pub use source::ImageSource;
