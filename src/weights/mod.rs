//! Weights that other programs wrote: PyTorch's `.pth` in both of its formats, and safetensors.
//!
//! Nothing in a file is ever executed, and memory is in proportion to the length of the file, whatever it says. Knows which
//! networks are published under which names, and which arrays each has; knows neither what they compute nor where files are kept.

mod arrays;
mod element;
mod error;
mod file;
mod known;
mod legacy;
mod network;
mod pytorch;
mod safetensors;
mod sha256;

pub use error::{ArraysError, WeightsFileError};
pub use file::{ArraySummary, Tensor, WeightsFile};
pub use known::{KnownNetwork, Published, PublishedFile};
pub use network::{check_weights, network_weights};
pub use sha256::{Sha256Writer, sha256_of};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::zeros;
