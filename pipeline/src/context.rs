//! What a running stage may touch: its inputs, its outputs, its facts, its unfinished work, and its audience.
//!
//! Knows the store only through one stage's key. Remembers inputs that could not be read, so that the
//! executor can have them made again whatever the stage makes of the error.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gan_cache::{Blob, BlobDraft, BlobError, BlobReference, Folder, Publication, Store, StoreError};

use crate::event::{Event, StageReference};
use crate::failure::StageFailure;
use crate::graph::StageId;
use crate::report::Measurements;
use crate::stage::OutputSpecification;

/// The world as one running stage sees it.
pub struct StageContext<'a> {
    pub(crate) stage: StageReference,
    pub(crate) store: &'a Store,
    pub(crate) inputs: &'a BTreeMap<String, InputBlob>,
    pub(crate) sources: BTreeMap<String, PathBuf>,
    pub(crate) outputs: &'a [OutputSpecification],
    pub(crate) publication: Publication,
    pub(crate) written: BTreeSet<String>,
    pub(crate) facts: BTreeMap<String, serde_json::Value>,
    pub(crate) measurements: Mutex<Measurements>,
    pub(crate) broken: Vec<BrokenInput>,
    pub(crate) partial: PathBuf,
    pub(crate) threads: usize,
    pub(crate) cancel: &'a AtomicBool,
    pub(crate) observer: &'a (dyn Fn(&Event) + Sync),
}

/// One input of a stage that is about to run: the blob, and which output of which stage it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputBlob {
    pub(crate) producer: StageId,
    pub(crate) position: usize,
    pub(crate) blob: BlobReference,
}

/// An input whose blob is not in the store, or not intact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BrokenInput {
    pub(crate) input: InputBlob,
    pub(crate) damaged: bool,
}

