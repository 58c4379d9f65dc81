//! The results folder: tables, and copies of what is worth looking at. Made from entries; a stage is never asked.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gan_cache::{BlobError, Digest, Store};
use gan_pipeline::Report;
use tempfile::{Builder, NamedTempFile};

use super::current::{Current, state_of};
use super::stage_rows::Attempt;
use crate::cli::error::CommandError;
use crate::cli::inputs::Loaded;
use crate::cli::status::Status;
use crate::stages::{Export, Known, ResultsError, exports, loss_rows, metric_rows, run_rows};
use crate::table::{LossRow, MetricRow, RunRow, StageRow, append_stages, table_file, write_table};

/// The results folder of one study.
pub(super) struct Results<'a> {
    folder: PathBuf,
    loaded: &'a Loaded,
    store: &'a Store,
}

impl<'a> Results<'a> {
    /// Takes a folder, which need not be there yet; whether it can be one is found out now rather than hours later.
    pub(super) fn new(
        folder: PathBuf,
        loaded: &'a Loaded,
        store: &'a Store,
    ) -> Result<Results<'a>, CommandError> {
        let existing = folder.ancestors().find(|ancestor| ancestor.exists());
        match existing {
            Some(file) if !file.is_dir() => {
                let message = format!("{} is a file; expected a folder for the results", file.display());
                Err(CommandError::new(Status::Results, message).hint("`--out` chooses another folder"))
            }
            _ => Ok(Results {
                folder,
                loaded,
                store,
            }),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn store(&self) -> &Store {
        self.store
    }

    /// Writes what is not up to date; reads no blob and writes nothing if all of it is. Returns the files, relative
    /// to the folder.
    pub(super) fn update(&self, report: &Report, known: &Known) -> Result<Vec<PathBuf>, CommandError> {
        let state = state_of(&self.loaded.study, report);
        if let Some(current) = Current::read(&self.folder, &state) {
            return Ok(current.files());
        }
        self.write(known)?;
        let files = self.files(known);
        if report.is_complete() {
            self.refuse_absent(&files)?;
        }
        let present: Vec<PathBuf> = files
            .into_iter()
            .filter(|file| self.folder.join(file).is_file())
            .collect();
        Current::write(&self.folder, &state, &present)
            .map_err(|error| CommandError::file(Status::Results, "write to", &self.folder, &error))?;
        Ok(present)
    }

    /// Writes tables and copies that differ from what is known.
    pub(super) fn write(&self, known: &Known) -> Result<(), CommandError> {
        let Loaded { study, compiled } = self.loaded;
        write_table(&self.folder, &run_rows(study, compiled, known))?;
        write_table(&self.folder, &metric_rows(study, compiled, known))?;
        write_table(&self.folder, &self.loss_rows(known)?)?;
        self.copy_all(&exports(compiled, known))
    }

    /// Reads the losses; a damaged blob is removed, so that the next build makes it again.
    fn loss_rows(&self, known: &Known) -> Result<Vec<LossRow>, CommandError> {
        let Loaded { study, compiled } = self.loaded;
        let rows = loss_rows(study, compiled, known, self.store);
        Ok(rows.inspect_err(|error| {
            if let ResultsError::Blob { error, .. } = error {
                self.remove_damaged(error);
            }
        })?)
    }

    fn remove_damaged(&self, error: &BlobError) {
        if let BlobError::Damaged { digest, .. } = error {
            // Where it cannot be removed, the next build meets it again and says so again.
            let _ = self.store.remove_blob(digest);
        }
    }

    /// Adds the rows of one build to `stages/`.
    pub(super) fn append_stages(&self, attempt: &Attempt, rows: &[StageRow]) -> Result<(), CommandError> {
        append_stages(&self.folder, &attempt.name, attempt.started, rows)?;
        Ok(())
    }

    /// Copies everything that can be copied; fails with the first that cannot.
    fn copy_all(&self, exports: &[Export]) -> Result<(), CommandError> {
        let failures: Vec<_> = exports
            .iter()
            .filter_map(|export| self.copy(export).err())
            .collect();
        failures.into_iter().next().map_or(Ok(()), Err)
    }

    /// Copies a blob out of the store, unless the copy is there or the store no longer has it.
    fn copy(&self, export: &Export) -> Result<(), CommandError> {
        let path = self.folder.join(&export.path);
        if holds(&path, export) || !self.store.has_blob(&export.blob) {
            return Ok(());
        }
        let blob = self.store.blob(&export.blob.digest);
        let blob = blob.inspect_err(|error| self.remove_damaged(error))?;
        replace(&path, &blob).map_err(|error| CommandError::file(Status::Results, "write", &path, &error))
    }

    /// The files that the folder has when it is complete.
    fn files(&self, known: &Known) -> Vec<PathBuf> {
        let here = Path::new("");
        let tables = [
            table_file::<RunRow>(here),
            table_file::<MetricRow>(here),
            table_file::<LossRow>(here),
        ];
        let copies = exports(&self.loaded.compiled, known);
        tables
            .into_iter()
            .chain(copies.into_iter().map(|export| export.path))
            .collect()
    }

    fn refuse_absent(&self, files: &[PathBuf]) -> Result<(), CommandError> {
        match files.iter().find(|file| !self.folder.join(file).is_file()) {
            None => Ok(()),
            Some(file) => {
                let message = format!("the store no longer has what {} is a copy of", file.display());
                Err(CommandError::new(Status::Store, message)
                    .hint("run the same build again: the stage that made it runs anew"))
            }
        }
    }
}

/// Whether a file is a copy of the blob.
fn holds(path: &Path, export: &Export) -> bool {
    let same_length = fs::metadata(path).is_ok_and(|metadata| metadata.len() == export.blob.bytes);
    same_length && Digest::of_file(path).is_ok_and(|digest| digest == export.blob.digest)
}

/// Writes a file beside its place and renames it, so that nobody sees half of it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let mut file = temporary(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".copy-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Those of any new file; the process's umask applies.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
