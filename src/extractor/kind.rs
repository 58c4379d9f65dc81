//! Which extractor there is, and every choice in it that changes what it finds. Knows no weights and no network.

use super::{
    CLASSIFIER_VERSION, InputResize, RANDOM_CONVOLUTION_VERSION, classifier, inception, random_convolution,
    vgg16,
};

/// Choices with names, as studies, keys and tables write them.
macro_rules! choices {
    ($(
        $(#[$documentation:meta])*
        $choice:ident {
            $( $(#[$variant_documentation:meta])* $variant:ident = $name:literal, )+
        }
    )+) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $choice {
            $( $(#[$variant_documentation])* $variant, )+
        }

        impl $choice {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name, as studies, keys and tables write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The one of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.name() == name)
            }
        }
    )+};
}

choices! {
    /// Where features leave an Inception network; each is the mean over all positions.
    InceptionLayer {
        /// 64 numbers, after the first maximum pool.
        Pool64 = "64",
        /// 192 numbers, after the second maximum pool.
        Pool192 = "192",
        /// 768 numbers, after the last block with 17 x 17 positions.
        Pool768 = "768",
        /// 2048 numbers, after the last block: what the Fréchet Inception distance is taken of.
        Pool2048 = "2048",
        /// The logits themselves.
        Logits = "logits",
    }

    /// Where features leave VGG-16.
    Vgg16Layer {
        /// 4096 numbers, the second dense layer's.
        Fc2 = "fc2",
        /// The same, rectified: what torch-fidelity takes for precision and recall.
        Fc2Relu = "fc2-relu",
    }

    /// Whether the last layer's bias is added to the logits.
    LogitBias {
        /// It is not, as in the original Inception score (Salimans et al. 2016) and in torch-fidelity.
        Without = "without",
        /// It is, as in StudioGAN.
        With = "with",
    }
}

/// Which network, and every choice that changes what it finds: one value is one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExtractorKind {
    /// A classifier trained on the data set that is evaluated.
    Classifier,
    /// Convolutions of random weights.
    RandomConvolution,
    /// Inception-v3 as published in 2015 for TensorFlow: the network of the Fréchet Inception distance.
    Inception2015 {
        /// Where features leave it.
        layer: InceptionLayer,
        /// How images come to 299 x 299 pixels.
        resize: InputResize,
        /// Whether logits have their bias.
        logits: LogitBias,
    },
    /// Inception-v3 as trained for torchvision.
    InceptionTorchvision {
        /// Where features leave it.
        layer: InceptionLayer,
        /// How images come to 299 x 299 pixels.
        resize: InputResize,
    },
    /// VGG-16 as trained for torchvision.
    Vgg16 {
        /// Where features leave it.
        layer: Vgg16Layer,
        /// How images come to 224 x 224 pixels.
        resize: InputResize,
    },
    /// No network: the pixels themselves, from 0 to 1.
    Pixels,
}

impl ExtractorKind {
    /// Every kind, with the choices that are made where none are named: those of torch-fidelity for the networks that it
    /// has, and PyTorch's own way to resize for torchvision's.
    pub const ALL: [Self; 6] = [
        Self::Classifier,
        Self::RandomConvolution,
        Self::Inception2015 {
            layer: InceptionLayer::Pool2048,
            resize: InputResize::TensorflowBilinear,
            logits: LogitBias::Without,
        },
        Self::InceptionTorchvision {
            layer: InceptionLayer::Pool2048,
            resize: InputResize::TorchBilinear,
        },
        Self::Vgg16 {
            layer: Vgg16Layer::Fc2Relu,
            resize: InputResize::TensorflowBilinear,
        },
        Self::Pixels,
    ];

