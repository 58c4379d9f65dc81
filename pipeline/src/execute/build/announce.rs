//! Tells the observer what became of a stage.

use super::Build;
use crate::event::{Event, StageReference};
use crate::graph::StageId;
use crate::resolve::outcome;
use crate::schedule::State;

impl<'a> Build<'a> {
    pub(super) fn emit(&self, event: &Event) {
        (self.surroundings.observer)(event);
    }

    pub(super) fn reference(&self, id: StageId) -> StageReference {
        self.surroundings.reference(id, self.stages[id.index()].key)
    }

    pub(super) fn announce_hit(&mut self, id: StageId) {
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

    pub(super) fn announce_dropped(&mut self) {
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
}
