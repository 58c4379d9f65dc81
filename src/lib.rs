//! gan-pipe compares GANs: one YAML study in, cached training runs and Parquet tables out.

pub mod arrays;
pub mod autograd;
pub mod cli;
pub mod data;
pub mod extractor;
pub mod fetch;
pub mod gan;
pub mod metrics;
pub mod nn;
pub mod optim;
mod pickle;
pub mod random;
pub mod stages;
pub mod study;
pub mod table;
pub mod weights;
mod zip;
