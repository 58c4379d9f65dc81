//! The arguments of a build, and its way from the first line to the exit code.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Instant, SystemTime};

use clap::Args;
use gan_cache::{RunningBuild, Store};
use gan_pipeline::{Event, ExecuteOptions, FinalState, Plan, Report, execute_planned, plan_requiring};

use super::human::Human;
use super::interrupt;
use super::json::Json;
use super::live::Live;
use super::recorder::Recorder;
use super::reporter::{Begin, End, Reporter};
use super::results::Results;
use super::stage_rows::{Attempt, stage_rows};
use crate::cli::arguments::{MessageArguments, MessageFormat, VerbosityArguments};
use crate::cli::error::CommandError;
use crate::cli::estimate::estimate_of;
use crate::cli::inputs::{CacheArguments, Loaded, StudyArguments, results_folder};
use crate::cli::messages::Message;
use crate::cli::parallel::ParallelArguments;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::stages::Known;

const EXAMPLES: &str = "\
Examples:
  gan-pipe build study.yaml
  gan-pipe build study.yaml --jobs 2 --threads 8     two stages at once, four threads each
  gan-pipe build study.yaml --set base.steps=4000    go on to 4,000 steps
  gan-pipe build study.yaml --message-format json    a JSON object a line, counts last

A build that was stopped goes on from the last checkpoint when it is started again.
A stage whose result is in the cache does not run again, whatever study it was run for.
";

/// Run what a study is missing, and write its tables.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct BuildArguments {
    #[command(flatten)]
    study: StudyArguments,

    #[command(flatten)]
    parallel: ParallelArguments,

    /// After a failure, go on with everything that does not need the failed stage.
    #[arg(short, long)]
    keep_going: bool,

    /// Folder for the results [default: results/<study> beside the study file].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    messages: MessageArguments,

    #[command(flatten)]
    pub(in crate::cli) verbosity: VerbosityArguments,
}

/// Runs the command; in JSON mode an error is a message too.
pub(in crate::cli) fn run(arguments: &BuildArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let ended = build(arguments, terminal);
    if let (Err(error), MessageFormat::Json) = (&ended, arguments.messages.message_format) {
        Message::error(error).print(terminal)?;
    }
    ended
}

fn build(arguments: &BuildArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let clock = Clock::start();
    let loaded = arguments.study.load()?;
    // Until the results are written no collection removes what this build has found.
    let opened = arguments.cache.open()?;
    let running = opened.begin_build(&loaded.study.name).inspect_err(|error| {
        tracing::warn!(%error, "`gan-pipe cache gc` will not know that this build runs");
    });
    let store = running.as_ref().map_or(&opened, RunningBuild::store);
    let folder = arguments
        .out
        .clone()
        .unwrap_or_else(|| results_folder(&arguments.study.study, &loaded.study));
    let build = Build {
        options: arguments.options(&loaded),
        results: Results::new(folder, &loaded, store)?,
        reporter: arguments.reporter(&loaded, terminal),
        loaded: &loaded,
        store,
        clock,
    };
    build.run(terminal)
}

impl BuildArguments {
    fn options(&self, loaded: &Loaded) -> ExecuteOptions {
        ExecuteOptions {
            keep_going: self.keep_going,
            ..self.parallel.options(loaded)
        }
    }

    fn reporter(&self, loaded: &Loaded, terminal: Terminal) -> Arc<dyn Reporter> {
        match self.messages.message_format {
            MessageFormat::Human => Arc::new(Human::new(terminal, self.verbosity.level(), loaded)),
            MessageFormat::Json => Arc::new(Json::new(terminal)),
        }
    }
}

/// When the build began, by both clocks.
#[derive(Clone, Copy)]
struct Clock {
    time: SystemTime,
    instant: Instant,
}

impl Clock {
    fn start() -> Clock {
        Clock {
            time: SystemTime::now(),
            instant: Instant::now(),
        }
    }
}

struct Build<'a> {
    loaded: &'a Loaded,
    store: &'a Store,
    options: ExecuteOptions,
    results: Results<'a>,
    reporter: Arc<dyn Reporter>,
    clock: Clock,
}

