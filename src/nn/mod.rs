//! Layers and the weights they are made of. Knows no particular network, loss or study.

mod batch_norm;
mod bound;
mod initial;
mod layer;
mod network;
mod spectral_norm;
mod weights;

pub use batch_norm::{BatchNorm, BatchStatistics, Normalizing, RunningVariance};
pub use bound::Bound;
pub use initial::{Initial, Specification, initialize};
pub use layer::{convolution, dense, transposed_convolution};
pub use network::{Builder, Extents, GlobalPooling, Layer, LayerCost, Network, Upsampling, Weighted};
pub use spectral_norm::{
    NormalizedWeights, SpectralUpdate, SpectralVector, kept_vector, spectrally_normalized,
};
pub use weights::{Weights, WeightsError};
