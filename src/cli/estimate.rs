//! What a build is likely to take, in words and as fields of a message. How it is known is the pipeline's business.

use std::str::FromStr;

use gan_cache::Store;
use gan_pipeline::{Basis, Estimate, ExecuteOptions, Measured, Plan, StageEstimate, estimate};
use serde_json::{Map, Value, json};

use super::error::CommandError;
use super::inputs::Loaded;
use super::text;
use crate::stages::workload;

/// Billions of floating-point operations a second, above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate(f64);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(Self(rate)),
            _ => Err("expected a number above 0, in GFLOP/s".to_owned()),
        }
    }
}

/// The estimate of a plan; none where nothing would run, or where it cannot be made, of which a warning tells.
pub(super) fn estimate_of(
    loaded: &Loaded,
    plan: &Plan,
    store: &Store,
    options: &ExecuteOptions,
    rate: Option<Rate>,
) -> Option<Estimate> {
    let counts = plan.counts();
    if counts.at_most() + counts.missing == 0 {
        return None;
    }
    let estimate = estimate_from(loaded, plan, store, options, rate);
    estimate
        .inspect_err(|error| tracing::warn!(error = error.messages.join(": "), "there is no estimate"))
        .ok()
}

fn estimate_from(
    loaded: &Loaded,
    plan: &Plan,
    store: &Store,
    options: &ExecuteOptions,
    rate: Option<Rate>,
) -> Result<Estimate, CommandError> {
    let entries = store.entries()?;
    let measured = Measured::new(entries.iter(), &workload);
    let graph = &loaded.compiled.graph;
    let rate = rate.map(|Rate(giga)| giga * 1e9);
    Ok(estimate(graph, plan, options, &measured, &workload, rate)?)
}

/// `about 3 min 05 s with 2 jobs of 1 thread, 12.3 MiB in the cache; 30 stages measured ...`; `at least` where something
/// is not known.
pub(super) fn sentence(estimate: &Estimate, options: &ExecuteOptions) -> String {
    if !estimate.is_known() {
        return "none; no stage like these has been measured in this cache yet; --rate counts operations instead".to_owned();
    }
    let room = match estimate.unsized_stages {
        0 => format!("{} in the cache", text::bytes(estimate.bytes)),
        _ => format!("at least {} in the cache", text::bytes(estimate.bytes)),
    };
    let time = match estimate.unmeasured {
        0 => "about",
        _ => "at least",
    };
    format!(
        "{time} {} with {} of {}, {room}; {}",
        text::duration(estimate.seconds),
        text::count(options.jobs, "job"),
        text::count(options.threads_of_a_stage(), "thread"),
        basis(estimate)
    )
}

/// From what the estimate is known, and what it leaves out.
fn basis(estimate: &Estimate) -> String {
    let kinds = [
        (estimate.same, "measured with the same settings"),
        (estimate.similar, "measured with similar settings"),
        (estimate.counted, "counted in operations at the rate given"),
        (estimate.unmeasured, "never measured and not counted"),
    ];
    let there = kinds.iter().filter(|(count, _)| *count > 0);
    let words = there.enumerate().map(|(index, (count, how))| match index {
        0 => format!("{} {how}", text::count(*count, "stage")),
        _ => format!("{count} {how}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The estimate as fields of a message.
pub(super) fn fields(estimate: &Estimate, options: &ExecuteOptions) -> Map<String, Value> {
    let fields = [
        ("seconds", json!(estimate.is_known().then_some(estimate.seconds))),
        (
            "stage_seconds",
            json!(estimate.is_known().then_some(estimate.stage_seconds)),
        ),
        ("bytes", json!(estimate.bytes)),
        ("jobs", json!(options.jobs)),
        ("threads", json!(options.threads)),
        ("same", json!(estimate.same)),
        ("similar", json!(estimate.similar)),
        ("counted", json!(estimate.counted)),
        ("unmeasured", json!(estimate.unmeasured)),
        ("unsized", json!(estimate.unsized_stages)),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// What one stage is likely to take, as fields of a message.
pub(super) fn stage_fields(stage: &StageEstimate) -> Map<String, Value> {
    let basis = stage.seconds.map(|(_, basis)| match basis {
        Basis::Same => "same",
        Basis::Similar => "similar",
        Basis::Counted => "counted",
    });
    let fields = [
        (
            "estimated_seconds",
            json!(stage.seconds.map(|(seconds, _)| seconds)),
        ),
        ("estimated_bytes", json!(stage.bytes)),
        ("basis", json!(basis)),
        ("measured", json!(stage.measured)),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}
