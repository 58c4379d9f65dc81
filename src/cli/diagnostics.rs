//! Shows what the libraries note on the way, such as a damaged entry that is taken for a miss, on standard error.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::arguments::Verbosity;
use super::terminal::{NOTE, Terminal, WARNING};

/// Has warnings shown from now on; notes too where a command is verbose, nothing where it is quiet.
pub(super) fn install(terminal: Terminal, verbosity: Verbosity) {
    let most = match verbosity {
        Verbosity::Quiet => return,
        Verbosity::Normal => Level::WARN,
        Verbosity::Verbose => Level::DEBUG,
    };
    // Only a second call in one process can fail, and the first one serves.
    let _ = tracing::subscriber::set_global_default(Diagnostics { terminal, most });
}

struct Diagnostics {
    terminal: Terminal,
    most: Level,
}

impl Subscriber for Diagnostics {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.most && metadata.target().starts_with("gan_")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let (style, word) = match *event.metadata().level() {
            Level::ERROR | Level::WARN => (WARNING, "warning:"),
            _ => (NOTE, "note:"),
        };
        let word = self.terminal.paint(style, word);
        self.terminal
            .say(&format!("{word} {}{}", line.message, line.fields));
    }

    // Spans are not used.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The parts of one line: the message, then `; name: value` for each field.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, "; {name}: {value:?}"),
        };
    }
}
