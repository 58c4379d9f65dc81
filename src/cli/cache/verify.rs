//! `gan-pipe cache verify`: reads every file of the cache, and lists what is not what its name promises.

use clap::Args;
use gan_cache::{BlobError, Collection, Inventory, Policy, Reason, Store};

use super::names::Names;
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

/// Read the whole cache and list what is damaged; exit code 1 if something is.
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
    let check = Check {
        arguments,
        store: &store,
        inventory: &inventory,
        terminal,
    };
    let damaged = check.entries()? + check.blobs()?;
    check.finish(damaged)?;
    match damaged > 0 && !arguments.repair {
        true => Ok(Status::Failed),
        false => Ok(Status::Success),
    }
}

struct Check<'a> {
    arguments: &'a VerifyArguments,
    store: &'a Store,
    inventory: &'a Inventory,
    terminal: Terminal,
}

impl Check<'_> {
    /// Lists damaged entries, and removes them if that is asked for.
    fn entries(&self) -> Result<usize, CommandError> {
        let names = Names::new(self.inventory);
        let mut damaged = 0;
        for entry in &self.inventory.entries {
            if let Err(why) = &entry.content {
                damaged += 1;
                self.tell(
                    "entry",
                    &entry.file.path,
                    &format!("{}: {why}", names.title(&entry.key)),
                )?;
            }
        }
        if self.arguments.repair {
            let now = std::time::SystemTime::now();
            let mut collection = Collection::choose(self.inventory, &Policy::default(), now);
            collection
                .garbage
                .retain(|garbage| matches!(garbage.reason, Reason::Damaged { .. }));
            self.store.remove(&collection, &mut |_| {}, &mut |_, _| {})?;
        }
        Ok(damaged)
    }

    /// Lists damaged blobs, and removes them if that is asked for.
    fn blobs(&self) -> Result<usize, CommandError> {
        let mut damaged = 0;
        for blob in &self.inventory.blobs {
            match self.store.blob(&blob.digest) {
                Err(BlobError::Damaged { found, path, .. }) => {
                    damaged += 1;
                    self.tell(
                        "blob",
                        &path,
                        &format!("its content has digest {}", found.short()),
                    )?;
                    if self.arguments.repair {
                        self.store.remove_blob(&blob.digest)?;
                    }
                }
                // Gone meanwhile, as blobs go that are consumed.
                Err(BlobError::Missing { .. }) | Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(damaged)
    }

    fn tell(&self, object: &str, path: &std::path::Path, why: &str) -> Result<(), CommandError> {
        match self.arguments.messages.message_format {
            MessageFormat::Human => self
                .terminal
                .print(&format!("damaged {object}: {}: {why}\n", path.display())),
            MessageFormat::Json => Message::new("damaged")
                .with("object", object)
                .with("path", path.display().to_string())
                .with("text", why)
                .with("removed", self.arguments.repair)
                .print(self.terminal),
        }
    }

    fn finish(&self, damaged: usize) -> Result<(), CommandError> {
        let (entries, blobs) = (self.inventory.entries.len(), self.inventory.blobs.len());
        if self.arguments.messages.message_format == MessageFormat::Json {
            return Message::new("finished")
                .with("entries", entries)
                .with("blobs", blobs)
                .with("damaged", damaged)
                .with("repaired", if self.arguments.repair { damaged } else { 0 })
                .print(self.terminal);
        }
        let looked = format!(
            "{}, {}",
            text::count(entries, "entry"),
            text::count(blobs, "blob")
        );
        let found = match (damaged, self.arguments.repair) {
            (0, _) => "all as they were written".to_owned(),
            (_, true) => format!("{damaged} damaged and removed; a build makes them again"),
            (_, false) => format!("{damaged} damaged; --repair removes them, and a build makes them again"),
        };
        self.terminal.print(&format!("{looked}: {found}\n"))
    }
}
