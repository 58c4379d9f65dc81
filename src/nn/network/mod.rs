//! Networks as lists of layers: what they hold, what they compute, and what that costs all follow from one list.
//!
//! Knows no particular network; those are in `gan::architecture`, written with [`Builder`].

mod builder;
mod cost;
mod forward;

pub use builder::Builder;
pub use cost::LayerCost;

use crate::nn::{BatchNorm, Initial, Specification};

/// A network: its layers from input to output.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    input: Extents,
    layers: Vec<Placed>,
}

/// What a layer takes and gives for each image, without the axis of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extents {
    /// So many numbers, `[n, d]` in a batch.
    Vector(usize),
    /// Height, width and channels, `[n, h, w, c]` in a batch.
    Image([usize; 3]),
}

/// A layer and the extents of its result.
#[derive(Clone, Debug, PartialEq)]
struct Placed {
    layer: Layer,
    output: Extents,
}

/// One layer. Filters move over images as TensorFlow's `SAME` says: `ceil(extent / stride)` outputs on each axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `x W + b`, weight `[i, o]`, bias `[o]`.
    Dense(Weighted),
    /// A convolution, weight `[r, s, c, k]`, bias `[k]`; then perhaps a leaky rectifier of this slope.
    Convolution {
        /// Its weight and bias.
        weighted: Weighted,
        /// Pixels that the filter moves by.
        stride: usize,
        /// Slope of the rectifier behind it.
        slope: Option<f64>,
    },
    /// The adjoint of a convolution with stride 2, weight `[r, s, o, i]`, bias `[o]`.
    TransposedConvolution(Weighted),
    /// Batch normalization with these constants.
    BatchNorm {
        /// Its name.
        name: String,
        /// Values that are normalized each on their own: channels, or units.
        channels: usize,
        /// Its constants.
        constants: BatchNorm,
    },
    /// Layer normalization (Ba et al. 2016, equation 3) over all values of an image.
    LayerNorm {
        /// Its name.
        name: String,
        /// Channels, each with its own factor and summand.
        channels: usize,
        /// Added to the variance.
        epsilon: f64,
    },
    /// `x` where positive, else `slope x`.
    LeakyRelu(f64),
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
    /// `scale x + shift`.
    Affine {
        /// The factor.
        scale: f64,
        /// The summand.
        shift: f64,
    },
    /// The same numbers under the extents of the result.
    Reshape,
    /// Twice the height and width.
    Upsample(Upsampling),
    /// Means of 2 x 2 pixels, or of those that there are at an odd edge.
    AveragePool,
    /// The mean or the sum over all pixels, a vector of channels.
    GlobalPool(GlobalPooling),
    /// Two branches from one input, added.
    Residual {
        /// The branch with the weights that learn.
        main: Network,
        /// The other; without layers it is the input itself.
        shortcut: Network,
    },
}

/// The weight and bias of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// The layer's name; its arrays are `<name>.weight` and `<name>.bias`.
    pub name: String,
    /// The extents of the weight.
    pub weight: Vec<usize>,
    /// How many outputs have a bias; none where there is no bias.
    pub biases: Option<usize>,
    /// How the weight starts; a bias starts at 0.
    pub initial: Initial,
}

/// How pixels become four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Upsampling {
    /// Each is repeated.
    Replicate,
    /// Each is followed by zeros, to the right and below.
    Zeros,
}

/// How an image becomes one value a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GlobalPooling {
    /// The mean of its pixels.
    Mean,
    /// Their sum.
    Sum,
}

impl Extents {
    /// Numbers for each image.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Vector(units) => units,
            Self::Image(extents) => extents.iter().product(),
        }
    }

    /// The last axis: units, or channels.
    #[must_use]
    pub fn channels(self) -> usize {
        match self {
            Self::Vector(units) => units,
            Self::Image([_, _, channels]) => channels,
        }
    }
}

impl Weighted {
    fn arrays(&self) -> impl Iterator<Item = Specification> {
        let weight = Specification::new(format!("{}.weight", self.name), &self.weight[..], self.initial);
        let bias = self.biases.map(|outputs| {
            Specification::new(format!("{}.bias", self.name), [outputs], Initial::Constant(0.0))
        });
        std::iter::once(weight).chain(bias)
    }
}

impl Network {
    /// Its input.
    #[must_use]
    pub fn input(&self) -> Extents {
        self.input
    }

    /// Its output.
    #[must_use]
    pub fn output(&self) -> Extents {
        self.layers.last().map_or(self.input, |placed| placed.output)
    }

    /// Its weights: what an optimizer moves.
    #[must_use]
    pub fn weights(&self) -> Vec<Specification> {
        self.flattened().into_iter().flat_map(weights_of).collect()
    }

    /// The running averages of its batch normalizations.
    #[must_use]
    pub fn averages(&self) -> Vec<Specification> {
        let of_layer = |layer: &Layer| match layer {
            Layer::BatchNorm { name, channels, .. } => BatchNorm::averages(name, *channels).to_vec(),
            _ => Vec::new(),
        };
        self.flattened().into_iter().flat_map(of_layer).collect()
    }

    /// The layers with a weight, first to last.
    #[must_use]
    pub fn weighted(&self) -> Vec<&Weighted> {
        let of_layer = |layer| match layer {
            &Layer::Dense(ref weighted)
            | &Layer::Convolution { ref weighted, .. }
            | &Layer::TransposedConvolution(ref weighted) => Some(weighted),
            _ => None,
        };
        self.flattened().into_iter().filter_map(of_layer).collect()
    }

    /// All layers, those of branches behind the residual that they belong to, the main branch first.
    fn flattened(&self) -> Vec<&Layer> {
        let mut all = Vec::new();
        for Placed { layer, .. } in &self.layers {
            all.push(layer);
            if let Layer::Residual { main, shortcut } = layer {
                all.extend(main.flattened());
                all.extend(shortcut.flattened());
            }
        }
        all
    }
}

/// The weights of one layer, without those of branches.
fn weights_of(layer: &Layer) -> Vec<Specification> {
    match layer {
        Layer::Dense(weighted)
        | Layer::Convolution { weighted, .. }
        | Layer::TransposedConvolution(weighted) => weighted.arrays().collect(),
        Layer::BatchNorm { name, channels, .. } | Layer::LayerNorm { name, channels, .. } => {
            BatchNorm::weights(name, *channels).to_vec()
        }
        _ => Vec::new(),
    }
}
