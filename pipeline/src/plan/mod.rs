//! What a build would do: for each stage whether it is a hit, will run, or cannot be known yet.
//!
//! Reads entries and the sizes of blobs, runs nothing and needs no data set. Linear in the number of stages.

mod error;
mod planner;
mod verdicts;

pub use error::PlanError;
pub(crate) use planner::required_outputs;
pub use planner::{plan, plan_requiring};
pub use verdicts::{Plan, PlanCounts, Reason, StagePlan};
