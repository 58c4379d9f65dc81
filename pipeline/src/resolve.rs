//! From a stage to its entry: builds the key document, hashes it, looks it up, and tells which input blobs
//! are gone.
//!
//! The one engine of `plan`, `explain` and `execute`, so that the three cannot disagree. Decides nothing
//! about order and reads no blob.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gan_cache::{Digest, Entry, Key, KeyDocument, Status, Store};

use crate::context::InputBlob;
use crate::graph::{Graph, StageId};
use crate::plan::PlanError;
use crate::stage::{Outcome, OutputSpecification, Source};

/// What is known about the stages above: one place for each stage of the graph.
pub(crate) type Entries = Vec<Option<Arc<Entry>>>;

/// The content digests of outside files; none for those that are not on this machine.
pub(crate) type Fingerprints = HashMap<PathBuf, Option<Digest>>;

/// Builds and looks up key documents, and remembers the digests of outside files on the way.
pub(crate) struct Resolver<'a> {
    graph: &'a Graph,
    store: &'a Store,
    fingerprints: Fingerprints,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(graph: &'a Graph, store: &'a Store) -> Resolver<'a> {
        Resolver::knowing(graph, store, Fingerprints::new())
    }

    /// A resolver that takes the digests of outside files as another one found them.
    pub(crate) fn knowing(graph: &'a Graph, store: &'a Store, fingerprints: Fingerprints) -> Resolver<'a> {
        Resolver {
            graph,
            store,
            fingerprints,
        }
    }

    pub(crate) fn into_fingerprints(self) -> Fingerprints {
        self.fingerprints
    }

    /// The first outside file of the stage that is not what its document says.
    pub(crate) fn changed_source(
        &mut self,
        id: StageId,
        document: &KeyDocument,
    ) -> Result<Option<Source>, PlanError> {
        for source in self.graph.stage(id).sources() {
            let before = document.inputs.get(&input_name(&source)).copied();
            if self.fingerprint(id, &source)? != before {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    /// The first outside file of the stage that is not on this machine.
    pub(crate) fn missing_source(&mut self, id: StageId) -> Result<Option<Source>, PlanError> {
        for source in self.graph.stage(id).sources() {
            if self.fingerprint(id, &source)?.is_none() {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    /// The key document of a stage whose sources are here and whose producers all have entries.
    pub(crate) fn document(&mut self, id: StageId, entries: &Entries) -> Result<KeyDocument, PlanError> {
        let stage = self.graph.stage(id);
        let mut inputs: BTreeMap<String, Digest> = BTreeMap::new();
        for source in stage.sources() {
            if let Some(digest) = self.fingerprint(id, &source)? {
                inputs.insert(input_name(&source), digest);
            }
        }
        for (name, input) in inputs_of(self.graph, id, entries) {
            inputs.insert(name.to_owned(), input.blob.digest);
        }
        let kind = stage.kind().to_owned();
        Ok(KeyDocument {
            kind,
            version: stage.version(),
            parameters: stage.parameters(),
            inputs,
        })
    }

    /// The entry under a key; one that lacks an output the stage declares counts as absent.
    pub(crate) fn entry(&self, id: StageId, key: &Key) -> Result<Option<Arc<Entry>>, PlanError> {
        let entry = self.store.entry(key).map_err(|error| PlanError::Store {
            stage: self.graph.name(id).to_owned(),
            error: Box::new(error),
        })?;
        Ok(entry.filter(|entry| self.is_complete(id, entry)).map(Arc::new))
    }

    /// The inputs whose blobs are not in the store.
    pub(crate) fn absent_inputs(&self, id: StageId, entries: &Entries) -> Vec<InputBlob> {
        inputs_of(self.graph, id, entries)
            .filter(|(_, input)| !self.store.has_blob(&input.blob))
            .map(|(_, input)| input)
            .collect()
    }

    /// Whether the blob of one output of an entry is in the store, or was never written because the run
    /// diverged.
    pub(crate) fn has_output(&self, entry: &Entry, output: &str) -> bool {
        entry
            .outputs
            .get(output)
            .is_none_or(|blob| self.store.has_blob(blob))
    }

    fn is_complete(&self, id: StageId, entry: &Entry) -> bool {
        let Some(output) = missing_output(self.graph.outputs(id), entry) else {
            return true;
        };
        let stage = self.graph.name(id);
        tracing::warn!(
            stage,
            output,
            "the entry lacks an output that the stage declares; ignored"
        );
        false
    }

    fn fingerprint(&mut self, id: StageId, source: &Source) -> Result<Option<Digest>, PlanError> {
        if let Some(known) = self.fingerprints.get(&source.path) {
            return Ok(*known);
        }
        let digest = self
            .read_fingerprint(&source.path)
            .map_err(|error| PlanError::Source {
                stage: self.graph.name(id).to_owned(),
                data: source.name.clone(),
                path: source.path.clone(),
                error,
            })?;
        self.fingerprints.insert(source.path.clone(), digest);
        Ok(digest)
    }

    fn read_fingerprint(
        &self,
        path: &Path,
    ) -> Result<Option<Digest>, Box<dyn std::error::Error + Send + Sync>> {
        if !path.try_exists()? {
            return Ok(None);
        }
        Ok(Some(self.store.fingerprint(path)?))
    }
}

/// The name under which an outside file stands in a key document.
fn input_name(source: &Source) -> String {
    format!("source.{}", source.name)
}

/// The connected inputs of a stage with the blobs that its producers' entries name.
pub(crate) fn inputs_of<'a>(
    graph: &'a Graph,
    id: StageId,
    entries: &Entries,
) -> impl Iterator<Item = (&'a str, InputBlob)> {
    graph.inputs(id).filter_map(|input| {
        let entry = entries[input.producer.index()].as_ref()?;
        let blob = entry.outputs.get(input.output.name)?;
        let (producer, position) = (input.producer, input.position);
        Some((
            input.name,
            InputBlob {
                producer,
                position,
                blob: *blob,
            },
        ))
    })
}

/// A declared output that the entry of a completed run lacks, because the stage declared less when it ran.
pub(crate) fn missing_output(declared: &[OutputSpecification], entry: &Entry) -> Option<&'static str> {
    let is_completed = outcome(entry) == Outcome::Completed;
    let mut names = declared.iter().map(|output| output.name);
    names.find(|name| is_completed && !entry.outputs.contains_key(*name))
}

/// How the run that made an entry ended.
pub(crate) fn outcome(entry: &Entry) -> Outcome {
    match entry.status {
        Status::Completed => Outcome::Completed,
        Status::Diverged => Outcome::Diverged,
    }
}

/// Whether two entries of one stage hold the same content, so that keys below stay as they are.
pub(crate) fn is_interchangeable(before: &Entry, after: &Entry) -> bool {
    before.outputs == after.outputs && outcome(before) == outcome(after)
}
