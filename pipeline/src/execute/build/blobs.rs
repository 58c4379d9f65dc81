//! Has blobs made again that are needed and gone, and drops those that every consumer is done with.

use super::Build;
use crate::context::BrokenInput;
use crate::event::Event;
use crate::failure::{Blame, Failure};
use crate::graph::{Graph, StageId};
use crate::schedule::State;

/// How often a stage is tried again because inputs had to be made again; more often, and something else is
/// wrong.
const REPAIRS: u32 = 3;

impl<'a> Build<'a> {
    pub(super) fn demanded(&self, id: StageId) -> impl Iterator<Item = &'static str> {
        let outputs = self.graph().outputs(id);
        self.stages[id.index()]
            .demanded
            .iter()
            .map(|position| outputs[*position].name)
    }

    /// Has a stage with an entry run again for a blob.
    pub(super) fn demand(&mut self, id: StageId, position: usize, consumer: Option<StageId>, damaged: bool) {
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
    pub(super) fn demand_required(&mut self, id: StageId) {
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

    /// Has inputs made again that a stage needs and that are gone, or that it could not read.
    pub(super) fn repair(&mut self, id: StageId, inputs: &[BrokenInput]) {
        self.stages[id.index()].repairs += 1;
        if self.stages[id.index()].repairs > REPAIRS {
            self.fail(id, unreadable(self.graph(), inputs));
            return;
        }
        for BrokenInput { input, damaged } in inputs {
            if *damaged && let Err(error) = self.surroundings.store.remove_blob(&input.blob.digest) {
                self.fail(id, Failure::new(&error, None, None));
                return;
            }
        }
        for BrokenInput { input, damaged } in inputs {
            self.demand(input.producer, input.position, Some(id), *damaged);
        }
        // One that was only examined waits already, because a stage above it is no longer settled.
        if self.schedule.state(id) == State::Running {
            self.schedule.reexamine(id);
        }
    }

    pub(super) fn drop_consumed_inputs(&self, id: StageId) {
        if !self.surroundings.options.keep_all {
            for input in self.graph().inputs(id) {
                self.drop_if_consumed(input.producer, input.output.name);
            }
        }
    }

    pub(super) fn drop_consumed_outputs(&self, id: StageId) {
        if !self.surroundings.options.keep_all {
            for output in self.graph().outputs(id) {
                self.drop_if_consumed(id, output.name);
            }
        }
    }

    pub(super) fn drop_if_consumed(&self, id: StageId, output: &'static str) {
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
            "made again {REPAIRS} times and still not there or not readable: {}",
            inputs.join(", ")
        )],
        hint: Some(
            "check the disk, and that no other program removes files from the cache folder".to_owned(),
        ),
        blame: Blame::Store,
    }
}
