//! Residual networks (Gulrajani et al. 2017, appendix F; Miyato et al. 2018, appendix B.4) in four sizes, with the blocks
//! of Kurach et al.'s code; a convention says where those of Miyato et al.'s code differ.

use super::design::{Design, Role, UnitRange};
use crate::gan::convention::{FirstBlock, HiddenWidth, Shortcut};
use crate::gan::{DiscriminatorNormalization, GeneratorNormalization};
use crate::nn::{Builder, Network};

/// What a block does to the extents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Keep,
    /// Twice in a generator, half in a discriminator.
    Change,
}

/// One block: its published output channels and what it does to the extents.
type Block = (usize, Scale);

const fn changing(published: usize) -> Block {
    (published, Scale::Change)
}

const fn keeping(published: usize) -> Block {
    (published, Scale::Keep)
}

pub(super) fn cifar_generator(design: &Design<'_>, latent: usize, norm: GeneratorNormalization) -> Network {
    let base = [design.resolution / 8; 2];
    generator(design, latent, norm, (base, 256), &[changing(256); 3])
}

pub(super) fn cifar_discriminator(design: &Design<'_>, norm: DiscriminatorNormalization) -> Network {
    let blocks = [changing(128), changing(128), keeping(128), keeping(128)];
    discriminator(design, norm, &blocks)
}

/// Below 128 pixels only as many blocks double the extents as it takes from 4.
pub(super) fn resnet19_generator(
    design: &Design<'_>,
    latent: usize,
    norm: GeneratorNormalization,
) -> Network {
    let doublings = (design.resolution / 4).ilog2() as usize;
    let published = [512, 256, 256, 128, 64];
    let scale = |index| {
        if index < doublings {
            Scale::Change
        } else {
            Scale::Keep
        }
    };
    let blocks = std::array::from_fn::<Block, 5, _>(|index| (published[index], scale(index)));
    generator(design, latent, norm, ([4; 2], 512), &blocks)
}

pub(super) fn resnet19_discriminator(design: &Design<'_>, norm: DiscriminatorNormalization) -> Network {
    discriminator(design, norm, &[64, 128, 256, 256, 512, 512].map(changing))
}

pub(super) fn stl_generator(design: &Design<'_>, latent: usize, norm: GeneratorNormalization) -> Network {
    let base = [design.resolution / 8; 2];
    generator(design, latent, norm, (base, 512), &[256, 128, 64].map(changing))
}

pub(super) fn stl_discriminator(design: &Design<'_>, norm: DiscriminatorNormalization) -> Network {
    let blocks = [
        changing(64),
        changing(128),
        changing(256),
        changing(512),
        keeping(1024),
    ];
    discriminator(design, norm, &blocks)
}

/// Groups of five blocks that keep everything, and between two groups one that changes scale and channels.
fn resnet107_blocks(published: [usize; 6]) -> Vec<Block> {
    let group = |(index, channels): (usize, usize)| {
        let first = (index > 0).then_some(changing(channels));
        first.into_iter().chain([keeping(channels); 5])
    };
    published.into_iter().enumerate().flat_map(group).collect()
}

/// The last block goes into the last convolution as it is.
pub(super) fn resnet107_generator(
    design: &Design<'_>,
    latent: usize,
    norm: GeneratorNormalization,
) -> Network {
    let base = design.resolution / 32;
    let mut x = start(design, latent, ([base; 2], 512));
    for (index, block) in resnet107_blocks([512, 256, 128, 64, 32, 16])
        .into_iter()
        .enumerate()
    {
        x = generator_block(design, x, &format!("block{}", index + 1), block, norm);
    }
    end(design, x)
}

/// One convolution before the blocks; the logit is of all their outputs.
pub(super) fn resnet107_discriminator(design: &Design<'_>, norm: DiscriminatorNormalization) -> Network {
    let mut x = design.convolution(
        design.image(),
        "conv",
        [3, 1],
        design.hidden(16),
        Role::Convolution,
    );
    for (index, block) in resnet107_blocks([16, 32, 64, 128, 256, 512])
        .into_iter()
        .enumerate()
    {
        x = discriminator_block(design, x, &format!("block{}", index + 1), block, (true, norm));
    }
    logit(design, x).finish()
}

fn generator(
    design: &Design<'_>,
    latent: usize,
    norm: GeneratorNormalization,
    base: ([usize; 2], usize),
    blocks: &[Block],
) -> Network {
    let mut x = start(design, latent, base);
    for (index, block) in blocks.iter().enumerate() {
        x = generator_block(design, x, &format!("block{}", index + 1), *block, norm);
    }
    let x = design.generator_norm(x, "out_norm", norm).leaky_relu(0.0);
    end(design, x)
}

/// A dense layer to an image of these extents and published channels.
fn start(design: &Design<'_>, latent: usize, ([h, w], published): ([usize; 2], usize)) -> Builder {
    let hidden = design.hidden(published);
    design
        .dense(design.latent(latent), "dense", h * w * hidden)
        .reshape([h, w, hidden])
}

fn end(design: &Design<'_>, x: Builder) -> Network {
    let x = design.convolution(x, "out", [3, 1], design.channels, Role::Convolution);
    design.in_range(x, UnitRange::Sigmoid).finish()
}

