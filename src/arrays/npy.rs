//! An array in a file: its shape and type at once, its numbers when they are asked for.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::element::Element;
use super::error::ArrayError;
use super::header::{self, Header, PREFIX_BYTES};

/// An array `[n, ...]` whose numbers lie in a file.
#[derive(Debug)]
pub struct ArrayFile {
    path: PathBuf,
    format: &'static str,
    file: Mutex<File>,
    /// Where the numbers begin.
    at: u64,
    header: Header,
}

impl ArrayFile {
    /// The array of `length` bytes that begins at `at` in an open file; `path` is where messages say that it lies.
    pub(super) fn new(
        path: &Path,
        format: &'static str,
        mut file: File,
        at: u64,
        length: u64,
    ) -> Result<Self, ArrayError> {
        let refused = |reason: String| ArrayError::Format {
            path: path.to_owned(),
            format,
            reason,
        };
        let cut_short = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => refused("it is cut short".to_owned()),
            _ => ArrayError::Read {
                path: path.to_owned(),
                source: error,
            },
        };
        let mut prefix = [0; PREFIX_BYTES];
        if length < PREFIX_BYTES as u64 {
            return Err(refused("it is cut short".to_owned()));
        }
        file.seek(SeekFrom::Start(at)).map_err(cut_short)?;
        file.read_exact(&mut prefix).map_err(cut_short)?;
        let (text_at, text_bytes) = header::length(&prefix).map_err(refused)?;
        let bytes = (text_at + text_bytes) as u64;
        if bytes > length {
            return Err(refused("it is cut short".to_owned()));
        }
        let mut text = vec![0; text_bytes];
        file.seek(SeekFrom::Start(at + text_at as u64)).map_err(cut_short)?;
        file.read_exact(&mut text).map_err(cut_short)?;
        let header = header::parse(&text, bytes).map_err(refused)?;
        let expected = header
            .shape
            .iter()
            .try_fold(header.element.bytes() as u64, |product, &extent| {
                product.checked_mul(extent as u64)
            });
        let found = length - bytes;
        if expected != Some(found) {
            let shape = &header.shape;
            return Err(refused(format!("{found} bytes do not hold numbers of shape {shape:?}")));
        }
        Ok(Self {
            path: path.to_owned(),
            format,
            file: Mutex::new(file),
            at: at + bytes,
            header,
        })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its extents.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// The type of its numbers.
    #[must_use]
    pub fn element(&self) -> Element {
        self.header.element
    }

    /// Whether the first axis moves fastest in the file, so that rows do not lie together.
    #[must_use]
    pub fn is_fortran(&self) -> bool {
        // With fewer than two axes that are longer than 1 both orders are one.
        self.header.is_fortran && self.shape().iter().filter(|extent| **extent > 1).count() > 1
    }

    /// The bytes of `count` rows from `first` on; a row is all that has one number on the first axis.
    ///
    /// # Errors
    /// [`ArrayError`] where the file cannot be read any more.
    ///
    /// # Panics
    /// Where there are fewer rows, or [`Self::is_fortran`].
    pub fn rows(&self, first: usize, count: usize) -> Result<Vec<u8>, ArrayError> {
        let rows = self.shape().first().copied().unwrap_or(1);
        assert!(first + count <= rows, "rows {first} to {} of {rows}", first + count);
        assert!(!self.is_fortran(), "rows of {} do not lie together", self.path.display());
        let row = self.shape().iter().skip(1).product::<usize>() * self.element().bytes();
        self.bytes(first as u64 * row as u64, count * row)
    }

    /// Real numbers as f64, in the order in which the last axis moves fastest; each is exact.
    ///
    /// # Errors
    /// [`ArrayError`] where the file cannot be read any more, its numbers are whole, or there are more than two axes in
    /// the other order.
    pub fn to_f64(&self) -> Result<Vec<f64>, ArrayError> {
        let element = self.element();
        if !element.is_real() {
            return Err(self.refused(format!("its numbers are {element}, expected float32 or float64")));
        }
        let count = self.shape().iter().product::<usize>();
        let mut bytes = self.bytes(0, count * element.bytes())?;
        if self.header.is_big_endian {
            bytes.chunks_exact_mut(element.bytes()).for_each(<[u8]>::reverse);
        }
        let values = element.to_f64(&bytes);
        match (self.is_fortran(), self.shape()) {
            (false, _) => Ok(values),
            (true, &[rows, columns]) => Ok((0..count)
                .map(|at| values[at % columns * rows + at / columns])
                .collect()),
            (true, _) => Err(self.refused("its first axis moves fastest".to_owned())),
        }
    }

    fn bytes(&self, at: u64, count: usize) -> Result<Vec<u8>, ArrayError> {
        let mut bytes = vec![0; count];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at + at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| ArrayError::Read {
                path: self.path.clone(),
                source,
            })?;
        Ok(bytes)
    }

    fn refused(&self, reason: String) -> ArrayError {
        ArrayError::Format {
            path: self.path.clone(),
            format: self.format,
            reason,
        }
    }
}
