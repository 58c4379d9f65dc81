//! What should be known of a number before it is set beside another. Pure.

use crate::stages::score::{ScoreOutcome, ScoreRequest, ScoredSide};

/// What is to be said of an outcome, each in a sentence.
pub(super) fn warnings(request: &ScoreRequest, outcome: &ScoreOutcome) -> Vec<String> {
    let mut all = of_weights(outcome);
    all.extend(of_fallback(outcome));
    let distances = outcome.metrics.iter().any(|metric| metric.metric == "fid");
    let (reference, generated) = (outcome.reference.as_ref(), outcome.generated.as_ref());
    for (name, side) in [("reference", reference), ("generated", generated)] {
        let Some(side) = side.filter(|_| distances) else {
            continue;
        };
        if let Some(dimension) = side.dimension().filter(|dimension| side.count() <= *dimension) {
            all.push(format!(
                "{} {name} images for {dimension} features: the covariance of fewer than {} has not full rank, and fid \
                 comes out too large",
                side.count(),
                dimension + 1
            ));
        }
    }
    if let (Some(a), Some(b)) = (reference, generated) {
        let is_distance = outcome
            .metrics
            .iter()
            .any(|metric| metric.metric != "inception-score");
        let (count_a, count_b) = (a.count(), b.count());
        if count_a != count_b && is_distance {
            all.push(format!(
                "{count_a} reference images and {count_b} generated ones: a number compares with one of the same counts"
            ));
        }
        if a.features_digests() == b.features_digests() && a.features_digests().is_some() {
            all.push("both sides have the same features: are they the same images?".to_owned());
        }
        all.extend(other_sizes(request, a, b));
    }
    all
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
