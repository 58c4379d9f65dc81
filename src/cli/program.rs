//! The program: reads the command line, runs one command, and ends with its exit code.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ColorChoice, FromArgMatches};

use super::arguments::{Arguments, Command, command};
use super::diagnostics;
use super::error::CommandError;
use super::status::Status;
use super::terminal::{Terminal, is_without_colors};
use super::{
    build, cache, completions, data, describe, doctor, explain, init, manual, plan, schema, score, table,
    weights,
};

/// Runs the command that the process's arguments name, and returns the exit code.
pub fn main() -> ExitCode {
    let arguments = arguments();
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

/// What stands on the command line; help and mistakes are shown here, and end the process.
fn arguments() -> Arguments {
    let command = command().color(color(env::args_os()));
    let parsed = Arguments::from_arg_matches(&command.get_matches());
    parsed.unwrap_or_else(|error| error.exit())
}

/// The colors that are asked for, found before the rest is read: what is said about the rest should have them.
fn color(arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    let arguments: Vec<OsString> = arguments.collect();
    let value = |(index, argument): (usize, &OsString)| match argument.to_str()? {
        "--color" => arguments.get(index + 1)?.to_str().map(str::to_owned),
        argument => argument.strip_prefix("--color=").map(str::to_owned),
    };
    match arguments.iter().enumerate().find_map(value).as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ if is_without_colors() => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

fn run(command: &Command, terminal: Terminal) -> Result<Status, CommandError> {
    match command {
        Command::Build(arguments) => build::run(arguments, terminal),
        Command::Plan(arguments) => plan::run(arguments, terminal),
        Command::Explain(arguments) => explain::run(arguments, terminal),
        Command::Table(arguments) => table::run(arguments, terminal),
        Command::Score(arguments) => score::run(arguments, terminal),
        Command::Init(arguments) => init::run(arguments, terminal),
        Command::Describe(arguments) => describe::run(arguments, terminal),
        Command::Cache(arguments) => cache::run(arguments, terminal),
        Command::Data(arguments) => data::run(arguments, terminal),
        Command::Weights(arguments) => weights::run(arguments, terminal),
        Command::Doctor(arguments) => doctor::run(arguments, terminal),
        Command::Completions(arguments) => completions::run(arguments, terminal),
        Command::Manual(arguments) => manual::run(arguments, terminal),
        Command::Schema => schema::run(terminal),
    }
}
