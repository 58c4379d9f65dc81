//! SHA-256 of files: the digest whose first digits stand in the names of published weights.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

/// Writes on, and digests what it writes.
#[derive(Debug)]
pub struct Sha256Writer<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Sha256Writer<W> {
    /// Nothing written yet.
    pub fn new(inner: W) -> Self {
        let digest = Sha256::new();
        Self { inner, digest }
    }

    /// What was written to, and the digest of all that was, as 64 hexadecimal digits.
    pub fn finish(self) -> (W, String) {
        let digits = self
            .digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        (self.inner, digits)
    }
}

impl<W: Write> Write for Sha256Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.digest.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The SHA-256 of a file, as 64 hexadecimal digits.
///
/// # Errors
/// Where the file cannot be read.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256Writer::new(io::sink());
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(digest.finish().1),
            Ok(count) => digest.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
