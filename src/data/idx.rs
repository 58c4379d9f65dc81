//! Reads IDX files of bytes, the format of MNIST (LeCun, Cortes & Burges 1998), plain or compressed by gzip.
//!
//! A file is a magic number, one size per dimension, each a big-endian u32, and then the bytes. Knows no data set.
//! Never allocates more than the file really holds, whatever its header announces.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::error::{DataError, Found};
use super::images::Images;

/// Magic number of bytes in three dimensions.
pub(super) const IMAGES_MAGIC: u32 = 0x0000_0803;
/// Magic number of bytes in one dimension.
pub(super) const LABELS_MAGIC: u32 = 0x0000_0801;
/// The most content that is read: 45 times the largest file of MNIST.
const LIMIT_BYTES: u64 = 2 << 30;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Reads a file of grey images.
///
/// # Errors
///
/// Where the file cannot be read, is no IDX file of images, announces none, or is shorter or longer than it announces.
pub fn read_images(path: &Path) -> Result<Images, DataError> {
    let mut reader = Reader::open(path, "images")?;
    reader.magic(IMAGES_MAGIC)?;
    let shape = [reader.integer()?, reader.integer()?, reader.integer()?];
    let pixels = reader.content(shape)?;
    let [count, height, width] = shape.map(|size| size as usize);
    Images::new([count, height, width, 1], pixels)
}

/// Reads a file of labels.
///
/// # Errors
///
/// As [`read_images`].
pub fn read_labels(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut reader = Reader::open(path, "labels")?;
    reader.magic(LABELS_MAGIC)?;
    let count = reader.integer()?;
    reader.content([count, 1, 1])
}

/// The unpacked bytes of one file.
struct Reader<'a> {
    path: &'a Path,
    kind: &'static str,
    bytes: Box<dyn Read>,
    header_bytes: u64,
}

impl<'a> Reader<'a> {
    fn open(path: &'a Path, kind: &'static str) -> Result<Self, DataError> {
        let read_error = |source| DataError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = BufReader::new(File::open(path).map_err(read_error)?);
        let compressed = file.fill_buf().map_err(read_error)?.starts_with(&GZIP_MAGIC);
        let bytes: Box<dyn Read> = if compressed {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        Ok(Self {
            path,
            kind,
            bytes,
            header_bytes: 0,
        })
    }

    fn magic(&mut self, magic: u32) -> Result<(), DataError> {
        let found = self.integer()?;
        if found != magic {
            return Err(DataError::WrongMagic {
                path: self.path.to_owned(),
                expected: self.kind,
                magic,
                found,
            });
        }
        Ok(())
    }

    /// Reads the next integer of the header.
    fn integer(&mut self) -> Result<u32, DataError> {
        let bytes = self.up_to(4)?;
        let Ok(word) = <[u8; 4]>::try_from(bytes.as_slice()) else {
            let found = self.header_bytes + bytes.len() as u64;
            return Err(self.wrong_length("header", self.header_bytes + 4, Found::Exactly(found)));
        };
        self.header_bytes += 4;
        Ok(u32::from_be_bytes(word))
    }

    /// Reads the content of this shape, which must be all that is left.
    fn content(&mut self, shape: [u32; 3]) -> Result<Vec<u8>, DataError> {
        let expected = self.content_bytes(shape)?;
        let content = self.up_to(expected + 1)?;
        let found = content.len() as u64;
        match found.cmp(&expected) {
            std::cmp::Ordering::Equal => Ok(content),
            std::cmp::Ordering::Less => Err(self.wrong_length(self.kind, expected, Found::Exactly(found))),
            std::cmp::Ordering::Greater => Err(self.wrong_length(self.kind, expected, Found::More)),
        }
    }

    fn content_bytes(&self, shape: [u32; 3]) -> Result<u64, DataError> {
        let bytes: u128 = shape.iter().map(|&size| u128::from(size)).product();
        let (path, content, [count, height, width]) = (self.path.to_owned(), self.kind, shape);
        match u64::try_from(bytes) {
            Ok(0) => Err(DataError::Empty {
                path,
                content,
                count,
                height,
                width,
            }),
            Ok(bytes) if bytes <= LIMIT_BYTES => Ok(bytes),
            _ => Err(DataError::TooLarge {
                path,
                content,
                bytes,
                limit: LIMIT_BYTES,
            }),
        }
    }

    fn up_to(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let outcome = self.bytes.by_ref().take(limit).read_to_end(&mut bytes);
        match outcome {
            Ok(_) => Ok(bytes),
            // A cut gzip stream ends in an error; what it held before is counted as of a plain file.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(bytes),
            Err(source) => Err(DataError::Read {
                path: self.path.to_owned(),
                source,
            }),
        }
    }

    fn wrong_length(&self, content: &'static str, expected: u64, found: Found) -> DataError {
        DataError::WrongLength {
            path: self.path.to_owned(),
            content,
            expected,
            found,
        }
    }
}

#[cfg(test)]
mod tests;
