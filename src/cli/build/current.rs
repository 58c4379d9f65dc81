//! The file `.current` of a results folder: whose it is, which state of the study it shows, and which files belong to
//! it.
//!
//! A build that finds the same state and all files writes nothing. Losing the file costs a rewrite, no result.

use std::collections::HashSet;
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
    /// The study whose results these are; the first version did not note it.
    #[serde(default)]
    study: Option<String>,
    state: Digest,
    files: Vec<File>,
    /// Files of earlier states, which the next complete build removes.
    #[serde(default)]
    older: Vec<File>,
}

/// A file that a build wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct File {
    /// Relative to the results folder.
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

impl Current {
    /// A state of a study's folder whose files are not listed yet.
    pub(super) fn new(study: &str, state: Digest, older: Vec<File>) -> Current {
        Current {
            study: Some(study.to_owned()),
            state,
            files: Vec::new(),
            older,
        }
    }

    /// Reads what a folder shows; none where it has no such file, or a damaged one.
    pub(super) fn load(folder: &Path) -> Option<Current> {
        serde_json::from_slice(&fs::read(folder.join(NAME)).ok()?).ok()
    }

    /// Whether the folder shows this state and every file is there with its length.
    pub(super) fn shows(&self, folder: &Path, state: &Digest) -> bool {
        self.state == *state && self.files.iter().all(|file| file.is_in(folder))
    }

    /// The name of the study whose results these are.
    pub(super) fn owner(self) -> Option<String> {
        self.study
    }

    /// Lists the files and notes that the folder shows this state.
    pub(super) fn write(mut self, folder: &Path, paths: &[PathBuf]) -> io::Result<()> {
        let file = |path: &PathBuf| {
            let bytes = fs::metadata(folder.join(path))?.len();
            Ok(File {
                path: path.clone(),
                bytes,
            })
        };
        self.files = paths.iter().map(file).collect::<io::Result<_>>()?;
        replace(&folder.join(NAME), &serde_json::to_vec(&self)?)
    }

    pub(super) fn files(self) -> Vec<PathBuf> {
        self.files.into_iter().map(|file| file.path).collect()
    }

    /// The files of this and earlier states that are not among these paths.
    pub(super) fn without(self, paths: &[PathBuf]) -> Vec<File> {
        let paths: HashSet<&PathBuf> = paths.iter().collect();
        let all = self.files.into_iter().chain(self.older);
        all.filter(|file| !paths.contains(&file.path)).collect()
    }
}

impl File {
    /// Whether the file is there with its length.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        let metadata = fs::symlink_metadata(folder.join(&self.path));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() == self.bytes)
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

    fn current(folder: &Path, state: &Digest) -> bool {
        Current::load(folder).is_some_and(|current| current.shows(folder, state))
    }

    fn write(folder: &Path, state: Digest, paths: &[PathBuf]) {
        Current::new("study", state, Vec::new())
            .write(folder, paths)
            .unwrap();
    }

    #[test]
    fn a_folder_is_current_for_the_state_that_was_written_and_no_other() {
        let folder = folder_with("runs.parquet", "rows");
        let (state, other) = (Digest::of(b"state"), Digest::of(b"other"));
        write(folder.path(), state, &["runs.parquet".into()]);
        assert!(current(folder.path(), &state));
        assert!(!current(folder.path(), &other));
    }

    #[test]
    fn a_file_that_is_gone_or_has_another_length_makes_the_folder_old() {
        let folder = folder_with("runs.parquet", "rows");
        let state = Digest::of(b"state");
        write(folder.path(), state, &["runs.parquet".into()]);
        fs::write(folder.path().join("runs.parquet"), "more rows").unwrap();
        assert!(!current(folder.path(), &state));
        fs::remove_file(folder.path().join("runs.parquet")).unwrap();
        assert!(!current(folder.path(), &state));
    }

    #[test]
    fn a_damaged_file_makes_the_folder_old() {
        let folder = folder_with(NAME, "{");
        assert!(Current::load(folder.path()).is_none());
    }

    #[test]
    fn a_file_of_the_first_version_has_no_owner_and_is_read() {
        let text = format!(r#"{{"state":"{}","files":[]}}"#, Digest::of(b"state"));
        let folder = folder_with(NAME, &text);
        assert!(current(folder.path(), &Digest::of(b"state")));
        assert_eq!(Current::load(folder.path()).unwrap().owner(), None);
    }

    #[test]
    fn files_of_earlier_states_are_remembered_until_they_are_removed() {
        let folder = folder_with("new", "");
        let old = |name: &str| File {
            path: name.into(),
            bytes: 0,
        };
        let state = Digest::of(b"state");
        let before = Current::new("study", state, vec![old("older"), old("new")]);
        before.write(folder.path(), &["new".into()]).unwrap();
        let left = Current::load(folder.path()).unwrap().without(&["new".into()]);
        let left: Vec<PathBuf> = left.into_iter().map(|file| file.path).collect();
        assert_eq!(left, [PathBuf::from("older")]);
    }
}
