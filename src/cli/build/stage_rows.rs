//! The rows of `stages/`: what one build did with each stage, and what that cost.

use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use gan_pipeline::{ExecuteOptions, FinalState, Report, StageReport};

use super::recorder::Recorder;
use crate::study::{Device, Study};
use crate::table::{StageRow, StageStatus, Timestamp};

/// One build, as its rows name it.
pub(super) struct Attempt {
    /// The time it began and its process, which no other build has.
    pub(super) name: String,
    pub(super) started: Timestamp,
    /// Threads of each stage.
    threads: usize,
    device: Device,
}

impl Attempt {
    pub(super) fn new(started: SystemTime, options: &ExecuteOptions, study: &Study) -> Attempt {
        let since = started.duration_since(UNIX_EPOCH).unwrap_or_default();
        Attempt {
            name: format!("{:x}-{}", since.as_millis(), process::id()),
            started: started.into(),
            threads: options.threads_of_a_stage(),
            device: study.device,
        }
    }
}

/// The rows of all stages that the build came to.
pub(super) fn stage_rows(report: &Report, recorder: &Recorder, attempt: &Attempt) -> Vec<StageRow> {
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
            device: device(stage.kind, attempt.device).name().to_owned(),
            threads: attempt.threads.try_into().unwrap_or(i64::MAX),
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

/// Preparing data, the extractor and the metrics are the same on every machine: they stay on the processor.
fn device(kind: &str, of_study: Device) -> Device {
    match kind {
        "train" | "features" | "samples" => of_study,
        _ => Device::Cpu,
    }
}
