//! An array in a file: its shape and type at once, its numbers when they are asked for.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::element::Element;
use super::error::{ArrayError, refused, unread};
use super::header::{self, Header, PREFIX_BYTES};
use super::npz;
use crate::zip::Member;

/// An array `[n, ...]` whose numbers lie in a file.
#[derive(Debug)]
pub struct ArrayFile {
    path: PathBuf,
    format: &'static str,
    header: Header,
    numbers: Mutex<Numbers>,
}

/// Where numbers lie.
#[derive(Debug)]
enum Numbers {
    /// In an archive, where nothing behind the header was looked at yet.
    Of(Member),
    /// In a file, from so many bytes on.
    In(File, u64),
}

impl ArrayFile {
    /// The array of `length` bytes that are a whole file.
    pub(super) fn alone(
        path: &Path,
        format: &'static str,
        mut file: File,
        length: u64,
    ) -> Result<Self, ArrayError> {
        file.rewind().map_err(|source| unread(path, source))?;
        let header = read_header(path, format, &mut file, length)?;
        let at = header.bytes;
        Ok(Self {
            path: path.to_owned(),
            format,
            header,
            numbers: Mutex::new(Numbers::In(file, at)),
        })
    }

    /// The array of an archive; `beginning` gives its bytes.
    pub(super) fn of_member(
        path: &Path,
        format: &'static str,
        member: &Member,
        beginning: &mut impl Read,
    ) -> Result<Self, ArrayError> {
        Ok(Self {
            path: path.to_owned(),
            format,
            header: read_header(path, format, beginning, member.length)?,
            numbers: Mutex::new(Numbers::Of(member.clone())),
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
        assert!(
            first + count <= rows,
            "rows {first} to {} of {rows}",
            first + count
        );
        assert!(
            !self.is_fortran(),
            "rows of {} do not lie together",
            self.path.display()
        );
        if count == 0 {
            // Of an array without rows the other extents may be anything.
            return Ok(Vec::new());
        }
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
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Numbers::Of(member) = &*numbers {
            let (file, first) = npz::whole(&self.path, member)?;
            *numbers = Numbers::In(file, first + self.header.bytes);
        }
        let Numbers::In(file, first) = &mut *numbers else {
            unreachable!("a member was just made a file");
        };
        file.seek(SeekFrom::Start(*first + at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| unread(&self.path, source))?;
        Ok(bytes)
    }

    fn refused(&self, reason: String) -> ArrayError {
        refused(&self.path, self.format, reason)
    }
}

/// Reads the header of an array of `length` bytes, header and all, and holds it to that length.
fn read_header(
    path: &Path,
    format: &'static str,
    beginning: &mut impl Read,
    length: u64,
) -> Result<Header, ArrayError> {
    let mut next = |bytes: &mut [u8]| {
        beginning.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => refused(path, format, "it is cut short".to_owned()),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                refused(path, format, "it is damaged".to_owned())
            }
            _ => unread(path, error),
        })
    };
    let refused = |reason: String| refused(path, format, reason);
    let mut prefix = [0; PREFIX_BYTES];
    next(&mut prefix)?;
    let (at, text_bytes) = header::length(&prefix).map_err(refused)?;
    let rest = (at + text_bytes).checked_sub(PREFIX_BYTES);
    let rest = rest.ok_or_else(|| refused("its header is damaged".to_owned()))?;
    let bytes = (at + text_bytes) as u64;
    let Some(found) = length.checked_sub(bytes) else {
        return Err(refused("it is cut short".to_owned()));
    };
    let mut text = prefix[at..].to_vec();
    text.resize(text.len() + rest, 0);
    next(&mut text[PREFIX_BYTES - at..])?;
    let header = header::parse(&text, bytes).map_err(refused)?;
    let mut extents = header.shape.iter().map(|&extent| extent as u64);
    let expected = extents.try_fold(header.element.bytes() as u64, |product, extent| {
        product.checked_mul(extent)
    });
    match expected == Some(found) {
        true => Ok(header),
        false => {
            let shape = &header.shape;
            Err(refused(format!(
                "{found} bytes do not hold numbers of shape {shape:?}"
            )))
        }
    }
}
