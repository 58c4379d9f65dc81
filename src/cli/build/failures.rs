//! Stages that failed: what is said of them below the summary, and the exit code that they give a build.

use gan_pipeline::{Blame, Failure, FinalState, Report, StageReport, Unfinished};

use crate::cli::error::CommandError;
use crate::cli::status::Status;
use crate::cli::terminal::{NOTE, Terminal};
use crate::cli::text;
use crate::stages::CompiledRun;

/// Says of every stage that failed why, and how to go on with the runs that have nothing to do with it.
pub(in crate::cli) fn show(report: &Report, runs: &[CompiledRun], keep_going: bool, terminal: Terminal) {
    for (stage, failure) in failed(report) {
        CommandError::stage(&stage.name, failure, code(failure)).show(terminal);
    }
    let left = runs.iter().filter(|run| is_left(report, run)).count();
    if failed(report).next().is_some() && !keep_going && left > 0 {
        let runs = text::count(left, "run");
        let text = format!("{runs} could go on without what failed: `--keep-going` does so");
        terminal.say(&format!("{} {text}", terminal.paint(NOTE, "hint:")));
    }
}

/// How the build ended: where all failures have one code, with that one.
pub(in crate::cli) fn status(report: &Report, is_stopped: bool) -> Status {
    let mut codes = failed(report).map(|(_, failure)| code(failure));
    match codes.next() {
        None if report.is_complete() => Status::Success,
        None if is_stopped => Status::Interrupted,
        Some(first) if codes.all(|code| code == first) => first,
        _ => Status::Failed,
    }
}

pub(in crate::cli) fn failed(report: &Report) -> impl Iterator<Item = (&StageReport, &Failure)> {
    report.stages().iter().filter_map(|stage| match &stage.state {
        FinalState::Failed(failure) => Some((stage, failure)),
        _ => None,
    })
}

fn code(failure: &Failure) -> Status {
    match failure.blame {
        Blame::Store => Status::Store,
        Blame::Data => Status::MissingData,
        Blame::Device => Status::Device,
        Blame::Stage => Status::Failed,
    }
}

/// Whether a run did not come to its end though nothing that it needs has failed.
fn is_left(report: &Report, run: &CompiledRun) -> bool {
    let last = run.segments.last().map(|(_, id)| &report.stage(*id).state);
    last == Some(&FinalState::Unfinished(Unfinished::NotStarted))
}
