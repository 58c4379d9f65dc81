//! SNDCGAN, the convolutional networks of the spectral normalization paper (Miyato et al. 2018, table 3), with the
//! discriminator's channels as in the authors' released code, which the comparison of Kurach et al. follows too.

use super::design::{Design, Role, UnitRange};
use crate::gan::GeneratorNormalization;
use crate::gan::convention::ImageRange;
use crate::nn::{Layer, Network};

/// Slope of the discriminator's leaky rectifiers.
const SLOPE: f64 = 0.1;

/// Dense to an eighth of the extents, three transposed convolutions, one convolution; normalized by unit behind the dense
/// layer and by channel behind the others.
pub(super) fn generator(
    design: &Design<'_>,
    latent: usize,
    normalization: GeneratorNormalization,
) -> Network {
    let base = design.resolution / 8;
    let hidden = design.hidden(512);
    let x = design.dense(design.latent(latent), "dense", base * base * hidden);
    let x = design
        .generator_norm(x, "dense_norm", normalization)
        .leaky_relu(0.0);
    let mut x = x.reshape([base, base, hidden]);
    for (index, published) in [256, 128, 64].into_iter().enumerate() {
        let name = format!("up{}", index + 1);
        x = design.transposed(x, &name, 4, base << (index + 1), design.hidden(published));
        x = design
            .generator_norm(x, &format!("{name}_norm"), normalization)
            .leaky_relu(0.0);
    }
    let x = design.convolution(x, "out", [3, 1], design.channels, Role::Convolution);
    design.in_range(x, UnitRange::HalvedTanh).finish()
}

/// Filter side, stride and published output channels.
const CONVOLUTIONS: [(usize, usize, usize); 7] = [
    (3, 1, 64),
    (4, 2, 128),
    (3, 1, 128),
    (4, 2, 256),
    (3, 1, 256),
    (4, 2, 512),
    (3, 1, 512),
];

/// Seven convolutions with leaky rectifiers, three of them halving the extents, then one logit; images in [0, 1] are
/// brought to [-1, 1] first.
pub(super) fn discriminator(design: &Design<'_>) -> Network {
    let mut x = design.image();
    if design.convention.image_range == ImageRange::Unit {
        x = x.keeping(Layer::Affine {
            scale: 2.0,
            shift: -1.0,
        });
    }
    for (index, (side, stride, published)) in CONVOLUTIONS.into_iter().enumerate() {
        let name = format!("conv{}", index + 1);
        x = design
            .convolution(x, &name, [side, stride], design.hidden(published), Role::Plain)
            .leaky_relu(SLOPE);
    }
    design.dense(x, "dense", 1).finish()
}
