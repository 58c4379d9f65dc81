//! Images as a blob, written one after the other: the file of [`super::images_file`] for sets that are larger than memory.
//!
//! Where it is not known at the start how many images there will be, the header has a fixed length; else it is as
//! long as it must be. Either is written at the end.

use gan_cache::{BlobDraft, StoreError};

/// Bytes of the header where the number of images is not known, filled up with spaces; the longest is shorter.
const HEADER_BYTES: usize = 504;
/// A header is filled up to a multiple of this.
const HEADER_ALIGNMENT: usize = 8;

/// A blob of images that is being written.
pub(super) struct ImagesDraft {
    draft: BlobDraft,
    /// `[h, w, c]`.
    extents: [usize; 3],
    count: usize,
    header_bytes: usize,
}

impl ImagesDraft {
    /// Begins a blob of images of these extents, `[h, w, c]`.
    pub(super) fn new(draft: BlobDraft, extents: [usize; 3]) -> Result<Self, StoreError> {
        Self::with_header(draft, extents, HEADER_BYTES)
    }

    /// Begins a blob of `count` images of these extents, `[h, w, c]`, which in the end has the bytes that
    /// the library of the format writes.
    pub(super) fn of_count(
        draft: BlobDraft,
        count: usize,
        extents: [usize; 3],
        labelled: bool,
    ) -> Result<Self, StoreError> {
        let header_bytes = header(count, extents, labelled).len();
        Self::with_header(draft, extents, header_bytes.next_multiple_of(HEADER_ALIGNMENT))
    }

    fn with_header(
        mut draft: BlobDraft,
        extents: [usize; 3],
        header_bytes: usize,
    ) -> Result<Self, StoreError> {
        // The header's length before it, and the number of classes behind it, each in 8 bytes, little-endian.
        draft.append(&vec![b' '; 8 + header_bytes + 8])?;
        Ok(Self {
            draft,
            extents,
            count: 0,
            header_bytes,
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
        let width = self.header_bytes;
        let mut beginning = (width as u64).to_le_bytes().to_vec();
        beginning.extend_from_slice(format!("{header:width$}").as_bytes());
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
    use crate::stages::images_file::{labelled_from_blob, labelled_to_bytes};

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
    fn images_of_a_known_number_have_the_bytes_of_those_written_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for (count, labels) in [(3, None), (3, Some(vec![1, 0, 1])), (12, Some(vec![1; 12]))] {
            let pixels: Vec<u8> = (0..count * 5 * 5 * 3).map(|x| x as u8).collect();
            let labelled = labels.is_some();
            let mut draft =
                ImagesDraft::of_count(store.draft().unwrap(), count, [5, 5, 3], labelled).unwrap();
            for image in pixels.chunks(75) {
                draft.push(image).unwrap();
            }
            let draft = draft.finish(labels.as_deref(), 2).unwrap();
            let mut publication = store
                .publish(&KeyDocument {
                    kind: "data".to_owned(),
                    version: count as u32,
                    parameters: BTreeMap::from([(
                        "labelled".to_owned(),
                        labelled.to_string().as_str().into(),
                    )]),
                    inputs: BTreeMap::new(),
                })
                .unwrap();
            let blob = publication.draft("train", draft).unwrap();
            let at_once = labelled_to_bytes(&Labelled {
                images: Images::new([count, 5, 5, 3], pixels).unwrap(),
                labels,
                classes: 2,
            });
            assert_eq!(blob.digest, gan_cache::Digest::of(&at_once.unwrap()));
        }
    }

    #[test]
    fn the_longest_header_fits() {
        let count = usize::MAX >> 24;
        assert!(header(count, [1024, 1024, 3], true).len() <= HEADER_BYTES);
        assert!(header(1 << 40, [1024, 1024, 3], true).len() < HEADER_BYTES);
    }
}
