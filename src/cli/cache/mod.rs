//! `gan-pipe cache`: where the cache lies, what is in it, what of it can go, and whether it is intact.
//!
//! What can go and why is decided in the crate `gan-cache`; here are only words.

mod collect;
mod names;
mod size;
mod stats;
mod verify;
mod words;

use clap::{Args, Subcommand};
use gan_cache::LockHolder;

use super::error::CommandError;
use super::inputs::CacheArguments;
use super::status::Status;
use super::terminal::{NOTE, Terminal};

const EXAMPLES: &str = "\
Examples:
  gan-pipe cache stats                      what the cache holds, by kind and by study
  gan-pipe cache gc                         what can go, and why; removes nothing
  gan-pipe cache gc --keep-days 30 --apply  remove what no build used for 30 days
  gan-pipe cache verify                     read everything, and list what is damaged
  gan-pipe cache dir                        where the cache is
";

/// Show the cache, and remove from it what is no longer needed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CacheCommandArguments {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    Stats(stats::StatsArguments),
    #[command(visible_alias = "prune")]
    Gc(collect::CollectArguments),
    Verify(verify::VerifyArguments),
    /// Print the folder of the cache.
    #[command(after_help = "Examples:\n  gan-pipe cache dir\n  du -sh \"$(gan-pipe cache dir)\"")]
    Dir(CacheArguments),
}

pub(super) fn run(arguments: &CacheCommandArguments, terminal: Terminal) -> Result<Status, CommandError> {
    match &arguments.command {
        CacheCommand::Stats(arguments) => stats::run(arguments, terminal),
        CacheCommand::Gc(arguments) => collect::run(arguments, terminal),
        CacheCommand::Verify(arguments) => verify::run(arguments, terminal),
        CacheCommand::Dir(arguments) => {
            terminal.print(&format!("{}\n", arguments.folder()?.display()))?;
            Ok(Status::Success)
        }
    }
}

/// Says that another removal is waited for.
fn say_waiting(terminal: Terminal, holder: &LockHolder) {
    let line = format!("for {holder}, which cleans the cache");
    terminal.say(&terminal.verb(NOTE, "Waiting", &line));
}
