//! `gan-pipe schema`: prints the JSON Schema of study files.

use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;
use crate::study::schema;

pub(super) fn run(terminal: Terminal) -> Result<Status, CommandError> {
    terminal.print(&format!("{:#}\n", schema()))?;
    Ok(Status::Success)
}
