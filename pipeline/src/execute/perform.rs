//! One run of one stage, from its lock to its entry.
//!
//! Knows nothing of the other stages. Whatever happens, either a complete entry is stored or nothing is
//! visible.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use gan_cache::{Cost, Entry, Key, KeyDocument, Status, Store};

use super::ExecuteOptions;
use super::acquire::acquire;
use crate::context::{BrokenInput, InputBlob, StageContext};
use crate::event::{Event, StageReference};
use crate::failure::{Blame, Failure, StageFailure};
use crate::graph::{Graph, StageId};
use crate::report::Attempt;
use crate::resolve::{Resolver, missing_output};
use crate::stage::Outcome;

/// What surrounds every run of a build.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) graph: &'a Graph,
    pub(super) store: &'a Store,
    pub(super) options: &'a ExecuteOptions,
    pub(super) observer: &'a (dyn Fn(&Event) + Sync),
}

/// One stage to run.
pub(super) struct Task {
    pub(super) id: StageId,
    pub(super) key: Key,
    pub(super) document: KeyDocument,
    pub(super) inputs: BTreeMap<String, InputBlob>,
    /// The outputs whose blobs must exist for an entry to be good enough.
    pub(super) demanded: Vec<&'static str>,
}

/// How a task ended.
pub(super) struct Performed {
    pub(super) ending: Ending,
    /// None if the stage's work did not begin.
    pub(super) attempt: Option<Attempt>,
}

pub(super) enum Ending {
    /// Another build has made the entry meanwhile.
    Hit(Arc<Entry>),
    Ran(Arc<Entry>),
    /// Inputs are not in the store, or not intact.
    Broken(Vec<BrokenInput>),
    Cancelled,
    Failed(Failure),
}

impl<'a> Surroundings<'a> {
    pub(super) fn reference(&self, id: StageId, key: Option<Key>) -> StageReference {
        StageReference::new(self.graph, id, key)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.options.cancel.load(Ordering::Relaxed)
    }

    /// Runs a stage, unless another build turns out to have done so.
    pub(super) fn perform(&self, task: &Task) -> Performed {
        let mut attempt = None;
        let ending = self
            .perform_locked(task, &mut attempt)
            .unwrap_or_else(|failure| match failure {
                StageFailure::Cancelled if self.is_cancelled() => Ending::Cancelled,
                StageFailure::Cancelled => Ending::Failed(Failure {
                    messages: vec!["the stage stopped as if cancelled, but nobody asked it to".to_owned()],
                    hint: None,
                    blame: Blame::Stage,
                }),
                StageFailure::Failed { error, hint, blame } => {
                    Ending::Failed(Failure::new(&*error, hint, blame))
                }
            });
        Performed { ending, attempt }
    }

    fn perform_locked(&self, task: &Task, attempt: &mut Option<Attempt>) -> Result<Ending, StageFailure> {
        let stage = self.reference(task.id, Some(task.key));
        let on_wait = |holder| {
            (self.observer)(&Event::StageWaiting {
                stage: stage.clone(),
                holder,
            })
        };
        let _lock = acquire(self.store, task.key, &self.options.cancel, &on_wait)?;
        if let Some(entry) = self.made_meanwhile(task)? {
            return Ok(Ending::Hit(entry));
        }
        let mut context = self.context(task, &stage)?;
        (self.observer)(&Event::StageStarted { stage });
        let (started, clock) = (SystemTime::now(), Instant::now());
        let ran = self.run(task, &mut context);
        let measurements = std::mem::take(&mut context.measurements)
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let ending = ran.and_then(|ending| match ending {
            Ok(outcome) => {
                self.refuse_changed_sources(task)?;
                context.publication.note_cost(Cost {
                    seconds: clock.elapsed().as_secs_f64(),
                    threads: context.threads.try_into().unwrap_or(u32::MAX),
                    ended: since_1970(SystemTime::now()),
                });
                conclude(context, outcome)
            }
            Err(ending) => Ok(ending),
        });
        *attempt = Some(Attempt {
            started,
            seconds: clock.elapsed().as_secs_f64(),
            measurements,
        });
        ending
    }

