//! Tells a build to people, on standard error: lines as stages end, and on a terminal bars for those that run.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use clap::builder::styling::Style;
use gan_pipeline::{Estimate, Event, ExecuteOptions, Failure, Outcome, StageId, StageReference};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::reporter::{Begin, End, Reporter};
use super::summary;
use super::workload::Workload;
use crate::cli::arguments::Verbosity;
use crate::cli::error::CommandError;
use crate::cli::estimate;
use crate::cli::inputs::Loaded;
use crate::cli::terminal::{BAD, GOOD, NOTE, Terminal, WARNING};
use crate::cli::text;

pub(super) struct Human {
    terminal: Terminal,
    verbosity: Verbosity,
    /// Absent where lines cannot be redrawn.
    bars: Option<&'static MultiProgress>,
    state: Mutex<State>,
}

struct State {
    running: HashMap<StageId, Running>,
    workload: Workload,
    /// Whether a stage has started.
    has_begun: bool,
    stages: usize,
    hits: usize,
    ended: usize,
    /// The bar of the whole build, once something runs.
    whole: Option<ProgressBar>,
}

/// One stage on its way.
struct Running {
    bar: Option<ProgressBar>,
    /// The first and the latest progress, and when each was told.
    first: Option<(Instant, u64)>,
    latest: Option<(Instant, u64)>,
    total: u64,
    unit: &'static str,
}

impl Running {
    /// Units a second between the first and the latest progress.
    fn speed(&self) -> Option<f64> {
        let ((began, first), (now, latest)) = (self.first?, self.latest?);
        let seconds = now.duration_since(began).as_secs_f64();
        (latest > first && seconds > 0.0).then(|| (latest - first) as f64 / seconds)
    }

    /// The speed in words; of a stage that told its progress only once, over all of its `seconds`.
    fn speed_over(&self, seconds: f64) -> Option<String> {
        let (_, done) = self.latest?;
        let over_all = || (done > 0 && seconds > 0.0).then(|| done as f64 / seconds);
        let speed = self.speed().or_else(over_all)?;
        Some(text::speed(speed, self.unit))
    }

    /// `120/500 steps, 40.1 steps/s, 9.5 s left`.
    fn text(&self) -> String {
        let done = self.latest.map_or(0, |(_, done)| done);
        let mut text = format!("{done}/{} {}", self.total, self.unit);
        if let Some(speed) = self.speed() {
            text += &format!(", {}", text::speed(speed, self.unit));
            if done < self.total {
                let left = (self.total - done) as f64 / speed;
                text += &format!(", {} left", text::duration(left));
            }
        }
        text
    }
}

