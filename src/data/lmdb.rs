//! The records of an LMDB file in the order of their keys.
//!
//! Pages are read by ordinary reads, as many as are needed, and never through a map of the file: one that is cut short, or
//! damaged anywhere, or changed while it is read, is a typed error and not a signal that ends the program. The file is opened
//! for reading alone, no lock file is made, and so it may lie in a folder that nobody may write to.
//!
//! Knows the format of LMDB 0.9 (version 1) as a 64-bit little-endian machine writes it, and of that one table of distinct
//! keys. Layout: `MDB_page`, `MDB_meta`, `MDB_db` and `MDB_node` of LMDB's mdb.c (Chu 2011, "MDB: A Memory-Mapped Database and
//! Backend for OpenLDAP"). Whether a larger map was asked for when it was written does not matter here. Knows no image.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub(super) use entries::{Entries, Entry};
pub use error::LmdbError;

mod entries;
mod error;

/// The first bytes of a meta page's content.
const MAGIC: u32 = 0xBEEF_C0DE;
/// The version of the format of LMDB 0.9.
const VERSION: u32 = 1;
/// Bytes at the beginning of each page.
const PAGE_HEADER: usize = 16;
/// Bytes of a meta page that are used.
const META_BYTES: usize = 152;
/// Bytes that a page may have.
const PAGE_BYTES: std::ops::RangeInclusive<usize> = 512..=65_536;
/// The deepest tree that LMDB itself reads.
const DEEPEST: u16 = 32;
/// The root of a tree without a record.
const NO_PAGE: u64 = u64::MAX;
/// Flag of a page of pointers to pages.
const BRANCH: u16 = 0x01;
/// Flag of a page of records.
const LEAF: u16 = 0x02;
/// Flag of the first page of a value that has pages of its own.
const OVERFLOW: u16 = 0x04;

/// An LMDB file that is open for reading.
#[derive(Debug)]
pub(super) struct Lmdb {
    path: PathBuf,
    file: File,
    /// Bytes of the file.
    length: u64,
    page_bytes: usize,
    /// The page that the tree begins with, if there is a record.
    root: u64,
    /// Levels of pages.
    depth: u16,
    /// How many records the file says that it has.
    records: u64,
}

/// What is used of a meta page.
#[derive(Debug)]
struct Meta {
    page_bytes: usize,
    flags: u16,
    depth: u16,
    records: u64,
    root: u64,
    last_page: u64,
    transaction: u64,
}

impl Lmdb {
    /// Opens a file, `data.mdb` of the folder that is called the database.
    ///
    /// # Errors
    /// [`LmdbError`] where the file cannot be read, is no LMDB file of this format, or is shorter than its records need.
    pub(super) fn open(path: &Path) -> Result<Self, LmdbError> {
        let failed = |source| LmdbError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let first = read_meta(path, &mut file, 0, length)?;
        let second = read_meta(path, &mut file, first.page_bytes as u64, length)?;
        let meta = if second.transaction > first.transaction {
            second
        } else {
            first
        };
        if meta.flags != 0 {
            let what = format!("a table with the flags {:#06x}", meta.flags);
            return Err(LmdbError::unsupported(path, &what));
        }
        let lmdb = Self {
            path: path.to_owned(),
            file,
            length,
            page_bytes: meta.page_bytes,
            root: meta.root,
            depth: meta.depth,
            records: meta.records,
        };
        lmdb.check_length(meta.last_page)?;
        Ok(lmdb)
    }