fn discriminator(design: &Design<'_>, norm: DiscriminatorNormalization, blocks: &[Block]) -> Network {
    let mut x = design.image();
    for (index, block) in blocks.iter().enumerate() {
        let name = format!("block{}", index + 1);
        x = match design.convention.first_block {
            FirstBlock::Optimized if index == 0 => optimized_block(design, x, &name, *block, norm),
            FirstBlock::Bare if index == 0 => discriminator_block(design, x, &name, *block, (false, norm)),
            _ => discriminator_block(design, x, &name, *block, (true, norm)),
        };
    }
    let x = x.leaky_relu(0.0).global_pool(design.convention.global_pooling);
    logit(design, x).finish()
}

fn logit(design: &Design<'_>, x: Builder) -> Builder {
    let initial = design.initial(Role::Plain, x.extents().count(), 1);
    x.dense("dense", 1, design.convention.last_bias, initial)
}

/// Two convolutions, each behind a normalization and a rectifier; the first comes after the doubling.
fn generator_block(
    design: &Design<'_>,
    x: Builder,
    name: &str,
    (published, scale): Block,
    norm: GeneratorNormalization,
) -> Builder {
    let outputs = design.hidden(published);
    let inputs = x.extents().channels();
    let upsampled = |x: Builder| match scale {
        Scale::Change => x.upsample(design.convention.unpooling),
        Scale::Keep => x,
    };
    let main = |x: Builder| {
        let x = design
            .generator_norm(x, &format!("{name}.norm1"), norm)
            .leaky_relu(0.0);
        let x = design.convolution(
            upsampled(x),
            &format!("{name}.conv1"),
            [3, 1],
            outputs,
            Role::Block,
        );
        let x = design
            .generator_norm(x, &format!("{name}.norm2"), norm)
            .leaky_relu(0.0);
        design.convolution(x, &format!("{name}.conv2"), [3, 1], outputs, Role::Block)
    };
    let shortcut = |x: Builder| match side_of_shortcut(design, inputs != outputs, scale) {
        Some(side) => {
            let name = format!("{name}.shortcut");
            design.convolution(upsampled(x), &name, [side, 1], outputs, Role::Shortcut)
        }
        None => x,
    };
    x.residual(main, shortcut)
}

/// As the generator's, with the halving last; perhaps without the first normalization and rectifier.
fn discriminator_block(
    design: &Design<'_>,
    x: Builder,
    name: &str,
    (published, scale): Block,
    (is_preactivated, norm): (bool, DiscriminatorNormalization),
) -> Builder {
    let outputs = design.hidden(published);
    let inputs = x.extents().channels();
    let hidden = match design.convention.hidden_width {
        HiddenWidth::Output => outputs,
        HiddenWidth::Input => inputs,
    };
    let main = |x: Builder| {
        let x = if is_preactivated {
            design
                .discriminator_norm(x, &format!("{name}.norm1"), norm)
                .leaky_relu(0.0)
        } else {
            x
        };
        let x = design.convolution(x, &format!("{name}.conv1"), [3, 1], hidden, Role::Block);
        let x = design
            .discriminator_norm(x, &format!("{name}.norm2"), norm)
            .leaky_relu(0.0);
        pooled(
            design.convolution(x, &format!("{name}.conv2"), [3, 1], outputs, Role::Block),
            scale,
        )
    };
    let shortcut = |x: Builder| match side_of_shortcut(design, inputs != outputs, scale) {
        Some(side) => {
            let name = format!("{name}.shortcut");
            pooled(
                design.convolution(x, &name, [side, 1], outputs, Role::Shortcut),
                scale,
            )
        }
        None => x,
    };
    x.residual(main, shortcut)
}

/// The first block of a discriminator (Gulrajani et al. 2017, appendix F): the image is convolved first, not rectified,
/// and the shortcut halves before its convolution.
fn optimized_block(
    design: &Design<'_>,
    x: Builder,
    name: &str,
    (published, scale): Block,
    norm: DiscriminatorNormalization,
) -> Builder {
    let outputs = design.hidden(published);
    let main = |x: Builder| {
        let x = design.convolution(x, &format!("{name}.conv1"), [3, 1], outputs, Role::Block);
        let x = design
            .discriminator_norm(x, &format!("{name}.norm2"), norm)
            .leaky_relu(0.0);
        pooled(
            design.convolution(x, &format!("{name}.conv2"), [3, 1], outputs, Role::Block),
            scale,
        )
    };
    let shortcut = |x: Builder| {
        let name = format!("{name}.shortcut");
        design.convolution(pooled(x, scale), &name, [1, 1], outputs, Role::Shortcut)
    };
    x.residual(main, shortcut)
}

/// The side of the shortcut's filter; none where the shortcut is the block's input itself.
fn side_of_shortcut(design: &Design<'_>, changes_channels: bool, scale: Scale) -> Option<usize> {
    match design.convention.shortcut {
        Shortcut::Always => Some(3),
        Shortcut::WhenNeeded => (changes_channels || scale == Scale::Change).then_some(1),
    }
}

fn pooled(x: Builder, scale: Scale) -> Builder {
    match scale {
        Scale::Change => x.average_pool(),
        Scale::Keep => x,
    }
}