    /// The kind of that name, with the choices of [`Self::ALL`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The network's name, as studies, keys and tables write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Classifier => "classifier",
            Self::RandomConvolution => "random-convolution",
            Self::Inception2015 { .. } => "inception-v3-2015",
            Self::InceptionTorchvision { .. } => "inception-v3-torchvision",
            Self::Vgg16 { .. } => "vgg16",
            Self::Pixels => "pixels",
        }
    }

    /// The name of the layer that features leave, where there is a choice.
    #[must_use]
    pub fn layer(&self) -> Option<&'static str> {
        match self {
            Self::Inception2015 { layer, .. } | Self::InceptionTorchvision { layer, .. } => {
                Some(layer.name())
            }
            Self::Vgg16 { layer, .. } => Some(layer.name()),
            Self::Classifier | Self::RandomConvolution | Self::Pixels => None,
        }
    }

    /// The name of the way in which images come to the input's size, where they do.
    #[must_use]
    pub fn resize(&self) -> Option<&'static str> {
        match self {
            Self::Inception2015 { resize, .. }
            | Self::InceptionTorchvision { resize, .. }
            | Self::Vgg16 { resize, .. } => Some(resize.name()),
            Self::Classifier | Self::RandomConvolution | Self::Pixels => None,
        }
    }

    /// Whether logits have their bias, as a name, where there is a choice.
    #[must_use]
    pub fn logit_bias(&self) -> Option<&'static str> {
        match self {
            Self::Inception2015 { logits, .. } => Some(logits.name()),
            _ => None,
        }
    }

    /// How many numbers it finds in an image of this height, width and number of channels.
    #[must_use]
    pub fn features(&self, extents: [usize; 3]) -> usize {
        let of_layer = |layer: InceptionLayer, classes| match layer {
            InceptionLayer::Pool64 => 64,
            InceptionLayer::Pool192 => 192,
            InceptionLayer::Pool768 => 768,
            InceptionLayer::Pool2048 => inception::FEATURES,
            InceptionLayer::Logits => classes,
        };
        match *self {
            Self::Classifier => classifier::FEATURES,
            Self::RandomConvolution => random_convolution::FEATURES,
            Self::Inception2015 { layer, .. } => of_layer(layer, inception::OF_2015.classes),
            Self::InceptionTorchvision { layer, .. } => of_layer(layer, inception::OF_TORCHVISION.classes),
            Self::Vgg16 { .. } => vgg16::FEATURES,
            Self::Pixels => extents.iter().product(),
        }
    }

    /// Whether it tells classes: features then come with probabilities or logits.
    ///
    /// An Inception network whose features leave it before its last block is not computed to its end.
    #[must_use]
    pub fn knows_classes(&self) -> bool {
        match self {
            Self::Classifier => true,
            Self::Inception2015 { layer, .. } | Self::InceptionTorchvision { layer, .. } => {
                matches!(layer, InceptionLayer::Pool2048 | InceptionLayer::Logits)
            }
            Self::RandomConvolution | Self::Vgg16 { .. } | Self::Pixels => false,
        }
    }

    /// Whether it must be trained on images with labels.
    #[must_use]
    pub fn needs_labels(&self) -> bool {
        *self == Self::Classifier
    }

    /// Whether its weights come from a file that others publish.
    #[must_use]
    pub fn needs_weights_file(&self) -> bool {
        matches!(
            self,
            Self::Inception2015 { .. } | Self::InceptionTorchvision { .. } | Self::Vgg16 { .. }
        )
    }

    /// Raised whenever the same images and weights would give other features.
    #[must_use]
    pub fn version(&self) -> u32 {
        match self {
            Self::Classifier => CLASSIFIER_VERSION,
            Self::RandomConvolution => RANDOM_CONVOLUTION_VERSION,
            Self::Inception2015 { .. }
            | Self::InceptionTorchvision { .. }
            | Self::Vgg16 { .. }
            | Self::Pixels => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        for kind in ExtractorKind::ALL {
            assert_eq!(ExtractorKind::named(kind.name()), Some(kind));
            assert_eq!(kind.layer().is_some(), kind.resize().is_some());
            assert_eq!(kind.resize().is_some(), kind.needs_weights_file());
        }
        assert_eq!(ExtractorKind::named("inception"), None);
        assert_eq!(InceptionLayer::named("768"), Some(InceptionLayer::Pool768));
        assert_eq!(Vgg16Layer::named("fc2-relu"), Some(Vgg16Layer::Fc2Relu));
        assert_eq!(
            InputResize::named("pillow-bicubic"),
            Some(InputResize::PillowBicubic)
        );
        assert_eq!(LogitBias::named("with"), Some(LogitBias::With));
        let inception = ExtractorKind::named("inception-v3-2015").unwrap();
        assert_eq!(
            [inception.layer(), inception.resize(), inception.logit_bias()],
            [Some("2048"), Some("tensorflow-bilinear"), Some("without")]
        );
    }
}
