//! The arguments of a build, and what follows from them.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use clap::Args;
use gan_pipeline::ExecuteOptions;

use super::course::{Clock, Course};
use super::human::Human;
use super::json::Json;
use super::reporter::Reporter;
use super::results::Results;
use crate::cli::arguments::{MessageArguments, MessageFormat, VerbosityArguments};
use crate::cli::error::CommandError;
use crate::cli::inputs::{CacheArguments, Loaded, StudyArguments, results_folder};
use crate::cli::messages::Message;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::study::Keep;

/// The most stages or threads at once; far more than this is a mistake that takes all memory.
const MOST_THREADS: i64 = 1024;

const EXAMPLES: &str = "\
Examples:
  gan-pipe build study.yaml
  gan-pipe build study.yaml --jobs 2 --threads 8     two stages at once, four threads each
  gan-pipe build study.yaml --set base.steps=4000    go on to 4,000 steps
  gan-pipe build study.yaml --keep-going             a failed run does not stop the others
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

    /// Stages to run at once [default: one for every two threads, at most one a run].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    jobs: Option<u16>,

    /// Threads of all stages together [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,

    /// After a failure, go on with everything that does not need what failed. Without it no further stage starts,
    /// and those that run end.
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
    let store = arguments.cache.open()?;
    let folder = arguments
        .out
        .clone()
        .unwrap_or_else(|| results_folder(&arguments.study.study, &loaded.study));
    let course = Course {
        options: arguments.options(&loaded),
        results: Results::new(folder, &loaded, &store)?,
        reporter: arguments.reporter(&loaded, terminal),
        loaded: &loaded,
        store: &store,
        clock,
    };
    course.run(terminal)
}

impl BuildArguments {
    fn options(&self, loaded: &Loaded) -> ExecuteOptions {
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        let threads = self.threads.map_or_else(cores, usize::from);
        let jobs = self
            .jobs
            .map_or_else(|| default_jobs(threads, loaded.compiled.runs.len()), usize::from);
        ExecuteOptions {
            jobs,
            threads,
            keep_going: self.keep_going,
            keep_all: loaded.study.keep == Keep::All,
            require: loaded.compiled.required(),
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }

    fn reporter(&self, loaded: &Loaded, terminal: Terminal) -> Arc<dyn Reporter> {
        match self.messages.message_format {
            MessageFormat::Human => Arc::new(Human::new(terminal, self.verbosity.level(), loaded)),
            MessageFormat::Json => Arc::new(Json::new(terminal)),
        }
    }
}

/// One stage at once for every two threads, but no more than there are runs: training, the long part of a run, is a
/// chain.
fn default_jobs(threads: usize, runs: usize) -> usize {
    (threads / 2).clamp(1, runs.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_jobs_than_runs_or_pairs_of_threads() {
        let jobs = [(1, 8), (2, 8), (3, 8), (16, 8), (16, 3), (16, 0)]
            .map(|(threads, runs)| default_jobs(threads, runs));
        assert_eq!(jobs, [1, 1, 1, 8, 3, 1]);
    }
}
