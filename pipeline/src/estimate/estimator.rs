//! From a plan and what is measured to what each stage, and the build, would take.

use std::collections::{BTreeMap, BTreeSet};

use super::makespan::makespan;
use super::measured::{Measured, Rate};
use super::workload::{Workload, WorkloadOf};
use crate::execute::ExecuteOptions;
use crate::graph::{Graph, StageId};
use crate::plan::{Plan, PlanError, Reason, StagePlan, required_outputs};
use crate::stage::Keep;

/// What the time of a stage is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Stages whose settings agree in everything that costs time, with as many threads.
    Same,
    /// Stages that agree in what costs most, or ran with another number of threads.
    Similar,
    /// Nothing measured: its operations were counted, and a rate was given.
    Counted,
}

/// What one stage would take.
#[derive(Clone, Debug, PartialEq)]
pub struct StageEstimate {
    /// Wall time in seconds, and what it is known from; none if no comparable stage was measured, and its operations are not
    /// counted or no rate is given.
    pub seconds: Option<(f64, Basis)>,
    /// How many measured stages the time is known from.
    pub measured: usize,
    /// What it would add to the store for good, in bytes; none if no comparable stage has an entry.
    pub bytes: Option<u64>,
}

/// What a build would take at most: a stage that is unknown in the plan counts as if it ran.
#[derive(Clone, Debug)]
pub struct Estimate {
    stages: Vec<Option<StageEstimate>>,
    /// Wall time in seconds of the stages whose time is known, as many at once as there are jobs.
    pub seconds: f64,
    /// The time of those stages together, in seconds.
    pub stage_seconds: f64,
    /// What they would add to the store for good, in bytes.
    pub bytes: u64,
    /// Stages whose time is known from the same settings.
    pub same: usize,
    /// Stages whose time is known from similar settings.
    pub similar: usize,
    /// Stages whose time is that of their operations at the given rate.
    pub counted: usize,
    /// Stages whose time is not known.
    pub unmeasured: usize,
    /// Stages whose length is not known.
    pub unsized_stages: usize,
}

impl Estimate {
    /// What one stage would take; none for a stage that will not run.
    #[must_use]
    pub fn stage(&self, id: StageId) -> Option<&StageEstimate> {
        self.stages[id.index()].as_ref()
    }

    /// Whether the time of at least one stage is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.same + self.similar + self.counted > 0
    }
}

/// Estimates what a build of a plan would take.
///
/// Where nothing comparable was measured, the operations that a stage counts are divided by `rate`, if one is given: the
/// floating-point operations a second of the machine with all of its threads, or of its one device for stages that need it.
///
/// # Errors
/// An output that is required and does not exist.
pub fn estimate(
    graph: &Graph,
    plan: &Plan,
    options: &ExecuteOptions,
    measured: &Measured,
    workload: &WorkloadOf<'_>,
    rate: Option<f64>,
) -> Result<Estimate, PlanError> {
    let mut estimator = Estimator {
        graph,
        plan,
        measured,
        workload,
        threads: options.threads_of_a_stage().try_into().unwrap_or(u32::MAX),
        all_threads: options.threads.try_into().unwrap_or(u32::MAX),
        operations_per_second: rate,
        keep_all: options.keep_all,
        required: required_outputs(graph, &options.require)?,
        sizes: vec![BTreeMap::new(); graph.len()],
    };
    let mut stages = vec![None; graph.len()];
    for id in graph.order() {
        stages[id.index()] = estimator.stage(id);
    }
    Ok(summed(graph, stages, options.jobs.max(1)))
}

fn summed(graph: &Graph, stages: Vec<Option<StageEstimate>>, jobs: usize) -> Estimate {
    let running = || stages.iter().flatten();
    let based_on = |wanted| {
        running()
            .filter(|stage| stage.seconds.is_some_and(|(_, basis)| basis == wanted))
            .count()
    };
    let seconds = |stage: &StageEstimate| stage.seconds.map_or(0.0, |(seconds, _)| seconds);
    let durations: Vec<Option<f64>> = stages.iter().map(|stage| stage.as_ref().map(seconds)).collect();
    Estimate {
        seconds: makespan(graph, &durations, jobs),
        stage_seconds: durations.iter().flatten().sum(),
        bytes: running().filter_map(|stage| stage.bytes).sum(),
        same: based_on(Basis::Same),
        similar: based_on(Basis::Similar),
        counted: based_on(Basis::Counted),
        unmeasured: running().filter(|stage| stage.seconds.is_none()).count(),
        unsized_stages: running().filter(|stage| stage.bytes.is_none()).count(),
        stages,
    }
}

