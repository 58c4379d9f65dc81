//! Content read from a store, verified. Knows a file and the digest it must have; does not know what it is for.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use crate::{BlobError, Digest};

/// Smaller files are copied: a mapping costs a page fault for every 4 KiB and a system call to end it.
const MAPPED_BYTES: u64 = 64 << 10;

/// Verified content of the store; dereferences to its bytes.
///
/// Large content is mapped, not copied; it stays readable if the store removes the blob meanwhile.
pub struct Blob {
    digest: Digest,
    content: Content,
}

enum Content {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Blob {
    /// Opens a file and verifies that it holds what the digest promises.
    pub(crate) fn open(path: &Path, digest: &Digest) -> Result<Blob, BlobError> {
        let content = Content::read(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => BlobError::Missing { digest: *digest },
            _ => BlobError::Io {
                path: path.to_owned(),
                source,
            },
        })?;
        let found = Digest::of(content.bytes());
        if found != *digest {
            return Err(BlobError::Damaged {
                digest: *digest,
                found,
                path: path.to_owned(),
            });
        }
        Ok(Blob {
            digest: *digest,
            content,
        })
    }

    /// The digest of the content.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl Content {
    fn read(path: &Path) -> io::Result<Content> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes < MAPPED_BYTES {
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            return Ok(Content::Owned(content));
        }
        #[expect(
            unsafe_code,
            reason = "mapping is the only way to read a large file without copying it"
        )]
        // SAFETY: the store never writes to a blob once it has its name: it is read-only, replaced by rename
        // and removed by unlink, both of which leave a mapping as it is.
        let mapping = unsafe { Mmap::map(&file)? };
        Ok(Content::Mapped(mapping))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Content::Owned(bytes) => bytes,
            Content::Mapped(mapping) => mapping,
        }
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.content.bytes()
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Blob({}, {} bytes)", self.digest, self.len())
    }
}
