//! The command line: what `gan-pipe` is told, and what it says; the only part that prints, reads the environment or
//! ends the process.
//!
//! One file a command. The way through the rest: `arguments` (what is on the command line), `inputs` (from there to
//! a study, a store and a results folder), `error` and `status` (what went wrong, and the exit code), `terminal`
//! (where words go). Computes nothing: commands call the study, the stages, the pipeline and the tables.

mod arguments;
mod build;
mod cache;
mod completions;
mod data;
mod describe;
mod diagnostics;
mod doctor;
mod error;
mod estimate;
mod explain;
mod init;
mod inputs;
mod interrupt;
mod manual;
mod messages;
mod parallel;
mod plan;
mod program;
mod schema;
mod score;
mod status;
mod table;
mod terminal;
mod text;
mod weights;

pub use program::main;
