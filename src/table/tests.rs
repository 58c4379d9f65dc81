//! Laws of the tables as files: round trips, equal bytes, refusals, and the page that documents them.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod documentation;
mod files;
mod rows;
mod summaries;
