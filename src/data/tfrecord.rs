//! A TFRecord file: records of bytes, one after the other, each with two checksums.
//!
//! A record is its length in 8 bytes (little-endian), the masked CRC-32C of these in 4, its content, and the masked CRC-32C of
//! the content in 4 (TensorFlow, `tensorflow/core/lib/io/record_writer.cc`). Both checksums are checked, and the length is
//! believed only if it lies in the file. Compressed files are not read. Knows nothing of what a record holds.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// The polynomial of Castagnoli, reflected.
const POLYNOMIAL: u32 = 0x82F6_3B78;
/// What masking adds.
const MASK: u32 = 0xA282_EAD8;
/// Bytes of a record before its content.
const HEADER_BYTES: usize = 12;
/// Bytes of a record behind its content.
const FOOTER_BYTES: usize = 4;
/// The first bytes of a file that was compressed by gzip.
const GZIP: [u8; 2] = [0x1F, 0x8B];

/// A TFRecord file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TfRecordError {
    /// The system does not let it be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is compressed.
    #[error("{} is compressed by gzip", path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
    },
    /// It ends within a record.
    #[error("{} is cut short: record {record} needs {expected} bytes, found {found}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Which record, from 0.
        record: u64,
        /// Bytes of the record.
        expected: u128,
        /// How many of them there are.
        found: u64,
    },
    /// A checksum is not that of the bytes before it.
    #[error(
        "record {record} of {} is damaged: the checksum of its {part} is {expected:#010x}, found {found:#010x}", path.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Which record, from 0.
        record: u64,
        /// `length` or `content`.
        part: &'static str,
        /// The checksum in the file.
        expected: u32,
        /// The checksum of the bytes, masked.
        found: u32,
    },
}

impl TfRecordError {
    /// What may help.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => super::error::read_hint(source.kind()),
            Self::Compressed { .. } => Some("unpack it first".into()),
            Self::Checksum {
                record: 0,
                part: "length",
                ..
            } => Some("is it a TFRecord file? If it is, it is damaged: copy or make it again".into()),
            Self::Truncated { .. } | Self::Checksum { .. } => {
                Some("the file is damaged; copy or make it again".into())
            }
        }
    }
}

/// The records of a file, in its order.
#[derive(Debug)]
pub(super) struct TfRecords {
    path: PathBuf,
    reader: BufReader<File>,
    /// Bytes that are not read yet.
    left: u64,
    next: u64,
    is_done: bool,
}

impl TfRecords {
    /// Opens a file.
    ///
    /// # Errors
    /// [`TfRecordError::Read`].
    pub(super) fn open(path: &Path) -> Result<Self, TfRecordError> {
        let failed = |source| TfRecordError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let left = file.metadata().map_err(failed)?.len();
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(file),
            left,
            next: 0,
            is_done: false,
        })
    }

    fn record(&mut self) -> Result<Vec<u8>, TfRecordError> {
        let begin = self.left;
        self.check_left(HEADER_BYTES as u128, begin)?;
        let mut header = [0; HEADER_BYTES];
        self.read(&mut header)?;
        let (length, checksum) = header.split_at(8);
        if self.next == 0 && header.starts_with(&GZIP) {
            return Err(TfRecordError::Compressed {
                path: self.path.clone(),
            });
        }
        self.check("length", length, checksum)?;
        let length = length
            .iter()
            .rev()
            .fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        let needed = u128::from(length) + (HEADER_BYTES + FOOTER_BYTES) as u128;
        self.check_left(needed, begin)?;
        // It lies in the file, and is as long as memory at most where that is.
        let mut content = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let mut footer = [0; FOOTER_BYTES];
        self.read(&mut content)?;
        self.read(&mut footer)?;
        self.check("content", &content, &footer)?;
        self.next += 1;
        Ok(content)
    }

    fn check_left(&self, expected: u128, found: u64) -> Result<(), TfRecordError> {
        if expected <= u128::from(found) {
            return Ok(());
        }
        Err(TfRecordError::Truncated {
            path: self.path.clone(),
            record: self.next,
            expected,
            found,
        })
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), TfRecordError> {
        let read = self.reader.read_exact(bytes);
        self.left = self.left.saturating_sub(bytes.len() as u64);
        read.map_err(|source| TfRecordError::Read {
            path: self.path.clone(),
            source,
        })
    }

    fn check(&self, part: &'static str, bytes: &[u8], checksum: &[u8]) -> Result<(), TfRecordError> {
        let expected = checksum
            .iter()
            .rev()
            .fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        let found = masked(crc32c(bytes));
        if found == expected {
            return Ok(());
        }
        Err(TfRecordError::Checksum {
            path: self.path.clone(),
            record: self.next,
            part,
            expected,
            found,
        })
    }
}

impl Iterator for TfRecords {
    type Item = Result<Vec<u8>, TfRecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done || self.left == 0 {
            return None;
        }
        let record = self.record();
        self.is_done = record.is_err();
        Some(record)
    }
}

/// A checksum as it stands in a file, so that one over bytes with checksums in them is not regular.
fn masked(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(MASK)
}

/// The cyclic redundancy check of Castagnoli, Bräuer & Herrmann (1993).
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |checksum: u32, &byte: &u8| TABLE[usize::from(checksum as u8 ^ byte)] ^ (checksum >> 8);
    !bytes.iter().fold(!0, step)
}

/// The check of each byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut check = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            check = if check & 1 == 1 {
                check >> 1 ^ POLYNOMIAL
            } else {
                check >> 1
            };
            bit += 1;
        }
        table[byte] = check;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests;
