//! The rows of `stages/`: what one build did with each stage, and what that cost.

use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use gan_pipeline::{ExecuteOptions, FinalState, Report, StageReport};

use super::recorder::Recorder;
use crate::stages::{Compiled, DEVICE_MEMORY, HOST_OPERATIONS, LAUNCHES};
use crate::study::Device;
use crate::table::{StageRow, StageStatus, Timestamp};

/// One build, as its rows name it.
pub(super) struct Attempt {
    /// The time it began and its process, which no other build has.
    pub(super) name: String,
    pub(super) started: Timestamp,
    /// Threads of each stage.
    threads: usize,
}

impl Attempt {
    pub(super) fn new(started: SystemTime, options: &ExecuteOptions) -> Attempt {
        let since = started.duration_since(UNIX_EPOCH).unwrap_or_default();
        Attempt {
            name: format!("{:x}-{}", since.as_millis(), process::id()),
            started: started.into(),
            threads: options.threads_of_a_stage(),
        }
    }
}

/// The rows of all stages that the build came to.
pub(super) fn stage_rows(
    report: &Report,
    compiled: &Compiled,
    recorder: &Recorder,
    attempt: &Attempt,
) -> Vec<StageRow> {
    let row = |stage: &StageReport| {
        Some(StageRow {
            attempt: attempt.name.clone(),
            stage: stage.name.to_string(),
            kind: stage.kind.to_owned(),
            key: stage.key.map(|key| key.to_string()),
            status: status(stage)?,
            started: stage
                .attempts
                .first()
                .map_or(attempt.started, |first| first.started.into()),
            wall_seconds: stage.attempts.iter().fold(0.0, |sum, run| sum + run.seconds),
            peak_memory_bytes: recorder.peak(stage.id).and_then(|bytes| bytes.try_into().ok()),
            device: match compiled.graph.stage(stage.id).needs_device() {
                true => compiled.device.name().to_owned(),
                false => Device::CPU.to_owned(),
            },
            threads: attempt.threads.try_into().unwrap_or(i64::MAX),
            kernel_launches: measured(stage, LAUNCHES, u64::saturating_add),
            host_operations: measured(stage, HOST_OPERATIONS, u64::saturating_add),
            peak_device_memory_bytes: measured(stage, DEVICE_MEMORY, u64::max),
        })
    };
    report.stages().iter().filter_map(row).collect()
}

/// What happened; none for a stage that the build did not come to.
fn status(stage: &StageReport) -> Option<StageStatus> {
    match stage.state {
        FinalState::Hit => Some(StageStatus::Hit),
        FinalState::Ran if stage.has_diverged() => Some(StageStatus::Diverged),
        FinalState::Ran => Some(StageStatus::Ran),
        FinalState::Failed(_) => Some(StageStatus::Failed),
        FinalState::Skipped { .. } => Some(StageStatus::Skipped),
        FinalState::Unfinished(_) => None,
    }
}

/// What the runs of a stage measured under a name, joined; none where no run did.
fn measured(stage: &StageReport, name: &str, join: fn(u64, u64) -> u64) -> Option<i64> {
    let runs = stage
        .attempts
        .iter()
        .filter_map(|run| run.measurements.get(name).copied());
    runs.reduce(join).and_then(|value| value.try_into().ok())
}
