//! Walking the tree of an LMDB file from its first record to its last.
//!
//! Every page is checked as it is reached: its depth, and that keys ascend. So a damaged tree ends in an error, and one whose
//! pages point at each other in a circle does too.

use super::{DEEPEST, Lmdb, LmdbError, NO_PAGE, Page, u64_at};

/// Flag of a record whose value has pages of its own.
const ON_PAGES: u16 = 0x01;

/// A record: its key, and where its value is.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::data) struct Entry {
    /// The key.
    pub(in crate::data) key: Vec<u8>,
    /// Where its value is.
    pub(super) value: Value,
}

impl Entry {
    /// How long the value is.
    pub(in crate::data) fn value_bytes(&self) -> usize {
        match &self.value {
            Value::Inline(bytes) => bytes.len(),
            Value::Pages { length, .. } => usize::try_from(*length).unwrap_or(usize::MAX),
        }
    }
}

/// Where a value is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Beside the key.
    Inline(Vec<u8>),
    /// On pages of its own.
    Pages {
        /// The first of them.
        first: u64,
        /// Bytes of the value.
        length: u32,
    },
}

/// The records in the order of their keys.
#[derive(Debug)]
pub(in crate::data) struct Entries<'l> {
    lmdb: &'l Lmdb,
    /// The page to go to next.
    next: Option<u64>,
    /// The pages from the root to here, and which of their nodes comes next.
    path: Vec<(Page, usize)>,
    last_key: Option<Vec<u8>>,
    found: u64,
    is_done: bool,
}

impl<'l> Entries<'l> {
    pub(super) fn new(lmdb: &'l Lmdb) -> Self {
        Self {
            lmdb,
            next: (lmdb.root != NO_PAGE).then_some(lmdb.root),
            path: Vec::new(),
            last_key: None,
            found: 0,
            is_done: false,
        }
    }

    fn advance(&mut self) -> Result<Option<Entry>, LmdbError> {
        loop {
            if let Some(number) = self.next.take() {
                let page = self.enter(number)?;
                self.path.push((page, 0));
            }
            let Some((page, index)) = self.path.last_mut() else {
                return self.finish();
            };
            if *index == page.nodes {
                self.path.pop();
                continue;
            }
            let number = page.number;
            let corrupt = |what: &str| self.lmdb.corrupt(number, what);
            let node = page.node(*index);
            let node = node.ok_or_else(|| corrupt("an entry lies outside of it"))?;
            *index += 1;
            if !page.is_leaf {
                let child = [node.low, node.high, node.flags].map(u64::from);
                self.next = Some(child[0] | child[1] << 16 | child[2] << 32);
                continue;
            }
            let value = value(
                node.flags,
                u32::from(node.low) | u32::from(node.high) << 16,
                node.rest,
            );
            let value = value.ok_or_else(|| corrupt("a value lies outside of it, or is none"))?;
            let key = node.key.to_vec();
            if self.last_key.as_ref().is_some_and(|last| *last >= key) {
                return Err(corrupt("its keys do not ascend"));
            }
            self.last_key = Some(key.clone());
            self.found += 1;
            return Ok(Some(Entry { key, value }));
        }
    }

    fn enter(&self, number: u64) -> Result<Page, LmdbError> {
        let depth = self.lmdb.depth;
        let page = self.lmdb.page(number)?;
        let is_bottom = self.path.len() + 1 == usize::from(depth);
        if depth > DEEPEST || page.is_leaf != is_bottom {
            return Err(self.lmdb.corrupt(number, "it is not as deep as it should be"));
        }
        Ok(page)
    }

    fn finish(&self) -> Result<Option<Entry>, LmdbError> {
        if self.found == self.lmdb.records {
            return Ok(None);
        }
        Err(LmdbError::RecordCount {
            path: self.lmdb.path.clone(),
            announced: self.lmdb.records,
            found: self.found,
        })
    }
}

fn value(flags: u16, length: u32, rest: &[u8]) -> Option<Value> {
    match flags {
        0 => Some(Value::Inline(rest.get(..usize::try_from(length).ok()?)?.to_vec())),
        ON_PAGES => Some(Value::Pages {
            first: u64_at(rest, 0)?,
            length,
        }),
        _ => None,
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, LmdbError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let entry = self.advance().transpose();
        self.is_done = !matches!(entry, Some(Ok(_)));
        entry
    }
}
