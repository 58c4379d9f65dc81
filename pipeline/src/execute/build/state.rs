//! The state of one build: looks stages up when their keys can be known, hands out tasks, takes results.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gan_cache::{Entry, Key, KeyDocument, Store};

use crate::context::BrokenInput;
use crate::event::Event;
use crate::execute::ExecuteOptions;
use crate::execute::perform::{Ending, Performed, Surroundings, Task};
use crate::failure::Failure;
use crate::graph::{Graph, StageId};
use crate::plan::{Plan, PlanError};
use crate::report::Attempt;
use crate::resolve::{Entries, Resolver, inputs_of, is_interchangeable, outcome};
use crate::retention::Retention;
use crate::schedule::{Schedule, Shape, State};
use crate::stage::Outcome;

/// One build on its way.
pub(in crate::execute) struct Build<'a> {
    pub(super) surroundings: Surroundings<'a>,
    pub(super) schedule: Schedule,
    pub(super) resolver: Resolver<'a>,
    pub(super) retention: Retention<'a>,
    pub(super) entries: Entries,
    pub(super) stages: Vec<Progress>,
    /// The stages that wait for a running one with the same key.
    pub(super) in_flight: HashMap<Key, Vec<StageId>>,
    /// Nothing new starts: something failed, or a worker was lost.
    pub(super) has_stopped: bool,
    pub(super) has_given_up: bool,
}

/// What is known of one stage beside its entry and its state.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) key: Option<Key>,
    /// The document it will run with, while it is ready.
    pub(super) document: Option<KeyDocument>,
    /// The outputs whose blobs are needed, by position.
    pub(super) demanded: BTreeSet<usize>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) has_run: bool,
    pub(super) is_announced: bool,
    pub(super) repairs: u32,
    pub(super) failure: Option<Failure>,
}

impl<'a> Build<'a> {
    pub(in crate::execute) fn new(
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
        }
    }

    pub(in crate::execute) fn surroundings(&self) -> Surroundings<'a> {
        self.surroundings
    }

    /// Takes over what the plan found: its hits are settled, the rest is looked at anew when its turn comes.
    pub(in crate::execute) fn adopt(&mut self, plan: Plan) {
        let Surroundings { graph, store, .. } = self.surroundings;
        self.resolver = Resolver::knowing(graph, store, plan.fingerprints);
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
    pub(in crate::execute) fn has_work(&mut self) -> bool {
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
    pub(in crate::execute) fn is_running(&self) -> bool {
        self.schedule.running() > 0 && !self.has_given_up
    }

    /// A worker was lost; nothing more can be expected of this build.
    pub(in crate::execute) fn give_up(&mut self) {
        self.has_stopped = true;
        self.has_given_up = true;
    }

    /// The next stage to run for a worker that ran `last` before.
    pub(in crate::execute) fn next(&mut self, last: Option<StageId>) -> Option<Task> {
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
    pub(in crate::execute) fn conclude(&mut self, task: Task, performed: Performed) {
        let Task { id, key, .. } = task;
        self.stages[id.index()].attempts.extend(performed.attempt);
        match performed.ending {
            Ending::Hit(entry) => self.take_entry(id, &entry),
            Ending::Ran(entry) => self.take_run(id, &entry),
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

    pub(super) fn graph(&self) -> &'a Graph {
        self.surroundings.graph
    }

    pub(super) fn may_not_start(&self) -> bool {
        self.has_stopped || self.surroundings.is_cancelled()
    }

    /// Looks up every stage whose key can be known by now; one that cannot be looked up has failed.
    fn examine_all(&mut self) {
        while !self.may_not_start()
            && let Some(id) = self.schedule.next_to_examine()
        {
            if let Err(error) = self.examine(id) {
                self.fail(id, Failure::new(&error, None, None));
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
        let damaged = false;
        let broken: Vec<_> = absent
            .into_iter()
            .map(|input| BrokenInput { input, damaged })
            .collect();
        self.repair(id, &broken);
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

    fn task(&mut self, id: StageId, key: Key) -> Option<Task> {
        let document = self.stages[id.index()].document.take()?;
        let inputs = inputs_of(self.graph(), id, &self.entries)
            .map(|(name, input)| (name.to_owned(), input))
            .collect();
        Some(Task {
            id,
            key,
            document,
            inputs,
            demanded: self.demanded(id).collect(),
        })
    }

    fn take_run(&mut self, id: StageId, entry: &Arc<Entry>) {
        let progress = &mut self.stages[id.index()];
        (progress.has_run, progress.is_announced) = (true, true);
        let attempt = progress.attempts.last().cloned();
        let (seconds, measurements) = attempt
            .map(|attempt| (attempt.seconds, attempt.measurements))
            .unwrap_or_default();
        self.emit(&Event::StageFinished {
            stage: self.reference(id),
            outcome: outcome(entry),
            seconds,
            measurements,
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

    pub(super) fn fail(&mut self, id: StageId, failure: Failure) {
        self.stages[id.index()].failure = Some(failure.clone());
        self.has_stopped |= !self.surroundings.options.keep_going;
        self.schedule.fail(id);
        self.emit(&Event::StageFailed {
            stage: self.reference(id),
            failure,
        });
    }
}
