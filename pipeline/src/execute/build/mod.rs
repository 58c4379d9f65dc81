//! What is known so far in one build, and what follows from it.
//!
//! Connects the schedule (which stage next), the resolver (what a stage's entry is) and the retention (which
//! blobs may go). Starts no thread and runs no stage; whoever calls must do so one at a time.
//!
//! * [`state`]: looks stages up, hands out tasks, takes results.
//! * [`blobs`]: has blobs made again that are needed, and drops those that are not.
//! * [`announce`]: tells the observer.
//! * [`ending`]: the history and the report.

mod announce;
mod blobs;
mod ending;
mod state;

pub(super) use state::Build;
