//! How a build ended, stage by stage.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use gan_cache::{Entry, Key};
use serde::Serialize;

use crate::failure::Failure;
use crate::graph::StageId;
use crate::resolve::outcome;
use crate::stage::Outcome;

/// How a build ended.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) stages: Vec<StageReport>,
}

/// How a build ended for one stage.
#[derive(Clone, Debug)]
pub struct StageReport {
    /// The stage.
    pub id: StageId,
    /// Its readable name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: &'static str,
    /// Its key, where it became known.
    pub key: Option<Key>,
    /// How it ended.
    pub state: FinalState,
    /// Its entry, if it has one. A stage that had to run again and did not get to it keeps the one it had.
    pub entry: Option<Arc<Entry>>,
    /// The runs of its work in this build, also those that failed; more than one if inputs had to be made
    /// again.
    pub attempts: Vec<Attempt>,
}

/// One run of a stage's work.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// When it began.
    pub started: SystemTime,
    /// How long it took by the wall clock, in seconds.
    pub seconds: f64,
    /// What the stage measured of its own work.
    pub measurements: Measurements,
}

/// What a stage measured of its own work, by name, such as what it launched; no part of its result.
pub type Measurements = BTreeMap<&'static str, u64>;

/// How a stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinalState {
    /// It had an entry, or another build made one meanwhile.
    Hit,
    /// It ran to an outcome.
    Ran,
    /// It gave no outcome.
    Failed(Failure),
    /// A stage above diverged.
    Skipped {
        /// The stage that diverged.
        diverged: StageId,
    },
    /// It has no outcome because the build ended first.
    Unfinished(Unfinished),
}

/// Why a stage has no outcome though it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// A stage above failed.
    BelowFailure {
        /// The stage that failed.
        failed: StageId,
    },
    /// It was running when the build was cancelled.
    Cancelled,
    /// The build ended, by a failure or a request, before the stage began.
    NotStarted,
}

/// How many stages ended in which way.
///
/// `stages = hit + ran + failed + skipped + unfinished`. `diverged` counts stages among `hit` and `ran`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportCounts {
    /// Stages of the graph.
    pub stages: usize,
    /// Stages that had an entry.
    pub hit: usize,
    /// Stages that ran to an outcome.
    pub ran: usize,
    /// Stages that gave no outcome.
    pub failed: usize,
    /// Stages whose entry tells of a divergence, whether hit or ran.
    pub diverged: usize,
    /// Stages below a diverged one.
    pub skipped: usize,
    /// Stages that the build did not get to, or that were cancelled.
    pub unfinished: usize,
}

impl Report {
    /// How the build ended for one stage.
    #[must_use]
    pub fn stage(&self, id: StageId) -> &StageReport {
        &self.stages[id.index()]
    }

    /// All stages in insertion order.
    #[must_use]
    pub fn stages(&self) -> &[StageReport] {
        &self.stages
    }

    /// This build and one of the same graph that went on right after it, as one build.
    ///
    /// Every stage ended as it did in the later one; what the earlier one ran has run.
    #[must_use]
    pub fn followed_by(self, later: Report) -> Report {
        let join = |(before, mut after): (StageReport, StageReport)| {
            if before.state == FinalState::Ran && after.state == FinalState::Hit {
                after.state = FinalState::Ran;
            }
            after.attempts.splice(0..0, before.attempts);
            after
        };
        Report {
            stages: self.stages.into_iter().zip(later.stages).map(join).collect(),
        }
    }

    /// Whether every stage has an entry or is below a divergence.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let counts = self.counts();
        counts.failed == 0 && counts.unfinished == 0
    }

    /// How many stages ended in which way.
    #[must_use]
    pub fn counts(&self) -> ReportCounts {
        let mut counts = ReportCounts {
            stages: self.stages.len(),
            ..ReportCounts::default()
        };
        for stage in &self.stages {
            *match stage.state {
                FinalState::Hit => &mut counts.hit,
                FinalState::Ran => &mut counts.ran,
                FinalState::Failed(_) => &mut counts.failed,
                FinalState::Skipped { .. } => &mut counts.skipped,
                FinalState::Unfinished(_) => &mut counts.unfinished,
            } += 1;
            counts.diverged += usize::from(stage.has_diverged());
        }
        counts
    }
}

impl StageReport {
    /// Whether the stage was found or run in this build, and its training left the finite numbers.
    #[must_use]
    pub fn has_diverged(&self) -> bool {
        let is_settled = matches!(self.state, FinalState::Hit | FinalState::Ran);
        is_settled
            && self
                .entry
                .as_ref()
                .is_some_and(|entry| outcome(entry) == Outcome::Diverged)
    }
}
