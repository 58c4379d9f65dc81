//! Networks whose weights others have published, ready to look at images: an input, a network, and layers at its end.

use gan_kernels::elementwise::{self, Binary, Unary};
use gan_kernels::matmul::{Transpose, matmul};
use gan_kernels::{Array, Device};

use super::error::ExtractError;
use super::features::{Features, Found};
use super::inception::{self, Form};
use super::input::{Input, Normalization};
use super::kind::{ExtractorKind, InceptionLayer, LogitBias, Vgg16Layer};
use super::network::{Network, array_shapes, mean_over_positions};
use super::resize::InputResize;
use super::source::ImageSource;
use super::vgg16;
use crate::nn::{Weights, WeightsError};

/// Images that are looked at together: few, because the first activations of each take 6 MB.
const BATCH: usize = 8;

/// A published network with its weights on one device.
#[derive(Clone, Debug)]
pub(super) struct Published {
    device: Device,
    input: Input,
    network: Network,
    head: Head,
}

/// What is done with the network's last activation.
#[derive(Clone, Debug)]
enum Head {
    /// The mean over positions after a module.
    Mean { module: &'static str, dimension: usize },
    /// The mean over positions after the last module, and logits.
    Classes { features: Take, logits: Dense },
    /// Two dense layers.
    Dense {
        layers: Box<[Dense; 2]>,
        is_rectified: bool,
    },
}

/// Which numbers are the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    Mean,
    Logits,
}

/// `x W + b`, perhaps without `b`.
#[derive(Clone, Debug)]
struct Dense {
    weight: Array,
    bias: Option<Array>,
}

/// Names and shapes of the arrays that the weights of this kind must have: filters HWIO, dense layers `[in, out]`. None for
/// kinds whose weights no file has.
#[must_use]
pub fn published_arrays(kind: &ExtractorKind) -> Vec<(String, Vec<usize>)> {
    let mut arrays = match kind {
        ExtractorKind::Inception2015 { .. } | ExtractorKind::InceptionTorchvision { .. } => {
            let form = form(kind);
            array_shapes(&form.modules(), form.follower(), inception::CHANNELS)
        }
        ExtractorKind::Vgg16 { .. } => array_shapes(&vgg16::modules(), vgg16::FOLLOWER, vgg16::CHANNELS),
        _ => return Vec::new(),
    };
    for (name, [inputs, outputs]) in dense_layers(kind) {
        arrays.push((format!("{name}.weight"), vec![inputs, outputs]));
        arrays.push((format!("{name}.bias"), vec![outputs]));
    }
    arrays
}

/// Names, inputs and outputs of the dense layers at the network's end.
fn dense_layers(kind: &ExtractorKind) -> Vec<(&'static str, [usize; 2])> {
    match kind {
        ExtractorKind::Vgg16 { .. } => {
            let inputs = [vgg16::LAST.iter().product(), vgg16::FEATURES];
            let layers = vgg16::DENSE.into_iter().zip(inputs);
            layers
                .map(|(name, inputs)| (name, [inputs, vgg16::FEATURES]))
                .collect()
        }
        _ => vec![("fc", [inception::FEATURES, form(kind).classes])],
    }
}

fn form(kind: &ExtractorKind) -> Form {
    match kind {
        ExtractorKind::InceptionTorchvision { .. } => inception::OF_TORCHVISION,
        _ => inception::OF_2015,
    }
}

impl Published {
    pub(super) fn inception_2015(
        layer: InceptionLayer,
        resize: InputResize,
        logits: LogitBias,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let input = Input {
            side: inception::SIDE,
            resize,
            // Each resizing comes from a program that goes on in its own way.
            normalization: match resize {
                InputResize::TorchBilinear => Normalization::Symmetric,
                InputResize::TensorflowBilinear
                | InputResize::TorchAntialias
                | InputResize::PillowBicubic => Normalization::Graph2015,
            },
        };
        let has_bias = logits == LogitBias::With;
        Self::inception(inception::OF_2015, layer, has_bias, input, weights)
    }

    pub(super) fn inception_torchvision(
        layer: InceptionLayer,
        resize: InputResize,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let input = Input {
            side: inception::SIDE,
            resize,
            normalization: Normalization::Symmetric,
        };
        Self::inception(inception::OF_TORCHVISION, layer, true, input, weights)
    }

    pub(super) fn inception(
        form: Form,
        layer: InceptionLayer,
        has_bias: bool,
        input: Input,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let network = Network::new(form.modules(), form.follower(), inception::CHANNELS, weights)?;
        let logits = Dense::new("fc", [inception::FEATURES, form.classes], has_bias, weights)?;
        let head = match layer {
            InceptionLayer::Pool64 => Head::mean("MaxPool_1", 64),
            InceptionLayer::Pool192 => Head::mean("MaxPool_2", 192),
            InceptionLayer::Pool768 => Head::mean("Mixed_6e", 768),
            InceptionLayer::Pool2048 => Head::Classes {
                features: Take::Mean,
                logits,
            },
            InceptionLayer::Logits => Head::Classes {
                features: Take::Logits,
                logits,
            },
        };
        Ok(Self {
            device: weights.device(),
            input,
            network,
            head,
        })
    }

