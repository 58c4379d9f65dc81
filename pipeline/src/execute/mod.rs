//! Runs what a graph is missing.
//!
//! * [`driver`]: from a graph to a report.
//! * [`workers`]: the threads, and nothing else.
//! * [`build`]: what is known so far and what follows from it; shared by the workers under one lock.
//! * [`perform`]: one run of one stage, from its lock to its entry.
//! * [`acquire`]: waits for the lock of a key without becoming deaf to a request to stop.

mod acquire;
mod build;
mod driver;
mod options;
mod perform;
mod workers;

pub use driver::{execute, execute_planned};
pub use options::{ExecuteError, ExecuteOptions};
