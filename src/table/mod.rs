//! Result tables: plain rows in, Parquet files out, and back.
//!
//! The only place that names arrow and parquet. Knows no stage, no cache and no study file: callers hand in rows and a
//! results folder. [`schema`] defines every table and column once; equal rows give equal bytes; a reader never sees half
//! a file; values that were measured differently are never put together.

mod cell;
mod columns;
mod document;
mod encode;
mod error;
mod read;
mod render;
pub mod schema;
mod summary;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub use cell::{Cell, Kind, Timestamp, Value};
pub use columns::{Cells, Column, Columns, FileRow, Layout, Row, Table};
pub use document::tables_page;
pub use error::TableError;
pub use read::{read_file, read_stages, read_table};
pub use render::{Grid, UnknownColumn};
pub use schema::{
    ConventionSwitches, GeneratorLearning, Learning, LossRow, MetricRow, Protocol, RunRow, StageRow,
};
pub use summary::{Measured, Summary, SummaryError, check_comparable, summarize};
pub use words::{Player, RunStatus, StageStatus};
pub use write::{Written, append_stages, stages_folder, table_file, write_table};
