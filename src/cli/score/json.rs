//! The outcome of a comparison for programs: one object, which `docs/messages.md` describes.

use gan_pipeline::Report;
use serde_json::{Map, Value, json};

use crate::cli::build::failures;
use crate::cli::messages::Message;
use crate::stages::score::{
    CompiledScore, ScoreInput, ScoreOutcome, ScoreRequest, ScoredMetric, ScoredPart, ScoredSide,
};

pub(super) fn message(
    request: &ScoreRequest,
    compiled: &CompiledScore,
    report: &Report,
    outcome: &ScoreOutcome,
    warnings: &[String],
) -> Message {
    let metrics: Map<String, Value> = outcome
        .metrics
        .iter()
        .flat_map(|metric| &metric.values)
        .map(|value| (value.name.to_owned(), json!(value.value)))
        .collect();
    let details: Map<String, Value> = outcome
        .metrics
        .iter()
        .map(|metric| (metric.metric.to_owned(), details(metric)))
        .collect();
    let counts = report.counts();
    Message::new("score")
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("metrics", metrics)
        .with("details", details)
        .with("failed", failed(report))
        .with(
            "reference",
            (!request.reference.is_empty()).then(|| side(&request.reference, &outcome.reference)),
        )
        .with("generated", side(&request.generated, &outcome.generated))
        .with("extractor", extractor(request, outcome))
        .with("device", compiled.device.name())
        .with("warnings", warnings)
        .with(
            "stages",
            json!({ "all": compiled.graph.len(), "hit": counts.hit, "ran": counts.ran, "failed": counts.failed }),
        )
}

/// What failed, and why.
fn failed(report: &Report) -> Vec<Value> {
    let told = failures::failed(report).map(
        |(stage, failure)| json!({ "stage": stage.name, "messages": failure.messages, "hint": failure.hint }),
    );
    told.collect()
}

fn details(metric: &ScoredMetric) -> Value {
    let values: Map<String, Value> = metric
        .values
        .iter()
        .map(|value| {
            let certainty = json!({
                "value": value.value,
                "standard_error": value.standard_error,
                "standard_deviation": value.standard_deviation,
                "interval": value.interval,
            });
            (value.name.to_owned(), certainty)
        })
        .collect();
    json!({ "values": values, "protocol": metric.protocol })
}

fn side(inputs: &[ScoreInput], found: &ScoredSide) -> Value {
    let known = |index: usize| found.parts.get(index).and_then(Option::as_ref);
    let parts = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| part(input, known(index)));
    let is_seen = found.known().next().is_some();
    json!({
        "count": found.count(),
        "dimension": found.dimension(),
        "least_extents": found.extents().map(|[least, _]| least),
        "largest_extents": found.extents().map(|[_, most]| most),
        "other_files": is_seen.then(|| found.other_files()),
        "parts": parts.collect::<Vec<Value>>(),
    })
}

fn part(input: &ScoreInput, found: Option<&ScoredPart>) -> Value {
    json!({
        "path": input.path.display().to_string(),
        "content": input.content.name(),
        "count": found.and_then(|found| found.count),
        "source_digest": found.and_then(|found| found.source_digest.as_deref()),
        "features_digest": found.and_then(|found| found.features_digest.as_deref()),
    })
}

/// What looked at images; null where nothing had to.
fn extractor(request: &ScoreRequest, outcome: &ScoreOutcome) -> Value {
    let sides = [&outcome.reference, &outcome.generated];
    let looked = sides.iter().any(|side| side.extents().is_some());
    if !looked {
        return Value::Null;
    }
    let kind = &request.extractor;
    json!({
        "name": kind.name(),
        "version": kind.version(),
        "layer": kind.layer(),
        "resize": kind.resize(),
        "logit_bias": kind.logit_bias(),
        "weights": outcome.extractor_digest,
        "weights_sha256": outcome.extractor_facts.get("weights_sha256"),
    })
}
