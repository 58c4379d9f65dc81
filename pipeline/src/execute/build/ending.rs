//! The end of a build: its history and its report.

use gan_cache::HistoryRecord;

use super::Build;
use super::state::Progress;
use crate::graph::StageId;
use crate::report::{FinalState, Report, StageReport, Unfinished};
use crate::schedule::State;

impl<'a> Build<'a> {
    /// Ends the build: notes the history and reports.
    pub(in crate::execute) fn finish(self) -> Report {
        self.append_history();
        let stages = self.graph().stages().map(|id| self.stage_report(id)).collect();
        Report { stages }
    }

    /// Notes the keys of this build for later explanations. They are only hints, so that a failure is no
    /// error.
    pub(super) fn append_history(&self) {
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

    pub(super) fn stage_report(&self, id: StageId) -> StageReport {
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

    pub(super) fn final_state(&self, id: StageId, progress: &Progress) -> FinalState {
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
