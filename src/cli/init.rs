//! `gan-pipe init`: writes a commented study to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;
use crate::study::template;

/// Write a commented study to start from.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gan-pipe init my-study.yaml")]
pub(super) struct InitArguments {
    /// The file to write.
    #[arg(value_name = "FILE", default_value = "study.yaml")]
    file: PathBuf,

    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &InitArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let path = &arguments.file;
    let mut options = OpenOptions::new();
    match arguments.force {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(template().as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CommandError::new(Status::Usage, format!("{} is there already", path.display()))
                .hint("name another file, or replace it with --force")
        }
        _ => CommandError::file(Status::Usage, "write", path, &error),
    })?;
    let file = path.display();
    terminal.print(&format!(
        "wrote {file}; what it would run is told by: gan-pipe plan {file}\n"
    ))?;
    Ok(Status::Success)
}
