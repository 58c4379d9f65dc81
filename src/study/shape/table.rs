//! The table of a study file: every key and word, its meaning, its range and its default; sections with tables of their
//! own are in the files beside this one.
//!
//! Names of later versions stand here too, so that they are refused as what they are and not as a slip of the pen.

use std::ops::Bound::{Excluded, Included, Unbounded};

use super::convention::SWITCHES;
use super::data::DATA;
use super::settings::SETTINGS;
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

pub(super) const fn with(name: &'static str, about: &'static str, fields: &'static [Field]) -> Variant {
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

pub(super) const POSITIVE: Shape = Shape::Number {
    low: Excluded(0.0),
    high: Unbounded,
};
pub(super) const DECAY: Shape = Shape::Number {
    low: Included(0.0),
    high: Excluded(1.0),
};
/// The largest integer that every reader of JSON keeps exact.
pub(in crate::study) const LARGEST: u64 = (1 << 53) - 1;

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
            with("standard", "The papers' choices.", SWITCHES),
            with("compare-gan", "The choices of Kurach et al.'s code.", SWITCHES),
            with("miyato", "The choices of Miyato et al.'s code.", SWITCHES),
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
    default(
        "precision",
        "What both operands of every matrix product and convolution of training are rounded to, on a GPU; their sums, all else in training, samples and features are in f32.",
        Literal::Word("f32"),
        Shape::Choice(&[
            word("f32", "They are not rounded: 23 bits of fraction."),
            word("tf32", "10 bits of fraction, the range of f32."),
            word("bf16", "7 bits of fraction, the range of f32."),
        ]),
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
