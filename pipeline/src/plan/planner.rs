//! Plans a graph in two passes: downwards from entry to entry, then upwards from needed blob to needed blob.

use std::collections::BTreeSet;
use std::sync::Arc;

use gan_cache::{KeyDocument, Store};

use super::{Plan, PlanError, Reason, StagePlan};
use crate::graph::{Graph, StageId};
use crate::resolve::{Entries, Resolver, outcome};
use crate::stage::Outcome;

/// Says what a build of this graph would do.
///
/// # Errors
/// Two stages of one name; a store or a present data file that cannot be read. An absent data file is no
/// error.
pub fn plan(graph: &Graph, store: &Store) -> Result<Plan, PlanError> {
    plan_requiring(graph, store, &[])
}

/// Says what a build would do whose caller needs the blobs of some outputs at the end.
///
/// # Errors
/// As [`plan`], and when an output does not exist.
pub fn plan_requiring(
    graph: &Graph,
    store: &Store,
    require: &[(StageId, String)],
) -> Result<Plan, PlanError> {
    if let Some(name) = graph.repeated_name() {
        return Err(PlanError::RepeatedName {
            name: name.to_owned(),
        });
    }
    let required = required_outputs(graph, require)?;
    let mut planner = Planner::new(graph, store);
    for id in graph.order() {
        let stage = planner.stage(id)?;
        planner.stages[id.index()] = Some(stage);
    }
    planner.demand_blobs(&required);
    Ok(planner.finish())
}

/// The positions of the required outputs of each stage.
pub(crate) fn required_outputs(
    graph: &Graph,
    require: &[(StageId, String)],
) -> Result<Vec<BTreeSet<usize>>, PlanError> {
    let mut required = vec![BTreeSet::new(); graph.len()];
    for (id, output) in require {
        graph.check_id(*id).map_err(PlanError::Requirement)?;
        let position = graph
            .output_position(*id, output)
            .map_err(PlanError::Requirement)?;
        required[id.index()].insert(position);
    }
    Ok(required)
}

struct Planner<'a> {
    graph: &'a Graph,
    resolver: Resolver<'a>,
    stages: Vec<Option<StagePlan>>,
    entries: Entries,
    documents: Vec<Option<KeyDocument>>,
}

impl<'a> Planner<'a> {
    fn new(graph: &'a Graph, store: &'a Store) -> Planner<'a> {
        let count = graph.len();
        Planner {
            graph,
            resolver: Resolver::new(graph, store),
            stages: vec![None; count],
            entries: vec![None; count],
            documents: vec![None; count],
        }
    }

    /// Plans one stage from the plans of those above it.
    fn stage(&mut self, id: StageId) -> Result<StagePlan, PlanError> {
        let above = match self.above(id) {
            Some(skipped @ StagePlan::Skipped { .. }) => return Ok(skipped),
            other => other,
        };
        if let Some(source) = self.resolver.missing_source(id)? {
            return Ok(StagePlan::MissingData {
                source: source.name,
                path: source.path,
            });
        }
        if let Some(above) = above {
            return Ok(above);
        }
        let document = self.resolver.document(id, &self.entries)?;
        let key = document.key();
        if let Some(entry) = self.resolver.entry(id, &key)? {
            self.entries[id.index()] = Some(Arc::clone(&entry));
            return Ok(StagePlan::Hit(entry));
        }
        self.documents[id.index()] = Some(document);
        Ok(StagePlan::WillRun {
            key,
            reason: Reason::NoEntry,
        })
    }

    /// What the stages above say about a stage, the most certain first; none when all of them have entries.
    fn above(&self, id: StageId) -> Option<StagePlan> {
        let mut verdicts: Vec<_> = self
            .graph
            .inputs(id)
            .filter_map(|input| {
                self.stages[input.producer.index()]
                    .as_ref()
                    .map(|plan| (input.producer, plan))
            })
            .filter_map(|(producer, plan)| verdict_below(producer, plan))
            .collect();
        verdicts.sort_by_key(|(rank, cause, _)| (*rank, *cause));
        verdicts.into_iter().next().map(|(_, _, plan)| plan)
    }

    /// Turns hits into stages that will run where their blobs are needed and gone, and so on upwards.
    fn demand_blobs(&mut self, required: &[BTreeSet<usize>]) {
        let mut running: Vec<StageId> = self.graph.stages().filter(|id| self.will_run(*id)).collect();
        for id in self.graph.stages() {
            for position in &required[id.index()] {
                self.demand(id, self.graph.outputs(id)[*position].name, &mut running);
            }
        }
        while let Some(id) = running.pop() {
            for input in self.resolver.absent_inputs(id, &self.entries) {
                let output = self.graph.outputs(input.producer)[input.position].name;
                self.demand(input.producer, output, &mut running);
            }
        }
        self.sort_demanded_outputs();
    }

    fn will_run(&self, id: StageId) -> bool {
        matches!(self.stages[id.index()], Some(StagePlan::WillRun { .. }))
    }

    /// Notes that an output of a stage is needed; a hit without the blob joins those that run.
    fn demand(&mut self, id: StageId, output: &'static str, running: &mut Vec<StageId>) {
        let plan = self.stages[id.index()].as_mut();
        match plan {
            Some(StagePlan::Hit(entry)) if !self.resolver.has_output(entry, output) => {
                let reason = Reason::BlobsMissing {
                    outputs: vec![output],
                };
                let key = entry.key;
                self.documents[id.index()] = Some(entry.document.clone());
                self.stages[id.index()] = Some(StagePlan::WillRun { key, reason });
                running.push(id);
            }
            Some(StagePlan::WillRun {
                reason: Reason::BlobsMissing { outputs },
                ..
            }) if !outputs.contains(&output) => outputs.push(output),
            _ => {}
        }
    }

    fn sort_demanded_outputs(&mut self) {
        for plan in self.stages.iter_mut().flatten() {
            if let StagePlan::WillRun {
                reason: Reason::BlobsMissing { outputs },
                ..
            } = plan
            {
                outputs.sort_unstable();
            }
        }
    }

    fn finish(self) -> Plan {
        let stages = self.stages.into_iter().flatten().collect();
        Plan {
            stages,
            entries: self.entries,
            documents: self.documents,
            fingerprints: self.resolver.into_fingerprints(),
        }
    }
}

/// What a plan means for the stages right below, with its rank among several and the stage that is the cause.
fn verdict_below(producer: StageId, plan: &StagePlan) -> Option<(u8, StageId, StagePlan)> {
    match plan {
        StagePlan::Hit(entry) if outcome(entry) == Outcome::Completed => None,
        StagePlan::Hit(_) => Some((0, producer, StagePlan::Skipped { diverged: producer })),
        StagePlan::Skipped { diverged } => Some((0, *diverged, StagePlan::Skipped { diverged: *diverged })),
        StagePlan::MissingData { .. } => Some((1, producer, StagePlan::BelowMissingData { stage: producer })),
        StagePlan::BelowMissingData { stage } => {
            Some((1, *stage, StagePlan::BelowMissingData { stage: *stage }))
        }
        StagePlan::WillRun { .. } => Some((2, producer, StagePlan::Unknown { until: producer })),
        StagePlan::Unknown { until } => Some((2, *until, StagePlan::Unknown { until: *until })),
    }
}
