//! Brings the tables up to date while a build runs, in a thread of its own and seldom enough to cost training nothing.
//!
//! Learns from events which stages have an entry; failing here is noted and left to the end of the build.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use gan_cache::{Entry, Key};
use gan_pipeline::Event;

use super::results::Results;
use crate::stages::Known;

/// The least time between two updates.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// An update may take one part in so many of the time.
const SHARE: u32 = 20;

/// The thread's view of the build.
pub(super) struct Live<'a> {
    results: &'a Results<'a>,
    keys: Vec<Option<Key>>,
    known: Known,
    has_news: bool,
}

impl<'a> Live<'a> {
    pub(super) fn new(results: &'a Results<'a>, stages: usize) -> Live<'a> {
        Live {
            results,
            keys: vec![None; stages],
            known: Known {
                entries: vec![None; stages],
                failed: BTreeSet::new(),
            },
            has_news: false,
        }
    }

    /// Whether an event is to be sent to the thread.
    pub(super) fn concerns(event: &Event) -> bool {
        matches!(
            event,
            Event::StageHit { .. } | Event::StageFinished { .. } | Event::StageFailed { .. }
        )
    }

    /// Listens until the build ends, and updates at most once in an interval.
    pub(super) fn run(mut self, events: &Receiver<Event>, interval: Duration) {
        let mut due = Instant::now() + interval;
        loop {
            match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(event) => self.note(&event),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let took = self.update();
                    due = Instant::now() + interval.max(took * SHARE);
                }
            }
        }
    }

    fn note(&mut self, event: &Event) {
        let index = event.stage().id.index();
        match event {
            Event::StageHit { stage, .. } => self.keys[index] = stage.key,
            Event::StageFinished { stage, .. } => {
                self.keys[index] = stage.key;
                self.has_news = true;
            }
            Event::StageFailed { stage, .. } => {
                self.known.failed.insert(stage.id);
                self.has_news = true;
            }
            _ => {}
        }
    }

    /// Writes the tables if something happened since the last time; returns how long that took.
    fn update(&mut self) -> Duration {
        let began = Instant::now();
        if std::mem::take(&mut self.has_news) {
            self.look_up();
            if let Err(error) = self.results.write(&self.known) {
                let error = error.messages.join(": ");
                tracing::warn!(error, "the tables will be up to date when the build ends");
            }
        }
        began.elapsed()
    }

    /// Finds the entries of keys that are new.
    fn look_up(&mut self) {
        let has_key = |entry: &Arc<Entry>, key: &Key| entry.key == *key;
        for (key, entry) in self.keys.iter().zip(&mut self.known.entries) {
            let Some(key) = key else { continue };
            if !entry.as_ref().is_some_and(|entry| has_key(entry, key)) {
                *entry = self.results.store().entry(key).ok().flatten().map(Arc::new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::path::Path;
    use std::sync::mpsc;
    use std::thread;

    use gan_cache::Store;
    use gan_pipeline::{Blame, Failure, StageReference};

    use super::*;
    use crate::cli::inputs::Loaded;
    use crate::stages::compile;
    use crate::study::Study;
    use crate::table::{RunRow, RunStatus, read_table};

    const STUDY: &str = "\
study: live
data: { dataset: polygons, count: 64 }
base: { batch_size: 4, steps: 4, checkpoint_every: 2 }
";

    fn loaded() -> Loaded {
        let study = Study::parse(STUDY, "live.yaml", &[]).unwrap();
        let compiled = compile(&study).unwrap();
        Loaded { study, compiled }
    }

    /// That the last segment of the only run failed.
    fn failure(loaded: &Loaded) -> Event {
        let (_, id) = *loaded.compiled.runs[0].segments.last().unwrap();
        Event::StageFailed {
            stage: StageReference {
                id,
                name: loaded.compiled.graph.name(id).into(),
                kind: "train",
                key: None,
            },
            failure: Failure {
                messages: vec!["out of memory".to_owned()],
                hint: None,
                blame: Blame::Stage,
            },
        }
    }

    fn status(folder: &Path) -> Option<RunStatus> {
        let rows: Vec<RunRow> = read_table(folder).ok()?;
        rows.first().map(|row| row.status)
    }

    #[test]
    fn the_tables_follow_a_build_while_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = loaded();
        let store = Store::open(&folder.path().join("cache")).unwrap();
        let out = folder.path().join("results");
        let results = Results::new(out.clone(), &loaded, &store).unwrap();
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let live = Live::new(&results, loaded.compiled.graph.len());
            let thread = scope.spawn(move || live.run(&receiver, Duration::from_millis(1)));
            assert_eq!(status(&out), None, "nothing happened yet");
            sender.send(failure(&loaded)).unwrap();
            // The build goes on: its end is told by dropping the sender.
            while status(&out) != Some(RunStatus::Failed) {
                assert!(!thread.is_finished(), "the thread ended before the build");
                thread::yield_now();
            }
            drop(sender);
        });
    }

    #[test]
    fn without_news_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = loaded();
        let store = Store::open(&folder.path().join("cache")).unwrap();
        let out = folder.path().join("results");
        let results = Results::new(out.clone(), &loaded, &store).unwrap();
        let mut live = Live::new(&results, loaded.compiled.graph.len());
        live.update();
        assert!(!out.exists());
        live.note(&failure(&loaded));
        live.update();
        assert_eq!(status(&out), Some(RunStatus::Failed));
    }
}
