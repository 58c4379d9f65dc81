//! The arguments of a build, and what follows from them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use gan_cache::RunningBuild;
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
use crate::cli::parallel::ParallelArguments;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;

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

    #[command(flatten)]
    parallel: ParallelArguments,

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
    let course = Course {
        options: arguments.options(&loaded),
        results: Results::new(folder, &loaded, store)?,
        reporter: arguments.reporter(&loaded, terminal),
        loaded: &loaded,
        store,
        clock,
    };
    course.run(terminal)
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
