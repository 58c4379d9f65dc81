//! Puts tables into a results folder, so that a reader sees the old file or the new one and nothing in between.
//!
//! A table that is one file is replaced by rename, and only if its bytes change; `stages/` only ever gains files.
//! Nothing is flushed to the disk: the tables are rebuilt from the cache, so a file lost with the power is written again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::cell::Timestamp;
use super::columns::{FileRow, Row};
use super::encode::encode;
use super::error::TableError;
use super::schema::StageRow;

/// What writing a table did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Whether the file is new or has other bytes than before.
    pub changed: bool,
}

/// Returns where the table of `R` lies in the results folder.
pub fn table_file<R: FileRow>(folder: &Path) -> PathBuf {
    folder.join(format!("{}.parquet", R::table().name))
}

/// Returns the folder to which builds add what they did with each stage.
pub fn stages_folder(folder: &Path) -> PathBuf {
    folder.join(StageRow::table().name)
}

/// Writes `rows` as the whole table, in any order; equal rows give equal bytes.
///
/// Creates the folder if it is absent. A file that already has these bytes is left alone.
///
/// # Errors
/// `Unwritable` if the folder or the file cannot be written, `NotANumber` if a column that must have a value got NaN.
pub fn write_table<R: FileRow>(folder: &Path, rows: &[R]) -> Result<Written, TableError> {
    let bytes = encode(rows)?;
    let path = table_file::<R>(folder);
    if holds(&path, &bytes) {
        return Ok(Written { path, changed: false });
    }
    replace(folder, &path, &bytes).map_err(|source| unwritable::<R>(&path, source))?;
    Ok(Written { path, changed: true })
}

/// Adds the stages of one build to `stages/` as a file of its own and returns that file.
///
/// The file's name is the time `started` and the name of the build, so names sort by time; a number is added where
/// that name is taken. No rows make no file.
///
/// # Errors
/// `AttemptName` if `attempt` cannot be part of a file name; otherwise as [`write_table`].
pub fn append_stages(
    folder: &Path,
    attempt: &str,
    started: Timestamp,
    rows: &[StageRow],
) -> Result<Option<PathBuf>, TableError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if attempt.is_empty() || !attempt.bytes().all(is_plain) {
        return Err(TableError::AttemptName {
            attempt: attempt.to_owned(),
        });
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let bytes = encode(rows)?;
    let stages = stages_folder(folder);
    let name = format!("{}-{attempt}", started.to_string().replace([':', '.'], "-"));
    let path = add(&stages, &name, &bytes).map_err(|source| unwritable::<StageRow>(&stages, source))?;
    Ok(Some(path))
}

fn unwritable<R: Row>(path: &Path, source: io::Error) -> TableError {
    TableError::Unwritable {
        table: R::table().name,
        path: path.to_owned(),
        source,
    }
}

/// Returns whether the file is there and has these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let same_length = fs::metadata(path).is_ok_and(|metadata| metadata.len() == bytes.len() as u64);
    same_length && fs::read(path).is_ok_and(|old| old == bytes)
}

fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    temporary(folder, bytes)?.persist(path)?;
    Ok(())
}

/// Adds a file whose name no other one has: `<name>.parquet`, else `<name>-2.parquet` and so on.
fn add(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = temporary(folder, bytes)?;
    let mut number = 1_u64;
    loop {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        let path = folder.join(format!("{name}{suffix}.parquet"));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
        number += 1;
    }
}

/// Writes a temporary file beside its target; its name does not end like a table's, so no reader takes it for one.
fn temporary(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".table-").suffix(".tmp");
    shared_permissions(&mut builder);
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Gives the file the permissions of any new file; a temporary file would be for its owner alone.
#[cfg(unix)]
fn shared_permissions(builder: &mut Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666)); // the process's umask applies
}

#[cfg(not(unix))]
fn shared_permissions(_builder: &mut Builder<'_, '_>) {}
