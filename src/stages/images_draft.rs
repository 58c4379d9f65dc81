//! Images as a blob, written one after the other: the file of [`super::images_file`] for sets that are larger than memory.
//!
//! How many images there will be is not known at the start, so the header has a fixed length and is written at the end.

use gan_cache::{BlobDraft, StoreError};

/// Bytes of the header, filled up with spaces; the longest is shorter.
const HEADER_BYTES: usize = 504;
/// The header's length before it, and the number of classes behind it, each in 8 bytes, little-endian.
const BEGINNING_BYTES: usize = 8 + HEADER_BYTES + 8;

/// A blob of images that is being written.
pub(super) struct ImagesDraft {
    draft: BlobDraft,
    /// `[h, w, c]`.
    extents: [usize; 3],
    count: usize,
}

impl ImagesDraft {
    /// Begins a blob of images of these extents, `[h, w, c]`.
    pub(super) fn new(mut draft: BlobDraft, extents: [usize; 3]) -> Result<Self, StoreError> {
        draft.append(&[b' '; BEGINNING_BYTES])?;
        Ok(Self {
            draft,
            extents,
            count: 0,
        })
    }

    /// Adds one image, [h, w, c].
    pub(super) fn push(&mut self, pixels: &[u8]) -> Result<(), StoreError> {
        debug_assert_eq!(pixels.len(), self.extents.iter().product::<usize>());
        self.count += 1;
        self.draft.append(pixels)
    }

    /// Ends with the class of each image, if there are classes.
    pub(super) fn finish(mut self, labels: Option<&[u8]>, classes: usize) -> Result<BlobDraft, StoreError> {
        self.draft.append(labels.unwrap_or_default())?;
        let header = header(self.count, self.extents, labels.is_some());
        let mut beginning = (HEADER_BYTES as u64).to_le_bytes().to_vec();
        beginning.extend_from_slice(format!("{header:HEADER_BYTES$}").as_bytes());
        beginning.extend_from_slice(&(classes as u64).to_le_bytes());
        self.draft.replace_beginning(&beginning)?;
        Ok(self.draft)
    }
}

/// The header of a safetensors file with `classes [1]`, `images [n, h, w, c]` and maybe `labels [n]`, in this order.
fn header(count: usize, [h, w, c]: [usize; 3], labelled: bool) -> String {
    let images = 8 + count * h * w * c;
    let labels = match labelled {
        true => format!(
            r#","labels":{{"dtype":"U8","shape":[{count}],"data_offsets":[{images},{}]}}"#,
            images + count
        ),
        false => String::new(),
    };
    format!(
        r#"{{"classes":{{"dtype":"U64","shape":[1],"data_offsets":[0,8]}},"images":{{"dtype":"U8","shape":[{count},{h},{w},{c}],"data_offsets":[8,{images}]}}{labels}}}"#
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use gan_cache::{KeyDocument, Status, Store};

    use super::*;
    use crate::data::{Images, Labelled};
    use crate::stages::images_file::labelled_from_blob;

    #[test]
    fn images_written_one_by_one_are_read_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for (version, labels) in [None, Some(vec![1, 0, 1])].into_iter().enumerate() {
            let pixels: Vec<u8> = (0..3 * 2 * 2 * 3).collect();
            let mut draft = ImagesDraft::new(store.draft().unwrap(), [2, 2, 3]).unwrap();
            for image in pixels.chunks(12) {
                draft.push(image).unwrap();
            }
            let classes = if labels.is_some() { 2 } else { 0 };
            let draft = draft.finish(labels.as_deref(), classes).unwrap();
            let mut publication = store
                .publish(&KeyDocument {
                    kind: "data".to_owned(),
                    version: version as u32,
                    parameters: BTreeMap::new(),
                    inputs: BTreeMap::new(),
                })
                .unwrap();
            let blob = publication.draft("train", draft).unwrap();
            publication.commit(Status::Completed, BTreeMap::new()).unwrap();
            let read = labelled_from_blob(store.blob(&blob.digest).unwrap()).unwrap();
            let images = Images::new([3, 2, 2, 3], pixels).unwrap();
            assert_eq!(
                read,
                Labelled {
                    images,
                    labels,
                    classes
                }
            );
        }
    }

    #[test]
    fn the_longest_header_fits() {
        let count = usize::MAX >> 24;
        assert!(header(count, [1024, 1024, 3], true).len() <= HEADER_BYTES);
        assert!(header(1 << 40, [1024, 1024, 3], true).len() < HEADER_BYTES);
    }
}
