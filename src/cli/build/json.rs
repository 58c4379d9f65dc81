//! Tells a build as JSON messages on standard output, one a line; `docs/messages.md` lists them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gan_pipeline::{Estimate, Event, ExecuteOptions, Outcome, StageId, StageReference};

use super::reporter::{Begin, End, Reporter};
use crate::cli::error::CommandError;
use crate::cli::estimate;
use crate::cli::messages::Message;
use crate::cli::terminal::Terminal;
use crate::stages::{DEVICE_MEMORY, HOST_OPERATIONS, LAUNCHES, cautions, metric_rows};

/// The least time between two progress messages of a stage.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// What a stage that ran tells of its work.
const MEASUREMENTS: [&str; 3] = [LAUNCHES, HOST_OPERATIONS, DEVICE_MEMORY];

pub(super) struct Json {
    terminal: Terminal,
    /// When each running stage last told its progress.
    told: Mutex<HashMap<StageId, Instant>>,
    /// Whether a message could not be printed; that is said once.
    has_lost: AtomicBool,
    /// Whether the last message was printed. Signals are told by a thread of their own, which may come late.
    has_ended: Mutex<bool>,
}

impl Json {
    pub(super) fn new(terminal: Terminal) -> Json {
        Json {
            terminal,
            told: Mutex::new(HashMap::new()),
            has_lost: AtomicBool::new(false),
            has_ended: Mutex::new(false),
        }
    }

    /// Prints a message while the build goes on; what cannot be printed must not end it.
    fn tell(&self, message: Message) {
        if let Err(error) = message.print(self.terminal)
            && !self.has_lost.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(error = error.messages.join(": "), "messages are lost");
        }
    }

    /// Whether a stage has not told its progress for a while.
    fn is_due(&self, id: StageId) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told
            .get(&id)
            .is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL);
        if is_due {
            told.insert(id, Instant::now());
        }
        is_due
    }
}

impl Reporter for Json {
    fn begin(&self, begin: &Begin<'_>) {
        self.tell(
            Message::new("building")
                .with("study", begin.loaded.study.name.clone())
                .with("runs", begin.loaded.compiled.runs.len())
                .with("stages", begin.loaded.compiled.graph.len())
                .with("device", begin.loaded.compiled.device.name())
                .with("results", begin.results.display().to_string())
                .with("cache", begin.cache.display().to_string()),
        );
    }

    fn estimate(&self, estimate: &Estimate, options: &ExecuteOptions) {
        self.tell(Message::new("estimate").with_all(estimate::fields(estimate, options)));
    }

    fn event(&self, event: &Event) {
        if let Event::StageProgress {
            stage, done, total, ..
        } = event
            && done < total
            && !self.is_due(stage.id)
        {
            return;
        }
        if let Some(message) = message(event) {
            self.tell(message);
        }
    }

    fn stopping(&self) {
        let has_ended = self.has_ended.lock().unwrap_or_else(PoisonError::into_inner);
        if !*has_ended {
            self.tell(Message::new("stopping"));
        }
    }

    fn end(&self, end: &End<'_>) -> Result<(), CommandError> {
        *self.has_ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let counts = end.report.counts();
        let files = end.files.iter().map(|file| file.display().to_string());
        let (study, compiled) = (&end.loaded.study, &end.loaded.compiled);
        let warnings = cautions(compiled, end.known, &metric_rows(study, compiled, end.known));
        Message::new("finished")
            .with("stages", counts.stages)
            .with("hit", counts.hit)
            .with("ran", counts.ran)
            .with("failed", counts.failed)
            .with("diverged", counts.diverged)
            .with("skipped", counts.skipped)
            .with("unfinished", counts.unfinished)
            .with("elapsed_seconds", end.seconds)
            .with("results", end.results.display().to_string())
            .with("files", files.collect::<Vec<_>>())
            .with("warnings", warnings)
            .print(self.terminal)
    }
}

/// The message of an event; none for kinds that this version does not know.
fn message(event: &Event) -> Option<Message> {
    let about = |name| about(name, event.stage());
    Some(match event {
        Event::StageHit { outcome, .. } => about("hit").with("outcome", word(*outcome)),
        Event::StageWaiting { holder, .. } => about("waiting").with("holder", holder.clone()),
        Event::StageStarted { .. } => about("started"),
        Event::StageProgress {
            done, total, unit, ..
        } => about("progress")
            .with("done", *done)
            .with("total", *total)
            .with("unit", *unit),
        Event::StageLog { text, .. } => about("log").with("text", text.clone()),
        Event::StageFinished {
            outcome,
            seconds,
            measurements,
            ..
        } => MEASUREMENTS.into_iter().fold(
            about("ran")
                .with("outcome", word(*outcome))
                .with("seconds", *seconds),
            |message, name| message.with(name, measurements.get(name).copied()),
        ),
        Event::StageFailed { failure, .. } => about("failed")
            .with("messages", failure.messages.clone())
            .with("hint", failure.hint.clone()),
        Event::StageCancelled { .. } => about("cancelled"),
        Event::StageSkipped { diverged, .. } => about("skipped").with("diverged", &*diverged.name),
        Event::StageAbandoned { failed, .. } => about("abandoned").with("failed", &*failed.name),
        Event::BlobRemade {
            output,
            consumer,
            damaged,
            ..
        } => about("remade")
            .with("output", *output)
            .with("consumer", consumer.as_ref().map(|stage| stage.name.to_string()))
            .with("damaged", *damaged),
        Event::RemadeDifferently { .. } => about("remade-differently"),
        Event::BlobDropped { output, bytes, .. } => {
            about("dropped").with("output", *output).with("bytes", *bytes)
        }
        _ => return None,
    })
}

fn about(name: &str, stage: &StageReference) -> Message {
    Message::new(name)
        .with("stage", &*stage.name)
        .with("kind", stage.kind)
        .with("key", stage.key.map(|key| key.to_string()))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Diverged => "diverged",
    }
}
