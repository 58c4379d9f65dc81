//! Which keys the stages of a study have had, oldest first: where an explanation finds the document to compare
//! with. A hint and not a record: losing it loses explanations, no results, so it is not flushed.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Key, StoreError};

/// One stage of a study as it was built once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// The kind of stage.
    pub kind: String,
    /// The name of the stage in its study.
    pub name: String,
    /// The key it had.
    pub key: Key,
}

/// The append-only history of one study.
#[derive(Clone, Debug)]
pub struct History {
    path: PathBuf,
}

impl History {
    pub(crate) fn new(path: PathBuf) -> History {
        History { path }
    }

    /// Appends the records whose stage (kind and name) last had another key, all in one write.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the history cannot be read or written.
    pub fn append(&self, records: &[HistoryRecord]) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("write the history", &self.path)(error);
        let content = self.content()?;
        let earlier = parse(&content, &self.path);
        let lines = new_lines(&earlier, records).map_err(failed)?;
        if lines.is_empty() {
            return Ok(());
        }
        // After a torn line a new one starts.
        let torn = content.last().is_some_and(|byte| *byte != b'\n');
        let block = if torn { [b"\n", &lines[..]].concat() } else { lines };
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(failed)?;
        file.write_all(&block).map_err(failed)
    }

    /// Reads all records, newest last. Lines that are not whole are left out.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the history exists and cannot be read.
    pub fn records(&self) -> Result<Vec<HistoryRecord>, StoreError> {
        Ok(parse(&self.content()?, &self.path))
    }

    fn content(&self) -> Result<Vec<u8>, StoreError> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            result => result.map_err(StoreError::io("read the history", &self.path)),
        }
    }
}

fn parse(content: &[u8], path: &std::path::Path) -> Vec<HistoryRecord> {
    let lines = content
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .filter_map(|line| {
            serde_json::from_slice(line)
                .inspect_err(
                    |error| tracing::warn!(path = %path.display(), %error, "a history line is not whole"),
                )
                .ok()
        })
        .collect()
}

fn new_lines(earlier: &[HistoryRecord], records: &[HistoryRecord]) -> io::Result<Vec<u8>> {
    let stage = |record: &HistoryRecord| (record.kind.clone(), record.name.clone());
    let mut last: HashMap<_, Key> = earlier.iter().map(|record| (stage(record), record.key)).collect();
    let mut lines = Vec::new();
    for record in records {
        if last.insert(stage(record), record.key) != Some(record.key) {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
    }
    Ok(lines)
}
