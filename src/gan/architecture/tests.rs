//! Sizes of the published networks, as counted in Kurach et al.'s code.

use super::{Architecture, ArchitectureKind};
use crate::gan::{Convention, DiscriminatorNormalization, GeneratorNormalization};
use crate::nn::{Extents, Network};

/// Architecture, resolution, image channels, latent numbers, parameters of generator and discriminator.
const PUBLISHED: [(ArchitectureKind, usize, usize, usize, usize, usize); 10] = [
    (ArchitectureKind::Infogan, 28, 1, 64, 6_642_241, 6_556_865),
    (ArchitectureKind::Infogan, 32, 3, 64, 8_616_131, 8_524_993),
    (ArchitectureKind::Infogan, 64, 3, 64, 33_855_683, 33_690_817),
    (ArchitectureKind::Dcgan, 64, 3, 128, 5_364_739, 4_314_753),
    (ArchitectureKind::Dcgan, 128, 3, 128, 8_535_043, 4_339_329),
    (ArchitectureKind::Sndcgan, 32, 3, 128, 3_828_739, 5_860_865),
    (ArchitectureKind::Sndcgan, 128, 3, 128, 19_926_019, 5_983_745),
    (ArchitectureKind::ResnetCifar, 32, 3, 128, 5_849_603, 1_483_137),
    (ArchitectureKind::Resnet19, 128, 3, 128, 13_786_115, 15_086_529),
    (ArchitectureKind::ResnetStl, 48, 3, 128, 6_254_339, 25_114_817),
];

fn networks(
    kind: ArchitectureKind,
    [resolution, channels, latent]: [usize; 3],
    normalization: DiscriminatorNormalization,
    convention: &Convention,
) -> [Network; 2] {
    let architecture = Architecture {
        generator: kind,
        discriminator: kind,
        width: 1.0,
        resolution,
        channels,
    };
    [
        architecture.generator(latent, GeneratorNormalization::Batch, convention),
        architecture.discriminator(normalization, convention),
    ]
}

#[test]
fn the_published_sizes_have_the_published_numbers_of_parameters() {
    for (kind, resolution, channels, latent, generator, discriminator) in PUBLISHED {
        for convention in [Convention::STANDARD, Convention::COMPARE_GAN] {
            let extents = [resolution, channels, latent];
            let networks = networks(kind, extents, DiscriminatorNormalization::None, &convention);
            let counts = networks.each_ref().map(Network::parameters);
            assert_eq!(counts, [generator, discriminator], "{kind:?} at {resolution}");
        }
    }
}

#[test]
fn normalization_in_the_discriminator_adds_a_factor_and_a_summand_for_each_channel() {
    use DiscriminatorNormalization::{Batch, Layer, None};
    for (kind, resolution, more) in [
        (ArchitectureKind::ResnetCifar, 32, 1798),
        (ArchitectureKind::Resnet19, 128, 5894),
    ] {
        for normalization in [Batch, Layer] {
            let count = |normalization| {
                let extents = [resolution, 3, 128];
                let [_, network] = networks(kind, extents, normalization, &Convention::COMPARE_GAN);
                network.parameters()
            };
            assert_eq!(
                count(normalization) - count(None),
                more,
                "{kind:?} {normalization:?}"
            );
        }
    }
}

#[test]
fn discriminators_have_as_many_weights_as_their_names_say() {
    let weights = |kind: ArchitectureKind| {
        let extents = [kind.published_resolution(), 3, 128];
        let [_, network] = networks(
            kind,
            extents,
            DiscriminatorNormalization::None,
            &Convention::STANDARD,
        );
        network.weighted().len()
    };
    let counted = ArchitectureKind::ALL.map(weights);
    assert_eq!(counted, [4, 5, 8, 13, 19, 16, 107]);
}

#[test]
fn every_architecture_makes_images_and_judges_them_at_every_resolution_it_names() {
    for kind in ArchitectureKind::ALL {
        for resolution in (1..=130).filter(|resolution| kind.has_resolution(*resolution)) {
            for convention in [Convention::STANDARD, Convention::COMPARE_GAN, Convention::MIYATO] {
                let extents = [resolution, 3, 16];
                let [generator, discriminator] =
                    networks(kind, extents, DiscriminatorNormalization::None, &convention);
                let image = Extents::Image([resolution, resolution, 3]);
                assert_eq!(generator.output(), image, "{kind:?}");
                assert_eq!(discriminator.input(), image, "{kind:?}");
                assert_eq!(discriminator.output(), Extents::Vector(1), "{kind:?}");
            }
        }
    }
}

#[test]
fn the_narrowest_layer_is_as_wide_as_it_says() {
    for kind in ArchitectureKind::ALL {
        let extents = [kind.published_resolution(), 3, 128];
        let networks = networks(
            kind,
            extents,
            DiscriminatorNormalization::None,
            &Convention::STANDARD,
        );
        let narrowest = networks.iter().flat_map(Network::weighted).flat_map(|layer| {
            let hidden = layer.weight.iter().copied().rev().take(2);
            hidden
                .filter(|channels| ![1, 3].contains(channels))
                .collect::<Vec<_>>()
        });
        assert_eq!(narrowest.min(), Some(kind.narrowest()), "{kind:?}");
    }
}
