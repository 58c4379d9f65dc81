//! What happens while a graph is executed, for whoever wants to show or record it.
//!
//! Events decide nothing. Those about the life of a stage arrive in a consistent order (a stage starts after
//! the stages above it finished); progress and log lines arrive from the thread that runs the stage.

use std::sync::Arc;

use gan_cache::Key;

use crate::failure::Failure;
use crate::graph::{Graph, StageId};
use crate::report::Measurements;
use crate::stage::Outcome;

/// The stage an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageReference {
    /// Its id in the executed graph.
    pub id: StageId,
    /// Its readable name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: &'static str,
    /// Its key, where the stages above it allow to know it.
    pub key: Option<Key>,
}

impl StageReference {
    pub(crate) fn new(graph: &Graph, id: StageId, key: Option<Key>) -> StageReference {
        StageReference {
            id,
            name: graph.shared_name(id),
            kind: graph.kind(id),
            key,
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The stage has an entry and need not run.
    StageHit {
        /// The stage.
        stage: StageReference,
        /// How the run that made the entry ended.
        outcome: Outcome,
    },
    /// Another build runs this stage; this one waits for it.
    StageWaiting {
        /// The stage.
        stage: StageReference,
        /// Who holds the stage's lock, in words.
        holder: String,
    },
    /// The stage's work begins.
    StageStarted {
        /// The stage.
        stage: StageReference,
    },
    /// The stage tells how far it is.
    StageProgress {
        /// The stage.
        stage: StageReference,
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is counted, such as `steps`.
        unit: &'static str,
    },
    /// The stage says something.
    StageLog {
        /// The stage.
        stage: StageReference,
        /// One or more lines.
        text: String,
    },
    /// The stage ran and its entry is stored.
    StageFinished {
        /// The stage.
        stage: StageReference,
        /// How the run ended.
        outcome: Outcome,
        /// Wall time of the run, in seconds.
        seconds: f64,
        /// What the stage measured of its own work.
        measurements: Measurements,
    },
    /// The stage gave no outcome; nothing is stored.
    StageFailed {
        /// The stage.
        stage: StageReference,
        /// Why.
        failure: Failure,
    },
    /// The stage stopped because the build was cancelled; nothing is stored.
    StageCancelled {
        /// The stage.
        stage: StageReference,
    },
    /// The stage cannot run because a stage above it diverged.
    StageSkipped {
        /// The stage.
        stage: StageReference,
        /// The stage that diverged.
        diverged: StageReference,
    },
    /// The stage cannot run because a stage above it failed.
    StageAbandoned {
        /// The stage.
        stage: StageReference,
        /// The stage that failed.
        failed: StageReference,
    },
    /// A blob is needed that is no longer in the store, or not intact, so its producer runs again.
    BlobRemade {
        /// The producer, which will run again.
        stage: StageReference,
        /// The output to make again.
        output: &'static str,
        /// The stage that needs it; none when the caller requires it.
        consumer: Option<StageReference>,
        /// Whether the blob was there but its bytes were wrong.
        damaged: bool,
    },
    /// A stage that ran again under its old key gave other bytes; what is below it is looked up anew.
    RemadeDifferently {
        /// The stage.
        stage: StageReference,
    },
    /// A blob was dropped from the store because every stage that consumes it has an entry.
    BlobDropped {
        /// The stage that made it.
        stage: StageReference,
        /// The output it was.
        output: &'static str,
        /// Its size.
        bytes: u64,
    },
}

impl Event {
    /// The stage the event is about.
    #[must_use]
    pub fn stage(&self) -> &StageReference {
        match self {
            Event::StageHit { stage, .. }
            | Event::StageWaiting { stage, .. }
            | Event::StageStarted { stage }
            | Event::StageProgress { stage, .. }
            | Event::StageLog { stage, .. }
            | Event::StageFinished { stage, .. }
            | Event::StageFailed { stage, .. }
            | Event::StageCancelled { stage }
            | Event::StageSkipped { stage, .. }
            | Event::StageAbandoned { stage, .. }
            | Event::BlobRemade { stage, .. }
            | Event::RemadeDifferently { stage }
            | Event::BlobDropped { stage, .. } => stage,
        }
    }
}
