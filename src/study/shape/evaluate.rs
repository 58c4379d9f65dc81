//! The section `evaluate` of the table: extractors, metrics with their settings, and when they are measured.
//!
//! A metric that is named alone is measured as its publication does, but for the Inception score, whose splits are in
//! the words of its key.

use std::ops::Bound::Excluded;

use super::table::{LARGEST, default, optional, refused, required, whole, with, word};
use super::{Field, Literal, Shape, Variant};

/// The most images, pairs and the like of a setting.
const MANY: u64 = 10_000_000;

const SEED: Shape = whole(0, LARGEST);

pub(super) const EVALUATE: &[Field] = &[
    optional(
        "extractor",
        "The network whose features the metrics see; classifier where the data has labels, random-convolution elsewhere.",
        Shape::Choice(EXTRACTORS),
    ),
    optional(
        "weights",
        "The published file that holds the extractor's weights; left out, the one that `gan-pipe weights import` has put away.",
        Shape::File,
    ),
    default(
        "samples",
        "Generated images for each evaluation.",
        Literal::Whole(10_000),
        whole(1, MANY),
    ),
    optional(
        "metrics",
        "The metrics; fid where left out, and inception-score where the extractor knows classes.",
        Shape::List(&Shape::Choice(METRICS)),
    ),
    optional(
        "bootstrap",
        "Intervals of the metrics that can have them (fid, and inception-score without splits), from images that are drawn again; left out, there are none.",
        Shape::Fields(&[
            required(
                "resamples",
                "How often images are drawn again.",
                whole(20, 100_000),
            ),
            default(
                "level",
                "The share of the resamples' values within the interval.",
                Literal::Number(0.95),
                Shape::Number {
                    low: Excluded(0.0),
                    high: Excluded(1.0),
                },
            ),
            default("seed", "The seed of what is drawn.", Literal::Whole(0), SEED),
        ]),
    ),
    default(
        "against",
        "The real images that generated ones are compared with.",
        Literal::Word("test"),
        Shape::Choice(&[
            word("test", "The test images."),
            word(
                "validation",
                "The images that data.validation takes out of the training images.",
            ),
        ]),
    ),
    default(
        "at",
        "The checkpoints to evaluate: all, last, or a list of steps.",
        Literal::Word("all"),
        Shape::ChoiceOrList {
            choice: &[
                word("all", "Every checkpoint, step 0 included."),
                word("last", "The last step alone."),
            ],
            name: "steps",
            item: &whole(0, LARGEST),
        },
    ),
];

pub(in crate::study) const EXTRACTORS: &[Variant] = &[
    word("classifier", "A classifier trained on the data set itself."),
    word(
        "random-convolution",
        "Convolutions of random weights, the same for all studies; needs no labels and knows no classes.",
    ),
    with(
        "inception-v3-2015",
        "The network of 2015 that FID and the Inception score of publications are of; needs its weights file.",
        &[INCEPTION_LAYER, TENSORFLOW_RESIZE, LOGIT_BIAS],
    ),
    with(
        "inception-v3-torchvision",
        "Inception-v3 as torchvision has it; needs its weights file.",
        &[INCEPTION_LAYER, TORCH_RESIZE],
    ),
    with(
        "vgg16",
        "VGG-16, whose features precision and recall of publications are of; needs its weights file, and knows no classes.",
        &[VGG16_LAYER, TENSORFLOW_RESIZE],
    ),
    word("pixels", "The pixels themselves, from 0 to 1; knows no classes."),
    refused(
        "inception",
        "there are two networks of the name inception, and their numbers differ",
    ),
];

const INCEPTION_LAYER: Field = default(
    "layer",
    "Where features are taken.",
    Literal::Word("2048"),
    Shape::Choice(&[
        word("64", "After the first max pool, averaged over pixels."),
        word("192", "After the second max pool, averaged over pixels."),
        word("768", "Before the auxiliary classifier, averaged over pixels."),
        word("2048", "The last average pool."),
        word("logits", "The class scores."),
    ]),
);

const VGG16_LAYER: Field = default(
    "layer",
    "Where features are taken.",
    Literal::Word("fc2-relu"),
    Shape::Choice(&[
        word("fc2", "The second dense layer, 4096 numbers."),
        word("fc2-relu", "The same without its negative numbers."),
    ]),
);

const RESIZES: &[Variant] = &[
    word(
        "tensorflow-bilinear",
        "As TensorFlow 1 and torch-fidelity do: pixels are counted from their corners.",
    ),
    word(
        "torch-bilinear",
        "As PyTorch's interpolate and pytorch-fid do: pixels are counted from their middles.",
    ),
    word(
        "torch-antialias",
        "As torchmetrics does: the same, with a wider filter where images shrink.",
    ),
    word(
        "pillow-bicubic",
        "As clean-fid does: bicubic, one channel after the other, not rounded.",
    ),
];

const TENSORFLOW_RESIZE: Field = default(
    "resize",
    "How images reach the network's extents.",
    Literal::Word("tensorflow-bilinear"),
    Shape::Choice(RESIZES),
);

