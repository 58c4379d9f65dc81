//! The program: reads the command line, runs one command, and ends with its exit code.

use std::process::ExitCode;

use clap::Parser;

use super::arguments::{Arguments, Command};
use super::diagnostics;
use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;
use super::{build, explain, init, plan, schema, table};

/// Runs the command that the process's arguments name, and returns the exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
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

fn run(command: &Command, terminal: Terminal) -> Result<Status, CommandError> {
    match command {
        Command::Build(arguments) => build::run(arguments, terminal),
        Command::Plan(arguments) => plan::run(arguments, terminal),
        Command::Explain(arguments) => explain::run(arguments, terminal),
        Command::Table(arguments) => table::run(arguments, terminal),
        Command::Init(arguments) => init::run(arguments, terminal),
        Command::Schema => schema::run(terminal),
    }
}
