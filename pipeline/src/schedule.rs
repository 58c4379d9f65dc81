//! Decides which stages may be looked up and started next.
//!
//! Pure: knows no disk, clock, thread or stage content. Given one shape and the same completions in the same
//! order it makes the same choices.
//!
//! ```text
//! Pending ──► Examine ──► Ready ──► Running ──► Settled | Diverged | Failed | Withdrawn
//!    ▲           │ ▲                   │ │          │
//!    └───────────┘ └──── Parked ◄──────┘ │          │ reopened: a blob is needed again, or an input changed
//!    └───────────────────────────────────┴──────────┘
//! below a diverged stage: Skipped            below a failed stage: Abandoned
//! ```
//!
//! A stage leaves `Pending` when every stage it consumes is settled; a stage above that must run again takes
//! its pending consumers back to `Pending`, so nothing starts before its inputs are there.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::graph::{Graph, StageId};

/// Where a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A stage above is not settled.
    Pending,
    /// Its key can be known now; whether it has an entry is to be looked up.
    Examine,
    /// It must run and may start.
    Ready,
    /// It was started.
    Running,
    /// A stage with the same key is running.
    Parked,
    /// It has an entry.
    Settled,
    /// It has an entry that tells of a divergence.
    Diverged,
    /// It cannot run because a stage above diverged.
    Skipped,
    /// It failed.
    Failed,
    /// It cannot run because a stage above failed.
    Abandoned,
    /// It was cancelled while it ran.
    Withdrawn,
}

/// Who consumes whom, without what flows between them.
pub(crate) struct Shape {
    upstream: Vec<Vec<usize>>,
    downstream: Vec<Vec<usize>>,
    kinds: Vec<&'static str>,
    needs_device: Vec<bool>,
}

impl Shape {
    pub(crate) fn of(graph: &Graph) -> Shape {
        let mut shape = Shape {
            upstream: Vec::new(),
            downstream: Vec::new(),
            kinds: Vec::new(),
            needs_device: Vec::new(),
        };
        for id in graph.stages() {
            let upstream: BTreeSet<_> = graph.inputs(id).map(|input| input.producer.index()).collect();
            let downstream: BTreeSet<_> = graph.consumers(id).map(StageId::index).collect();
            shape.upstream.push(upstream.into_iter().collect());
            shape.downstream.push(downstream.into_iter().collect());
            shape.kinds.push(graph.kind(id));
            shape.needs_device.push(graph.stage(id).needs_device());
        }
        shape
    }

    fn len(&self) -> usize {
        self.kinds.len()
    }
}

/// The states of all stages of one build.
pub(crate) struct Schedule {
    shape: Shape,
    states: Vec<State>,
    /// How many of the stages right above each stage are not `Settled`.
    unsettled: Vec<usize>,
    /// Running stages whose inputs changed under them.
    stale: Vec<bool>,
    /// The stage because of which a stage is skipped or abandoned.
    causes: Vec<usize>,
    examine: BTreeSet<usize>,
    ready: BTreeSet<usize>,
    running: usize,
    /// How many of the running stages need the device; at most 1.
    on_device: usize,
    /// Stages that became skipped or abandoned and were not taken yet.
    dropped: Vec<usize>,
}

impl Schedule {
    /// A schedule in which nothing is known; stages that consume nothing are to be examined.
    pub(crate) fn new(shape: Shape) -> Schedule {
        let count = shape.len();
        let unsettled: Vec<_> = shape.upstream.iter().map(Vec::len).collect();
        let mut schedule = Schedule {
            shape,
            states: vec![State::Pending; count],
            unsettled,
            stale: vec![false; count],
            causes: (0..count).collect(),
            examine: BTreeSet::new(),
            ready: BTreeSet::new(),
            running: 0,
            on_device: 0,
            dropped: Vec::new(),
        };
        for stage in 0..count {
            schedule.release(stage);
        }
        schedule
    }

    pub(crate) fn state(&self, id: StageId) -> State {
        self.states[id.index()]
    }

    /// The stage because of which this one is skipped or abandoned.
    pub(crate) fn cause(&self, id: StageId) -> StageId {
        StageId::new(self.causes[id.index()])
    }

    /// How many stages are running.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Whether a stage may start.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The first stage whose entry is to be looked up; it stays in its state.
    pub(crate) fn next_to_examine(&self) -> Option<StageId> {
        self.examine.first().copied().map(StageId::new)
    }

    /// The stages that became skipped or abandoned since the last call.
    pub(crate) fn take_dropped(&mut self) -> Vec<StageId> {
        std::mem::take(&mut self.dropped)
            .into_iter()
            .map(StageId::new)
            .collect()
    }

    /// An examined stage has no entry, and all it needs is there.
    pub(crate) fn must_run(&mut self, id: StageId) {
        self.set(id.index(), State::Ready);
    }

    /// Starts a stage: the one that continues the chain of `last` if it may start, otherwise the first in
    /// insertion order that may. While a stage has the device, another one that needs it may not.
    pub(crate) fn start(&mut self, last: Option<StageId>) -> Option<StageId> {
        let next = last
            .and_then(|last| self.continuation(last.index()))
            .or_else(|| {
                self.ready
                    .iter()
                    .copied()
                    .find(|stage| self.has_what_it_needs(*stage))
            })?;
        self.set(next, State::Running);
        Some(StageId::new(next))
    }

    /// A started stage waits for another one with the same key.
    pub(crate) fn park(&mut self, id: StageId) {
        self.set(id.index(), State::Parked);
    }

    /// A stage that was examined, parked or run has to be looked up again, once everything above is settled.
    pub(crate) fn reexamine(&mut self, id: StageId) {
        let stage = id.index();
        self.stale[stage] = false;
        self.set(stage, State::Pending);
        match self.verdict(stage) {
            None => self.release(stage),
            Some((state, cause)) => {
                self.drop_stage(stage, state, cause);
                self.drop_below(stage, state);
            }
        }
    }

