//! A file of weights, by what its first bytes say that it is: its arrays, and their values one after the other.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::element::Element;
use super::error::WeightsFileError;
use super::pytorch::{self, View};
use super::{legacy, safetensors};
use crate::zip::{self, Member, Packing, ZipError};

/// The longest pickle: that of a million arrays would be shorter.
const LONGEST_PICKLE: u64 = 16 << 20;
/// How many times the numbers of a file its arrays may have together, which they do where several are views of one storage.
const MOST_SHARED: u64 = 4;

const ZIP: &str = "PyTorch file";
const LEGACY: &str = "PyTorch file of the format before 1.6";
const SAFETENSORS: &str = "safetensors file";

/// An array with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its extents, as the file has them.
    pub shape: Vec<usize>,
    /// As many as the product of the extents, the last axis moving fastest.
    pub values: Vec<f32>,
}

/// An array of a file, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArraySummary {
    /// Its name.
    pub name: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// Whether its numbers can be weights; whole numbers are counters.
    pub is_real: bool,
}

/// A file of weights whose description was read and found whole. `R` is what its bytes are read from.
#[derive(Debug)]
pub struct WeightsFile<R = File> {
    path: PathBuf,
    content: RefCell<R>,
    length: u64,
    format: &'static str,
    arrays: Vec<Placed>,
}

/// Where an array lies.
#[derive(Debug)]
struct Placed {
    summary: ArraySummary,
    element: Element,
    /// Where its first number lies, in bytes.
    at: u64,
    /// Numbers from its first to its last.
    span: usize,
    /// How far apart neighbours along each axis lie; nothing where the numbers lie in their order.
    strides: Option<Vec<usize>>,
    /// The checksum of the bytes of the span, where the file has one of just these.
    crc32: Option<u32>,
}

impl WeightsFile {
    /// Reads what a file says of its arrays.
    ///
    /// # Errors
    /// Where it cannot be read, is of no known format, or is not what its format says.
    pub fn open(path: &Path) -> Result<Self, WeightsFileError> {
        let unreadable = |source| WeightsFileError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        Self::of_content(path, file, length)
    }

    /// All arrays of a file that can be weights, in the order of their names; those of whole numbers are left out.
    ///
    /// # Errors
    /// Those of [`Self::open`] and [`Self::tensor`].
    pub fn read(path: &Path) -> Result<Vec<Tensor>, WeightsFileError> {
        Self::open(path)?.tensors()
    }
}

impl<R: Read + Seek> WeightsFile<R> {
    /// The same of content of that many bytes; `path` is for messages.
    pub(super) fn of_content(path: &Path, content: R, length: u64) -> Result<Self, WeightsFileError> {
        let mut opened = Self {
            path: path.to_owned(),
            content: RefCell::new(content),
            length,
            format: SAFETENSORS,
            arrays: Vec::new(),
        };
        let beginning = opened.bytes(0, length.min(16))?;
        if beginning.starts_with(b"PK\x03\x04") {
            opened.format = ZIP;
            opened.arrays = opened.of_zip()?;
        } else if beginning.starts_with(&legacy::BEGINNING) {
            opened.format = LEGACY;
            opened.arrays = opened.of_legacy()?;
        } else if let Some(description) = safetensors::description_length(&beginning, length) {
            opened.arrays = opened.of_safetensors(description)?;
        } else {
            let path = path.to_owned();
            return Err(WeightsFileError::UnknownFormat { path });
        }
        opened.check_size()?;
        Ok(opened)
    }

    /// All arrays that can be weights, in the order of their names; those of whole numbers are left out.
    ///
    /// # Errors
    /// Those of [`Self::tensor`].
    pub fn tensors(&self) -> Result<Vec<Tensor>, WeightsFileError> {
        let indices = 0..self.arrays.len();
        let real = indices.filter(|&index| self.arrays[index].element.is_real());
        real.map(|index| self.tensor(index)).collect()
    }

    /// The arrays of the file, in the order of their names.
    pub fn arrays(&self) -> impl ExactSizeIterator<Item = &ArraySummary> + Clone {
        self.arrays.iter().map(|array| &array.summary)
    }

