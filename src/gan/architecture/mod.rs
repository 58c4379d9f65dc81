//! Network architectures by name. A network lists its arrays and computes; it holds none itself.

mod sndcgan;

use crate::autograd::Variable;
use crate::nn::{Bound, Normalizing, Specification};

/// Both networks of one GAN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    /// Which layers.
    pub kind: ArchitectureKind,
    /// Factor on the number of channels of every hidden layer; 1 is the published size.
    pub width: f64,
    /// Height and width of images, in pixels.
    pub resolution: usize,
    /// Channels of images.
    pub channels: usize,
}

/// An architecture's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchitectureKind {
    /// The convolutional networks of the spectral normalization paper (Miyato et al. 2018, table 3).
    Sndcgan,
}

/// A network that makes images from latents.
pub trait Generator: Send + Sync {
    /// Its weights.
    fn weights(&self) -> Vec<Specification>;
    /// Its running averages.
    fn averages(&self) -> Vec<Specification>;
    /// Latents `[n, z]` to images `[n, h, w, c]` in [-1, 1].
    fn forward(&self, latent: &Variable, bound: &Bound, normalizing: &mut Normalizing<'_>) -> Variable;
}

/// A network that tells real images from generated ones.
pub trait Discriminator: Send + Sync {
    /// Its weights.
    fn weights(&self) -> Vec<Specification>;
    /// The layers with a weight, first to last, and each one's number of outputs.
    fn layers(&self) -> Vec<(&'static str, usize)>;
    /// Images `[n, h, w, c]` in [-1, 1] to logits `[n, 1]`.
    fn forward(&self, images: &Variable, bound: &Bound) -> Variable;
}

impl Architecture {
    /// The generator, for latents of this many numbers.
    #[must_use]
    pub fn generator(&self, latent: usize, batch_norm: crate::nn::BatchNorm) -> Box<dyn Generator> {
        match self.kind {
            ArchitectureKind::Sndcgan => Box::new(sndcgan::SndcganGenerator::new(*self, latent, batch_norm)),
        }
    }

    /// The discriminator.
    #[must_use]
    pub fn discriminator(&self) -> Box<dyn Discriminator> {
        match self.kind {
            ArchitectureKind::Sndcgan => Box::new(sndcgan::SndcganDiscriminator::new(*self)),
        }
    }

    /// Channels of a hidden layer that has `published` of them at width 1: rounded, at least 1.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive width times a channel count"
    )]
    pub fn hidden_channels(&self, published: usize) -> usize {
        ((published as f64 * self.width).round() as usize).max(1)
    }
}
