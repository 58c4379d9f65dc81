//! The words of a study file that are a choice and nothing more, each an enum of plain names.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gan::DiscriminatorNormalization;
use crate::gan::architecture::ArchitectureKind;

/// Defines an enum of plain names: the variants, and the name each has in a study file.
macro_rules! names {
    ($(#[$about:meta])* $type:ident { $($(#[$what:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$what])* #[serde(rename = $name)] $variant,)+
        }

        impl $type {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name in a study file.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

pub(super) use names;

names! {
    /// A network architecture, for either player.
    ArchitectureName {
        /// The networks of InfoGAN (Chen et al. 2016).
        Infogan = "infogan",
        /// DCGAN (Radford et al. 2016).
        Dcgan = "dcgan",
        /// The convolutional networks of Miyato et al. (2018), table 3.
        Sndcgan = "sndcgan",
        /// Residual networks for 32 pixels (Miyato et al. 2018, table 4).
        ResnetCifar = "resnet-cifar",
        /// Residual networks for 128 pixels, with 19 weights in the discriminator (Kurach et al. 2019).
        Resnet19 = "resnet19",
        /// Residual networks for 48 pixels (Miyato et al. 2018, table 5).
        ResnetStl = "resnet-stl",
        /// Residual networks of 35 blocks.
        Resnet107 = "resnet107",
    }
}

impl ArchitectureName {
    /// Returns the architecture of that name.
    pub fn kind(self) -> ArchitectureKind {
        match self {
            Self::Infogan => ArchitectureKind::Infogan,
            Self::Dcgan => ArchitectureKind::Dcgan,
            Self::Sndcgan => ArchitectureKind::Sndcgan,
            Self::ResnetCifar => ArchitectureKind::ResnetCifar,
            Self::Resnet19 => ArchitectureKind::Resnet19,
            Self::ResnetStl => ArchitectureKind::ResnetStl,
            Self::Resnet107 => ArchitectureKind::Resnet107,
        }
    }
}

names! {
    /// What a latent number is drawn from.
    Distribution {
        /// Uniform on [-1, 1].
        Uniform = "uniform",
        /// Standard normal.
        Normal = "normal",
    }
}

names! {
    /// The game the two players play.
    Loss {
        /// The non-saturating loss (Goodfellow et al. 2014, section 3).
        NonSaturating = "non-saturating",
        /// The minimax loss (Goodfellow et al. 2014, equation 1).
        Minimax = "minimax",
        /// The least-squares loss (Mao et al. 2017, equation 9).
        LeastSquares = "least-squares",
        /// The Wasserstein loss (Arjovsky et al. 2017, algorithm 1).
        Wasserstein = "wasserstein",
        /// The hinge loss (Miyato et al. 2018, equations 16 and 17).
        Hinge = "hinge",
    }
}

names! {
    /// The normalization of the discriminator's layers.
    Normalization {
        /// None.
        None = "none",
        /// Batch normalization (Ioffe and Szegedy 2015).
        Batch = "batch",
        /// Layer normalization (Ba et al. 2016).
        Layer = "layer",
        /// Spectral normalization (Miyato et al. 2018, equation 8).
        Spectral = "spectral",
    }
}

impl Normalization {
    /// Returns the normalization of that name.
    pub fn kind(self) -> DiscriminatorNormalization {
        match self {
            Self::None => DiscriminatorNormalization::None,
            Self::Batch => DiscriminatorNormalization::Batch,
            Self::Layer => DiscriminatorNormalization::Layer,
            Self::Spectral => DiscriminatorNormalization::Spectral,
        }
    }
}

names! {
    /// The normalization of the generator's layers.
    GeneratorNormalization {
        /// None.
        None = "none",
        /// Batch normalization (Ioffe and Szegedy 2015).
        Batch = "batch",
        /// Spectral normalization (Miyato et al. 2018, equation 8).
        Spectral = "spectral",
    }
}

names! {
    /// Where DRAGAN's penalty takes the gradient.
    DraganForm {
        /// At real images with noise on every pixel.
        Noise = "noise",
        /// Between real images and such with noise that only adds.
        Interpolated = "interpolated",
    }
}

names! {
    /// The player whose updates a study's steps are.
    StepsOf {
        /// The discriminator.
        Discriminator = "discriminator",
        /// The generator.
        Generator = "generator",
    }
}

names! {
    /// What both operands of every matrix product and convolution of training are rounded to.
    Precision {
        /// They are not rounded.
        F32 = "f32",
        /// 10 bits of fraction.
        Tf32 = "tf32",
        /// 7 bits of fraction.
        Bf16 = "bf16",
    }
}

names! {
    /// How a smaller image reaches the resolution.
    Padding {
        /// Zeros, the same number on every side.
        Zero = "zero",
    }
}

names! {
    /// The real images that generated ones are compared with.
    Against {
        /// The test images.
        Test = "test",
        /// The validation images, which are taken out of the training images.
        Validation = "validation",
    }
}

names! {
    /// Colors of the images of a folder.
    Color {
        /// One channel.
        Gray = "gray",
        /// Red, green and blue.
        Rgb = "rgb",
    }
}

names! {
    /// The filter that brings images of a folder to the resolution.
    ResizeFilter {
        /// The mean of the pixels that a new one covers.
        Box = "box",
        /// A triangle.
        Bilinear = "bilinear",
        /// The cubic of Keys (1981).
        Bicubic = "bicubic",
        /// A windowed sinc of three lobes.
        Lanczos3 = "lanczos3",
    }
}

names! {
    /// What becomes of an image that is not a square.
    Fit {
        /// The largest square in its middle.
        Crop = "crop",
        /// All of it, distorted.
        Stretch = "stretch",
    }
}

names! {
    /// Where the classes of a folder's images come from.
    Labels {
        /// There are none.
        None = "none",
        /// The folder that an image lies in.
        Folder = "folder",
    }
}

names! {
    /// What becomes of images that cannot be decoded.
    Corrupt {
        /// They are an error.
        Refuse = "refuse",
        /// They are left out and counted.
        Skip = "skip",
    }
}

names! {
    /// Which training states outlive the segment that needs them.
    Keep {
        /// The last one of each run.
        Last = "last",
        /// All of them.
        All = "all",
    }
}
