//! Which blobs nobody needs any more.
//!
//! Blobs are content-addressed, so two outputs may share one: it can go only when every output that holds it
//! can. Decides from entries and declarations alone; the executor removes.

use std::collections::{BTreeSet, HashMap};

use gan_cache::{BlobReference, Digest, Entry};

use crate::graph::{Graph, StageId};
use crate::stage::Keep;

/// Which outputs of a graph hold which blob.
pub(crate) struct Retention<'a> {
    graph: &'a Graph,
    /// The outputs that must stay, by stage and position.
    required: &'a [BTreeSet<usize>],
    holders: HashMap<Digest, BTreeSet<(StageId, usize)>>,
}

impl<'a> Retention<'a> {
    pub(crate) fn new(graph: &'a Graph, required: &'a [BTreeSet<usize>]) -> Retention<'a> {
        Retention {
            graph,
            required,
            holders: HashMap::new(),
        }
    }

    /// A stage has this entry now, and had `before` until now.
    pub(crate) fn note(&mut self, id: StageId, entry: &Entry, before: Option<&Entry>) {
        for (position, declared) in self.graph.outputs(id).iter().enumerate() {
            if let Some(blob) = before.and_then(|entry| entry.outputs.get(declared.name))
                && let Some(holders) = self.holders.get_mut(&blob.digest)
            {
                holders.remove(&(id, position));
            }
            if let Some(blob) = entry.outputs.get(declared.name) {
                self.holders
                    .entry(blob.digest)
                    .or_default()
                    .insert((id, position));
            }
        }
    }

    /// Whether every output that holds a blob is transient, consumed, and no longer needed.
    pub(crate) fn is_consumed(&self, blob: &BlobReference, has_entry: &dyn Fn(StageId) -> bool) -> bool {
        let mut holders = self.holders.get(&blob.digest).into_iter().flatten().peekable();
        holders.peek().is_some() && holders.all(|(id, position)| self.is_done(*id, *position, has_entry))
    }

    fn is_done(&self, id: StageId, position: usize, has_entry: &dyn Fn(StageId) -> bool) -> bool {
        let is_transient = self.graph.outputs(id)[position].keep == Keep::UntilConsumed;
        is_transient
            && !self.required[id.index()].contains(&position)
            && self.graph.is_consumed_at_last(id, position)
            && self.graph.consumers_of(id, position).all(has_entry)
    }
}