impl Human {
    pub(super) fn new(terminal: Terminal, verbosity: Verbosity, loaded: &Loaded) -> Human {
        let segments = loaded.compiled.runs.iter().map(|run| &run.segments[..]);
        Human {
            terminal,
            verbosity,
            bars: (verbosity > Verbosity::Quiet).then(|| terminal.bars()).flatten(),
            state: Mutex::new(State {
                running: HashMap::new(),
                workload: Workload::new(segments),
                has_begun: false,
                stages: loaded.compiled.graph.len(),
                hits: 0,
                ended: 0,
                whole: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a line.
    fn line(&self, style: Style, verb: &str, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.terminal.say(&self.terminal.verb(style, verb, text));
        }
    }

    /// Says a line only if everything is to be told.
    fn detail(&self, verb: &str, text: &str) {
        if self.verbosity == Verbosity::Verbose {
            self.line(NOTE, verb, text);
        }
    }

    fn hit(&self, stage: &StageReference, outcome: Outcome) {
        {
            let mut state = self.state();
            state.hits += 1;
            state.ended += 1;
            state.workload.settle(stage.id, false);
        }
        match outcome {
            Outcome::Completed => self.detail("Hit", &stage.name),
            Outcome::Diverged => self.detail("Hit", &format!("{}, which diverged", stage.name)),
        }
    }

    fn started(&self, stage: &StageReference) {
        self.first_start();
        self.detail("Running", &stage.name);
        let bar = self.bars.map(|bars| {
            let bar = bars.add(ProgressBar::no_length().with_style(plain_style()));
            bar.set_prefix(self.terminal.verb(NOTE, "Running", ""));
            bar.set_message(stage.name.to_string());
            bar
        });
        let running = Running {
            bar,
            first: None,
            latest: None,
            total: 0,
            unit: "",
        };
        let mut state = self.state();
        state.workload.start(stage.id, Instant::now());
        state.running.insert(stage.id, running);
    }

    /// At the first stage that starts, says how much is known already and shows the bar of the whole build.
    fn first_start(&self) {
        let (hits, stages) = {
            let mut state = self.state();
            if std::mem::replace(&mut state.has_begun, true) {
                return;
            }
            (state.hits, state.stages)
        };
        if hits > 0 {
            let text = format!("{hits} of {}", text::count(stages, "stage"));
            self.line(GOOD, "Known", &text);
        }
        if let Some(bars) = self.bars {
            let whole = bars.add(ProgressBar::new(stages as u64).with_style(bar_style()));
            whole.set_prefix(self.terminal.verb(GOOD, "Building", ""));
            let mut state = self.state();
            state.whole = Some(whole);
            state.draw_whole();
        }
    }

    fn progress(&self, stage: &StageReference, done: u64, total: u64, unit: &'static str) {
        let mut state = self.state();
        state.workload.progress(stage.id, done);
        if let Some(running) = state.running.get_mut(&stage.id) {
            let now = (Instant::now(), done);
            running.first.get_or_insert(now);
            running.latest = Some(now);
            (running.total, running.unit) = (total, unit);
            if let Some(bar) = &running.bar {
                if bar.length().is_none() {
                    bar.set_style(bar_style());
                }
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(format!("{}: {}", stage.name, running.text()));
            }
        }
        state.draw_whole();
    }

    fn finished(&self, stage: &StageReference, outcome: Outcome, seconds: f64) {
        let running = {
            let mut state = self.state();
            state.ended += 1;
            state.workload.settle(stage.id, true);
            self.remove(&mut state, stage.id)
        };
        let speed = running.and_then(|running| running.speed_over(seconds));
        let speed = speed.map_or_else(String::new, |speed| format!(", {speed}"));
        let text = format!("{} in {}{speed}", stage.name, text::duration(seconds));
        match outcome {
            Outcome::Completed => self.line(GOOD, "Finished", &text),
            Outcome::Diverged => self.line(WARNING, "Diverged", &text),
        }
        self.state().draw_whole();
    }

    fn failed(&self, stage: &StageReference, failure: &Failure) {
        self.ended(stage);
        let text = text::without_temporary(&format!("{}: {failure}", stage.name));
        self.line(BAD, "Failed", &text);
    }

    /// Takes a stage's bar away; returns what was known of the stage.
    fn remove(&self, state: &mut State, id: StageId) -> Option<Running> {
        let running = state.running.remove(&id)?;
        if let (Some(bars), Some(bar)) = (self.bars, &running.bar) {
            bar.finish_and_clear();
            bars.remove(bar);
        }
        Some(running)
    }

    /// A stage will have no outcome.
    fn ended(&self, stage: &StageReference) {
        let mut state = self.state();
        state.ended += 1;
        state.workload.drop(stage.id);
        self.remove(&mut state, stage.id);
        state.draw_whole();
    }
}

impl State {
    fn draw_whole(&self) {
        let Some(whole) = &self.whole else { return };
        let mut message = format!("{}/{} stages", self.ended.min(self.stages), self.stages);
        let left = self.workload.left();
        if left > 0 {
            message += &format!(", {left} training steps left");
        }
        if let Some(time) = self.workload.time_left(Instant::now()) {
            message += &format!(", about {}", text::duration(time.as_secs_f64()));
        }
        whole.set_position(self.ended as u64);
        whole.set_message(message);
    }
}

impl Reporter for Human {
    fn begin(&self, begin: &Begin<'_>) {
        let text = format!(
            "{}: {}, {}",
            begin.loaded.study.name,
            text::count(begin.loaded.compiled.runs.len(), "run"),
            text::count(begin.loaded.compiled.graph.len(), "stage"),
        );
        self.line(GOOD, "Building", &text);
        let device = begin.loaded.device();
        if let Some(device) = &device {
            self.line(NOTE, "Device", device);
        }
        self.detail("Cache", &begin.cache.display().to_string());
        self.detail("Results", &begin.results.display().to_string());
    }

    fn estimate(&self, estimate: &Estimate, options: &ExecuteOptions) {
        self.line(NOTE, "Estimate", &estimate::sentence(estimate, options));
    }

    fn event(&self, event: &Event) {
        match event {
            Event::StageHit { stage, outcome } => self.hit(stage, *outcome),
            Event::StageStarted { stage } => self.started(stage),
            Event::StageProgress {
                stage,
                done,
                total,
                unit,
            } => self.progress(stage, *done, *total, unit),
            Event::StageFinished {
                stage,
                outcome,
                seconds,
                ..
            } => self.finished(stage, *outcome, *seconds),
            Event::StageFailed { stage, failure } => self.failed(stage, failure),
            Event::StageCancelled { stage } => {
                self.ended(stage);
                self.line(WARNING, "Stopped", &stage.name);
            }
            Event::StageSkipped { stage, diverged } => {
                self.ended(stage);
                self.detail("Skipped", &format!("{}: {} diverged", stage.name, diverged.name));
            }
            Event::StageAbandoned { stage, failed } => {
                self.ended(stage);
                self.detail("Left out", &format!("{}: {} failed", stage.name, failed.name));
            }
            other => self.other(other),
        }
    }

    fn stopping(&self) {
        let text = "finished segments are kept; once more to end at once";
        match self.verbosity {
            Verbosity::Quiet => {}
            _ => self.line(WARNING, "Stopping", text),
        }
    }

    fn end(&self, end: &End<'_>) -> Result<(), CommandError> {
        if let Some(bars) = self.bars {
            // Only a terminal that is gone cannot be cleared.
            let _ = bars.clear();
        }
        self.terminal.print(&summary::page(end))
    }
}

impl Human {
    /// What happens to a stage without starting or ending it.
    fn other(&self, event: &Event) {
        match event {
            Event::StageWaiting { stage, holder } => {
                self.line(
                    NOTE,
                    "Waiting",
                    &format!("for {holder}, which runs {}", stage.name),
                );
            }
            Event::StageLog { stage, text } => self.line(NOTE, "Note", &format!("{}: {text}", stage.name)),
            Event::BlobRemade {
                stage,
                output,
                damaged,
                ..
            } => {
                let state = if *damaged { "is damaged" } else { "is gone" };
                let text = format!("{} again: its {output} {state}", stage.name);
                match damaged {
                    true => self.line(WARNING, "Running", &text),
                    false => self.detail("Running", &text),
                }
            }
            Event::RemadeDifferently { stage } => {
                self.line(
                    WARNING,
                    "Changed",
                    &format!("{} gave other bytes than before", stage.name),
                );
            }
            Event::BlobDropped { stage, output, bytes } => {
                self.detail(
                    "Dropped",
                    &format!("the {output} of {} ({bytes} bytes)", stage.name),
                );
            }
            _ => {}
        }
    }
}

/// The look of a stage that has told no progress.
fn plain_style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}{msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The look of a stage or build that is partly done.
fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}[{bar:24}] {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_running_stage_tells_its_speed_and_the_time_left() {
        let began = Instant::now();
        let running = Running {
            bar: None,
            first: Some((began, 100)),
            latest: Some((began + Duration::from_secs(10), 300)),
            total: 500,
            unit: "steps",
        };
        assert_eq!(running.text(), "300/500 steps, 20.0 steps/s, 10.0 s left");
    }

    #[test]
    fn one_word_of_progress_is_no_speed_yet() {
        let told = Some((Instant::now(), 100));
        let running = Running {
            bar: None,
            first: told,
            latest: told,
            total: 500,
            unit: "steps",
        };
        assert_eq!(running.text(), "100/500 steps");
        assert_eq!(running.speed_over(2.0).as_deref(), Some("50.0 steps/s"));
    }

    #[test]
    fn the_looks_of_bars_are_valid_templates() {
        assert!(ProgressStyle::with_template("{prefix}{msg}").is_ok());
        assert!(ProgressStyle::with_template("{prefix}[{bar:24}] {msg}").is_ok());
    }
}
