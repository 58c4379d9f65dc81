//! The file `.current` of a results folder: which state of the study it shows, and which files belong to it.
//!
//! A build that finds the same state and all files writes nothing. Losing the file costs a rewrite, no result.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gan_cache::Digest;
use gan_pipeline::{FinalState, Report, StageReport};
use serde::{Deserialize, Serialize};

use super::results::replace;
use crate::study::Study;
use crate::table::schema::SCHEMA_VERSION;

const NAME: &str = ".current";

/// What the results folder shows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Current {
    state: Digest,
    files: Vec<File>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    /// Relative to the results folder.
    path: PathBuf,
    bytes: u64,
}

impl Current {
    /// Reads the file, if the folder shows this state and every file is there with its length.
    pub(super) fn read(folder: &Path, state: &Digest) -> Option<Current> {
        let current: Current = serde_json::from_slice(&fs::read(folder.join(NAME)).ok()?).ok()?;
        let is_there = |file: &File| {
            let metadata = fs::metadata(folder.join(&file.path));
            metadata.is_ok_and(|metadata| metadata.len() == file.bytes)
        };
        (current.state == *state && current.files.iter().all(is_there)).then_some(current)
    }

    /// Notes that the folder shows a state, with these files.
    pub(super) fn write(folder: &Path, state: &Digest, paths: &[PathBuf]) -> io::Result<()> {
        let file = |path: &PathBuf| {
            let bytes = fs::metadata(folder.join(path))?.len();
            Ok(File {
                path: path.clone(),
                bytes,
            })
        };
        let current = Current {
            state: *state,
            files: paths.iter().map(file).collect::<io::Result<_>>()?,
        };
        replace(&folder.join(NAME), &serde_json::to_vec(&current)?)
    }

    pub(super) fn files(self) -> Vec<PathBuf> {
        self.files.into_iter().map(|file| file.path).collect()
    }
}

/// The digest of everything that tables and copies are made from: the study, and of each stage its name, its key, how
/// it ended and what it left; also the version of the program and of the tables.
pub(super) fn state_of(study: &Study, report: &Report) -> Digest {
    let stages: Vec<_> = report.stages().iter().map(stage).collect();
    let state = serde_json::json!({
        "program": env!("CARGO_PKG_VERSION"),
        "tables": SCHEMA_VERSION,
        "study": study,
        "stages": stages,
    });
    Digest::of(state.to_string().as_bytes())
}

fn stage(stage: &StageReport) -> serde_json::Value {
    let state = match &stage.state {
        FinalState::Hit | FinalState::Ran => "has an entry",
        FinalState::Failed(_) => "failed",
        FinalState::Skipped { .. } => "skipped",
        FinalState::Unfinished(_) => "unfinished",
    };
    let entry = stage.entry.as_ref();
    serde_json::json!({
        "name": *stage.name,
        "state": state,
        "key": entry.map(|entry| entry.key),
        "status": entry.map(|entry| entry.status),
        "outputs": entry.map(|entry| &entry.outputs),
        "facts": entry.map(|entry| &entry.facts),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn folder_with(name: &str, content: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        folder
    }

    #[test]
    fn a_folder_is_current_for_the_state_that_was_written_and_no_other() {
        let folder = folder_with("runs.parquet", "rows");
        let (state, other) = (Digest::of(b"state"), Digest::of(b"other"));
        Current::write(folder.path(), &state, &["runs.parquet".into()]).unwrap();
        assert!(Current::read(folder.path(), &state).is_some());
        assert!(Current::read(folder.path(), &other).is_none());
    }

    #[test]
    fn a_file_that_is_gone_or_has_another_length_makes_the_folder_old() {
        let folder = folder_with("runs.parquet", "rows");
        let state = Digest::of(b"state");
        Current::write(folder.path(), &state, &["runs.parquet".into()]).unwrap();
        fs::write(folder.path().join("runs.parquet"), "more rows").unwrap();
        assert!(Current::read(folder.path(), &state).is_none());
        fs::remove_file(folder.path().join("runs.parquet")).unwrap();
        assert!(Current::read(folder.path(), &state).is_none());
    }

    #[test]
    fn a_damaged_file_makes_the_folder_old() {
        let folder = folder_with(NAME, "{");
        assert!(Current::read(folder.path(), &Digest::of(b"state")).is_none());
    }
}
