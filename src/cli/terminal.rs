//! Where words go: results to standard output, everything else to standard error. Knows whether colors are wanted
//! and whether somebody still reads; does not know what is said.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};

use super::error::CommandError;

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const NOTE: Style = AnsiColor::Cyan.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();

/// How often bars are drawn in a second, at most.
const REDRAWS: u8 = 10;

/// The bars of this process. There is one terminal, so that lines from anywhere must know of them.
static BARS: OnceLock<MultiProgress> = OnceLock::new();

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Standard output and standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    color: ColorChoice,
}

impl Terminal {
    pub(super) fn new(color: Color) -> Terminal {
        let color = match color {
            Color::Auto if is_without_colors() => ColorChoice::Never,
            Color::Auto => AutoStream::choice(&io::stderr()),
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Terminal { color }
    }

    /// Where bars are drawn from now on, below everything that is said; none where lines cannot be redrawn.
    pub(super) fn bars(self) -> Option<&'static MultiProgress> {
        let draw = || MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS));
        let can_redraw = io::stderr().is_terminal() && !is_dumb();
        can_redraw.then(|| BARS.get_or_init(draw))
    }

    /// The text in a style, if colors are wanted on standard error.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self.color {
            ColorChoice::Never => text.to_owned(),
            _ => format!("{style}{text}{style:#}"),
        }
    }

    /// A verb, right-aligned as in a column of verbs, and what it is about.
    pub(super) fn verb(self, style: Style, verb: &str, text: &str) -> String {
        format!("{} {text}", self.paint(style, &format!("{verb:>12}")))
    }

    /// Writes lines to standard error. That it is closed must not end a build, so failing is ignored.
    pub(super) fn say(self, text: &str) {
        let say = || {
            let mut stream = AutoStream::new(io::stderr(), self.color).lock();
            let _ = writeln!(stream, "{text}");
        };
        match BARS.get() {
            Some(bars) => bars.suspend(say),
            None => say(),
        }
    }

    /// Writes text, as it is, to standard output. That nobody reads it any more is no error.
    pub(super) fn print(self, text: &str) -> Result<(), CommandError> {
        let mut stream = io::stdout().lock();
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::output(&error)),
            _ => Ok(()),
        }
    }
}

/// Whether the terminal says that it understands no escape sequences.
fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|name| name == "dumb")
}

/// Whether colors are out of the question unless they are asked for. Libraries do not ask this themselves where `CI` is
/// set: on machines of continuous integration they take colors for welcome on every terminal.
pub(super) fn is_without_colors() -> bool {
    is_dumb() && env::var_os("CLICOLOR_FORCE").is_none_or(|value| value == "0")
}
