//! What an extractor finds in images, gathered batch by batch. Knows no network.

use gan_kernels::{Array, Device, ReadError};

use crate::autograd::Variable;
use crate::data::Images;

/// Images that an extractor looks at together.
pub(super) const BATCH: usize = 64;

/// What an extractor finds in images.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Images looked at, `n`.
    pub count: usize,
    /// Numbers in a feature vector, `d`.
    pub dimension: usize,
    /// `[n, d]`.
    pub features: Vec<f32>,
    /// Classes, `k`; 0 for an extractor that knows none.
    pub classes: usize,
    /// `[n, k]`, each row adding to 1.
    pub probabilities: Vec<f32>,
}

impl Features {
    /// Room for the features of so many images.
    pub(super) fn none(count: usize, dimension: usize, classes: usize) -> Self {
        Self {
            count,
            dimension,
            features: Vec::with_capacity(count * dimension),
            classes,
            probabilities: Vec::with_capacity(count * classes),
        }
    }

    /// Fills in what `network` makes of each batch of images `[n, h, w, c]` on a device: features `[n, d]` and probabilities `[n, k]`.
    ///
    /// `progress(done, total)` is told of every batch and ends the work by `false`, which gives `None`.
    pub(super) fn collect(
        mut self,
        device: &Device,
        images: &Images,
        mut progress: impl FnMut(usize, usize) -> bool,
        mut network: impl FnMut(&Variable) -> Result<(Vec<f32>, Vec<f32>), ReadError>,
    ) -> Result<Option<Self>, ReadError> {
        for first in (0..images.count).step_by(BATCH) {
            if !progress(first, images.count) {
                return Ok(None);
            }
            // Every batch is full, the last one with copies of the last image: a matrix product of fewer rows may add
            // in another order, and an image's features must not depend on how many follow it.
            let chosen: Vec<usize> = (first..first + BATCH)
                .map(|index| index.min(images.count - 1))
                .collect();
            let own = BATCH.min(images.count - first);
            let (features, probabilities) = network(&batch_of(device, images, &chosen))?;
            self.features.extend(&features[..own * self.dimension]);
            self.probabilities.extend(&probabilities[..own * self.classes]);
        }
        Ok(Some(self))
    }
}

/// Chosen images as `[n, h, w, c]` in [-1, 1] on a device.
pub(super) fn batch_of(device: &Device, images: &Images, chosen: &[usize]) -> Variable {
    let shape = [chosen.len(), images.height, images.width, images.channels];
    let values = images.scaled(chosen.iter().copied());
    Variable::constant(Array::from_f32(device, shape, &values))
}
