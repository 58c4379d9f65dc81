//! PyTorch's format from before 1.6, which later versions still write on request: five pickles in a row, then the storages.
//!
//! The pickles are a magic number, the version, facts about the machine, what was saved, and the keys of the storages in the
//! order in which they follow, each a count of 8 bytes and its numbers (`torch/serialization.py`, `_legacy_save`).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::pytorch::{self, Content};
use crate::pickle::Value;

/// How such a file begins: protocol 2, and a number of 10 bytes.
pub(super) const BEGINNING: [u8; 14] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
/// The only version.
const VERSION: i64 = 1001;

/// What a file holds, and where each storage begins, in bytes from the beginning of the file.
pub(super) struct Legacy<'p> {
    pub(super) content: Content<'p>,
    pub(super) places: BTreeMap<Rc<str>, u64>,
}

/// Reads the pickles, which `bytes`, the beginning of a file of `length` bytes, must hold. The numbers before each storage are
/// for the caller to hold to the counts of the content: they lie in the rest of the file.
pub(super) fn parse(bytes: &[u8], length: u64) -> Result<Legacy<'_>, String> {
    let (_, rest) = pytorch::plain(bytes)?;
    let (version, rest) = pytorch::plain(rest)?;
    if version != Value::Integer(VERSION) {
        return Err(format!("its format is not version {VERSION}"));
    }
    let (machine, rest) = pytorch::plain(rest)?;
    if machine.field("little_endian") != Some(&Value::Integer(1)) {
        return Err("its numbers begin with their highest byte".to_owned());
    }
    let content = pytorch::content(rest)?;
    let (keys, rest) = pytorch::plain(content.rest)?;
    let keys = keys.list().ok_or("its storages are in no order")?;
    let mut at = (bytes.len() - rest.len()) as u64;
    let mut places = BTreeMap::new();
    for key in keys {
        let known = key.text().and_then(|key| content.storages.get_key_value(key));
        let (key, (element, count)) = known.ok_or("it has a storage that nothing is in")?;
        at += 8;
        if places.insert(Rc::clone(key), at).is_some() {
            return Err(format!("it has two storages {key:?}"));
        }
        let bytes = (*count as u64).checked_mul(element.bytes() as u64);
        let end = bytes.and_then(|bytes| at.checked_add(bytes));
        at = end
            .filter(|end| *end <= length)
            .ok_or_else(|| format!("it ends before the numbers of storage {key:?}"))?;
    }
    Ok(Legacy { content, places })
}
