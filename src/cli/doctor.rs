//! `gan-pipe doctor`: what this machine has of what builds need. Each check is a line: ok, a note, or a problem.

mod child;
mod devices;
mod machine;
mod survey;

use std::fs;

use clap::Args;
use gan_cache::{Store, StoreError};
use gan_kernels::Device;
use serde_json::Value;

use super::arguments::{MessageArguments, MessageFormat};
use super::error::CommandError;
use super::inputs::CacheArguments;
use super::messages::Message;
use super::status::Status;
use super::terminal::Terminal;
use super::text;
use crate::data::PublishedSet;

/// With less room than this on the disk a build may not come far.
const LITTLE_ROOM: u64 = 1 << 30;

const EXAMPLES: &str = "\
Examples:
  gan-pipe doctor
  gan-pipe doctor --message-format json
";

/// Check what this machine has: cache folder, processor, memory, GPUs and data sets.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArguments {
    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    messages: MessageArguments,

    /// Print the name of every device: what the check runs in a process of its own.
    #[arg(long, hide = true)]
    list_devices: bool,

    /// Try one device, and print what is found: what the check runs in a process of its own.
    #[arg(long, hide = true, value_name = "NAME")]
    survey_device: Option<String>,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    /// Worth knowing; builds run all the same, or only some cannot.
    Note,
    /// No build can run.
    Problem,
}

/// One check.
#[derive(Debug)]
struct Finding {
    name: &'static str,
    state: State,
    text: String,
    hint: Option<String>,
    /// Of a device, the fields of its message.
    device: Option<Value>,
}

impl Finding {
    fn new(name: &'static str, state: State, text: impl Into<String>) -> Finding {
        Finding {
            name,
            state,
            text: text.into(),
            hint: None,
            device: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }
}

pub(super) fn run(arguments: &DoctorArguments, terminal: Terminal) -> Result<Status, CommandError> {
    if arguments.list_devices {
        return devices::list(terminal);
    }
    if let Some(name) = &arguments.survey_device {
        return survey::tell(name, terminal);
    }
    let mut findings = vec![program(), machine::processor(), machine::memory()];
    findings.extend(cache(&arguments.cache));
    findings.extend(devices::check());
    findings.extend([PublishedSet::FashionMnist].map(data_set));
    for finding in &findings {
        finding.tell(arguments.messages.message_format, terminal)?;
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    if arguments.messages.message_format == MessageFormat::Json {
        Message::new("finished")
            .with("ok", count(State::Fine))
            .with("notes", count(State::Note))
            .with("problems", count(State::Problem))
            .print(terminal)?;
    }
    match count(State::Problem) {
        0 => Ok(Status::Success),
        _ => Ok(Status::Failed),
    }
}

impl Finding {
    fn tell(&self, format: MessageFormat, terminal: Terminal) -> Result<(), CommandError> {
        let word = match self.state {
            State::Fine => "ok",
            State::Note => "note",
            State::Problem => "problem",
        };
        if format == MessageFormat::Json {
            let message = Message::new("check")
                .with("name", self.name)
                .with("state", word)
                .with("text", self.text.clone())
                .with("hint", self.hint.clone());
            return match &self.device {
                Some(device) => message.with("device", device.clone()),
                None => message,
            }
            .print(terminal);
        }
        let hint = self.hint.iter().map(|hint| format!("{:18}hint: {hint}\n", ""));
        let line = format!("{word:<8} {:<8} {}\n", self.name, self.text);
        terminal.print(&(line + &hint.collect::<String>()))
    }
}

fn program() -> Finding {
    let kinds = Device::kinds();
    let list = |word: &str, wanted: bool| {
        let names: Vec<_> = kinds
            .iter()
            .filter(|(_, is_built)| *is_built == wanted)
            .map(|(name, _)| *name)
            .collect();
        match names[..] {
            [] => String::new(),
            _ => format!(", {word} {}", names.join(", ")),
        }
    };
    let text = format!(
        "gan-pipe {}{}{}",
        env!("CARGO_PKG_VERSION"),
        list("with", true),
        list("without", false)
    );
    Finding::new("program", State::Fine, text)
}

/// The cache folder: whether builds can work in it, what it holds, and how much room there is.
fn cache(arguments: &CacheArguments) -> Vec<Finding> {
    let checked = arguments.folder().and_then(|folder| {
        let store = Store::open(&folder)?;
        // What a build does first: a file that is written and locked.
        drop(store.begin_build("doctor")?);
        Ok((content(&store)?, room(&store)))
    });
    match checked {
        Ok((content, room)) => vec![content, room],
        Err(error) => {
            let finding = Finding::new("cache", State::Problem, error.messages.join(": "));
            vec![Finding {
                hint: error.hint,
                ..finding
            }]
        }
    }
}

fn content(store: &Store) -> Result<Finding, StoreError> {
    let inventory = store.inventory()?;
    let format = fs::read_to_string(store.root().join("format")).unwrap_or_default();
    let text = format!(
        "{}: format {}, {}, {}",
        store.root().display(),
        format.trim(),
        text::count(inventory.entries.len(), "entry"),
        text::bytes(inventory.bytes())
    );
    let damaged = inventory
        .entries
        .iter()
        .filter(|entry| entry.content.is_err())
        .count();
    Ok(match damaged {
        0 => Finding::new("cache", State::Fine, text),
        _ => Finding::new("cache", State::Note, format!("{text}, {damaged} damaged"))
            .hint("`gan-pipe cache gc` says which, and with --apply removes them"),
    })
}

fn room(store: &Store) -> Finding {
    match machine::free_bytes(store.root()) {
        None => Finding::new(
            "disk",
            State::Note,
            "this system does not tell how much room there is",
        ),
        Some(free) if free < LITTLE_ROOM => Finding::new(
            "disk",
            State::Note,
            format!("only {} free for the cache", text::bytes(free)),
        )
        .hint("`gan-pipe cache gc` shows what can go; --cache-dir or GAN_PIPE_CACHE chooses another disk"),
        Some(free) => Finding::new(
            "disk",
            State::Fine,
            format!("{} free for the cache", text::bytes(free)),
        ),
    }
}

fn data_set(set: PublishedSet) -> Finding {
    let name = set.description().name;
    let hint = match set.locate(None, None) {
        Ok(located) if located.missing.is_none() => {
            let folder = located.files.folder().display();
            return Finding::new("data", State::Fine, format!("{name} in {folder}"));
        }
        Ok(located) => located.missing.and_then(|missing| missing.hint()),
        Err(error) => error.hint(),
    };
    let text = format!("{name} was not found; drawn polygons need no files");
    let finding = Finding::new("data", State::Note, text);
    Finding { hint, ..finding }
}
