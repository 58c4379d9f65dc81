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
    },
}

impl StageFailure {
    /// A failure that is only a message.
    pub fn message(text: impl Into<String>) -> StageFailure {
        StageFailure::Failed {
            error: text.into().into(),
            hint: None,
        }
    }

    /// Adds what the user can do about it; a cancelled stage needs no hint and stays as it is.
    #[must_use]
    pub fn with_hint(self, text: impl Into<String>) -> StageFailure {
        match self {
            StageFailure::Cancelled => StageFailure::Cancelled,
            StageFailure::Failed { error, .. } => StageFailure::Failed {
                error,
                hint: Some(text.into()),
            },
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for StageFailure {
    fn from(error: E) -> StageFailure {
        StageFailure::Failed {
            error: Box::new(error),
            hint: None,
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
    /// Whether the store could not be read or written; otherwise the stage's own work went wrong.
    pub is_of_store: bool,
}

impl Failure {
    pub(crate) fn new(error: &(dyn Error + 'static), hint: Option<String>) -> Failure {
        let chain = || std::iter::successors(Some(error), |cause| (*cause).source());
        Failure {
            messages: chain().map(ToString::to_string).collect(),
            hint,
            is_of_store: chain().find_map(blames_store).unwrap_or(false),
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
            is_of_store: false,
        }
    }
}

/// Whether an error is one of the store; none where it does not tell.
fn blames_store(error: &(dyn Error + 'static)) -> Option<bool> {
    match error.downcast_ref() {
        // The store also takes the digests of outside files, and then the file is to blame.
        Some(PlanError::Source { .. }) => return Some(false),
        Some(PlanError::Store { .. }) => return Some(true),
        _ => {}
    }
    if let Some(ContextError::Folder { .. }) = error.downcast_ref() {
        return Some(false);
    }
    (error.is::<StoreError>() || error.is::<BlobError>()).then_some(true)
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.messages.join(": "))
    }
}
