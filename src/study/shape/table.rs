//! The table of a study file: every key and word, its meaning, its range and its default.
//!
//! The defaults of `base` are the advice of Kurach et al. (2019): the non-saturating loss with spectral
//! normalization, Adam at 2e-4 with 0.5 and 0.999, one discriminator update for each of the generator. Names of
//! later versions stand here too, so that they are refused as what they are and not as a slip of the pen.

use std::ops::Bound::{Excluded, Included, Unbounded};

use super::data::DATA;
use super::{Field, Literal, Presence, Shape, Status, Variant};
use crate::study::device::Device;

pub(super) const fn required(name: &'static str, about: &'static str, shape: Shape) -> Field {
    Field {
        name,
        about,
        presence: Presence::Required,
        shape,
    }
}

pub(super) const fn optional(name: &'static str, about: &'static str, shape: Shape) -> Field {
    Field {
        name,
        about,
        presence: Presence::Optional,
        shape,
    }
}

pub(super) const fn default(name: &'static str, about: &'static str, value: Literal, shape: Shape) -> Field {
    Field {
        name,
        about,
        presence: Presence::Default(value),
        shape,
    }
}

const fn later(name: &'static str, instead: &'static str) -> Field {
    Field {
        name,
        about: instead,
        presence: Presence::Later(instead),
        shape: Shape::Fields(&[]),
    }
}

pub(super) const fn word(name: &'static str, about: &'static str) -> Variant {
    Variant {
        name,
        about,
        fields: &[],
        status: Status::Available,
    }
}

const fn with(name: &'static str, about: &'static str, fields: &'static [Field]) -> Variant {
    Variant {
        name,
        about,
        fields,
        status: Status::Available,
    }
}

pub(super) const fn not_yet(name: &'static str) -> Variant {
    Variant {
        name,
        about: "",
        fields: &[],
        status: Status::Later,
    }
}

pub(super) const fn refused(name: &'static str, why: &'static str) -> Variant {
    Variant {
        name,
        about: why,
        fields: &[],
        status: Status::Refused,
    }
}

pub(super) const fn whole(least: u64, most: u64) -> Shape {
    Shape::Whole { least, most }
}

const POSITIVE: Shape = Shape::Number {
    low: Excluded(0.0),
    high: Unbounded,
};
const DECAY: Shape = Shape::Number {
    low: Included(0.0),
    high: Excluded(1.0),
};
/// The largest integer that every reader of JSON keeps exact.
const LARGEST: u64 = (1 << 53) - 1;

/// A study file.
pub(in crate::study) const STUDY: &[Field] = &[
    optional(
        "study",
        "The name, of a-z, 0-9 and hyphens; the file's name where it is left out.",
        Shape::Name,
    ),
    default(
        "seed",
        "The seed that every random stream of the study starts from.",
        Literal::Whole(1),
        whole(0, LARGEST),
    ),
    required("data", "The images to learn from.", Shape::Fields(DATA)),
    default(
        "convention",
        "The reading of the papers where they and their code differ.",
        Literal::Word("standard"),
        Shape::Choice(&[
            word("standard", "The papers' choices."),
            not_yet("compare-gan"),
            not_yet("miyato"),
        ]),
    ),
    default(
        "device",
        "The device that trains, samples, extracts features and computes distances; data and the extractor's training are the processor's.",
        Literal::Word(Device::CPU),
        Shape::Device {
            words: DEVICES,
            numbered: NUMBERED_DEVICES,
        },
    ),
    required(
        "base",
        "One complete run; what is left out is the paper's advice.",
        Shape::Partial(SETTINGS),
    ),
    optional(
        "matrix",
        "What to vary: lists of values by dotted path into base.",
        Shape::Matrix,
    ),
    default(
        "seeds",
        "Runs of each setting, with the run seeds 1 to this.",
        Literal::Whole(1),
        whole(1, 10_000),
    ),
    default(
        "evaluate",
        "What is measured, and when.",
        Literal::Empty,
        Shape::Fields(EVALUATE),
    ),
    default(
        "keep",
        "Which training states stay once the run has gone on.",
        Literal::Word("last"),
        Shape::Choice(&[
            word("last", "The last one of each run."),
            word(
                "all",
                "Every one, until a study that keeps the last and has the same settings is built.",
            ),
        ]),
    ),
    later("search", "this version runs what `matrix` lists"),
    later(
        "resources",
        "this version shares the processor's cores between the runs by itself",
    ),
];

/// One complete run.
pub(in crate::study) const BASE: Shape = Shape::Fields(SETTINGS);

/// Names that a device can have; that this build can open it, and that it is there, shows when a build begins.
const DEVICES: &[Variant] = &[
    word(Device::CPU, "The processor."),
    word(
        "vulkan",
        "The first GPU with a Vulkan driver; `vulkan:1` is the second, and so on.",
    ),
    word(
        "vulkan:software",
        "The software driver for Vulkan, if one is installed: slow, for tests.",
    ),
    word("cuda", "The first NVIDIA GPU, through CUDA."),
    word("hip", "The first AMD GPU, through HIP."),
    word("metal", "The first GPU of an Apple computer, through Metal."),
    word(
        Device::AUTOMATIC,
        "The first GPU that there is, and the processor where there is none.",
    ),
];

