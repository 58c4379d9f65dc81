//! From a graph to a report: plans, refuses what cannot be run, and lets the workers do the rest.

use gan_cache::Store;

use super::build::Build;
use super::{ExecuteError, ExecuteOptions, workers};
use crate::event::Event;
use crate::graph::Graph;
use crate::plan::{Plan, StagePlan, plan_requiring, required_outputs};
use crate::report::Report;

/// Runs all stages that have no entry, and those whose blobs are gone and needed.
///
/// `observer` is told what happens. It is called from several threads and should return quickly; it must not
/// call back into the build.
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
    execute_planned(graph, plan, store, options, observer)
}

/// As [`execute`], with a plan of this graph and store that was just made for the same required outputs.
///
/// # Errors
/// As [`execute`].
pub fn execute_planned(
    graph: &Graph,
    plan: Plan,
    store: &Store,
    options: &ExecuteOptions,
    observer: &(dyn Fn(&Event) + Sync),
) -> Result<Report, ExecuteError> {
    refuse_missing_data(graph, &plan)?;
    let required = required_outputs(graph, &options.require)?;
    let mut build = Build::new(graph, store, options, observer, &required);
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
