//! `gan-pipe cache stats`: how much the cache holds, of what, and for which studies.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use clap::Args;
use gan_cache::{Digest, Entry, Inventory, Key, StoredFile};

use super::names::Names;
use crate::cli::arguments::{MessageArguments, MessageFormat};
use crate::cli::error::CommandError;
use crate::cli::inputs::CacheArguments;
use crate::cli::messages::Message;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::cli::text;

/// How many of the largest results are listed.
const LARGEST: usize = 5;

const EXAMPLES: &str = "\
Examples:
  gan-pipe cache stats
  gan-pipe cache stats --message-format json
";

/// Show what the cache holds: by kind of stage, by study, and the largest results.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatsArguments {
    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &StatsArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let store = arguments.cache.open()?;
    let inventory = store.inventory()?;
    let stats = Stats::new(&inventory);
    match arguments.messages.message_format {
        MessageFormat::Human => {
            let heading = format!("{}: {}\n", store.root().display(), text::bytes(inventory.bytes()));
            terminal.print(&(heading + &stats.page()))?;
        }
        MessageFormat::Json => stats.messages(&store.root().display().to_string(), terminal)?,
    }
    Ok(Status::Success)
}

/// A number of things and their length.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    count: usize,
    bytes: u64,
}

/// What stages of a kind, or of a study, have in the cache.
#[derive(Debug, Default)]
struct Share {
    entries: usize,
    /// Keys that a history names and that have no entry any more.
    gone: usize,
    blobs: HashSet<Digest>,
}

struct Stats<'i> {
    inventory: &'i Inventory,
    /// The length of each blob that is there.
    lengths: HashMap<Digest, u64>,
    kinds: BTreeMap<&'i str, Share>,
    studies: BTreeMap<&'i str, Share>,
    /// Entries with the length of their blobs, largest first.
    largest: Vec<(&'i Entry, u64)>,
}

impl<'i> Stats<'i> {
    fn new(inventory: &'i Inventory) -> Stats<'i> {
        let lengths = inventory
            .blobs
            .iter()
            .map(|blob| (blob.digest, blob.file.bytes))
            .collect();
        let mut stats = Stats {
            inventory,
            lengths,
            kinds: BTreeMap::new(),
            studies: BTreeMap::new(),
            largest: Vec::new(),
        };
        let entries: HashMap<Key, &Entry> = stats.entries().map(|entry| (entry.key, entry)).collect();
        for entry in entries.values() {
            stats.kinds.entry(&entry.document.kind).or_default().add(entry);
        }
        for history in &inventory.histories {
            let keys: HashSet<Key> = history.records.iter().map(|record| record.key).collect();
            let share = stats.studies.entry(&history.study).or_default();
            for key in keys {
                match entries.get(&key) {
                    Some(entry) => share.add(entry),
                    None => share.gone += 1,
                }
            }
        }
        stats.find_largest();
        stats
    }

    fn entries(&self) -> impl Iterator<Item = &'i Entry> + use<'i> {
        let entries = self.inventory.entries.iter();
        entries.filter_map(|entry| entry.content.as_ref().ok())
    }

    fn find_largest(&mut self) {
        let length = |entry: &'i Entry| {
            let blobs: HashSet<Digest> = entry.outputs.values().map(|output| output.digest).collect();
            (entry, self.length(&blobs))
        };
        let mut largest: Vec<_> = self.entries().map(length).collect();
        largest.sort_by_key(|(entry, bytes)| (Reverse(*bytes), entry.key));
        largest.truncate(LARGEST);
        largest.retain(|(_, bytes)| *bytes > 0);
        self.largest = largest;
    }

    fn length(&self, blobs: &HashSet<Digest>) -> u64 {
        blobs.iter().filter_map(|digest| self.lengths.get(digest)).sum()
    }

    /// Each sort of thing in the store, with its name in messages.
    fn amounts(&self) -> [(&'static str, &'static str, Amount); 8] {
        let inventory = self.inventory;
        let of = |files: &mut dyn Iterator<Item = &StoredFile>| {
            files.fold(Amount::default(), |sum, file| Amount {
                count: sum.count + 1,
                bytes: sum.bytes + file.bytes,
            })
        };
        [
            (
                "blobs",
                "blobs",
                of(&mut inventory.blobs.iter().map(|blob| &blob.file)),
            ),
            (
                "entries",
                "entries",
                of(&mut inventory.entries.iter().map(|entry| &entry.file)),
            ),
            (
                "partial",
                "unfinished work",
                of(&mut inventory.partial.iter().map(|partial| &partial.file)),
            ),
            (
                "temporary",
                "temporary files",
                of(&mut inventory.temporary.iter()),
            ),
            (
                "histories",
                "histories",
                of(&mut inventory.histories.iter().map(|history| &history.file)),
            ),
            (
                "fingerprints",
                "fingerprints",
                of(&mut inventory.fingerprints.iter()),
            ),
            (
                "locks",
                "locks",
                of(&mut inventory.locks.iter().map(|lock| &lock.file)),
            ),
            (
                "builds",
                "builds",
                of(&mut inventory.builds.iter().map(|build| &build.file)),
            ),
        ]
    }