    /// How many records the file says that it has.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// The records in the order of the bytes of their keys, without reading values that have pages of their own.
    pub(super) fn entries(&self) -> Entries<'_> {
        Entries::new(self)
    }

    /// Reads the value of a record.
    ///
    /// # Errors
    /// [`LmdbError`] where it cannot be read or its pages are damaged.
    pub(super) fn value(&self, entry: &Entry) -> Result<Vec<u8>, LmdbError> {
        let (page, length) = match &entry.value {
            entries::Value::Inline(bytes) => return Ok(bytes.clone()),
            entries::Value::Pages { first, length } => (*first, *length),
        };
        let needed = self.overflow_bytes(page, length)?;
        let mut bytes = self.read(page, needed)?;
        let header = Header::of(&bytes).ok_or_else(|| self.corrupt(page, "it is too short"))?;
        let pages = (needed as u64).div_ceil(self.page_bytes as u64);
        if header.number != page || header.flags != OVERFLOW || header.pages() < pages {
            let key = String::from_utf8_lossy(&entry.key);
            return Err(self.corrupt(page, &format!("it should be the value of the record {key}")));
        }
        bytes.drain(..PAGE_HEADER);
        Ok(bytes)
    }

    /// Bytes of a value with the header before it; an error where they are not all in the file.
    fn overflow_bytes(&self, page: u64, length: u32) -> Result<usize, LmdbError> {
        let needed = PAGE_HEADER as u64 + u64::from(length);
        self.check_inside(page, needed)?;
        usize::try_from(needed).map_err(|_| self.corrupt(page, "its value is longer than memory"))
    }

    /// A file that is shorter than its last page may still hold all records, as pages that were freed before they were
    /// written are missing; if one record lies beyond the end, the file was cut short.
    fn check_length(&self, last_page: u64) -> Result<(), LmdbError> {
        let announced = last_page
            .checked_add(1)
            .and_then(|pages| pages.checked_mul(self.page_bytes as u64));
        if announced.is_some_and(|announced| announced <= self.length) {
            return Ok(());
        }
        for entry in self.entries() {
            if let entries::Value::Pages { first, length } = entry?.value {
                self.overflow_bytes(first, length)?;
            }
        }
        Ok(())
    }

    fn check_inside(&self, page: u64, bytes: u64) -> Result<(), LmdbError> {
        let end = page
            .checked_mul(self.page_bytes as u64)
            .and_then(|start| start.checked_add(bytes));
        match end {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(LmdbError::Truncated {
                path: self.path.clone(),
                page,
                page_bytes: self.page_bytes,
                found: self.length,
            }),
        }
    }

    /// Reads a page of the tree.
    fn page(&self, number: u64) -> Result<Page, LmdbError> {
        let bytes = self.read(number, self.page_bytes)?;
        Page::new(number, bytes).map_err(|what| self.corrupt(number, what))
    }

    fn read(&self, page: u64, bytes: usize) -> Result<Vec<u8>, LmdbError> {
        self.check_inside(page, bytes as u64)?;
        let mut content = vec![0; bytes];
        let mut file = &self.file;
        let read = file
            .seek(SeekFrom::Start(page * self.page_bytes as u64))
            .and_then(|_| file.read_exact(&mut content));
        read.map_err(|source| LmdbError::Read {
            path: self.path.clone(),
            source,
        })?;
        Ok(content)
    }

    fn corrupt(&self, page: u64, what: &str) -> LmdbError {
        LmdbError::Corrupt {
            path: self.path.clone(),
            page,
            what: what.to_owned(),
        }
    }
}

/// Reads the meta page at an offset.
fn read_meta(path: &Path, file: &mut File, offset: u64, length: u64) -> Result<Meta, LmdbError> {
    let mut bytes = [0; META_BYTES];
    if length < offset + META_BYTES as u64 {
        return Err(LmdbError::NoDatabase {
            path: path.to_owned(),
            what: format!("it has {length} bytes"),
        });
    }
    let read = file
        .seek(SeekFrom::Start(offset))
        .and_then(|_| file.read_exact(&mut bytes));
    read.map_err(|source| LmdbError::Read {
        path: path.to_owned(),
        source,
    })?;
    check_format(path, &bytes)?;
    let meta = Meta::of(&bytes);
    match meta {
        Some(meta) if PAGE_BYTES.contains(&meta.page_bytes) && meta.page_bytes.is_power_of_two() => Ok(meta),
        _ => Err(LmdbError::Corrupt {
            path: path.to_owned(),
            page: u64::from(offset != 0),
            what: "it announces a size of pages that LMDB does not have".to_owned(),
        }),
    }
}

