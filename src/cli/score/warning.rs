//! What should be known of a number before it is set beside another. Pure.

use crate::stages::score::{ScoreInput, ScoreOutcome, ScoreRequest, ScoredSide};
use crate::stages::{few_images, unpublished};

/// What is to be said of an outcome, each in a sentence.
pub(super) fn warnings(request: &ScoreRequest, outcome: &ScoreOutcome) -> Vec<String> {
    let is_published = outcome.extractor_facts.get("weights_are_published");
    let mut all: Vec<String> = unpublished(is_published).into_iter().collect();
    all.extend(of_fallback(outcome));
    let has = |wanted: fn(&str) -> bool| outcome.metrics.iter().any(|metric| wanted(metric.metric));
    let (reference, generated) = (&outcome.reference, &outcome.generated);
    if has(|metric| metric == "fid") {
        let dimension = reference.dimension().or(generated.dimension());
        all.extend(dimension.and_then(|features| few_images(reference.count(), generated.count(), features)));
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
    all.extend(probabilities(request, generated));
    for (name, side) in [("reference", reference), ("generated", generated)] {
        all.extend(unlike_parts(request, name, side));
    }
    all
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
    let digests = |side: &[(String, String)]| -> Vec<String> {
        let mut digests: Vec<String> = side.iter().map(|(digest, _)| digest.clone()).collect();
        digests.sort_unstable();
        digests
    };
    let are_equal = !reference.is_empty() && digests(&reference) == digests(&generated);
    let mut all: Vec<String> = match are_equal {
        true => vec!["both sides have the same features: are they the same images?".to_owned()],
        false => shared(&reference, &generated),
    };
    for side in [&reference, &generated] {
        all.extend((1..side.len()).flat_map(|at| shared(&side[..at], &side[at..=at])));
    }
    all
}

/// Parts of two lists with the same features, given by digest and path.
fn shared(first: &[(String, String)], second: &[(String, String)]) -> Vec<String> {
    let pairs = second.iter().flat_map(|(digest, path)| {
        let same = first.iter().filter(move |(other, _)| other == digest);
        same.map(move |(_, other)| {
            format!("{other} and {path} have the same features: are they the same images?")
        })
    });
    pairs.collect()
}

/// Logits that look like what a softmax makes of them.
fn probabilities(request: &ScoreRequest, generated: &ScoredSide) -> Option<String> {
    let mut parts = generated.parts.iter().zip(&request.generated);
    let (_, input) = parts.find(|(part, _)| part.as_ref().is_some_and(|part| part.are_probabilities))?;
    Some(format!(
        "rows of {} are not negative and add up to 1, as probabilities do: --logits takes what comes before the softmax, or \
         the logarithm of its result",
        input.path.display()
    ))
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
