//! The parts of a side: each is looked at, and cached, by itself, and a metric puts them together.
//!
//! Features stand one after the other in the order in which the parts were named. Statistics are merged, so that of a
//! reference in many parts no more than a mean and a second moment are in memory.

use gan_pipeline::{Blame, StageContext, StageFailure};

use crate::extractor::Features;
use crate::metrics::SufficientStatistics;
use crate::stages::images_file::features_from_bytes;
use crate::stages::statistics::statistics_from_bytes;

/// The input of a part, from 0. That of a side which is one part has the side's name alone.
pub(super) fn input_name(side: &str, part: usize) -> String {
    match part {
        0 => side.to_owned(),
        _ => format!("{side}-{}", part + 1),
    }
}

/// What a part is called after, in the names of its stages: nothing where a side is one.
pub(super) fn ordinal(part: usize, parts: usize) -> String {
    match parts {
        1 => String::new(),
        _ => format!(", part {} of {parts}", part + 1),
    }
}

/// Reads the features of all parts.
pub(super) fn joined_features(
    context: &mut StageContext<'_>,
    side: &str,
    parts: usize,
) -> Result<Features, StageFailure> {
    let mut whole = features_from_bytes(&context.input(&input_name(side, 0))?)?;
    for part in 1..parts {
        let next = features_from_bytes(&context.input(&input_name(side, part))?)?;
        let kind = |of: &Features| (of.dimension, of.classes, of.logits.is_empty());
        if kind(&next) != kind(&whole) {
            return Err(unlike(part, next.dimension, whole.dimension));
        }
        whole.count += next.count;
        whole.features.extend(next.features);
        whole.probabilities.extend(next.probabilities);
        whole.logits.extend(next.logits);
    }
    Ok(whole)
}

/// Reads the statistics of all parts and merges them, from the first on.
pub(super) fn merged_statistics(
    context: &mut StageContext<'_>,
    side: &str,
    parts: usize,
) -> Result<SufficientStatistics, StageFailure> {
    let mut whole = statistics_from_bytes(&context.input(&input_name(side, 0))?)?;
    for part in 1..parts {
        let next = statistics_from_bytes(&context.input(&input_name(side, part))?)?;
        let unlike = |_| unlike(part, next.dimension(), whole.dimension());
        whole = whole.merge(&next).map_err(unlike)?;
    }
    Ok(whole)
}

fn unlike(part: usize, found: usize, expected: usize) -> StageFailure {
    StageFailure::message(format!(
        "part {} has {found} features an image and those before it {expected}, or other classes",
        part + 1
    ))
    .with_blame(Blame::Data)
    .with_hint("features of all parts must come from one extractor; pixels need images of one size")
}