fn check_format(path: &Path, meta: &[u8; META_BYTES]) -> Result<(), LmdbError> {
    let at = |offset| u32_at(meta, offset).unwrap_or_default();
    if at(PAGE_HEADER) == MAGIC {
        return match at(PAGE_HEADER + 4) {
            VERSION => Ok(()),
            other => Err(LmdbError::unsupported(
                path,
                &format!("version {other} of the format"),
            )),
        };
    }
    // The header of a page is shorter where addresses are.
    if at(PAGE_HEADER - 4) == MAGIC {
        return Err(LmdbError::unsupported(path, "the format of 32-bit machines"));
    }
    if at(PAGE_HEADER).swap_bytes() == MAGIC {
        return Err(LmdbError::unsupported(path, "the format of big-endian machines"));
    }
    Err(LmdbError::NoDatabase {
        path: path.to_owned(),
        what: format!(
            "bytes 16 to 19 are {:#010x}, expected {MAGIC:#010x}",
            at(PAGE_HEADER)
        ),
    })
}

impl Meta {
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            page_bytes: usize::try_from(u32_at(bytes, 40)?).ok()?,
            flags: u16_at(bytes, 92)?,
            depth: u16_at(bytes, 94)?,
            records: u64_at(bytes, 120)?,
            root: u64_at(bytes, 128)?,
            last_page: u64_at(bytes, 136)?,
            transaction: u64_at(bytes, 144)?,
        })
    }
}

/// The beginning of a page.
struct Header {
    number: u64,
    flags: u16,
    /// Bytes of the header and of the places of nodes; with `upper` the number of pages of a value.
    lower: u16,
    upper: u16,
}

impl Header {
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            number: u64_at(bytes, 0)?,
            flags: u16_at(bytes, 10)?,
            lower: u16_at(bytes, 12)?,
            upper: u16_at(bytes, 14)?,
        })
    }

    fn pages(&self) -> u64 {
        u64::from(self.lower) | u64::from(self.upper) << 16
    }
}

/// A page of the tree: pointers to pages, or records.
#[derive(Debug)]
struct Page {
    number: u64,
    bytes: Vec<u8>,
    is_leaf: bool,
    nodes: usize,
}

/// One pointer or record of a page.
struct Node<'p> {
    /// Three numbers that mean one thing in a leaf and another in a branch.
    low: u16,
    high: u16,
    flags: u16,
    key: &'p [u8],
    /// What lies behind the key, to the end of the page.
    rest: &'p [u8],
}

impl Page {
    fn new(number: u64, bytes: Vec<u8>) -> Result<Self, &'static str> {
        let header = Header::of(&bytes).ok_or("it is too short")?;
        if header.number != number {
            return Err("it has the number of another page");
        }
        let is_leaf = match header.flags {
            LEAF => true,
            BRANCH => false,
            _ => return Err("it is no page of records and none of pointers"),
        };
        let places = usize::from(header.lower).checked_sub(PAGE_HEADER);
        let places = places.filter(|places| places.is_multiple_of(2) && *places > 0);
        match places {
            Some(places) if PAGE_HEADER + places <= bytes.len() => Ok(Self {
                number,
                bytes,
                is_leaf,
                nodes: places / 2,
            }),
            _ => Err("its number of entries is impossible"),
        }
    }

    fn node(&self, index: usize) -> Option<Node<'_>> {
        let place = usize::from(u16_at(&self.bytes, PAGE_HEADER + 2 * index)?);
        let node = self.bytes.get(place..)?;
        let key_bytes = usize::from(u16_at(node, 6)?);
        let (key, rest) = node.get(8..)?.split_at_checked(key_bytes)?;
        Some(Node {
            low: u16_at(node, 0)?,
            high: u16_at(node, 2)?,
            flags: u16_at(node, 4)?,
            key,
            rest,
        })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests;
