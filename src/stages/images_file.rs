//! Images and features as blobs: safetensors files, so that other tools can read them too.

use std::sync::Arc;

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use thiserror::Error;

use crate::data::{DataError, Images, Labelled, Pixels};
use crate::extractor::Features;

/// A blob is not what its stage should have written.
#[derive(Debug, Error)]
pub(super) enum FileError {
    /// The bytes are no safetensors file, or an array is missing.
    #[error("a blob is not a valid safetensors file")]
    Format(#[from] SafeTensorError),
    /// An array has other axes or elements.
    #[error("array {name:?} of a blob has shape {shape:?} and type {element:?}, which is not expected")]
    Array {
        name: &'static str,
        shape: Vec<usize>,
        element: Dtype,
    },
    /// The pixels are not as many as the shape says.
    #[error("a blob holds no valid images")]
    Images(#[from] DataError),
}

/// `images [n, h, w, c]` as bytes, `labels [n]` if there are any, and how many classes: what drafts are held to.
#[cfg(test)]
pub(super) fn labelled_to_bytes(labelled: &Labelled) -> Result<Vec<u8>, FileError> {
    let Images {
        count,
        height,
        width,
        channels,
        pixels,
    } = &labelled.images;
    let mut arrays = vec![(
        "images",
        TensorView::new(Dtype::U8, vec![*count, *height, *width, *channels], pixels)?,
    )];
    if let Some(labels) = &labelled.labels {
        arrays.push(("labels", TensorView::new(Dtype::U8, vec![labels.len()], labels)?));
    }
    let classes = (labelled.classes as u64).to_le_bytes();
    arrays.push(("classes", TensorView::new(Dtype::U64, vec![1], &classes)?));
    Ok(safetensors::serialize(arrays, None)?)
}

/// Reads `images [n, h, w, c]` as bytes, `labels [n]` if there are any, and how many classes; the pixels stay where they are, so that a mapped blob is not copied into memory.
pub(super) fn labelled_from_blob(
    blob: impl AsRef<[u8]> + Send + Sync + 'static,
) -> Result<Labelled, FileError> {
    let (header, metadata) = SafeTensors::read_metadata(blob.as_ref())?;
    let file = SafeTensors::deserialize(blob.as_ref())?;
    let images = file.tensor("images")?;
    let &[n, h, w, c] = images.shape() else {
        return Err(unexpected("images", &images));
    };
    let (start, end) = match metadata.info("images") {
        Some(info) if info.dtype == Dtype::U8 => info.data_offsets,
        _ => return Err(unexpected("images", &images)),
    };
    let labels = file
        .names()
        .contains(&"labels")
        .then(|| file.tensor("labels"))
        .transpose()?;
    let labels = labels.map(|labels| labels.data().to_vec());
    let classes = file.tensor("classes")?;
    let [classes] = classes.data().as_chunks().0 else {
        return Err(unexpected("classes", &classes));
    };
    let classes = usize::try_from(u64::from_le_bytes(*classes)).unwrap_or(usize::MAX);
    // Offsets count from the end of the header, which has its length in 8 bytes before it.
    let range = 8 + header + start..8 + header + end;
    let pixels =
        Pixels::part_of(Arc::new(blob), range).ok_or(SafeTensorError::InvalidOffset("images".into()))?;
    Ok(Labelled {
        images: Images::of_pixels([n, h, w, c], pixels)?,
        labels,
        classes,
    })
}

/// `features [n, d]` and, where the extractor knows classes, `probabilities [n, k]` or `logits [n, k]`, f32.
pub(super) fn features_to_bytes(features: &Features) -> Result<Vec<u8>, FileError> {
    let bytes = |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let found = bytes(&features.features);
    let of_classes = [
        ("probabilities", &features.probabilities),
        ("logits", &features.logits),
    ]
    .map(|(name, values)| (name, bytes(values)));
    let mut arrays = vec![(
        "features",
        TensorView::new(Dtype::F32, vec![features.count, features.dimension], &found)?,
    )];
    for (name, values) in &of_classes {
        // Of no images there are no probabilities either, and yet classes.
        let empty = features.count == 0 && features.classes > 0 && *name == "probabilities";
        if empty || !values.is_empty() {
            let shape = vec![features.count, features.classes];
            arrays.push((name, TensorView::new(Dtype::F32, shape, values)?));
        }
    }
    Ok(safetensors::serialize(arrays, None)?)
}

/// The inverse of [`features_to_bytes`].
pub(super) fn features_from_bytes(bytes: &[u8]) -> Result<Features, FileError> {
    let file = SafeTensors::deserialize(bytes)?;
    let (count, dimension, features) = matrix(&file, "features")?;
    let of_classes = |name| match file.names().contains(&name) {
        true => matrix(&file, name),
        false => Ok((count, 0, Vec::new())),
    };
    let (_, classes, probabilities) = of_classes("probabilities")?;
    let (_, classes_of_logits, logits) = of_classes("logits")?;
    Ok(Features {
        count,
        dimension,
        features,
        classes: classes.max(classes_of_logits),
        probabilities,
        logits,
    })
}

pub(super) fn matrix(
    file: &SafeTensors<'_>,
    name: &'static str,
) -> Result<(usize, usize, Vec<f32>), FileError> {
    let view = file.tensor(name)?;
    match (view.shape(), view.dtype()) {
        (&[rows, columns], Dtype::F32) => {
            let values = view
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect();
            Ok((rows, columns, values))
        }
        _ => Err(unexpected(name, &view)),
    }
}

pub(super) fn unexpected(name: &'static str, view: &TensorView<'_>) -> FileError {
    FileError::Array {
        name,
        shape: view.shape().to_vec(),
        element: view.dtype(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn images_labels_and_features_survive_their_files() {
        let images = Images::new([2, 1, 2, 1], vec![1, 2, 3, 255]).unwrap();
        for labels in [None, Some(vec![0, 1])] {
            let labelled = Labelled {
                images: images.clone(),
                labels,
                classes: 2,
            };
            assert_eq!(
                labelled_from_blob(labelled_to_bytes(&labelled).unwrap()).unwrap(),
                labelled
            );
        }
        let scores = || vec![0.25, 0.75, 1.0, 0.0];
        for (classes, probabilities, logits) in
            [(2, scores(), vec![]), (2, vec![], scores()), (0, vec![], vec![])]
        {
            let features = Features {
                count: 2,
                dimension: 1,
                features: vec![0.5, -1.0],
                classes,
                probabilities,
                logits,
            };
            assert_eq!(
                features_from_bytes(&features_to_bytes(&features).unwrap()).unwrap(),
                features
            );
        }
    }

    #[test]
    fn a_blob_of_another_kind_is_an_error() {
        assert!(matches!(
            labelled_from_blob(b"no file".to_vec()),
            Err(FileError::Format(_))
        ));
        let features = Features {
            count: 0,
            dimension: 1,
            features: vec![],
            classes: 1,
            probabilities: vec![],
            logits: vec![],
        };
        assert!(labelled_from_blob(features_to_bytes(&features).unwrap()).is_err());
    }
}
