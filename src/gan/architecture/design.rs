//! What the layers of an architecture have in common: width, initial weights, normalizations, the range of images.

use super::{Architecture, ArchitectureKind};
use crate::gan::convention::{ImageRange, InitialWeights};
use crate::gan::{Convention, DiscriminatorNormalization, GeneratorNormalization};
use crate::nn::{Builder, Extents, Initial, Layer};

/// Standard deviation of initial weights, where it is a constant (Radford et al. 2016, section 4).
const DEVIATION: f64 = 0.02;

/// One network of an architecture, before its layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Design<'a> {
    pub(super) resolution: usize,
    pub(super) channels: usize,
    pub(super) convention: &'a Convention,
    kind: ArchitectureKind,
    width: f64,
}

/// Where a weight is used: what some conventions make its start depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A dense layer, a transposed convolution, or any layer of SNDCGAN's discriminator.
    Plain,
    /// A convolution outside of residual branches.
    Convolution,
    /// A convolution of a block's main branch.
    Block,
    /// The convolution of a shortcut.
    Shortcut,
}

impl<'a> Design<'a> {
    /// The design of a network of this kind.
    ///
    /// # Panics
    /// When the resolution is none of the kind's.
    pub(super) fn new(
        architecture: &Architecture,
        kind: ArchitectureKind,
        convention: &'a Convention,
    ) -> Self {
        let Architecture {
            width,
            resolution,
            channels,
            ..
        } = *architecture;
        assert!(
            kind.has_resolution(resolution),
            "{kind:?} cannot be built for {resolution} pixels; it can for {}",
            kind.resolutions()
        );
        Self {
            resolution,
            channels,
            convention,
            kind,
            width,
        }
    }

    /// Channels of a hidden layer that has `published` of them at width 1: rounded, at least 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive width times a channel count"
    )]
    pub(super) fn hidden(&self, published: usize) -> usize {
        ((published as f64 * self.width).round() as usize).max(1)
    }

    /// The start of a generator: a latent vector.
    pub(super) fn latent(&self, dimension: usize) -> Builder {
        Builder::new(Extents::Vector(dimension))
    }

    /// The start of a discriminator: an image.
    pub(super) fn image(&self) -> Builder {
        Builder::new(Extents::Image([self.resolution, self.resolution, self.channels]))
    }

    /// How a weight with `inputs` and `outputs` starts; a filter counts each of its pixels.
    pub(super) fn initial(&self, role: Role, inputs: usize, outputs: usize) -> Initial {
        let normal = Initial::Normal { deviation: DEVIATION };
        match (self.convention.initial_weights, role) {
            (InitialWeights::Normal, _) | (InitialWeights::Truncated, Role::Plain) => normal,
            (InitialWeights::Truncated, _) => Initial::TruncatedNormal { deviation: DEVIATION },
            (InitialWeights::Glorot, Role::Block) => {
                Initial::glorot(inputs, outputs, std::f64::consts::SQRT_2)
            }
            (InitialWeights::Glorot, _) => Initial::glorot(inputs, outputs, 1.0),
        }
    }

    /// A dense layer.
    pub(super) fn dense(&self, builder: Builder, name: &str, outputs: usize) -> Builder {
        let initial = self.initial(Role::Plain, builder.extents().count(), outputs);
        builder.dense(name, outputs, true, initial)
    }

    /// A convolution.
    pub(super) fn convolution(
        &self,
        builder: Builder,
        name: &str,
        [side, stride]: [usize; 2],
        outputs: usize,
        role: Role,
    ) -> Builder {
        let inputs = builder.extents().channels();
        let initial = self.initial(role, side * side * inputs, side * side * outputs);
        builder.convolution(name, side, stride, outputs, initial)
    }

    /// A transposed convolution with stride 2, to `extent` pixels on each side.
    pub(super) fn transposed(
        &self,
        builder: Builder,
        name: &str,
        side: usize,
        extent: usize,
        outputs: usize,
    ) -> Builder {
        let inputs = builder.extents().channels();
        let initial = self.initial(Role::Plain, side * side * inputs, side * side * outputs);
        builder.transposed_convolution(name, side, extent, outputs, initial)
    }

    /// The normalization of a generator's layer.
    pub(super) fn generator_norm(
        &self,
        builder: Builder,
        name: &str,
        normalization: GeneratorNormalization,
    ) -> Builder {
        match normalization {
            GeneratorNormalization::Batch => builder.batch_norm(name, self.convention.batch_norm(self.kind)),
            GeneratorNormalization::None | GeneratorNormalization::Spectral => builder,
        }
    }

    /// The normalization of a discriminator's layer.
    pub(super) fn discriminator_norm(
        &self,
        builder: Builder,
        name: &str,
        normalization: DiscriminatorNormalization,
    ) -> Builder {
        match normalization {
            DiscriminatorNormalization::Batch => {
                builder.batch_norm(name, self.convention.batch_norm(self.kind))
            }
            DiscriminatorNormalization::Layer => builder.layer_norm(name, self.convention.layer_norm_epsilon),
            DiscriminatorNormalization::None | DiscriminatorNormalization::Spectral => builder,
        }
    }

    /// The end of a generator: its numbers brought to the range of images, by `unit` where that is [0, 1].
    pub(super) fn in_range(&self, builder: Builder, unit: UnitRange) -> Builder {
        match (self.convention.image_range, unit) {
            (ImageRange::Symmetric, _) => builder.keeping(Layer::Tanh),
            (ImageRange::Unit, UnitRange::Sigmoid) => builder.keeping(Layer::Sigmoid),
            (ImageRange::Unit, UnitRange::HalvedTanh) => {
                let half = Layer::Affine {
                    scale: 0.5,
                    shift: 0.5,
                };
                builder.keeping(Layer::Tanh).keeping(half)
            }
        }
    }
}

/// How a generator whose images are in [0, 1] gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitRange {
    /// By the logistic function.
    Sigmoid,
    /// By `(tanh x + 1) / 2`.
    HalvedTanh,
}
