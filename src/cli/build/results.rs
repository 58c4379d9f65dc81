//! The results folder: tables, and copies of what is worth looking at. Made from entries; a stage is never asked.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gan_cache::{BlobError, BlobReference, Digest, Store};
use gan_pipeline::{Report, StageId};
use tempfile::{Builder, NamedTempFile};

use super::current::{Current, state_of};
use super::older;
use super::stage_rows::Attempt;
use crate::cli::error::CommandError;
use crate::cli::inputs::Loaded;
use crate::cli::status::Status;
use crate::stages::{Export, Known, exports, loss_rows, metric_rows, run_rows};
use crate::table::{
    LossRow, MetricRow, RunRow, StageRow, append_stages, stages_folder, table_file, write_table,
};

const OUT_HINT: &str = "`--out` chooses another folder";

const WRITE_HINT: &str =
    "check that you may write there and that the disk is not full; `--out` chooses another folder";

/// The results folder of one study.
pub(super) struct Results<'a> {
    folder: PathBuf,
    loaded: &'a Loaded,
    store: &'a Store,
}

impl<'a> Results<'a> {
    /// Takes a folder, which need not be there yet; that it is a file or another study's is found out now rather than
    /// hours later.
    pub(super) fn new(
        folder: PathBuf,
        loaded: &'a Loaded,
        store: &'a Store,
    ) -> Result<Results<'a>, CommandError> {
        refuse_file(&folder)?;
        refuse_foreign(&folder, &loaded.study.name)?;
        Ok(Results {
            folder,
            loaded,
            store,
        })
    }

    /// Makes sure that files can be made where the folder is or will be; leaves nothing there.
    pub(super) fn refuse_unwritable(&self) -> Result<(), CommandError> {
        let tried = temporary(existing(&self.folder)).map(drop);
        tried.map_err(|error| {
            CommandError::file(Status::Results, "write the results to", &self.folder, &error).hint(WRITE_HINT)
        })
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
        let before = match Current::load(&self.folder) {
            Some(current) if current.shows(&self.folder, &state) => return Ok(current.files()),
            before => before,
        };
        self.write(known)?;
        let files = self.files(known);
        if report.is_complete() {
            self.refuse_absent(&files)?;
        }
        let present: Vec<PathBuf> = files
            .into_iter()
            .filter(|file| self.folder.join(file).is_file())
            .collect();
        let mut older = before.map_or_else(Vec::new, |before| before.without(&present));
        if report.is_complete() {
            older::remove(&self.folder, &older);
            older.clear();
        }
        Current::new(&self.loaded.study.name, state, older)
            .write(&self.folder, &present)
            .map_err(|error| {
                CommandError::file(Status::Results, "write to", &self.folder, &error).hint(WRITE_HINT)
            })?;
        Ok(present)
    }

    /// Writes tables and copies that differ from what is known.
    pub(super) fn write(&self, known: &Known) -> Result<(), CommandError> {
        let Loaded { study, compiled } = self.loaded;
        write_table(&self.folder, &run_rows(study, compiled, known))?;
        write_table(&self.folder, &metric_rows(study, compiled, known))?;
        write_table(&self.folder, &loss_rows(study, compiled, known, self.store)?)?;
        self.copy_all(&exports(compiled, known))
    }

    /// Removes every damaged blob that the folder is made from, so that a build makes it again; says whether one was
    /// damaged or is gone.
    pub(super) fn discard_damaged(&self, known: &Known) -> bool {
        let required = self.loaded.compiled.required();
        let blob = |(id, output): &(StageId, String)| {
            let entry = known.entries[id.index()].as_ref()?;
            entry.outputs.get(output).copied()
        };
        let blobs: Vec<BlobReference> = required.iter().filter_map(blob).collect();
        // All are looked at: what is damaged is made again at once.
        blobs.iter().filter(|blob| self.discard_if_damaged(blob)).count() > 0
    }

    fn discard_if_damaged(&self, blob: &BlobReference) -> bool {
        match self.store.blob(&blob.digest) {
            Ok(_) | Err(BlobError::Io { .. }) => false,
            Err(BlobError::Missing { .. }) => true,
            Err(error @ BlobError::Damaged { .. }) => {
                tracing::warn!(%error, "a damaged blob is made again");
                self.store.remove_blob(&blob.digest).is_ok()
            }
        }
    }

    /// Adds the rows of one build to `stages/`.
    pub(super) fn append_stages(&self, attempt: &Attempt, rows: &[StageRow]) -> Result<(), CommandError> {
        append_stages(&self.folder, &attempt.name, attempt.started, rows)?;
        Ok(())
    }

    /// Tells whether some build has noted its stages in the folder.
    pub(super) fn has_stages(&self) -> bool {
        stages_folder(&self.folder).is_dir()
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
        let blob = self.store.blob(&export.blob.digest)?;
        replace(&path, &blob)
            .map_err(|error| CommandError::file(Status::Results, "write", &path, &error).hint(WRITE_HINT))
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

fn refuse_file(folder: &Path) -> Result<(), CommandError> {
    let existing = existing(folder);
    if existing.is_dir() {
        return Ok(());
    }
    let message = format!(
        "{} is no folder; expected one for the results",
        existing.display()
    );
    Err(CommandError::new(Status::Results, message).hint(OUT_HINT))
}

/// Refuses a folder that shows another study, whose tables would be lost.
fn refuse_foreign(folder: &Path, study: &str) -> Result<(), CommandError> {
    let owner = Current::load(folder).and_then(Current::owner);
    match owner.filter(|owner| owner != study) {
        None => Ok(()),
        Some(owner) => {
            let folder = folder.display();
            let message = format!(
                "{folder} holds the results of study {owner:?}; expected a folder for those of {study:?}"
            );
            let hint = format!("{OUT_HINT}; or delete this one: all but its stages/ can be made again");
            Err(CommandError::new(Status::Results, message).hint(hint))
        }
    }
}

/// The folder itself, or the nearest one above it that is there.
fn existing(folder: &Path) -> &Path {
    let here = Path::new(".");
    // A link that leads nowhere is there, too: no folder can be made in its place.
    let ancestor = folder
        .ancestors()
        .find(|ancestor| fs::symlink_metadata(ancestor).is_ok());
    ancestor.unwrap_or(here)
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
