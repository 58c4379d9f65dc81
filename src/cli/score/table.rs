//! The outcome of a comparison for people: a line a value, then what they were measured by.

use gan_pipeline::Report;
use serde_json::Value;

use crate::cli::text;
use crate::stages::score::{CompiledScore, ScoreInput, ScoreOutcome, ScoreRequest, ScoredPart, ScoredValue};

/// Facts whose words say all.
const PLAIN: [&str; 1] = ["estimator"];
/// Facts that the lines of the sides say already.
const TOLD: [&str; 2] = ["n_samples", "n_reference"];

pub(super) fn text(
    request: &ScoreRequest,
    compiled: &CompiledScore,
    report: &Report,
    outcome: &ScoreOutcome,
) -> String {
    let values: Vec<&ScoredValue> = outcome.metrics.iter().flat_map(|metric| &metric.values).collect();
    let names = values.iter().map(|value| value.name);
    let width = names.map(str::len).max().unwrap_or_default();
    let mut text: String = values
        .iter()
        .map(|value| format!("{:<width$}  {}\n", value.name, in_words(value)))
        .collect();
    text.push('\n');
    let names = outcome.metrics.iter().map(|metric| metric.metric);
    let width = names.chain(["generated"]).map(str::len).fold(width, usize::max);
    let mut line = |name: &str, words: String| text += &format!("{name:<width$}  {words}\n");
    for (name, inputs, found) in [
        ("reference", &request.reference, &outcome.reference),
        ("generated", &request.generated, &outcome.generated),
    ] {
        for (index, input) in inputs.iter().enumerate() {
            line(name, part(input, found.parts.get(index).and_then(Option::as_ref)));
        }
    }
    let sides = [&outcome.reference, &outcome.generated];
    let looked = sides.iter().any(|side| side.extents().is_some());
    if looked {
        line("features", extractor(request, outcome));
    }
    for metric in &outcome.metrics {
        let facts = metric
            .protocol
            .iter()
            .filter(|(name, _)| !TOLD.contains(&&name[..]));
        let words = facts.map(|(name, value)| fact(metric.metric, name, value));
        let words: Vec<String> = words.collect();
        line(metric.metric, words.join(", "));
    }
    let counts = report.counts();
    let stages = compiled.graph.len();
    text += &format!(
        "\nstages: {stages}, in the cache: {}, ran: {}",
        counts.hit, counts.ran
    );
    if counts.failed > 0 {
        text += &format!(", failed: {}", counts.failed);
    }
    text.push('\n');
    text
}

fn in_words(value: &ScoredValue) -> String {
    let Some(number) = value.value else {
        return "no value".to_owned();
    };
    let mut words = digits(number);
    if let Some(error) = value.standard_error {
        words += &format!(" ± {} (standard error)", text::significant(error));
    }
    if let Some(deviation) = value.standard_deviation {
        words += &format!(" ± {} (standard deviation)", text::significant(deviation));
    }
    if let Some([low, high]) = value.interval {
        words += &format!(", 95 %: {} to {}", digits(low), digits(high));
    }
    words
}

/// A number with six digits: what programs that are compared with print.
fn digits(number: f64) -> String {
    let magnitude = match number == 0.0 {
        true => 0.0,
        false => number.abs().log10().floor(),
    };
    match magnitude {
        ..-4.0 => format!("{number:.5e}"),
        _ => {
            let decimals = (5.0 - magnitude).clamp(0.0, 9.0) as usize;
            format!("{number:.decimals$}")
        }
    }
}

fn part(input: &ScoreInput, found: Option<&ScoredPart>) -> String {
    let mut words = format!("{} {}", input.content.name(), input.path.display());
    let Some(found) = found else {
        return words;
    };
    if let Some(count) = found.count {
        words += &format!(": {}", text::count(count as usize, "image"));
    }
    if let Some([least, most]) = found.extents {
        let extents = |[height, width]: [u64; 2]| format!("{height} x {width}");
        words += &match least == most {
            true => format!(" of {}", extents(least)),
            false => format!(" from {} to {}", extents(least), extents(most)),
        };
    }
    if found.other_files > 0 {
        words += &format!(
            ", {} left out",
            text::count(found.other_files as usize, "other file")
        );
    }
    words
}

fn extractor(request: &ScoreRequest, outcome: &ScoreOutcome) -> String {
    let kind = &request.extractor;
    let mut words = kind.name().to_owned();
    for (name, value) in [
        ("layer", kind.layer()),
        ("resize", kind.resize()),
        ("logit bias", kind.logit_bias()),
    ] {
        if let Some(value) = value {
            words += &format!(", {name} {value}");
        }
    }
    if let Some(digest) = outcome
        .extractor_facts
        .get("weights_sha256")
        .and_then(Value::as_str)
    {
        words += &format!(", weights {}", &digest[..8.min(digest.len())]);
    }
    words
}

/// A fact in words; what a metric is a mean or a line over is no split where it has another name.
fn fact(metric: &str, name: &str, value: &Value) -> String {
    let name = match (metric, name) {
        ("kid-subsets", "splits") => "subsets",
        ("fid-infinity", "splits") => "points",
        ("ms-ssim", "splits") => "pairs",
        ("prd", "splits") => "clusterings",
        _ => name,
    };
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => digits(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    };
    match PLAIN.contains(&name) {
        true => value,
        false => format!("{} {value}", name.replace('_', " ")),
    }
}
