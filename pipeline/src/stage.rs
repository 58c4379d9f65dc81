//! What a stage is: a named, versioned pure function from parameters, inputs and outside files to blobs.
//!
//! Knows no key, no store and no thread; those belong to whoever runs the stage.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gan_cache::Value;
use serde::Serialize;

use crate::context::StageContext;
use crate::failure::StageFailure;

/// One step of a study, cached by what it is made from.
///
/// Everything that can change the bytes of an output must be in [`kind`](Stage::kind),
/// [`version`](Stage::version), [`parameters`](Stage::parameters), the connected inputs or
/// [`sources`](Stage::sources); nothing else may be.
pub trait Stage: Send + Sync {
    /// The kind of work, such as `train` or `metric`; part of the key.
    fn kind(&self) -> &'static str;

    /// The version of the algorithm, raised whenever the same parameters give other bytes; part of the key.
    fn version(&self) -> u32;

    /// A readable name, unique in its graph, such as `spectral+gradient/seed-1/train 0500-1000`; not part of
    /// the key.
    fn name(&self) -> String;

    /// The settings that decide the result, in canonical form; part of the key.
    ///
    /// Never paths, clock, host or thread count. A feature that is off is left out, so that a new feature
    /// leaves old keys as they are.
    fn parameters(&self) -> BTreeMap<String, Value>;

    /// The outside files and folders the stage reads; their content digests enter the key as inputs `source.<name>`.
    fn sources(&self) -> Vec<Source> {
        Vec::new()
    }

    /// Whether the work needs the one device beside the processor, such as a GPU, that the stages of a graph share: of
    /// such stages one runs at a time, and others may run beside it. Not part of the key.
    fn needs_device(&self) -> bool {
        false
    }

    /// Floating-point operations of the work, as counted from its settings: what estimates its time where nothing like it was
    /// measured. None where nobody counted them. Not part of the key.
    fn operations(&self) -> Option<f64> {
        None
    }

    /// Whether the stage's result takes the place of this input, so that a blob which is kept until it is consumed may go. A
    /// stage that only looks at what others go on from says false: the blob waits for it, and does not go because of it. Not
    /// part of the key.
    fn consumes(&self, input: &str) -> bool {
        let _ = input;
        true
    }

    /// The blobs a completed run leaves; each of them must be written by [`run`](Stage::run).
    fn outputs(&self) -> Vec<OutputSpecification>;

    /// Does the work.
    ///
    /// Long work asks [`StageContext::cancelled`] now and then. What is written through the context becomes
    /// visible only if this returns an [`Outcome`].
    ///
    /// # Errors
    /// Whatever kept the stage from an outcome. Such a run leaves no entry, so the next build tries again.
    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure>;
}

/// A file, or a folder with all its files, outside the store that a stage reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name in the key document, without the `source.` in front.
    pub name: String,
    /// Where it lies on this machine; not part of the key.
    pub path: PathBuf,
}

/// One blob that a stage promises to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputSpecification {
    /// The name by which consumers are connected to it.
    pub name: &'static str,
    /// How long the blob stays in the store.
    pub keep: Keep,
}

/// How long a blob stays in the store; its entry stays in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Until the store is cleaned.
    Always,
    /// Until every stage of the graph that reads it has an entry; without one that [consumes](Stage::consumes) it, it stays.
    UntilConsumed,
}

/// How a run that tells something about its key ended; both are stored as entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All outputs were written.
    Completed,
    /// Training left the finite numbers. The facts say at which step; outputs are optional, and everything
    /// below is skipped.
    Diverged,
}
