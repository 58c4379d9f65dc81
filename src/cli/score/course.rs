//! The build of a comparison: opens the store, runs what is not known yet, and tells what was found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gan_cache::RunningBuild;
use gan_pipeline::{Event, ExecuteOptions, Report, execute_planned, plan_requiring};
use indicatif::{ProgressBar, ProgressStyle};

use super::{ScoreArguments, json, table, warning};
use crate::cli::arguments::Verbosity;
use crate::cli::build::{failures, open_device};
use crate::cli::error::CommandError;
use crate::cli::interrupt;
use crate::cli::parallel::threads_or_cores;
use crate::cli::status::Status;
use crate::cli::terminal::{GOOD, NOTE, Terminal, WARNING};
use crate::cli::text;
use crate::stages::score::{CompiledScore, SCORE, ScoreRequest, compile_score, outcome};

pub(super) fn score(arguments: &ScoreArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let request = arguments.request()?;
    let compiled = compile_score(&request)?;
    let opened = arguments.cache.open()?;
    let running = opened.begin_build(SCORE).inspect_err(|error| {
        tracing::warn!(%error, "`gan-pipe cache gc` will not know that this comparison runs");
    });
    let store = running.as_ref().map_or(&opened, RunningBuild::store);
    let options = arguments.options();
    let told = (arguments.verbosity.level() > Verbosity::Quiet).then_some(terminal);
    interrupt::install(Arc::clone(&options.cancel), move || {
        if let Some(terminal) = told {
            let text = "at the next good moment; what is finished is kept";
            terminal.say(&terminal.verb(WARNING, "Stopping", text));
        }
    });
    let plan = plan_requiring(&compiled.graph, store, &options.require)?;
    open_device(&compiled.graph, &compiled.device, &plan)?;
    let progress = Progress::new(told, arguments.verbosity.level());
    let observer = |event: &Event| progress.note(event);
    let report = execute_planned(&compiled.graph, store, plan, &options, &observer)?;
    progress.finish();
    failures::show(&report, &[], false, terminal);
    let status = failures::status(&report, options.cancel.load(Ordering::Relaxed));
    // A metric that failed does not keep the others from being told.
    tell(arguments, &request, &compiled, &report, terminal)?;
    Ok(status)
}

fn tell(
    arguments: &ScoreArguments,
    request: &ScoreRequest,
    compiled: &CompiledScore,
    report: &Report,
    terminal: Terminal,
) -> Result<(), CommandError> {
    let found = outcome(compiled, report);
    let warnings = warning::warnings(request, &found);
    if arguments.verbosity.level() > Verbosity::Quiet && !arguments.json {
        for warning in &warnings {
            terminal.say(&format!("{} {warning}", terminal.paint(WARNING, "warning:")));
        }
    }
    match arguments.json {
        false if found.metrics.is_empty() => Ok(()),
        true => json::message(request, compiled, report, &found, &warnings).print(terminal),
        false => terminal.print(&table::text(request, compiled, report, &found)),
    }
}

impl ScoreArguments {
    fn options(&self) -> ExecuteOptions {
        ExecuteOptions {
            // One after the other, each on all threads: each needs much memory.
            jobs: 1,
            threads: threads_or_cores(self.threads),
            keep_going: true,
            keep_all: true,
            require: Vec::new(),
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// What people see while stages run: a line as each ends, and on a terminal a bar of the one that runs.
struct Progress {
    terminal: Option<Terminal>,
    verbosity: Verbosity,
    bar: Option<ProgressBar>,
}

impl Progress {
    fn new(terminal: Option<Terminal>, verbosity: Verbosity) -> Self {
        let bars = terminal.and_then(Terminal::bars);
        let style = ProgressStyle::with_template("{msg:>12} {wide_bar} {pos}/{len} {prefix}");
        let bar = bars.zip(style.ok()).map(|(bars, style)| {
            let bar = bars.add(ProgressBar::new(0).with_style(style));
            bar.set_message("Working");
            bar
        });
        Self {
            terminal,
            verbosity,
            bar,
        }
    }

    fn note(&self, event: &Event) {
        let Some(terminal) = self.terminal else {
            return;
        };
        match event {
            Event::StageProgress {
                stage,
                done,
                total,
                unit,
            } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*total);
                    bar.set_position(*done);
                    bar.set_prefix(format!("{unit}, {}", stage.name));
                }
            }
            Event::StageHit { stage, .. } if self.verbosity == Verbosity::Verbose => {
                terminal.say(&terminal.verb(NOTE, "Hit", &stage.name));
            }
            Event::StageStarted { stage } if self.verbosity == Verbosity::Verbose => {
                terminal.say(&terminal.verb(NOTE, "Started", &stage.name));
            }
            Event::StageFinished { stage, seconds, .. } => {
                let text = format!("{} in {}", stage.name, text::duration(*seconds));
                terminal.say(&terminal.verb(GOOD, "Finished", &text));
            }
            Event::StageWaiting { stage, holder } => {
                let text = format!("for {}, which {holder} works on", stage.name);
                terminal.say(&terminal.verb(NOTE, "Waiting", &text));
            }
            _ => {}
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
