//! From one base and a matrix to many settings, each with a readable name.
//!
//! [`axis`] reads the matrix, [`mod@expand`] builds the combinations as documents, [`name`] says what tells them apart. Knows no file.

mod axis;
mod expand;
mod name;

pub(super) use expand::{Combination, Expansion, VariedPath, expand};
pub(super) use name::names;
