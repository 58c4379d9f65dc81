//! The extractors of a study: the network whose features the metrics see, with every choice that changes what it finds.
//!
//! Plain data; what a network can is told by its [`ExtractorKind`]. Knows no weights file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::word::names;
use crate::extractor::{self, ExtractorKind};

names! {
    /// Where features are taken out of an Inception network.
    InceptionLayer {
        /// After the first max pool: 64 channels, averaged over pixels.
        Pool64 = "64",
        /// After the second max pool: 192 channels, averaged over pixels.
        Pool192 = "192",
        /// Before the auxiliary classifier: 768 channels, averaged over pixels.
        Pool768 = "768",
        /// The last average pool, 2048 numbers.
        Pool2048 = "2048",
        /// The class scores.
        Logits = "logits",
    }
}

names! {
    /// Where features are taken out of VGG-16.
    Vgg16Layer {
        /// The second dense layer, 4096 numbers.
        Fc2 = "fc2",
        /// The same without its negative numbers.
        Fc2Relu = "fc2-relu",
    }
}

names! {
    /// How images reach the extents that a network was trained with.
    InputResize {
        /// As TensorFlow 1 does: bilinear, pixels counted from their corners.
        TensorflowBilinear = "tensorflow-bilinear",
        /// As PyTorch's `interpolate` does: bilinear, pixels counted from their middles.
        TorchBilinear = "torch-bilinear",
        /// The same with a filter as wide as what it shrinks.
        TorchAntialias = "torch-antialias",
        /// As Pillow does, one channel after the other and without rounding: bicubic.
        PillowBicubic = "pillow-bicubic",
    }
}

names! {
    /// Whether class scores have their bias.
    LogitBias {
        /// Without.
        Without = "without",
        /// With.
        With = "with",
    }
}

/// The network whose features and classes the metrics see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Extractor {
    /// A classifier trained on the data set itself.
    #[serde(rename = "classifier")]
    Classifier,
    /// Convolutions of random weights, the same for all studies.
    #[serde(rename = "random-convolution")]
    RandomConvolution,
    /// The Inception network of 2015 that FID is defined by (Heusel et al. 2017).
    #[serde(rename = "inception-v3-2015")]
    Inception2015 {
        /// Where features are taken.
        layer: InceptionLayer,
        /// How images reach 299 pixels.
        resize: InputResize,
        /// Whether class scores have their bias.
        logit_bias: LogitBias,
    },
    /// Inception-v3 as torchvision distributes it.
    #[serde(rename = "inception-v3-torchvision")]
    InceptionTorchvision {
        /// Where features are taken.
        layer: InceptionLayer,
        /// How images reach 299 pixels.
        resize: InputResize,
    },
    /// VGG-16 (Simonyan and Zisserman 2015).
    #[serde(rename = "vgg16")]
    Vgg16 {
        /// Where features are taken.
        layer: Vgg16Layer,
        /// How images reach 224 pixels.
        resize: InputResize,
    },
    /// The pixels themselves, from 0 to 1.
    #[serde(rename = "pixels")]
    Pixels,
}

impl Extractor {
    /// Returns the name in a study file, without its choices.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// Returns the network with the choices of the study.
    #[must_use]
    pub fn kind(self) -> ExtractorKind {
        match self {
            Self::Classifier => ExtractorKind::Classifier,
            Self::RandomConvolution => ExtractorKind::RandomConvolution,
            Self::Inception2015 {
                layer,
                resize,
                logit_bias,
            } => ExtractorKind::Inception2015 {
                layer: layer.place(),
                resize: resize.rule(),
                logits: match logit_bias {
                    LogitBias::Without => extractor::LogitBias::Without,
                    LogitBias::With => extractor::LogitBias::With,
                },
            },
            Self::InceptionTorchvision { layer, resize } => ExtractorKind::InceptionTorchvision {
                layer: layer.place(),
                resize: resize.rule(),
            },
            Self::Vgg16 { layer, resize } => ExtractorKind::Vgg16 {
                layer: match layer {
                    Vgg16Layer::Fc2 => extractor::Vgg16Layer::Fc2,
                    Vgg16Layer::Fc2Relu => extractor::Vgg16Layer::Fc2Relu,
                },
                resize: resize.rule(),
            },
            Self::Pixels => ExtractorKind::Pixels,
        }
    }
}

impl InceptionLayer {
    fn place(self) -> extractor::InceptionLayer {
        match self {
            Self::Pool64 => extractor::InceptionLayer::Pool64,
            Self::Pool192 => extractor::InceptionLayer::Pool192,
            Self::Pool768 => extractor::InceptionLayer::Pool768,
            Self::Pool2048 => extractor::InceptionLayer::Pool2048,
            Self::Logits => extractor::InceptionLayer::Logits,
        }
    }
}

impl InputResize {
    fn rule(self) -> extractor::InputResize {
        match self {
            Self::TensorflowBilinear => extractor::InputResize::TensorflowBilinear,
            Self::TorchBilinear => extractor::InputResize::TorchBilinear,
            Self::TorchAntialias => extractor::InputResize::TorchAntialias,
            Self::PillowBicubic => extractor::InputResize::PillowBicubic,
        }
    }
}

impl fmt::Display for Extractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
