//! Why a run of a stage gave no outcome: as the stage says it, and as it is reported.
//!
//! Failures never reach the store. They say something about the machine or about a bug, not about the key.

use std::any::Any;
use std::error::Error;
use std::fmt;

use gan_cache::{BlobError, StoreError};
use serde::Serialize;

use crate::context::ContextError;
use crate::plan::PlanError;

/// What a stage returns when it cannot give an outcome.
///
/// Any error converts into it, so `?` works in [`Stage::run`](crate::Stage::run). For that reason it does not
/// implement [`Error`] itself.
#[derive(Debug)]
pub enum StageFailure {
    /// The stage saw the request to stop and obeyed.
    Cancelled,
    /// Something went wrong that another attempt may not meet: memory, disk, device, a bug.
    Failed {
        /// What went wrong, with its causes.
        error: Box<dyn Error + Send + Sync>,
        /// What the user can do about it.
        hint: Option<String>,
        /// What is to blame; none where the error itself tells.
        blame: Option<Blame>,
    },
}

/// What a failure is the fault of, and so where the user looks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The store cannot be read or written.
    Store,
    /// A file outside the store is missing, not readable, or not what the stage needs.
    Data,
    /// The device that computes failed: its driver, or its memory.
    Device,
    /// The stage's own work went wrong.
    Stage,
}

impl StageFailure {
    /// A failure that is only a message.
    pub fn message(text: impl Into<String>) -> StageFailure {
        StageFailure::Failed {
            error: text.into().into(),
            hint: None,
            blame: None,
        }
    }

    /// Says what is to blame, where the error does not tell; a cancelled stage stays as it is.
    #[must_use]
    pub fn with_blame(self, culprit: Blame) -> StageFailure {
        match self {
            StageFailure::Cancelled => StageFailure::Cancelled,
            StageFailure::Failed { error, hint, .. } => StageFailure::Failed {
                error,
                hint,
                blame: Some(culprit),
            },
        }
    }

    /// Adds what the user can do about it; a cancelled stage needs no hint and stays as it is.
    #[must_use]
    pub fn with_hint(self, text: impl Into<String>) -> StageFailure {
        match self {
            StageFailure::Cancelled => StageFailure::Cancelled,
            StageFailure::Failed { error, blame, .. } => StageFailure::Failed {
                error,
                hint: Some(text.into()),
                blame,
            },
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for StageFailure {
    fn from(error: E) -> StageFailure {
        StageFailure::Failed {
            error: Box::new(error),
            hint: None,
            blame: None,
        }
    }
}

/// Why a stage failed, in words; shown as its messages with colons between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The failure and its causes, outermost first; never empty.
    pub messages: Vec<String>,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// What is to blame.
    pub blame: Blame,
}

impl Failure {
    /// What the chain of errors tells, unless the stage has said what is to blame.
    pub(crate) fn new(error: &(dyn Error + 'static), hint: Option<String>, blame: Option<Blame>) -> Failure {
        let chain = || std::iter::successors(Some(error), |cause| (*cause).source());
        Failure {
            messages: chain().map(ToString::to_string).collect(),
            hint,
            blame: blame
                .or_else(|| chain().find_map(blame_of))
                .unwrap_or(Blame::Stage),
        }
    }

    /// The failure of a stage that panicked with this payload.
    pub(crate) fn from_panic(payload: &(dyn Any + Send)) -> Failure {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Failure {
            messages: vec![format!("the stage panicked: {text}")],
            hint: Some("this is a bug in the stage; please report it".to_owned()),
            blame: Blame::Stage,
        }
    }
}

/// What an error says is to blame; none where it does not tell.
fn blame_of(error: &(dyn Error + 'static)) -> Option<Blame> {
    match error.downcast_ref() {
        // The store also takes the digests of outside files, and then the file is to blame.
        Some(PlanError::Source { .. }) => return Some(Blame::Data),
        Some(PlanError::Store { .. }) => return Some(Blame::Store),
        _ => {}
    }
    if let Some(ContextError::Folder { .. }) = error.downcast_ref() {
        return Some(Blame::Data);
    }
    (error.is::<StoreError>() || error.is::<BlobError>()).then_some(Blame::Store)
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.messages.join(": "))
    }
}
