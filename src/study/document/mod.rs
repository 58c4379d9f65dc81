//! A YAML document as nodes that remember where they were written; knows nothing of studies.
//!
//! [`position`] turns parser events into an index from path to line and column, [`source`] joins that index with
//! the values into [`node`]s, [`overrides`] puts what the command line sets into the document.

mod node;
mod overrides;
mod position;
mod source;

pub use overrides::Override;

pub(super) use node::{Content, Entry, Node, join};
pub(super) use source::Source;
