//! Runs what a graph is missing.
//!
//! * [`workers`]: the threads, and nothing else.
//! * [`build`]: what is known so far and what follows from it; shared by the workers under one lock.
//! * [`perform`]: one run of one stage, from its lock to its entry.
//! * [`acquire`]: waits for the lock of a key without becoming deaf to a request to stop.

mod acquire;
mod build;
mod perform;
mod workers;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{io, num::NonZero};

use gan_cache::Store;

use crate::event::Event;
use crate::graph::{Graph, StageId};
use crate::plan::{Plan, PlanError, StagePlan, plan_requiring, required_outputs};
use crate::report::Report;

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

/// Runs all stages that have no entry, and those whose blobs are gone and needed.
///
/// `observer` is told what happens. It is called from several threads and should return quickly; it must not call
/// back into the build.
///
/// A failing stage is not an error here but a state in the report.
///
/// # Errors
/// A graph that cannot be planned; data that is missing, before anything runs; a store that cannot be read.
pub fn execute(
    graph: &Graph,
    store: &Store,
    options: &ExecuteOptions,
    observer: &(dyn Fn(&Event) + Sync),
) -> Result<Report, ExecuteError> {
    let plan = plan_requiring(graph, store, &options.require)?;
    refuse_missing_data(graph, &plan)?;
    let required = required_outputs(graph, &options.require)?;
    let mut build = build::Build::new(graph, store, options, observer, &required);
    build.adopt(plan);
    if build.has_work() {
        build = workers::run(build, options)?;
    }
    build.finish()
}

fn refuse_missing_data(graph: &Graph, plan: &Plan) -> Result<(), ExecuteError> {
    let mut missing = plan.stages().filter_map(|(id, stage)| match stage {
        StagePlan::MissingData { source, path } => Some((id, source, path)),
        _ => None,
    });
    let Some((id, data, path)) = missing.next() else {
        return Ok(());
    };
    Err(ExecuteError::MissingData {
        stage: graph.name(id).to_owned(),
        data: data.clone(),
        path: path.clone(),
        others: missing.count(),
    })
}
