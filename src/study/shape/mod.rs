//! What a study file may hold, as one table that checking, defaults, suggestions and the JSON Schema all read.
//!
//! [`table`], [`mod@settings`], [`mod@convention`], [`data`] and [`evaluate`] are the table itself, [`mod@check`] and [`scalar`] hold a document against it. Knows no matrix and no run.

mod check;
mod convention;
mod data;
mod evaluate;
mod scalar;
mod settings;
mod table;

use std::ops::Bound;

pub(super) use check::{check, check_document};
pub(super) use evaluate::{EXTRACTORS, METRICS};
pub(super) use scalar::{is_name, words};
pub(super) use table::{BASE, DEVICE, LARGEST, STUDY};

/// What may stand at one place of a study file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A mapping with these keys and no others.
    Fields(&'static [Field]),
    /// As `Fields`, where what is missing is given somewhere else: the base of a matrix.
    Partial(&'static [Field]),
    /// One of these words, or a mapping with one of them as its only key.
    Choice(&'static [Variant]),
    /// A list of different values, not empty.
    List(&'static Shape),
    /// One of these words or a list; a list reads as `{ name: list }`.
    ChoiceOrList {
        choice: &'static [Variant],
        name: &'static str,
        item: &'static Shape,
    },
    /// A whole number, both ends included.
    Whole { least: u64, most: u64 },
    /// A finite number.
    Number { low: Bound<f64>, high: Bound<f64> },
    /// A device: one of these words, or a numbered one with `:` and its number, from 0.
    Device {
        words: &'static [Variant],
        numbered: &'static [&'static str],
    },
    /// A study's name.
    Name,
    /// A folder.
    Folder,
    /// A file.
    File,
    /// The matrix, which has rules of its own.
    Matrix,
}

/// A key of a mapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What it is, in a sentence.
    pub(super) about: &'static str,
    pub(super) presence: Presence,
    pub(super) shape: Shape,
}

/// What happens where a key is missing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presence {
    Required,
    Optional,
    Default(Literal),
    /// The key is known and belongs to a later version; the text says what this version does instead.
    Later(&'static str),
}

/// A default value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literal {
    Word(&'static str),
    Whole(u64),
    Number(f64),
    /// A mapping that is all defaults.
    Empty,
}

/// One of the words of a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub(super) name: &'static str,
    /// What it is, in a sentence; why it cannot be, where it is refused.
    pub(super) about: &'static str,
    /// The fields it has, if any.
    pub(super) fields: &'static [Field],
    pub(super) status: Status,
}

/// Whether a word can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Available,
    /// A known name that is impossible here.
    Refused,
}

impl Shape {
    /// Returns the shape at a dotted path below this one.
    pub(super) fn at(self, path: &str) -> Option<Self> {
        path.split('.').try_fold(self, |shape, key| match shape {
            Self::Fields(fields) | Self::Partial(fields) => fields
                .iter()
                .find(|field| field.name == key)
                .map(|field| field.shape),
            Self::Choice(variants) => variants
                .iter()
                .find(|variant| variant.name == key && !variant.fields.is_empty())
                .map(|variant| Self::Fields(variant.fields)),
            _ => None,
        })
    }

    /// Returns every dotted path below this shape with the shape there, in the order of the table.
    pub(super) fn paths(self) -> Vec<(String, Self)> {
        let mut paths = Vec::new();
        self.collect_paths("", &mut paths);
        paths
    }

    fn collect_paths(self, parent: &str, paths: &mut Vec<(String, Self)>) {
        for (name, shape) in self.children() {
            let path = super::document::join(parent, name);
            paths.push((path.clone(), shape));
            shape.collect_paths(&path, paths);
        }
    }

    fn children(self) -> Vec<(&'static str, Self)> {
        match self {
            Self::Fields(fields) | Self::Partial(fields) => {
                fields.iter().map(|field| (field.name, field.shape)).collect()
            }
            Self::Choice(variants) => variants
                .iter()
                .filter(|variant| !variant.fields.is_empty())
                .map(|variant| (variant.name, Self::Fields(variant.fields)))
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Returns the words of a choice that can be chosen.
pub(super) fn available(variants: &'static [Variant]) -> Vec<&'static str> {
    variants
        .iter()
        .filter(|variant| variant.status == Status::Available)
        .map(|variant| variant.name)
        .collect()
}
