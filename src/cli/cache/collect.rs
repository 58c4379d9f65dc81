//! `gan-pipe cache gc`: what of the cache can go and why; with `--apply` it goes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{ArgGroup, Args};
use gan_cache::{Collection, Fate, Garbage, Inventory, Key, LockHolder, Object, Policy, Reason, Store};
use gan_pipeline::plan_requiring;

use super::names::Names;
use super::say_waiting;
use super::size;
use super::words::{self, DAY, reason_in_words, sort, word};
use crate::cli::arguments::{MessageArguments, MessageFormat};
use crate::cli::error::CommandError;
use crate::cli::inputs::{CacheArguments, Loaded};
use crate::cli::messages::Message;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::cli::text;
use crate::study::Study;

const EXAMPLES: &str = "\
Examples:
  gan-pipe cache gc                                  what can go, and why
  gan-pipe cache gc --apply                          remove it
  gan-pipe cache gc --keep-days 30                   also what no build used for 30 days
  gan-pipe cache gc --max-size 10GiB --apply         also the longest unused, down to a size
  gan-pipe cache gc --keep-days 0 --keep study.yaml  everything but what this study uses

Without an option that says so no readable entry goes, only what nobody can find: blobs
that no entry names, damaged entries, what killed processes left, and fingerprints of 90
days ago. What a running build has used, or its study had before, stays in any case.
";

/// Show what of the cache can go and why, and remove it with --apply.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("choice").args(["keep_days", "max_size"]).multiple(true))]
pub(super) struct CollectArguments {
    /// Remove what is listed.
    #[arg(long)]
    apply: bool,

    /// Remove nothing, only show; this is the default.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,

    /// Have results go that no build has used for this many days.
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,

    /// Have the longest unused results go until the cache is no larger, such as 10GiB.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_size: Option<u64>,

    /// Keep what this study uses or has used last; may be repeated.
    #[arg(long, value_name = "STUDY", requires = "choice")]
    keep: Vec<PathBuf>,

    /// Show only the totals.
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &CollectArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let store = arguments.cache.open()?;
    let inventory = store.inventory()?;
    let policy = arguments.policy(&store, &inventory)?;
    let collection = Collection::choose(&inventory, &policy, SystemTime::now());
    let page = Page {
        arguments,
        names: Names::new(&inventory),
        with_entries: bytes_with_entries(&collection),
        collection: &collection,
        terminal,
    };
    let removed = match arguments.apply {
        true => page.remove(&store)?,
        false => page.show()?,
    };
    page.finish(&removed)?;
    Ok(Status::Success)
}

impl CollectArguments {
    fn policy(&self, store: &Store, inventory: &Inventory) -> Result<Policy, CommandError> {
        let mut keep = HashSet::new();
        for study in &self.keep {
            keep.extend(keys_of(study, store, inventory)?);
        }
        Ok(Policy {
            unused_for: self.keep_days.map(|days| days * DAY),
            max_bytes: self.max_size,
            keep,
        })
    }
}

/// The keys that a study has by what is known now, and those that its stages had last.
fn keys_of(file: &Path, store: &Store, inventory: &Inventory) -> Result<HashSet<Key>, CommandError> {
    let Loaded { study, compiled } = Loaded::of(Study::load(file, &[])?)?;
    let plan = plan_requiring(&compiled.graph, store, &compiled.required())?;
    let planned = compiled
        .graph
        .stages()
        .filter_map(|id| plan.entry(id))
        .map(|entry| entry.key);
    let histories = inventory
        .histories
        .iter()
        .filter(|history| history.study == study.name);
    let records = histories.flat_map(|history| &history.records);
    let last: HashMap<_, Key> = records
        .map(|record| ((&record.kind, &record.name), record.key))
        .collect();
    Ok(planned.chain(last.into_values()).collect())
}

fn bytes_with_entries(collection: &Collection) -> HashMap<Key, u64> {
    let mut bytes = HashMap::new();
    for garbage in &collection.garbage {
        if let Reason::WithEntry { key } = garbage.reason {
            *bytes.entry(key).or_default() += garbage.bytes;
        }
    }
    bytes
}

/// What went, or would go.
#[derive(Default)]
struct Removed {
    bytes: u64,
    counts: BTreeMap<&'static str, usize>,
    spared: usize,
}

impl Removed {
    fn add(&mut self, garbage: &Garbage) {
        self.bytes += garbage.bytes;
        *self.counts.entry(sort(&garbage.object)).or_default() += 1;
    }

    /// `3 entries, 5 blobs`.
    fn text(&self) -> String {
        let counts = self.counts.iter().map(|(sort, count)| words::count(*count, sort));
        counts.collect::<Vec<_>>().join(", ")
    }
}

struct Page<'a> {
    arguments: &'a CollectArguments,
    names: Names<'a>,
    /// The length of the blobs that go with each entry.
    with_entries: HashMap<Key, u64>,
    collection: &'a Collection,
    terminal: Terminal,
}