    /// A settled stage is needed again: a blob of it is gone. No effect while it is on its way already.
    pub(crate) fn reopen(&mut self, id: StageId) {
        if matches!(self.states[id.index()], State::Settled | State::Diverged) {
            self.reexamine(id);
        }
    }

    /// A stage has an entry; `changed` when it had another one before, so that keys below change.
    pub(crate) fn settle(&mut self, id: StageId, changed: bool) {
        let stage = id.index();
        if self.stale[stage] {
            self.reexamine(id);
            return;
        }
        self.set(stage, State::Settled);
        if !changed {
            return;
        }
        for consumer in self.shape.downstream[stage].clone() {
            match self.states[consumer] {
                State::Settled | State::Diverged => self.reexamine(StageId::new(consumer)),
                State::Running | State::Parked => self.stale[consumer] = true,
                _ => {}
            }
        }
    }

    /// A stage has an entry that tells of a divergence: everything below that is not running is skipped.
    pub(crate) fn diverge(&mut self, id: StageId) {
        let stage = id.index();
        if self.stale[stage] {
            self.reexamine(id);
            return;
        }
        self.set(stage, State::Diverged);
        self.drop_below(stage, State::Skipped);
    }

    /// A stage failed: everything below that is neither settled nor running is abandoned.
    pub(crate) fn fail(&mut self, id: StageId) {
        self.set(id.index(), State::Failed);
        self.drop_below(id.index(), State::Abandoned);
    }

    /// A running stage was cancelled.
    pub(crate) fn withdraw(&mut self, id: StageId) {
        self.set(id.index(), State::Withdrawn);
    }

    fn has_what_it_needs(&self, stage: usize) -> bool {
        self.on_device == 0 || !self.shape.needs_device[stage]
    }

    /// The next stage of the same kind below a stage, if it may start.
    fn continuation(&self, last: usize) -> Option<usize> {
        let is_next = |next: &&usize| {
            self.shape.kinds[**next] == self.shape.kinds[last]
                && self.states[**next] == State::Ready
                && self.has_what_it_needs(**next)
        };
        self.shape.downstream[last].iter().find(is_next).copied()
    }

    /// Lets a pending stage be examined if all stages above it are settled.
    fn release(&mut self, stage: usize) {
        if self.states[stage] == State::Pending && self.unsettled[stage] == 0 {
            self.set(stage, State::Examine);
        }
    }

    /// What dropped stages right above mean for a stage: the state it gets, and the cause.
    fn verdict(&self, stage: usize) -> Option<(State, usize)> {
        let cause_among = |wanted: [State; 2]| {
            let above = self.shape.upstream[stage].iter();
            above
                .copied()
                .find(|above| wanted.contains(&self.states[*above]))
                .map(|above| self.causes[above])
        };
        let skipped = cause_among([State::Diverged, State::Skipped]).map(|cause| (State::Skipped, cause));
        skipped
            .or_else(|| cause_among([State::Failed, State::Abandoned]).map(|cause| (State::Abandoned, cause)))
    }

    /// Gives everything below a stage that it concerns the state `Skipped` or `Abandoned`.
    fn drop_below(&mut self, root: usize, state: State) {
        let cause = self.causes[root];
        let mut open = vec![root];
        while let Some(stage) = open.pop() {
            for below in self.shape.downstream[stage].clone() {
                match self.states[below] {
                    State::Running => self.stale[below] |= state == State::Skipped,
                    other if concerns(state, other) => {
                        self.drop_stage(below, state, cause);
                        open.push(below);
                    }
                    _ => {}
                }
            }
        }
    }

    fn drop_stage(&mut self, stage: usize, state: State, cause: usize) {
        self.set(stage, state);
        self.causes[stage] = cause;
        self.dropped.push(stage);
    }

    /// Changes a state and keeps the sets and counts that follow from it.
    fn set(&mut self, stage: usize, to: State) {
        let from = std::mem::replace(&mut self.states[stage], to);
        match from {
            State::Examine => drop(self.examine.remove(&stage)),
            State::Ready => drop(self.ready.remove(&stage)),
            State::Running => {
                self.running -= 1;
                self.on_device -= usize::from(self.shape.needs_device[stage]);
            }
            _ => {}
        }
        match to {
            State::Examine => drop(self.examine.insert(stage)),
            State::Ready => drop(self.ready.insert(stage)),
            State::Running => {
                self.running += 1;
                self.on_device += usize::from(self.shape.needs_device[stage]);
            }
            _ => {}
        }
        match (from == State::Settled, to == State::Settled) {
            (false, true) => self.release_consumers(stage),
            (true, false) => self.hold_consumers(stage),
            _ => {}
        }
    }

    fn release_consumers(&mut self, stage: usize) {
        for consumer in self.shape.downstream[stage].clone() {
            self.unsettled[consumer] -= 1;
            self.release(consumer);
        }
    }

    fn hold_consumers(&mut self, stage: usize) {
        for consumer in self.shape.downstream[stage].clone() {
            self.unsettled[consumer] += 1;
            if matches!(self.states[consumer], State::Examine | State::Ready) {
                self.set(consumer, State::Pending);
            }
        }
    }
}

/// Whether a stage in state `current` is dropped when a stage above it is: a divergence above takes away what
/// was settled before, because keys below changed; a failure does not.
fn concerns(dropped: State, current: State) -> bool {
    let is_undecided = matches!(
        current,
        State::Pending | State::Examine | State::Ready | State::Parked
    );
    is_undecided || (dropped == State::Skipped && current != State::Skipped)
}
