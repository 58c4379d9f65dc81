//! Digests of content, and the keys of stages. Knows BLAKE3 and hexadecimal; does not know what is hashed.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Content from this size on is hashed on all cores; below it starting them costs more than it saves.
const PARALLEL_BYTES: usize = 1 << 20;

/// The BLAKE3 hash of some content: equal digests mean equal bytes.
///
/// Written as 64 lower-case hexadecimal digits, by `Display` and in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Hashes bytes in memory.
    pub fn of(bytes: &[u8]) -> Digest {
        let mut hasher = blake3::Hasher::new();
        if bytes.len() < PARALLEL_BYTES {
            hasher.update(bytes);
        } else {
            hasher.update_rayon(bytes);
        }
        Digest(*hasher.finalize().as_bytes())
    }

    /// Hashes a file; a large one is mapped and hashed on all cores.
    ///
    /// # Errors
    /// Those of opening and reading the file.
    pub fn of_file(path: &Path) -> io::Result<Digest> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_mmap_rayon(path)?;
        Ok(Digest(*hasher.finalize().as_bytes()))
    }

    /// Hashes bytes for one purpose only, so that the result never equals a digest of content.
    pub(crate) fn of_purpose(purpose: &str, bytes: &[u8]) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key(purpose);
        hasher.update(bytes);
        Digest(*hasher.finalize().as_bytes())
    }

    /// The 32 bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits, for people.
    pub fn short(&self) -> String {
        let mut digits = self.to_string();
        digits.truncate(12);
        digits
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

/// A text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits, found `{found}`")]
pub struct DigestError {
    /// The text.
    pub found: String,
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        let refused = || DigestError {
            found: text.to_owned(),
        };
        // The hexadecimal parser also takes upper case; one digest has one spelling here.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(refused());
        }
        let hash = blake3::Hash::from_hex(text).map_err(|_| refused())?;
        Ok(Digest(*hash.as_bytes()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// What the result of one stage is found by: the digest of its [`KeyDocument`](crate::KeyDocument).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Digest);

impl Key {
    pub(crate) fn new(digest: Digest) -> Key {
        Key(digest)
    }

    /// The digest of the document.
    pub fn digest(&self) -> Digest {
        self.0
    }

    /// The first 12 hexadecimal digits, for people.
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({self})")
    }
}

impl FromStr for Key {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Key, DigestError> {
        text.parse().map(Key)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_digest_of_nothing_is_the_one_blake3_publishes() {
        let published = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(Digest::of(b"").to_string(), published);
        assert_eq!(Digest::of(b"").short(), "af1349b9f5f9");
    }

    #[test]
    fn a_digest_has_one_spelling() {
        let digest = Digest::of(b"generator");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        let error = digest.to_string().to_uppercase().parse::<Digest>().unwrap_err();
        assert!(error.to_string().contains("lower-case"), "{error}");
        assert!("af13".parse::<Digest>().is_err());
        assert!("zz".repeat(32).parse::<Digest>().is_err());
    }

    #[test]
    fn memory_and_file_agree_below_and_above_the_parallel_size() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [
            0,
            1,
            1025,
            PARALLEL_BYTES - 1,
            PARALLEL_BYTES,
            3 * PARALLEL_BYTES + 7,
        ] {
            let content: Vec<u8> = (0..bytes).map(|i| (i % 251) as u8).collect();
            let path = folder.path().join(bytes.to_string());
            std::fs::write(&path, &content).unwrap();
            let plain = Digest(*blake3::hash(&content).as_bytes());
            assert_eq!(Digest::of(&content), plain, "{bytes} bytes");
            assert_eq!(Digest::of_file(&path).unwrap(), plain, "{bytes} bytes");
        }
    }

    #[test]
    fn json_is_the_hexadecimal_text() {
        let digest = Digest::of(b"");
        let json = serde_json::to_string(&Key::new(digest)).unwrap();
        assert_eq!(json, format!("\"{digest}\""));
        assert_eq!(serde_json::from_str::<Key>(&json).unwrap().digest(), digest);
        assert!(serde_json::from_str::<Digest>("\"af13\"").is_err());
    }
}