impl Page<'_> {
    /// Lists what can go.
    fn show(&self) -> Result<Removed, CommandError> {
        let mut removed = Removed::default();
        for garbage in &self.collection.garbage {
            removed.add(garbage);
            self.tell("garbage", garbage)?;
        }
        Ok(removed)
    }

    /// Removes it, and lists what went.
    fn remove(&self, store: &Store) -> Result<Removed, CommandError> {
        let (mut removed, mut told) = (Removed::default(), Ok(()));
        let mut on_wait = |holder: &LockHolder| say_waiting(self.terminal, holder);
        let mut observer = |garbage: &Garbage, fate: Fate| match fate {
            Fate::Removed => {
                removed.add(garbage);
                if told.is_ok() {
                    told = self.tell("removed", garbage);
                }
            }
            Fate::Spared => removed.spared += 1,
            Fate::Gone => {}
        };
        store.remove(self.collection, &mut on_wait, &mut observer)?;
        told.map(|()| removed)
    }

    fn tell(&self, event: &str, garbage: &Garbage) -> Result<(), CommandError> {
        match self.arguments.messages.message_format {
            _ if self.arguments.quiet => Ok(()),
            MessageFormat::Json => self.message(event, garbage).print(self.terminal),
            // A blob that goes with its entry is told with it.
            _ if matches!(garbage.reason, Reason::WithEntry { .. }) => Ok(()),
            MessageFormat::Human => self.terminal.print(&self.line(garbage)),
        }
    }

    /// `     1.2 MiB  train quickstart: spectral/seed-1/train 0-500: not used for 45 days`.
    fn line(&self, garbage: &Garbage) -> String {
        let with = match &garbage.object {
            Object::Entry { key, .. } => self.with_entries.get(key),
            _ => None,
        };
        let bytes = text::bytes(garbage.bytes + with.unwrap_or(&0));
        let reason = reason_in_words(&garbage.reason);
        format!("{bytes:>10}  {}: {reason}\n", self.title(garbage))
    }

    fn title(&self, garbage: &Garbage) -> String {
        let name = garbage.path.file_name().unwrap_or_default().to_string_lossy();
        match &garbage.object {
            Object::Entry { key, kind, .. } => {
                format!("{} {}", kind.as_deref().unwrap_or("entry"), self.names.title(key))
            }
            Object::Blob { digest } => format!("blob {}", digest.short()),
            Object::Partial { key } => format!("unfinished work {}", self.names.title(key)),
            Object::Lock { key } => format!("lock {}", key.short()),
            Object::History { study } => format!("history {study}"),
            Object::Temporary => format!("temporary file {name}"),
            Object::Build => format!("mark of a build {name}"),
            Object::Fingerprint => format!("fingerprint {name}"),
        }
    }

    fn message(&self, event: &str, garbage: &Garbage) -> Message {
        let key = match &garbage.object {
            Object::Entry { key, .. } | Object::Partial { key } | Object::Lock { key } => Some(key),
            _ => None,
        };
        let named = key.and_then(|key| self.names.get(key));
        let message = Message::new(event)
            .with("object", sort(&garbage.object))
            .with("path", garbage.path.display().to_string())
            .with("bytes", garbage.bytes)
            .with("reason", word(&garbage.reason))
            .with("text", reason_in_words(&garbage.reason))
            .with("key", key.map(Key::to_string))
            .with("study", named.map(|(study, _)| study))
            .with("stage", named.map(|(_, stage)| stage));
        match &garbage.object {
            Object::Entry { kind, .. } => message.with("kind", kind.clone()),
            _ => message,
        }
    }

    /// The totals.
    fn finish(&self, removed: &Removed) -> Result<(), CommandError> {
        let (before, in_use) = (self.collection.bytes_before, self.collection.in_use);
        if self.arguments.messages.message_format == MessageFormat::Json {
            return Message::new("finished")
                .with("applied", self.arguments.apply)
                .with("objects", removed.counts.values().sum::<usize>())
                .with("bytes", removed.bytes)
                .with("bytes_before", before)
                .with("in_use", in_use)
                .with("spared", removed.spared)
                .print(self.terminal);
        }
        let whole = text::bytes(before);
        let mut page = match (removed.counts.is_empty(), self.arguments.apply) {
            (true, _) => format!("nothing to remove from {whole}\n"),
            (false, true) => format!(
                "removed {}: {} of {whole}\n",
                removed.text(),
                text::bytes(removed.bytes)
            ),
            (false, false) => format!(
                "would remove {}: {} of {whole}\nnothing was removed; --apply removes it\n",
                removed.text(),
                text::bytes(removed.bytes)
            ),
        };
        if in_use + removed.spared > 0 {
            page += &format!(
                "kept because in use or changed since: {}\n",
                text::count(in_use + removed.spared, "object")
            );
        }
        if let Some(limit) = self.arguments.max_size
            && before - removed.bytes > limit
        {
            page += &format!(
                "still larger than {}: the rest is in use or to be kept\n",
                text::bytes(limit)
            );
        }
        self.terminal.print(&page)
    }
}
