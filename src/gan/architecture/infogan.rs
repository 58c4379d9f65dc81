//! The networks of InfoGAN (Chen et al. 2016, appendix C.1), which "Are GANs Created Equal?" (Lucic et al. 2018) uses for
//! every data set.

use super::design::{Design, Role, UnitRange};
use crate::gan::{DiscriminatorNormalization, GeneratorNormalization};
use crate::nn::Network;

const SLOPE: f64 = 0.2;

/// Two dense layers, each normalized by unit, and two transposed convolutions.
pub(super) fn generator(
    design: &Design<'_>,
    latent: usize,
    normalization: GeneratorNormalization,
) -> Network {
    let base = design.resolution / 4;
    let hidden = design.hidden(128);
    let x = design.dense(design.latent(latent), "dense1", design.hidden(1024));
    let x = design
        .generator_norm(x, "dense1_norm", normalization)
        .leaky_relu(SLOPE);
    let x = design.dense(x, "dense2", base * base * hidden);
    let x = design
        .generator_norm(x, "dense2_norm", normalization)
        .leaky_relu(SLOPE);
    let x = x.reshape([base, base, hidden]);
    let x = design.transposed(x, "up1", 4, 2 * base, design.hidden(64));
    let x = design
        .generator_norm(x, "up1_norm", normalization)
        .leaky_relu(SLOPE);
    let x = design.transposed(x, "out", 4, 4 * base, design.channels);
    design.in_range(x, UnitRange::Sigmoid).finish()
}

/// Two convolutions and two dense layers; the first and the last are not normalized.
pub(super) fn discriminator(design: &Design<'_>, normalization: DiscriminatorNormalization) -> Network {
    let x = design.convolution(
        design.image(),
        "conv1",
        [4, 2],
        design.hidden(64),
        Role::Convolution,
    );
    let x = design.convolution(
        x.leaky_relu(SLOPE),
        "conv2",
        [4, 2],
        design.hidden(128),
        Role::Convolution,
    );
    let x = design
        .discriminator_norm(x, "conv2_norm", normalization)
        .leaky_relu(SLOPE);
    let x = design.dense(x, "dense1", design.hidden(1024));
    let x = design
        .discriminator_norm(x, "dense1_norm", normalization)
        .leaky_relu(SLOPE);
    design.dense(x, "dense2", 1).finish()
}