/// Devices of which there can be several: a number behind a colon says which.
const NUMBERED_DEVICES: &[&str] = &["vulkan", "cuda", "hip", "metal"];

const SETTINGS: &[Field] = &[
    default(
        "architecture",
        "The networks.",
        Literal::Empty,
        Shape::Fields(ARCHITECTURE),
    ),
    default(
        "latent",
        "The input of the generator.",
        Literal::Empty,
        Shape::Fields(LATENT),
    ),
    default(
        "loss",
        "The game the two players play.",
        Literal::Word("non-saturating"),
        Shape::Choice(LOSSES),
    ),
    default(
        "discriminator",
        "How the discriminator is held back.",
        Literal::Empty,
        Shape::Fields(DISCRIMINATOR),
    ),
    default(
        "optimizer",
        "How both players learn.",
        Literal::Word("adam"),
        Shape::Choice(OPTIMIZERS),
    ),
    default(
        "batch_size",
        "Images in a batch.",
        Literal::Whole(64),
        whole(2, 65_536),
    ),
    required(
        "steps",
        "Discriminator updates of the whole run.",
        whole(1, LARGEST),
    ),
    required(
        "checkpoint_every",
        "Steps from one checkpoint to the next.",
        whole(1, LARGEST),
    ),
];

const ARCHITECTURE: &[Field] = &[
    default(
        "name",
        "Which pair of networks.",
        Literal::Word("sndcgan"),
        Shape::Choice(&[
            word("sndcgan", "The convolutional pair of Miyato et al. (2018)."),
            not_yet("infogan"),
            not_yet("dcgan"),
            not_yet("resnet-cifar"),
            not_yet("resnet19"),
        ]),
    ),
    default(
        "width",
        "The factor on every hidden layer's channels; 1 is the published network.",
        Literal::Number(1.0),
        Shape::Number {
            low: Excluded(0.0),
            high: Included(4.0),
        },
    ),
];

const LATENT: &[Field] = &[
    default(
        "dimension",
        "Numbers in one latent vector.",
        Literal::Whole(128),
        whole(1, 65_536),
    ),
    default(
        "distribution",
        "What each of them is drawn from.",
        Literal::Word("uniform"),
        Shape::Choice(&[
            word("uniform", "Uniform on [-1, 1]."),
            word("normal", "Standard normal."),
        ]),
    ),
];

const LOSSES: &[Variant] = &[
    word(
        "non-saturating",
        "The non-saturating loss of Goodfellow et al. (2014).",
    ),
    not_yet("minimax"),
    not_yet("least-squares"),
    not_yet("wasserstein"),
    not_yet("hinge"),
];

const DISCRIMINATOR: &[Field] = &[
    default(
        "normalization",
        "The normalization of its layers.",
        Literal::Word("spectral"),
        Shape::Choice(&[
            word("none", "None."),
            word("spectral", "Spectral normalization (Miyato et al. 2018)."),
            refused("batch", "SNDCGAN's discriminator has no batch norm"),
            refused("layer", "SNDCGAN's discriminator has no layer norm"),
        ]),
    ),
    default(
        "penalty",
        "The term added to its loss.",
        Literal::Word("none"),
        Shape::Choice(&[
            word("none", "No term."),
            with(
                "gradient",
                "The gradient penalty (Gulrajani et al. 2017).",
                &[LAMBDA],
            ),
            not_yet("dragan"),
            not_yet("l2"),
        ]),
    ),
    default(
        "steps",
        "Its updates for each update of the generator.",
        Literal::Whole(1),
        whole(1, 1_000),
    ),
];

const LAMBDA: Field = default(
    "lambda",
    "The weight of the penalty.",
    Literal::Number(10.0),
    POSITIVE,
);

const OPTIMIZERS: &[Variant] = &[
    with(
        "adam",
        "Adam (Kingma and Ba 2015), the same for both players.",
        &[
            default("learning_rate", "The step size.", Literal::Number(2e-4), POSITIVE),
            default(
                "beta1",
                "The decay of the first moment.",
                Literal::Number(0.5),
                DECAY,
            ),
            default(
                "beta2",
                "The decay of the second moment.",
                Literal::Number(0.999),
                DECAY,
            ),
        ],
    ),
    not_yet("sgd"),
    not_yet("rmsprop"),
];

const EVALUATE: &[Field] = &[
    optional(
        "extractor",
        "The network whose features the metrics see; classifier where the data has labels, random-convolution elsewhere.",
        Shape::Choice(&[
            word("classifier", "A classifier trained on the data set itself."),
            word(
                "random-convolution",
                "Convolutions of random weights, the same for all studies; needs no labels and knows no classes.",
            ),
            not_yet("inception"),
        ]),
    ),
    default(
        "samples",
        "Generated images for each evaluation.",
        Literal::Whole(10_000),
        whole(1, 10_000_000),
    ),
    optional(
        "metrics",
        "The metrics; fid where left out, and inception-score where the extractor knows classes.",
        Shape::List(&Shape::Choice(&[
            word(
                "fid",
                "Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017).",
            ),
            word("inception-score", "Inception score (Salimans et al. 2016)."),
            not_yet("kid"),
            not_yet("ms-ssim"),
            not_yet("precision-recall"),
        ])),
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