    /// The entry that another build has made since this one looked.
    fn made_meanwhile(&self, task: &Task) -> Result<Option<Arc<Entry>>, StageFailure> {
        let resolver = Resolver::new(self.graph, self.store);
        let entry = resolver.entry(task.id, &task.key)?;
        Ok(entry.filter(|entry| {
            task.demanded
                .iter()
                .all(|output| resolver.has_output(entry, output))
        }))
    }

    /// A result must not be stored under the digest of a file that was another one while the stage read it.
    fn refuse_changed_sources(&self, task: &Task) -> Result<(), StageFailure> {
        let mut resolver = Resolver::new(self.graph, self.store);
        let Some(source) = resolver.changed_source(task.id, &task.document)? else {
            return Ok(());
        };
        let path = source.path.display();
        let failure = StageFailure::message(format!("{path} ({}) changed during the build", source.name));
        let failure = failure.with_hint("leave the file as it is and build again");
        Err(failure.with_blame(Blame::Data))
    }

    fn context<'b>(
        &'b self,
        task: &'b Task,
        stage: &StageReference,
    ) -> Result<StageContext<'b>, StageFailure> {
        let sources = self.graph.stage(task.id).sources().into_iter();
        Ok(StageContext {
            stage: stage.clone(),
            store: self.store,
            inputs: &task.inputs,
            sources: sources.map(|source| (source.name, source.path)).collect(),
            outputs: self.graph.outputs(task.id),
            publication: self.store.publish(&task.document)?,
            written: BTreeSet::new(),
            facts: BTreeMap::new(),
            measurements: Mutex::default(),
            broken: Vec::new(),
            partial: self.store.partial(&task.key),
            threads: self.options.threads_of_a_stage(),
            cancel: &self.options.cancel,
            observer: self.observer,
        })
    }

    /// The outcome of the stage's work, or an ending without one.
    fn run(
        &self,
        task: &Task,
        context: &mut StageContext<'_>,
    ) -> Result<Result<Outcome, Ending>, StageFailure> {
        let stage = self.graph.stage(task.id);
        let result = catch_unwind(AssertUnwindSafe(|| stage.run(context)));
        if !context.broken.is_empty() {
            return Ok(Err(Ending::Broken(std::mem::take(&mut context.broken))));
        }
        match result {
            Ok(outcome) => outcome.map(Ok),
            Err(payload) => Ok(Err(Ending::Failed(Failure::from_panic(&*payload)))),
        }
    }
}

/// Seconds since 1970.
fn since_1970(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Stores the outcome of a stage.
fn conclude(context: StageContext<'_>, result: Outcome) -> Result<Ending, StageFailure> {
    let unwritten = context.unwritten();
    if result == Outcome::Completed && !unwritten.is_empty() {
        let outputs = unwritten.join(", ");
        let failure = StageFailure::message(format!(
            "the stage completed without writing its outputs: {outputs}"
        ));
        return Err(failure.with_hint("this is a bug in the stage; please report it"));
    }
    let status = match result {
        Outcome::Completed => Status::Completed,
        Outcome::Diverged => Status::Diverged,
    };
    // The store keeps an earlier entry of the key, so this may be another one than was just written.
    let entry = context.publication.commit(status, context.facts)?;
    match missing_output(context.outputs, &entry) {
        None => Ok(Ending::Ran(Arc::new(entry))),
        Some(output) => Err(outdated(output)),
    }
}

/// The failure of a stage that declares more than it did when its version first ran.
fn outdated(output: &str) -> StageFailure {
    let failure = StageFailure::message(format!(
        "the store has a result of this key without output {output:?}"
    ));
    failure.with_hint("this is a bug: the stage got a new output and kept its version; please report it")
}