/// A request that a stage's context cannot fulfil.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// No input of this name is connected.
    #[error("no input {name:?} is connected; there are: {known}")]
    UnknownInput {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The stage declares no source of this name.
    #[error("the stage declares no source {name:?}; it has: {known}")]
    UnknownSource {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The stage declares no output of this name.
    #[error("the stage declares no output {name:?}; it has: {known}")]
    UnknownOutput {
        /// What was to be written.
        name: String,
        /// What there is.
        known: String,
    },
    /// The folder of a source cannot be read.
    #[error("cannot read the folder of source {name:?}")]
    Folder {
        /// The source.
        name: String,
        /// Why.
        #[source]
        error: StoreError,
    },
    /// The blob of an input cannot be read.
    #[error("cannot read input {name:?}")]
    Input {
        /// The input.
        name: String,
        /// Why.
        #[source]
        error: BlobError,
    },
    /// An output cannot be written.
    #[error("cannot write output {name:?}")]
    Output {
        /// The output.
        name: String,
        /// Why.
        #[source]
        error: StoreError,
    },
    /// The folder for unfinished work cannot be made.
    #[error("cannot make the folder {} for unfinished work", path.display())]
    Partial {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl StageContext<'_> {
    /// The bytes of a connected input, verified.
    ///
    /// If the blob is gone or damaged, the executor has it made again and then runs this stage anew, whatever
    /// the stage returns.
    ///
    /// # Errors
    /// [`ContextError::UnknownInput`] and [`ContextError::Input`].
    pub fn input(&mut self, name: &str) -> Result<Blob, ContextError> {
        let Some(input) = self.inputs.get(name) else {
            let known = list(self.inputs.keys().map(String::as_str));
            return Err(ContextError::UnknownInput {
                name: name.to_owned(),
                known,
            });
        };
        self.store.blob(&input.blob.digest).map_err(|error| {
            let damaged = matches!(error, BlobError::Damaged { .. });
            if damaged || matches!(error, BlobError::Missing { .. }) {
                self.broken.push(BrokenInput {
                    input: *input,
                    damaged,
                });
            }
            ContextError::Input {
                name: name.to_owned(),
                error,
            }
        })
    }

    /// The names of the connected inputs, in order.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.inputs.keys().map(String::as_str)
    }

    /// Where an outside file lies.
    ///
    /// # Errors
    /// [`ContextError::UnknownSource`].
    pub fn source(&self, name: &str) -> Result<&Path, ContextError> {
        self.sources
            .get(name)
            .map(PathBuf::as_path)
            .ok_or_else(|| ContextError::UnknownSource {
                name: name.to_owned(),
                known: list(self.sources.keys().map(String::as_str)),
            })
    }

    /// The files of an outside folder, as they are now.
    ///
    /// Should they be others than those of the key, the stage fails after it has run.
    ///
    /// # Errors
    /// [`ContextError::UnknownSource`]; [`ContextError::Folder`] when it cannot be read or is no folder.
    pub fn source_folder(&self, name: &str) -> Result<Folder, ContextError> {
        let folder = self.store.folder(self.source(name)?);
        folder.map_err(|error| ContextError::Folder {
            name: name.to_owned(),
            error,
        })
    }

    /// Writes one output; it becomes visible with the stage's entry.
    ///
    /// # Errors
    /// [`ContextError::UnknownOutput`]; [`ContextError::Output`] when the store cannot take it, also when it
    /// was written before.
    pub fn output(&mut self, name: &str, bytes: &[u8]) -> Result<BlobReference, ContextError> {
        self.put(name, |publication| publication.blob(name, bytes))
    }

    /// Begins an output that is too large to be in memory at once.
    ///
    /// # Errors
    /// Those of [`Store::draft`].
    pub fn draft(&self) -> Result<BlobDraft, StoreError> {
        self.store.draft()
    }

    /// Takes a finished draft for one output.
    ///
    /// # Errors
    /// As [`output`](StageContext::output).
    pub fn output_draft(&mut self, name: &str, draft: BlobDraft) -> Result<BlobReference, ContextError> {
        self.put(name, |publication| publication.draft(name, draft))
    }

    fn put(
        &mut self,
        name: &str,
        publish: impl FnOnce(&mut Publication) -> Result<BlobReference, StoreError>,
    ) -> Result<BlobReference, ContextError> {
        if !self.outputs.iter().any(|declared| declared.name == name) {
            let known = list(self.outputs.iter().map(|declared| declared.name));
            return Err(ContextError::UnknownOutput {
                name: name.to_owned(),
                known,
            });
        }
        let blob = publish(&mut self.publication).map_err(|error| ContextError::Output {
            name: name.to_owned(),
            error,
        })?;
        self.written.insert(name.to_owned());
        Ok(blob)
    }

    /// Records a small result in the entry itself; a second one of the same name replaces the first.
    pub fn fact(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }

    /// Notes what the work did or took, for reports alone: it is no part of the result. Values of one name add up.
    pub fn measure(&self, name: &'static str, value: u64) {
        let mut all = self.measurements.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(name).or_default() += value;
    }

    /// Tells how far the work is.
    pub fn progress(&self, done: u64, total: u64, unit: &'static str) {
        (self.observer)(&Event::StageProgress {
            stage: self.stage.clone(),
            done,
            total,
            unit,
        });
    }

    /// Says something to whoever watches the build.
    pub fn log(&self, text: impl Into<String>) {
        (self.observer)(&Event::StageLog {
            stage: self.stage.clone(),
            text: text.into(),
        });
    }

    /// Whether the build was asked to stop.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// [`StageFailure::Cancelled`] if the build was asked to stop, for use with `?`.
    ///
    /// # Errors
    /// [`StageFailure::Cancelled`].
    pub fn check_cancelled(&self) -> Result<(), StageFailure> {
        if self.cancelled() {
            Err(StageFailure::Cancelled)
        } else {
            Ok(())
        }
    }

    /// How many threads the stage may use; at least 1. Results must not depend on it.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// A folder for unfinished work that survives a crash and goes once the stage has an entry.
    ///
    /// # Errors
    /// [`ContextError::Partial`] when the folder cannot be made.
    pub fn partial(&self) -> Result<&Path, ContextError> {
        std::fs::create_dir_all(&self.partial).map_err(|error| ContextError::Partial {
            path: self.partial.clone(),
            error,
        })?;
        Ok(&self.partial)
    }

    /// The outputs that were declared and not written.
    pub(crate) fn unwritten(&self) -> Vec<&'static str> {
        let names = self.outputs.iter().map(|declared| declared.name);
        names.filter(|name| !self.written.contains(*name)).collect()
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
