//! How a graph is to be executed, and why that may be refused.

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::graph::StageId;
use crate::plan::PlanError;

/// How to execute a graph.
#[derive(Clone, Debug)]
pub struct ExecuteOptions {
    /// How many stages may run at once; at least 1.
    pub jobs: usize,
    /// How many threads all stages may use together; each gets `threads / jobs`, at least 1.
    pub threads: usize,
    /// After a failure, go on with everything that is not below it.
    pub keep_going: bool,
    /// Drop no blob, not even consumed ones of outputs that are kept only until consumed.
    pub keep_all: bool,
    /// Outputs whose blobs must be in the store at the end.
    pub require: Vec<(StageId, String)>,
    /// Set to true by anyone to end the build early.
    pub cancel: Arc<AtomicBool>,
}

impl ExecuteOptions {
    /// How many threads each stage gets; at least 1.
    #[must_use]
    pub fn threads_of_a_stage(&self) -> usize {
        (self.threads / self.jobs.max(1)).max(1)
    }
}

impl Default for ExecuteOptions {
    /// One stage at a time, with all cores.
    fn default() -> ExecuteOptions {
        ExecuteOptions {
            jobs: 1,
            threads: std::thread::available_parallelism().map_or(1, NonZero::get),
            keep_going: false,
            keep_all: false,
            require: Vec::new(),
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// A build that could not be carried out; what ran before is stored.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The graph cannot be planned, or the store cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Files are not on this machine that stages read; nothing was run.
    #[error("{} is not on this machine; stage {stage:?} reads it as {data}", path.display())]
    MissingData {
        /// The first stage that lacks a file.
        stage: String,
        /// The name of the stage's source.
        data: String,
        /// Where the file was expected.
        path: PathBuf,
        /// How many further stages lack a file.
        others: usize,
    },
    /// Not a single thread could be started.
    #[error("cannot start a thread to run stages")]
    Thread(#[source] io::Error),
}
