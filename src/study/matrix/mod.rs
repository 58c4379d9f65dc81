//! From one base and a matrix to many settings, each with a readable name.
//!
//! [`expand`] builds the combinations as documents, [`name`] says what tells them apart. Knows no file.

mod expand;
mod name;

pub(super) use expand::{Combination, Expansion, expand};
pub(super) use name::names;
