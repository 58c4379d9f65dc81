//! What a network costs: parameters and multiplications, layer by layer.

use super::{Extents, Layer, Network, Placed, Weighted, weights_of};

/// One layer of a network as a table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerCost {
    /// How many residual branches it is within.
    pub depth: usize,
    /// Its name; empty where it has none.
    pub name: String,
    /// What it does, such as `convolution 3x3`.
    pub operation: String,
    /// The extents of its result.
    pub output: Extents,
    /// Numbers that an optimizer moves.
    pub parameters: usize,
    /// Multiplications with an addition in matrix products and convolutions, for one image going forward.
    pub multiplications: u64,
}

impl Network {
    /// Numbers that an optimizer moves.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.weights().iter().map(|array| array.shape.count()).sum()
    }

    /// Multiplications with an addition in matrix products and convolutions, for one image going forward.
    #[must_use]
    pub fn multiplications(&self) -> u64 {
        self.costs().iter().map(|layer| layer.multiplications).sum()
    }

    /// Every layer, those of branches behind the residual that they belong to.
    #[must_use]
    pub fn costs(&self) -> Vec<LayerCost> {
        let mut all = Vec::new();
        self.collect(0, "", &mut all);
        all
    }

    fn collect(&self, depth: usize, branch: &str, all: &mut Vec<LayerCost>) {
        let mut before = self.input;
        for Placed { layer, output } in &self.layers {
            let (name, operation) = words(layer);
            all.push(LayerCost {
                depth,
                name,
                operation: format!("{branch}{operation}"),
                output: *output,
                parameters: weights_of(layer).iter().map(|array| array.shape.count()).sum(),
                multiplications: multiplications(layer, before, *output),
            });
            if let Layer::Residual { main, shortcut } = layer {
                main.collect(depth + 1, "", all);
                shortcut.collect(depth + 1, "shortcut: ", all);
            }
            before = *output;
        }
    }
}

/// Every weight of a dense layer is used once, one of a filter at every pixel of the smaller image.
fn multiplications(layer: &Layer, before: Extents, after: Extents) -> u64 {
    let each =
        |weighted: &Weighted, pixels: usize| (weighted.weight.iter().product::<usize>() * pixels) as u64;
    let pixels = |extents: Extents| extents.count() / extents.channels();
    match layer {
        Layer::Dense(weighted) => each(weighted, 1),
        Layer::Convolution { weighted, .. } => each(weighted, pixels(after)),
        Layer::TransposedConvolution(weighted) => each(weighted, pixels(before)),
        _ => 0,
    }
}

/// A layer's name and what it does.
fn words(layer: &Layer) -> (String, String) {
    let filter = |weighted: &Weighted| format!("{}x{}", weighted.weight[0], weighted.weight[1]);
    let unnamed = |words: &str| (String::new(), words.to_owned());
    match layer {
        Layer::Dense(weighted) => (weighted.name.clone(), "dense".to_owned()),
        Layer::Convolution {
            weighted,
            stride,
            slope,
        } => {
            let stride = if *stride == 1 {
                String::new()
            } else {
                format!(" stride {stride}")
            };
            let rectifier = slope
                .map(|slope| format!(", {}", rectifier(slope)))
                .unwrap_or_default();
            let words = format!("convolution {}{stride}{rectifier}", filter(weighted));
            (weighted.name.clone(), words)
        }
        Layer::TransposedConvolution(weighted) => {
            let words = format!("transposed convolution {} stride 2", filter(weighted));
            (weighted.name.clone(), words)
        }
        Layer::BatchNorm { name, .. } => (name.clone(), "batch norm".to_owned()),
        Layer::LayerNorm { name, .. } => (name.clone(), "layer norm".to_owned()),
        Layer::LeakyRelu(slope) => unnamed(&rectifier(*slope)),
        Layer::Tanh => unnamed("tanh"),
        Layer::Sigmoid => unnamed("sigmoid"),
        Layer::Affine { scale, shift } => unnamed(&format!("{scale} x {shift:+}")),
        Layer::Reshape => unnamed("reshape"),
        Layer::Upsample(super::Upsampling::Replicate) => unnamed("upsample 2x2, replicated"),
        Layer::Upsample(super::Upsampling::Zeros) => unnamed("upsample 2x2, with zeros"),
        Layer::AveragePool => unnamed("average pool 2x2"),
        Layer::GlobalPool(super::GlobalPooling::Mean) => unnamed("mean over pixels"),
        Layer::GlobalPool(super::GlobalPooling::Sum) => unnamed("sum over pixels"),
        Layer::Residual { .. } => unnamed("residual"),
    }
}

fn rectifier(slope: f64) -> String {
    if slope == 0.0 {
        "relu".to_owned()
    } else {
        format!("leaky relu {slope}")
    }
}
