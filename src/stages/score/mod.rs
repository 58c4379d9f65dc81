//! Metrics of images of any origin, without a study: two sides, one extractor, one graph of stages.
//!
//! `input` finds out what a side is, `source` gives its images one after the other, `extract` and `read` make features of
//! them, `measure` takes metrics of two sets of features, `statistics` distances of means and covariances, `similarity` how
//! alike images are; a side can have several `parts`. `compile` joins these, and `outcome` collects what a build of the
//! graph found. Knows no study file and no command line.

mod compile;
mod error;
mod extract;
mod input;
mod measure;
mod outcome;
mod parts;
mod read;
mod similarity;
mod source;
mod statistics;

pub use compile::{CompiledScore, SCORE, ScoreRequest, compile_score};
pub use error::ScoreError;
pub use input::{ArraysAre, Content, Layout, ScoreInput};
pub use outcome::{ScoreOutcome, ScoredMetric, ScoredPart, ScoredSide, ScoredValue, outcome};

/// One of the two sets of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The images that others are compared with.
    Reference,
    /// The images that are measured.
    Generated,
}

impl Side {
    /// The name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Generated => "generated",
        }
    }
}
