//! `gan-pipe completions`: prints what a shell needs to complete commands and options.

use clap::Args;
use clap_complete::{Shell, generate};

use super::arguments;
use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  gan-pipe completions bash > ~/.local/share/bash-completion/completions/gan-pipe
  gan-pipe completions zsh > ~/.zfunc/_gan-pipe      with ~/.zfunc in fpath
  gan-pipe completions fish > ~/.config/fish/completions/gan-pipe.fish
";

/// Print completions of commands and options for a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArguments {
    /// The shell: bash, elvish, fish, powershell or zsh.
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

pub(super) fn run(arguments: &CompletionsArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let mut script = Vec::new();
    generate(
        arguments.shell,
        &mut arguments::command(),
        "gan-pipe",
        &mut script,
    );
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Status::Success)
}
