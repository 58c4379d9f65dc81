//! What a plan says, stage by stage and in numbers.

use std::path::PathBuf;
use std::sync::Arc;

use gan_cache::{Entry, Key, KeyDocument};
use serde::Serialize;

use crate::graph::StageId;
use crate::resolve::{Entries, Fingerprints};

/// What a build would do with one stage.
#[derive(Clone, Debug)]
pub enum StagePlan {
    /// The stage has an entry, completed or diverged.
    Hit(Arc<Entry>),
    /// The stage will run.
    WillRun {
        /// The key its result will be stored under.
        key: Key,
        /// Why it must run.
        reason: Reason,
    },
    /// Whether the stage must run shows when a stage above it has run.
    Unknown {
        /// The uppermost stage that must run first.
        until: StageId,
    },
    /// The stage cannot run because a stage above it diverged.
    Skipped {
        /// The stage that diverged.
        diverged: StageId,
    },
    /// The stage reads a file that is not on this machine, so its key cannot be known.
    MissingData {
        /// The name of the stage's source.
        source: String,
        /// Where the file was expected.
        path: PathBuf,
    },
    /// A stage above reads a file that is not on this machine.
    BelowMissingData {
        /// The stage that reads the file.
        stage: StageId,
    },
}

/// Why a stage whose key is known will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The store has no entry under its key.
    NoEntry,
    /// It has an entry, but blobs are gone that a stage which will run, or the caller, needs.
    BlobsMissing {
        /// The outputs to make again.
        outputs: Vec<&'static str>,
    },
}

/// What a build would do with every stage of a graph.
#[derive(Debug)]
pub struct Plan {
    pub(super) stages: Vec<StagePlan>,
    /// Also holds the entries of stages that run again for their blobs.
    pub(crate) entries: Entries,
    /// The documents of stages that are no hit and whose key is known.
    pub(super) documents: Vec<Option<KeyDocument>>,
    /// The outside files as they were when the plan was made.
    pub(crate) fingerprints: Fingerprints,
}

/// How many stages are in which case; all but `stages` add up to `stages`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanCounts {
    /// Stages of the graph.
    pub stages: usize,
    /// Stages with an entry, completed or diverged.
    pub hit: usize,
    /// Stages that will run.
    pub will_run: usize,
    /// Stages that run unless what is above them gives the same bytes as before.
    pub unknown: usize,
    /// Stages below a diverged one.
    pub skipped: usize,
    /// Stages that read, or depend on, files that are not on this machine.
    pub missing: usize,
}

impl PlanCounts {
    /// The largest number of stages that a build would run, as long as every blob proves intact when it is
    /// read.
    #[must_use]
    pub fn at_most(&self) -> usize {
        self.will_run + self.unknown
    }
}

impl Plan {
    /// What a build would do with one stage.
    #[must_use]
    pub fn stage(&self, id: StageId) -> &StagePlan {
        &self.stages[id.index()]
    }

    /// All stages in insertion order.
    pub fn stages(&self) -> impl ExactSizeIterator<Item = (StageId, &StagePlan)> {
        self.stages
            .iter()
            .enumerate()
            .map(|(index, plan)| (StageId::new(index), plan))
    }

    /// The key document of a stage, where it can be known.
    #[must_use]
    pub fn document(&self, id: StageId) -> Option<&KeyDocument> {
        let entry = self.entries[id.index()].as_ref().map(|entry| &entry.document);
        entry.or(self.documents[id.index()].as_ref())
    }

    /// The entry of a stage that has one; also of a stage that runs again for its blobs.
    #[must_use]
    pub fn entry(&self, id: StageId) -> Option<&Arc<Entry>> {
        self.entries[id.index()].as_ref()
    }

    /// How many stages are in which case.
    #[must_use]
    pub fn counts(&self) -> PlanCounts {
        let mut counts = PlanCounts {
            stages: self.stages.len(),
            ..PlanCounts::default()
        };
        for stage in &self.stages {
            *match stage {
                StagePlan::Hit(_) => &mut counts.hit,
                StagePlan::WillRun { .. } => &mut counts.will_run,
                StagePlan::Unknown { .. } => &mut counts.unknown,
                StagePlan::Skipped { .. } => &mut counts.skipped,
                StagePlan::MissingData { .. } | StagePlan::BelowMissingData { .. } => &mut counts.missing,
            } += 1;
        }
        counts
    }
}
