//! What is known so far in one build, and what follows from it.
//!
//! Connects the schedule (which stage next), the resolver (what a stage's entry is) and the retention (which blobs may
//! go). Starts no thread and runs no stage; whoever calls must do so one at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use gan_cache::{Entry, HistoryRecord, Key, KeyDocument, Store};

use super::perform::{Ending, Performed, Surroundings, Task, is_interchangeable};
use super::{ExecuteError, ExecuteOptions};
use crate::context::{BrokenInput, InputBlob};
use crate::event::{Event, StageReference};
use crate::failure::Failure;
use crate::graph::{Graph, StageId};
use crate::plan::{Plan, PlanError};
use crate::report::{Attempt, FinalState, Report, StageReport, Unfinished};
use crate::resolve::{Entries, Resolver, inputs_of, outcome};
use crate::retention::Retention;
use crate::schedule::{Schedule, Shape, State};
use crate::stage::Outcome;

/// How often a stage is tried again because inputs had to be made again; more often, and something else is wrong.
const REPAIRS: u32 = 3;

/// One build on its way.
pub(super) struct Build<'a> {
    surroundings: Surroundings<'a>,
    schedule: Schedule,
    resolver: Resolver<'a>,
    retention: Retention<'a>,
    entries: Entries,
    stages: Vec<Progress>,
    /// The stages that wait for a running one with the same key.
    in_flight: HashMap<Key, Vec<StageId>>,
    /// Nothing new starts: something failed, or a worker was lost.
    has_stopped: bool,
    has_given_up: bool,
    fatal: Option<PlanError>,
}

/// What is known of one stage beside its entry and its state.
#[derive(Default)]
struct Progress {
    key: Option<Key>,
    /// The document it will run with, while it is ready.
    document: Option<KeyDocument>,
    /// The outputs whose blobs are needed, by position.
    demanded: BTreeSet<usize>,
    attempts: Vec<Attempt>,
    has_run: bool,
    is_announced: bool,
    repairs: u32,
    failure: Option<Failure>,
}

