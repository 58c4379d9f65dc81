//! The program: reads the command line, runs one command, and ends with its exit code.

use std::process::ExitCode;

use clap::{ColorChoice, FromArgMatches};

use super::arguments::{Arguments, Command, command};
use super::diagnostics;
use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;
use super::{build, cache, completions, doctor, explain, init, manual, plan, schema, table};

/// Runs the command that the process's arguments name, and returns the exit code.
pub fn main() -> ExitCode {
    let matches = command()
        .color(color_of_help(
            std::env::args_os().map(|word| word.to_string_lossy().into_owned()),
        ))
        .get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let terminal = Terminal::new(arguments.color);
    diagnostics::install(terminal, arguments.command.verbosity());
    match run(&arguments.command, terminal) {
        Ok(status) => status.into(),
        Err(error) => {
            error.show(terminal);
            error.status.into()
        }
    }
}

/// Help and errors of usage are written before the command line is understood, and must know of `--color` too.
fn color_of_help(mut arguments: impl Iterator<Item = String>) -> ColorChoice {
    let mut color = ColorChoice::Auto;
    while let Some(argument) = arguments.next() {
        let value = match argument.split_once('=') {
            Some(("--color", value)) => value.to_owned(),
            None if argument == "--color" => arguments.next().unwrap_or_default(),
            _ => continue,
        };
        color = match &*value {
            "always" => ColorChoice::Always,
            "never" => ColorChoice::Never,
            _ => ColorChoice::Auto,
        };
    }
    color
}

fn run(command: &Command, terminal: Terminal) -> Result<Status, CommandError> {
    match command {
        Command::Build(arguments) => build::run(arguments, terminal),
        Command::Plan(arguments) => plan::run(arguments, terminal),
        Command::Explain(arguments) => explain::run(arguments, terminal),
        Command::Table(arguments) => table::run(arguments, terminal),
        Command::Init(arguments) => init::run(arguments, terminal),
        Command::Cache(arguments) => cache::run(arguments, terminal),
        Command::Doctor(arguments) => doctor::run(arguments, terminal),
        Command::Completions(arguments) => completions::run(arguments, terminal),
        Command::Manual(arguments) => manual::run(arguments, terminal),
        Command::Schema => schema::run(terminal),
    }
}
