//! gan-pipe compares GANs: one YAML study in, cached training runs and Parquet tables out.

pub mod autograd;