impl<'a> Build<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        store: &'a Store,
        options: &'a ExecuteOptions,
        observer: &'a (dyn Fn(&Event) + Sync),
        required: &'a [BTreeSet<usize>],
    ) -> Build<'a> {
        let progress = |demanded: &BTreeSet<usize>| Progress {
            demanded: demanded.clone(),
            ..Progress::default()
        };
        Build {
            surroundings: Surroundings {
                graph,
                store,
                options,
                observer,
            },
            schedule: Schedule::new(Shape::of(graph)),
            resolver: Resolver::new(graph, store),
            retention: Retention::new(graph, required),
            entries: vec![None; graph.len()],
            stages: required.iter().map(progress).collect(),
            in_flight: HashMap::new(),
            has_stopped: false,
            has_given_up: false,
            fatal: None,
        }
    }

    pub(super) fn surroundings(&self) -> Surroundings<'a> {
        self.surroundings
    }

    /// Takes over what the plan found: its hits are settled, the rest is looked at anew when its turn comes.
    pub(super) fn adopt(&mut self, plan: Plan) {
        for id in self.graph().order() {
            let Some(entry) = &plan.entries[id.index()] else {
                continue;
            };
            self.note_entry(id, entry);
            match outcome(entry) {
                Outcome::Completed => self.schedule.settle(id, false),
                Outcome::Diverged => self.schedule.diverge(id),
            }
        }
        for id in self.graph().stages() {
            if self.entries[id.index()].is_some() {
                self.demand_required(id);
            }
        }
        for id in self.graph().stages() {
            if matches!(self.schedule.state(id), State::Settled | State::Diverged) {
                self.announce_hit(id);
            }
        }
        self.announce_dropped();
    }

    /// Whether anything is left to look up or to run.
    pub(super) fn has_work(&mut self) -> bool {
        self.examine_all();
        if !self.may_not_start() {
            // Only now is it known which of the stages with an entry are needed again.
            self.graph()
                .stages()
                .for_each(|id| self.drop_consumed_outputs(id));
        }
        self.schedule.has_ready()
    }

    /// Whether a stage is running, so that there may be more to do later.
    pub(super) fn is_running(&self) -> bool {
        self.schedule.running() > 0 && !self.has_given_up
    }

    /// A worker was lost; nothing more can be expected of this build.
    pub(super) fn give_up(&mut self) {
        self.has_stopped = true;
        self.has_given_up = true;
    }

    /// The next stage to run for a worker that ran `last` before.
    pub(super) fn next(&mut self, last: Option<StageId>) -> Option<Task> {
        loop {
            self.examine_all();
            if self.may_not_start() {
                return None;
            }
            let id = self.schedule.start(last)?;
            let key = self.stages[id.index()].key?;
            if let Some(waiting) = self.in_flight.get_mut(&key) {
                waiting.push(id);
                self.schedule.park(id);
                continue;
            }
            self.in_flight.insert(key, Vec::new());
            return self.task(id, key);
        }
    }

    /// Takes the result of a task.
    pub(super) fn conclude(&mut self, task: Task, performed: Performed) {
        let Task { id, key, .. } = task;
        self.stages[id.index()].attempts.extend(performed.attempt);
        let seconds = performed.attempt.map_or(0.0, |attempt| attempt.seconds);
        match performed.ending {
            Ending::Hit(entry) => self.take_entry(id, &entry),
            Ending::Ran(entry) => self.take_run(id, &entry, seconds),
            Ending::Broken(inputs) => self.repair(id, &inputs),
            Ending::Failed(failure) => self.fail(id, failure),
            Ending::Cancelled => {
                self.schedule.withdraw(id);
                self.emit(&Event::StageCancelled {
                    stage: self.reference(id),
                });
            }
        }
        for waiting in self.in_flight.remove(&key).unwrap_or_default() {
            self.schedule.reexamine(waiting);
        }
        self.announce_dropped();
    }

    /// Ends the build: notes the history and reports.
    pub(super) fn finish(self) -> Result<Report, ExecuteError> {
        if let Some(error) = self.fatal {
            return Err(ExecuteError::Plan(error));
        }
        self.append_history();
        let stages = self.graph().stages().map(|id| self.stage_report(id)).collect();
        Ok(Report { stages })
    }

    fn graph(&self) -> &'a Graph {
        self.surroundings.graph
    }

    fn emit(&self, event: &Event) {
        (self.surroundings.observer)(event);
    }

    fn reference(&self, id: StageId) -> StageReference {
        self.surroundings.reference(id, self.stages[id.index()].key)
    }

    fn may_not_start(&self) -> bool {
        self.has_stopped || self.fatal.is_some() || self.surroundings.is_cancelled()
    }

    /// Looks up every stage whose key can be known by now.
    fn examine_all(&mut self) {
        while !self.may_not_start()
            && let Some(id) = self.schedule.next_to_examine()
        {
            if let Err(error) = self.examine(id) {
                self.fatal = Some(error);
            }
            self.announce_dropped();
        }
    }

    /// Looks up one stage: it is a hit, or must run, or must wait for blobs to be made again.
    fn examine(&mut self, id: StageId) -> Result<(), PlanError> {
        let document = self.resolver.document(id, &self.entries)?;
        let key = document.key();
        self.stages[id.index()].key = Some(key);
        if let Some(entry) = self.sufficient_entry(id, &key)? {
            self.take_entry(id, &entry);
            return Ok(());
        }
        let absent = self.resolver.absent_inputs(id, &self.entries);
        if absent.is_empty() {
            self.stages[id.index()].document = Some(document);
            self.schedule.must_run(id);
            return Ok(());
        }
        // Another build may have run the stage since the look above, and dropped what it no longer needed.
        if let Some(entry) = self.sufficient_entry(id, &key)? {
            self.take_entry(id, &entry);
            return Ok(());
        }
        for input in absent {
            self.demand(input.producer, input.position, Some(id), false);
        }
        Ok(())
    }

    /// The entry under a key, if the blobs that are needed of it are there.
    fn sufficient_entry(&self, id: StageId, key: &Key) -> Result<Option<Arc<Entry>>, PlanError> {
        let entry = self.resolver.entry(id, key)?;
        Ok(entry.filter(|entry| {
            self.demanded(id)
                .all(|output| self.resolver.has_output(entry, output))
        }))
    }

    fn demanded(&self, id: StageId) -> impl Iterator<Item = &'static str> {
        let outputs = self.graph().outputs(id);
        self.stages[id.index()]
            .demanded
            .iter()
            .map(|position| outputs[*position].name)
    }

    /// Has a stage with an entry run again for a blob.
    fn demand(&mut self, id: StageId, position: usize, consumer: Option<StageId>, damaged: bool) {
        self.stages[id.index()].demanded.insert(position);
        self.schedule.reopen(id);
        let output = self.graph().outputs(id)[position].name;
        let consumer = consumer.map(|consumer| self.reference(consumer));
        self.emit(&Event::BlobRemade {
            stage: self.reference(id),
            output,
            consumer,
            damaged,
        });
    }

    /// Has a stage with an entry run again if blobs are gone that the caller requires.
    fn demand_required(&mut self, id: StageId) {
        let Some(entry) = self.entries[id.index()].clone() else {
            return;
        };
        let absent = |position: &usize| {
            let output = self.graph().outputs(id)[*position].name;
            !self.resolver.has_output(&entry, output)
        };
        let absent: Vec<_> = self.stages[id.index()]
            .demanded
            .iter()
            .copied()
            .filter(absent)
            .collect();
        for position in absent {
            self.demand(id, position, None, false);
        }
    }

    fn task(&mut self, id: StageId, key: Key) -> Option<Task> {
        let document = self.stages[id.index()].document.take()?;
        let inputs: BTreeMap<_, _> = inputs_of(self.graph(), id, &self.entries)
            .map(|(input, blob)| {
                let (producer, position) = (input.producer, input.position);
                (
                    input.name.to_owned(),
                    InputBlob {
                        producer,
                        position,
                        blob,
                    },
                )
            })
            .collect();
        Some(Task {
            id,
            key,
            document,
            inputs,
            demanded: self.demanded(id).collect(),
        })
    }

    fn take_run(&mut self, id: StageId, entry: &Arc<Entry>, seconds: f64) {
        let progress = &mut self.stages[id.index()];
        (progress.has_run, progress.is_announced) = (true, true);
        self.emit(&Event::StageFinished {
            stage: self.reference(id),
            outcome: outcome(entry),
            seconds,
        });
        self.take_entry(id, entry);
    }

    /// A stage has an entry, found or made.
    fn take_entry(&mut self, id: StageId, entry: &Arc<Entry>) {
        let before = self.entries[id.index()].clone();
        let same_key = before.as_ref().is_some_and(|before| before.key == entry.key);
        let changed = before.is_some_and(|before| !is_interchangeable(&before, entry));
        self.note_entry(id, entry);
        if changed && same_key {
            self.emit(&Event::RemadeDifferently {
                stage: self.reference(id),
            });
        }
        match outcome(entry) {
            Outcome::Completed => self.schedule.settle(id, changed),
            Outcome::Diverged => self.schedule.diverge(id),
        }
        self.announce_hit(id);
        self.drop_consumed_inputs(id);
        self.drop_consumed_outputs(id);
    }

    fn note_entry(&mut self, id: StageId, entry: &Arc<Entry>) {
        let before = self.entries[id.index()].replace(Arc::clone(entry));
        self.retention.note(id, entry, before.as_deref());
        self.stages[id.index()].key = Some(entry.key);
    }

    /// Has inputs made again that a stage could not read.
    fn repair(&mut self, id: StageId, inputs: &[BrokenInput]) {
        self.stages[id.index()].repairs += 1;
        if self.stages[id.index()].repairs > REPAIRS {
            self.fail(id, unreadable(self.graph(), inputs));
            return;
        }
        for BrokenInput { input, damaged } in inputs {
            if *damaged && let Err(error) = self.surroundings.store.remove_blob(&input.blob.digest) {
                self.fail(id, Failure::new(&error, None));
                return;
            }
        }
        for BrokenInput { input, damaged } in inputs {
            self.demand(input.producer, input.position, Some(id), *damaged);
        }
        self.schedule.reexamine(id);
    }

    fn fail(&mut self, id: StageId, failure: Failure) {
        self.stages[id.index()].failure = Some(failure.clone());
        self.has_stopped |= !self.surroundings.options.keep_going;
        self.schedule.fail(id);
        self.emit(&Event::StageFailed {
            stage: self.reference(id),
            failure,
        });
    }

    fn announce_hit(&mut self, id: StageId) {
        let Some(entry) = &self.entries[id.index()] else {
            return;
        };
        if !std::mem::replace(&mut self.stages[id.index()].is_announced, true) {
            self.emit(&Event::StageHit {
                stage: self.reference(id),
                outcome: outcome(entry),
            });
        }
    }

    fn announce_dropped(&mut self) {
        for id in self.schedule.take_dropped() {
            let (stage, cause) = (self.reference(id), self.reference(self.schedule.cause(id)));
            match self.schedule.state(id) {
                State::Skipped => self.emit(&Event::StageSkipped {
                    stage,
                    diverged: cause,
                }),
                State::Abandoned => self.emit(&Event::StageAbandoned { stage, failed: cause }),
                _ => {}
            }
        }
    }

    fn drop_consumed_inputs(&self, id: StageId) {
        if !self.surroundings.options.keep_all {
            for input in self.graph().inputs(id) {
                self.drop_if_consumed(input.producer, input.output.name);
            }
        }
    }

    fn drop_consumed_outputs(&self, id: StageId) {
        if !self.surroundings.options.keep_all {
            for output in self.graph().outputs(id) {
                self.drop_if_consumed(id, output.name);
            }
        }
    }

    fn drop_if_consumed(&self, id: StageId, output: &'static str) {
        let entry = self.entries[id.index()].as_ref();
        let Some(blob) = entry.and_then(|entry| entry.outputs.get(output)) else {
            return;
        };
        let has_entry = |id| matches!(self.schedule.state(id), State::Settled | State::Diverged);
        let store = self.surroundings.store;
        if !self.retention.is_consumed(blob, &has_entry) || !store.has_blob(blob) {
            return;
        }
        match store.remove_blob(&blob.digest) {
            Ok(()) => {
                let stage = self.reference(id);
                self.emit(&Event::BlobDropped {
                    stage,
                    output,
                    bytes: blob.bytes,
                });
            }
            Err(error) => tracing::warn!(%error, stage = self.graph().name(id), "a consumed blob stays"),
        }
    }

    /// Notes the keys of this build for later explanations. They are only hints, so that a failure is no error.
    fn append_history(&self) {
        let record = |id: StageId| {
            let entry = self.entries[id.index()].as_ref()?;
            let (kind, name) = (self.graph().kind(id).to_owned(), self.graph().name(id).to_owned());
            Some(HistoryRecord {
                kind,
                name,
                key: entry.key,
            })
        };
        let records: Vec<_> = self.graph().stages().filter_map(record).collect();
        let history = self.surroundings.store.history(self.graph().study());
        if let Err(error) = history.append(&records) {
            tracing::warn!(%error, "explanations will not know of this build");
        }
    }

    fn stage_report(&self, id: StageId) -> StageReport {
        let progress = &self.stages[id.index()];
        StageReport {
            id,
            name: self.graph().shared_name(id),
            kind: self.graph().kind(id),
            key: progress.key,
            state: self.final_state(id, progress),
            entry: self.entries[id.index()].clone(),
            attempts: progress.attempts.clone(),
        }
    }

    fn final_state(&self, id: StageId, progress: &Progress) -> FinalState {
        let cause = self.schedule.cause(id);
        match (self.schedule.state(id), &progress.failure) {
            (State::Settled | State::Diverged, _) if progress.has_run => FinalState::Ran,
            (State::Settled | State::Diverged, _) => FinalState::Hit,
            (State::Skipped, _) => FinalState::Skipped { diverged: cause },
            (State::Failed, Some(failure)) => FinalState::Failed(failure.clone()),
            (State::Abandoned, _) => FinalState::Unfinished(Unfinished::BelowFailure { failed: cause }),
            (State::Withdrawn, _) => FinalState::Unfinished(Unfinished::Cancelled),
            _ => FinalState::Unfinished(Unfinished::NotStarted),
        }
    }
}

fn unreadable(graph: &Graph, inputs: &[BrokenInput]) -> Failure {
    let describe = |BrokenInput { input, .. }: &BrokenInput| {
        let output = graph.outputs(input.producer)[input.position].name;
        format!(
            "the {output} of {} (blob {})",
            graph.name(input.producer),
            input.blob.digest.short()
        )
    };
    let inputs: Vec<_> = inputs.iter().map(describe).collect();
    Failure {
        messages: vec![format!(
            "made again {REPAIRS} times and still not readable: {}",
            inputs.join(", ")
        )],
        hint: Some(
            "check the disk, and that no other program removes files from the cache folder".to_owned(),
        ),
    }
}
