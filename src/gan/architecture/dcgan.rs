//! DCGAN (Radford et al. 2016, figure 1), with the channels of Kurach et al.'s code.

use super::design::{Design, Role, UnitRange};
use crate::gan::{DiscriminatorNormalization, GeneratorNormalization};
use crate::nn::Network;

const SLOPE: f64 = 0.2;
const SIDE: usize = 5;

/// Extents after no to four halvings, each rounded up.
fn halvings(resolution: usize) -> [usize; 5] {
    [1, 2, 4, 8, 16].map(|divisor| resolution.div_ceil(divisor))
}

/// Dense, four transposed convolutions; normalized by channel, also behind the dense layer.
pub(super) fn generator(
    design: &Design<'_>,
    latent: usize,
    normalization: GeneratorNormalization,
) -> Network {
    let [full, half, quarter, eighth, base] = halvings(design.resolution);
    let hidden = design.hidden(512);
    let x = design.dense(design.latent(latent), "dense", base * base * hidden);
    let x = x.reshape([base, base, hidden]);
    let mut x = design
        .generator_norm(x, "dense_norm", normalization)
        .leaky_relu(0.0);
    for (index, (extent, published)) in [(eighth, 256), (quarter, 128), (half, 64)]
        .into_iter()
        .enumerate()
    {
        let name = format!("up{}", index + 1);
        x = design.transposed(x, &name, SIDE, extent, design.hidden(published));
        x = design
            .generator_norm(x, &format!("{name}_norm"), normalization)
            .leaky_relu(0.0);
    }
    let x = design.transposed(x, "out", SIDE, full, design.channels);
    design.in_range(x, UnitRange::HalvedTanh).finish()
}

/// Four convolutions, the first not normalized, and one logit.
pub(super) fn discriminator(design: &Design<'_>, normalization: DiscriminatorNormalization) -> Network {
    let mut x = design.image();
    for (index, published) in [64, 128, 256, 512].into_iter().enumerate() {
        let name = format!("conv{}", index + 1);
        x = design.convolution(x, &name, [SIDE, 2], design.hidden(published), Role::Convolution);
        if index > 0 {
            x = design.discriminator_norm(x, &format!("{name}_norm"), normalization);
        }
        x = x.leaky_relu(SLOPE);
    }
    design.dense(x, "dense", 1).finish()
}
