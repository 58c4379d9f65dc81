//! What a build would take, from what stages like its own took: time and room in the store.
//!
//! * [`workload`]: what makes two stages comparable, and how much work each is.
//! * [`measured`]: what entries tell, by what makes them comparable.
//! * [`estimator`]: from there to each stage of a plan.
//! * [`makespan`]: from the time of each stage to that of the build.
//!
//! Nothing is guessed: a stage like no measured one has no estimate, and is counted as such, unless it counts its own
//! operations and the caller knows how many the machine does in a second.

mod estimator;
mod makespan;
mod measured;
#[cfg(test)]
mod tests;
mod workload;

pub use estimator::{Basis, Estimate, StageEstimate, estimate};
pub use measured::Measured;
pub use workload::{InputBytes, Workload, WorkloadComparison, WorkloadOf};