    pub(super) fn vgg16(
        layer: Vgg16Layer,
        resize: InputResize,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let network = Network::new(vgg16::modules(), vgg16::FOLLOWER, vgg16::CHANNELS, weights)?;
        let [first, second] = vgg16::DENSE;
        let inputs = vgg16::LAST.iter().product();
        let mut first = Dense::new(first, [inputs, vgg16::FEATURES], true, weights)?;
        first.weight = with_rows(&first.weight, vgg16::row_in_file)?;
        let second = Dense::new(second, [vgg16::FEATURES; 2], true, weights)?;
        Ok(Self {
            device: weights.device(),
            input: Input {
                side: vgg16::SIDE,
                resize,
                normalization: Normalization::ImageNet,
            },
            network,
            head: Head::Dense {
                layers: Box::new([first, second]),
                is_rectified: layer == Vgg16Layer::Fc2Relu,
            },
        })
    }

    /// Features of every image, and logits where the network is computed to its end.
    pub(super) fn extract<S: ImageSource>(
        &self,
        images: &S,
        progress: impl FnMut(usize, usize) -> bool,
    ) -> Result<Option<Features>, ExtractError<S::Error>> {
        let (dimension, classes) = self.head.extents();
        let features = Features::none(images.count(), dimension, classes);
        features.collect(images, BATCH, progress, |first, images| {
            let batch = self.input.batch(&self.device, first, images)?;
            let (features, logits) = self.forward(batch);
            Ok(Found {
                features: features.to_f32()?,
                logits: logits
                    .map(|logits| logits.to_f32())
                    .transpose()?
                    .unwrap_or_default(),
                ..Found::default()
            })
        })
    }

    /// Features `[n, d]`, and logits `[n, k]` where there are classes, of a batch `[n, side, side, 3]`.
    fn forward(&self, batch: Array) -> (Array, Option<Array>) {
        match &self.head {
            Head::Mean { module, .. } => (mean_over_positions(&self.network.until(module, batch)), None),
            Head::Classes { .. } | Head::Dense { .. } => self.end(self.network.all(batch)),
        }
    }

    /// As [`Self::forward`], of the activation `[n, h, w, c]` after the last module.
    fn end(&self, last: Array) -> (Array, Option<Array>) {
        match &self.head {
            Head::Mean { .. } => (mean_over_positions(&last), None),
            Head::Classes { features, logits } => {
                let mean = mean_over_positions(&last);
                let logits = logits.of(&mean);
                match features {
                    Take::Mean => (mean, Some(logits)),
                    Take::Logits => (logits.clone(), Some(logits)),
                }
            }
            Head::Dense { layers, is_rectified } => {
                let [n, h, w, c] = last.shape().four();
                let [first, second] = &**layers;
                let hidden = rectified(&first.of(&last.reshape([n, h * w * c])));
                let features = second.of(&hidden);
                let features = match is_rectified {
                    true => rectified(&features),
                    false => features,
                };
                (features, None)
            }
        }
    }
}

impl Head {
    fn mean(module: &'static str, dimension: usize) -> Self {
        Self::Mean { module, dimension }
    }

    /// Numbers of a feature vector, and classes.
    fn extents(&self) -> (usize, usize) {
        match self {
            Self::Mean { dimension, .. } => (*dimension, 0),
            Self::Classes { features, logits } => {
                let classes = logits.outputs();
                match features {
                    Take::Mean => (inception::FEATURES, classes),
                    Take::Logits => (classes, classes),
                }
            }
            Self::Dense { layers, .. } => (layers[1].outputs(), 0),
        }
    }
}

impl Dense {
    fn new(
        name: &str,
        [inputs, outputs]: [usize; 2],
        has_bias: bool,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let weight = weights.find_shaped(&format!("{name}.weight"), &[inputs, outputs])?;
        let bias = weights.find_shaped(&format!("{name}.bias"), &[outputs])?;
        Ok(Self {
            weight: weight.clone(),
            bias: has_bias.then(|| bias.reshape([1, outputs])),
        })
    }

    fn outputs(&self) -> usize {
        self.weight.shape().two()[1]
    }

    fn of(&self, x: &Array) -> Array {
        let product = matmul(x, &self.weight, Transpose::No, Transpose::No);
        match &self.bias {
            Some(bias) => elementwise::binary(Binary::Add, &product, bias),
            None => product,
        }
    }
}

fn rectified(x: &Array) -> Array {
    elementwise::unary(Unary::LeakyRelu { slope: 0.0 }, x)
}

/// The matrix whose row `i` is row `source(i)` of `matrix`.
fn with_rows(matrix: &Array, source: impl Fn(usize) -> usize) -> Result<Array, WeightsError> {
    let [rows, columns] = matrix.shape().two();
    let values = matrix.to_f32()?;
    let mut sorted = Vec::with_capacity(values.len());
    for row in 0..rows {
        sorted.extend_from_slice(&values[source(row) * columns..][..columns]);
    }
    Ok(Array::from_f32(&matrix.device(), [rows, columns], &sorted))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trained;
