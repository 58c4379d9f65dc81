//! Files of arrays by their beginning: one array, or an archive of several, of which compressed ones are unpacked beside memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::CrcReader;
use flate2::read::DeflateDecoder;

use super::error::{ArrayError, refused, unread};
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

/// The names of a file's arrays, in its order; that of a `.npy` file has the name "". Looks at none of them.
///
/// # Errors
/// [`ArrayError`] where the file cannot be read or is no file of arrays.
pub fn names(path: &Path) -> Result<Vec<String>, ArrayError> {
    let opened = Archive::open(path)?;
    Ok(match &opened.members {
        None => vec![String::new()],
        Some(members) => members.iter().map(|one| array_name(one).to_owned()).collect(),
    })
}

/// The array of a name in an archive; in a `.npy` file any name is the one array's.
///
/// # Errors
/// As [`names`]; where there is none of that name, or it is damaged or holds no numbers.
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
        let unread = |source| unread(path, source);
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

    fn alone(&self) -> Result<ArrayFile, ArrayError> {
        let file = self
            .file
            .try_clone()
            .map_err(|source| unread(self.path, source))?;
        ArrayFile::alone(self.path, NPY, file, self.length)
    }

    fn member(&self, member: &Member) -> Result<ArrayFile, ArrayError> {
        let packed = packed(self.path, member)?;
        match member.packing {
            Packing::Stored => ArrayFile::of_member(self.path, NPZ, member, &mut packed.take(member.length)),
            Packing::Deflated => ArrayFile::of_member(self.path, NPZ, member, &mut unpacking(packed, member)),
            Packing::Other => {
                let reason = format!("{:?} is encrypted, or compressed in an unusual way", member.name);
                Err(refused(self.path, NPZ, reason))
            }
        }
    }
}

/// A file of its own for a member, at its first byte: clones of one share where they are.
fn packed(path: &Path, member: &Member) -> Result<File, ArrayError> {
    let mut file = File::open(path).map_err(|source| unread(path, source))?;
    file.seek(SeekFrom::Start(member.at))
        .map_err(|source| unread(path, source))?;
    Ok(file)
}

fn unpacking(packed: File, member: &Member) -> impl Read {
    DeflateDecoder::new(packed.take(member.stored))
}

/// The file in which a member lies as it is, and where it begins there, once all of it is what its archive says.
///
/// What is compressed is unpacked into a file that is gone when it is closed: arrays may be larger than memory.
pub(super) fn whole(path: &Path, member: &Member) -> Result<(File, u64), ArrayError> {
    let damaged = |reason: &str| refused(path, NPZ, format!("{:?} {reason}", member.name));
    let is_deflated = member.packing == Packing::Deflated;
    if is_deflated && member.length / LARGEST_RATIO > member.stored {
        return Err(damaged("says that it is longer than it can be"));
    }
    let packed_file = packed(path, member)?;
    let (file, at, copied) = match is_deflated {
        true => {
            let mut unpacked = tempfile::tempfile().map_err(|source| unread(path, source))?;
            let copied = summed(unpacking(packed_file, member), member, &mut unpacked);
            (unpacked, 0, copied)
        }
        false => {
            let copied = summed((&packed_file).take(member.stored), member, &mut io::sink());
            (packed_file, member.at, copied)
        }
    };
    match copied {
        Ok((length, _)) if length != member.length => {
            Err(damaged("has another length than its directory says"))
        }
        Ok((_, sum)) if sum != member.crc32 => {
            Err(damaged("is damaged: its sum is not the one in its directory"))
        }
        Ok(_) => Ok((file, at)),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => damaged("is damaged"),
            io::ErrorKind::UnexpectedEof => damaged("is cut short"),
            _ => unread(path, error),
        }),
    }
}

/// Copies a member, and one byte more if there is one: how many bytes there were, and their CRC-32.
fn summed(from: impl Read, member: &Member, to: &mut impl Write) -> io::Result<(u64, u32)> {
    let mut from = CrcReader::new(from.take(member.length + 1));
    let length = io::copy(&mut from, to)?;
    Ok((length, from.crc().sum()))
}
