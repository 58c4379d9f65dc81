//! Files of arrays by their beginning: one array, or an archive of several, of which compressed ones are unpacked beside memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;

use super::error::ArrayError;
use super::npy::ArrayFile;
use crate::zip::{self, Member, Packing, ZipError};

const NPY: &str = ".npy file";
const NPZ: &str = ".npz file";
const NPY_MAGIC: &[u8] = b"\x93NUMPY";
const ZIP_MAGIC: &[u8] = b"PK";
/// How many times as long as its archive an unpacked array may be; deflating makes nothing shorter than that.
const LARGEST_RATIO: u64 = 1100;

/// Whether a file begins as one of arrays, or is named as one.
///
/// # Errors
/// Where it cannot be read.
pub fn is_array_file(path: &Path) -> io::Result<bool> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    if extension.is_some_and(|extension| ["npy", "npz"].contains(&extension)) {
        return Ok(true);
    }
    let beginning = beginning(&mut File::open(path)?)?;
    Ok(beginning.starts_with(NPY_MAGIC))
}

fn beginning(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(NPY_MAGIC.len() as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All arrays of a file by name; that of a `.npy` file has the name "".
///
/// # Errors
/// [`ArrayError`] where the file cannot be read or is no file of arrays.
pub fn open(path: &Path) -> Result<Vec<(String, ArrayFile)>, ArrayError> {
    let opened = Archive::open(path)?;
    match &opened.members {
        None => Ok(vec![(String::new(), opened.alone()?)]),
        Some(members) => members
            .iter()
            .map(|member| Ok((array_name(member).to_owned(), opened.member(member)?)))
            .collect(),
    }
}

/// The one array of a file.
///
/// # Errors
/// As [`open`]; where there are several.
pub fn open_single(path: &Path) -> Result<ArrayFile, ArrayError> {
    let opened = Archive::open(path)?;
    match opened.members.as_deref() {
        None => opened.alone(),
        Some([member]) => opened.member(member),
        Some(members) => Err(ArrayError::Several {
            path: path.to_owned(),
            names: members.iter().map(|one| array_name(one).to_owned()).collect(),
        }),
    }
}

/// The array of a name in an archive; in a `.npy` file any name is the one array's.
///
/// # Errors
/// As [`open`]; where there is none of that name.
pub fn open_named(path: &Path, name: &str) -> Result<ArrayFile, ArrayError> {
    let opened = Archive::open(path)?;
    let Some(members) = &opened.members else {
        return opened.alone();
    };
    match members.iter().find(|member| array_name(member) == name) {
        Some(member) => opened.member(member),
        None => Err(ArrayError::Missing {
            path: path.to_owned(),
            name: name.to_owned(),
            names: members.iter().map(|one| array_name(one).to_owned()).collect(),
        }),
    }
}

fn array_name(member: &Member) -> &str {
    member.name.strip_suffix(".npy").unwrap_or(&member.name)
}

/// An open file of arrays.
struct Archive<'p> {
    path: &'p Path,
    file: File,
    length: u64,
    /// None for one array alone.
    members: Option<Vec<Member>>,
}

impl<'p> Archive<'p> {
    fn open(path: &'p Path) -> Result<Self, ArrayError> {
        let unread = |source| ArrayError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(unread)?;
        let length = file.metadata().map_err(unread)?.len();
        let beginning = beginning(&mut file).map_err(unread)?;
        let members = match beginning.starts_with(ZIP_MAGIC) {
            true => Some(zip::members(&mut file, length).map_err(|error| match error {
                ZipError::Io(source) => unread(source),
                ZipError::Content(reason) => refused(path, NPZ, reason),
            })?),
            false => None,
        };
        Ok(Self {
            path,
            file,
            length,
            members,
        })
    }

    fn unread(&self, source: io::Error) -> ArrayError {
        ArrayError::Read {
            path: self.path.to_owned(),
            source,
        }
    }

    fn alone(&self) -> Result<ArrayFile, ArrayError> {
        let file = self.file.try_clone().map_err(|source| self.unread(source))?;
        ArrayFile::new(self.path, NPY, file, 0, self.length)
    }

    fn member(&self, member: &Member) -> Result<ArrayFile, ArrayError> {
        // A file of its own: clones of one share where they are.
        let file = File::open(self.path).map_err(|source| self.unread(source))?;
        match member.packing {
            Packing::Stored => ArrayFile::new(self.path, NPZ, file, member.at, member.length),
            Packing::Deflated => {
                let unpacked = self.unpacked(member, file)?;
                ArrayFile::new(self.path, NPZ, unpacked, 0, member.length)
            }
            Packing::Other => {
                let reason = format!("{:?} is encrypted, or compressed in an unusual way", member.name);
                Err(refused(self.path, NPZ, reason))
            }
        }
    }

    /// The bytes of a compressed array, in a file that is gone when it is closed: arrays may be larger than memory.
    fn unpacked(&self, member: &Member, mut packed: File) -> Result<File, ArrayError> {
        let damaged = |reason: &str| refused(self.path, NPZ, format!("{:?} {reason}", member.name));
        if member.length / LARGEST_RATIO > member.stored {
            return Err(damaged("says that it is longer than it can be"));
        }
        packed
            .seek(SeekFrom::Start(member.at))
            .map_err(|source| self.unread(source))?;
        let mut unpacked = tempfile::tempfile().map_err(|source| self.unread(source))?;
        let decoder = DeflateDecoder::new(packed.take(member.stored));
        let copied = io::copy(&mut decoder.take(member.length + 1), &mut unpacked);
        match copied {
            Ok(length) if length == member.length => Ok(unpacked),
            Ok(_) => Err(damaged("has another length than its directory says")),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                Err(damaged("is damaged"))
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(damaged("is cut short")),
            Err(source) => Err(self.unread(source)),
        }
    }
}

fn refused(path: &Path, format: &'static str, reason: String) -> ArrayError {
    ArrayError::Format {
        path: path.to_owned(),
        format,
        reason,
    }
}
