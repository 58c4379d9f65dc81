//! What an extractor finds in images, gathered batch by batch. Knows no network.

use gan_kernels::{Array, Device};

use crate::autograd::Variable;
use crate::data::Images;
use crate::extractor::error::{Extents, ExtractError};
use crate::extractor::source::ImageSource;

/// Images that an extractor of small networks looks at together.
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
    /// `[n, k]`, each row adding to 1; empty where there are logits.
    pub probabilities: Vec<f32>,
    /// `[n, k]`, the logarithms of probabilities but for a number that is one for the row; empty where there are
    /// probabilities.
    pub logits: Vec<f32>,
}

/// What a network makes of one batch: each a matrix with a row an image.
#[derive(Default)]
pub(super) struct Found {
    pub(super) features: Vec<f32>,
    pub(super) probabilities: Vec<f32>,
    pub(super) logits: Vec<f32>,
}

impl Features {
    /// Room for the features of so many images.
    pub(super) fn none(count: usize, dimension: usize, classes: usize) -> Self {
        Self {
            count,
            dimension,
            features: Vec::with_capacity(count * dimension),
            classes,
            probabilities: Vec::new(),
            logits: Vec::new(),
        }
    }

    /// Fills in what `network` makes of each batch: it is given the number of the first image, and as many images of
    /// one as `batch` says.
    ///
    /// `progress(done, total)` is told of every batch and ends the work by `false`, which gives `None`.
    pub(super) fn collect<S: ImageSource>(
        mut self,
        images: &S,
        batch: usize,
        mut progress: impl FnMut(usize, usize) -> bool,
        mut network: impl FnMut(usize, &[Images]) -> Result<Found, ExtractError<S::Error>>,
    ) -> Result<Option<Self>, ExtractError<S::Error>> {
        for first in (0..self.count).step_by(batch) {
            if !progress(first, self.count) {
                return Ok(None);
            }
            let own = batch.min(self.count - first);
            let chosen = (first..first + own).map(|index| images.image(index));
            let mut chosen: Vec<Images> = chosen.collect::<Result<_, _>>().map_err(ExtractError::Source)?;
            // Every batch is full, the last one with copies of the last image: a matrix product of fewer rows may add
            // in another order, and an image's features must not depend on how many follow it.
            let last = chosen[own - 1].clone();
            chosen.resize(batch, last);
            let found = network(first, &chosen)?;
            self.features.extend(&found.features[..own * self.dimension]);
            for (all, found) in [
                (&mut self.probabilities, found.probabilities),
                (&mut self.logits, found.logits),
            ] {
                let rows = own * self.classes;
                all.extend(found.get(..rows).unwrap_or_default());
            }
        }
        Ok(Some(self))
    }
}

/// Batches of images that all have the extents of the first.
pub(super) struct OneSize {
    device: Device,
    extents: Option<[usize; 3]>,
}

impl OneSize {
    pub(super) fn on(device: Device) -> Self {
        Self {
            device,
            extents: None,
        }
    }

    /// The images from `first` on as `[n, h, w, c]` in [-1, 1].
    pub(super) fn batch<E: std::error::Error>(
        &mut self,
        first: usize,
        images: &[Images],
    ) -> Result<Variable, ExtractError<E>> {
        let [h, w, c] = self.check(first, images)?;
        let values: Vec<f32> = images.iter().flat_map(|image| image.scaled([0])).collect();
        let array = Array::from_f32(&self.device, [images.len(), h, w, c], &values);
        Ok(Variable::constant(array))
    }

    /// The extents of the images from `first` on and of all before them.
    pub(super) fn check<E: std::error::Error>(
        &mut self,
        first: usize,
        images: &[Images],
    ) -> Result<[usize; 3], ExtractError<E>> {
        let extents_of = |image: &Images| [image.height, image.width, image.channels];
        let expected = *self.extents.get_or_insert_with(|| extents_of(&images[0]));
        match images.iter().position(|image| extents_of(image) != expected) {
            None => Ok(expected),
            Some(at) => Err(ExtractError::Extents {
                index: first + at,
                found: Extents(extents_of(&images[at])),
                expected: Extents(expected),
            }),
        }
    }
}

/// Chosen images as `[n, h, w, c]` in [-1, 1] on a device.
pub(super) fn batch_of(device: &Device, images: &Images, chosen: &[usize]) -> Variable {
    let shape = [chosen.len(), images.height, images.width, images.channels];
    let values = images.scaled(chosen.iter().copied());
    Variable::constant(Array::from_f32(device, shape, &values))
}
