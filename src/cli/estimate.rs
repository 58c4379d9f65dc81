//! What a build is likely to take, in words and as fields of a message. How it is known is the pipeline's business.

use gan_cache::Store;
use gan_pipeline::{Basis, Estimate, ExecuteOptions, Measured, Plan, StageEstimate, estimate};
use serde_json::{Map, Value, json};

use super::error::CommandError;
use super::inputs::Loaded;
use super::text;
use crate::stages::workload;

/// The estimate of a plan; none where nothing would run, or where it cannot be made, of which a warning tells.
pub(super) fn estimate_of(
    loaded: &Loaded,
    plan: &Plan,
    store: &Store,
    options: &ExecuteOptions,
) -> Option<Estimate> {
    let counts = plan.counts();
    if counts.at_most() + counts.missing == 0 {
        return None;
    }
    let estimate = estimate_from(loaded, plan, store, options);
    estimate
        .inspect_err(|error| tracing::warn!(error = error.messages.join(": "), "there is no estimate"))
        .ok()
}

fn estimate_from(
    loaded: &Loaded,
    plan: &Plan,
    store: &Store,
    options: &ExecuteOptions,
) -> Result<Estimate, CommandError> {
    let entries = store.entries()?;
    let measured = Measured::new(entries.iter(), &workload);
    let graph = &loaded.compiled.graph;
    Ok(estimate(graph, plan, options, &measured, &workload)?)
}

/// `about 3 min 05 s with 2 jobs of 1 thread, 12.3 MiB in the cache; 30 stages measured ...`; `at least` where something
/// is not known.
pub(super) fn sentence(estimate: &Estimate, options: &ExecuteOptions) -> String {
    if !estimate.is_known() {
        return "none; no stage like these has been measured in this cache yet".to_owned();
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
    let stages = |count| text::count(count, "stage");
    let known = match (estimate.same, estimate.similar) {
        (same, 0) => format!("{} measured with the same settings", stages(same)),
        (0, similar) => format!("{} measured with similar settings", stages(similar)),
        (same, similar) => format!(
            "{} measured with the same settings, {similar} with similar ones",
            stages(same)
        ),
    };
    match estimate.unmeasured {
        0 => known,
        1 => format!("{known}, 1 never measured and not counted"),
        count => format!("{known}, {count} never measured and not counted"),
    }
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
