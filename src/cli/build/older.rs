//! Removes files that earlier builds wrote to a results folder and that its study no longer has.
//!
//! Takes only what such a build listed, and only while it still has the length that was written: a file of anybody else
//! stays.

use std::fs;
use std::path::{Component, Path};

use super::current::File;

/// Removes the files, and the folders that they leave empty. One that cannot be removed stays, with a warning.
pub(super) fn remove(folder: &Path, files: &[File]) {
    for file in files
        .iter()
        .filter(|file| lies_below(&file.path) && file.is_in(folder))
    {
        let path = folder.join(&file.path);
        match fs::remove_file(&path) {
            Ok(()) => remove_empty(folder, &file.path),
            Err(error) => tracing::warn!(path = %path.display(), %error, "an old file of the results stays"),
        }
    }
}

/// Whether a path leads nowhere but down.
fn lies_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Removes the folders above a file, up to the results folder, as long as nothing is in them.
fn remove_empty(folder: &Path, file: &Path) {
    for above in file.ancestors().skip(1) {
        // Only an empty folder can be removed so.
        if above.as_os_str().is_empty() || fs::remove_dir(folder.join(above)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn listed(path: &str, bytes: u64) -> File {
        File {
            path: path.into(),
            bytes,
        }
    }

    #[test]
    fn a_listed_file_goes_with_its_empty_folders_and_its_neighbours_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for run in ["old/seed-1", "mixed/seed-1"] {
            fs::create_dir_all(at("samples").join(run)).unwrap();
            fs::write(at("samples").join(run).join("4.png"), "grid").unwrap();
        }
        fs::write(at("samples/mixed/seed-1/notes.txt"), "mine").unwrap();
        let files = ["old", "mixed"].map(|run| listed(&format!("samples/{run}/seed-1/4.png"), 4));
        remove(folder.path(), &files);
        assert!(!at("samples/old").exists());
        assert!(!at("samples/mixed/seed-1/4.png").exists());
        assert!(at("samples/mixed/seed-1/notes.txt").exists());
    }

    #[test]
    fn a_file_that_was_changed_or_lies_elsewhere_is_not_ours_to_remove() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("results");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("changed.png"), "longer than it was").unwrap();
        fs::write(outer.path().join("outside.png"), "grid").unwrap();
        let absolute = outer.path().join("outside.png");
        let files = [
            listed("changed.png", 4),
            listed("../outside.png", 4),
            listed(absolute.to_str().unwrap(), 4),
        ];
        remove(&folder, &files);
        assert!(folder.join("changed.png").exists());
        assert!(absolute.exists());
    }
}
