//! `gan-pipe man`: writes a manual page for the program and for each command.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::generate_to;

use super::arguments;
use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  gan-pipe man ~/.local/share/man/man1
  gan-pipe man man1                        then: man ./man1/gan-pipe-build.1
";

/// Write manual pages into a folder.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManualArguments {
    /// The folder; it is made if it is not there.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &ManualArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .and_then(|()| generate_to(arguments::command(), folder))
        .map_err(|error| CommandError::file(Status::Usage, "write manual pages to", folder, &error))?;
    terminal.print(&format!("wrote manual pages to {}\n", folder.display()))?;
    Ok(Status::Success)
}
