//! JSON messages on standard output: one object a line, `event` first. `docs/messages.md` describes each.

use serde_json::{Map, Value, json};

use super::error::CommandError;
use super::terminal::Terminal;

/// One message on its way to a line.
#[derive(Clone, Debug)]
pub(super) struct Message(Map<String, Value>);

impl Message {
    pub(super) fn new(event: &str) -> Message {
        Message(Map::from_iter([("event".to_owned(), json!(event))]))
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Message {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Adds fields that several messages share.
    pub(super) fn with_all(mut self, fields: Map<String, Value>) -> Message {
        self.0.extend(fields);
        self
    }

    /// The message that says why a command gave up; the error is told on standard error too.
    pub(super) fn error(error: &CommandError) -> Message {
        Message::new("error")
            .with("status", error.status.code())
            .with("details", error.details.clone())
            .with("messages", error.messages.clone())
            .with("hint", error.hint.clone())
    }

    /// Writes the message as a line.
    pub(super) fn print(self, terminal: Terminal) -> Result<(), CommandError> {
        terminal.print(&format!("{}\n", Value::Object(self.0)))
    }
}
