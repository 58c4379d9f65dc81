//! The parts of a side: each is looked at, and cached, by itself, and a metric puts them together.
//!
//! Features stand one after the other in the order in which the parts were named. Statistics are merged, so that of a
//! reference in many parts no more than a mean and a second moment are in memory.

use gan_pipeline::{Blame, StageContext, StageFailure};

use super::Side;
use crate::extractor::Features;
use crate::metrics::SufficientStatistics;
use crate::stages::images_file::features_from_bytes;
use crate::stages::statistics::statistics_from_bytes;
use crate::study::Metric;

/// The input of a metric that is a side's first part, or the whole side: as in a study.
pub(super) fn input_of(side: Side) -> &'static str {
    match side {
        Side::Reference => "reference",
        Side::Generated => "samples",
    }
}

/// The name of what belongs to a part, from 0; that of the first part is the name alone.
pub(super) fn input_name(name: &str, part: usize) -> String {
    match part {
        0 => name.to_owned(),
        _ => format!("{name}-{}", part + 1),
    }
}

/// What a part is called after, in the names of its stages: nothing where a side is one.
pub(super) fn ordinal(part: usize, parts: usize) -> String {
    match parts {
        1 => String::new(),
        _ => format!(", part {} of {parts}", part + 1),
    }
}

/// What of the features of a part a metric looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The features themselves.
    Features,
    /// What is known of classes.
    Classes,
}

impl Wanted {
    pub(super) fn by(metric: Metric) -> Self {
        match metric.needs_classes() {
            true => Self::Classes,
            false => Self::Features,
        }
    }

    /// Leaves out what is not wanted.
    fn of(self, features: Features) -> Features {
        match self {
            Self::Features => Features {
                classes: 0,
                probabilities: Vec::new(),
                logits: Vec::new(),
                ..features
            },
            Self::Classes => Features {
                dimension: 0,
                features: Vec::new(),
                ..features
            },
        }
    }
}

/// Reads what is wanted of the features of all parts.
pub(super) fn joined_features(
    context: &mut StageContext<'_>,
    side: Side,
    parts: usize,
    wanted: Wanted,
) -> Result<Features, StageFailure> {
    let mut read = |part| {
        let features = features_from_bytes(&context.input(&input_name(input_of(side), part))?)?;
        Ok::<_, StageFailure>(wanted.of(features))
    };
    let mut whole = read(0)?;
    for part in 1..parts {
        let next = read(part)?;
        let (found, expected) = match wanted {
            Wanted::Features => (next.dimension, whole.dimension),
            Wanted::Classes => (next.classes, whole.classes),
        };
        if found != expected {
            return Err(unlike(side, part, wanted, [found, expected]));
        }
        whole.count += next.count;
        for (all, more) in [
            (&mut whole.features, next.features),
            (&mut whole.probabilities, next.probabilities),
            (&mut whole.logits, next.logits),
        ] {
            all.reserve_exact(more.len());
            all.extend(more);
        }
    }
    Ok(whole)
}

/// Reads the statistics of all parts and merges them, from the first on.
pub(super) fn merged_statistics(
    context: &mut StageContext<'_>,
    side: Side,
    parts: usize,
) -> Result<SufficientStatistics, StageFailure> {
    let mut read = |part| {
        let bytes = context.input(&input_name(input_of(side), part))?;
        Ok::<_, StageFailure>(statistics_from_bytes(&bytes)?)
    };
    let mut whole = read(0)?;
    for part in 1..parts {
        let next = read(part)?;
        let dimensions = [next.dimension(), whole.dimension()];
        let merged = whole.merge(&next);
        whole = merged.map_err(|_| unlike(side, part, Wanted::Features, dimensions))?;
    }
    Ok(whole)
}

fn unlike(side: Side, part: usize, wanted: Wanted, [found, expected]: [usize; 2]) -> StageFailure {
    let (what, hint) = match wanted {
        Wanted::Features => (
            "features an image",
            "features of all parts must come from one extractor; pixels need images of one size",
        ),
        Wanted::Classes => ("classes", "logits of all parts must come from one network"),
    };
    StageFailure::message(format!(
        "part {} of the {} side has {found} {what} and those before it {expected}",
        part + 1,
        side.name()
    ))
    .with_blame(Blame::Data)
    .with_hint(hint)
}
