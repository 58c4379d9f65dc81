//! Why a graph cannot be planned.

use std::error::Error;
use std::path::PathBuf;

use crate::graph::GraphError;

/// A graph that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Two stages have one name.
    #[error("two stages are named {name:?}")]
    RepeatedName {
        /// The name.
        name: String,
    },
    /// The caller requires an output that does not exist.
    #[error("cannot require an output")]
    Requirement(#[source] GraphError),
    /// The store cannot be read.
    #[error("cannot look up stage {stage:?}")]
    Store {
        /// The stage that was looked up.
        stage: String,
        /// What the store says.
        #[source]
        error: Box<dyn Error + Send + Sync>,
    },
    /// A file is there but cannot be read.
    #[error("cannot read {} ({data} of stage {stage:?})", path.display())]
    Source {
        /// The stage that reads the file.
        stage: String,
        /// The name of the stage's source.
        data: String,
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        error: Box<dyn Error + Send + Sync>,
    },
}