struct Estimator<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
    measured: &'a Measured,
    workload: &'a WorkloadOf<'a>,
    /// Threads of each stage.
    threads: u32,
    /// Threads of all stages that run at once.
    all_threads: u32,
    /// Of all threads together, or of the device.
    operations_per_second: Option<f64>,
    keep_all: bool,
    required: Vec<BTreeSet<usize>>,
    /// The length of each output, found or estimated, by stage and name.
    sizes: Vec<BTreeMap<String, u64>>,
}

impl Estimator<'_> {
    fn stage(&mut self, id: StageId) -> Option<StageEstimate> {
        if let Some(entry) = self.plan.entry(id) {
            let sizes = entry
                .outputs
                .iter()
                .map(|(name, output)| (name.clone(), output.bytes));
            self.sizes[id.index()] = sizes.collect();
        }
        let remade = match self.plan.stage(id) {
            StagePlan::Hit(_) | StagePlan::Skipped { .. } => return None,
            StagePlan::WillRun {
                reason: Reason::BlobsMissing { outputs },
                ..
            } => Some(&outputs[..]),
            _ => None,
        };
        let Some(workload) = self.workload(id) else {
            return Some(StageEstimate {
                seconds: self.counted(id),
                measured: 0,
                bytes: remade.map(|outputs| self.kept_bytes(id, outputs)),
            });
        };
        let rate = self.rate(id, &workload);
        let is_sized = remade.is_some() || self.take_sizes(id, &workload);
        let all: Vec<&str> = self.graph.outputs(id).iter().map(|output| output.name).collect();
        Some(StageEstimate {
            seconds: rate
                .map(|(rate, amount, basis)| (rate.seconds_per_unit * amount, basis))
                .or_else(|| self.counted(id)),
            measured: rate.map_or(0, |(rate, ..)| rate.count),
            bytes: is_sized.then(|| self.kept_bytes(id, remade.unwrap_or(&all))),
        })
    }

    fn workload(&self, id: StageId) -> Option<Workload> {
        let input_bytes = |name: &str| {
            let input = self.graph.inputs(id).find(|input| input.name == name)?;
            self.sizes[input.producer.index()].get(input.output.name).copied()
        };
        let stage = self.graph.stage(id);
        (self.workload)(stage.kind(), &stage.parameters(), &input_bytes)
    }

    /// The time of a stage's operations at the given rate, of which it has the share of its threads.
    fn counted(&self, id: StageId) -> Option<(f64, Basis)> {
        let rate = self.operations_per_second?;
        let stage = self.graph.stage(id);
        let share = match stage.needs_device() {
            true => 1.0,
            false => f64::from(self.threads) / f64::from(self.all_threads.max(self.threads)),
        };
        Some((stage.operations()? / (rate * share), Basis::Counted))
    }

    /// The speed of the most comparable stages, the amount of work in its units, and how comparable they are.
    fn rate(&self, id: StageId, workload: &Workload) -> Option<(Rate, f64, Basis)> {
        let stage = self.graph.stage(id);
        let same = self
            .measured
            .same(stage.kind(), stage.version(), &workload.same.settings);
        if let Some(samples) = same {
            let amount = workload.same.amount;
            let exact = samples.rate(self.threads).map(|rate| (rate, amount, Basis::Same));
            let near = || {
                samples
                    .nearest_rate(self.threads)
                    .map(|rate| (rate, amount, Basis::Similar))
            };
            if let Some(found) = exact.or_else(near) {
                return Some(found);
            }
        }
        let similar = workload.similar.as_ref()?;
        let samples = self.measured.similar(stage.kind(), &similar.settings)?;
        let rate = samples.nearest_rate(self.threads)?;
        Some((rate, similar.amount, Basis::Similar))
    }

    /// Estimates the lengths of a stage's outputs; false where none is like it.
    fn take_sizes(&mut self, id: StageId, workload: &Workload) -> bool {
        if self.graph.outputs(id).is_empty() {
            return true;
        }
        let stage = self.graph.stage(id);
        let same = self
            .measured
            .same(stage.kind(), stage.version(), &workload.same.settings);
        let similar = || {
            self.measured
                .similar(stage.kind(), &workload.similar.as_ref()?.settings)
        };
        let Some(samples) = same.or_else(similar) else {
            return false;
        };
        self.sizes[id.index()] = samples.sizes(workload.same.amount, workload.growing);
        true
    }

    /// The length of those of a stage's outputs that stay in the store.
    fn kept_bytes(&self, id: StageId, outputs: &[&str]) -> u64 {
        let sizes = &self.sizes[id.index()];
        let declared = self.graph.outputs(id).iter().enumerate();
        let kept = declared.filter(|(position, output)| {
            let is_dropped = output.keep == Keep::UntilConsumed
                && !self.keep_all
                && !self.required[id.index()].contains(position)
                && self.graph.is_consumed_at_last(id, *position);
            outputs.contains(&output.name) && !is_dropped
        });
        kept.filter_map(|(_, output)| sizes.get(output.name)).sum()
    }
}
