//! The directory of a ZIP archive (PKWARE, "APPNOTE.TXT", sections 4.3 to 4.5): where its files lie, as torch.save stores them
//! and NumPy stores or deflates them. Unpacks nothing. The library `zip` would do more, and brings ten packages.

use std::io::{self, Read, Seek, SeekFrom};

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Where its bytes begin, in bytes from the beginning of the archive.
    pub(crate) at: u64,
    /// Bytes that it takes there.
    pub(crate) stored: u64,
    /// Bytes that it has.
    pub(crate) length: u64,
    pub(crate) crc32: u32,
    pub(crate) packing: Packing,
}

/// How the bytes of a file stand in its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    Stored,
    /// Compressed (RFC 1951).
    Deflated,
    /// Compressed in another way, or encrypted.
    Other,
}

/// Why an archive is not read.
#[derive(Debug)]
pub(crate) enum ZipError {
    Io(io::Error),
    Content(String),
}

impl From<io::Error> for ZipError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn content<T>(reason: impl Into<String>) -> Result<T, ZipError> {
    Err(ZipError::Content(reason.into()))
}

const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const END_BYTES: usize = 22;
const LOCATOR_BYTES: usize = 20;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The longest comment behind the end.
const COMMENT_BYTES: u64 = 65535;
/// The longest directory: that of a hundred thousand files.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// The files of an archive, which has so many bytes.
pub(crate) fn members(file: &mut (impl Read + Seek), length: u64) -> Result<Vec<Member>, ZipError> {
    let (at, bytes) = directory(file, length)?;
    if bytes > LONGEST_DIRECTORY {
        return content(format!("its directory has {bytes} bytes"));
    }
    let directory = bytes_at(file, length, at, bytes)?;
    let mut rest = &directory[..];
    let mut members = Vec::new();
    while !rest.is_empty() {
        members.push(member(&mut rest)?);
    }
    for member in &mut members {
        let local = bytes_at(file, length, member.at, LOCAL_BYTES as u64)?;
        if local[..4] != LOCAL {
            return content(format!("its directory does not point to {:?}", member.name));
        }
        let names = u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28));
        member.at = member.at.saturating_add(LOCAL_BYTES as u64 + names);
        let end = member.at.checked_add(member.stored);
        if end.is_none_or(|end| end > at) {
            return content(format!("{:?} ends behind the end of the file", member.name));
        }
    }
    Ok(members)
}

/// Where the directory begins, and how long it is.
fn directory(file: &mut (impl Read + Seek), length: u64) -> Result<(u64, u64), ZipError> {
    let tail_bytes = length.min(COMMENT_BYTES + (END_BYTES + LOCATOR_BYTES) as u64);
    let tail = bytes_at(file, length, length - tail_bytes, tail_bytes)?;
    let is_end = |&at: &usize| tail[at..at + 4] == END;
    let last = tail.len().checked_sub(END_BYTES);
    let Some(at) = last.and_then(|last| (0..=last).rev().find(is_end)) else {
        return content("it ends before the directory of its files");
    };
    let end = &tail[at..];
    let (bytes, offset) = (u32_at(end, 12), u32_at(end, 16));
    let locator = at.checked_sub(LOCATOR_BYTES).map(|at| &tail[at..]);
    match locator.filter(|locator| locator[..4] == LOCATOR_64) {
        Some(locator) => {
            let end = bytes_at(file, length, u64_at(locator, 8), 56)?;
            match end[..4] == END_64 {
                true => Ok((u64_at(&end, 48), u64_at(&end, 40))),
                false => content("its directory is not where it says"),
            }
        }
        None => Ok((u64::from(offset), u64::from(bytes))),
    }
}

/// The next entry of the directory; `at` is that of its header.
fn member(rest: &mut &[u8]) -> Result<Member, ZipError> {
    let cut_short = || ZipError::Content("its directory is cut short".to_owned());
    let (entry, variable) = rest.split_at_checked(ENTRY_BYTES).ok_or_else(cut_short)?;
    if entry[..4] != ENTRY {
        return content("its directory is damaged");
    }
    let lengths = [28, 30, 32].map(|at| usize::from(u16_at(entry, at)));
    let (name, variable) = variable.split_at_checked(lengths[0]).ok_or_else(cut_short)?;
    let (extra, variable) = variable.split_at_checked(lengths[1]).ok_or_else(cut_short)?;
    *rest = variable.get(lengths[2]..).ok_or_else(cut_short)?;
    let name = String::from_utf8_lossy(name).into_owned();
    let mut sizes = [24, 20, 42].map(|at| u64::from(u32_at(entry, at)));
    large_sizes(extra, &mut sizes);
    let [length, stored, at] = sizes;
    let (flags, method) = (u16_at(entry, 8), u16_at(entry, 10));
    Ok(Member {
        packing: match method {
            _ if flags & 1 != 0 => Packing::Other,
            0 if length == stored => Packing::Stored,
            8 => Packing::Deflated,
            _ => Packing::Other,
        },
        name,
        at,
        stored,
        length,
        crc32: u32_at(entry, 16),
    })
}

/// Sizes that do not fit 32 bits stand, in this order, in a field of their own (section 4.5.3).
fn large_sizes(mut extra: &[u8], sizes: &mut [u64; 3]) {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let Some(field) = extra.get(4..4 + length) else {
            return;
        };
        if kind == 1 {
            let large = sizes.iter_mut().filter(|size| **size == u64::from(u32::MAX));
            for (size, bytes) in large.zip(field.as_chunks().0) {
                *size = u64::from_le_bytes(*bytes);
            }
        }
        extra = &extra[4 + length..];
    }
}

/// Bytes of a file, of which it must have as many.
pub(crate) fn bytes_at(
    file: &mut (impl Read + Seek),
    length: u64,
    at: u64,
    count: u64,
) -> Result<Vec<u8>, ZipError> {
    if at.checked_add(count).is_none_or(|end| end > length) {
        return content("it is cut short");
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(count).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == count {
        true => Ok(bytes),
        false => content("it is cut short"),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
