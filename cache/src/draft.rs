//! Content of a blob while it is written piece by piece, for what is larger than memory.
//!
//! Knows a temporary file of the store. What the pieces are, and which output they become, is not its business.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::durable::{self, Access};
use crate::{BlobReference, Digest, StoreError};

/// A blob that is being written; dropping it leaves nothing behind.
#[derive(Debug)]
pub struct BlobDraft {
    /// The folder that it lies in, for messages: the name of the file tells nobody anything.
    folder: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl BlobDraft {
    pub(crate) fn new(folder: &Path) -> Result<BlobDraft, StoreError> {
        let file = durable::create_temporary(folder, Access::ReadOnly);
        let file = file.map_err(StoreError::io("write a blob to", folder))?;
        Ok(BlobDraft {
            folder: folder.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`StoreError::Io`] if they cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.file.write_all(bytes);
        written.map_err(StoreError::io("write a blob to", &self.folder))
    }

    /// Replaces the bytes at the beginning, such as a header that could not be known before; the rest stays.
    ///
    /// # Errors
    /// [`StoreError::Io`] if they cannot be written.
    pub fn replace_beginning(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.rewrite(bytes);
        written.map_err(StoreError::io("write a blob to", &self.folder))
    }

    fn rewrite(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(bytes)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// The finished file, closed, and what its content is found by.
    pub(crate) fn finish(self) -> Result<(TempPath, BlobReference), StoreError> {
        let BlobDraft { folder, file } = self;
        let failed = |error| StoreError::io("write a blob to", &folder)(error);
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        let bytes = file.as_file().metadata().map_err(failed)?.len();
        let file = file.into_temp_path();
        let digest = Digest::of_file(&file).map_err(failed)?;
        Ok((file, BlobReference { digest, bytes }))
    }
}
