//! Files of records of one length, without a header: the binary form of CIFAR-10 and STL-10.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::data::error::{DataError, Found};

/// What a file of records must be.
pub(super) struct Records<'r> {
    pub(super) path: &'r Path,
    /// Records in it.
    pub(super) count: usize,
    /// Bytes of one.
    pub(super) bytes: usize,
    /// What a record is, as in "images of 32 x 32 x 3".
    pub(super) content: &'static str,
}

impl Records<'_> {
    /// Gives every record to `take`, with its number.
    ///
    /// # Errors
    /// Before the first one, where the file has not exactly the length of all records.
    pub(super) fn each<E: From<DataError>>(
        &self,
        mut take: impl FnMut(usize, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let unreadable = |source| DataError::Read {
            path: self.path.to_owned(),
            source,
        };
        let file = File::open(self.path).map_err(unreadable)?;
        self.check_length(file.metadata().map_err(unreadable)?.len())?;
        let mut file = BufReader::with_capacity(1 << 20, file);
        let mut record = vec![0; self.bytes];
        for index in 0..self.count {
            file.read_exact(&mut record).map_err(unreadable)?;
            take(index, &record)?;
        }
        Ok(())
    }

    fn check_length(&self, found: u64) -> Result<(), DataError> {
        let Self {
            path,
            count,
            bytes,
            content,
        } = self;
        let (count, bytes) = (*count as u64, *bytes as u64);
        if found == count * bytes {
            return Ok(());
        }
        if !found.is_multiple_of(bytes) {
            return Err(DataError::WrongLength {
                path: path.to_path_buf(),
                content,
                expected: count * bytes,
                found: Found::Exactly(found),
            });
        }
        Err(DataError::WrongShape {
            path: path.to_path_buf(),
            expected: count.to_string(),
            found: format!("{} {content}", found / bytes),
        })
    }
}

/// The class of a record whose file numbers classes from `first`, where there is such a class.
///
/// # Errors
/// [`DataError::LabelOutOfRange`].
pub(super) fn class(
    label: u8,
    first: u8,
    classes: usize,
    path: &Path,
    index: usize,
) -> Result<u8, DataError> {
    let class = label.checked_sub(first);
    class
        .filter(|class| usize::from(*class) < classes)
        .ok_or_else(|| DataError::LabelOutOfRange {
            path: path.to_owned(),
            index,
            label: label.into(),
            first: first.into(),
            last: usize::from(first) + classes - 1,
        })
}
