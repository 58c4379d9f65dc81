//! The course of one build: plan, stages, results folder, summary. Whatever goes wrong on the way, what was done until
//! then is written and said.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Instant, SystemTime};

use gan_cache::Store;
use gan_pipeline::{
    Estimate, Event, ExecuteError, ExecuteOptions, FinalState, Graph, Plan, Report, StagePlan,
    execute_planned, plan_requiring,
};

use super::failures;
use super::live::{INTERVAL, Live};
use super::recorder::Recorder;
use super::reporter::{Begin, End, Reporter};
use super::results::Results;
use super::stage_rows::{Attempt, stage_rows};
use crate::cli::error::CommandError;
use crate::cli::estimate::estimate_of;
use crate::cli::inputs::Loaded;
use crate::cli::interrupt;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::stages::{Known, StudyDevice};

/// When the build began, by both clocks.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    time: SystemTime,
    instant: Instant,
}

impl Clock {
    pub(super) fn start() -> Clock {
        Clock {
            time: SystemTime::now(),
            instant: Instant::now(),
        }
    }
}

/// Everything that one build works with.
pub(super) struct Course<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) store: &'a Store,
    pub(super) options: ExecuteOptions,
    pub(super) results: Results<'a>,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) clock: Clock,
}

/// How a build that could be carried out ended.
struct Ended {
    report: Report,
    /// The files of the results folder, or why it is not up to date.
    written: Result<Vec<PathBuf>, CommandError>,
}

/// Which execution of a build: a second one makes again what the first one found damaged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    Again,
}

impl Course<'_> {
    pub(super) fn run(self, terminal: Terminal) -> Result<Status, CommandError> {
        let reporter = Arc::clone(&self.reporter);
        interrupt::install(Arc::clone(&self.options.cancel), move || reporter.stopping());
        self.reporter.begin(&Begin {
            loaded: self.loaded,
            results: self.results.folder(),
            cache: self.store.root(),
        });
        let recorder = Recorder::new(self.loaded.compiled.graph.len());
        let Ended { report, written } = self.build(&recorder)?;
        let noted = self.note_stages(&report, &recorder);
        let told = self.reporter.end(&End {
            loaded: self.loaded,
            report: &report,
            known: &known(&report),
            results: self.results.folder(),
            files: written.as_deref().unwrap_or_default(),
            seconds: self.clock.instant.elapsed().as_secs_f64(),
        });
        failures::show(
            &report,
            &self.loaded.compiled.runs,
            self.options.keep_going,
            terminal,
        );
        let status = failures::status(&report, self.is_stopped());
        match written.and(noted).and(told) {
            // What failed first decides the exit code.
            Err(error) if report.counts().failed > 0 => Err(CommandError { status, ..error }),
            ended => ended.map(|()| status),
        }
    }

    fn is_stopped(&self) -> bool {
        self.options.cancel.load(Ordering::Relaxed)
    }

    /// Runs the stages and brings the results folder up to date; once more, where a blob that the folder is made from
    /// turns out to be damaged or gone. Not after a failure, which would only be met again: the next build finds the
    /// damaged blob removed.
    fn build(&self, recorder: &Recorder) -> Result<Ended, CommandError> {
        let report = self.execute(recorder, Pass::First)?;
        let known = known(&report);
        let error = match self.results.update(&report, &known) {
            Err(error) if error.status == Status::Store && !self.is_stopped() => error,
            written => return Ok(Ended { report, written }),
        };
        if !self.results.discard_damaged(&known) || report.counts().failed > 0 {
            let written = Err(error);
            return Ok(Ended { report, written });
        }
        Ok(match self.execute(recorder, Pass::Again) {
            Ok(later) => {
                let report = report.followed_by(later);
                let written = self.results.update(&report, &self::known(&report));
                Ended { report, written }
            }
            Err(error) => Ended {
                report,
                written: Err(error),
            },
        })
    }

    /// Runs the stages, with a second thread that keeps the tables up to date meanwhile.
    fn execute(&self, recorder: &Recorder, pass: Pass) -> Result<Report, CommandError> {
        let graph = &self.loaded.compiled.graph;
        let plan = plan_requiring(graph, self.store, &self.options.require)?;
        if pass == Pass::First {
            self.estimate(&plan);
        }
        if plan.counts().at_most() > 0 {
            self.results.refuse_unwritable()?;
        }
        open_device(&self.loaded.compiled.graph, &self.loaded.compiled.device, &plan)?;
        let executed = thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let live = Live::new(&self.results, graph.len());
            scope.spawn(move || live.run(&receiver, INTERVAL));
            let observer = |event: &Event| {
                recorder.note(event);
                if pass == Pass::First || is_news(event) {
                    self.reporter.event(event);
                }
                if Live::concerns(event) {
                    // Only a thread that panicked no longer listens; the tables are written at the end anyway.
                    let _ = sender.send(event.clone());
                }
            };
            let executed = execute_planned(graph, self.store, plan, &self.options, &observer);
            drop(sender);
            executed
        });
        executed.map_err(|error| self.with_data_hint(error))
    }

    /// Says what a build is likely to take, where there is something to go by.
    fn estimate(&self, plan: &Plan) {
        let estimate = estimate_of(self.loaded, plan, self.store, &self.options, None);
        if let Some(estimate) = estimate.filter(Estimate::is_known) {
            self.reporter.estimate(&estimate, &self.options);
        }
    }

    /// Notes what this build did, if it did anything, or is the first of its folder: who reads the folder's tables finds
    /// all of them.
    fn note_stages(&self, report: &Report, recorder: &Recorder) -> Result<(), CommandError> {
        let has_run = report.stages().iter().any(|stage| !stage.attempts.is_empty());
        if !has_run && self.results.has_stages() {
            return Ok(());
        }
        let attempt = Attempt::new(self.clock.time, &self.options);
        let rows = stage_rows(report, &self.loaded.compiled, recorder, &attempt);
        self.results.append_stages(&attempt, &rows)
    }

    /// Says where the data set comes from, in place of the general hint.
    fn with_data_hint(&self, error: ExecuteError) -> CommandError {
        let hint = match &error {
            ExecuteError::MissingData { data, .. } => self.loaded.missing_hint(data),
            _ => self.loaded.compiled.data_hint.clone(),
        };
        let error = CommandError::from(error);
        match hint {
            Some(hint) if error.status == Status::MissingData => error.hint(hint),
            _ => error,
        }
    }
}

/// Opens the device if something may run on it, so that one that cannot be used is refused before anything runs.
pub(in crate::cli) fn open_device(
    graph: &Graph,
    device: &StudyDevice,
    plan: &Plan,
) -> Result<(), CommandError> {
    let may_run = |stage: &StagePlan| matches!(stage, StagePlan::WillRun { .. } | StagePlan::Unknown { .. });
    let mut stages = plan.stages();
    if stages.any(|(id, stage)| graph.stage(id).needs_device() && may_run(stage)) {
        device.open()?;
    }
    Ok(())
}

/// Whether an event tells more than that a stage is as the first execution left it.
fn is_news(event: &Event) -> bool {
    !matches!(
        event,
        Event::StageHit { .. } | Event::StageSkipped { .. } | Event::StageAbandoned { .. }
    )
}

fn known(report: &Report) -> Known {
    let is_failed = |state: &FinalState| matches!(state, FinalState::Failed(_));
    let failed = report.stages().iter().filter(|stage| is_failed(&stage.state));
    Known {
        entries: report.stages().iter().map(|stage| stage.entry.clone()).collect(),
        failed: failed.map(|stage| stage.id).collect(),
    }
}
