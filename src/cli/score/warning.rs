//! What should be known of a number before it is set beside another. Pure.

use std::collections::BTreeSet;

use crate::stages::score::{ScoreInput, ScoreOutcome, ScoreRequest, ScoredSide};

/// What is to be said of an outcome, each in a sentence.
pub(super) fn warnings(request: &ScoreRequest, outcome: &ScoreOutcome) -> Vec<String> {
    let mut all = of_weights(outcome);
    all.extend(of_fallback(outcome));
    let has = |wanted: fn(&str) -> bool| outcome.metrics.iter().any(|metric| wanted(metric.metric));
    let (reference, generated) = (&outcome.reference, &outcome.generated);
    if has(|metric| metric == "fid") {
        all.extend(few_images("reference", reference));
        all.extend(few_images("generated", generated));
    }
    if has(|metric| metric != "inception-score")
        && let (Some(a), Some(b)) = (reference.count(), generated.count())
        && a != b
    {
        all.push(format!(
            "{a} reference images and {b} generated ones: a number compares with one of the same counts"
        ));
    }
    all.extend(same_images(request, outcome));
    all.extend(other_sizes(request, reference, generated));
    for (name, side) in [("reference", reference), ("generated", generated)] {
        all.extend(unlike_parts(request, name, side));
    }
    all
}

/// A covariance without full rank.
fn few_images(name: &str, side: &ScoredSide) -> Option<String> {
    let (count, dimension) = (side.count()?, side.dimension()?);
    (count <= dimension).then(|| {
        format!(
            "{count} {name} images for {dimension} features: the covariance of fewer than {} has not full rank, and fid \
             comes out too large",
            dimension + 1
        )
    })
}

/// Parts, on one side or on both, in which the same was found.
fn same_images(request: &ScoreRequest, outcome: &ScoreOutcome) -> Vec<String> {
    let of_side = |side: &ScoredSide, inputs: &[ScoreInput]| -> Vec<(String, String)> {
        let parts = side.parts.iter().zip(inputs);
        let told = parts.filter_map(|(part, input)| {
            let digest = part.as_ref()?.features_digest.clone()?;
            Some((digest, input.path.display().to_string()))
        });
        told.collect()
    };
    let reference = of_side(&outcome.reference, &request.reference);
    let generated = of_side(&outcome.generated, &request.generated);
    let digests = |side: &[(String, String)]| -> BTreeSet<String> {
        side.iter().map(|(digest, _)| digest.clone()).collect()
    };
    if !reference.is_empty() && digests(&reference) == digests(&generated) {
        return vec!["both sides have the same features: are they the same images?".to_owned()];
    }
    let parts = [reference, generated].concat();
    let mut all = Vec::new();
    for (at, (digest, path)) in parts.iter().enumerate() {
        let others = parts[..at].iter().filter(|(other, _)| other == digest);
        all.extend(others.map(|(_, other)| {
            format!("{other} and {path} have the same features: are they the same images?")
        }));
    }
    all
}

/// Parts whose images have other sizes, for an extractor that takes images of one size.
fn unlike_parts(request: &ScoreRequest, name: &str, side: &ScoredSide) -> Option<String> {
    let [least, most] = side.extents()?;
    (least != most && request.extractor.resize().is_none()).then(|| {
        format!(
            "parts of the {name} side have images from {} x {} to {} x {} pixels, and {} takes them as they are",
            least[0],
            least[1],
            most[0],
            most[1],
            request.extractor.name()
        )
    })
}

/// Weights that no paper's numbers are of.
fn of_weights(outcome: &ScoreOutcome) -> Vec<String> {
    let is_published = outcome.extractor_facts.get("weights_are_published");
    match is_published.and_then(serde_json::Value::as_bool) {
        Some(false) => {
            vec!["the weights are not the published ones: these numbers compare with no paper's".to_owned()]
        }
        _ => Vec::new(),
    }
}

/// A metric whose usual way had no result.
fn of_fallback(outcome: &ScoreOutcome) -> impl Iterator<Item = String> {
    outcome.metrics.iter().filter_map(|metric| {
        let fallback = metric.protocol.get("fallback")?.as_str()?;
        Some(format!(
            "{}: {fallback}, because a matrix is no covariance",
            metric.metric
        ))
    })
}

/// Sizes that differ between the sides: what resizing does to images is then in the number.
fn other_sizes(request: &ScoreRequest, reference: &ScoredSide, generated: &ScoredSide) -> Option<String> {
    let (Some(a), Some(b)) = (reference.extents(), generated.extents()) else {
        return None;
    };
    let resized = request.extractor.resize().unwrap_or("their size");
    let words = |[least, most]: [[u64; 2]; 2]| match least == most {
        true => format!("{} x {}", least[0], least[1]),
        false => format!("{} x {} to {} x {}", least[0], least[1], most[0], most[1]),
    };
    (a != b).then(|| {
        format!(
            "reference images have {} pixels and generated ones {}: what {resized} does to each is in the number",
            words(a),
            words(b)
        )
    })
}
