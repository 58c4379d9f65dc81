//! Bytes of pixels: in memory of their own, or a part of content that lies elsewhere, such as a mapped file.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Pixels as bytes; a copy shares them.
///
/// Content that is mapped, not read, is in memory only as far as it was looked at, and the system may take it out again.
/// So a data set may be larger than memory.
#[derive(Clone)]
pub struct Pixels {
    content: Arc<dyn AsRef<[u8]> + Send + Sync>,
    range: Range<usize>,
}

impl Pixels {
    /// The bytes of `content` in `range`, or nothing where it ends before.
    pub fn part_of(content: Arc<dyn AsRef<[u8]> + Send + Sync>, range: Range<usize>) -> Option<Self> {
        (*content).as_ref().get(range.clone())?;
        Some(Self { content, range })
    }

    /// A part of these bytes, which it shares, or nothing where they end before.
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        self.get(range.clone())?;
        Some(Self {
            content: Arc::clone(&self.content),
            range: self.range.start + range.start..self.range.start + range.end,
        })
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            range: 0..bytes.len(),
            content: Arc::new(bytes),
        }
    }
}

impl Deref for Pixels {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &(*self.content).as_ref()[self.range.clone()]
    }
}

impl PartialEq for Pixels {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Pixels {}

impl<B: AsRef<[u8]> + ?Sized> PartialEq<B> for Pixels {
    fn eq(&self, other: &B) -> bool {
        **self == *other.as_ref()
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pixels({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_part_is_read_where_it_lies_and_one_past_the_end_is_refused() {
        let content = Arc::new(vec![1, 2, 3, 4]);
        let part = Pixels::part_of(content.clone(), 1..3).unwrap();
        assert_eq!(part, Pixels::from(vec![2, 3]));
        assert_eq!(part.as_ptr(), content[1..].as_ptr(), "the bytes were copied");
        assert!(Pixels::part_of(content, 3..5).is_none());
        let last = part.part(1..2).unwrap();
        assert_eq!(last, Pixels::from(vec![3]));
        assert_eq!(last.as_ptr(), part[1..].as_ptr(), "the bytes were copied");
        assert!(part.part(1..3).is_none());
    }
}
