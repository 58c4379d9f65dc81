//! Optimizers: how gradients change weights. Knows no network and no loss.

mod adam;

pub use adam::{Adam, AdamSettings};
