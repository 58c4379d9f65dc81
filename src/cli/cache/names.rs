//! Which stage of which study an entry is, as far as histories tell. Knows no file.

use std::collections::HashMap;

use gan_cache::{Inventory, Key};

/// The stages that keys have had.
pub(super) struct Names<'i> {
    names: HashMap<Key, (&'i str, &'i str)>,
}

impl<'i> Names<'i> {
    /// Takes the newest name of each key; of several studies the last in the order of their names.
    pub(super) fn new(inventory: &'i Inventory) -> Names<'i> {
        let records = inventory.histories.iter().flat_map(|history| {
            let named = |record: &'i gan_cache::HistoryRecord| (&*history.study, &*record.name);
            history
                .records
                .iter()
                .map(move |record| (record.key, named(record)))
        });
        Names {
            names: records.collect(),
        }
    }

    /// A study that has had the key, and the name of its stage.
    pub(super) fn get(&self, key: &Key) -> Option<(&'i str, &'i str)> {
        self.names.get(key).copied()
    }

    /// `quickstart: spectral/seed-1/train 0-500`, or the key where no study has it.
    pub(super) fn title(&self, key: &Key) -> String {
        match self.get(key) {
            Some((study, stage)) => format!("{study}: {stage}"),
            None => key.short(),
        }
    }
}
