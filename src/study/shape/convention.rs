//! The table of a convention's switches: each can be set by itself; left out, it is as the convention has it.

use super::table::{DECAY, POSITIVE, optional, word};
use super::{Field, Shape};

/// The switches, named as the columns of the table `runs`.
pub(super) const SWITCHES: &[Field] = &[
    optional(
        "image_range",
        "The range of images as both players see them.",
        Shape::Choice(&[word("symmetric", "[-1, 1]."), word("unit", "[0, 1].")]),
    ),
    optional(
        "unpooling",
        "How residual generators double the extents.",
        Shape::Choice(&[
            word("replicate", "Each pixel is repeated."),
            word("zeros", "Each pixel is followed by zeros."),
        ]),
    ),
    optional(
        "shortcut",
        "The second branch of a residual block.",
        Shape::Choice(&[
            word("always", "A 3x3 convolution."),
            word(
                "when-needed",
                "A 1x1 convolution where extents or channels change, else the input itself.",
            ),
        ]),
    ),
    optional(
        "first_block",
        "The first block of a residual discriminator.",
        Shape::Choice(&[
            word("bare", "As the others, but the image itself is convolved."),
            word(
                "preactivated",
                "As the others: the image is normalized and rectified first.",
            ),
            word(
                "optimized",
                "The image itself is convolved, and the shortcut halves before its 1x1 convolution.",
            ),
        ]),
    ),
    optional(
        "hidden_width",
        "Channels between the two convolutions of a residual discriminator's block.",
        Shape::Choice(&[
            word("output", "As many as come out."),
            word("input", "As many as go in."),
        ]),
    ),
    optional(
        "global_pooling",
        "What becomes of the pixels at the end of a residual discriminator.",
        Shape::Choice(&[word("mean", "Their mean."), word("sum", "Their sum.")]),
    ),
    optional(
        "last_bias",
        "Whether the last layer of a residual discriminator has a bias.",
        Shape::Choice(&[word("with", "It has."), word("without", "It has none.")]),
    ),
    optional(
        "initial_weights",
        "How weights start.",
        Shape::Choice(&[
            word("normal", "Normal with standard deviation 0.02."),
            word(
                "truncated",
                "The same, convolutions cut at two standard deviations.",
            ),
            word("glorot", "Uniform (Glorot and Bengio 2010)."),
        ]),
    ),
    optional(
        "least_squares",
        "What the least-squares loss acts on.",
        Shape::Choice(&[word("logit", "The logit."), word("probability", "Its sigmoid.")]),
    ),
    optional(
        "spectral_vector_side",
        "The side of the weight matrix on which spectral normalization keeps its vector.",
        Shape::Choice(&[
            word("outputs", "Output channels."),
            word("inputs", "The other side: inputs, for each pixel of the filter."),
        ]),
    ),
    optional(
        "spectral_vector_moves",
        "When spectral normalization's vector moves.",
        Shape::Choice(&[
            word("once", "Once in each update of its player."),
            word(
                "every-pass",
                "In every pass through its network, each with weights of its own.",
            ),
        ]),
    ),
    optional(
        "batch_norm_epsilon",
        "Added to the variance in batch normalization.",
        POSITIVE,
    ),
    optional(
        "batch_norm_decay",
        "What running averages keep of themselves at each update.",
        DECAY,
    ),
    optional(
        "batch_norm_moves",
        "When the running averages of the generator's batch normalization move.",
        Shape::Choice(&[
            word("generator-updates", "In the generator's own updates."),
            word(
                "every-pass",
                "In those and when the discriminator is shown images.",
            ),
        ]),
    ),
    optional(
        "batch_norm_variance",
        "The variance that running averages are of.",
        Shape::Choice(&[
            word("unbiased", "With divisor m - 1."),
            word("biased", "With divisor m."),
        ]),
    ),
    optional(
        "layer_norm_epsilon",
        "Added to the variance in layer normalization.",
        POSITIVE,
    ),
    optional(
        "adam_epsilon_place",
        "Where Adam's epsilon is added.",
        Shape::Choice(&[
            word("corrected", "To the root of the corrected second moment."),
            word(
                "uncorrected",
                "To the root of the moment itself, as TensorFlow 1 does.",
            ),
        ]),
    ),
    optional(
        "gradient_penalty_epsilon",
        "Added to the squared length of gradients under the root.",
        POSITIVE,
    ),
    optional(
        "generator_moves",
        "At which of the discriminator's n steps the generator moves.",
        Shape::Choice(&[word("last", "The last."), word("first", "The first.")]),
    ),
    optional(
        "generator_latent",
        "The latents of the generator's update.",
        Shape::Choice(&[
            word("fresh", "Its own."),
            word("shared", "Those of the discriminator's step."),
        ]),
    ),
];

#[cfg(test)]
mod tests {
    use super::super::available;
    use super::*;
    use crate::gan::Convention;

    #[test]
    fn every_switch_of_a_convention_can_be_set_with_the_words_that_it_has() {
        let names: Vec<&str> = SWITCHES.iter().map(|switch| switch.name).collect();
        let switches = Convention::STANDARD.switches();
        assert_eq!(names, switches.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for switch in SWITCHES {
            let words = match switch.shape {
                Shape::Choice(variants) => available(variants),
                _ => Vec::new(),
            };
            let (mut words, mut expected) = (words, Convention::words(switch.name));
            words.sort_unstable();
            expected.sort_unstable();
            assert_eq!(words, expected, "{}", switch.name);
        }
    }
}
