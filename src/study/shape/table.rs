//! The table of a study file: every key and word, its meaning, its range and its default; sections with tables of their
//! own are in the files beside this one.
//!
//! Keys of later versions stand here too, so that they are refused as what they are and not as a slip of the pen.

use std::ops::Bound::{Excluded, Included, Unbounded};

use super::convention::SWITCHES;
use super::data::DATA;
use super::evaluate::EVALUATE;
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

/// A device.
pub(in crate::study) const DEVICE: Shape = Shape::Device {
    words: DEVICES,
    numbered: NUMBERED_DEVICES,
};

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
        DEVICE,
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
