//! Key documents: what a stage's result is a function of, as data.
//!
//! The document is turned into one [`Value`] exactly once (`KeyDocument::to_value`). That value is what is
//! encoded and hashed and what is compared, so what moves a key and what an explanation shows cannot drift
//! apart. Knows no stage, no file and no clock.

mod difference;
mod encoding;
mod json;
mod key_document;
mod value;

#[cfg(test)]
mod tests;

pub use difference::Difference;
pub use key_document::KeyDocument;
pub use value::{DocumentError, Finite, Value};