    fn damaged(&self) -> usize {
        self.inventory
            .entries
            .iter()
            .filter(|entry| entry.content.is_err())
            .count()
    }

    fn running(&self) -> usize {
        self.inventory
            .builds
            .iter()
            .filter(|build| build.is_running)
            .count()
    }

    fn page(&self) -> String {
        let row = |name: &str, amount: Amount| {
            vec![
                format!("  {name}"),
                amount.count.to_string(),
                text::bytes(amount.bytes),
            ]
        };
        let shown = self
            .amounts()
            .into_iter()
            .filter(|(_, _, amount)| amount.count > 0);
        let amounts: Vec<Vec<String>> = shown.map(|(_, name, amount)| row(name, amount)).collect();
        let mut page = text::columns(&amounts);
        if self.damaged() > 0 {
            page += &format!(
                "  {} damaged; `gan-pipe cache gc` says which\n",
                text::count(self.damaged(), "entry")
            );
        }
        page += &self.shares("by kind of stage", &self.kinds);
        page += &self.shares("by study; what studies share counts for each", &self.studies);
        let names = Names::new(self.inventory);
        let largest = self.largest.iter().map(|(entry, bytes)| {
            let title = format!("{} {}", entry.document.kind, names.title(&entry.key));
            vec![format!("  {title}"), text::bytes(*bytes)]
        });
        let largest: Vec<Vec<String>> = largest.collect();
        match largest.is_empty() {
            true => page,
            false => page + "\nlargest\n" + &text::columns(&largest),
        }
    }

    fn shares(&self, title: &str, shares: &BTreeMap<&str, Share>) -> String {
        let row = |(name, share): (&&str, &Share)| {
            let entries = text::count(share.entries, "entry");
            vec![
                format!("  {name}"),
                entries,
                text::bytes(self.length(&share.blobs)),
            ]
        };
        match shares.is_empty() {
            true => String::new(),
            false => {
                let rows: Vec<Vec<String>> = shares.iter().map(row).collect();
                format!("\n{title}\n{}", text::columns(&rows))
            }
        }
    }

    /// The message about the entries of a kind or a study.
    fn share(&self, event: &'static str, name: &str, share: &Share) -> Message {
        let is_there = |blob: &&Digest| self.lengths.contains_key(*blob);
        Message::new(event)
            .with(event, name)
            .with("entries", share.entries)
            .with("blobs", share.blobs.iter().filter(is_there).count())
            .with("bytes", self.length(&share.blobs))
    }

    fn messages(&self, root: &str, terminal: Terminal) -> Result<(), CommandError> {
        for (name, share) in &self.kinds {
            self.share("kind", name, share).print(terminal)?;
        }
        for (name, share) in &self.studies {
            let message = self.share("study", name, share);
            message.with("gone", share.gone).print(terminal)?;
        }
        let names = Names::new(self.inventory);
        for (entry, bytes) in &self.largest {
            let named = names.get(&entry.key);
            Message::new("largest")
                .with("key", entry.key.to_string())
                .with("kind", &*entry.document.kind)
                .with("study", named.map(|(study, _)| study))
                .with("stage", named.map(|(_, stage)| stage))
                .with("bytes", *bytes)
                .print(terminal)?;
        }
        let mut finished = Message::new("finished")
            .with("cache", root)
            .with("bytes", self.inventory.bytes());
        for (name, _, amount) in self.amounts() {
            let amount = serde_json::json!({ "count": amount.count, "bytes": amount.bytes });
            finished = finished.with(name, amount);
        }
        finished
            .with("damaged", self.damaged())
            .with("running", self.running())
            .print(terminal)
    }
}

impl Share {
    fn add(&mut self, entry: &Entry) {
        self.entries += 1;
        self.blobs
            .extend(entry.outputs.values().map(|output| output.digest));
    }
}