const TORCH_RESIZE: Field = default(
    "resize",
    "How images reach the network's extents.",
    Literal::Word("torch-bilinear"),
    Shape::Choice(RESIZES),
);

const LOGIT_BIAS: Field = default(
    "logit_bias",
    "Whether class scores have their bias.",
    Literal::Word("without"),
    Shape::Choice(&[
        word("without", "As in the first publication, and torch-fidelity."),
        word("with", "As in StudioGAN."),
    ]),
);

pub(in crate::study) const METRICS: &[Variant] = &[
    word(
        "fid",
        "Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017).",
    ),
    with(
        "fid-infinity",
        "What FID tends to with the number of images: a line over 1/n (Chong and Forsyth 2020).",
        &[
            default(
                "points",
                "Numbers of images that the line is fitted to.",
                Literal::Whole(15),
                whole(3, 1000),
            ),
            default(
                "smallest",
                "The smallest of them; half of the images where these are fewer than twice as many.",
                Literal::Whole(5000),
                whole(2, MANY),
            ),
            default(
                "seed",
                "The seed of the choice of images.",
                Literal::Whole(0),
                SEED,
            ),
        ],
    ),
    word(
        "kid",
        "Squared maximum mean discrepancy with a cubic kernel, over all pairs (Binkowski et al. 2018).",
    ),
    with(
        "kid-subsets",
        "The mean of it over subsets, as most programs compute it.",
        &[
            default(
                "subsets",
                "How many subsets.",
                Literal::Whole(100),
                whole(2, 100_000),
            ),
            default("size", "Images in each.", Literal::Whole(1000), whole(2, MANY)),
            default("seed", "The seed of their choice.", Literal::Whole(0), SEED),
        ],
    ),
    with(
        "inception-score",
        "Inception score (Salimans et al. 2016).",
        &[
            default(
                "splits",
                "Parts that it is averaged over; publications mostly have 10, of 50,000 images.",
                Literal::Whole(1),
                whole(1, 100_000),
            ),
            optional(
                "shuffle",
                "The seed by which images are shuffled before they are split; left out, they stay in their order.",
                SEED,
            ),
            default(
                "divisor",
                "Of the variance over the parts.",
                Literal::Word("population"),
                Shape::Choice(&[
                    word("population", "Their count, as NumPy does."),
                    word("sample", "One less, as PyTorch does."),
                ]),
            ),
        ],
    ),
    with(
        "ms-ssim",
        "Similarity of pairs of generated images at five scales: low is diverse (Odena et al. 2017).",
        &[
            default(
                "form",
                "What becomes of the filter of 11 pixels where images are small.",
                Literal::Word("shrinking-filter"),
                Shape::Choice(&[
                    word(
                        "shrinking-filter",
                        "It is cut to them, as in Kurach et al.'s code.",
                    ),
                    word(
                        "shrinking-width",
                        "It shrinks with its width, as in Karras et al.'s code and MMGeneration.",
                    ),
                    word("standard", "It stays, as in pytorch-msssim; needs 161 pixels."),
                ]),
            ),
            default(
                "pairs",
                "The most pairs; all where there are fewer.",
                Literal::Whole(10_000),
                whole(1, MANY),
            ),
            default("seed", "The seed of their choice.", Literal::Whole(0), SEED),
        ],
    ),
    with(
        "precision-recall",
        "Shares of generated images near real ones, and of real images near generated ones (Kynkäänniemi et al. 2019).",
        &[default(
            "k",
            "Which neighbour is near.",
            Literal::Whole(3),
            whole(1, 1000),
        )],
    ),
    with(
        "density-coverage",
        "How many real neighbourhoods hold a generated image, and the share that hold one (Naeem et al. 2020).",
        &[default(
            "k",
            "Which neighbour is near.",
            Literal::Whole(5),
            whole(1, 1000),
        )],
    ),
    with(
        "prd",
        "Precision and recall of distributions: F of beta 8 and 1/8, of as many generated images as there are real ones (Sajjadi et al. 2018).",
        &[
            default(
                "clusters",
                "Clusters of the features.",
                Literal::Whole(20),
                whole(2, 10_000),
            ),
            default(
                "angles",
                "Slopes of the curve.",
                Literal::Whole(1001),
                whole(3, 1_000_000),
            ),
            default(
                "runs",
                "Clusterings that are averaged.",
                Literal::Whole(10),
                whole(1, 1000),
            ),
            default("seed", "The seed of the clusterings.", Literal::Whole(0), SEED),
        ],
    ),
    word(
        "memorization",
        "How much nearer generated images lie to training images than test images do.",
    ),
    with(
        "jacobian",
        "Condition of the generator's Jacobian (Odena et al. 2018).",
        &[default(
            "latents",
            "Latent vectors that it is taken at.",
            Literal::Whole(64),
            whole(1, 100_000),
        )],
    ),
    with(
        "discriminator-accuracy",
        "Shares of training, test and generated images that the discriminator takes for what they are.",
        &[default(
            "images",
            "The most images of each kind.",
            Literal::Whole(10_000),
            whole(1, MANY),
        )],
    ),
];