impl Build<'_> {
    fn run(self, terminal: Terminal) -> Result<Status, CommandError> {
        interrupt::install(Arc::clone(&self.options.cancel), Arc::clone(&self.reporter));
        self.reporter.begin(&Begin {
            loaded: self.loaded,
            results: self.results.folder(),
            cache: self.store.root(),
        });
        let plan = self.plan()?;
        let recorder = Recorder::new(self.loaded.compiled.graph.len());
        let report = self.execute(plan, &recorder)?;
        let known = known(&report);
        let files = self.write(&report, &known, &recorder)?;
        self.reporter.end(&End {
            loaded: self.loaded,
            report: &report,
            known: &known,
            results: self.results.folder(),
            files: &files,
            seconds: self.clock.instant.elapsed().as_secs_f64(),
        })?;
        show_failures(&report, terminal);
        Ok(self.status(&report))
    }

    /// Settles what is known already, and says what the rest is likely to take.
    fn plan(&self) -> Result<Plan, CommandError> {
        let plan = plan_requiring(&self.loaded.compiled.graph, self.store, &self.options.require)
            .map_err(|error| with_data_hint(error.into(), self.loaded))?;
        match estimate_of(self.loaded, &plan, self.store, &self.options) {
            Ok(Some(estimate)) if estimate.is_known() => self.reporter.estimate(&estimate, &self.options),
            Ok(_) => {}
            Err(error) => tracing::warn!(error = error.messages.join(": "), "there is no estimate"),
        }
        Ok(plan)
    }

    /// Runs the stages, with a second thread that keeps the tables up to date meanwhile.
    fn execute(&self, plan: Plan, recorder: &Recorder) -> Result<Report, CommandError> {
        let graph = &self.loaded.compiled.graph;
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let live = Live::new(&self.results, graph.len());
            scope.spawn(move || live.run(&receiver));
            let observer = |event: &Event| {
                recorder.note(event);
                self.reporter.event(event);
                if Live::concerns(event) {
                    // Only a thread that panicked no longer listens; the tables are written at the end anyway.
                    let _ = sender.send(event.clone());
                }
            };
            let report = execute_planned(graph, plan, self.store, &self.options, &observer);
            drop(sender);
            report
        })
        .map_err(|error| with_data_hint(error.into(), self.loaded))
    }

    /// Brings the results folder up to date, and notes what this build did if it did anything.
    fn write(
        &self,
        report: &Report,
        known: &Known,
        recorder: &Recorder,
    ) -> Result<Vec<PathBuf>, CommandError> {
        let files = self.results.update(report, known)?;
        if report.stages().iter().any(|stage| !stage.attempts.is_empty()) {
            let attempt = Attempt::new(self.clock.time, &self.options, &self.loaded.study);
            self.results
                .append_stages(&attempt, &stage_rows(report, recorder, &attempt))?;
        }
        Ok(files)
    }

    fn status(&self, report: &Report) -> Status {
        let was_stopped = self.options.cancel.load(Ordering::Relaxed);
        match report.counts() {
            _ if report.is_complete() => Status::Success,
            counts if counts.failed == 0 && was_stopped => Status::Interrupted,
            _ => Status::Failed,
        }
    }
}

fn known(report: &Report) -> Known {
    let is_failed = |state: &FinalState| matches!(state, FinalState::Failed(_));
    let failed = report.stages().iter().filter(|stage| is_failed(&stage.state));
    Known {
        entries: report.stages().iter().map(|stage| stage.entry.clone()).collect(),
        failed: failed.map(|stage| stage.id).collect(),
    }
}

/// Says once more, below the summary, which stages failed and why.
fn show_failures(report: &Report, terminal: Terminal) {
    for stage in report.stages() {
        if let FinalState::Failed(failure) = &stage.state {
            CommandError::stage(&stage.name, failure).show(terminal);
        }
    }
}

/// Where the data set comes from, in place of the general hint.
fn with_data_hint(error: CommandError, loaded: &Loaded) -> CommandError {
    match &loaded.compiled.data_hint {
        Some(hint) if error.status == Status::MissingData => error.hint(hint),
        _ => error,
    }
}
