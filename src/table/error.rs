//! What can go wrong with a table on disk, said with the path, what was expected, and a hint.
//!
//! Causes from the operating system and the file format are the error's source, not part of its own sentence.

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

use super::cell::Kind;

/// A table that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The operating system refused to write.
    #[error("cannot write table \"{table}\" to {}", path.display())]
    Unwritable {
        /// Name of the table.
        table: &'static str,
        /// File or folder that was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system refused to read.
    #[error("cannot read table \"{table}\" from {}", path.display())]
    Unreadable {
        /// Name of the table.
        table: &'static str,
        /// File or folder that was to be read.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A column that must have a value got NaN, which no table holds.
    #[error("table \"{table}\": column \"{column}\" of row {row} is not a number")]
    NotANumber {
        /// Name of the table.
        table: &'static str,
        /// Name of the column.
        column: &'static str,
        /// Number of the row in the table's order, from 0.
        row: usize,
    },
    /// The name of a build cannot be part of a file name.
    #[error("the name of a build may hold only letters, digits, \"-\" and \"_\", not \"{attempt}\"")]
    AttemptName {
        /// The name.
        attempt: String,
    },
    /// The format refused the rows.
    #[error("cannot encode table \"{table}\" as Parquet")]
    Encoding {
        /// Name of the table.
        table: &'static str,
        /// What the Parquet writer said.
        source: ParquetError,
    },
    /// The file is not Parquet, or is damaged.
    #[error("{} is not a readable Parquet file; expected table \"{table}\"", path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// Name of the expected table.
        table: &'static str,
        /// What the Parquet reader said.
        source: ParquetError,
    },
    /// The file holds another table, or is not one of gan-pipe's.
    #[error("{} holds {found}; expected table \"{table}\"", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Name of the expected table.
        table: &'static str,
        /// What the file says it holds.
        found: String,
    },
    /// The file was written by a version with other columns.
    #[error("{} has table version {found}; expected {expected}", path.display())]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// Version that this program reads.
        expected: i64,
        /// Version in the file.
        found: String,
    },
    /// A column is absent or has another type.
    #[error("{}: column \"{column}\" is {found}; expected {expected}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: &'static str,
        /// What the column holds by definition.
        expected: Kind,
        /// What the file has.
        found: String,
    },
    /// A cell holds a value that its column cannot have.
    #[error("{}: column \"{column}\" of row {row} holds a value that it cannot have: {found}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: &'static str,
        /// Number of the row in the file, from 0.
        row: usize,
        /// The value.
        found: String,
    },
}

impl TableError {
    /// Returns what the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } => {
                "check that the results folder is a folder, that you may write to it and that the disk is not full; \
                 `--out` chooses another one"
            }
            Self::Unreadable { .. } => {
                "run `gan-pipe build` on the study first, or name another results folder"
            }
            Self::NotANumber { .. } => "this is a defect of gan-pipe; please report it with the study file",
            Self::AttemptName { .. } => "choose a name such as `2026-01-31-a`",
            Self::Encoding { .. } => "this is a defect of gan-pipe; please report it with the study file",
            Self::NotParquet { .. }
            | Self::SchemaVersion { .. }
            | Self::Column { .. }
            | Self::Value { .. } => {
                "delete the file and run `gan-pipe build` again: finished stages are hits and the table is rebuilt"
            }
            Self::Foreign { .. } => "name the folder that holds the study's results",
        }
    }
}
