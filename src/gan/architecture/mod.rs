//! Network architectures by name, each as a list of layers. Sizes are those of Kurach et al.'s code (compare_gan).

mod dcgan;
mod design;
mod infogan;
mod resnet;
mod sndcgan;

#[cfg(test)]
mod tests;

use design::Design;

use crate::gan::{Convention, DiscriminatorNormalization, GeneratorNormalization};
use crate::nn::Network;

/// Both networks of one GAN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    /// Which layers the generator has.
    pub generator: ArchitectureKind,
    /// Which layers the discriminator has.
    pub discriminator: ArchitectureKind,
    /// Factor on the number of channels of every hidden layer; 1 is the published size.
    pub width: f64,
    /// Height and width of images, in pixels; one that both kinds have, see [`ArchitectureKind::has_resolution`].
    pub resolution: usize,
    /// Channels of images.
    pub channels: usize,
}

/// An architecture's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArchitectureKind {
    /// The networks of InfoGAN (Chen et al. 2016), as in "Are GANs Created Equal?" (Lucic et al. 2018).
    Infogan,
    /// DCGAN (Radford et al. 2016).
    Dcgan,
    /// The convolutional networks of the spectral normalization paper (Miyato et al. 2018, table 3).
    Sndcgan,
    /// The residual networks for 32 x 32 images (Miyato et al. 2018, table 4).
    ResnetCifar,
    /// The residual networks for 128 x 128 images that Kurach et al. call ResNet19: their code's `resnet5`.
    Resnet19,
    /// The residual networks for 48 x 48 images (Miyato et al. 2018, table 5).
    ResnetStl,
    /// Residual networks of 35 blocks: the code's `resnet107`.
    Resnet107,
}

impl ArchitectureKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Infogan,
        Self::Dcgan,
        Self::Sndcgan,
        Self::ResnetCifar,
        Self::Resnet19,
        Self::ResnetStl,
        Self::Resnet107,
    ];

    /// The resolution that it was published for, in pixels.
    #[must_use]
    pub fn published_resolution(self) -> usize {
        match self {
            Self::Infogan => 28,
            Self::Dcgan => 64,
            Self::Sndcgan | Self::ResnetCifar => 32,
            Self::ResnetStl => 48,
            Self::Resnet19 | Self::Resnet107 => 128,
        }
    }

    /// The channels of images that it was published for.
    #[must_use]
    pub fn published_channels(self) -> usize {
        match self {
            Self::Infogan => 1,
            _ => 3,
        }
    }

    /// The numbers in a latent vector that it was published with.
    #[must_use]
    pub fn published_latent(self) -> usize {
        match self {
            Self::Infogan => 64,
            _ => 128,
        }
    }

    /// Whether it can be built for images of so many pixels on each side.
    #[must_use]
    pub fn has_resolution(self, resolution: usize) -> bool {
        let doublings = |base: usize, most: u32| (0..=most).any(|count| base << count == resolution);
        match self {
            Self::Infogan => resolution >= 4 && resolution.is_multiple_of(4),
            // Four halvings, each rounded up; a doubling must lead back to what was halved.
            Self::Dcgan => resolution >= 16,
            Self::Sndcgan | Self::ResnetCifar | Self::ResnetStl => {
                resolution >= 8 && resolution.is_multiple_of(8)
            }
            Self::Resnet19 => resolution >= 8 && doublings(4, 5),
            Self::Resnet107 => resolution >= 32 && resolution.is_multiple_of(32),
        }
    }

    /// The resolutions of [`Self::has_resolution`] in words.
    #[must_use]
    pub fn resolutions(self) -> &'static str {
        match self {
            Self::Infogan => "multiples of 4",
            Self::Dcgan => "16 and more",
            Self::Sndcgan | Self::ResnetCifar | Self::ResnetStl => "multiples of 8",
            Self::Resnet19 => "8, 16, 32, 64 and 128",
            Self::Resnet107 => "multiples of 32",
        }
    }

    /// The normalizations that its discriminator has a place for.
    #[must_use]
    pub fn discriminator_normalizations(self) -> &'static [DiscriminatorNormalization] {
        use DiscriminatorNormalization::{Batch, Layer, None, Spectral};
        match self {
            Self::Sndcgan => &[None, Spectral],
            Self::Infogan | Self::Dcgan => &[None, Batch, Spectral],
            Self::ResnetCifar | Self::Resnet19 | Self::ResnetStl | Self::Resnet107 => {
                &[None, Batch, Layer, Spectral]
            }
        }
    }

    /// Channels of the narrowest hidden layer of its two networks, at width 1.
    #[must_use]
    pub fn narrowest(self) -> usize {
        match self {
            Self::ResnetCifar => 128,
            Self::Resnet107 => 16,
            Self::Infogan | Self::Dcgan | Self::Sndcgan | Self::Resnet19 | Self::ResnetStl => 64,
        }
    }
}

impl Architecture {
    /// The generator: latents `[n, z]` of this many numbers to images `[n, h, w, c]` in the convention's range.
    ///
    /// # Panics
    /// When the resolution is none of the kind's.
    #[must_use]
    pub fn generator(
        &self,
        latent: usize,
        normalization: GeneratorNormalization,
        convention: &Convention,
    ) -> Network {
        let design = Design::new(self, self.generator, convention);
        match self.generator {
            ArchitectureKind::Infogan => infogan::generator(&design, latent, normalization),
            ArchitectureKind::Dcgan => dcgan::generator(&design, latent, normalization),
            ArchitectureKind::Sndcgan => sndcgan::generator(&design, latent, normalization),
            ArchitectureKind::ResnetCifar => resnet::cifar_generator(&design, latent, normalization),
            ArchitectureKind::Resnet19 => resnet::resnet19_generator(&design, latent, normalization),
            ArchitectureKind::ResnetStl => resnet::stl_generator(&design, latent, normalization),
            ArchitectureKind::Resnet107 => resnet::resnet107_generator(&design, latent, normalization),
        }
    }

    /// The discriminator: images `[n, h, w, c]` in the convention's range to logits `[n, 1]`.
    ///
    /// # Panics
    /// When the resolution is none of the kind's.
    #[must_use]
    pub fn discriminator(
        &self,
        normalization: DiscriminatorNormalization,
        convention: &Convention,
    ) -> Network {
        let design = Design::new(self, self.discriminator, convention);
        match self.discriminator {
            ArchitectureKind::Infogan => infogan::discriminator(&design, normalization),
            ArchitectureKind::Dcgan => dcgan::discriminator(&design, normalization),
            ArchitectureKind::Sndcgan => sndcgan::discriminator(&design),
            ArchitectureKind::ResnetCifar => resnet::cifar_discriminator(&design, normalization),
            ArchitectureKind::Resnet19 => resnet::resnet19_discriminator(&design, normalization),
            ArchitectureKind::ResnetStl => resnet::stl_discriminator(&design, normalization),
            ArchitectureKind::Resnet107 => resnet::resnet107_discriminator(&design, normalization),
        }
    }
}
