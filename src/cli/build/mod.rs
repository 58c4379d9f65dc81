//! `gan-pipe build`: runs what a study is missing, says how it goes, and leaves the results folder up to date.
//!
//! * `command`: the arguments.
//! * `course`: the build from its first line to its end.
//! * `failures`: stages that failed, in words and as an exit code.
//! * `reporter`: whom events are told; `human` (lines and bars) and `json` are the two there are.
//! * `workload`: how many training steps are left, and how long they will take.
//! * `recorder`: what is noted while stages run: what is known of each, and memory.
//! * `live`: a thread that brings the tables up to date while the build runs.
//! * `results`: everything in the results folder; `current` tells whose it is and whether it is up to date already.
//! * `older`: removes what earlier builds wrote for runs that the study no longer has.
//! * `stage_rows`: the rows of `stages/`.
//! * `summary`: what is said at the end.

mod command;
mod course;
mod current;
pub(in crate::cli) mod failures;
mod human;
mod json;
mod live;
mod older;
mod recorder;
mod reporter;
mod results;
mod stage_rows;
mod summary;
mod workload;

pub(super) use command::{BuildArguments, run};
pub(super) use course::open_device;
