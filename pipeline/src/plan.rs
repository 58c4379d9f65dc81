//! What a build would do: for each stage whether it is a hit, will run, or cannot be known yet.
//!
//! Reads entries and the sizes of blobs, runs nothing and needs no data set. Linear in the number of stages.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use gan_cache::{Entry, Key, KeyDocument, Store};

use crate::graph::{Graph, GraphError, StageId};
use crate::resolve::{Entries, Resolver, outcome};
use crate::stage::Outcome;

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
    stages: Vec<StagePlan>,
    /// Also holds the entries of stages that run again for their blobs.
    pub(crate) entries: Entries,
    /// The documents of stages that are no hit and whose key is known.
    documents: Vec<Option<KeyDocument>>,
}

/// How many stages are in which case; all but `stages` add up to `stages`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The largest number of stages that a build would run, as long as every blob proves intact when it is read.
    #[must_use]
    pub fn at_most(&self) -> usize {
        self.will_run + self.unknown
    }
}

/// A graph that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Two stages have one name.
    #[error("two stages are named {name:?}")]
    RepeatedName {
        /// The name.
        name: String,
    },
    /// The caller requires an output that does not exist.
    #[error("cannot require an output")]
    Requirement(#[source] GraphError),
    /// The store cannot be read.
    #[error("cannot look up stage {stage:?}")]
    Store {
        /// The stage that was looked up.
        stage: String,
        /// What the store says.
        #[source]
        error: Box<dyn Error + Send + Sync>,
    },
    /// A file is there but cannot be read.
    #[error("cannot read {} ({data} of stage {stage:?})", path.display())]
    Source {
        /// The stage that reads the file.
        stage: String,
        /// The name of the stage's source.
        data: String,
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        error: Box<dyn Error + Send + Sync>,
    },
}

/// Says what a build of this graph would do.
///
/// # Errors
/// Two stages of one name; a store or a present data file that cannot be read. An absent data file is no error.
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
                self.demand(input.producer, input.output.name, &mut running);
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
            }) => {
                if !outputs.contains(&output) {
                    outputs.push(output);
                }
            }
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
