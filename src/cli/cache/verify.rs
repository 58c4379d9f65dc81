//! `gan-pipe cache verify`: reads every file of the cache, and lists what is not what its name promises.

use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

use clap::Args;
use gan_cache::{
    BlobError, Collection, Fate, Garbage, Inventory, Key, LockHolder, Object, Policy, Reason, Store,
};

use super::names::Names;
use super::say_waiting;
use crate::cli::arguments::{MessageArguments, MessageFormat};
use crate::cli::error::CommandError;
use crate::cli::inputs::CacheArguments;
use crate::cli::messages::Message;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::cli::text;

const EXAMPLES: &str = "\
Examples:
  gan-pipe cache verify
  gan-pipe cache verify --repair           remove what is damaged; a build makes it again

A build notices damage by itself when it reads something, and makes it again.
";

/// Read the whole cache and list what is damaged; exit code 1 if something is and stays.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArguments {
    /// Remove what is damaged.
    #[arg(long)]
    repair: bool,

    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &VerifyArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let store = arguments.cache.open()?;
    let inventory = store.inventory()?;
    let mut check = Check {
        arguments,
        store: &store,
        inventory: &inventory,
        terminal,
        damaged: 0,
        removed: 0,
    };
    check.entries()?;
    check.blobs()?;
    check.finish()?;
    match check.damaged > check.removed {
        true => Ok(Status::Failed),
        false => Ok(Status::Success),
    }
}

struct Check<'a> {
    arguments: &'a VerifyArguments,
    store: &'a Store,
    inventory: &'a Inventory,
    terminal: Terminal,
    damaged: usize,
    removed: usize,
}

impl Check<'_> {
    /// Removes damaged entries if that is asked for, and lists them.
    fn entries(&mut self) -> Result<(), CommandError> {
        let names = Names::new(self.inventory);
        let fates = match self.arguments.repair {
            true => self.remove_entries()?,
            false => HashMap::new(),
        };
        for entry in &self.inventory.entries {
            if let Err(why) = &entry.content {
                let text = format!("{}: {why}", names.title(&entry.key));
                let fate = fates.get(&entry.key).copied();
                self.count("entry", &entry.file.path, &text, fate)?;
            }
        }
        Ok(())
    }

    /// What became of the damaged entries; those that are not named here stay for a running build.
    fn remove_entries(&self) -> Result<HashMap<Key, Fate>, CommandError> {
        let mut collection = Collection::choose(self.inventory, &Policy::default(), SystemTime::now());
        collection
            .garbage
            .retain(|garbage| matches!(garbage.reason, Reason::Damaged { .. }));
        let mut fates = HashMap::new();
        let mut observer = |garbage: &Garbage, fate| {
            if let Object::Entry { key, .. } = garbage.object {
                fates.insert(key, fate);
            }
        };
        let mut on_wait = |holder: &LockHolder| say_waiting(self.terminal, holder);
        self.store.remove(&collection, &mut on_wait, &mut observer)?;
        Ok(fates)
    }

    /// Reads every blob, removes damaged ones if that is asked for, and lists them.
    fn blobs(&mut self) -> Result<(), CommandError> {
        for blob in &self.inventory.blobs {
            let text = match self.store.blob(&blob.digest) {
                Err(BlobError::Damaged { found, .. }) => format!("its content has digest {}", found.short()),
                Err(BlobError::Io { source, .. }) => format!("it cannot be read: {source}"),
                // Gone meanwhile, as blobs go that are consumed.
                Err(BlobError::Missing { .. }) | Ok(_) => continue,
            };
            let fate = match self.arguments.repair {
                true => Some(self.store.remove_damaged_blob(&blob.digest)?),
                false => None,
            };
            self.count("blob", &blob.file.path, &text, fate)?;
        }
        Ok(())
    }

    /// Counts something damaged and tells of it, unless another process has removed or replaced it meanwhile.
    fn count(
        &mut self,
        object: &str,
        path: &Path,
        why: &str,
        fate: Option<Fate>,
    ) -> Result<(), CommandError> {
        if fate == Some(Fate::Gone) {
            return Ok(());
        }
        let is_removed = fate == Some(Fate::Removed);
        self.damaged += 1;
        self.removed += usize::from(is_removed);
        self.tell(object, path, why, is_removed)
    }

    fn tell(&self, object: &str, path: &Path, why: &str, is_removed: bool) -> Result<(), CommandError> {
        match self.arguments.messages.message_format {
            MessageFormat::Human => self
                .terminal
                .print(&format!("damaged {object}: {}: {why}\n", path.display())),
            MessageFormat::Json => Message::new("damaged")
                .with("object", object)
                .with("path", path.display().to_string())
                .with("text", why)
                .with("removed", is_removed)
                .print(self.terminal),
        }
    }

    fn finish(&self) -> Result<(), CommandError> {
        let (entries, blobs) = (self.inventory.entries.len(), self.inventory.blobs.len());
        if self.arguments.messages.message_format == MessageFormat::Json {
            return Message::new("finished")
                .with("entries", entries)
                .with("blobs", blobs)
                .with("damaged", self.damaged)
                .with("repaired", self.removed)
                .print(self.terminal);
        }
        let looked = format!(
            "{}, {}",
            text::count(entries, "entry"),
            text::count(blobs, "blob")
        );
        self.terminal.print(&format!("{looked}: {}\n", self.found()))
    }

    /// `2 damaged, 1 removed; ...`.
    fn found(&self) -> String {
        let Check { damaged, removed, .. } = *self;
        let pronoun = |number| if number == 1 { "it" } else { "them" };
        if damaged == 0 {
            return "all as they were written".to_owned();
        }
        if !self.arguments.repair {
            let pronoun = pronoun(damaged);
            return format!(
                "{damaged} damaged; --repair removes {pronoun}, and a build makes {pronoun} again"
            );
        }
        match damaged - removed {
            0 => format!(
                "{damaged} damaged, {removed} removed; a build makes {} again",
                pronoun(removed)
            ),
            1 => format!("{damaged} damaged, {removed} removed; 1 stays for a running build, or is no file"),
            stay => {
                format!(
                    "{damaged} damaged, {removed} removed; {stay} stay for a running build, or are no files"
                )
            }
        }
    }
}
