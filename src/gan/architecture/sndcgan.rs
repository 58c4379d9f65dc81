//! SNDCGAN, the convolutional networks of the spectral normalization paper (Miyato et al. 2018, table 3), with the
//! discriminator's channels as in the authors' released code, which the comparison of Kurach et al. follows too.

use gan_kernels::convolution::Geometry;

use super::{Architecture, Discriminator, Generator};
use crate::autograd::Variable;
use crate::nn::{
    BatchNorm, Bound, Initial, Normalizing, Specification, convolution, dense, transposed_convolution,
};

/// Standard deviation of every initial weight.
const INITIAL: Initial = Initial::Normal { deviation: 0.02 };

/// Slope of the discriminator's leaky rectifiers.
const SLOPE: f64 = 0.1;

/// Halvings of the image in the discriminator, doublings in the generator.
const SCALES: usize = 3;

fn weight_and_bias(name: &str, weight: &[usize], outputs: usize) -> [Specification; 2] {
    [
        Specification::new(format!("{name}.weight"), weight, INITIAL),
        Specification::new(format!("{name}.bias"), [outputs], Initial::Constant(0.0)),
    ]
}

/// Dense to an eighth of the extents, three transposed convolutions, one convolution, tanh; batch normalization and a
/// rectifier in between, by unit after the dense layer and by channel after the others.
pub(super) struct SndcganGenerator {
    latent: usize,
    channels: usize,
    /// Height and width before the first doubling.
    base: usize,
    /// Channels before each doubling and after the last.
    hidden: [usize; SCALES + 1],
    batch_norm: BatchNorm,
}

const UPSAMPLING: [&str; SCALES] = ["up1", "up2", "up3"];

impl SndcganGenerator {
    pub(super) fn new(architecture: Architecture, latent: usize, batch_norm: BatchNorm) -> Self {
        Self {
            latent,
            channels: architecture.channels,
            base: architecture.resolution >> SCALES,
            hidden: [512, 256, 128, 64].map(|published| architecture.hidden_channels(published)),
            batch_norm,
        }
    }

    fn dense_units(&self) -> usize {
        self.base * self.base * self.hidden[0]
    }

    fn normalizations(&self) -> impl Iterator<Item = (String, usize)> {
        let up = UPSAMPLING.iter().zip(&self.hidden[1..]);
        let up = up.map(|(name, &channels)| (format!("{name}_norm"), channels));
        std::iter::once(("dense_norm".to_owned(), self.dense_units())).chain(up)
    }
}

impl Generator for SndcganGenerator {
    fn weights(&self) -> Vec<Specification> {
        let units = self.dense_units();
        let mut all = Vec::from(weight_and_bias("dense", &[self.latent, units], units));
        for (name, channels) in UPSAMPLING.iter().zip(self.hidden.windows(2)) {
            all.extend(weight_and_bias(
                name,
                &[4, 4, channels[1], channels[0]],
                channels[1],
            ));
        }
        all.extend(weight_and_bias(
            "out",
            &[3, 3, self.hidden[SCALES], self.channels],
            self.channels,
        ));
        all.extend(
            self.normalizations()
                .flat_map(|(name, channels)| BatchNorm::weights(&name, channels)),
        );
        all
    }

    fn averages(&self) -> Vec<Specification> {
        self.normalizations()
            .flat_map(|(name, channels)| BatchNorm::averages(&name, channels))
            .collect()
    }

    fn forward(&self, latent: &Variable, bound: &Bound, normalizing: &mut Normalizing<'_>) -> Variable {
        let [n, _] = latent.shape().two();
        let mut extent = self.base;
        let x = dense(latent, bound, "dense");
        let x = self.batch_norm.apply(&x, bound, "dense_norm", normalizing).relu();
        let mut x = x.reshape([n, extent, extent, self.hidden[0]]);
        for name in UPSAMPLING {
            extent *= 2;
            x = transposed_convolution(&x, bound, name, Geometry::square(2, 1), [extent; 2]); // [n, 2 h, 2 w, c]
            x = self
                .batch_norm
                .apply(&x, bound, &format!("{name}_norm"), normalizing)
                .relu();
        }
        convolution(&x, bound, "out", Geometry::square(1, 1), None).tanh()
    }
}

/// Seven convolutions with leaky rectifiers, three of them halving the extents, then one logit.
pub(super) struct SndcganDiscriminator {
    channels: usize,
    /// Height and width after the last halving.
    base: usize,
    hidden: [usize; CONVOLUTIONS.len()],
}

/// Name, filter side, stride and published output channels.
const CONVOLUTIONS: [(&str, usize, usize, usize); 7] = [
    ("conv1", 3, 1, 64),
    ("conv2", 4, 2, 128),
    ("conv3", 3, 1, 128),
    ("conv4", 4, 2, 256),
    ("conv5", 3, 1, 256),
    ("conv6", 4, 2, 512),
    ("conv7", 3, 1, 512),
];

impl SndcganDiscriminator {
    pub(super) fn new(architecture: Architecture) -> Self {
        Self {
            channels: architecture.channels,
            base: architecture.resolution >> SCALES,
            hidden: CONVOLUTIONS.map(|(_, _, _, published)| architecture.hidden_channels(published)),
        }
    }

    fn features(&self) -> usize {
        self.base * self.base * self.hidden[CONVOLUTIONS.len() - 1]
    }
}

impl Discriminator for SndcganDiscriminator {
    fn weights(&self) -> Vec<Specification> {
        let mut all = Vec::new();
        let mut inputs = self.channels;
        for ((name, side, _, _), outputs) in CONVOLUTIONS.into_iter().zip(self.hidden) {
            all.extend(weight_and_bias(name, &[side, side, inputs, outputs], outputs));
            inputs = outputs;
        }
        all.extend(weight_and_bias("dense", &[self.features(), 1], 1));
        all
    }

    fn layers(&self) -> Vec<(&'static str, usize)> {
        let convolutions = CONVOLUTIONS
            .iter()
            .zip(self.hidden)
            .map(|(&(name, ..), outputs)| (name, outputs));
        convolutions.chain([("dense", 1)]).collect()
    }

    fn forward(&self, images: &Variable, bound: &Bound) -> Variable {
        let [n, _, _, _] = images.shape().four();
        let mut x = images.clone();
        for (name, _, stride, _) in CONVOLUTIONS {
            x = convolution(&x, bound, name, Geometry::square(stride, 1), Some(SLOPE));
        }
        dense(&x.reshape([n, self.features()]), bound, "dense")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Convention;
    use crate::gan::architecture::ArchitectureKind;

    fn count(specifications: &[Specification]) -> usize {
        specifications
            .iter()
            .map(|specification| specification.shape.count())
            .sum()
    }

    #[test]
    fn the_published_sizes_have_the_published_numbers_of_weights() {
        let published = |resolution| Architecture {
            kind: ArchitectureKind::Sndcgan,
            width: 1.0,
            resolution,
            channels: 3,
        };
        for (resolution, generator, discriminator) in
            [(32, 3_828_739, 5_860_865), (128, 19_926_019, 5_983_745)]
        {
            let architecture = published(resolution);
            let batch_norm = Convention::STANDARD.batch_norm;
            assert_eq!(
                count(&architecture.generator(128, batch_norm).weights()),
                generator
            );
            assert_eq!(count(&architecture.discriminator().weights()), discriminator);
        }
    }
}