    /// The file's format in words.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Whether it is a safetensors file.
    #[must_use]
    pub fn is_safetensors(&self) -> bool {
        self.format == SAFETENSORS
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An array by its place in [`Self::arrays`]; one of whole numbers has no values.
    ///
    /// # Errors
    /// Where the file cannot be read any more, or a checksum in it says that numbers have changed.
    ///
    /// # Panics
    /// Where there is no such array.
    pub fn tensor(&self, index: usize) -> Result<Tensor, WeightsFileError> {
        let array = &self.arrays[index];
        let bytes = self.bytes(array.at, (array.span * array.element.bytes()) as u64)?;
        let name = &array.summary.name;
        if array.crc32.is_some_and(|expected| crc32(&bytes) != expected) {
            return Err(self.refused(format!("the checksum of its array {name:?} is another")));
        }
        let values = array.element.values(&bytes);
        let values = match &array.strides {
            Some(strides) if array.element.is_real() => gathered(&values, &array.summary.shape, strides),
            _ => values,
        };
        Ok(Tensor {
            name: name.clone(),
            shape: array.summary.shape.clone(),
            values,
        })
    }

    fn refused(&self, reason: String) -> WeightsFileError {
        WeightsFileError::Format {
            path: self.path.clone(),
            format: self.format,
            reason,
        }
    }

    fn of_zip_error(&self, error: ZipError) -> WeightsFileError {
        match error {
            ZipError::Io(source) => WeightsFileError::Read {
                path: self.path.clone(),
                source,
            },
            ZipError::Content(reason) => self.refused(reason),
        }
    }

    fn bytes(&self, at: u64, count: u64) -> Result<Vec<u8>, WeightsFileError> {
        let bytes = zip::bytes_at(&mut *self.content.borrow_mut(), self.length, at, count);
        bytes.map_err(|error| self.of_zip_error(error))
    }

    /// The bytes of a file in the archive that is no storage.
    fn member(&self, member: &Member) -> Result<Vec<u8>, WeightsFileError> {
        self.check_stored(member)?;
        if member.length > LONGEST_PICKLE {
            return Err(self.refused(format!("{:?} has {} bytes", member.name, member.length)));
        }
        let bytes = self.bytes(member.at, member.length)?;
        match crc32(&bytes) == member.crc32 {
            true => Ok(bytes),
            false => Err(self.refused(format!("the checksum of {:?} is another", member.name))),
        }
    }

    fn check_stored(&self, member: &Member) -> Result<(), WeightsFileError> {
        match member.packing {
            Packing::Stored => Ok(()),
            Packing::Deflated | Packing::Other => {
                Err(self.refused(format!("{:?} is compressed or encrypted", member.name)))
            }
        }
    }

    fn of_zip(&self) -> Result<Vec<Placed>, WeightsFileError> {
        let members = zip::members(&mut *self.content.borrow_mut(), self.length);
        let members = members.map_err(|error| self.of_zip_error(error))?;
        let find = |name: &str| members.iter().find(|member| member.name == name);
        let pickle = members.iter().find_map(|member| {
            let folder = member.name.strip_suffix("data.pkl")?;
            (folder.ends_with('/') && folder.matches('/').count() == 1).then_some((folder, member))
        });
        let Some((folder, pickle)) = pickle else {
            return Err(self.refused("it is an archive without data.pkl".to_owned()));
        };
        if let Some(order) = find(&format!("{folder}byteorder"))
            && self.member(order)? != b"little"
        {
            return Err(self.refused("its numbers begin with their highest byte".to_owned()));
        }
        let pickle = self.member(pickle)?;
        let content = pytorch::content(&pickle).map_err(|reason| self.refused(reason))?;
        let storages: BTreeMap<&str, &Member> = members.iter().map(|one| (&one.name[..], one)).collect();
        let mut places = BTreeMap::new();
        for (key, (element, count)) in &content.storages {
            let member = storages.get(&format!("{folder}data/{key}")[..]);
            let member = member.ok_or_else(|| self.refused(format!("it has no storage {key:?}")))?;
            self.check_stored(member)?;
            let bytes = count.checked_mul(element.bytes()).map(|bytes| bytes as u64);
            if bytes != Some(member.length) {
                return Err(self.refused(format!("its storage {key:?} has not {count} numbers")));
            }
            let place = Place {
                at: member.at,
                count: *count,
                crc32: Some(member.crc32),
            };
            places.insert(Rc::clone(key), place);
        }
        Ok(placed(content.views, &places))
    }

    fn of_legacy(&self) -> Result<Vec<Placed>, WeightsFileError> {
        let beginning = self.bytes(0, self.length.min(LONGEST_PICKLE))?;
        let parsed = legacy::parse(&beginning, self.length).map_err(|reason| self.refused(reason))?;
        let mut places = BTreeMap::new();
        for (key, &at) in &parsed.places {
            let (_, count) = parsed.content.storages[key];
            if self.bytes(at - 8, 8)? != (count as u64).to_le_bytes() {
                return Err(self.refused(format!("its storage {key:?} has not {count} numbers")));
            }
            let place = Place {
                at,
                count,
                crc32: None,
            };
            places.insert(Rc::clone(key), place);
        }
        let missing = |view: &&View| !places.contains_key(&view.storage.key);
        if let Some(view) = parsed.content.views.values().find(missing) {
            return Err(self.refused(format!("it has no storage {:?}", view.storage.key)));
        }
        Ok(placed(parsed.content.views, &places))
    }

    fn of_safetensors(&self, description: u64) -> Result<Vec<Placed>, WeightsFileError> {
        let description = self.bytes(8, description)?;
        let arrays = safetensors::arrays(&description, self.length);
        let mut arrays = arrays.map_err(|reason| self.refused(reason))?;
        arrays.sort_by(|one, other| one.name.cmp(&other.name));
        let placed = arrays.into_iter().map(|array| Placed {
            // The description was held to the length of the file.
            span: array.shape.iter().product(),
            summary: ArraySummary {
                name: array.name,
                shape: array.shape,
                is_real: array.element.is_real(),
            },
            element: array.element,
            at: array.at,
            strides: None,
            crc32: None,
        });
        Ok(placed.collect())
    }

    /// Refuses arrays that together would take much more memory than the file has bytes.
    fn check_size(&self) -> Result<(), WeightsFileError> {
        let bytes = |array: &Placed| (array.span as u64).saturating_mul(array.element.bytes() as u64);
        let all = self
            .arrays
            .iter()
            .fold(0, |all: u64, array| all.saturating_add(bytes(array)));
        match all <= self.length.saturating_mul(MOST_SHARED) {
            true => Ok(()),
            false => Err(self.refused(format!(
                "its arrays have more than {MOST_SHARED} times the numbers that it has"
            ))),
        }
    }
}

/// Where a storage lies.
struct Place {
    at: u64,
    count: usize,
    crc32: Option<u32>,
}

fn placed(views: BTreeMap<String, View>, places: &BTreeMap<Rc<str>, Place>) -> Vec<Placed> {
    let placed = views.into_iter().filter_map(|(name, view)| {
        let place = places.get(&view.storage.key)?;
        let element = view.storage.element;
        let is_whole = view.first == 0 && view.span == place.count;
        Some(Placed {
            summary: ArraySummary {
                name,
                shape: view.shape.to_vec(),
                is_real: element.is_real(),
            },
            element,
            at: place.at + (view.first * element.bytes()) as u64,
            span: view.span,
            strides: (!is_row_major(&view)).then(|| view.strides.to_vec()),
            crc32: place.crc32.filter(|_| is_whole),
        })
    });
    placed.collect()
}

/// Whether the numbers of an array lie in their order, without gaps.
fn is_row_major(view: &View) -> bool {
    let mut expected = 1;
    let mut axes = view.shape.iter().zip(view.strides.iter()).rev();
    axes.all(|(&extent, &stride)| {
        let fits = extent == 1 || stride == expected;
        expected = expected.saturating_mul(extent.max(1));
        fits
    })
}

/// The numbers of an array in their order.
fn gathered(values: &[f32], shape: &[usize], strides: &[usize]) -> Vec<f32> {
    let count = shape.iter().product();
    let mut position = vec![0; shape.len()];
    let mut gathered = Vec::with_capacity(count);
    while gathered.len() < count {
        let at: usize = position
            .iter()
            .zip(strides)
            .map(|(index, stride)| index * stride)
            .sum();
        gathered.push(values[at]);
        for (index, extent) in position.iter_mut().zip(shape).rev() {
            *index += 1;
            if *index < *extent {
                break;
            }
            *index = 0;
        }
    }
    gathered
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
